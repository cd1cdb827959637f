#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The mounts of config.json: types, options, propagation, sources, mount points.

load helpers

setup() {
	test_setup
	SHARE=$BATS_TEST_TMPDIR/share
	mkdir "$SHARE"
	echo content >"$SHARE/file"
}

# The options of the mount at a path inside the container, by its own mountinfo.
inside_mount() {
	sh_args "awk '\$5 == \"$1\"' /proc/self/mountinfo | tail -1"
	tree_forget
	ct_ok
}

@test "mounts: the default ones" {
	sh_args 'awk "{print \$5, \$(NF-2)}" /proc/self/mountinfo'
	ct_ok
	assert_match "$output" '/proc proc'
	assert_match "$output" '/dev tmpfs'
	assert_match "$output" '/dev/pts devpts'
	assert_match "$output" '/dev/shm tmpfs'
	assert_match "$output" '/dev/mqueue mqueue'
	assert_match "$output" '/sys sysfs'
}

@test "mounts: /dev/shm keeps its mode 1777, /dev is 755" {
	sh_args 'stat -c %a /dev/shm /dev; stat -c %a /proc'
	ct_ok
	assert_eq "$output" $'1777\n755\n555'
}

@test "mounts: /proc is of the container's own pid namespace" {
	sh_args 'readlink /proc/self | grep -q "^[0-9]$" && echo own; read -r comm </proc/1/comm; echo "$comm"'
	ct_ok
	assert_eq "${lines[0]}" own
	assert_eq "${lines[1]}" sh
}

@test "mounts: /sys is read-only" {
	sh_args 'grep " /sys " /proc/self/mountinfo | tail -1 | cut -d" " -f6; mkdir /sys/fs/x 2>&1; touch /sys/x 2>&1'
	ct_run
	assert_match "${lines[0]}" '(^|,)ro(,|$)'
	assert_match "$output" 'Read-only file system|Operation not permitted|Permission denied'
}

@test "mounts: sysfs without a network namespace is bound read-only, with everything below it" {
	requires user
	ns_drop network
	sh_args 'ls -d /sys/class/net; tool rw-mounts /sys'
	ct_ok
	assert_eq "$output" /sys/class/net
}

@test "mounts: own network namespace shows its own devices in /sys" {
	jq -e '.linux.namespaces | map(.type) | index("network")' "$BUNDLE/config.json" ||
		skip "$RUNTIME spec --rootless has no network namespace"
	sh_args 'ls /sys/class/net'
	ct_ok
	assert_eq "$output" lo
}

@test "mounts: gid=5 of devpts is dropped where 5 is not mapped" {
	requires user
	config '.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}]' \
		--argjson u "$(id -u)" --argjson g "$(id -g)"
	[[ $RUNTIME == lodger ]] || config '.mounts |= map(.options |= (. // [] | map(select(. != "gid=5"))))'
	sh_args 'grep " /dev/pts " /proc/self/mountinfo'
	ct_ok
	assert_match "$output" devpts
	refute_match "$output" 'gid=5'
}

@test "mounts: gid=5 of devpts stays where 5 is mapped" {
	requires lodger subids
	inside_mount /dev/pts
	assert_match "$output" 'gid=[0-9]+'
}

@test "mounts: bind of a directory, writable" {
	bind_add "$SHARE" /mnt
	sh_args 'cat /mnt/file && echo new >/mnt/new'
	ct_ok
	assert_eq "$output" content
	assert_eq "$(<"$SHARE/new")" new
}

@test "mounts: bind of a file on a file" {
	bind_add "$SHARE/file" /etc/passwd
	sh_args 'cat /etc/passwd'
	ct_ok
	assert_eq "$output" content
}

@test "mounts: options alone, rbind or bind, make a bind mount" {
	mount_add "{\"source\": \"$SHARE\", \"destination\": \"/mnt\", \"options\": [\"rbind\"]}"
	sh_args 'cat /mnt/file'
	ct_ok
	assert_eq "$output" content
}

@test "mounts: a relative source is relative to the bundle" {
	mkdir "$BUNDLE/data"
	echo relative >"$BUNDLE/data/file"
	bind_add data /mnt
	sh_args 'cat /mnt/file'
	ct_ok
	assert_eq "$output" relative
}

@test "mounts: read-only bind" {
	bind_add "$SHARE" /mnt ro
	sh_args 'echo x >/mnt/file'
	ct_run
	[[ $status -ne 0 ]]
	assert_match "$stderr" 'Read-only'
	assert_eq "$(<"$SHARE/file")" content
}

