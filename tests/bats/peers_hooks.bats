#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What hooks written for runc and crun rely on.

load helpers

# hook KIND SCRIPT [JSON]: a shell script as a hook; JSON is merged into it.
hook() {
	# shellcheck disable=SC2016
	config '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $script]} + $more]' \
		--arg kind "$1" --arg script "$2" --argjson more "${3:-"{}"}"
}

@test "peers: a hook without env has the runtime's, one with an empty env has none" {
	args true
	hook createRuntime "env >'$OUT.inherited'"
	hook createRuntime "env >'$OUT.empty'" '{"env": []}'
	hook createRuntime "env >'$OUT.own'" '{"env": ["OWN=1"]}'
	MARK=of-the-caller ct_ok
	assert_match "$(<"$OUT.inherited")" 'MARK=of-the-caller'
	assert_match "$(<"$OUT.inherited")" "PATH=$PATH"
	refute_match "$(<"$OUT.empty")" MARK
	refute_match "$(<"$OUT.own")" MARK
	assert_match "$(<"$OUT.own")" OWN=1
}

@test "peers: what a hook writes does not get into the container's output" {
	local kind
	args echo payload
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook "$kind" 'echo noise'
	done
	ct_ok
	assert_eq "$output" payload
}

@test "peers: a poststart hook that fails destroys the container, poststop hooks run" {
	args sleep 60
	hook poststart 'exit 3'
	hook poststop "echo stopped >'$OUT.poststop'"
	ct_create
	local pid
	pid=$(ct_pid)
	run lodger start "$ID"
	assert_eq "$status" 1
	assert_match "$output" 'poststart hook #0.*status 3'
	ct_wait "$pid"
	run lodger state "$ID"
	assert_match "$output" 'does not exist'
	assert_eq "$(<"$OUT.poststop")" stopped
}

@test "peers: a startContainer hook has the payload's environment unless it has its own" {
	args true
	config '.process.env = ["PATH=/bin", "MARK=payload"]'
	hook startContainer 'test "$MARK" = payload'
	hook startContainer 'test -z "$MARK" -a "$OWN" = 1' '{"env": ["OWN=1"]}'
	ct_ok
}

# They are programs of the image.
@test "peers: startContainer hooks run under the seccomp filter and the limits" {
	args true
	hook startContainer 'test "$(ulimit -n)" = 64'
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: 64}]'
	ct_ok
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	hook startContainer 'mkdir /dev/shm/x'
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'startContainer hook #1'
}

@test "peers: what a hook that fails has written is in the error, on one line" {
	args true
	hook createRuntime 'echo noise of one that succeeds >&2'
	hook createRuntime 'printf "no such\tdevice\nat all\n" >&2; exit 3'
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'noise of one that succeeds'
	assert_match "$stderr" 'error running createRuntime hook #1: .*status 3, stderr: no such device at all$'
	config 'del(.hooks)'
	hook startContainer 'echo inside >&2; exit 4'
	# Its terminal goes with the container, the error does not.
	config '.process.terminal = true'
	ct_run </dev/null
	assert_match "$output$stderr" 'error running startContainer hook #0: .*status 4, stderr: inside'
}

@test "peers: a startContainer hook has a HOME, as the payload" {
	args true
	config '.process.env = ["PATH=/bin"]'
	hook startContainer 'test -n "$HOME"'
	hook startContainer 'test -z "$HOME"' '{"env": ["OWN=1"]}'
	ct_ok
}
