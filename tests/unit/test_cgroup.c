// SPDX-License-Identifier: Apache-2.0
/*
 * Cgroups as far as they are files: reading, listing, removing, writing what a plan says, in a
 * directory that looks like one; where systemd would be asked. What the kernel does with it is in
 * tests/bats/root/cgroup.bats and tests/session/cgroup.bats.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

/* after those that it needs */
#include <cmocka.h>

#include "cgroup/cgroup.h"
#include "host/bus.h"
#include "tree.h"

static void keys(void **state)
{
	struct tree *t = *state;
	uint64_t n = 7;

	tree_put(t, "cgroup.events", "populated 1\nfrozen 0\nfrozen_count 5\n", 0644);
	assert_int_equal(cgroup_file_key(t->fd, "cgroup.events", "populated", &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(cgroup_file_key(t->fd, "cgroup.events", "frozen", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(cgroup_file_key(t->fd, "cgroup.events", "froz", &n), -ENOENT);
	assert_int_equal(cgroup_file_key(t->fd, "none", "frozen", &n), -ENOENT);
	assert_int_equal(cgroup_text_key("a 1\nlast 18446744073709551615", "last", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(cgroup_text_key("a 118446744073709551615\n", "a", &n), -ERANGE);
	assert_int_equal(cgroup_text_key("a 1118446744073709551615111111111\n", "a", &n), -ERANGE);
	assert_int_equal(cgroup_text_key("a max\n", "a", &n), -EINVAL);
	assert_int_equal(cgroup_text_key("", "a", &n), -ENOENT);
}

static void pids(void **state)
{
	struct tree *t = *state;
	cgroup_pid_list list;

	tree_put(t, "cgroup.procs", "30\n0\n7\n", 0644);
	tree_put(t, "a/cgroup.procs", "", 0644);
	tree_put(t, "a/b/cgroup.procs", "12\n", 0644);
	assert_int_equal(cgroup_file_pids(t->a, t->fd, false, &list), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0], 30);
	assert_int_equal(list.v[1], 7);
	assert_int_equal(cgroup_file_pids(t->a, t->fd, true, &list), 0);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.v[2], 12);
}

/* Deeper than any recursion should go, and with no more descriptors than two. */
static void remove_deep(void **state)
{
	struct tree *t = *state;
	int at = openat(t->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(mkdirat(at, "top", 0755), 0);
	assert_int_equal(mkdirat(at, "top/side", 0755), 0);
	for (int i = 0; i < 300; i++) {
		int next = openat(at, i ? "d" : "top", O_PATH | O_DIRECTORY | O_CLOEXEC);

		close(at);
		at = next;
		assert_int_equal(mkdirat(at, "d", 0755), 0);
	}
	close(at);
	assert_int_equal(cgroup_remove_tree(t->fd, "top"), 0);
	assert_int_equal(faccessat(t->fd, "top", F_OK, 0), -1);
	assert_int_equal(cgroup_remove_tree(t->fd, "top"), 0);
}

static char *content(struct tree *t, const char *path)
{
	char *text;

	assert_int_equal(cgroup_file_read(t->a, t->fd, path, &text), 0);
	return text;
}

static void apply_by_hierarchy(void **state)
{
	struct tree *t = *state;
	struct kv places[] = {{"cpu,cpuacct", arena_printf(t->a, "%s/cpu", t->dir)},
		{"memory", arena_printf(t->a, "%s/memory", t->dir)},
		{"gone", arena_printf(t->a, "%s/gone", t->dir)}};
	struct plan_cgroup_write writes[] = {
		{"memory", "memory.limit_in_bytes", "4096", "linux.resources.memory.limit", 0},
		{"cpuacct", "cpuacct.x", "1", "linux.resources.cpu", 0},
		{"memory", "memory.none", "1", "linux.resources.memory.x", PLAN_WRITE_OPTIONAL},
	};
	struct plan_cgroup plan = {.writes = {writes, ARRAY_SIZE(writes)}};
	const kv_list list = {places, ARRAY_SIZE(places)};
	auto_cgroup struct cgroup c = {0};
	struct err e = {0};

	tree_put(t, "cpu/cpuacct.x", "", 0644);
	tree_put(t, "memory/memory.limit_in_bytes", "", 0644);
	assert_int_equal(cgroup_open(t->a, &list, &c, &e), 0);
	assert_false(cgroup_is_unified(&c));
	assert_int_equal(cgroup_dir_for(&c, "gone"), -ENOENT);
	assert_int_equal(cgroup_dir_for(&c, "cpua"), -ENOENT);
	assert_int_equal(cgroup_apply(&c, &plan, &e), 0);
	assert_string_equal(content(t, "memory/memory.limit_in_bytes"), "4096");
	assert_string_equal(content(t, "cpu/cpuacct.x"), "1");
	writes[2].flags = 0;
	assert_int_equal(cgroup_apply(&c, &plan, &e), -ENOENT);
	assert_int_equal(e.code, ERR_HOST_CGROUP);
	assert_string_equal(e.object, "linux.resources.memory.x");
}

static void bus_of_a_user(void **state)
{
	struct tree *t = *state;
	struct id_extent map = {0, 1000, 1};
	struct facts f = {.euid = 0, .uid_map = {&map, 1}};

	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	unsetenv("XDG_RUNTIME_DIR");
	bus_find(t->a, t->fd, &f);
	assert_string_equal(
		f.bus, "unix:path=/run/user/1000/bus;unix:path=/run/user/1000/systemd/private");
	assert_false(f.systemd);
	setenv("XDG_RUNTIME_DIR", "/run/x", 1);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:abstract=a", 1);
	tree_put(t, "run/x/systemd/private", "", 0644);
	bus_find(t->a, t->fd, &f);
	assert_string_equal(
		f.bus, "unix:abstract=a;unix:path=/run/x/bus;unix:path=/run/x/systemd/private");
	assert_true(f.systemd);
}

static void bus_of_root(void **state)
{
	struct tree *t = *state;
	struct facts f = {.euid = 0, .initial_userns = true};

	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	bus_find(t->a, t->fd, &f);
	assert_string_equal(
		f.bus, "unix:path=/run/dbus/system_bus_socket;unix:path=/run/systemd/private");
	assert_false(f.systemd);
	tree_put(t, "run/systemd/system/x", "", 0644);
	bus_find(t->a, t->fd, &f);
	assert_true(f.systemd);
}

/* systemd takes a scope away when its last process has ended, while its directory is open here. */
static void gone_while_it_is_open(void **state)
{
	struct tree *t = *state;
	struct cgroup_dir dir = {.controllers = "", .path = "/gone", .fd = -1};
	struct cgroup c = {.dirs = {&dir, 1}};
	cgroup_pid_list list;
	struct err e = {0};

	assert_int_equal(mkdirat(t->fd, "gone", 0755), 0);
	dir.fd = openat(t->fd, "gone", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir.fd >= 0);
	assert_int_equal(unlinkat(t->fd, "gone", AT_REMOVEDIR), 0);
	assert_int_equal(cgroup_kill(&c, &e), 0);
	assert_int_equal(cgroup_signal(&c, SIGTERM, &e), 0);
	assert_int_equal(cgroup_pids(t->a, &c, &list, &e), 0);
	assert_int_equal(list.n, 0);
	assert_false(err_is_set(&e));
	close(dir.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(keys),
		tree_test(pids),
		tree_test(remove_deep),
		tree_test(apply_by_hierarchy),
		tree_test(gone_while_it_is_open),
		tree_test(bus_of_a_user),
		tree_test(bus_of_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
