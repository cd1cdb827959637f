#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Root filesystems whose paths are symlinks to the host. CVE-2019-18837, 2023-27561, 2023-28642,
# 2025-24965, 2025-54867, 2026-41579, 2026-47766, 2026-88264, 2026-88265.

load security

# replaced PATH TARGET: PATH in the root becomes a symlink.
replaced() {
	rm -rf "${ROOTFS:?}/$1"
	mkdir -p "$(dirname "$ROOTFS/$1")"
	ln -s "$2" "$ROOTFS/$1"
}

dir_attack() {
	replaced "$DIR" "$1"
	sh_args 'echo inside'
	attack
}

@test "security: /dev is a symlink to the host" {
	DIR=dev
	each_link dir_attack
}

@test "security: /dev is a symlink to the host, and nothing is mounted on /dev" {
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	DIR=dev
	each_link dir_attack
}

@test "security: /proc is a symlink to the host" {
	DIR=proc
	each_link dir_attack
}

@test "security: /proc is a symlink to another directory of the root: no fake procfs is used" {
	mkdir -p "$ROOTFS/fake/self/attr" "$ROOTFS/fake/sys/kernel"
	echo fake >"$ROOTFS/fake/self/status"
	replaced proc /fake
	sh_args 'cat /proc/self/status | head -1'
	attack
	# Refused, or a procfs where the link leads to.
	[[ $status -ne 0 ]] || refute_match "$output" fake
}

@test "security: /sys is a symlink to the host" {
	DIR=sys
	each_link dir_attack
}

@test "security: /etc is a symlink to the host, with a mount below it" {
	echo config >"$BATS_TEST_TMPDIR/resolv"
	bind_add "$BATS_TEST_TMPDIR/resolv" /etc/resolv.conf
	DIR=etc
	each_link dir_attack
	[[ ! -e $VICTIM/resolv.conf ]]
}

@test "security: /dev/pts, /dev/shm, /dev/mqueue are symlinks to the host, /dev is the image's" {
	config '.mounts |= map(select(.destination != "/dev"))'
	local d
	for d in pts shm mqueue; do
		DIR=dev/$d
		each_link dir_attack
		rm "$ROOTFS/dev/$d"
		mkdir "$ROOTFS/dev/$d"
	done
}

file_attack() {
	replaced "$FILE" "$1/$LEAF"
	attack
}

@test "security: /dev/console is a symlink to the host" {
	config '.mounts |= map(select(.destination != "/dev"))'
	sh_args 'echo inside'
	FILE=dev/console
	for LEAF in file new; do
		each_link file_attack
	done
}

@test "security: /dev/console is a symlink to the host, with a terminal" {
	requires python
	config '.process.terminal = true | .mounts |= map(select(.destination != "/dev"))'
	sh_args 'echo to-console >/dev/console'
	local leaf
	for leaf in file new; do
		replaced dev/console "$VICTIM/$leaf"
		run python3 "$HERE/terminal.py" run -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
		((status < 10)) || fail "status $status: $output"
		victim_same
	done
}

@test "security: /dev/null is a symlink to the host, stdio is not opened or chowned there" {
	config '.mounts |= map(select(.destination != "/dev")) | .process.user = {uid: 0, gid: 0}'
	sh_args 'echo x >/dev/null'
	FILE=dev/null LEAF=null
	each_link file_attack
}

@test "security: /dev/null is a symlink to a bound host file: owner, mode and content stay" {
	config '.mounts |= map(select(.destination != "/dev"))'
	bind_add "$VICTIM" /mnt
	replaced dev/null /mnt/null
	# Masking must not bind the file, nor may the runtime open its stdio on it.
	sh_args 'true'
	run --separate-stderr lodger run --bundle "$BUNDLE" "$ID" </dev/null
	((status < 10)) || fail "status $status"
	victim_same
}

@test "security: /dev/ptmx and the links of /dev are symlinks to the host" {
	config '.mounts |= map(select(.destination != "/dev"))'
	sh_args 'echo inside'
	local l
	for l in ptmx fd stdin stdout stderr core; do
		FILE=dev/$l LEAF=ptmx
		each_link file_attack
	done
}

@test "security: mount points that are symlinks to the host: directory and file" {
	mkdir "$BATS_TEST_TMPDIR/data"
	echo data >"$BATS_TEST_TMPDIR/data/file"
	bind_add "$BATS_TEST_TMPDIR/data" /volume
	bind_add "$BATS_TEST_TMPDIR/data/file" /volume-file
	sh_args 'echo written >/volume/new 2>/dev/null; echo inside'
	mount_links() {
		replaced volume "$1/sub"
		replaced volume-file "$1/file"
		attack
	}
	each_link mount_links
}

