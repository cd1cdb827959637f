#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# System calls that an older kernel, or the seccomp filter of an older container engine around
# lodger, refuses: another way, or an error that names them. Without root, `tool without` takes
# no_new_privs, so that newuidmap does not work: containers of one id.

load helpers

setup() {
	requires lodger
	test_setup
	args echo ran
}

# run_without ERRNO CALL...
run_without() {
	tree_note
	run --separate-stderr timeout 30 "$TOOL" without "$@" -- "$LODGER" "${GLOBAL[@]}" run \
		--bundle "$BUNDLE" "$ID" 3>&- 4>&-
	printf '[%s]\n[stdout]\n%s\n[stderr]\n%s\n' "$*" "$output" "$stderr" >>"$TRACE"
}

@test "system calls: done in another way: clone3, close_range, memfd_create, keyctl, faccessat2" {
	local call errno
	for errno in ENOSYS EPERM; do
		for call in clone3 close_range memfd_create keyctl faccessat2 statx; do
			run_without "$errno" "$call"
			assert_eq "$status $output" '0 ran' "$errno for $call ($stderr)"
		done
		run_without "$errno" clone3 close_range memfd_create keyctl faccessat2 statx
		assert_eq "$status $output" '0 ran' "$errno for all of them ($stderr)"
	done
}

@test "system calls: no descriptor of the caller gets in without close_range" {
	args tool fds
	tree_note
	run --separate-stderr "$TOOL" with-fds 5 /etc/passwd "$TOOL" without ENOSYS close_range -- \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&- 4>&-
	assert_eq "$status" 0 "status ($stderr)"
	refute_match "$output" passwd
}

@test "system calls: what lodger cannot do without is named, with the way out" {
	local call
	for call in openat2 open_tree mount_setattr fsopen fsconfig fsmount move_mount execveat; do
		run_without ENOSYS "$call"
		refused 'function not implemented'
		assert_match "$stderr" "fix: this kernel, or the seccomp filter.* refuses $call\\(2\\): lodger needs Linux"
	done
	for call in openat2 open_tree; do
		run_without EPERM "$call"
		refused 'operation not permitted'
		assert_match "$stderr" "fix: .* refuses $call\\(2\\)"
	done
}

@test "system calls: pidfd_open and pidfd_send_signal, of a container that lives" {
	local call
	args sleep 100
	ct_up
	for call in pidfd_open pidfd_send_signal; do
		run --separate-stderr "$TOOL" without ENOSYS "$call" -- "$LODGER" "${GLOBAL[@]}" kill "$ID" KILL 3>&-
		refused 'function not implemented'
		assert_match "$stderr" "fix: .* refuses $call\\(2\\)"
	done
	assert_eq "$(ct_status)" running
	ct_delete
}
