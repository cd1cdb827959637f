#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bind mounts whose ids are mapped: for root, who owns the file systems of the host.

load ../helpers

setup() {
	requires root
	test_setup
	DATA=$BATS_TEST_TMPDIR/data
	mkdir "$DATA"
	touch "$DATA/f0" "$DATA/f5"
	chown 5:6 "$DATA/f5"
	sh_args 'stat -c "%u %g" /mnt/f0 /mnt/f5'
}

# Not every file system lets its ids be mapped.
bind_mapped() {
	bind_add "$DATA" /mnt "$@"
	[[ $RUNTIME == lodger ]] || skip "the words of the errors are lodger's"
}

own_userns() {
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 1000}]'
}

ct_mapped() {
	ct_run
	[[ $status -eq 0 || $stderr != *"maps no ids of this file system"* ]] ||
		skip "$(stat -f -c %T "$DATA") is a file system whose ids cannot be mapped"
	assert_eq "$status" 0 "status ($stderr)"
}

@test "mount idmap: uidMappings and gidMappings, without a user namespace" {
	bind_mapped
	config '.mounts[-1] += {uidMappings: [{containerID: 0, hostID: 1000, size: 10}],
		gidMappings: [{containerID: 0, hostID: 2000, size: 10}]}'
	ct_mapped
	assert_eq "$output" $'1000 2000\n1005 2006'
}

@test "mount idmap: idmap alone takes the map of the container's user namespace" {
	bind_mapped idmap
	own_userns
	sh_args 'stat -c "%u %g" /mnt/f0 /mnt/f5; touch /mnt/new'
	ct_mapped
	assert_eq "$output" $'0 0\n5 6'
	assert_eq "$(stat -c '%u %g' "$DATA/new")" '0 0' "owner of a new file on the host"
}

@test "mount idmap: the map of crun's option, absolute and relative" {
	bind_mapped 'idmap=uids=0-100007-1#@5-9-1;gids=@0-3-10'
	own_userns
	ct_mapped
	assert_eq "$output" $'7 3\n9 9'
}

@test "mount idmap: mapped like the container in a user namespace that is joined" {
	bind_mapped idmap
	own_userns
	args sleep 100
	ct_up
	local first=$ID
	ID=$ID-2
	config '(.linux.namespaces[] | select(.type == "user")).path = $p' \
		--arg p "/proc/$(ct_pid "$first")/ns/user"
	sh_args 'stat -c "%u %g" /mnt/f0 /mnt/f5'
	ct_mapped
	assert_eq "$output" $'0 0\n5 6'
	ct_delete "$first"
}

@test "mount idmap: idmap maps the mount, ridmap those below it too" {
	mount -t tmpfs none "$DATA"
	mkdir "$DATA/sub"
	mount -t tmpfs none "$DATA/sub"
	touch "$DATA/f0" "$DATA/sub/f0"
	bind_mapped
	config '.mounts[-1] += {options: ["rbind", "idmap"], uidMappings: [{containerID: 0, hostID: 7, size: 10}],
		gidMappings: [{containerID: 0, hostID: 8, size: 10}]}'
	sh_args 'stat -c "%u %g" /mnt/f0 /mnt/sub/f0'
	ct_run
	assert_eq "$output" $'7 8\n0 0' "idmap ($stderr)"
	config '.mounts[-1].options = ["rbind", "ridmap"]'
	ct_run
	assert_eq "$output" $'7 8\n7 8' "ridmap ($stderr)"
	umount "$DATA/sub" "$DATA"
}

@test "mount idmap: nothing that is mounted in the container reaches the host" {
	mount -t tmpfs none "$DATA"
	mount --make-shared "$DATA"
	mkdir "$DATA/sub"
	bind_mapped
	config '.mounts[-1] += {uidMappings: [{containerID: 0, hostID: 0, size: 10}],
		gidMappings: [{containerID: 0, hostID: 0, size: 10}]}'
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt/sub"}'
	sh_args 'grep -c " /mnt/sub " /proc/self/mountinfo'
	ct_run
	assert_eq "$output" 1 "in the container ($stderr)"
	run ! grep -F "$DATA/sub" /proc/self/mountinfo
	umount "$DATA"
}

@test "mount idmap: read-only too, and a source that is missing is named" {
	bind_mapped ro
	config '.mounts[-1] += {uidMappings: [{containerID: 0, hostID: 0, size: 10}],
		gidMappings: [{containerID: 0, hostID: 0, size: 10}]}'
	sh_args 'touch /mnt/new 2>&1; cat /mnt/f0'
	ct_mapped
	assert_match "$output" 'Read-only file system'
	config '.mounts[-1].source = "/nowhere"'
	ct_run
	refused 'mounts\[[0-9]+\].*/nowhere.*no such file'
}

@test "mount idmap: idmap without any map, without a user namespace, is a contradiction" {
	bind_mapped idmap
	ct_run
	refused 'mounts\[[0-9]+\]\.options: idmap needs uidMappings'
}

@test "mount idmap: maps that overlap are refused" {
	bind_mapped 'idmap=uids=0-0-10#5-20-10;gids=0-0-10'
	ct_run
	refused 'mounts\[[0-9]+\].*id map: invalid argument'
}
