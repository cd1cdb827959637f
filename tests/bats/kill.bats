#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `kill`: every way to name a signal, every state of a container.

load helpers

trap_args() {
	sh_args "trap 'echo got; exit 0' $1; echo ready; while :; do sleep 0.05; done"
}

# signal NAME AS-THE-SHELL-KNOWS-IT: send it, see it arrive.
arrives() {
	tree_forget
	: >"$OUT"
	trap_args "$2"
	ct_up
	poll 10 grep -q ready "$OUT"
	lodger kill "$ID" "$1"
	ct_wait_stopped
	assert_match "$(<"$OUT")" got
	ct_delete
}

@test "kill: the default signal is TERM" {
	trap_args TERM
	ct_up
	poll 10 grep -q ready "$OUT"
	lodger kill "$ID"
	ct_wait_stopped
	assert_match "$(<"$OUT")" got
	ct_delete
}

@test "kill: TERM, SIGTERM, term, 15, USR1, HUP, 2" {
	arrives TERM TERM
	arrives SIGTERM TERM
	arrives 15 TERM
	arrives USR1 USR1
	arrives 2 INT
}

@test "kill: lower case names, as runc takes them" {
	requires lodger
	arrives term TERM
	arrives sigusr2 USR2
}

@test "kill: real-time signals by number, up to 64" {
	requires lodger
	arrives 37 37
	arrives 64 64
}

@test "kill: KILL ends a running container" {
	args sleep 100
	ct_up
	lodger kill "$ID" KILL
	ct_wait_stopped
	ct_delete
}

@test "kill: what asks a process to end ends a created container" {
	local sig
	args sleep 1000
	for sig in TERM INT QUIT; do
		ct_create
		lodger kill "$ID" "$sig"
		ct_wait_stopped
		ct_delete
	done
	# The payload is asked as any first process of a pid namespace is.
	ct_up
	lodger kill "$ID" TERM
	lodger kill "$ID" 0
	assert_eq "$(ct_status)" running
	ct_delete
}

@test "kill: KILL ends a created container" {
	args sleep 100
	ct_create
	lodger kill "$ID" KILL
	ct_wait_stopped
	ct_delete
}

@test "kill: unknown signals are refused and not sent" {
	args sleep 100
	ct_up
	local sig
	for sig in NOSUCH SIGNOSUCH 65 -1 9x; do
		run lodger kill "$ID" "$sig"
		[[ $status -ne 0 ]] || fail "signal '$sig' was taken"
	done
	assert_eq "$(ct_status)" running
	ct_delete
}

@test "kill: a stopped container is refused" {
	args true
	ct_up
	ct_wait_stopped
	run lodger kill "$ID" TERM
	refused 'not running|stopped|no such process|already finished'
	ct_delete
}

@test "kill: a container that does not exist" {
	run lodger kill "$ID" TERM
	refused 'does not exist'
}

@test "kill --all KILL: every process of a container goes" {
	sh_args 'sleep 1000 & sleep 1000 & exec sleep 1000'
	ct_up
	lodger kill --all "$ID" KILL
	ct_wait_stopped
	ct_delete
}

@test "kill: KILL without an own pid namespace reaches the other processes at delete" {
	requires lodger
	# The orphans are not bound to init's life by the kernel then.
	ns_drop pid
	config '.mounts |= map(select(.destination != "/proc"))'
	bind_add /proc /proc rbind
	sh_args 'setsid sleep 1000 & echo up; exec sleep 1000'
	ct_try_create
	[[ $status -eq 0 ]] || skip "the host's /proc cannot be bound here: $output"
	lodger start "$ID"
	poll 10 grep -q up "$OUT"
	lodger kill --all "$ID" KILL || lodger kill "$ID" KILL
	ct_wait_stopped
	ct_delete
	# Without a cgroup of its own nobody can find the orphan; what is asserted is an honest end.
	processes | while read -r pid _; do
		kill -KILL "$pid"
	done
}

@test "kill --regex, delete --regex: each container that the expression matches, and no other" {
	args sleep 100
	local id base=$ID
	for id in "$base-a1" "$base-a2" "$base-b1"; do
		ID=$id
		ct_up
	done
	lodger kill --regex "^$base-a[0-9]\$" KILL
	ct_wait_stopped "$base-a1"
	ct_wait_stopped "$base-a2"
	assert_eq "$(ct_status "$base-b1")" running
	# What does not run is an error, and the others get the signal all the same.
	run lodger kill -r "^$base-" KILL
	refused 'not running'
	ct_wait_stopped "$base-b1"
	lodger delete --regex "^$base-"
	assert_eq "$(lodger list --quiet)" ""
	run lodger delete --regex 'a['
	refused '--regex: "a\[": '
	lodger kill --regex nothing-matches-this
}
