#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec into containers that want more than they have: what comes in must not be opened, traced or
# led astray on its way. CVE-2016-9962, CVE-2019-5736, CVE-2019-16884, CVE-2024-21626.

load security

up() {
	config '.root.readonly = false'
	ct_up
}

# enter WORD...: exec with a limit in time; it may fail, never hang, never touch the host.
enter() {
	run --separate-stderr lodger exec "$ID" "$@" </dev/null
	printf '[stdout]\n%s\n[stderr]\n%s\n' "$output" "${stderr:-}" >>"$TRACE"
	[[ $status -ne 124 ]] || fail "exec hangs"
}

@test "security: exec: no process of the container can trace what comes in or list its descriptors" {
	requires lodger
	config '.process.capabilities = {bounding: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL"],
		permitted: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL"],
		effective: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL"]}'
	args tool spy 4000
	up
	local pid i
	pid=$(ct_pid)
	for i in {1..60}; do
		[[ -d /proc/$pid ]] || break
		lodger exec "$ID" true </dev/null >/dev/null 2>&1 || :
	done
	ct_wait_stopped
	# It must have had its chance.
	assert_match "$(<"$OUT")" 'saw init, nothing got'
}

@test "security: exec: no process of the container can reopen lodger-init to overwrite it" {
	requires lodger
	OWN=$BATS_TEST_TMPDIR/own
	mkdir "$OWN"
	cp "$LODGER" "$(dirname "$LODGER")"/lodger-* "$OWN/"
	chmod 755 "$OWN"/*
	LODGER=$OWN/lodger
	sha256sum "$OWN"/* >"$BATS_TEST_TMPDIR/sums"
	sh_args 'exec tool hunt overwritten'
	up
	local i
	for i in {1..40}; do
		lodger exec "$ID" true </dev/null >>"$BATS_TEST_TMPDIR/log" 2>&1 || echo failed >>"$BATS_TEST_TMPDIR/log"
	done
	lodger kill "$ID" TERM
	ct_wait_stopped
	refute_match "$(<"$OUT")" overwrote
	# The attack must have had its chance.
	assert_eq "$(sort -u "$BATS_TEST_TMPDIR/log")" "" "what the execs said"
	assert_match "$(<"$OUT")" 'never overwritten'
	sha256sum -c --quiet "$BATS_TEST_TMPDIR/sums"
}

@test "security: exec: a program that is #!/proc/self/exe, or a link to it" {
	printf '#!/proc/self/exe\n' >"$ROOTFS/bin/entry"
	chmod 755 "$ROOTFS/bin/entry"
	ln -s /proc/self/exe "$ROOTFS/bin/exelink"
	args sleep 100
	up
	enter /bin/entry
	refute_match "$output" ociVersion
	enter /bin/exelink spec
	refute_match "$output" ociVersion
	victim_same
}

@test "security: exec: a working directory by a descriptor of the runtime" {
	args sleep 100
	up
	local n
	for n in {3..20}; do
		run --separate-stderr lodger exec --cwd "/proc/self/fd/$n" "$ID" pwd </dev/null
		assert_eq "$status" 255 "cwd of descriptor $n: $output"
		assert_eq "$output" ""
	done
	# And by a symlink of the image.
	ln -s /proc/self/fd/7 "$ROOTFS/seven"
	run --separate-stderr lodger exec --cwd /seven "$ID" pwd </dev/null
	[[ $status -ne 0 ]]
	ln -s "../../../../../../../..$VICTIM" "$ROOTFS/climb"
	run --separate-stderr lodger exec --cwd /climb "$ID" pwd </dev/null
	[[ $status -ne 0 ]]
	victim_same
}

@test "security: exec: /proc of the container is not asked: covered, empty or forged" {
	# The label, the score and the groups of what comes in are the kernel's to take, not the image's.
	mkdir -p "$ROOTFS/forged/self/attr" "$ROOTFS/forged/self/ns"
	echo deny >"$ROOTFS/forged/self/setgroups"
	echo 1 >"$ROOTFS/forged/self/oom_score_adj"
	config '.mounts |= map(select(.destination != "/proc"))'
	bind_add "$ROOTFS/forged" /proc rw
	args sleep 100
	up
	echo '{"cwd": "/", "args": ["/bin/true"], "oomScoreAdj": 900, "user": {"uid": 0, "gid": 0}}' >"$BATS_TEST_TMPDIR/p.json"
	run --separate-stderr lodger exec --process "$BATS_TEST_TMPDIR/p.json" "$ID" </dev/null
	assert_eq "$status" 0 "$stderr"
	assert_eq "$(<"$ROOTFS/forged/self/oom_score_adj")" 1
}

@test "security: exec: a /dev/pts that is no devpts gives no terminal" {
	config '.mounts |= map(select(.destination != "/dev/pts"))'
	config '.mounts += [{type: "tmpfs", source: "tmpfs", destination: "/dev/pts", options: ["mode=755"]}]'
	sh_args 'echo precious >/dev/pts/ptmx; ln -s / /dev/pts/x; exec sleep 100'
	up
	run --separate-stderr lodger exec -t "$ID" true </dev/null
	assert_eq "$status" 255
	assert_match "$stderr" 'no devpts at /dev/pts'
}

@test "security: exec: a /dev/pts that is a symlink out of the root" {
	sh_args 'exec sleep 100'
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	rm -rf "${ROOTFS:?}/dev"
	mkdir "$ROOTFS/dev"
	up
	rm -rf "${ROOTFS:?}/dev/pts"
	ln -sf /proc/1/root/dev/pts "$ROOTFS/dev/pts" 2>/dev/null || skip "the runtime has mounted something on /dev"
	run --separate-stderr lodger exec -t "$ID" true </dev/null
	assert_eq "$status" 255
	victim_same
}

@test "security: exec: a container whose first process has changed its namespaces" {
	# What it made is its own: exec follows it there, or is refused, and stays inside.
	sh_args 'exec unshare -m -u sh -c "hostname changed; exec sleep 100"'
	caps_add CAP_SYS_ADMIN
	up
	poll 5 eval '[[ $(lodger exec "$ID" hostname </dev/null 2>/dev/null) == changed ]]'
	enter sh -c 'readlink /proc/1/root; ls /'
	refute_match "$output" 'home'
	victim_same
}

@test "security: exec: HOME is looked up as data: /etc/passwd is a FIFO, a device or endless" {
	args sleep 100
	up
	rm "$ROOTFS/etc/passwd"
	mkfifo "$ROOTFS/etc/passwd"
	enter sh -c 'echo "$HOME"'
	assert_eq "$output" /
	rm "$ROOTFS/etc/passwd"
	ln -s /dev/zero "$ROOTFS/etc/passwd"
	enter sh -c 'echo "$HOME"'
	assert_eq "$output" /
}

@test "security: exec: the image's PATH directories are not those of the host" {
	args sleep 100
	up
	echo '{"cwd": "/tmp", "args": ["only-here"], "env": ["PATH=/proc/self/fd/5:/proc/self/cwd:/bin"]}' >"$BATS_TEST_TMPDIR/p.json"
	run --separate-stderr lodger exec --process "$BATS_TEST_TMPDIR/p.json" "$ID" </dev/null
	assert_eq "$status" 255
	assert_match "$stderr" 'not found in \$PATH'
}
