// SPDX-License-Identifier: Apache-2.0
/*
 * Other processes, by way of /proc and pidfds. In: a pid or a pidfd. Out: what the kernel says
 * about it, or -errno. Runs in the front end and in init. Must not trust a process's name, which
 * is the process's own to choose, and must not signal by pid, which may have been reused.
 */
#include "kernel/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define PF_EXITING 0x4u /* include/linux/sched.h; field 9 of proc_pid_stat(5) shows it */

/*
 * One read(2) into `buf`, NUL-terminated. The files read here are made whole by a single read, and
 * none comes near the size of the buffers: /proc/PID/stat has 52 numbers and a name of at most 64.
 */
static int read_small(const char *path, char *buf, size_t size)
{
	auto_fd int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf, size - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

int proc_stat(pid_t pid, uint64_t *ret_start_time, char *ret_state)
{
	char path[64], buf[2048], state;
	unsigned long long start;
	const char *p;
	int r;

	if (pid <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = read_small(path, buf, sizeof(buf));
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	/* The name stands in parentheses and may hold some itself: fields count from the last. */
	p = strrchr(buf, ')');
	if (!p || sscanf(p + 1,
			  " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d"
			  " %*d %llu",
			  &state, &start) != 2)
		return -EBADMSG;
	if (ret_start_time)
		*ret_start_time = start;
	if (ret_state)
		*ret_state = state;
	return 0;
}

bool proc_is_exiting(pid_t pid)
{
	char path[64], buf[2048];
	unsigned flags;
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_small(path, buf, sizeof(buf)) < 0)
		return true;
	p = strrchr(buf, ')');
	return p && sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && flags & PF_EXITING;
}

int proc_pidfd(pid_t pid)
{
	/* pidfd_open(2) sets close-on-exec by itself. */
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int proc_pidfd_kill(int pidfd, int sig)
{
	return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int proc_pidfd_wait(int pidfd, int timeout_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int64_t end = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	int left = timeout_ms;

	for (;;) {
		int n = poll(&p, 1, left);

		if (n > 0)
			return p.revents & POLLNVAL ? -EBADF : 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
		if (timeout_ms > 0) {
			int64_t rest = end - now_ms();

			left = rest > 0 ? (int)rest : 0;
		}
	}
}

int proc_pidfd_pid(int pidfd, pid_t *ret)
{
	char path[64], buf[1024];
	const char *p;
	int pid, r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	r = read_small(path, buf, sizeof(buf));
	if (r < 0)
		return r == -ENOENT ? -EBADF : r;
	p = strstr(buf, "\nPid:");
	if (!p || sscanf(p, "\nPid: %d", &pid) != 1)
		return -EBADF;
	/* -1: reaped. 0: alive, but without a pid in the namespace that this /proc shows. */
	if (pid <= 0)
		return -ESRCH;
	*ret = pid;
	return 0;
}
