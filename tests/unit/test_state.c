// SPDX-License-Identifier: Apache-2.0
/*
 * state/state.h: container directories and their lock, with real processes that race for them. The
 * root is in test_state_root.c, records and status are in test_status.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "state/state.h"
#include "tree.h"

/* ---- ids */

static void ids(void **state)
{
	static const char *const good[] = {
		"a", "A-Z_0.9+x", "-", "..a", "...", "--root", ".hidden"};
	static const char *const bad[] = {"", ".", "..", "a/b", "/", "a b", "a\n", "../x", "a,b",
		"\xc3\xa9", "a\\b", "a:b", "*", "~"};
	char longest[1026];
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(state_id_check(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(state_id_check(bad[i], &e), -EINVAL);
		assert_int_equal(e.code, ERR_ID_INVALID);
	}
	memset(longest, 'x', sizeof(longest));
	longest[1024] = '\0';
	assert_int_equal(state_id_check(longest, NULL), 0);
	longest[1024] = 'x';
	longest[1025] = '\0';
	assert_int_equal(state_id_check(longest, NULL), -EINVAL);
}

/* ---- directories */

static void dir_life(void **state)
{
	struct tree *t = *state;
	struct state_dir d = STATE_DIR_NONE, other = STATE_DIR_NONE;
	struct err e = {0};
	struct strv list = {0};
	struct stat st;

	assert_int_equal(state_dir_open(t->dir, "c1", false, &d, &e), -ENOENT);
	assert_int_equal(e.code, ERR_STATE_MISSING);
	assert_string_equal(e.msg, "container \"c1\" does not exist");
	assert_int_equal(d.fd, -1);
	assert_int_equal(state_dir_create(t->dir, "c1", &d, NULL), 0);
	assert_true(d.lock_fd >= 0);
	assert_true(fcntl(d.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(d.lock_fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(d.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	memset(&e, 0, sizeof(e));
	assert_int_equal(state_dir_create(t->dir, "c1", &other, &e), -EEXIST);
	assert_int_equal(e.code, ERR_STATE_EXISTS);
	/* To look needs no lock. */
	assert_int_equal(state_dir_open(t->dir, "c1", false, &other, NULL), 0);
	assert_int_equal(other.lock_fd, -1);
	state_dir_close(&other);
	assert_int_equal(state_list(t->a, t->dir, &list, NULL), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(state_dir_remove(&d, NULL), 0);
	/* A second time, or after somebody else: nothing to do. */
	assert_int_equal(state_dir_remove(&d, NULL), 0);
	state_dir_close(&d);
	state_dir_close(&d);
	assert_int_equal(state_list(t->a, t->dir, &list, NULL), 0);
	assert_int_equal(list.n, 0);
}

static void dir_bad_names(void **state)
{
	struct tree *t = *state;
	struct state_dir d = STATE_DIR_NONE;
	char name[301];
	struct err e = {0};

	assert_int_equal(state_dir_create(t->dir, "../x", &d, &e), -EINVAL);
	assert_int_equal(e.code, ERR_ID_INVALID);
	assert_int_equal(state_dir_open(t->dir, "..", true, &d, NULL), -EINVAL);
	/* A valid id that no file system takes as a name. */
	memset(name, 'n', 300);
	name[300] = '\0';
	memset(&e, 0, sizeof(e));
	assert_int_equal(state_dir_create(t->dir, name, &d, &e), -ENAMETOOLONG);
	assert_int_equal(e.code, ERR_ID_INVALID);
	memset(&e, 0, sizeof(e));
	assert_int_equal(state_dir_open(t->dir, name, true, &d, &e), -ENOENT);
	assert_int_equal(e.code, ERR_STATE_MISSING);
	memset(&e, 0, sizeof(e));
	assert_int_equal(state_dir_open("/nonexistent", "c", false, &d, &e), -ENOENT);
	assert_int_equal(e.code, ERR_STATE_MISSING);
	assert_int_equal(state_dir_create("/nonexistent", "c", &d, NULL), -ENOENT);
}

static void dir_symlinks_refused(void **state)
{
	struct tree *t = *state;
	struct state_dir d = STATE_DIR_NONE;
	struct err e = {0};
	struct strv list;

	tree_put(t, "elsewhere/state.json", "{}", 0600);
	tree_put(t, "root/file", "", 0600);
	tree_link(t, "root/link", "../elsewhere");
	const char *root = arena_printf(t->a, "%s/root", t->dir);

	assert_true(state_dir_open(root, "link", false, &d, &e) < 0);
	assert_true(err_is_set(&e));
	assert_true(state_dir_open(root, "link", true, &d, NULL) < 0);
	assert_true(state_dir_open(root, "file", true, &d, NULL) < 0);
	assert_int_equal(state_dir_create(root, "link", &d, NULL), -EEXIST);
	assert_int_equal(d.fd, -1);
	assert_int_equal(state_list(t->a, root, &list, NULL), 0);
	assert_int_equal(list.n, 0);
	assert_int_equal(faccessat(t->fd, "elsewhere/state.json", F_OK, 0), 0);
}

static void dir_remove_stays_inside(void **state)
{
	struct tree *t = *state;
	struct state_dir d = STATE_DIR_NONE;

	tree_put(t, "outside/keep", "", 0600);
	assert_int_equal(state_dir_create(t->dir, "c", &d, NULL), 0);
	tree_link(t, "c/link", "../outside");
	tree_link(t, "c/sub/link", "../../outside");
	tree_put(t, "c/sub/deep/er/file", "", 0400);
	assert_int_equal(mkfifoat(d.fd, "exec.fifo", 0600), 0);
	assert_int_equal(state_dir_remove(&d, NULL), 0);
	state_dir_close(&d);
	assert_int_equal(faccessat(t->fd, "c", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(faccessat(t->fd, "outside/keep", F_OK, 0), 0);
}

static void list_is_sorted(void **state)
{
	struct tree *t = *state;
	struct strv list = {0};

	tree_put(t, "b/x", "", 0600);
	tree_put(t, "a/x", "", 0600);
	tree_put(t, "c,d/x", "", 0600);
	tree_put(t, ".h/x", "", 0600);
	tree_put(t, "file", "", 0600);
	assert_int_equal(state_list(t->a, t->dir, &list, NULL), 0);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.v[0], ".h");
	assert_string_equal(list.v[1], "a");
	assert_string_equal(list.v[2], "b");
	assert_int_equal(state_list(t->a, "/nonexistent/root", &list, NULL), 0);
	assert_int_equal(list.n, 0);
	assert_int_equal(
		state_list(t->a, arena_printf(t->a, "%s/file", t->dir), &list, NULL), -ENOTDIR);
}

/* ---- races. Children only _exit(): an assertion of cmocka would jump into the parent's code. */

/* Fork `n` children that begin together; returns how many ended with each status below 4. */
static void race(int n, int (*body)(const char *root, int i), const char *root, int counts[4])
{
	int gate[2];

	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		char c;

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(gate[1]);
		if (read(gate[0], &c, 1) != 0)
			_exit(3);
		_exit(body(root, i));
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < n; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 4);
		counts[WEXITSTATUS(status)]++;
	}
}

static int create_once(const char *root, int i)
{
	struct state_dir d = STATE_DIR_NONE;
	struct err e = {0};

	(void)i;
	if (state_dir_create(root, "same", &d, &e) == 0)
		return 0;
	return e.code == ERR_STATE_EXISTS ? 1 : 2;
}

static void one_of_fifty_creates_wins(void **state)
{
	struct tree *t = *state;
	int counts[4] = {0};

	race(50, create_once, t->dir, counts);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[1], 49);
}

/*
 * Make or open the container, make sure of being alone in it, and delete it or leave it. A file
 * made with O_EXCL shows whether somebody else holds "the lock" too.
 */
static int churn_round(const char *root, int i)
{
	auto_state_dir struct state_dir d = STATE_DIR_NONE;
	struct err e = {0};
	int fd, r;

	r = i % 2 ? state_dir_create(root, "churn", &d, &e)
		  : state_dir_open(root, "churn", true, &d, &e);
	if (r < 0)
		return e.code == ERR_STATE_EXISTS || e.code == ERR_STATE_MISSING ? 0 : 2;
	fd = openat(d.fd, "alone", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return 1;
	close(fd);
	sched_yield();
	if (unlinkat(d.fd, "alone", 0) < 0)
		return 1;
	return state_dir_remove(&d, &e) < 0 ? 2 : 0;
}

static int churn(const char *root, int i)
{
	int r = 0;

	for (int round = 0; round < 150 && r == 0; round++)
		r = churn_round(root, i + round);
	return r;
}

static void creates_and_deletes_exclude_each_other(void **state)
{
	struct tree *t = *state;
	int counts[4] = {0};

	race(8, churn, t->dir, counts);
	assert_int_equal(counts[0], 8);
}

/* Until the kernel says that the process waits for a lock; 20 s at most. */
static void wait_until_blocked(pid_t pid)
{
	char pattern[64];
	struct timespec begin, now;

	snprintf(pattern, sizeof(pattern), "-> FLOCK  ADVISORY  WRITE %d ", (int)pid);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		char buf[65536];
		int fd = open("/proc/locks", O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, buf, sizeof(buf) - 1);

		close(fd);
		buf[n > 0 ? n : 0] = '\0';
		if (strstr(buf, pattern))
			return;
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - begin.tv_sec < 20);
	fail_msg("process %d does not wait for the lock", (int)pid);
}

/* A child that opens "c" with the lock; its status: 0 got a directory with "new", 1 missing. */
static pid_t start_waiter(const char *root)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct state_dir d = STATE_DIR_NONE;
		struct err e = {0};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* The parent's lock was inherited, and lasts until both have closed it. */
		close_range(3, ~0U, 0);
		if (state_dir_open(root, "c", true, &d, &e) == 0)
			_exit(faccessat(d.fd, "new", F_OK, 0) == 0 ? 0 : 2);
		_exit(e.code == ERR_STATE_MISSING ? 1 : 3);
	}
	wait_until_blocked(pid);
	return pid;
}

static void waiter_sees_deletion(void **state)
{
	struct tree *t = *state;
	struct state_dir d = STATE_DIR_NONE;
	int status;
	pid_t pid;

	assert_int_equal(state_dir_create(t->dir, "c", &d, NULL), 0);
	pid = start_waiter(t->dir);
	assert_int_equal(state_dir_remove(&d, NULL), 0);
	state_dir_close(&d);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void waiter_gets_the_new_one(void **state)
{
	struct tree *t = *state;
	struct state_dir old = STATE_DIR_NONE, d = STATE_DIR_NONE;
	int status;
	pid_t pid;

	assert_int_equal(state_dir_create(t->dir, "c", &old, NULL), 0);
	pid = start_waiter(t->dir);
	assert_int_equal(state_dir_remove(&old, NULL), 0);
	assert_int_equal(state_dir_create(t->dir, "c", &d, NULL), 0);
	tree_put(t, "c/new", "", 0600);
	state_dir_close(&old);
	wait_until_blocked(pid);
	state_dir_close(&d);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void remove_spares_the_new_one(void **state)
{
	struct tree *t = *state;
	struct state_dir old = STATE_DIR_NONE, d = STATE_DIR_NONE;

	assert_int_equal(state_dir_create(t->dir, "c", &old, NULL), 0);
	assert_int_equal(unlinkat(t->fd, "c", AT_REMOVEDIR), 0);
	assert_int_equal(state_dir_create(t->dir, "c", &d, NULL), 0);
	tree_put(t, "c/new", "", 0600);
	assert_int_equal(state_dir_remove(&old, NULL), 0);
	assert_int_equal(faccessat(t->fd, "c/new", F_OK, 0), 0);
	state_dir_close(&old);
	state_dir_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		tree_test(dir_life),
		tree_test(dir_bad_names),
		tree_test(dir_symlinks_refused),
		tree_test(dir_remove_stays_inside),
		tree_test(list_is_sorted),
		tree_test(one_of_fifty_creates_wins),
		tree_test(creates_and_deletes_exclude_each_other),
		tree_test(waiter_sees_deletion),
		tree_test(waiter_gets_the_new_one),
		tree_test(remove_spares_the_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