@test "security: a missing mount point below a symlink to the host makes nothing there" {
	mkdir "$BATS_TEST_TMPDIR/data"
	bind_add "$BATS_TEST_TMPDIR/data" /volume/a/b/c
	sh_args 'echo inside'
	DIR=volume
	each_link dir_attack
}

@test "security: a dangling symlink as mount point, and a loop of symlinks" {
	mkdir "$BATS_TEST_TMPDIR/data"
	bind_add "$BATS_TEST_TMPDIR/data" /volume
	sh_args 'echo inside'
	replaced volume "$VICTIM/none/none"
	attack
	replaced volume volume
	attack
}

@test "security: a device of config.json below a symlink to the host" {
	requires tun
	config '.linux.devices = [{path: "/devices/deep/tun", type: "c", major: 10, minor: 200}]'
	sh_args 'echo inside'
	DIR=devices
	each_link dir_attack
}

@test "security: a device path that is a symlink to the host" {
	requires tun
	config '.linux.devices = [{path: "/devices/tun", type: "c", major: 10, minor: 200}]'
	sh_args 'echo inside'
	FILE=devices/tun
	for LEAF in file new; do
		each_link file_attack
	done
}

@test "security: masked and read-only paths that are symlinks to the host" {
	replaced masked "$VICTIM/sub"
	replaced masked-file "$VICTIM/file"
	replaced ro "$VICTIM/sub"
	config '.linux.maskedPaths += ["/masked", "/masked-file"] | .linux.readonlyPaths += ["/ro"]'
	sh_args 'echo inside'
	attack
	echo still >>"$VICTIM/file"
}

@test "security: a cwd that is a symlink to the host makes nothing there and leads nowhere" {
	config '.process.cwd = "/start/new/dir"'
	sh_args 'pwd -P; ls file 2>/dev/null; true'
	DIR=start
	cwd_attack() {
		replaced start "$1"
		attack
		refute_match "$output" '(^|\n)file'
	}
	each_link cwd_attack
}

@test "security: root.path itself may not be left by its own '..'" {
	sh_args 'cd /; cd ../../../../..; ls; ls -d /../../../../bin'
	attack
	refute_match "$output" victim
}

@test "security: an executable that is a symlink to the host's is not the host's" {
	mkdir "$VICTIM.prog"
	printf '#!/bin/sh\necho host program\n' >"$VICTIM.prog/p"
	chmod 755 "$VICTIM.prog/p"
	ln -s "$VICTIM.prog/p" "$ROOTFS/bin/p"
	args p
	ct_run
	refute_match "$output" 'host program'
	assert_eq "$status" 1
}

@test "security: the runtime runs nothing of the image: helpers are the host's" {
	local tool
	for tool in newuidmap newgidmap lodger-init getent ldconfig ld.so.preload; do
		printf '#!/bin/sh\ntouch /ran-%s\n' "$tool" >"$ROOTFS/bin/$tool"
		chmod 755 "$ROOTFS/bin/$tool"
	done
	echo /bin/evil.so >"$ROOTFS/etc/ld.so.preload"
	config '.root.readonly = false'
	args true
	ct_ok
	assert_eq "$(find "$ROOTFS" -maxdepth 1 -name 'ran-*')" ""
}

@test "security: a numeric user is a number, whatever passwd says" {
	requires subids
	printf '1000:x:0:0:root:/:/bin/sh\nroot:x:0:0::/:/bin/sh\n' >"$BATS_TEST_TMPDIR/passwd"
	rm "$ROOTFS/etc/passwd" && cp "$BATS_TEST_TMPDIR/passwd" "$ROOTFS/etc/passwd"
	config '.process.user = {uid: 1000, gid: 1000}'
	sh_args 'grep -E "^(Uid|Gid)" /proc/self/status | xargs'
	ct_ok
	assert_eq "$output" 'Uid: 1000 1000 1000 1000 Gid: 1000 1000 1000 1000'
}

@test "security: passwd of the image as FIFO, device link or huge file does not hang the runtime" {
	config '.process.env = ["PATH=/bin"]'
	sh_args 'echo inside'
	# A runtime that reads it all must not take the machine with it; sanitizers want address space.
	[[ -n ${LODGER_TEST_SANITIZED:-} ]] || ulimit -v 2000000
	rm "$ROOTFS/etc/passwd"
	mkfifo "$ROOTFS/etc/passwd"
	attack
	rm "$ROOTFS/etc/passwd"
	ln -s /dev/zero "$ROOTFS/etc/passwd"
	attack
	rm "$ROOTFS/etc/passwd"
	truncate -s 4G "$ROOTFS/etc/passwd"
	attack
}
