#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The root filesystem: pivot_root, masked and read-only paths, devices, links of /dev, read-only root.

load helpers

@test "rootfs: the container sees its root and nothing of the host's" {
	sh_args 'ls /; cat /proc/self/mountinfo | cut -d" " -f5'
	ct_ok
	refute_match "$output" "$BATS_TEST_TMPDIR"
	refute_match "$output" 'boot|lost\+found|old'
	# The first mount is the root, and it is alone at /.
	assert_eq "$(grep -cx / <<<"$output")" 1
}

@test "rootfs: the old root is gone after pivot_root" {
	sh_args 'cd ..; cd ../../..; ls -d bin; ls -d /proc/1/root/bin'
	ct_ok
	assert_eq "$output" $'bin\n/proc/1/root/bin'
}

@test "rootfs: --no-pivot" {
	sh_args 'ls -d /bin/sh; cd ../../../..; pwd; ls /etc'
	ct_ok --no-pivot
	assert_match "$output" '/bin/sh'
	assert_match "$output" 'passwd'
	refute_match "$output" 'debian_version'
}

@test "rootfs: --no-pivot with create and start" {
	sh_args 'cat /etc/group | head -1'
	ct_create --no-pivot
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" 'root:x:0:'
	ct_delete
}

@test "rootfs: the host's mounts are not visible with --no-pivot" {
	requires lodger
	sh_args 'cat /proc/self/mountinfo | cut -d" " -f5'
	ct_ok --no-pivot
	refute_match "$output" "$BATS_TEST_TMPDIR"
}

@test "rootfs: an absolute root.path" {
	config '.root.path = $p' --arg p "$ROOTFS"
	sh_args 'echo ok'
	ct_ok
	assert_eq "$output" ok
}

@test "rootfs: a root.path through a symlink" {
	ln -s rootfs "$BUNDLE/link"
	config '.root.path = "link"'
	sh_args 'echo ok'
	ct_run
	# runc refuses it; whoever takes it must end up in the right place.
	[[ $output == ok ]] || assert_eq "$status" 1 "status ($output $stderr)"
}

@test "rootfs: a root.path that is a file is refused" {
	config '.root.path = "rootfs/etc/passwd"'
	ct_try_create
	refused 'etc/passwd|[Nn]ot a directory'
}

@test "rootfs: root.readonly" {
	config '.root.readonly = true'
	sh_args 'touch /x /etc/x /tmp/x; echo y >/etc/passwd'
	ct_run
	assert_eq "$(grep -c 'Read-only' <<<"$stderr")" 4
}

@test "rootfs: root.readonly leaves the mounts below writable" {
	config '.root.readonly = true'
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/tmp"}'
	sh_args 'touch /tmp/x /dev/shm/x && echo both'
	ct_ok
	assert_eq "$output" both
}

@test "rootfs: a writable root is written" {
	rootfs_may_change
	config '.root.readonly = false'
	sh_args 'echo text >/etc/new'
	ct_ok
	assert_eq "$(<"$ROOTFS/etc/new")" text
}

@test "rootfs: masked files read as empty, masked directories are empty and read-only" {
	mkdir "$ROOTFS/etc/secret.d"
	echo secret >"$ROOTFS/etc/secret.d/file"
	echo secret >"$ROOTFS/etc/secret"
	config '.linux.maskedPaths += ["/etc/secret", "/etc/secret.d", "/etc/no-such-path"] | .root.readonly = false'
	sh_args 'cat /etc/secret; ls -A /etc/secret.d; touch /etc/secret.d/x'
	ct_run
	assert_eq "$output" ""
	assert_match "$stderr" 'Read-only'
	assert_eq "$(<"$ROOTFS/etc/secret")" secret
}

@test "rootfs: the default masked paths of /proc" {
	sh_args 'for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug; do
			[ ! -e $f ] || wc -c <$f; done; ls -A /proc/acpi /proc/scsi /sys/firmware 2>/dev/null | grep -v : | grep .'
	ct_run
	refute_match "$output" '[1-9]'
	refute_match "$output" '[a-z]'
}

