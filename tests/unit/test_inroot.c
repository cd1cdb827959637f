// SPDX-License-Identifier: Apache-2.0
/*
 * kernel/inroot.h against hostile trees. The root is ROOT/in; what it must never reach or make lies
 * beside it, and in the real root of the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/inroot.h"
#include "tree.h"

struct roots {
	struct tree *t;
	int in; /* the root */
};

static struct roots roots_of(void **state)
{
	struct roots r = {.t = *state};

	tree_put(r.t, "out/secret", "secret", 0644);
	tree_put(r.t, "in/etc/hostname", "inside", 0644);
	tree_put(r.t, "in/dir/file", "file", 0644);
	r.in = openat(r.t->fd, "in", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(r.in >= 0);
	return r;
}

static bool exists(struct tree *t, const char *path)
{
	struct stat st;

	return fstatat(t->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_same(int fd, struct tree *t, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(t->fd, path, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Links of the image, what is asked for, and what that may be: NULL = nothing. */
static const struct {
	const char *link, *target, *path, *result;
} links[] = {
	{"abs", "/etc/hostname", "/abs", "in/etc/hostname"},
	{"rel", "etc/hostname", "rel", "in/etc/hostname"},
	{"up", "../../../../etc/hostname", "/up", "in/etc/hostname"},
	{"out", "../out/secret", "/out", NULL},
	{"dir/out", "../../out/secret", "/dir/out", NULL},
	{"slash", "/", "/slash/etc/hostname", "in/etc/hostname"},
	{"dots", "../..", "/dots/etc/hostname", "in/etc/hostname"},
	{"a", "b", "/b", NULL},
	{"loop", "loop", "/loop", NULL},
	{"chain", "abs", "/chain", "in/etc/hostname"},
	{"etc2", "etc", "/etc2/../etc/hostname", "in/etc/hostname"},
	{"etc3", "/dir", "/etc3/../etc/hostname", "in/etc/hostname"},
	{"nothing", "/nowhere", "/nothing", NULL},
};

static void open_links(void **state)
{
	struct roots r = roots_of(state);

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		tree_link(r.t, arena_printf(r.t->a, "in/%s", links[i].link), links[i].target);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		int fd = inroot_open(r.in, links[i].path, O_PATH, 0);

		if (links[i].result && (fd < 0 || !is_same(fd, r.t, links[i].result)))
			fail_msg("%s: %d", links[i].path, fd);
		if (!links[i].result)
			assert_true(fd == -ENOENT || fd == -ELOOP);
		if (fd >= 0)
			close(fd);
		fd = inroot_open_nofollow(
			r.in, arena_printf(r.t->a, "/%s", links[i].link), O_PATH, 0);
		assert_true(fd >= 0);
		assert_true(is_same(fd, r.t, arena_printf(r.t->a, "in/%s", links[i].link)));
		close(fd);
		fd = inroot_open_nofollow(
			r.in, arena_printf(r.t->a, "/%s", links[i].link), O_RDONLY, 0);
		assert_int_equal(fd, -ELOOP);
	}
	close(r.in);
}

static void open_paths(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{"", 0},
		{"/", 0},
		{"..", 0},
		{"/../../../..", 0},
		{"dir/../../../etc/hostname", 0},
		{"/../out/secret", -ENOENT},
		{"../out/secret", -ENOENT},
		{"dir/file/x", -ENOTDIR},
		{"dir/file/", -ENOTDIR},
		{"//etc///hostname", 0},
		{"./etc/./hostname", 0},
	};
	struct roots r = roots_of(state);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = inroot_open(r.in, cases[i].path, O_PATH, 0);

		if (cases[i].error ? fd != cases[i].error : fd < 0)
			fail_msg("%s: %d", cases[i].path, fd);
		if (fd < 0)
			continue;
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_true(
			is_same(fd, r.t, strstr(cases[i].path, "host") ? "in/etc/hostname" : "in"));
		close(fd);
	}
	close(r.in);
}

/* /proc/self/root, /proc/self/fd/N: by such a link the host would be one open away. */
static void magic_links(void **state)
{
	static const char *const paths[] = {"self/root", "self/cwd", "self/fd/0", "self/exe",
		"self/root/etc", "thread-self/root", "self/ns/user"};
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(proc >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(inroot_open(proc, paths[i], O_PATH, 0), -ELOOP);
		assert_true(inroot_mkdirs(proc, paths[i], 0755) < 0);
		assert_true(inroot_target(proc, paths[i], false, 0644) < 0);
	}
	close(proc);
}

/* What is asked for, with the links below; where it must be afterwards; nothing may be outside. */
static const struct {
	const char *path, *made;
	int error;
} dirs[] = {
	{"/", "in", 0},
	{"new", "in/new", 0},
	{"/new/../new/deep/er", "in/new/deep/er", 0},
	{"/abs/x", "in/made/abs/x", 0},
	{"/rel/y", "in/dir/made/y", 0},
	{"/up/z", "in/made/up/z", 0},
	{"/escape/out/evil", "in/out/evil", 0},
	{"/chain/q", "in/made/abs/q", 0},
	{"/../../above", "in/above", 0},
	{"/n1/../../n2", "in/n2", 0},
	{"/dir/file/x", NULL, -ENOTDIR},
	{"/dir/file", NULL, -ENOTDIR},
	{"/tofile", NULL, -ENOTDIR},
	{"/loop/x", NULL, -ELOOP},
	{"/ping/x", NULL, -ELOOP},
};

static void mkdirs(void **state)
{
	struct roots r = roots_of(state);

	tree_link(r.t, "in/abs", "/made/abs");
	tree_link(r.t, "in/rel", "dir/made");
	tree_link(r.t, "in/up", "../../../made/up");
	tree_link(r.t, "in/escape", "../..");
	tree_link(r.t, "in/chain", "abs");
	tree_link(r.t, "in/tofile", "/dir/file");
	tree_link(r.t, "in/loop", "loop");
	tree_link(r.t, "in/ping", "/pong");
	tree_link(r.t, "in/pong", "ping");
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		int fd = inroot_mkdirs(r.in, dirs[i].path, 0750);

		if (dirs[i].error ? fd != dirs[i].error : fd < 0 || !is_same(fd, r.t, dirs[i].made))
			fail_msg("%s: %d", dirs[i].path, fd);
		if (fd >= 0)
			close(fd);
	}
	assert_false(exists(r.t, "out/evil"));
	assert_false(exists(r.t, "above"));
	assert_false(exists(r.t, "made"));
	assert_false(exists(r.t, "n2"));
	close(r.in);
}

static void long_names(void **state)
{
	struct roots r = roots_of(state);
	char name[NAME_MAX + 2], path[2 * PATH_MAX];
	char small[4];
	int fd;

	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = '\0';
	assert_int_equal(inroot_mkdirs(r.in, name, 0755), -ENAMETOOLONG);
	assert_int_equal(inroot_target(r.in, name, false, 0644), -ENAMETOOLONG);
	snprintf(path, sizeof(path), "a/%s/b", name);
	assert_int_equal(inroot_mkdirs(r.in, path, 0755), -ENAMETOOLONG);
	name[NAME_MAX] = '\0';
	fd = inroot_mkdirs(r.in, name, 0755);
	assert_true(fd >= 0);
	close(fd);
	memset(path, 'p', sizeof(path));
	for (size_t i = 0; i < sizeof(path); i += 100)
		path[i] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(inroot_mkdirs(r.in, path, 0755), -ENAMETOOLONG);
	assert_int_equal(inroot_target(r.in, path, false, 0644), -ENAMETOOLONG);
	assert_int_equal(inroot_open(r.in, path, O_PATH, 0), -ENAMETOOLONG);
	assert_int_equal(inroot_parent(r.in, "/dir/long", small, sizeof(small)), -ENAMETOOLONG);
	/* Two links that are short each, and too long together. */
	path[PATH_MAX - 100] = '\0';
	tree_link(r.t, "in/first", path);
	snprintf(path, sizeof(path), "first/%0200d", 1);
	assert_true(inroot_mkdirs(r.in, path, 0755) < 0);
	close(r.in);
}

static void parents(void **state)
{
	static const struct {
		const char *path, *dir, *name;
		int error;
	} cases[] = {
		{"/dir/file", "in/dir", "file", 0},
		{"top", "in", "top", 0},
		{"/dir/new/", "in/dir", "new", 0},
		{"/made/for/it", "in/made/for", "it", 0},
		{"/link/it", "in/dir", "it", 0},
		{"/", NULL, NULL, -EINVAL},
		{"", NULL, NULL, -EINVAL},
		{"///", NULL, NULL, -EINVAL},
		{"..", NULL, NULL, -EINVAL},
		{"/dir/..", NULL, NULL, -EINVAL},
		{"/dir/../", NULL, NULL, -EINVAL},
		{"/dir/file/x", NULL, NULL, -ENOTDIR},
		{"/out/x", "in/nowhere", "x", 0},
	};
	struct roots r = roots_of(state);

	tree_link(r.t, "in/link", "/dir");
	tree_link(r.t, "in/out", "../../nowhere");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[NAME_MAX + 1] = "untouched";
		int fd = inroot_parent(r.in, cases[i].path, name, sizeof(name));

		if (cases[i].error ? fd != cases[i].error : fd < 0)
			fail_msg("%s: %d", cases[i].path, fd);
		if (fd < 0)
			continue;
		assert_true(is_same(fd, r.t, cases[i].dir));
		assert_string_equal(name, cases[i].name);
		close(fd);
	}
	close(r.in);
}

