// SPDX-License-Identifier: Apache-2.0
/*
 * What the flags of a write leave to the kernel's answer, limits as they are, and numbers of
 * statistics: on a directory of plain files. In: a tree. Out: its files, JSON. What only a kernel
 * says (EINVAL, EBUSY) has its tests in tests/bats/root/limits.bats.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "cgroup/limits.h"
#include "cgroup/stats.h"
#include "spec_patch.h"
#include "tree.h"

static struct cgroup cgroup_of(struct tree *t)
{
	struct cgroup cg = {0};

	cg.dirs.v = arena_new_of(t->a, struct cgroup_dir);
	cg.dirs.v[0] = (struct cgroup_dir){.controllers = "", .path = t->dir, .fd = t->fd};
	cg.dirs.n = 1;
	return cg;
}

static const char *content(struct tree *t, const char *file)
{
	char *text;

	return file_read(t->a, t->fd, file, 4096, &text, NULL) < 0 ? NULL : text;
}

static int apply(struct tree *t, struct plan_cgroup_write *writes, size_t n, struct err *e)
{
	struct cgroup cg = cgroup_of(t);
	struct plan_cgroup plan = {.unified = true, .writes = {writes, n}};

	return cgroup_apply(&cg, &plan, e);
}

static void the_first_name_that_exists(void **state)
{
	struct plan_cgroup_write w[] = {
		{"io", "io.bfq.weight", "10", "linux.resources.blockIO.weight", 0},
		{"io", "io.weight", "1", "linux.resources.blockIO.weight", PLAN_WRITE_ELSE},
	};
	struct tree *t = *state;
	struct err e = {0};

	tree_put(t, "io.weight", "", 0600);
	assert_int_equal(apply(t, w, 2, &e), 0);
	assert_string_equal(content(t, "io.weight"), "1");
	tree_put(t, "io.weight", "", 0600);
	tree_put(t, "io.bfq.weight", "", 0600);
	assert_int_equal(apply(t, w, 2, &e), 0);
	assert_string_equal(content(t, "io.bfq.weight"), "10");
	assert_string_equal(content(t, "io.weight"), "");
}

static void neither_name_exists(void **state)
{
	struct plan_cgroup_write w[] = {
		{"io", "io.bfq.weight", "10", "linux.resources.blockIO.weight", 0},
		{"io", "io.weight", "1", "linux.resources.blockIO.weight", PLAN_WRITE_ELSE},
	};
	struct err e = {0};

	assert_int_equal(apply(*state, w, 2, &e), -ENOENT);
	assert_string_equal(e.object, "linux.resources.blockIO.weight");
	assert_contains(e.msg, "io.weight");
	assert_contains(e.fix, "controller");
}

static void optional_files(void **state)
{
	struct plan_cgroup_write w[] = {
		{"memory", "memory.swap.max", "0", "linux.resources.memory.swap",
			PLAN_WRITE_OPTIONAL},
		{"memory", "memory.max", "5", "linux.resources.memory.limit", 0},
	};
	struct tree *t = *state;
	struct err e = {0};

	tree_put(t, "memory.max", "", 0600);
	assert_int_equal(apply(t, w, 2, &e), 0);
	assert_string_equal(content(t, "memory.max"), "5");
	w[0].flags = 0;
	assert_int_equal(apply(t, w, 2, &e), -ENOENT);
	assert_string_equal(e.object, "linux.resources.memory.swap");
}

static void a_check_writes_nothing(void **state)
{
	struct plan_cgroup_write w[] = {
		{"memory", "memory.current", "100", "linux.resources.memory.limit",
			PLAN_WRITE_CHECK},
		{"memory", "memory.max", "100", "linux.resources.memory.limit", 0},
	};
	struct tree *t = *state;
	struct err e = {0};

	tree_put(t, "memory.current", "99\n", 0600);
	tree_put(t, "memory.max", "", 0600);
	assert_int_equal(apply(t, w, 2, &e), 0);
	assert_string_equal(content(t, "memory.current"), "99\n");
	assert_string_equal(content(t, "memory.max"), "100");
	tree_put(t, "memory.current", "100\n", 0600);
	tree_put(t, "memory.max", "", 0600);
	assert_true(apply(t, w, 2, &e) < 0);
	assert_contains(e.msg, "not above what is used, 100");
	assert_string_equal(content(t, "memory.max"), "");
}

/* ---------------------------------------------------------------- limits */

static const char *limits(struct tree *t, struct plan_cgroup_write w)
{
	auto_json_writer struct json_writer *out = json_writer_new(0);
	struct cgroup cg = cgroup_of(t);
	plan_cgroup_writes list = {&w, 1};

	w.json_path = "M";
	limits_write(out, &cg, &list);
	return arena_strdup(t->a, json_writer_text(out, NULL));
}

