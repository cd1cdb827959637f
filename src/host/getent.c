// SPDX-License-Identifier: Apache-2.0
/*
 * getent(1) as a child. In: a uid. Out: the user's name. Runs in the front end, and only where
 * /etc/passwd lacks the user: LDAP, SSSD, homed. A process of its own, because NSS loads modules
 * (impossible in a static program) and may hang on the network, which a child can be killed for.
 */
#include "host/getent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/parse.h"

/* Start the program with standard output on `out`, all signals at their defaults. */
static int spawn_getent(const char *program, const char *uid, int out, pid_t *ret)
{
	char *const argv[] = {(char[]){"getent"}, (char[]){"passwd"}, (char *)(uintptr_t)uid, NULL};
	char *const env[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"LC_ALL=C"}, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawn(ret, program, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Read the first line; the rest, if any, is not waited for. */
static int read_line(int fd, int timeout_ms, char *buf, size_t size)
{
	int64_t end = now_ms() + timeout_ms;
	size_t len = 0;

	buf[0] = '\0';
	while (len + 1 < size && !strchr(buf, '\n')) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - now_ms();
		ssize_t n;
		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0 && errno == EINTR)
			continue;
		n = ready < 0 ? -1 : read(fd, buf + len, size - len - 1);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		buf[len] = '\0';
	}
	return 0;
}

int getent_user_name(
	struct arena *a, const char *program, uint32_t uid, int timeout_ms, const char **ret)
{
	auto_fd int from = -1, to = -1;
	char number[16], line[1024];
	const char *name;
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	from = ends[0];
	to = ends[1];
	snprintf(number, sizeof(number), "%u", uid);
	r = spawn_getent(program, number, to, &pid);
	if (r < 0)
		return r;
	close_fd(&to);
	r = read_line(from, timeout_ms, line, sizeof(line));
	/* The answer is all that counts: a child that hangs while it ends is not waited for. */
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	/* A line about another user is no answer. */
	name = parse_passwd(a, line, uid);
	if (!name)
		return -ENOENT;
	*ret = name;
	return 0;
}
