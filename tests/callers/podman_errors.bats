#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman: what a runtime's errors become, with podman's exit statuses. What crun says differently is
# in the patterns.

load podman_helpers

# refused STATUS PATTERN ARGUMENT...: of podman run; the message, and nothing is left.
refused() {
	run "-$1" p run --rm --name "$NAME" "${@:3}"
	assert_match "${output,,}" "$2"
	poll is '' podman ps -aq --filter "name=^$NAME"
}

@test "podman errors: a command that is not there" {
	refused 127 'executable file .*not found in \$path' busybox no-such-command
	refused 127 'no such file or directory' busybox /no/such/command
}

@test "podman errors: a command that may not be executed" {
	refused 126 'permission denied' busybox /etc/passwd
	refused 126 '/etc.* is (a directory|not a regular file)' busybox /etc
}

@test "podman errors: a bad mount" {
	refused 126 '/etc/passwd.*not a directory' -v /etc/passwd:/etc:ro busybox true
	refused 126 '/etc/passwd.*proc/1' -v /etc/passwd:/proc/1:ro busybox true
	refused 125 '/no/such.*no such file' --mount type=bind,src=/no/such,dst=/x busybox true
}

@test "podman errors: a seccomp profile that is refused" {
	echo '{"defaultAction": "SCMP_ACT_FROB"}' >"$DIR/action.json"
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}' >"$DIR/arch.json"
	echo '{' >"$DIR/half.json"
	refused 126 'scmp_act_frob' --security-opt seccomp="$DIR/action.json" busybox true
	refused 126 'vax' --security-opt seccomp="$DIR/arch.json" busybox true
	refused 125 'seccomp' --security-opt seccomp="$DIR/half.json" busybox true
	[[ $CALLERS_RUNTIME != lodger ]] || assert_match "$(p run --rm --security-opt seccomp="$DIR/action.json" busybox true 2>&1)" \
		'linux.seccomp.defaultAction: .*is not one of SCMP_ACT_KILL'
}

@test "podman errors: a seccomp profile that refuses the command" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["execve", "execveat"], "action": "SCMP_ACT_ERRNO"}]}' \
		>"$DIR/profile.json"
	refused 1 'operation not permitted' --security-opt seccomp="$DIR/profile.json" busybox true
}

@test "podman errors: a working directory that is not there" {
	refused 126 '/no/such.*does not exist' --workdir /no/such busybox true
	refused 126 'not a directory' --workdir /etc/passwd/x busybox true
	up
	run -127 p exec --workdir /no/such "$NAME" true
	assert_match "${output,,}" '/no/such.*no such file or directory'
}

@test "podman errors: exec of what is not there, or may not be executed" {
	up
	run -127 p exec "$NAME" no-such-command
	assert_match "${output,,}" 'executable file .*not found in \$path'
	run -126 p exec "$NAME" /etc/passwd
	assert_match "${output,,}" 'permission denied'
}
