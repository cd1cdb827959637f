#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman exec, rootless.

load podman_helpers

setup() {
	podman_setup
	up
}

@test "podman exec: output and status" {
	run p exec "$NAME" sh -c 'echo in; exit 8'
	assert_eq "$status" 8
	assert_eq "$output" in
}

@test "podman exec: environment, working directory, user" {
	assert_eq "$(p exec -e A=b -w /tmp -u 5:6 "$NAME" sh -c 'echo $A $(pwd) $(id -u):$(id -g)')" 'b /tmp 5:6'
}

@test "podman exec -i: standard input" {
	assert_eq "$(echo words | p exec -i "$NAME" cat)" words
}

@test "podman exec -it: a terminal of the caller's size" {
	run on_terminal podman exec -it "$NAME" sh -c "$until_heard" - sh -c "$terminal_size; exit 3"
	assert_eq "$status" 3
	assert_match "$output" '33 99'
}

@test "podman exec -d" {
	p exec -d "$NAME" touch /tmp/done >/dev/null
	poll p exec "$NAME" test -e /tmp/done
}

@test "podman exec: a command that is not there is 127" {
	run -127 p exec "$NAME" no-such-command
}

@test "podman exec: a command that cannot be executed is 126" {
	run p exec "$NAME" /etc/passwd
	assert_eq "$status" 126
}

# bats test_tags=vm
@test "podman exec: in the container's cgroup and namespaces" {
	assert_eq "$(p exec "$NAME" cat /proc/self/cgroup)" "$(p exec "$NAME" cat /proc/1/cgroup)"
	assert_eq "$(p exec "$NAME" readlink /proc/self/ns/pid)" "$(p exec "$NAME" readlink /proc/1/ns/pid)"
}

@test "podman exec: capabilities are those of the container, all with --privileged" {
	local own
	own=$(p exec "$NAME" grep CapEff /proc/1/status)
	assert_eq "$(p exec "$NAME" grep CapEff /proc/self/status)" "$own"
	[[ $(p exec --privileged "$NAME" grep CapEff /proc/self/status) != "$own" ]]
}

@test "podman exec: no descriptor of the host" {
	assert_eq "$(p exec "$NAME" sh -c 'ls /proc/self/fd | wc -l')" 4
}

@test "podman exec: a killed container ends it" {
	p exec "$NAME" sleep 1000 3>&- &
	poll p exec "$NAME" sh -c 'ps | grep -q "[s]leep 1000" && test $(ps | grep -c "[s]leep 1000") -ge 2'
	p kill "$NAME" >/dev/null
	run wait $!
	[[ $status -ne 0 ]]
}
