#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The container's cgroup by the user's systemd: scopes, their names, their end, what goes wrong.

# shellcheck disable=SC2119,SC2120

load helpers

setup() {
	session_setup
	UNIT=lodger-$ID.scope
	GLOBAL+=(--systemd-cgroup)
	# So that /proc/self/cgroup tells where the container is.
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .root.readonly = false'
}

unit_state() {
	systemctl --user show --property ActiveState --value "$UNIT"
}

unit_property() {
	systemctl --user show --property "$1" --value "$UNIT"
}

unit_is_gone() {
	[[ $(systemctl --user show --property LoadState --value "$UNIT") == not-found ]]
}

@test "scope: init is in a delegated scope of the user's, which goes with delete" {
	args sleep 1000
	ct_create
	assert_match "$(cgroup_of "$(ct_pid)")" "/user@$(id -u).service/user.slice/$UNIT$"
	assert_eq "$(unit_state)" active
	assert_eq "$(unit_property Delegate)" yes
	assert_eq "$(unit_property Description)" "lodger container $ID"
	lodger start "$ID"
	assert_eq "$(ct_status)" running
	ct_delete
	unit_is_gone
	assert_eq "$(systemctl --user list-units --failed --no-legend --plain "$UNIT")" ""
}

@test "scope: nothing is left after run" {
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" "$UNIT"
	poll 10 unit_is_gone
}

@test "scope: an exit status and a signal make no failed unit" {
	# The first process of a pid namespace would not mind a signal of its own.
	config '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'kill -SEGV $$'
	ct_run
	assert_eq "$status" 139
	poll 10 unit_is_gone
	assert_eq "$(systemctl --user list-units --failed --no-legend --plain "$UNIT")" ""
}

@test "scope: cgroupsPath names slice, prefix and name; slices nest" {
	config '.linux.cgroupsPath = "lodger-te-st.slice:libpod:" + "'"$ID"'"'
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" "/lodger.slice/lodger-te.slice/lodger-te-st.slice/libpod-$ID.scope"
}

@test "scope: a character of an id that unit names lack is escaped" {
	ID=$ID+x
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" 'x2bx.scope'
}

@test "scope: annotations of the allow-list are set, the others are said to be ignored" {
	config '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 7000000",
		"org.systemd.property.KillSignal": "37", "org.systemd.property.ExecStart": "\u0027/bin/sh\u0027"}'
	args sleep 1000
	ct_create
	assert_match "$output" 'ExecStart.*ignored'
	assert_eq "$(unit_property TimeoutStopUSec)" 7s
	assert_eq "$(unit_property KillSignal)" 37
	ct_delete
}

@test "scope: a failed create leaves no unit" {
	args /no/such/program
	ct_try_create
	[[ $status -ne 0 ]]
	unit_is_gone
}

@test "scope: a unit of that name that runs is somebody's: an error that quotes systemd" {
	systemd-run --user --scope --quiet --unit "$UNIT" sleep 1000 3>&- &
	poll 10 systemctl --user is-active --quiet "$UNIT"
	args true
	ct_run
	[[ $status -ne 0 ]]
	assert_match "$stderr" "$UNIT.*(already|fragment)"
	assert_eq "$(unit_state)" active
	systemctl --user stop "$UNIT"
	wait $! || :
	[[ ! -e $STATE/$ID ]]
}

@test "scope: a unit of that name that has failed is in nobody's way" {
	run systemd-run --user --wait --quiet --unit "lodger-$ID" false
	systemd-run --user --scope --quiet --unit "$UNIT" -p RuntimeMaxSec=1ms sleep 1000 3>&- || :
	poll 10 eval '[[ $(unit_state) != active ]]'
	args true
	ct_ok
	systemctl --user reset-failed "lodger-$ID.service"
}

@test "scope: a request of which the end is missing is none" {
	run "${LODGER%/*}/lodger-scope" start < <(printf '%s\0' "unix:path=$XDG_RUNTIME_DIR/bus" 4 "$UNIT" user.slice)
	assert_eq "$status" 1
	assert_eq "$output" ""
	run "${LODGER%/*}/lodger-scope" start < <(printf '%s\0' "unix:path=$XDG_RUNTIME_DIR/bus")
	assert_eq "$status" 1
	assert_eq "$output" ""
	unit_is_gone
	run "${LODGER%/*}/lodger-scope" start </dev/null
	assert_eq "$status" 1
	assert_eq "$output" ""
}

@test "scope: a config.json that is wrong is what an error is about, with systemd or without" {
	config '.process.cwd = "not/absolute"'
	run lodger create --bundle "$BUNDLE" "$ID"
	assert_eq "${#lines[@]}" 1
	assert_match "$output" 'process.cwd'
	XDG_RUNTIME_DIR=/nowhere DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere/bus \
		run lodger create --bundle "$BUNDLE" "$ID"
	assert_eq "${#lines[@]}" 1
	assert_match "$output" 'process.cwd'
	unit_is_gone
}

