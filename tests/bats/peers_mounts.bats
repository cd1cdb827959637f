#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What callers know from runc and crun of mounts.

load helpers

# The options of the container's mount at a path.
options() {
	awk -v at="$1" '$5 == at { print $6 }' <<<"$output" | tail -1
}

@test "peers: a read-only /dev has its devices, and its mounts stay writable" {
	config '(.mounts[] | select(.destination == "/dev").options) += ["ro"]'
	sh_args 'cat /proc/self/mountinfo; test -c /dev/null && test -L /dev/fd && touch /dev/shm/x && echo made
		touch /dev/x 2>&1'
	ct_run
	assert_match "$(options /dev)" '^ro,'
	assert_match "$(options /dev/pts)" '^rw,'
	assert_match "$output" made
	assert_match "$output" 'touch: /dev/x: Read-only file system'
}

@test "peers: a read-only /dev and a terminal" {
	config '.process.terminal = true | (.mounts[] | select(.destination == "/dev").options) += ["ro"]'
	sh_args 'test -t 0 && echo yes >/dev/console'
	lodger run --bundle "$BUNDLE" "$ID" </dev/null >"$OUT"
	assert_match "$(<"$OUT")" yes
}

@test "peers: mount points are made in a read-only tmpfs" {
	mkdir "$BATS_TEST_TMPDIR/share"
	echo content >"$BATS_TEST_TMPDIR/share/file"
	mount_add '{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}'
	bind_add "$BATS_TEST_TMPDIR/share" /mnt/below/dir
	sh_args 'cat /mnt/below/dir/file; touch /mnt/x 2>&1; touch /mnt/below/dir/x && echo written'
	ct_run
	assert_eq "$output" $'content\ntouch: /mnt/x: Read-only file system\nwritten'
}

@test "peers: of two read-only tmpfs on each other both are read-only" {
	mount_add '{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}'
	mount_add '{"destination": "/mnt/", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}'
	sh_args 'awk "\$5 == \"/mnt\" { print substr(\$6, 1, 3) }" /proc/self/mountinfo'
	ct_ok
	assert_eq "$output" $'ro,\nro,'
}

@test "peers: a tmpfs without mode= has the mode of what it covers" {
	mkdir -m 710 "$ROOTFS/covered"
	mount_add '{"destination": "/covered", "type": "tmpfs", "source": "tmpfs"}'
	mount_add '{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1500"]}'
	sh_args 'stat -c %a /covered /mnt'
	ct_ok
	assert_eq "$output" $'710\n1500'
}

@test "peers: a tmpfs without mode= whose mount point is new has mode 1777" {
	rootfs_may_change
	mount_add '{"destination": "/new", "type": "tmpfs", "source": "tmpfs"}'
	sh_args 'stat -c %a /new'
	ct_ok
	assert_eq "$output" 1777
}

# Procfs can be mounted by a user namespace that sees a whole one. The masks make the container's a
# partial one, and of the host's nothing may be left.
@test "peers: no procfs without masks can be mounted, with --no-pivot neither" {
	caps_add CAP_SYS_ADMIN CAP_SETFCAP
	sh_args 'unshare -mrpf sh -c "mount -t proc none /mnt && echo mounted"; unshare -mrn sh -c "mount -t sysfs none /mnt && echo mounted"; echo end'
	local flag
	for flag in '' --no-pivot; do
		# shellcheck disable=SC2086
		ct_ok $flag
		assert_match "$stderr" 'mount: .*(ermission denied|not permitted)'
		assert_eq "$output" end
	done
}

@test "peers: a mount at / is the root filesystem" {
	config '.mounts |= [{destination: "/", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}] + .'
	sh_args 'stat -f -c %T /; test -x /bin/busybox -a -d /proc/1 && touch /x 2>&1'
	ct_run
	assert_eq "$output" $'tmpfs\ntouch: /x: Read-only file system'
}

@test "peers: /dev/ptmx is that of the container's devpts, also where linux.devices has one" {
	config '.linux.devices = [{path: "/dev/ptmx", type: "c", major: 5, minor: 2, fileMode: 438, uid: 0, gid: 0}]'
	sh_args 'readlink /dev/ptmx; stat -L -c "%F %u" /dev/ptmx'
	ct_ok
	assert_eq "$output" $'pts/ptmx\ncharacter special file 0'
}

@test "peers: a source in the root filesystem has what is mounted there before it" {
	mkdir -p "$BATS_TEST_TMPDIR/share/sub"
	echo below >"$BATS_TEST_TMPDIR/share/sub/file"
	bind_add "$BATS_TEST_TMPDIR/share" /mnt
	bind_add "$ROOTFS/mnt/sub" /root
	bind_add "$ROOTFS/mnt" "$ROOTFS/var" rbind
	sh_args 'cat /root/file /var/sub/file'
	ct_ok
	assert_eq "$output" $'below\nbelow'
}

@test "peers: a source in the root filesystem does not follow a symlink of the image's out of it" {
	requires lodger
	mkdir "$BATS_TEST_TMPDIR/secret"
	echo secret >"$BATS_TEST_TMPDIR/secret/file"
	ln -s "$BATS_TEST_TMPDIR/secret" "$ROOTFS/leads-out"
	bind_add "$ROOTFS/leads-out" /mnt
	sh_args 'cat /mnt/file'
	ct_run
	assert_eq "$status" 1
	refute_match "$output" secret
}

@test "peers: devices of the host's that are bound are nosuid and noexec" {
	[[ $EUID -ne 0 ]] || skip 'root makes the nodes itself'
	sh_args 'cat /proc/self/mountinfo; : >/dev/null && head -c 1 /dev/zero | wc -c'
	ct_ok
	assert_match "$(options /dev/null)" 'nosuid.*noexec'
	assert_match "$output" $'\n1$'
}
