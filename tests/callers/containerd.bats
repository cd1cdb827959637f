#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd, rootless in rootlesskit's namespaces, by ctr, with its io.containerd.runc.v2 shim and
# BinaryName. Its API for Kubernetes is in cri.bats.

load containerd_helpers

teardown() {
	c task kill --signal KILL "$NAME" >/dev/null 2>&1 || :
	c task rm -f "$NAME" >/dev/null 2>&1 || :
	c container rm "$NAME" >/dev/null 2>&1 || :
}

# bats test_tags=vm
@test "ctr run: output and status" {
	run heard cr --rm localhost/busybox:latest "$NAME" sh -c "$until_heard" - sh -c 'echo hello; exit 7'
	assert_eq "$status" 7
	assert_eq "$output" hello
}

@test "ctr run -d, task ls, exec, kill, delete" {
	cr -d localhost/busybox:latest "$NAME" sleep 1000
	poll task_is RUNNING
	run heard c task exec --exec-id e1 "$NAME" sh -c "$until_heard" - sh -c 'echo in; exit 8'
	assert_eq "$status" 8
	assert_eq "$output" in
	c task kill --signal KILL "$NAME"
	poll task_is STOPPED
}

task_is() {
	[[ $(c task ls) =~ $NAME\ +[0-9]+\ +$1 ]]
}

@test "ctr task pause, resume, ps" {
	cr -d localhost/busybox:latest "$NAME" sleep 1000
	assert_match "$(c task ps "$NAME")" '[0-9]+'
	c task pause "$NAME"
	poll task_is PAUSED
	c task resume "$NAME"
	poll task_is RUNNING
}

@test "ctr run -t: a terminal" {
	run on_terminal cr --rm -t localhost/busybox:latest "$NAME" \
		sh -c "$until_heard" - sh -c 'test -t 0 && tty; exit 3'
	assert_eq "$status" 3 "status ($output)"
	assert_match "$output" '/dev/pts/0'
}

@test "ctr run with its own name of a cgroup, which is at the root" {
	[[ $CALLERS_RUNTIME == lodger ]] || skip "crun refuses: it cannot make /default"
	run heard c run --snapshotter native --cpu-shares 0 --runc-binary "$(<"$CALLERS_DIR/runtime.lodger")" \
		--rm localhost/busybox:latest "$NAME" sh -c "$until_heard" - sh -c 'echo hello; exit 7'
	assert_eq "$status" 7
	assert_eq "$output" hello
}

@test "ctr run: a command that is not there" {
	run cr --rm localhost/busybox:latest "$NAME" no-such-command
	[[ $status -ne 0 ]]
	assert_match "$output" 'executable file.*not found'
}