@test "scope: a container that has ended at once leaves its name free" {
	args true
	ct_ok
	poll 10 unit_is_gone
	# One that the front end did not stay with has nobody who says so, and goes by itself.
	lodger run --detach --bundle "$BUNDLE" "$ID"
	ct_wait_stopped
	lodger delete "$ID"
	unit_is_gone
}

@test "scope: the same name again at once" {
	args true
	for _ in 1 2 3 4 5 6 7 8; do
		ct_ok
	done
}

@test "scope: delete while the payload's end is news to systemd, then create anew" {
	args sleep 1000
	for _ in 1 2 3; do
		ct_up
		kill -9 "$(ct_pid)"
		ct_wait_stopped
		lodger delete "$ID"
		unit_is_gone
		tree_forget
	done
}

@test "scope: of creates of one name, one wins" {
	local pids=() won=0 pid
	args sleep 1000
	for _ in 1 2 3; do
		lodger create --bundle "$BUNDLE" "$ID" </dev/null >>"$OUT" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		! wait "$pid" || won=$((won + 1))
	done
	assert_eq "$won" 1
	assert_eq "$(unit_state)" active
	ct_delete
	unit_is_gone
}

@test "scope: the user's systemd is executed anew during the container's life" {
	args sleep 1000
	ct_up
	systemctl --user daemon-reexec
	assert_eq "$(ct_status)" running
	ct_delete
	poll 10 unit_is_gone
}

@test "scope: a front end that is killed leaves what delete clears" {
	args sleep 1000
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >>"$OUT" 2>&1 &
	poll 10 test -e "$STATE/$ID"
	pkill -9 -P $! || :
	wait $! || :
	lodger delete --force "$ID"
	poll 10 unit_is_gone
	[[ ! -e $STATE/$ID ]]
}

@test "scope: no systemd answers: an error with the way out" {
	args true
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/nowhere DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere
	ct_run
	[[ $status -ne 0 ]]
	assert_match "$stderr" "no systemd answers: unix:path=/nowhere.*nowhere/systemd/private"
	assert_match "$stderr" "fix: .*enable-linger"
	[[ ! -e $STATE/$ID ]]
}

@test "scope: the private socket serves where there is no bus" {
	args cat /proc/self/cgroup
	export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere
	ct_ok
	assert_match "$output" "$UNIT"
}

@test "scope: as root of a caller's user namespace" {
	args cat /proc/self/cgroup
	run unshare -r "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	[[ $status -eq 0 ]] || fail "$output"
	assert_match "$output" "$UNIT"
}

@test "auto: where nothing is asked for, systemd is not" {
	GLOBAL=(--root "$STATE")
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" "0::$(own_cgroup)"
}

@test "auto: a path that means a unit gets one" {
	GLOBAL=(--root "$STATE")
	config '.linux.cgroupsPath = "user.slice:docker:" + "'"$ID"'"'
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" "docker-$ID.scope"
}

@test "auto: a path that was not delegated: the container runs, and says so" {
	GLOBAL=(--root "$STATE")
	config '.linux.cgroupsPath = "/default/x"'
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" "0::$(own_cgroup)"
	assert_match "$stderr" "going on without a cgroup"
}

@test "scope: a writable cgroup2 is the container's, and nothing above it" {
	config '.linux.namespaces += [{type: "cgroup"}]
		| (.mounts[] | select(.type == "cgroup")).options = ["nosuid", "noexec", "nodev", "rw"]'
	sh_args 'cd /sys/fs/cgroup && mkdir a && echo 0 >a/cgroup.procs && cat /proc/self/cgroup; ls ..; mkdir ../x'
	ct_run
	assert_match "$output" '0::/a'
	[[ $status -ne 0 ]]
	poll 10 unit_is_gone
}

@test "cgroupfs: in a delegated scope, the container is born below it" {
	GLOBAL=(--root "$STATE")
	args cat /proc/self/cgroup
	run systemd-run --user --scope --quiet --unit "probe-$ID" -p Delegate=yes \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	[[ $status -eq 0 ]] || fail "$output"
	assert_match "$output" "/probe-$ID.scope/lodger-$ID"
}

@test "scope: kill --all reaches what has lost its first process" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'sleep 1000 & echo $! >/tmp/pid; exec sleep 0'
	ct_up
	ct_wait_stopped
	tree_forget
	kill -0 "$(<"$ROOTFS/tmp/pid")"
	lodger kill --all "$ID" KILL
	ct_wait "$(<"$ROOTFS/tmp/pid")"
	ct_delete
	unit_is_gone
}
