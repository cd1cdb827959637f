// SPDX-License-Identifier: Apache-2.0
/* state/state.h: where state lives, and which directories are refused. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "state/state.h"
#include "tree.h"

static void root_by_option(void **state)
{
	struct tree *t = *state;
	const char *want = arena_printf(t->a, "%s/a/b/c", t->dir), *path = NULL;
	struct err e = {0};
	struct stat st;

	/* Not made without `create`, and no error then. */
	assert_int_equal(state_root_path(t->a, want, true, 0, "/xdg", false, &path, &e), 0);
	assert_string_equal(path, want);
	assert_int_equal(stat(want, &st), -1);
	assert_int_equal(state_root_path(t->a, want, true, 0, "/xdg", true, &path, &e), 0);
	assert_int_equal(stat(want, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* There already, wide open and of another uid: the caller's business. */
	assert_int_equal(chmod(want, 0777), 0);
	assert_int_equal(
		state_root_path(t->a, want, false, geteuid() + 1, NULL, true, &path, &e), 0);
	assert_false(err_is_set(&e));
}

static void root_by_relative_option(void **state)
{
	struct tree *t = *state;
	const char *path = NULL;
	auto_free char *cwd = getcwd(NULL, 0);

	assert_int_equal(chdir(t->dir), 0);
	assert_int_equal(state_root_path(t->a, "x/y", false, 0, NULL, true, &path, NULL), 0);
	assert_int_equal(chdir(cwd), 0);
	assert_string_equal(path, arena_printf(t->a, "%s/x/y", t->dir));
	assert_int_equal(access(path, W_OK), 0);
}

static void root_option_refused(void **state)
{
	struct tree *t = *state;
	const char *path = "untouched";
	struct err e = {0};

	tree_put(t, "file", "", 0600);
	assert_int_equal(state_root_path(t->a, "", false, 0, NULL, true, &path, &e), -EINVAL);
	assert_int_equal(e.code, ERR_USAGE);
	memset(&e, 0, sizeof(e));
	assert_int_equal(state_root_path(t->a, arena_printf(t->a, "%s/file", t->dir), false, 0,
				 NULL, true, &path, &e),
		-ENOTDIR);
	assert_int_equal(e.code, ERR_STATE_DIR);
	assert_true(e.fix[0]);
	memset(&e, 0, sizeof(e));
	assert_int_equal(state_root_path(t->a, arena_printf(t->a, "%s/file/x", t->dir), false, 0,
				 NULL, true, &path, &e),
		-ENOTDIR);
	assert_string_equal(path, "untouched");
}

static void root_in_runtime_dir(void **state)
{
	struct tree *t = *state;
	const char *want = arena_printf(t->a, "%s/lodger", t->dir), *path = NULL;
	struct stat st;

	assert_int_equal(
		state_root_path(t->a, NULL, false, geteuid(), t->dir, false, &path, NULL), 0);
	assert_int_equal(stat(want, &st), -1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			state_root_path(t->a, NULL, false, geteuid(), t->dir, true, &path, NULL),
			0);
		assert_string_equal(path, want);
		assert_int_equal(stat(want, &st), 0);
		assert_int_equal(st.st_mode & 07777, 01700);
	}
}

static void check_refused(struct tree *t, uint32_t uid, int rc, const char *why)
{
	for (int create = 0; create < 2; create++) {
		const char *path = NULL;
		struct err e = {0};

		assert_int_equal(
			state_root_path(t->a, NULL, false, uid, t->dir, create, &path, &e), rc);
		assert_int_equal(e.code, ERR_STATE_DIR);
		if (!strstr(e.msg, why))
			fail_msg("\"%s\" says nothing of \"%s\"", e.msg, why);
		assert_true(e.fix[0]);
		assert_null(path);
	}
}

static void root_in_runtime_dir_refused(void **state)
{
	struct tree *t = *state;

	tree_link(t, "lodger", "/tmp");
	check_refused(t, geteuid(), -ELOOP, "is a symbolic link");
	tree_link(t, "lodger", "/nonexistent");
	check_refused(t, geteuid(), -ELOOP, "is a symbolic link");
	assert_int_equal(unlinkat(t->fd, "lodger", 0), 0);
	tree_put(t, "lodger", "", 0600);
	check_refused(t, geteuid(), -ENOTDIR, "is not a directory");
	assert_int_equal(unlinkat(t->fd, "lodger", 0), 0);
	assert_int_equal(mkdirat(t->fd, "lodger", 0700), 0);
	check_refused(t, geteuid() + 1, -EPERM, "belongs to uid");
	assert_int_equal(fchmodat(t->fd, "lodger", 0770, 0), 0);
	check_refused(t, geteuid(), -EPERM, "may be written to by others (mode 0770)");
	assert_int_equal(fchmodat(t->fd, "lodger", 0702, 0), 0);
	check_refused(t, geteuid(), -EPERM, "may be written to by others");
}

static void root_that_others_may_replace(void **state)
{
	struct tree *t = *state;
	const char *path;

	if (geteuid() != 0) {
		print_message("skip: giving a directory to another user needs root\n");
		skip();
	}
	assert_int_equal(mkdirat(t->fd, "lodger", 0700), 0);
	assert_int_equal(chown(t->dir, 4000000, (gid_t)-1), 0);
	assert_int_equal(chmod(t->dir, 0777), 0);
	check_refused(t, 0, -EPERM, "others may replace it");
	assert_int_equal(chmod(t->dir, 01777), 0);
	assert_int_equal(state_root_path(t->a, NULL, false, 0, t->dir, true, &path, NULL), 0);
}

static void root_without_runtime_dir(void **state)
{
	struct tree *t = *state;
	const char *missing = arena_printf(t->a, "%s/none", t->dir), *path = NULL;
	struct err e = {0};

	assert_int_equal(
		state_root_path(t->a, NULL, false, geteuid(), missing, true, &path, &e), -ENOENT);
	assert_int_equal(e.code, ERR_STATE_DIR);
	assert_non_null(strstr(e.fix, missing));
	/* A uid that nobody has: no /run/user/UID. A relative XDG_RUNTIME_DIR is none. */
	assert_int_equal(
		state_root_path(t->a, NULL, false, 3999999999u, NULL, false, &path, NULL), 0);
	assert_string_equal(path, "/tmp/lodger-3999999999");
	assert_int_equal(
		state_root_path(t->a, NULL, false, 3999999999u, "run", false, &path, NULL), 0);
	assert_string_equal(path, "/tmp/lodger-3999999999");
	assert_int_equal(state_root_path(t->a, NULL, true, 0, t->dir, false, &path, NULL), 0);
	assert_string_equal(path, "/run/lodger");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(root_by_option),
		tree_test(root_by_relative_option),
		tree_test(root_option_refused),
		tree_test(root_in_runtime_dir),
		tree_test(root_in_runtime_dir_refused),
		tree_test(root_that_others_may_replace),
		tree_test(root_without_runtime_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
