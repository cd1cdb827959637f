#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Tricks with /proc, /sys and what the runtime writes there. CVE-2015-3630, 2019-16884, 2019-19921,
# 2022-0811, 2023-25809, 2025-31133, 2025-52881, 2026-115521.

load security

@test "security: writes to /proc/sys and sysrq-trigger fail for container root" {
	sh_args 'echo x >/proc/sys/kernel/core_pattern; echo 1 >/proc/sys/vm/drop_caches
		[ -e /proc/sysrq-trigger ] && echo h >/proc/sysrq-trigger || echo Read-only >&2; true'
	local before
	before=$(</proc/sys/kernel/core_pattern)
	attack
	assert_eq "$(grep -cE 'Read-only|denied|not permitted' <<<"$stderr")" 3 "refusals ($stderr)"
	assert_eq "$(</proc/sys/kernel/core_pattern)" "$before"
}

@test "security: mounts over /proc and below it are refused, or hide nothing that the runtime uses" {
	mkdir -p "$BATS_TEST_TMPDIR/fake/self/attr" "$BATS_TEST_TMPDIR/fake/sys/kernel"
	echo fake >"$BATS_TEST_TMPDIR/fake/self/attr/exec"
	bind_add "$BATS_TEST_TMPDIR/fake" /proc
	sh_args 'echo inside'
	attack
	assert_eq "$(<"$BATS_TEST_TMPDIR/fake/self/attr/exec")" fake
}

@test "security: a volume over /proc/sys does not take the sysctls" {
	mkdir -p "$BATS_TEST_TMPDIR/fake/kernel"
	echo 0 >"$BATS_TEST_TMPDIR/fake/kernel/msgmax"
	bind_add "$BATS_TEST_TMPDIR/fake" /proc/sys
	config '.linux.sysctl = {"kernel.msgmax": "4242"}'
	sh_args 'true'
	attack
	assert_eq "$(<"$BATS_TEST_TMPDIR/fake/kernel/msgmax")" 0 "the volume's file"
}

@test "security: a volume with symlinks over /proc/self does not take them either" {
	mkdir -p "$BATS_TEST_TMPDIR/fake"
	ln -s "$VICTIM/file" "$BATS_TEST_TMPDIR/fake/msgmax"
	bind_add "$BATS_TEST_TMPDIR/fake" /proc/sys/kernel
	config '.linux.sysctl = {"kernel.msgmax": "4242"}'
	sh_args 'true'
	attack
}

@test "security: names of sysctls that climb are refused" {
	local name before
	before=$(</proc/sys/kernel/core_pattern)
	for name in 'net/../kernel/core_pattern' 'net..kernel.core_pattern' 'kernel/core_pattern' \
		'net.ipv4/../../kernel/core_pattern' $'kernel.msgmax\nkernel.core_pattern' '../../etc/passwd' \
		'kernel.msgmax+kernel.core_pattern'; do
		config '.linux.sysctl = {($n): "|/bin/evil"}' --arg n "$name"
		args true
		ct_run
		assert_eq "$status" 1 "status for sysctl $name"
		assert_eq "$(</proc/sys/kernel/core_pattern)" "$before"
	done
}

@test "security: /dev/null as symlink to a file of /proc does not uncover masked paths" {
	config '.mounts |= map(select(.destination != "/dev"))'
	rm -rf "${ROOTFS:?}/dev"
	mkdir "$ROOTFS/dev"
	ln -s /proc/sys/kernel/core_pattern "$ROOTFS/dev/null"
	sh_args '[ ! -e /proc/keys ] || wc -c </proc/keys; [ ! -e /proc/kcore ] || wc -c </proc/kcore; echo x >/proc/keys'
	local before
	before=$(</proc/sys/kernel/core_pattern)
	attack
	refute_match "$output" '[1-9]'
	assert_eq "$(</proc/sys/kernel/core_pattern)" "$before"
}

@test "security: /dev/null as a regular file with content does not become the mask" {
	config '.mounts |= map(select(.destination != "/dev"))'
	rm -rf "${ROOTFS:?}/dev"
	mkdir "$ROOTFS/dev"
	echo "shown instead" >"$ROOTFS/dev/null"
	mkdir -p "$ROOTFS/etc"
	echo secret >"$ROOTFS/etc/secret"
	config '.linux.maskedPaths += ["/etc/secret"]'
	sh_args 'cat /etc/secret'
	attack
	refute_match "$output" 'secret|shown'
}

