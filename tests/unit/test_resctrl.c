// SPDX-License-Identifier: Apache-2.0
/*
 * Groups of resctrl, on a tree of plain files that stands in for the file system: this takes a
 * processor that few have. In: plans. Out: directories and files. What the kernel puts into a new
 * group, the tests put there themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cgroup/resctrl.h"
#include "spec_patch.h"
#include "tree.h"

static const char *at(struct tree *t, const char *path)
{
	return arena_printf(t->a, "%s/%s", t->dir, path);
}

static const char *content(struct tree *t, const char *path)
{
	char *text;

	return file_read(t->a, t->fd, path, 4096, &text, NULL) < 0 ? NULL : text;
}

static bool is_there(struct tree *t, const char *path)
{
	return access(at(t, path), F_OK) == 0;
}

static kv_list lines(struct tree *t, const char *key, const char *value)
{
	kv_list list = {.v = arena_new_of(t->a, struct kv), .n = 1};

	list.v[0] = (struct kv){key, value};
	return list;
}

static struct plan_resctrl plan_of(struct tree *t, const char *class, bool shared)
{
	return (struct plan_resctrl){.mount = t->dir, .group = at(t, class), .shared = shared};
}

/* What the kernel has in a directory from the moment that it is made. */
static void fill_group(struct tree *t, const char *class)
{
	tree_put(t, arena_printf(t->a, "%s/schemata", class), "    L3:0=7ff;1=7ff\n    MB:0=100\n",
		0644);
	tree_put(t, arena_printf(t->a, "%s/tasks", class), "", 0644);
}

static void a_class_of_its_own(void **state)
{
	struct tree *t = *state;
	struct plan_resctrl plan = plan_of(t, "c1", false);
	struct strv missing, both = {0};
	struct err e = {0};

	plan.monitor = at(t, "c1/mon_groups/c1");
	assert_int_equal(resctrl_missing(t->a, &plan, &missing, &e), 0);
	assert_int_equal(missing.n, 2);
	assert_string_equal(missing.v[0], plan.group);
	assert_string_equal(missing.v[1], plan.monitor);
	assert_false(is_there(t, "c1"));

	/* Without the kernel there is no mon_groups: an error, and what was made can be removed. */
	assert_int_equal(resctrl_make(&missing, &e), -ENOENT);
	assert_string_equal(e.object, plan.monitor);
	assert_true(is_there(t, "c1"));
	assert_int_equal(resctrl_remove(&missing, true, NULL), 0);
	assert_false(is_there(t, "c1"));

	fill_group(t, "c1");
	tree_put(t, "c1/mon_groups/other/tasks", "", 0644);
	e = (struct err){0};
	assert_int_equal(resctrl_missing(t->a, &plan, &missing, &e), 0);
	assert_int_equal(missing.n, 1);
	assert_int_equal(resctrl_make(&missing, &e), 0);
	tree_put(t, "c1/mon_groups/c1/tasks", "", 0644);
	strv_add(t->a, &both, plan.group);
	strv_add(t->a, &both, plan.monitor);
	assert_int_equal(resctrl_join(&both, 4711, &e), 0);
	assert_string_equal(content(t, "c1/tasks"), "4711");
	assert_string_equal(content(t, "c1/mon_groups/c1/tasks"), "4711");
	/* Whoever gives up takes away only what nobody uses by then. */
	assert_int_equal(resctrl_remove(&missing, true, &e), 0);
	assert_true(is_there(t, "c1/mon_groups/c1"));
	assert_int_equal(resctrl_remove(&missing, false, &e), -ENOTEMPTY);
	assert_string_equal(e.object, plan.monitor);
	/* What somebody else has removed is gone. */
	missing.v[0] = at(t, "gone");
	e = (struct err){0};
	assert_int_equal(resctrl_remove(&missing, false, &e), 0);
}

