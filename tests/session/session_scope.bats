#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --cgroup-manager=session: one scope of the user's for all their containers, and the process that
# keeps it. The unit is the user's: no other file uses this manager in the same session.

# shellcheck disable=SC2119,SC2120

load helpers

UNIT=lodger.scope

setup() {
	session_setup
	NOTE=$XDG_RUNTIME_DIR/lodger-session
	GLOBAL+=(--cgroup-manager=session)
	# So that /proc/self/cgroup tells where the container is.
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .root.readonly = false'
	ROOTFS_MAY_CHANGE=1
	args sleep 1000
}

teardown_file() {
	systemctl --user stop "$UNIT" || :
}

# Where the scope's cgroup is to be, for /proc/PID/cgroup and for a path.
group() {
	echo "/user.slice/user-$(id -u).slice/user@$(id -u).service/app.slice/$UNIT"
}

scope() {
	echo "/sys/fs/cgroup$(group)"
}

holder() {
	cat "$(scope)/holder/cgroup.procs"
}

holder_is_gone() {
	[[ ! -d $(scope)/holder || -z $(holder) ]]
}

is_stopped() {
	[[ ! -d $(scope) ]]
}

stop_unit() {
	systemctl --user stop "$UNIT" || is_stopped
	poll 30 is_stopped
}

# A command that is called from below the user's systemd, as a desktop's terminal is.
inside() {
	systemd-run --user --pipe --wait --quiet --collect "$@"
}

# asked [SCRIPT]: a lodger-scope that notes in $GATE/requests what it is asked for, and runs SCRIPT.
asked() {
	local name from
	from=$(dirname "$LODGER")
	GATE=$BATS_TEST_TMPDIR/gate
	mkdir "$GATE"
	for name in lodger lodger-init lodger-hold; do cp "$from/$name" "$GATE/"; done
	cp "$from/lodger-scope" "$GATE/real"
	# shellcheck disable=SC2016 # the script's own
	printf '#!/bin/bash\nexport XDG_RUNTIME_DIR=%q\necho "$1" >>%q/requests\n%s\nexec %q/real "$@"\n' \
		"$XDG_RUNTIME_DIR" "$GATE" "${1-}" "$GATE" >"$GATE/lodger-scope"
	chmod 755 "$GATE/lodger-scope"
	: >"$GATE/requests"
	LODGER=$GATE/lodger
}

@test "session: from the login session, init is moved to its directory in the one scope" {
	stop_unit
	assert_match "$(own_cgroup)" 'session-'
	ct_create
	assert_eq "$(cgroup_of "$(ct_pid)")" "$(group)/lodger-$ID"
	assert_eq "$(systemctl --user show --property Delegate --value "$UNIT")" yes
	lodger start "$ID"
	assert_eq "$(ct_status)" running
	ct_delete
	[[ ! -e $(scope)/lodger-$ID ]]
	assert_eq "$(systemctl --user is-active "$UNIT")" active
}

@test "session: a caller below the user's systemd: init is born there, and systemd is not asked" {
	args cat /proc/self/cgroup
	ct_ok
	asked
	run inside "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	[[ $status -eq 0 ]] || fail "$output"
	assert_match "$output" "0::$(group)/lodger-$ID"
	assert_eq "$(<"$GATE/requests")" ""
	[[ ! -e $(scope)/lodger-$ID ]]
}

@test "session: from a login session systemd is asked once, to move init, and not at delete" {
	args true
	ct_ok
	asked
	ct_ok
	assert_eq "$(<"$GATE/requests")" attach
	assert_match "$(lodger --debug run --bundle "$BUNDLE" "$ID" 2>&1)" 'systemd moves init.*not below'
}

