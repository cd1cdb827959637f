#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Descriptors and capabilities that leak, and directories reached through them. CVE-2016-9962,
# 2020-15257, 2022-24769 and its kin, 2024-21626.

load security

@test "security: cwd=/proc/self/fd/N leads nowhere, for every N" {
	local n
	sh_args 'pwd -P 2>/dev/null; ls -d ../../../../../../..'"$VICTIM"' ../../../../../../../..'"$VICTIM"' 2>/dev/null; cat "'"$VICTIM"'/file" 2>/dev/null; true'
	for n in {3..20}; do
		config '.process.cwd = $c' --arg c "/proc/self/fd/$n"
		# The caller too has a directory of the host open, as engines have.
		run --separate-stderr "$TOOL" with-fds 8 "$VICTIM" timeout 20 "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
		((status < 10)) || fail "fd $n: status $status: $output"
		refute_match "$output" 'precious|victim'
	done
	victim_same
}

@test "security: a symlink of the image to /proc/self/fd/N as cwd leads nowhere" {
	local n
	sh_args 'cat ./file ../victim/file 2>/dev/null; true'
	config '.process.cwd = "/entry"'
	for n in {3..16}; do
		rm -rf "$ROOTFS/entry"
		ln -s "/proc/self/fd/$n" "$ROOTFS/entry"
		run --separate-stderr "$TOOL" with-fds 8 "$VICTIM" timeout 20 "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
		((status < 10)) || fail "fd $n: status $status: $output"
		refute_match "$output" precious
	done
	victim_same
}

@test "security: a mount destination through /proc/self/fd leads nowhere" {
	mkdir "$BATS_TEST_TMPDIR/data"
	bind_add "$BATS_TEST_TMPDIR/data" /entry
	sh_args 'touch /entry/new 2>/dev/null; true'
	local n
	for n in {3..12}; do
		rm -rf "$ROOTFS/entry"
		ln -s "/proc/self/fd/$n" "$ROOTFS/entry"
		run --separate-stderr "$TOOL" with-fds 8 "$VICTIM" timeout 20 "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
		((status < 10)) || fail "fd $n: status $status: $output"
		victim_same
	done
}

@test "security: --preserve-fds gives what it says, a directory is the caller's own will" {
	args tool fds
	run --separate-stderr "$TOOL" with-fds 8 "$VICTIM" "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	refute_match "$output" victim
	assert_eq "$(grep -c . <<<"$output")" 3 "descriptors"
}

@test "security: the payload finds no descriptor of the runtime, as PID 1 and as its child" {
	args tool fds
	attack
	assert_eq "$(cut -d" " -f1 <<<"$output" | xargs)" '0 1 2' "descriptors ($output)"
	sh_args 'tool fds; true'
	attack
	assert_eq "$(cut -d" " -f1 <<<"$output" | xargs)" '0 1 2' "descriptors ($output)"
}

@test "security: the inheritable set is empty" {
	sh_args 'grep -E "^Cap(Inh|Amb)" /proc/self/status | cut -f2 | sort -u'
	ct_ok
	assert_eq "$output" 0000000000000000
}

@test "security: the inheritable set of the caller is not handed on" {
	requires root
	sh_args 'grep -E "^CapInh" /proc/self/status | cut -f2'
	run --separate-stderr setpriv --inh-caps=+sys_admin,+net_raw "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	assert_eq "$output" 0000000000000000
}

@test "security: a capability outside the bounding set cannot be had by a file capability or setuid" {
	config '.process.noNewPrivileges = false'
	sh_args 'grep CapBnd /proc/self/status | cut -f2; mount -t tmpfs none /mnt 2>&1; chroot / true 2>&1; mknod /dev/shm/x c 1 3 2>&1; true'
	attack
	assert_eq "${lines[0]}" 0000000020000420
	assert_eq "$(grep -cE 'denied|not permitted' <<<"$output")" 3
}

@test "security: the container cannot signal or trace anything outside" {
	sh_args 'ls -d /proc/[0-9]* | wc -l; kill -0 '"$$"' 2>&1; true'
	attack
	((lines[0] < 6)) || fail "${lines[0]} processes"
	assert_match "${lines[1]}" 'No such process'
}

@test "security: no abstract socket of the runtime is reachable in the host's network namespace" {
	ns_drop network
	config '.mounts |= map(select(.destination != "/sys"))'
	args sleep 100
	ct_create
	run ! grep -aE "@.*(lodger|$ID)" /proc/net/unix
	lodger start "$ID"
	run ! grep -aE "@.*(lodger|$ID)" /proc/net/unix
	ct_delete
}

@test "security: the state directory and exec.fifo are not reachable from inside" {
	sh_args 'ls '"$STATE"' 2>&1; find / -xdev -name exec.fifo 2>/dev/null; find / -xdev -name state.json 2>/dev/null; true'
	attack
	refute_match "$output" '(^|/)(exec.fifo|state.json)'
}

@test "security: another container of the same user is out of reach" {
	args sleep 100
	ct_up
	local first=$ID
	ID=$ID-2
	sh_args 'cat /proc/[0-9]*/cmdline | tr "\0" " "'
	ct_run
	assert_match "$output" 'cmdline'
	refute_match "$output" 'sleep 100'
	ID=$first
	ct_delete
}

@test "security: config data of more than 64 KiB is an error or works, and is never cut" {
	requires lodger
	local long
	long=$(printf 'x%.0s' {1..70000})
	config '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/self/\($l)" else . end)' --arg l "${long:0:60000}"
	args true
	ct_run
	assert_eq "$status" 1
	config '.linux.namespaces |= map(del(.path)) | .process.env += [range(0; 3000) | "VARIABLE\(.)=\("v" * 40)"]'
	sh_args 'env | grep -c ^VARIABLE'
	ct_ok
	assert_eq "$output" 3000
}