@test "mounts: nosuid nodev noexec on a bind" {
	cp "$ROOTFS/bin/busybox" "$SHARE/busybox"
	bind_add "$SHARE" /mnt nosuid nodev noexec
	sh_args 'grep " /mnt " /proc/self/mountinfo | cut -d" " -f6; /mnt/busybox true'
	ct_run
	[[ $status -ne 0 ]]
	assert_match "$output" 'nosuid'
	assert_match "$output" 'nodev'
	assert_match "$output" 'noexec'
	assert_match "$stderr" 'Permission denied'
}

@test "mounts: access time options" {
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt", "options": ["noatime"]}'
	inside_mount /mnt
	assert_match "$output" noatime
	config '.mounts[-1].options = ["strictatime"]'
	inside_mount /mnt
	refute_match "$output" 'relatime|noatime'
	config '.mounts[-1].options = ["relatime", "nodiratime"]'
	inside_mount /mnt
	assert_match "$output" 'nodiratime,relatime|relatime,nodiratime'
}

@test "mounts: later options win" {
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt", "options": ["ro", "rw", "nosuid", "suid"]}'
	inside_mount /mnt
	assert_match "$output" ' /mnt rw,'
	refute_match "${output%% - *}" nosuid
}

@test "mounts: tmpfs with size, mode and owner" {
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt", "options": ["size=1024k", "mode=0711", "nr_inodes=50"]}'
	sh_args 'stat -c %a /mnt; df -k /mnt | tail -1 | awk "{print \$2}"'
	ct_ok
	assert_eq "$output" $'711\n1024'
}

@test "mounts: tmpfs takes the mode of a mount point that is there" {
	requires lodger
	chmod 1770 "$ROOTFS/mnt"
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt"}'
	sh_args 'stat -c %a /mnt'
	ct_ok
	assert_eq "$output" 1770
}

@test "mounts: mounts are made in the order of config.json" {
	mkdir "$SHARE/sub"
	bind_add "$SHARE" /mnt
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt/sub"}'
	sh_args 'echo x >/mnt/sub/inner && ls /mnt/sub'
	ct_ok
	assert_eq "$output" inner
	assert_eq "$(ls "$SHARE/sub")" ""
}

@test "mounts: a missing mount point is made, directory or file as the source is" {
	rootfs_may_change
	bind_add "$SHARE" /new/deep/dir
	bind_add "$SHARE/file" /new/deep/file
	sh_args 'cat /new/deep/dir/file /new/deep/file'
	ct_ok
	assert_eq "$output" $'content\ncontent'
	[[ -d $ROOTFS/new/deep/dir && -f $ROOTFS/new/deep/file ]]
}

@test "mounts: rbind takes the mounts below, bind does not" {
	requires user subids
	mkdir "$SHARE/sub"
	bind_add "$SHARE" /mnt rbind
	config '.mounts[-1].options = ["rbind"]'
	sh_args 'ls /mnt/sub'
	local inner='mount -t tmpfs none "$1/sub" && touch "$1/sub/below" && exec "$2" run --bundle "$3" "$4" 3>&-'
	[[ $RUNTIME == lodger ]] || skip "needs a runtime that runs inside a user namespace as it is"
	run --separate-stderr unshare -Urm --map-auto sh -c "$inner" - "$SHARE" "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$output" below
	config '.mounts[-1].options = ["bind"]'
	run --separate-stderr unshare -Urm --map-auto sh -c "$inner" - "$SHARE" "$LODGER" "$BUNDLE" "$ID"
	# Mounts that came from a more privileged namespace are locked together; these did not.
	assert_eq "$output" ""
}

@test "mounts: rro makes everything below read-only" {
	requires user subids lodger
	mkdir "$SHARE/sub"
	bind_add "$SHARE" /mnt rro
	config '.mounts[-1].options = ["rbind", "rro"]'
	sh_args 'touch /mnt/x; touch /mnt/sub/x'
	run unshare -Urm --map-auto sh -c \
		'mount -t tmpfs none "$1/sub" && exec "$2" run --bundle "$3" "$4" 3>&-' - "$SHARE" "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$(grep -c 'Read-only' <<<"$output")" 2
}

@test "mounts: flags that the source is locked with do not fail the bind" {
	requires lodger subids user
	# Inside a user namespace the ro,nosuid,nodev of the outer mount cannot be cleared.
	bind_add "$SHARE/locked" /mnt
	mkdir "$SHARE/locked"
	sh_args 'grep " /mnt " /proc/self/mountinfo | cut -d" " -f6'
	run --separate-stderr unshare -Urm --map-auto sh -c '
		mount -t tmpfs -o nosuid,nodev,noexec,ro none "$1/locked" &&
		exec unshare -Ur "$2" run --bundle "$3" "$4" 3>&-' - "$SHARE" "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	assert_match "$output" 'nosuid,nodev,noexec'
}

