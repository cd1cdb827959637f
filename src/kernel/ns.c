// SPDX-License-Identifier: Apache-2.0
/* Namespaces; see ns.h. Front end and init. */
#include "kernel/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/names.h"

static const struct name ns_names[] = {
	{"user", CLONE_NEWUSER},
	{"mnt", CLONE_NEWNS},
	{"pid", CLONE_NEWPID},
	{"net", CLONE_NEWNET},
	{"ipc", CLONE_NEWIPC},
	{"uts", CLONE_NEWUTS},
	{"cgroup", CLONE_NEWCGROUP},
	{"time", CLONE_NEWTIME},
	{NULL, 0},
};

/*
 * clone(2) for a filter that does not know clone3(2): engines refuse it with ENOSYS, since they
 * cannot look into its argument, and old ones with EPERM. The exit signal is part of the flags.
 */
static long old_clone(uint64_t flags, const struct clone_args *args)
{
	unsigned long low = (unsigned long)(flags | args->exit_signal);

#if defined(__s390__)
	return syscall(SYS_clone, NULL, low, args->pidfd, NULL, 0);
#else
	/* The third argument is where CLONE_PIDFD puts the descriptor. */
	return syscall(SYS_clone, low, NULL, args->pidfd, NULL, 0);
#endif
}

pid_t ns_clone(uint64_t flags, int cgroup, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = flags | (ret_pidfd ? CLONE_PIDFD : 0) |
			 (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		/* With CLONE_PARENT the kernel takes the signal from the caller and wants 0 here.
		 */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
		.cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
	};
	long pid;

	if (cgroup >= 0)
		args.cgroup = (uint64_t)cgroup;
	pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0 && cgroup < 0 && (errno == ENOSYS || errno == EPERM))
		pid = old_clone(args.flags, &args);
	if (pid < 0)
		return -errno;
	if (pid > 0 && ret_pidfd)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

int ns_unshare(uint64_t flags)
{
	return syscall(SYS_unshare, (unsigned long)flags) < 0 ? -errno : 0;
}

int ns_join(int fd, uint64_t flags)
{
	return syscall(SYS_setns, fd, (int)flags) < 0 ? -errno : 0;
}

int ns_open(const char *path, uint64_t flag)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int type;

	if (fd < 0)
		return -errno;
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return -EINVAL;
	return (uint64_t)type == flag ? take_fd(&fd) : -EINVAL;
}

int ns_owner(int fd)
{
	int owner = ioctl(fd, NS_GET_USERNS);

	return owner < 0 ? -errno : owner;
}

bool ns_is_own(int fd, uint64_t flag)
{
	struct stat own, other;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_flag_name(flag));
	return stat(path, &own) == 0 && fstat(fd, &other) == 0 && own.st_dev == other.st_dev &&
	       own.st_ino == other.st_ino;
}

const char *ns_flag_name(uint64_t flag)
{
	return names_of(ns_names, flag);
}
