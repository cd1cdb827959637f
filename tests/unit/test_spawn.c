// SPDX-License-Identifier: Apache-2.0
/* kernel/spawn.h: what a program of the host gets, and how its end is told. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "kernel/capture.h"
#include "kernel/sig.h"
#include "kernel/spawn.h"

static const char *const no_env[] = {NULL};

/* `sh -c SCRIPT`; its standard output as text. */
static int shell(const char *script, const char *const *env, char *out, size_t size)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	int fd = memfd_create("out", MFD_CLOEXEC), status = -1;
	struct spawn s = {"/bin/sh", argv, env, -1, fd, fd, NULL, 0};
	pid_t pid;
	ssize_t n;

	assert_int_equal(spawn_start(&s, &pid), 0);
	assert_int_equal(spawn_wait(pid, -1, &status), 0);
	n = pread(fd, out, size - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(fd);
	return status;
}

/* A captured text as one line; whether it was whole. */
static bool captured(const char *text, size_t n, char line[CAPTURE_LINE_MAX])
{
	int fd = capture_open();
	bool whole;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	whole = capture_end(fd, line);
	/* Nobody can fill our memory from now on. */
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	return whole;
}

static void captures(void **state)
{
	char line[CAPTURE_LINE_MAX], text[2 * CAPTURE_LINE_MAX], copy[16];
	int fd = capture_open(), ends[2];

	(void)state;
	assert_true(captured("", 0, line));
	assert_string_equal(line, "");
	assert_true(captured("\n\n \t\n", 5, line));
	assert_string_equal(line, "");
	assert_true(captured(" two\nlines\033[0m\n", 15, line));
	assert_string_equal(line, "two lines [0m");
	/* The end of what is too long, and no half of a character. */
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - CAPTURE_LINE_MAX] = '\xc3';
	text[sizeof(text) - CAPTURE_LINE_MAX + 1] = '\xa4';
	assert_false(captured(text, sizeof(text), line));
	assert_int_equal(strlen(line), CAPTURE_LINE_MAX - 2);
	assert_int_equal(strspn(line, "a"), CAPTURE_LINE_MAX - 2);

	assert_int_equal(write(fd, "all\nof it\n", 10), 10);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	capture_copy(fd, ends[1]);
	assert_int_equal(read(ends[0], copy, sizeof(copy)), 10);
	assert_memory_equal(copy, "all\nof it\n", 10);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

static void streams(void **state)
{
	char out[4096];

	(void)state;
	assert_int_equal(shell("cat; echo out; echo err >&2", no_env, out, sizeof(out)), 0);
	assert_string_equal(out, "out\nerr\n");
	assert_int_equal(shell("exit 7", no_env, out, sizeof(out)), 7 << 8);
	assert_true(WIFSIGNALED(shell("kill -TERM $$", no_env, out, sizeof(out))));
}

/* Further descriptors, whatever numbers they have here: one sits where the other is to go. */
static void more_streams(void **state)
{
	static const char *const argv[] = {
		"sh", "-c", "cat <&3; cat <&4; [ -e /proc/self/fd/5 ] || echo none", NULL};
	int a = memfd_create("a", MFD_CLOEXEC), b = memfd_create("b", MFD_CLOEXEC);
	int out = memfd_create("out", MFD_CLOEXEC), status = -1;
	char text[64] = "";
	int more[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pwrite(a, "first\n", 6, 0), 6);
	assert_int_equal(pwrite(b, "second\n", 7, 0), 7);
	for (int swap = 0; swap < 2; swap++) {
		struct spawn s = {"/bin/sh", argv, no_env, -1, out, out, more, 2};

		more[0] = swap ? b : a;
		more[1] = swap ? a : b;
		assert_int_equal(ftruncate(out, 0), 0);
		lseek(out, 0, SEEK_SET);
		lseek(a, 0, SEEK_SET);
		lseek(b, 0, SEEK_SET);
		assert_int_equal(spawn_start(&s, &pid), 0);
		assert_int_equal(spawn_wait(pid, -1, &status), 0);
		assert_true(pread(out, text, sizeof(text) - 1, 0) > 0);
		assert_string_equal(text, swap ? "second\nfirst\nnone\n" : "first\nsecond\nnone\n");
	}
	close(a);
	close(b);
	close(out);
}

static void environment(void **state)
{
	static const char *const env[] = {"A=1", "B=two words", NULL};
	char out[4096];

	(void)state;
	assert_int_equal(shell("echo \"$A $B ${HOME-unset}\"", env, out, sizeof(out)), 0);
	assert_string_equal(out, "1 two words unset\n");
}

/* Nothing but the three: neither ours, nor those that are at the numbers it will get. */
static void descriptors(void **state)
{
	char out[4096];
	int fds[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(shell("cd /proc/self/fd; for f in *; do [ -e $f ] && echo $f; done; :",
				 no_env, out, sizeof(out)),
		0);
	/* The shell itself reads a directory meanwhile, which is closed when it looks. */
	assert_string_equal(out, "0\n1\n2\n");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void signals(void **state)
{
	char out[4096], *line;
	sigset_t old;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sig_block_all(&old);
	assert_int_equal(
		shell("grep -E '^Sig(Blk|Ign)' /proc/self/status", no_env, out, sizeof(out)), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
	line = strstr(out, "SigBlk:");
	assert_non_null(line);
	assert_int_equal(strtoull(line + 8, NULL, 16), 0);
	line = strstr(out, "SigIgn:");
	assert_non_null(line);
	/* The two that glibc keeps for its threads it leaves ignored. */
	assert_int_equal(strtoull(line + 8, NULL, 16) & ~(3ull << 31), 0);
}

static void no_program(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{"/nonexistent", -ENOENT},
		{"/etc/passwd", -EACCES},
		{"/etc", -EACCES},
		{"sh", -ENOENT},
	};
	const char *const argv[] = {"x", NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spawn s = {cases[i].path, argv, no_env, -1, -1, -1, NULL, 0};
		pid_t pid = 4711;

		assert_int_equal(spawn_start(&s, &pid), cases[i].error);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void timeouts(void **state)
{
	const char *const argv[] = {"sleep", "1000", NULL}, *const quick[] = {"true", NULL};
	struct spawn s = {"/bin/sleep", argv, no_env, -1, -1, -1, NULL, 0};
	struct timespec from, to;
	int status = -1;
	pid_t pid;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(spawn_start(&s, &pid), 0);
	assert_int_equal(spawn_wait(pid, 50, &status), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec < 10);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	s = (struct spawn){"/bin/true", quick, no_env, -1, -1, -1, NULL, 0};
	assert_int_equal(spawn_start(&s, &pid), 0);
	assert_int_equal(spawn_wait(pid, 60000, &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(spawn_wait(pid, -1, &status), -ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures),
		cmocka_unit_test(streams),
		cmocka_unit_test(more_streams),
		cmocka_unit_test(environment),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(signals),
		cmocka_unit_test(no_program),
		cmocka_unit_test(timeouts),
	};

	/* What this program itself was started with is not the matter here. */
	syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
