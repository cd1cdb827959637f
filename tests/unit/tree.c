// SPDX-License-Identifier: Apache-2.0
/* A scratch directory for one test; see tree.h. */
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
#include "tree.h"

int tree_setup(void **state)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->a = arena_new();
	snprintf(t->dir, sizeof(t->dir), "/tmp/lodger-unit-XXXXXX");
	if (!mkdtemp(t->dir))
		return -1;
	t->fd = open(t->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = t;
	return t->fd < 0 ? -1 : 0;
}

int tree_teardown(void **state)
{
	struct tree *t = *state;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", "--", t->dir, NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	close(t->fd);
	arena_free(t->a);
	free(t);
	return status == 0 ? 0 : -1;
}

static void make_parents(struct tree *t, const char *path)
{
	char *copy = arena_strdup(t->a, path);

	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(t->fd, copy, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
}

void tree_put(struct tree *t, const char *path, const char *text, mode_t mode)
{
	int fd;

	make_parents(t, path);
	fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

void tree_link(struct tree *t, const char *path, const char *target)
{
	make_parents(t, path);
	if (unlinkat(t->fd, path, 0) < 0)
		assert_int_equal(errno, ENOENT);
	assert_int_equal(symlinkat(target, t->fd, path), 0);
}
