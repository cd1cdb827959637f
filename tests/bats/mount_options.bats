#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mount options that crun has beside those of the specification, and maps of ids.

load helpers

setup() {
	test_setup
	SHARE=$BATS_TEST_TMPDIR/share
	mkdir "$SHARE"
	echo content >"$SHARE/file"
	ln -s file "$SHARE/link"
	ln -s missing "$SHARE/dangling"
}

need_extensions() {
	[[ $RUNTIME != runc ]] || { echo "runc has not got these options" && false; }
}

# A tmpfs of the container's own, whose ids are mapped: owner and group of its root.
mapped_tmpfs() {
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt", "options": ["mode=755"]}'
	config "$@"
	sh_args 'stat -c "%u %g" /mnt'
}

@test "mount options: src-nofollow binds the symlink itself" {
	requires extensions
	rootfs_may_change
	bind_add "$SHARE/link" /mnt/at src-nofollow
	sh_args 'readlink /mnt/at'
	ct_ok
	assert_eq "$output" file
	# Without it, what the link leads to.
	config '.mounts[-1].options -= ["src-nofollow"]'
	sh_args 'readlink /mnt/at; cat /mnt/at'
	ct_ok
	assert_eq "$output" content
}

@test "mount options: dest-nofollow covers the symlink itself" {
	requires extensions
	rootfs_may_change
	echo below >"$ROOTFS/var/target"
	ln -s /var/target "$ROOTFS/mnt/link"
	bind_add "$SHARE/file" /mnt/link dest-nofollow
	sh_args 'cat /var/target; awk "\$5 ~ /link|target/ { print \$5 }" /proc/self/mountinfo'
	ct_ok
	assert_eq "$output" $'below\n/mnt/link'
	config '.mounts[-1].options -= ["dest-nofollow"]'
	ct_ok
	assert_eq "$output" $'content\n/var/target'
}

@test "mount options: copy-symlink makes the symlink anew, one to nowhere too" {
	requires extensions
	rootfs_may_change
	bind_add "$SHARE/dangling" /mnt/new/link copy-symlink
	sh_args 'readlink /mnt/new/link; grep -c /mnt/new /proc/self/mountinfo'
	ct_run
	assert_eq "$output" $'missing\n0'
	# It is there already now, as it should be.
	ct_run
	assert_eq "$output" $'missing\n0'
	ln -sfn elsewhere "$ROOTFS/mnt/new/link"
	tree_forget
	ct_run
	refused 'mounts\[[0-9]+\].*exists'
}

@test "mount options: copy-symlink of what is none is a bind mount" {
	requires extensions
	rootfs_may_change
	bind_add "$SHARE/file" /mnt/copy copy-symlink
	sh_args 'cat /mnt/copy; grep -c /mnt/copy /proc/self/mountinfo'
	ct_ok
	assert_eq "$output" $'content\n1'
}

@test "mount options: idmap of a file system of the container's own" {
	requires subids lodger
	mapped_tmpfs '.mounts[-1].options += ["idmap=uids=@0-3-1#@1-8-5;gids=@0-4-10"]
		| if $root then .linux.namespaces += [{type: "user"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
			| .linux.gidMappings = .linux.uidMappings else . end' \
		--argjson root "$(is_root && echo true || echo false)"
	ct_ok
	assert_eq "$output" '3 4'
}

@test "mount options: uidMappings name ids of the host, which the container has under another number" {
	requires user subids lodger
	mapped_tmpfs '.mounts[-1] += {
		uidMappings: [{containerID: 0, hostID: $u, size: 10}],
		gidMappings: [{containerID: 0, hostID: $g, size: 10}]}' \
		--argjson u "$(id_map_json 0 /etc/subuid | jq '.[1].hostID + 5')" \
		--argjson g "$(id_map_json 0 /etc/subgid | jq '.[1].hostID + 6')"
	ct_ok
	assert_eq "$output" '6 7'
}

@test "mount options: a map to an id that the container has not is an error that names the mount" {
	requires user lodger
	mapped_tmpfs '.mounts[-1] += {uidMappings: [{containerID: 0, hostID: 0, size: 1}],
		gidMappings: [{containerID: 0, hostID: 0, size: 1}]}'
	ct_run
	refused 'mounts\[[0-9]+\]: id 0 .*does not exist'
}

@test "mount options: idmap of what belongs to the host is refused by the kernel, with the reason" {
	requires user lodger
	bind_add "$SHARE" /mnt idmap
	args true
	ct_run
	refused 'mounts\[[0-9]+\].*mapping its ids: operation not permitted'
	assert_match "$stderr" 'fix: .*owner of a file system'
	config '.mounts[-1].options = ["rbind", "ridmap=uids=@0-0-1;gids=@0-0-1"]'
	ct_run
	refused 'mounts\[[0-9]+\].*mapping its ids: operation not permitted'
}

@test "mount options: a file system of which the kernel maps no ids" {
	requires lodger
	config '(.mounts[] | select(.type == "proc")).options += ["idmap=uids=@0-0-1;gids=@0-0-1"]'
	args true
	ct_run
	refused 'mounts\[0\].*maps no ids of this file system'
}

@test "mount options: maps that are none" {
	requires lodger
	local option
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt"}'
	args true
	for option in idmap= idmap=uids=0-0-1 'idmap=uids=0-0-1;gids=0-0' 'idmap=uids=0-0-1;gids=0-0-0' \
		'idmap=uids=0-0-1;gids=x-0-1' 'idmap=uids=0-0-1;uids=0-0-1' 'idmap=uids=0-0-1;gids=0-0-1-1' \
		'ridmap=uids=0-0-1;gids=1-4294967290-10' 'idmap=uids=0-0-1;gids=0-0-1;x=1'; do
		config '.mounts[-1].options = [$o]' --arg o "$option"
		ct_run
		refused 'config\.json: mounts\[[0-9]+\]\.options: "r?idmap='
	done
	config '.mounts[-1] += {options: ["idmap=uids=@0-0-1;gids=@0-0-1"],
		uidMappings: [{containerID: 0, hostID: 0, size: 1}],
		gidMappings: [{containerID: 0, hostID: 0, size: 1}]}'
	ct_run
	refused 'both uidMappings and the option'
	config '.mounts[-1] |= {type: "bind", source: "/", destination, options: ["idmap", "copy-symlink"]}'
	ct_run
	refused 'copy-symlink and idmap'
}

@test "mount options: idmap in somebody's user namespace: a file system of its own, no other" {
	requires user subids lodger
	local filter='.mounts += [{type: "bind", source: $s, destination: "/mnt",
		options: ["bind", "idmap=uids=0-3-10;gids=0-4-10"]}]'
	mkdir "$BATS_TEST_TMPDIR/own"
	sh_args 'stat -c "%u %g" /mnt/f'
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/before"
	config "$filter" --arg s "$BATS_TEST_TMPDIR/own"
	run --separate-stderr unshare -Urm --map-auto bash -c '
		mount -t tmpfs none "$3" && touch "$3/f" && exec "$0" run --bundle "$1" "$2" 3>&-' \
		"$LODGER" "$BUNDLE" "$ID" "$BATS_TEST_TMPDIR/own"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$output" '3 4'
	cp "$BATS_TEST_TMPDIR/before" "$BUNDLE/config.json"
	config "$filter" --arg s "$SHARE"
	run --separate-stderr unshare -Urm --map-auto "$LODGER" run --bundle "$BUNDLE" "$ID" 3>&-
	refused 'mounts\[[0-9]+\].*mapping its ids: operation not permitted'
}
