#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# docker: what a runtime's errors become, with docker's exit statuses. docker looks for runc's words,
# which are lodger's and not crun's: where that makes another status, it is named.

load docker_helpers

# refused STATUS CRUN-STATUS PATTERN ARGUMENT...: of docker run; the message, and nothing is left.
refused() {
	local expected=$1
	[[ $CALLERS_RUNTIME != crun ]] || expected=$2
	run "-$expected" d run --rm --name "$NAME" "${@:4}"
	assert_match "${output,,}" "$3"
	poll is '' docker ps -aq --filter "name=^$NAME"
}

@test "docker errors: a command that is not there" {
	refused 127 125 'executable file .*not found in \$path' busybox no-such-command
	refused 127 125 'no such file or directory' busybox /no/such/command
}

@test "docker errors: a command that may not be executed" {
	refused 126 125 'permission denied|not executable' busybox /etc/passwd
	refused 126 125 '/etc.* is (a directory|not a regular file)' busybox /etc
}

@test "docker errors: a bad mount" {
	refused 125 125 '/etc/passwd.*not a directory.*are you trying to mount a directory onto a file' \
		-v /etc/passwd:/etc:ro busybox true
	refused 125 125 '/etc/passwd.*proc/1' -v /etc/passwd:/proc/1:ro busybox true
	refused 125 125 'does not exist: /no/such' --mount type=bind,src=/no/such,dst=/x busybox true
}

@test "docker errors: a seccomp profile that is refused" {
	echo '{"defaultAction": "SCMP_ACT_FROB"}' >"$DIR/action.json"
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}' >"$DIR/arch.json"
	echo '{' >"$DIR/half.json"
	refused 125 125 'scmp_act_frob' --security-opt seccomp="$DIR/action.json" busybox true
	refused 125 125 'vax' --security-opt seccomp="$DIR/arch.json" busybox true
	refused 125 125 'seccomp' --security-opt seccomp="$DIR/half.json" busybox true
}

@test "docker errors: a seccomp profile that refuses the command" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["execve", "execveat"], "action": "SCMP_ACT_ERRNO"}]}' \
		>"$DIR/profile.json"
	# An error after start is in the container's log, which may be heard too late (see heard).
	run -1 d run --name "$NAME" --security-opt seccomp="$DIR/profile.json" busybox true
	poll denied
}

denied() {
	[[ $(docker logs "$NAME" 2>&1) =~ [Oo]peration\ not\ permitted ]]
}

@test "docker errors: a working directory that cannot be" {
	refused 125 125 'not a directory' --workdir /etc/passwd/x busybox true
	refused 125 125 'not a directory' --workdir /etc/passwd busybox true
	up
	run -126 docker exec --workdir /no/such "$NAME" true
	assert_match "${output,,}" '/no/such.*no such file or directory'
}

@test "docker errors: exec of what is not there, or may not be executed" {
	up
	# docker has 126 for both, with any runtime.
	run -126 docker exec "$NAME" no-such-command
	assert_match "${output,,}" 'executable file .*not found in \$path'
	run -126 docker exec "$NAME" /etc/passwd
	assert_match "${output,,}" 'permission denied|not executable'
}
