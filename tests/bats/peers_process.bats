#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What callers know from runc and crun of a process: its environment, its terminal's lines.

load helpers

@test "peers: of several environment entries with one name the last one counts, once" {
	args env
	config '.process.env = ["A=first", "PATH=/bin", "AB=other", "A=second", "A=", "A=last"]'
	ct_ok
	assert_eq "$(grep '^A' <<<"$output")" $'AB=other\nA=last'
}

@test "peers: an entry is searched in the last PATH" {
	config '.process.env = ["PATH=/nowhere", "PATH=/bin"]'
	args true
	ct_ok
}

@test "peers: an empty HOME is replaced, one that is set is kept" {
	sh_args 'echo "$HOME"'
	config '.process.env = ["PATH=/bin", "HOME="]'
	ct_ok
	assert_eq "$output" /root
	config '.process.env = ["PATH=/bin", "HOME=/x", "HOME="]'
	ct_ok
	assert_eq "$output" /root
	config '.process.env = ["PATH=/bin", "HOME=", "HOME=/x"]'
	ct_ok
	assert_eq "$output" /x
}

@test "peers: a terminal's lines have no carriage return where they go to a file" {
	config '.process.terminal = true'
	sh_args 'test -t 1 && echo terminal; echo second'
	lodger run --bundle "$BUNDLE" "$ID" </dev/null >"$OUT"
	[[ $(<"$OUT") == $'terminal\nsecond' ]] || fail "$(od -c "$OUT")"
}

@test "peers: a caller that is pinned to one processor does not pin the container" {
	local all
	all=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/1/status)
	[[ $(nproc --all) -gt 1 && $all == *[-,]* ]] || skip "needs more than one processor"
	sh_args 'grep Cpus_allowed_list /proc/self/status'
	tree_note
	run taskset -c 0 "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_match "$output" "[[:space:]]$all\$"
}

# A filter that was written before these system calls were.
@test "peers: a seccomp filter without newer system calls does not stop init, with and without no_new_privs" {
	args sh -c 'echo "$HOME"'
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{action: "SCMP_ACT_ERRNO", errnoRet: 1,
		names: ["close_range", "openat2", "faccessat2", "fsopen", "open_tree", "move_mount", "mount_setattr"]}]}'
	local nnp
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		ct_ok
		assert_eq "$output" /root
	done
}

@test "peers: system calls newer than the seccomp filter fail with ENOSYS, older ones as it says" {
	command -v "${CC:-cc}" >/dev/null || skip "needs a C compiler"
	"${CC:-cc}" -static -O1 -x c -o "$ROOTFS/bin/numbers" - <<-'C'
		#include <errno.h>
		#include <stdio.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(void)
		{
			errno = 0;
			syscall(100000);
			int newer = errno;
			syscall(SYS_reboot, 0, 0, 0, 0);
			printf("%d %d\n", newer == ENOSYS, errno == EXDEV);
			return 0;
		}
	C
	args numbers
	# What a static program, a shell and init need, and one new call: all else is refused.
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 18, syscalls: [{action: "SCMP_ACT_ALLOW",
		names: ["arch_prctl", "brk", "capget", "capset", "clock_gettime", "clone", "close", "close_range",
			"dup", "dup3", "execve", "exit", "exit_group", "faccessat", "faccessat2", "fchdir", "fcntl", "fstat",
			"futex", "getcwd", "getdents64", "geteuid", "getpid", "getrandom", "ioctl", "lseek", "madvise",
			"mmap", "mprotect", "munmap", "newfstatat", "openat", "openat2", "prctl", "prlimit64", "read",
			"readlink", "readlinkat", "rseq", "rt_sigaction", "rt_sigprocmask", "sendmsg", "recvmsg",
			"set_robust_list", "set_tid_address", "stat", "statx", "umask", "uname", "write", "writev"]}]}'
	local nnp
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		ct_ok
		assert_eq "$output" '1 1'
	done
}
