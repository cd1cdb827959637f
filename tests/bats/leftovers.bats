#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The suite's own check: what a test leaves behind must be found, or no other test proves anything.

load helpers

teardown() {
	:
}

@test "leftovers: a clean test passes" {
	nothing_left
}

@test "leftovers: a process that knows the test by its environment is found" {
	env MARK="$BATS_TEST_TMPDIR" sleep 100 3>&- &
	run ! nothing_left
	assert_match "$output" 'processes'
	assert_match "$output" "$! sleep 100"
	kill %1
}

@test "leftovers: a process in a mount namespace of the test is found" {
	requires user subids
	env -i unshare -Urm sh -c 'mount --bind "$1" /mnt && exec sleep 100' - "$ROOTFS" 3>&- >/dev/null 2>&1 &
	poll 5 grep -qs "$ROOTFS" "/proc/$!/mountinfo"
	run ! nothing_left
	assert_match "$output" "$! sleep 100"
	kill %1
}

@test "leftovers: a state directory is found" {
	mkdir -p "$STATE/$ID"
	run ! nothing_left
	assert_match "$output" state
	rm -r "$STATE"
}

@test "leftovers: a file in the root filesystem is found, a file beside config.json too" {
	tree_note
	touch "$ROOTFS/new"
	run ! nothing_left
	assert_match "$output" 'rootfs/new'
	rm "$ROOTFS/new"
	nothing_left
	touch "$BUNDLE/new"
	run ! nothing_left
}

@test "leftovers: a cgroup with the container's name is found" {
	local base
	for base in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /none; do
		mkdir "$base/$ID" 2>/dev/null && break
	done
	[[ $base != /none ]] || skip "needs write access to a cgroup hierarchy"
	run ! nothing_left
	rmdir "$base/$ID"
	assert_match "$output" cgroups
}

@test "leftovers: a mount below the test's directory is found" {
	requires root
	mkdir "$BATS_TEST_TMPDIR/m"
	mount -t tmpfs none "$BATS_TEST_TMPDIR/m"
	run ! nothing_left
	umount "$BATS_TEST_TMPDIR/m"
	assert_match "$output" mounts
}
