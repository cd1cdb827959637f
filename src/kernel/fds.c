// SPDX-License-Identifier: Apache-2.0
/* All descriptors at once; see fds.h. Front end and init. */
#include "kernel/fds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"

static int one_by_one(int proc, unsigned first)
{
	auto_fd int fd = proc < 0 ? open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				  : openat(proc, "self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	take_fd(&fd);
	while (r == 0 && (entry = readdir(dir))) {
		uint32_t n;

		if (num_u32(entry->d_name, &n) == 0 && n >= first &&
			fcntl((int)n, F_SETFD, FD_CLOEXEC) < 0)
			r = -errno;
	}
	closedir(dir);
	return r;
}

bool fds_is_inherited(uint32_t fd)
{
	int flags = fd <= INT32_MAX ? fcntl((int)fd, F_GETFD) : -1;

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int fds_close_on_exec(int proc, unsigned first)
{
	if (syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	/* A filter may say EPERM, and a kernel without the flag EINVAL. */
	return errno == ENOSYS || errno == EPERM || errno == EINVAL ? one_by_one(proc, first)
								    : -errno;
}