@test "mounts: propagation of a bind: private, slave, shared, and rprivate by default" {
	local p
	for p in private slave shared rprivate rslave rshared; do
		config '.mounts |= map(select(.destination != "/mnt"))'
		bind_add "$SHARE" /mnt "$p"
		inside_mount /mnt
		case $p in
			*private) refute_match "$output" 'shared:|master:' ;;
			*shared) assert_match "$output" 'shared:' ;;
			*slave) refute_match "$output" 'shared:' ;;
		esac
	done
}

@test "mounts: nothing mounted inside is seen outside" {
	bind_add "$SHARE" /mnt
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt/t"}'
	mkdir "$SHARE/t"
	args sleep 100
	ct_up
	run ! grep -F "$SHARE" /proc/self/mountinfo
	ct_delete
}

@test "mounts: rootfsPropagation" {
	local p
	for p in private slave shared unbindable; do
		config '.linux.rootfsPropagation = $p' --arg p "$p"
		inside_mount /
		case $p in
			private) refute_match "$output" 'shared:|master:|unbindable' ;;
			slave) refute_match "$output" 'shared:' ;;
			shared) assert_match "$output" 'shared:' ;;
			unbindable) assert_match "$output" 'unbindable' ;;
		esac
	done
}

@test "mounts: cgroup is there, read-only, or left out with the rest running" {
	sh_args 'tool rw-mounts /sys/fs/cgroup; echo ran'
	ct_ok
	assert_eq "$output" ran
}

@test "mounts: a source that does not exist is an error with its name" {
	bind_add "$SHARE/none" /mnt
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'share/none'
}

@test "mounts: an unknown type is an error with its name" {
	mount_add '{"type": "nosuchfs", "source": "x", "destination": "/mnt"}'
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'nosuchfs|/mnt'
}

@test "mounts: a directory cannot be bound on a file, nor a file on a directory" {
	bind_add "$SHARE" /etc/passwd
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" '/etc/passwd.*[Nn]ot a directory'
	config '.mounts |= .[:-1]'
	bind_add "$SHARE/file" /mnt
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'mnt.*[Nn]ot a directory'
}

@test "mounts: a destination with .. stays inside" {
	mkdir -p "$BATS_TEST_TMPDIR/outside"
	bind_add "$SHARE" '/../../../../../../../../mnt'
	sh_args 'cat /mnt/file'
	ct_run
	# Cleaned and resolved inside, or refused.
	[[ $output == content ]] || assert_eq "$status" 1
}

@test "mounts: a relative destination is relative to / or refused, as the specification has it" {
	bind_add "$SHARE" mnt
	sh_args 'cat /mnt/file'
	ct_run
	[[ $output == content ]] || assert_eq "$status" 1
}

@test "mounts: tmpcopyup keeps what is below" {
	requires lodger
	echo kept >"$ROOTFS/var/kept"
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/var", "options": ["tmpcopyup"]}'
	sh_args 'cat /var/kept; echo x >/var/new'
	ct_run
	[[ $status -eq 0 ]] || skip "tmpcopyup is an extension that this build has not: $stderr"
	assert_eq "$output" kept
	[[ ! -e $ROOTFS/var/new ]]
}

@test "mounts: a spaces, commas and UTF-8 path works" {
	mkdir "$SHARE/a b,c:d é"
	echo odd >"$SHARE/a b,c:d é/f"
	mkdir "$ROOTFS/mnt/x y,z"
	bind_add "$SHARE/a b,c:d é" "/mnt/x y,z"
	sh_args 'cat "/mnt/x y,z/f"'
	ct_ok
	assert_eq "$output" odd
}

@test "mounts: a hundred of them" {
	config '.mounts += [range(0; 100) | {type: "tmpfs", source: "tmpfs", destination: "/run/m\(.)", options: ["size=4k"]}]'
	mount_first
	sh_args 'grep -c " /run/m" /proc/self/mountinfo'
	ct_ok
	assert_eq "$output" 100
}

# The mount points above lie on a tmpfs, so that the root filesystem does not change.
mount_first() {
	config '.mounts |= (map(select(.destination | startswith("/run/m") | not))
		+ [{type: "tmpfs", source: "tmpfs", destination: "/run"}]
		+ map(select(.destination | startswith("/run/m"))))'
}

@test "mounts: a hundred of them with few descriptors allowed" {
	requires lodger
	config '.mounts += [range(0; 100) | {type: "bind", source: $s, destination: "/run/m\(.)", options: ["bind"]}]' \
		--arg s "$SHARE"
	mount_first
	sh_args 'grep -c " /run/m" /proc/self/mountinfo'
	ulimit -Sn 64
	ct_ok
	assert_eq "$output" 100
}
