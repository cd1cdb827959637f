// SPDX-License-Identifier: Apache-2.0
/* Programs of the host; see spawn.h. Front end and init. */
#include "kernel/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/proc.h"

static int add_fd(posix_spawn_file_actions_t *actions, int fd, int target)
{
	if (fd < 0)
		return posix_spawn_file_actions_addopen(
			actions, target, "/dev/null", target == 0 ? O_RDONLY : O_WRONLY, 0);
	return posix_spawn_file_actions_adddup2(actions, fd, target);
}

/*
 * Copies above all targets first: a source may sit on a number that is another's target. They are
 * close-on-exec, what they are duplicated to is not.
 */
static int copy_high(const struct spawn *s, int *copies)
{
	int end = 3 + (int)s->n_more;

	if (s->n_more > SPAWN_MAX_MORE)
		return E2BIG;
	for (size_t i = 0; i < s->n_more; i++) {
		copies[i] = fcntl(s->more[i], F_DUPFD_CLOEXEC, end);
		if (copies[i] < 0)
			return errno;
	}
	return 0;
}

static void close_copies(int *copies)
{
	for (size_t i = 0; i < SPAWN_MAX_MORE; i++)
		close_fd(&copies[i]);
}

int spawn_start(const struct spawn *s, pid_t *ret_pid)
{
	int copies[SPAWN_MAX_MORE] = {-1, -1, -1, -1, -1, -1};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = copy_high(s, copies);
	if (!r)
		r = add_fd(&actions, s->in, 0);
	if (!r)
		r = add_fd(&actions, s->out, 1);
	if (!r)
		r = add_fd(&actions, s->err, 2);
	for (size_t i = 0; i < s->n_more && !r; i++)
		r = add_fd(&actions, copies[i], 3 + (int)i);
	if (!r)
		r = posix_spawn(ret_pid, s->path, &actions, &attr,
			(char *const *)(uintptr_t)s->argv, (char *const *)(uintptr_t)s->envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	close_copies(copies);
	return -r;
}

int spawn_wait(pid_t pid, int timeout_ms, int *ret_status)
{
	auto_fd int pidfd = -1;
	int r = 0;

	if (timeout_ms >= 0) {
		pidfd = proc_pidfd(pid);
		if (pidfd < 0)
			return pidfd;
		r = proc_pidfd_wait(pidfd, timeout_ms);
		if (r == -ETIMEDOUT)
			proc_pidfd_kill(pidfd, SIGKILL);
	}
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return r;
}