@test "session: the holder is alone, small and nobody's child" {
	args true
	ct_ok
	local pid
	pid=$(holder)
	assert_match "$pid" '^[0-9]+$'
	assert_eq "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "lodger-hold "
	assert_eq "$(readlink "/proc/$pid/cwd")" /
	assert_eq "$(tr '\0' ' ' <"/proc/$pid/environ")" ""
	assert_eq "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | sort -u)" /dev/null
	assert_eq "$(find "/proc/$pid/fd" -type l | wc -l)" 3
	# Sanitizers take memory and signals.
	if [[ -z ${LODGER_TEST_SANITIZED:-} ]]; then
		assert_eq "$(awk '/^SigIgn|^SigBlk|^SigCgt/ { print $2 }' "/proc/$pid/status" | sort -u)" 0000000000000000
		(($(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status") < 1024))
	fi
	# Its own session: what ends the terminal's does not end it.
	assert_eq "$(cut -d ' ' -f 6 "/proc/$pid/stat")" "$pid"
}

@test "session: the scope itself has no process, and gives on what controllers it has" {
	args true
	ct_ok
	assert_eq "$(cat "$(scope)/cgroup.procs")" ""
	assert_eq "$(cat "$(scope)/cgroup.subtree_control")" "$(cat "$(scope)/cgroup.controllers")"
}

@test "session: of two first containers one makes the scope" {
	local pids=() pid n
	args cat /proc/self/cgroup
	for _ in 1 2 3; do
		stop_unit
		pids=()
		for n in 1 2 3 4; do
			lodger run --bundle "$BUNDLE" "$ID-$n" </dev/null >"$BATS_TEST_TMPDIR/out.$n" 2>&1 &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do
			wait "$pid" || fail "$(cat "$BATS_TEST_TMPDIR"/out.*)"
		done
		for n in 1 2 3 4; do
			assert_match "$(<"$BATS_TEST_TMPDIR/out.$n")" "0::$(group)/lodger-$ID-$n"
		done
		assert_eq "$(holder | wc -l)" 1
	done
}

@test "session: a holder that is killed: the scope goes with it, and the next container has another" {
	args cat /proc/self/cgroup
	ct_ok
	kill -9 "$(holder)"
	poll 30 is_stopped
	ct_ok
	assert_match "$output" "0::$(group)/lodger-$ID"
	assert_eq "$(systemctl --user list-units --failed --no-legend --plain "$UNIT")" ""
}

@test "session: a holder that is killed beside a container: the container lives, the scope gets another" {
	ct_up
	local pid first
	pid=$(ct_pid)
	first=$(holder)
	kill -9 "$first"
	poll 30 holder_is_gone
	assert_eq "$(ct_status)" running
	args cat /proc/self/cgroup
	lodger run --bundle "$BUNDLE" "$ID-2" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	assert_match "$(<"$OUT")" "0::$(group)/lodger-$ID-2"
	assert_eq "$(holder | wc -l)" 1
	[[ $(holder) != "$first" ]]
	assert_eq "$(cgroup_of "$pid")" "$(group)/lodger-$ID"
	ct_delete
}

@test "session: the user's systemd is executed anew: the scope is the same" {
	ct_up
	local first
	first=$(holder)
	systemctl --user daemon-reexec
	args cat /proc/self/cgroup
	lodger run --bundle "$BUNDLE" "$ID-2" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	assert_match "$(<"$OUT")" "0::$(group)/lodger-$ID-2"
	assert_eq "$(holder)" "$first"
	assert_eq "$(ct_status)" running
	ct_delete
}

@test "session: the scope is stopped while containers are in it: they end, the next ones go on" {
	ct_create
	sh_args 'trap "exit 0" TERM; sleep 1000 & wait'
	lodger create --bundle "$BUNDLE" "$ID-2" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	lodger start "$ID-2"
	stop_unit
	poll 10 status_is "$ID" stopped
	poll 10 status_is "$ID-2" stopped
	lodger delete "$ID-2"
	ct_delete
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" "0::$(group)/lodger-$ID"
}

@test "session: without containers the scope is stopped at once by SIGTERM, and is no failed unit" {
	args true
	ct_ok
	systemctl --user kill "$UNIT"
	poll 30 is_stopped
	assert_eq "$(systemctl --user list-units --failed --no-legend --plain "$UNIT")" ""
}

@test "session: the scope ends between the look for it and init's place in it: made anew" {
	args cat /proc/self/cgroup
	ct_ok
	# shellcheck disable=SC2016 # the script's own
	asked '[[ $1 != attach || -e '"$BATS_TEST_TMPDIR"'/once ]] || { : >'"$BATS_TEST_TMPDIR"'/once
		systemctl --user stop lodger.scope; }'
	ct_ok
	assert_match "$output" "0::$(group)/lodger-$ID"
	assert_eq "$(tr '\n' ' ' <"$GATE/requests")" "attach hold attach "
}

@test "session: a scope that is being stopped is waited for" {
	ct_up
	systemctl --user stop --no-block "$UNIT"
	args cat /proc/self/cgroup
	lodger run --bundle "$BUNDLE" "$ID-2" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	assert_match "$(<"$OUT")" "0::$(group)/lodger-$ID-2"
	ct_delete
}

# note TARGET: what the note says instead.
note() {
	[[ -d $NOTE ]] || mkdir -m 700 "$NOTE"
	ln -sfn "$1" "$NOTE/scope"
}

@test "session: a note that leads elsewhere, or nowhere, is not believed" {
	local target
	args cat /proc/self/cgroup
	ct_ok
	for target in /nowhere /sys/fs/cgroup "/sys/fs/cgroup$(own_cgroup)" "$(scope)x" "$(scope)/holder" \
		"$(scope)/../lodger.scope" /tmp/lodger.scope "$(scope)/lodger.scope"; do
		note "$target"
		ct_ok
		assert_match "$output" "0::$(group)/lodger-$ID"
		assert_eq "$(readlink "$NOTE/scope")" "$(scope)"
		assert_eq "$(holder | wc -l)" 1
	done
	rm -r "$NOTE"
	ct_ok
	assert_match "$output" "0::$(group)/lodger-$ID"
	# What is no link at all.
	rm "$NOTE/scope"
	: >"$NOTE/scope"
	ct_ok
	assert_eq "$(readlink "$NOTE/scope")" "$(scope)"
}

@test "session: a place for the note that others may write to is refused" {
	args true
	rm -rf "$NOTE"
	mkdir -m 777 "$NOTE"
	chmod 777 "$NOTE"
	ct_run
	rmdir "$NOTE"
	[[ $status -ne 0 ]]
	assert_match "$stderr" "lodger-session is not the caller's alone"
	[[ ! -e $STATE/$ID ]]
}

@test "session: a unit of that name that is not ours to use: an error that quotes systemd" {
	local pid
	args true
	stop_unit
	systemd-run --user --quiet --unit "$UNIT" --scope -p Delegate=no --slice=app.slice sleep 1000 3>&- 4>&- &
	pid=$!
	poll 30 test -d "$(scope)"
	ct_run
	systemctl --user stop "$UNIT"
	wait "$pid" || :
	[[ $status -ne 0 ]]
	assert_match "$stderr" "$UNIT.*delegated"
	[[ ! -e $STATE/$ID ]]
	poll 30 is_stopped
	ct_ok
}

@test "session: no systemd answers: an error with the way out" {
	args true
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/nowhere DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	ct_run
	[[ $status -ne 0 ]]
	assert_match "$stderr" 'no systemd answers'
	assert_match "$stderr" 'fix: .*enable-linger'
	[[ ! -e $STATE/$ID ]]
}

@test "session: as root of a caller's user namespace" {
	args cat /proc/self/cgroup
	run unshare -r "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	[[ $status -eq 0 ]] || fail "$output"
	assert_match "$output" "0::$(group)/lodger-$ID"
}

@test "session: cgroupsPath names the directory, below the scope, and delete removes it" {
	config '.linux.cgroupsPath = "/default//" + "'"$ID"'"'
	ct_up
	assert_eq "$(cgroup_of "$(ct_pid)")" "$(group)/default/$ID"
	ct_delete
	[[ ! -e $(scope)/default/$ID ]]
	rmdir "$(scope)/default"
}

@test "session: the holder's directory is not for a container" {
	args true
	ct_ok
	config '.linux.cgroupsPath = "holder"'
	ct_run
	[[ $status -ne 0 ]]
	assert_match "$stderr" 'has processes already'
	assert_eq "$(holder | wc -l)" 1
	[[ ! -e $STATE/$ID ]]
}

@test "session: exec, from the login session and from below the user's systemd, and in a sub-group" {
	ct_up
	local place
	place=$(group)/lodger-$ID
	assert_eq "$(lodger exec "$ID" cat /proc/self/cgroup | sed -n 's/^0:://p')" "$place"
	assert_eq "$(inside "$LODGER" "${GLOBAL[@]}" exec "$ID" cat /proc/self/cgroup | sed -n 's/^0:://p')" "$place"
	# As conmon calls it, without the option: the record knows.
	GLOBAL=("${GLOBAL[@]:0:2}")
	assert_eq "$(lodger exec "$ID" cat /proc/self/cgroup | sed -n 's/^0:://p')" "$place"
	mkdir "$(scope)/lodger-$ID/sub"
	assert_eq "$(lodger exec --cgroup sub "$ID" cat /proc/self/cgroup | sed -n 's/^0:://p')" "$place/sub"
	ct_delete
}

@test "session: pause, resume, ps, events and kill --all" {
	ct_up
	local pid
	lodger pause "$ID"
	assert_eq "$(ct_status)" paused
	assert_match "$(cat "$(scope)/lodger-$ID/cgroup.events")" 'frozen 1'
	lodger resume "$ID"
	assert_eq "$(ct_status)" running
	lodger exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 2000 </dev/null >"$OUT" 2>&1
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	assert_match "$(lodger ps --format json "$ID" | jq -c sort)" "$(ct_pid)"
	assert_match "$(lodger ps --format json "$ID")" "$pid"
	lodger events --stats "$ID" | jq -e '.type == "stats"'
	lodger kill --all "$ID" KILL
	ct_wait "$pid"
	ct_delete
	# Others in the scope are not meant.
	assert_eq "$(holder | wc -l)" 1
}

@test "session: limits and update are files of the container's; the unit that all share is not asked" {
	config '.linux.resources.unified = {"cgroup.max.descendants": "5"}'
	ct_up
	assert_eq "$(cat "$(scope)/lodger-$ID/cgroup.max.descendants")" 5
	asked
	lodger update --resources - "$ID" <<<'{"unified": {"cgroup.max.descendants": "7"}}'
	assert_eq "$(cat "$(scope)/lodger-$ID/cgroup.max.descendants")" 7
	assert_eq "$(cat "$(scope)/cgroup.max.descendants")" max
	assert_eq "$(<"$GATE/requests")" ""
	ct_delete
}

@test "session: a memory limit is in force, and named where its controller is not delegated" {
	local max
	config '.linux.resources.memory.limit = 67108864'
	ct_try_create
	if [[ $status -eq 0 ]]; then
		max=$(cat "$(scope)/lodger-$ID/memory.max")
		assert_eq "$max" 67108864
		ct_delete
	else
		assert_match "$output$stderr" 'linux.resources.memory.limit.*controller memory is not there'
		assert_match "$output$stderr" 'Delegate=cpu'
		[[ ! -e $(scope)/lodger-$ID ]]
	fi
}

@test "session: a writable cgroup2 is the container's, and nothing above it" {
	config '.linux.namespaces += [{type: "cgroup"}]
		| (.mounts[] | select(.type == "cgroup")).options = ["nosuid", "noexec", "nodev", "rw"]'
	sh_args 'cd /sys/fs/cgroup && mkdir a && echo 0 >a/cgroup.procs && cat /proc/self/cgroup; ls ..; mkdir ../x'
	ct_run
	assert_match "$output" '0::/a'
	[[ $status -ne 0 ]]
	[[ ! -e $(scope)/lodger-$ID ]]
}

@test "session: a container without namespaces of its own for processes ends whole" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'sleep 1000 >/dev/null 2>&1 & echo $!'
	ct_ok
	[[ -n $output ]]
	ct_wait "$output"
	[[ ! -e $(scope)/lodger-$ID ]]
}

@test "session: a failed create leaves the scope and nothing else" {
	args /no/such/program
	ct_try_create
	[[ $status -ne 0 ]]
	[[ ! -e $(scope)/lodger-$ID ]]
	[[ ! -e $STATE/$ID ]]
	assert_eq "$(holder | wc -l)" 1
}

@test "session: a front end that is killed leaves what delete clears" {
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >>"$OUT" 2>&1 &
	poll 10 test -e "$STATE/$ID"
	pkill -9 -P $! || :
	run wait $!
	lodger delete --force "$ID"
	[[ ! -e $STATE/$ID ]]
	[[ ! -e $(scope)/lodger-$ID ]]
}

@test "session: auto does not choose it" {
	ct_up
	GLOBAL=(--root "$STATE")
	args cat /proc/self/cgroup
	lodger run --bundle "$BUNDLE" "$ID-2" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	assert_match "$(<"$OUT")" "0::$(own_cgroup)"
	ct_delete
}