/* Mount targets: made where nothing is, inside whatever a dangling link says. */
static const struct {
	const char *path;
	bool dir;
	const char *made;
	int error;
} targets[] = {
	{"/dir/file", false, "in/dir/file", 0},
	{"/dir/file", true, "in/dir/file", 0}, /* the mount will say what it thinks of it */
	{"/dir", false, "in/dir", 0},
	{"/fresh/file", false, "in/fresh/file", 0},
	{"/fresh/dir", true, "in/fresh/dir", 0},
	{"/dangle-abs", false, "in/made/abs", 0},
	{"/dangle-rel", false, "in/made/rel", 0},
	{"/dangle-out", false, "in/out2/secret", 0},
	{"/dir/dangle-up", false, "in/made/up", 0},
	{"/dangle-dir", true, "in/made/dir", 0},
	{"/via/dangle", false, "in/dir/there", 0},
	{"/loop", false, NULL, -ELOOP},
	{"/loop", true, NULL, -ELOOP},
	{"/ping", false, NULL, -ELOOP},
	{"/dir/file/x", false, NULL, -ENOTDIR},
	{"/", true, "in", 0},
};

static void mount_targets(void **state)
{
	struct roots r = roots_of(state);

	tree_link(r.t, "in/dangle-abs", "/made/abs");
	tree_link(r.t, "in/dangle-rel", "made/rel");
	tree_link(r.t, "in/dangle-out", "../../out2/secret");
	tree_link(r.t, "in/dir/dangle-up", "../made/up");
	tree_link(r.t, "in/dangle-dir", "/made/dir");
	tree_link(r.t, "in/via", "/dir");
	tree_link(r.t, "in/dir/dangle", "there");
	tree_link(r.t, "in/loop", "loop");
	tree_link(r.t, "in/ping", "pong");
	tree_link(r.t, "in/pong", "/ping");
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		int fd = inroot_target(r.in, targets[i].path, targets[i].dir, 0640);
		struct stat st;

		if (targets[i].error ? fd != targets[i].error
				     : fd < 0 || !is_same(fd, r.t, targets[i].made))
			fail_msg("%s: %d", targets[i].path, fd);
		if (fd < 0)
			continue;
		assert_int_equal(fstat(fd, &st), 0);
		assert_false(S_ISLNK(st.st_mode));
		assert_true(fcntl(fd, F_GETFL) & O_PATH);
		close(fd);
	}
	assert_false(exists(r.t, "out2"));
	assert_false(exists(r.t, "made"));
	close(r.in);
}

