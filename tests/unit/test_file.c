// SPDX-License-Identifier: Apache-2.0
/* base/file.h: bounded reads, whole writes, replacement. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "tree.h"

static void reads(void **state)
{
	struct tree *t = *state;
	char *text = NULL;
	size_t len = 7;

	tree_put(t, "empty", "", 0644);
	tree_put(t, "ten", "0123456789", 0644);
	assert_int_equal(file_read(t->a, t->fd, "empty", 10, &text, &len), 0);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
	assert_int_equal(file_read(t->a, t->fd, "ten", 10, &text, &len), 0);
	assert_string_equal(text, "0123456789");
	assert_int_equal(len, 10);
	text = NULL;
	assert_int_equal(file_read(t->a, t->fd, "ten", 9, &text, &len), -EFBIG);
	assert_int_equal(file_read(t->a, t->fd, "nothing", 9, &text, &len), -ENOENT);
	assert_int_equal(file_read(t->a, t->fd, ".", 9, &text, &len), -EISDIR);
	assert_null(text);
	assert_int_equal(len, 10);
	/* Size 0, and content all the same. */
	assert_int_equal(file_read(t->a, -1, "/proc/self/status", 65536, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	assert_true(len > 100);
}

static void large_and_slow(void **state)
{
	struct tree *t = *state;
	const size_t size = 300000;
	char *out = arena_alloc(t->a, size), *text;
	size_t len;
	int fds[2];
	pid_t pid;

	memset(out, 'q', size);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		_exit(file_write_all(fds[1], out, size) < 0);
	close(fds[1]);
	assert_int_equal(file_read_fd(t->a, fds[0], size, &text, &len), 0);
	assert_int_equal(len, size);
	assert_memory_equal(text, out, size);
	assert_int_equal(text[len], '\0');
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fds[0]);
}

static unsigned count(struct tree *t)
{
	char command[128];
	unsigned n = 0;
	FILE *p;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", t->dir);
	p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%u", &n), 1);
	pclose(p);
	return n;
}

static void replaces(void **state)
{
	struct tree *t = *state;
	char name[256], *text;
	struct stat st;

	assert_int_equal(file_replace(t->fd, "f", "one", 3, 0600), 0);
	assert_int_equal(fstatat(t->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_replace(t->fd, "f", "", 0, 0600), 0);
	assert_int_equal(file_replace(t->fd, "f", "three", 5, 0600), 0);
	assert_int_equal(file_read(t->a, t->fd, "f", 10, &text, NULL), 0);
	assert_string_equal(text, "three");
	/* A link is replaced, not followed. */
	tree_link(t, "link", "f");
	assert_int_equal(file_replace(t->fd, "link", "four", 4, 0600), 0);
	assert_int_equal(file_read(t->a, t->fd, "f", 10, &text, NULL), 0);
	assert_string_equal(text, "three");
	/* Failure leaves nothing beside. */
	assert_int_equal(mkdirat(t->fd, "dir", 0755), 0);
	assert_true(file_replace(t->fd, "dir", "x", 1, 0600) < 0);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(file_replace(t->fd, name, "x", 1, 0600), -ENAMETOOLONG);
	assert_int_equal(count(t), 3);
}

static void writes_once(void **state)
{
	struct tree *t = *state;
	char *text;

	tree_put(t, "f", "long before", 0644);
	assert_int_equal(file_write_once(t->fd, "f", "now"), 0);
	assert_int_equal(file_read(t->a, t->fd, "f", 20, &text, NULL), 0);
	/* As for files of /proc: no truncation, no creation. */
	assert_string_equal(text, "nowg before");
	assert_int_equal(file_write_once(t->fd, "nothing", "x"), -ENOENT);
	assert_int_equal(file_write_once(t->fd, ".", "x"), -EISDIR);
	assert_int_equal(file_write_once(-1, "/dev/full", "x"), -ENOSPC);
	assert_int_equal(file_write_all(-1, "x", 1), -EBADF);
	assert_int_equal(file_write_all(-1, "x", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(reads),
		tree_test(large_and_slow),
		tree_test(replaces),
		tree_test(writes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
