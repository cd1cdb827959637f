#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `start`: the second half of the life of a container.

load helpers

@test "start: the process runs with the stdio of create" {
	sh_args 'echo out; echo err >&2'
	ct_create
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(sort "$OUT")" $'err\nout'
	ct_delete
}

@test "start: the pid of create is the pid of the process" {
	sh_args 'exec sleep 100'
	ct_create
	local pid
	pid=$(ct_pid)
	lodger start "$ID"
	assert_eq "$(ct_pid)" "$pid"
	poll 5 grep -q sleep "/proc/$pid/cmdline"
	ct_delete
}

@test "start: status goes created, running, stopped" {
	rootfs_may_change
	mkfifo "$ROOTFS/tmp/go"
	sh_args 'cat /tmp/go'
	ct_create
	assert_eq "$(ct_status)" created
	lodger start "$ID"
	assert_eq "$(ct_status)" running
	timeout 10 sh -c 'echo over >"$1"' - "$ROOTFS/tmp/go"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" over
	ct_delete
}

@test "start: a running container is refused at once" {
	args sleep 100
	ct_up
	run lodger start "$ID"
	refused 'running|already|created'
	assert_eq "$(ct_status)" running
	ct_delete
}

@test "start: a stopped container is refused at once" {
	args true
	ct_up
	ct_wait_stopped
	run lodger start "$ID"
	refused 'stopped|created'
	ct_delete
}

@test "start: a container that does not exist" {
	run lodger start "$ID"
	refused 'does not exist'
}

@test "start: two at the same moment: one wins, neither hangs" {
	args sleep 100
	ct_create
	local i won=0
	local -a pids=()
	for i in 1 2 3; do
		lodger start "$ID" >/dev/null 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		if wait "$i"; then won=$((won + 1)); fi
	done
	assert_eq "$won" 1 "starts that succeeded"
	assert_eq "$(ct_status)" running
	ct_delete
}

@test "start: usage errors have status 1" {
	run lodger start
	[[ $status -eq 1 ]]
	run lodger start --no-such-flag "$ID"
	[[ $status -eq 1 ]]
}