/* Somebody exchanges a directory for a link to the outside, all the time. */
static pid_t start_attacker(struct tree *t)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_renameat2, t->fd, "in/flip", t->fd, "in/flop",
				2 /* RENAME_EXCHANGE */);
	}
	assert_true(pid > 0);
	return pid;
}

static void races(void **state)
{
	struct roots r = roots_of(state);
	pid_t pid;

	tree_put(r.t, "in/flip/secret", "inside", 0644);
	tree_link(r.t, "in/flop", "../../../out");
	pid = start_attacker(r.t);
	for (int i = 0; i < 3000; i++) {
		char path[64];
		int fd = inroot_open(r.in, "/flip/secret", O_PATH, 0);

		if (fd >= 0) {
			assert_false(is_same(fd, r.t, "out/secret"));
			close(fd);
		}
		snprintf(path, sizeof(path), "/flip/made-%d/x", i);
		fd = i % 2 ? inroot_mkdirs(r.in, path, 0755)
			   : inroot_target(r.in, path, false, 0644);
		if (fd >= 0)
			close(fd);
		snprintf(path, sizeof(path), "out/made-%d", i);
		assert_false(exists(r.t, path));
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(r.in);
}

/* Several creates may make the same mount point in a shared root. */
static void at_the_same_time(void **state)
{
	struct roots r = roots_of(state);
	pid_t pids[4];

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (int k = 0; k < 200; k++) {
				char path[64];

				snprintf(path, sizeof(path), "/shared/%d/a/b", k);
				if (inroot_target(r.in, path, k % 2, 0755) < 0)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	close(r.in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(open_links),
		tree_test(open_paths),
		cmocka_unit_test(magic_links),
		tree_test(mkdirs),
		tree_test(long_names),
		tree_test(parents),
		tree_test(mount_targets),
		tree_test(races),
		tree_test(at_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