@test "security: /proc and /sys of the image with content do not stay visible" {
	echo "image's" >"$ROOTFS/proc/version"
	mkdir -p "$ROOTFS/sys/kernel"
	echo "image's" >"$ROOTFS/sys/kernel/fake"
	sh_args 'cat /proc/version /sys/kernel/fake'
	attack
	refute_match "$output" "image's"
}

@test "security: read-only root: an image that has /proc/self/fd of its own stays read-only" {
	config '.root.readonly = true | .mounts |= map(select(.destination != "/proc"))
		| del(.linux.maskedPaths, .linux.readonlyPaths)'
	local n
	mkdir -p "$ROOTFS/proc/self/fd" "$ROOTFS/proc/thread-self/fd" "$ROOTFS/decoy"
	for n in {0..40}; do
		ln -s /decoy "$ROOTFS/proc/self/fd/$n"
		ln -s /decoy "$ROOTFS/proc/thread-self/fd/$n"
	done
	sh_args 'touch /etc/written && echo writable'
	attack
	refute_match "$output" writable
	[[ ! -e $ROOTFS/etc/written ]]
}

@test "security: read-only binds are read-only, with the same trick" {
	config '.mounts |= map(select(.destination != "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
	local n
	mkdir -p "$ROOTFS/proc/self/fd" "$ROOTFS/decoy"
	for n in {0..40}; do
		ln -s /decoy "$ROOTFS/proc/self/fd/$n"
	done
	bind_add "$VICTIM" /mnt ro
	sh_args 'touch /mnt/written && echo writable'
	attack
	refute_match "$output" writable
}

@test "security: every mount that config.json wants read-only is" {
	config '.root.readonly = true'
	mkdir "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	bind_add "$BATS_TEST_TMPDIR/a" /mnt ro
	bind_add "$BATS_TEST_TMPDIR/b" /var ro
	config '.mounts[-1].options = ["rbind", "ro"]'
	sh_args 'tool rw-mounts /mnt; tool rw-mounts /var; tool rw-mounts /sys; for d in / /mnt /var /sys /proc/sys; do touch $d/x 2>/dev/null && echo "writable $d"; done; true'
	attack
	assert_eq "$output" ""
}

@test "security: the cgroup files of the host cannot be written, without a cgroup namespace" {
	ns_drop cgroup
	sh_args 'for f in $(find /sys/fs/cgroup -maxdepth 3 -name cgroup.procs 2>/dev/null); do
			(echo 1 >$f) 2>/dev/null && echo "wrote $f"
		done; mkdir /sys/fs/cgroup/x 2>/dev/null && echo made; true'
	attack
	assert_eq "$output" ""
}

@test "security: nor where sysfs can only be bound from the host" {
	ns_drop cgroup network
	config '.mounts |= map(select(.destination | startswith("/sys") | not))
		+ [{type: "sysfs", source: "sysfs", destination: "/sys", options: ["nosuid", "noexec", "nodev", "ro"]}]'
	sh_args 'tool rw-mounts /sys; for f in $(find /sys/fs/cgroup -maxdepth 3 -name cgroup.procs 2>/dev/null); do
			(echo 1 >$f) 2>/dev/null && echo "wrote $f"
		done; true'
	attack
	assert_eq "$output" ""
}

@test "security: kernel secrets are masked" {
	sh_args 'for f in /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list; do [ ! -e $f ] || wc -c <$f; done; ls -A /proc/scsi /sys/firmware 2>/dev/null | grep -v : | grep .'
	ct_run
	refute_match "$output" '[1-9a-z]'
}

@test "security: PID 1 is not the runtime's and /proc/1 shows nothing of the host" {
	# Its descriptors 1 and 2 are files of this test.
	sh_args 'ls -l /proc/1/cwd /proc/1/root /proc/1/exe; tr "\0" "\n" </proc/1/environ; cat /proc/1/maps | head -1'
	attack
	refute_match "$output" "$BATS_TEST_TMPDIR|lodger"
}