static void requested_and_effective(void **state)
{
	static const struct {
		const char *file, *text, *value, *want;
	} cases[] = {
		{"memory.max", "4096\n", "4096", "\"effective\":\"4096\"}]"},
		{"memory.max", "4096\n", "5000",
			"\"effective\":\"4096\",\"why\":\"the kernel counts in whole pages\"}]"},
		{"memory.max", "max\n", "5000", "\"effective\":\"max\",\"why\":\"it was changed"},
		{"io.weight", "default 50\n8:0 60\n", "50", "\"effective\":\"50\"}]"},
		{"io.weight", "default 50\n8:0 60\n", "8:0 60", "\"effective\":\"8:0 60\"}]"},
		{"io.max", "8:0 rbps=1 wbps=max\n8:16 rbps=2\n", "8:0 rbps=1",
			"\"effective\":\"8:0 rbps=1 wbps=max\"}]"},
		{"io.max", "8:0 rbps=1 wbps=max\n", "8:0 rbps=2",
			"\"effective\":\"8:0 rbps=1 wbps=max\",\"why\":\"the kernel does not"},
		{"io.max", "", "8:0 rbps=2", "\"requested\":\"8:0 rbps=2\",\"why\":"},
		{"cpu.max", "5000 10000\n", "5000 10000", "\"effective\":\"5000 10000\"}]"},
		{"memory.limit_in_bytes", "9223372036854771712\n", "-1",
			"\"effective\":\"9223372036854771712\"}]"},
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tree_put(t, cases[i].file, cases[i].text, 0600);
		assert_contains(limits(t, (struct plan_cgroup_write){"memory", cases[i].file,
						  cases[i].value, NULL, 0}),
			cases[i].want);
	}
	assert_contains(limits(t, (struct plan_cgroup_write){"pids", "pids.max", "5", NULL, 0}),
		"\"why\":\"there is no such file for this container\"");
}

static void what_is_no_limit(void **state)
{
	struct plan_cgroup_write w[] = {
		{"memory", "memory.current", "1", "M", PLAN_WRITE_CHECK},
		{"devices", "devices.deny", "a", "M", 0},
	};
	plan_cgroup_writes list = {w, 2};

	assert_false(limits_any(&list));
	assert_string_equal(limits(*state, w[0]), "[]");
}

/* ---------------------------------------------------------------- statistics */

static void statistics(void **state)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);
	struct tree *t = *state;
	struct cgroup cg = cgroup_of(t);
	const char *text;

	tree_put(t, "cpu.stat",
		"usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 5\nnr_throttled 4\n"
		"throttled_usec 3\n",
		0600);
	tree_put(t, "cpu.pressure", "some avg10=0.12 avg60=1.00 avg300=10.50 total=77\n", 0600);
	tree_put(t, "memory.current", "100\n", 0600);
	tree_put(t, "memory.max", "max\n", 0600);
	tree_put(t, "memory.swap.current", "11\n", 0600);
	tree_put(t, "memory.swap.max", "5\n", 0600);
	tree_put(t, "memory.stat", "anon 1\nfile 60\nkernel 7\n", 0600);
	tree_put(t, "memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n", 0600);
	tree_put(t, "pids.current", "3\n", 0600);
	tree_put(t, "pids.max", "max\n", 0600);
	tree_put(t, "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4\n", 0600);
	tree_put(t, "cpuset.cpus.effective", "0-2,4\n", 0600);
	tree_put(t, "hugetlb.2MB.current", "2097152\n", 0600);
	tree_put(t, "hugetlb.2MB.events", "max 6\n", 0600);
	cgroup_stats_write(w, &cg);
	text = json_writer_text(w, NULL);
	parse(t->a, text);
	assert_contains(text, "\"usage\":{\"total\":30000,\"kernel\":10000,\"user\":20000}");
	assert_contains(text, "\"throttling\":{\"periods\":5,\"throttledPeriods\":4,"
			      "\"throttledTime\":3000}");
	assert_contains(text, "\"psi\":{\"some\":{\"avg10\":0.12,\"avg60\":1.00,\"avg300\":10.50,"
			      "\"total\":77}}");
	assert_contains(text, "\"cpus\":[0,1,2,4]");
	assert_contains(text,
		"\"cache\":60,\"usage\":{\"limit\":18446744073709551615,\"usage\":100,"
		"\"failcnt\":9}");
	assert_contains(text, "\"swap\":{\"limit\":18446744073709551615,\"usage\":111,");
	assert_contains(text, "\"raw\":{\"anon\":1,\"file\":60,\"kernel\":7}");
	assert_contains(text, "\"pids\":{\"current\":3}");
	assert_contains(text, "\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":"
			      "1},{\"major\":8,\"op\":\"Write\",\"value\":2}]");
	assert_contains(text, "\"hugetlb\":{\"2MB\":{\"usage\":2097152,\"failcnt\":6}}");
	assert_contains(text, "\"network_interfaces\":null}");
}

/* A cgroup that is gone, or has no controller: the same keys, and valid JSON. */
static void statistics_of_nothing(void **state)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);
	struct tree *t = *state;
	struct cgroup cg = cgroup_of(t);
	struct json *v;

	cgroup_stats_write(w, &cg);
	v = parse(t->a, json_writer_text(w, NULL));
	assert_non_null(json_get(json_get(json_get(v, "memory"), "usage"), "limit"));
	assert_non_null(json_get(v, "cpu"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(the_first_name_that_exists),
		tree_test(neither_name_exists),
		tree_test(optional_files),
		tree_test(a_check_writes_nothing),
		tree_test(requested_and_effective),
		tree_test(what_is_no_limit),
		tree_test(statistics),
		tree_test(statistics_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
