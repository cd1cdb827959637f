// SPDX-License-Identifier: Apache-2.0
/* The seccomp filter as tables; see filter.h. seccomp(2), seccomp_rule_add(3). */
#include "filter.h"

#include <errno.h>
#include <net/if.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/mem.h"

#define NR(name) SCMP_SYS(name)

static const int allowed[] = {
	/* the TAP device, sockets, resolv.conf */
	NR(read),
	NR(write),
	NR(readv),
	NR(writev),
	NR(recvfrom),
	NR(recvmsg),
	NR(sendto),
	NR(connect),
	NR(bind),
	NR(listen),
	NR(accept),
	NR(accept4),
	NR(getsockname),
	NR(getpeername),
	NR(getsockopt),
	NR(setsockopt),
	NR(shutdown),
	NR(close),
	NR(fcntl),
	NR(dup3),
	NR(openat),
	NR(readlinkat),
	NR(fstat),
	NR(newfstatat),
	NR(statx),
	NR(lseek),
	NR(recv),
	NR(send),
	NR(fcntl64),
	NR(fstat64),
	NR(fstatat64),
	NR(_llseek),
	/* waiting */
	NR(epoll_wait),
	NR(epoll_pwait),
	NR(epoll_pwait2),
	NR(epoll_ctl),
	NR(poll),
	NR(ppoll),
	NR(timerfd_create),
	NR(timerfd_settime),
	NR(timerfd_settime64),
	NR(clock_gettime),
	NR(clock_gettime64),
	NR(gettimeofday),
	NR(time),
	NR(restart_syscall),
	NR(nanosleep),
	NR(clock_nanosleep),
	NR(sched_yield),
	/* memory, signals, the end */
	NR(brk),
	NR(munmap),
	NR(mremap),
	NR(madvise),
	NR(futex),
	NR(getrandom),
	NR(rt_sigreturn),
	NR(rt_sigprocmask),
	NR(rt_sigaction),
	NR(sigaltstack), /* of sanitizers, at the end */
	NR(getpid),
	NR(gettid),
	NR(tgkill),
	NR(getuid),
	NR(geteuid),
	NR(getgid),
	NR(getegid),
	NR(exit),
	NR(exit_group),
};

/* Rules that look at an argument. */
static const struct {
	int nr;
	struct scmp_arg_cmp cmp;
} conditional[] = {
	{NR(socket), {0, SCMP_CMP_EQ, AF_INET, 0}},
	{NR(socket), {0, SCMP_CMP_EQ, AF_INET6, 0}},
	{NR(ioctl), {1, SCMP_CMP_EQ, FIONREAD, 0}},
	{NR(ioctl), {1, SCMP_CMP_EQ, FIONBIO, 0}},
	{NR(ioctl), {1, SCMP_CMP_EQ, SIOCGIFINDEX, 0}},
	{NR(ioctl), {1, SCMP_CMP_EQ, SIOCGIFNAME, 0}},
	{NR(mmap), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
	{NR(mmap2), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
	{NR(mprotect), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
};

static const int deadly[] = {
	NR(execve),
	NR(execveat),
	NR(fork),
	NR(vfork),
	NR(ptrace),
	NR(process_vm_readv),
	NR(process_vm_writev),
	NR(mount),
	NR(move_mount),
	NR(unshare),
	NR(setns),
	NR(bpf),
	NR(keyctl),
	NR(io_uring_setup),
	NR(userfaultfd),
	NR(perf_event_open),
	NR(init_module),
	NR(finit_module),
	NR(kexec_load),
};

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

/* A call that this architecture does not have cannot be made either. */
static int known(int r)
{
	return r == -EDOM || r == -EINVAL || r == -EEXIST ? 0 : r;
}

int filter_load(struct err *e)
{
	__attribute__((cleanup(release))) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = ctx ? 0 : -ENOMEM;

	/* The frequent calls are found as fast as the rare ones. Since libseccomp 2.5.0. */
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(allowed); i++)
		r = known(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(conditional); i++)
		r = known(seccomp_rule_add_array(
			ctx, SCMP_ACT_ALLOW, conditional[i].nr, 1, &conditional[i].cmp));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(deadly); i++)
		r = known(seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0));
	if (r == 0)
		r = seccomp_load(ctx);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "loading the seccomp filter");
	return 0;
}
