// SPDX-License-Identifier: Apache-2.0
/* A scratch directory for one test, with an arena. As set-up and teardown of cmocka. */
#ifndef LODGER_TESTS_TREE_H
#define LODGER_TESTS_TREE_H

#include <sys/types.h>

#include "base/mem.h"

struct tree {
	struct arena *a;
	char dir[64];
	int fd; /* O_PATH */
};

/* `*state` becomes a struct tree. tree_teardown() removes the directory with all that is in it. */
int tree_setup(void **state);
int tree_teardown(void **state);

/* Write a file below the directory, with the directories that it needs. Fails the test. */
void tree_put(struct tree *t, const char *path, const char *text, mode_t mode);

/* Make a symlink below the directory. Fails the test. */
void tree_link(struct tree *t, const char *path, const char *target);

/* A test of this fixture, for the tables of cmocka_run_group_tests(). */
#define tree_test(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

#endif
