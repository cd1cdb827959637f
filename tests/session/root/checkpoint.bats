#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore on cgroup v2, with cgroups of lodger's and of systemd's.

load ../helpers
load ../../bats/criu

setup_file() {
	SESSION_RUNTIME_DIR=${XDG_RUNTIME_DIR:?is not set: this is no login session}
	export SESSION_RUNTIME_DIR
	files_setup
	criu_setup
}

setup() {
	session_setup
	counter_make
}

teardown() {
	ROOTFS_MAY_CHANGE=1
	test_teardown
}

# there_and_back: where it is, before and after.
there_and_back() {
	local saved
	counter_up
	assert_eq "$(cgroup_of "$(ct_pid)")" "$1"
	checkpoint
	[[ ! -e /sys/fs/cgroup$1 ]]
	saved=$(counted)
	restore
	counts_on "$saved"
	assert_eq "$(cgroup_of "$(ct_pid)")" "$1"
	run lodger exec "$ID" cat /proc/1/comm
	assert_eq "$output" sh
	ct_delete
	[[ ! -e /sys/fs/cgroup$1 ]]
}

@test "root checkpoint: a cgroup of v2, seen by a cgroup namespace" {
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
	there_and_back "/lodger-$ID"
}

@test "root checkpoint: a cgroup of v2, without a cgroup namespace" {
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	there_and_back "/lodger-$ID"
}

@test "root checkpoint: a scope of systemd's" {
	GLOBAL+=(--systemd-cgroup)
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	there_and_back "/system.slice/lodger-$ID.scope"
	assert_eq "$(systemctl show --property LoadState --value "lodger-$ID.scope")" not-found
}

@test "root checkpoint: a paused container, frozen by cgroup v2" {
	counter_up
	lodger pause "$ID"
	checkpoint
	restore
	counts_on 100
}

@test "root checkpoint: images that are damaged leave no scope" {
	GLOBAL+=(--systemd-cgroup)
	counter_up
	checkpoint
	truncate -s 100 "$IMAGES/core-1.img"
	run restore
	assert_eq "$status" 1
	[[ ! -e /sys/fs/cgroup/system.slice/lodger-$ID.scope ]]
	assert_eq "$(systemctl show --property LoadState --value "lodger-$ID.scope")" not-found
}
