#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What can happen between the question for a scope and its answer, and while a scope is stopped. In a
# session of its own: the user's systemd comes and goes here.

load ../helpers

setup() {
	session_setup
	UNIT=lodger-$ID.scope
	GLOBAL+=(--systemd-cgroup)
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	args sleep 1000
}

unit_property() {
	user_show show --property "$1" --value "$UNIT"
}

unit_is_gone() {
	[[ $(unit_property LoadState) == not-found ]]
}

is_in_scope() {
	assert_match "$(cgroup_of "$(ct_pid)")" "/$UNIT$"
	assert_eq "$(unit_property ActiveState)" active
}

# It was made, is in its scope, and goes with it.
works() {
	ct_create
	is_in_scope
	ct_delete
	nothing_left
}

nothing_left() {
	poll 10 unit_is_gone || fail "$UNIT: $(user_show show --property ActiveState,SubState,Job "$UNIT") $(cat "${GATE:-}/error")"
	assert_eq "$(user_show list-units --failed --no-legend --plain "$UNIT")" ""
	[[ -z $(find /sys/fs/cgroup -name "*$ID*") ]]
	[[ ! -e $STATE/$ID ]]
}

@test "races: the user's systemd is executed anew before it is asked" {
	at_scope <<'END'
systemctl --user daemon-reexec
exec "$REAL" start <"$QUESTION"
END
	works
}

# ask_stopped: ask a systemd that does nothing until it is told to be executed anew. A variable of
# the hook names the addresses that are tried.
ask_stopped() {
	at_scope <<'END'
manager=$(systemctl show --property MainPID --value "user@$(id -u).service")
trap 'kill -CONT $manager' EXIT
kill -STOP $manager
"$REAL" start <"$QUESTION" &
# Twice, since it waits for the bus's own answers too.
for ((i = 0; i < 100; i++)); do
	if [[ $(cut -d ' ' -f 3 "/proc/$!/stat") == S ]]; then
		sleep 0.01
		[[ $(cut -d ' ' -f 3 "/proc/$!/stat") != S ]] || break
	fi
done
kill -RTMIN+25 $manager
kill -CONT $manager
wait $!
END
	sed -i "2i BUS='$1'" "$GATE/lodger-scope"
}

@test "races: the user's systemd is executed anew while it is asked, over the bus" {
	ask_stopped ''
	works
}

@test "races: the user's systemd is executed anew while it is asked, over its own socket" {
	ask_stopped "unix:path=$XDG_RUNTIME_DIR/systemd/private"
	works
}

@test "races: the user's systemd reads its units anew while it is asked" {
	at_scope <<'END'
systemctl --user daemon-reload &
"$REAL" start <"$QUESTION"
rc=$?
wait
exit $rc
END
	works
}

@test "races: the user's systemd is executed anew before lodger hears the answer" {
	at_scope <<'END'
answer=$("$REAL" start <"$QUESTION" 2>&1) && systemctl --user daemon-reexec
echo "$answer" >&2
END
	works
}

@test "races: an answer that was lost: what is asked for is there already" {
	at_scope <<'END'
"$REAL" start <"$QUESTION" 2>first && exec "$REAL" start <"$QUESTION"
END
	works
}

@test "races: init dies before its scope is asked for" {
	at_scope <<'END'
kill -KILL "$INIT"
exec "$REAL" start <"$QUESTION"
END
	ct_try_create
	[[ $status -ne 0 ]]
	assert_match "$output" 'init was killed by signal 9'
	nothing_left
}

@test "races: init dies in its scope before lodger hears of it" {
	at_scope <<'END'
answer=$("$REAL" start <"$QUESTION" 2>&1) && kill -KILL "$INIT"
echo "$answer" >&2
END
	ct_try_create
	[[ $status -ne 0 ]]
	assert_match "$output" 'init was killed by signal 9'
	nothing_left
}

@test "races: the front end dies before the scope of its container is asked for" {
	at_scope <<'END'
kill -KILL $PPID
"$REAL" start <"$QUESTION" 2>error
: >done
END
	ct_try_create
	[[ $status -ne 0 ]]
	poll 30 test -e "$GATE/done"
	lodger delete --force "$ID"
	nothing_left
}

@test "races: init fails before its scope is asked for: no scope without a process" {
	at_scope <<'END'
for ((i = 0; i < 3000; i++)); do
	[[ $(cut -d ' ' -f 3 "/proc/$INIT/stat" 2>/dev/null || echo Z) != Z ]] || break
	sleep 0.01
done
"$REAL" start <"$QUESTION" 2>error
: >done
END
	config '.mounts = [{destination: "/mnt", type: "bind", source: "/no/such", options: ["bind"]}] + .mounts'
	ct_try_create
	[[ $status -ne 0 ]]
	assert_match "$output" '/no/such'
	# Nobody goes while the request is under way.
	[[ -e $GATE/done ]]
	assert_match "$(<"$GATE/error")" 'done|does not exist'
	nothing_left
}

@test "races: a second create of the name while the first waits for its scope" {
	local first
	at_scope <<'END'
: >asked
read -r _ <go
exec "$REAL" start <"$QUESTION"
END
	mkfifo "$GATE/go"
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/first" 2>&1 &
	first=$!
	poll 30 test -e "$GATE/asked"
	ct_try_create
	[[ $status -ne 0 ]]
	assert_match "$output" "$ID.*exists"
	echo >"$GATE/go"
	wait "$first"
	is_in_scope
	ct_delete
	nothing_left
}

@test "races: of two containers that ask for one scope at once, one gets it" {
	local pids=() won='' i
	# Both have their init by then, and neither has been to systemd.
	at_scope <<'END'
mkdir "$GATE/asked.$$"
until [[ $(echo asked.*) == *" "* ]]; do sleep 0.01; done
exec "$REAL" start <"$QUESTION"
END
	config '.linux.cgroupsPath = "user.slice:lodger:" + "'"$ID"'"'
	for i in 1 2; do
		lodger create --bundle "$BUNDLE" "$ID.$i" </dev/null >"$BATS_TEST_TMPDIR/$i" 2>&1 &
		pids+=($!)
	done
	for i in 1 2; do
		if wait "${pids[i - 1]}"; then
			won+=$i
		else
			assert_match "$(<"$BATS_TEST_TMPDIR/$i")" "$UNIT.*has processes"
			[[ ! -e $STATE/$ID.$i ]]
		fi
	done
	assert_match "$won" '^[12]$'
	assert_match "$(cgroup_of "$(ct_pid "$ID.$won")")" "/$UNIT$"
	ct_delete "$ID.$won"
	nothing_left
}

is_deactivating() {
	[[ $(unit_property ActiveState) == deactivating ]]
}

# being_stopped: systemd stops the scope, and waits for a process that does not mind.
being_stopped() {
	sh_args 'trap "" TERM HUP; echo ready; while :; do sleep 1000; done'
	ct_up
	poll 30 grep -q ready "$OUT"
	systemctl --user stop --no-block "$UNIT"
	poll 30 is_deactivating
}

@test "races: delete --force while systemd stops the scope" {
	being_stopped
	lodger delete --force "$ID"
	nothing_left
}

@test "races: delete of a container that has ended while systemd stops its scope" {
	being_stopped
	lodger kill "$ID" KILL
	ct_wait_stopped
	lodger delete "$ID"
	nothing_left
	# The name is free at once.
	ct_up
	ct_delete
	nothing_left
}

@test "races: delete --force of a paused container while systemd stops its scope" {
	being_stopped
	lodger pause "$ID"
	lodger delete --force "$ID"
	nothing_left
}
