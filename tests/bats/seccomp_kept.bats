#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Compiled seccomp programs are kept for the next container with the same profile.

load helpers

setup() {
	requires lodger
	test_setup
	KEPT=$XDG_RUNTIME_DIR/lodger-seccomp
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 5}]}'
	sh_args 'mkdir /dev/shm/x 2>&1; rmdir /dev/shm/x 2>&1 || :'
}

run_it() {
	run --separate-stderr lodger --debug run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
}

compiled() {
	run_it
	refute_match "$stderr" 'compiled before'
	assert_match "$output" "$1"
}

kept() {
	run_it
	assert_match "$stderr" 'linux\.seccomp: compiled before'
	assert_match "$output" "$1"
}

@test "seccomp: the second container finds the program of the first, and it does the same" {
	compiled 'Input/output error|I/O error'
	kept 'Input/output error|I/O error'
	assert_eq "$(stat -c '%a %u' "$KEPT")" "700 $(id -u)"
	assert_eq "$(find "$KEPT" -type f | wc -l)" 1
}

@test "seccomp: whatever changes in the profile is compiled" {
	compiled 'I/O error|Input/output error'
	config '.linux.seccomp.syscalls[0].errnoRet = 13'
	compiled 'Permission denied'
	kept 'Permission denied'
	config '.linux.seccomp.syscalls[0].names -= ["mkdir"]'
	compiled ''
	config '.linux.seccomp.syscalls[0].args = [{index: 0, value: 1, op: "SCMP_CMP_EQ"}]'
	compiled ''
	config '.linux.seccomp.defaultAction = "SCMP_ACT_LOG"'
	compiled ''
}

@test "seccomp: a file that was cut or changed is not believed" {
	local file
	compiled 'I/O error|Input/output error'
	file=$(find "$KEPT" -type f)
	truncate -s -3 "$file"
	compiled 'I/O error|Input/output error'
	kept 'I/O error|Input/output error'
	sed -i '1s/lodger/LODGER/' "$file"
	compiled 'I/O error|Input/output error'
	: >"$file"
	compiled 'I/O error|Input/output error'
}

@test "seccomp: a directory that others may use is not used, nor a link to one" {
	mkdir -m 755 "$KEPT"
	compiled 'I/O error|Input/output error'
	compiled 'I/O error|Input/output error'
	rmdir "$KEPT"
	mkdir -m 700 "$BATS_TEST_TMPDIR/elsewhere"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$KEPT"
	compiled 'I/O error|Input/output error'
	compiled 'I/O error|Input/output error'
	assert_eq "$(ls "$BATS_TEST_TMPDIR/elsewhere")" ''
}
