#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `spec`: the config it writes, and that this config runs.

load helpers

setup() {
	test_setup
	SPEC=$BATS_TEST_TMPDIR/spec
	mkdir "$SPEC"
}

@test "spec: writes config.json in the current directory" {
	cd "$SPEC"
	lodger spec
	jq -e '.ociVersion and .process.args == ["sh"] and .root.path == "rootfs"' config.json
}

@test "spec --bundle: writes it there" {
	lodger spec --bundle "$SPEC"
	jq -e '.process.terminal == true' "$SPEC/config.json"
}

@test "spec: never overwrites" {
	echo mine >"$SPEC/config.json"
	run lodger spec --bundle "$SPEC"
	refused 'exist'
	assert_eq "$(<"$SPEC/config.json")" mine
}

@test "spec: what runc's has" {
	lodger spec --bundle "$SPEC"
	local c=$SPEC/config.json
	assert_eq "$(jq -r '.mounts[].destination' "$c" | xargs)" \
		"/proc /dev /dev/pts /dev/shm /dev/mqueue /sys /sys/fs/cgroup"
	# runc adds a cgroup namespace where the host has cgroup v2 alone.
	assert_match "$(jq -r '[.linux.namespaces[].type] | sort | join(" ")' "$c")" \
		'^(cgroup )?ipc mount network pid uts$'
	assert_eq "$(jq -r '.root.readonly' "$c")" true
	assert_eq "$(jq -r '.process.cwd' "$c")" /
	assert_eq "$(jq -r '.process.noNewPrivileges' "$c")" true
	jq -e '.linux.maskedPaths | index("/proc/kcore")' "$c"
	jq -e '.linux.readonlyPaths | index("/proc/sys")' "$c"
	jq -e '.process.capabilities.bounding | index("CAP_KILL")' "$c"
}

@test "spec --rootless: a user namespace with the caller as root" {
	requires user
	lodger spec --rootless --bundle "$SPEC"
	local c=$SPEC/config.json
	jq -e '.linux.namespaces | map(.type) | index("user")' "$c"
	assert_eq "$(jq -c '.linux.uidMappings' "$c")" "[{\"containerID\":0,\"hostID\":$(id -u),\"size\":1}]"
	assert_eq "$(jq -c '.linux.gidMappings' "$c")" "[{\"containerID\":0,\"hostID\":$(id -g),\"size\":1}]"
	jq -e '.linux.resources | not' "$c"
}

@test "spec --rootless: the config runs" {
	requires user
	lodger spec --rootless --bundle "$SPEC"
	jq '.process.terminal = false | .process.args = ["id", "-u"]' "$SPEC/config.json" >"$BUNDLE/config.json"
	ct_ok
	assert_eq "$output" 0
}

@test "spec: an unwritable directory is an error that names it" {
	requires user
	run lodger spec --bundle /proc
	assert_eq "$status" 1
	assert_match "$output" 'config.json|/proc'
}