/* A pipe keeps every write, which a plain file does not. */
static const char *written(struct tree *t, const struct plan_resctrl *plan, bool made)
{
	const char *path = arena_printf(t->a, "%s/schemata", plan->group);
	struct strv missing = {0};
	struct err e = {0};
	char *text = arena_alloc(t->a, 256);
	ssize_t n;
	int fd;

	if (made)
		strv_add(t->a, &missing, plan->group);
	assert_int_equal(mkdir(plan->group, 0755), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(resctrl_fill(plan, &missing, &e), 0);
	n = read(fd, text, 255);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

/* config-linux.md: schemata after the two others; and nothing where none is set. */
static void lines_in_their_order(void **state)
{
	struct tree *t = *state;
	struct plan_resctrl plan = plan_of(t, "new", true), bare = plan_of(t, "bare", false);

	plan.schemas = lines(t, "linux.intelRdt.memBwSchema", "MB:0=20");
	plan.schemata = lines(t, "linux.intelRdt.schemata[0]", "L2:0=3");
	assert_string_equal(written(t, &plan, true), "MB:0=20\nL2:0=3\n");
	/* One that was there has what was compared. */
	plan.group = at(t, "old");
	assert_string_equal(written(t, &plan, false), "L2:0=3\n");
	/* The container's own, left from a crash, is no one else's. */
	plan.group = at(t, "left");
	plan.shared = false;
	assert_string_equal(written(t, &plan, false), "MB:0=20\nL2:0=3\n");
	assert_string_equal(written(t, &bare, true), "");
}

static int look(struct tree *t, struct plan_resctrl *plan, const char *line, struct err *e)
{
	struct strv missing;

	*e = (struct err){0};
	plan->schemas = lines(t, "linux.intelRdt.l3CacheSchema", line);
	return resctrl_missing(t->a, plan, &missing, e);
}

static void a_class_that_is_there(void **state)
{
	static const char *const same[] = {"L3:0=7ff;1=7ff", "L3:1=07FF", "L3:0=0x7ff;", "MB:0=100",
		"MB: 0 = 100 ", "L3:1=7ff;0=7ff"};
	static const char *const other[] = {"L3:0=7fe", "L3:2=7ff", "MB:0=10", "MB:0=1000",
		"L2:0=1", "L3CODE:0=7ff", "L3:0", "L3", "MB:0=100;1=100"};
	struct tree *t = *state;
	struct plan_resctrl plan = plan_of(t, "gold", true);
	struct err e;

	fill_group(t, "gold");
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (look(t, &plan, same[i], &e) != 0)
			fail_msg("%s: %s", same[i], e.msg);
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		if (look(t, &plan, other[i], &e) != -EEXIST)
			fail_msg("%s passes for what is there", other[i]);
		assert_int_equal(e.code, ERR_CONFIG_CONFLICT);
		assert_string_equal(e.object, "linux.intelRdt.l3CacheSchema");
	}
	/* A class that is the container's own is overwritten. */
	plan.shared = false;
	assert_int_equal(look(t, &plan, "L3:0=1", &e), 0);
}

static void a_class_by_name_alone(void **state)
{
	struct tree *t = *state;
	struct plan_resctrl plan = plan_of(t, "gold", true);
	struct strv missing;
	struct err e = {0};

	assert_int_equal(resctrl_missing(t->a, &plan, &missing, &e), -ENOENT);
	assert_string_equal(e.object, "linux.intelRdt.closID");
	fill_group(t, "gold");
	assert_int_equal(resctrl_missing(t->a, &plan, &missing, NULL), 0);
	assert_int_equal(missing.n, 0);
	/* A file of the kernel's is no class. */
	plan.group = at(t, "gold/tasks");
	assert_int_equal(resctrl_missing(t->a, &plan, &missing, NULL), -ENOTDIR);
}

static void a_line_that_is_refused(void **state)
{
	struct tree *t = *state;
	kv_list list = lines(t, "--mem-bw-schema", "MB:7=1");
	struct err e = {0};

	/* No schemata, as where the processor only counts. */
	tree_put(t, "gold/tasks", "", 0644);
	tree_put(t, "info/last_cmd_status", "Unknown or unsupported resource name 'MB'\n", 0644);
	assert_int_equal(resctrl_write(at(t, "gold"), &list, &e), -ENOENT);
	assert_string_equal(e.object, "--mem-bw-schema");
	assert_contains(e.msg, "Unknown or unsupported resource name 'MB': no such file");
	tree_put(t, "info/last_cmd_status", "ok\n", 0644);
	e = (struct err){0};
	assert_int_equal(resctrl_write(t->dir, &list, &e), -ENOENT);
	assert_null(strstr(e.msg, "ok"));
	assert_int_equal(resctrl_write(at(t, "none"), &list, NULL), -ENOENT);
}

static void what_is_in_force(void **state)
{
	struct tree *t = *state;
	kv_list list = lines(t, "--mem-bw-schema", "MB:0=30"), before;
	struct err e = {0};

	fill_group(t, "gold");
	assert_int_equal(resctrl_read(t->a, at(t, "gold"), &list, &before, &e), 0);
	assert_int_equal(before.n, 1);
	assert_string_equal(before.v[0].value, "MB:0=100");
	list = lines(t, "--l3-cache-schema", "L3CODE:0=1");
	assert_int_equal(resctrl_read(t->a, at(t, "gold"), &list, &before, &e), 0);
	assert_int_equal(before.n, 0);
	assert_int_equal(resctrl_read(t->a, at(t, "none"), &list, &before, NULL), -ENOENT);
}

static void one_at_a_time(void **state)
{
	struct tree *t = *state;
	int fd = resctrl_lock(t->dir, NULL), other = open(t->dir, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && other >= 0);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	close(fd);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
	assert_int_equal(resctrl_lock(at(t, "none"), NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_class_of_its_own),
		tree_test(lines_in_their_order),
		tree_test(a_class_that_is_there),
		tree_test(a_class_by_name_alone),
		tree_test(a_line_that_is_refused),
		tree_test(what_is_in_force),
		tree_test(one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