@test "rootfs: read-only paths" {
	config '.linux.readonlyPaths += ["/etc", "/no-such-path"] | .root.readonly = false'
	sh_args 'touch /etc/x; echo 1 >/proc/sys/kernel/domainname; touch /root/ok && rm /root/ok && echo rest'
	ct_run
	assert_eq "$output" rest
	assert_match "$stderr" "/etc/x.*Read-only"
	assert_match "$stderr" "domainname.*Read-only"
}

@test "rootfs: the default devices are there and work" {
	sh_args '
		for d in null zero full random urandom tty; do
			[ -c /dev/$d ] || echo "no /dev/$d"
		done
		stat -c "%t:%T" /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty
		echo x >/dev/null && cat /dev/null
		head -c 3 /dev/zero | od -An -tx1
		echo x >/dev/full || echo full
		head -c 8 /dev/urandom | wc -c'
	ct_run
	assert_match "$output" $'^1:3\n1:5\n1:7\n1:8\n1:9\n5:0\n'
	assert_match "$output" '00 00 00'
	assert_match "$output" full
	assert_match "$output" $'\n8$'
	refute_match "$output" 'no /dev'
}

@test "rootfs: modes of the default devices are 666" {
	sh_args 'stat -c %a /dev/null /dev/zero /dev/full /dev/random /dev/urandom | sort -u'
	ct_ok
	assert_eq "$output" 666
}

@test "rootfs: links of /dev" {
	sh_args 'for l in fd stdin stdout stderr ptmx core; do readlink /dev/$l || echo "$l: none"; done'
	ct_ok
	assert_match "$output" $'^/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n'
	assert_match "$output" $'\n(/dev/)?pts/ptmx'
}

@test "rootfs: /dev/console only with a terminal" {
	requires lodger
	sh_args '[ -e /dev/console ] && echo console || echo none'
	ct_ok
	assert_eq "$output" none
}

@test "rootfs: a device of config.json, bound from the host for an unprivileged user" {
	requires tun
	config '.linux.devices = [{path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 438}]'
	sh_args 'stat -c "%F %t:%T" /dev/net/tun'
	ct_ok
	assert_eq "$output" 'character special file a:c8'
}

@test "rootfs: a device that the host has not is an error that names it" {
	requires user
	config '.linux.devices = [{path: "/dev/no-such-device", type: "c", major: 239, minor: 77}]'
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'no-such-device'
}

@test "rootfs: a host node with another number than config.json says is not bound" {
	requires user lodger
	config '.linux.devices = [{path: "/dev/full", type: "c", major: 1, minor: 5}]'
	sh_args 'stat -c %t:%T /dev/full'
	ct_run
	[[ $output == 1:5 ]] || assert_eq "$status" 1 "status ($output)"
}

@test "rootfs: a fifo among the devices" {
	requires lodger
	config '.linux.devices = [{path: "/dev/pipe", type: "p", fileMode: 384}]'
	sh_args 'stat -c "%F %a" /dev/pipe'
	ct_ok
	assert_eq "$output" 'fifo 600'
}

@test "rootfs: a root filesystem without any mount point gets them" {
	rootfs_may_change
	rmdir "$ROOTFS"/{dev,proc,sys}
	sh_args 'ls -d /dev/null /proc/1 /sys/fs'
	ct_ok
}

@test "rootfs: works below a directory with mode 0700 of the caller" {
	requires user subids
	chmod 700 "$BATS_TEST_TMPDIR"
	sh_args 'echo ok'
	ct_ok
	chmod 755 "$BATS_TEST_TMPDIR"
	assert_eq "$output" ok
}

@test "rootfs: works when the bundle is read by an id that is not the caller's inside" {
	requires user subids
	chmod 700 "$BUNDLE"
	config '.process.user = {uid: 1000, gid: 1000}'
	sh_args 'id -u'
	ct_ok
	chmod 755 "$BUNDLE"
	assert_eq "$output" 1000
}
