// SPDX-License-Identifier: Apache-2.0
/* Resources for update: read by themselves, joined with those of before, written and read again. */
#include "spec/resources.h"
#include "spec_patch.h"

static struct spec_resources *read_text(struct arena *a, const char *json)
{
	struct spec_resources *r = NULL;
	struct err e = {0};

	if (resources_parse(a, "test", json, strlen(json), &r, &e) < 0)
		fail_msg("%s: %s", json, e.msg);
	return r;
}

static const struct {
	const char *old, *change, *want;
} merges[] = {
	{"{}", "{}", "{}"},
	{"{\"pids\": {\"limit\": 5}}", "{}", "{\"pids\":{\"limit\":5}}"},
	{"{\"pids\": {\"limit\": 5}}", "{\"memory\": {\"limit\": 7}}",
		"{\"memory\":{\"limit\":7},\"pids\":{\"limit\":5}}"},
	/* What Go sends for "not meant", and where it is meant. */
	{"{\"memory\": {\"limit\": 7}, \"cpu\": {\"shares\": 3, \"cpus\": \"0\"}}",
		"{\"memory\": {\"limit\": 0, \"swap\": 0}, \"cpu\": {\"shares\": 0, \"quota\": 0, "
		"\"cpus\": \"\"}}",
		"{\"memory\":{\"limit\":7},\"cpu\":{\"shares\":3,\"cpus\":\"0\"}}"},
	{"{\"pids\": {\"limit\": 5}, \"cpu\": {\"idle\": 1, \"burst\": 4}, \"memory\": "
	 "{\"swappiness\": 9}}",
		"{\"pids\": {\"limit\": 0}, \"cpu\": {\"idle\": 0, \"burst\": 0}, \"memory\": "
		"{\"swappiness\": 0}}",
		"{\"memory\":{\"swappiness\":0},\"cpu\":{\"burst\":0,\"idle\":0},\"pids\":{"
		"\"limit\":0}}"},
	{"{\"unified\": {\"a.b\": \"1\", \"c.d\": \"2\"}}",
		"{\"unified\": {\"c.d\": \"3\", \"e.f\": \"4\"}}",
		"{\"unified\":{\"a.b\":\"1\",\"c.d\":\"3\",\"e.f\":\"4\"}}"},
	/* A list replaces a list. */
	{"{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 1}]}",
		"{\"hugepageLimits\": [{\"pageSize\": \"1GB\", \"limit\": 2}]}",
		"{\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":2}]}"},
	{"{\"rdma\": {\"x\": {\"hcaHandles\": 1}}}", "{}", "{\"rdma\":{\"x\":{\"hcaHandles\":1}}}"},
	/* Memory and swap: the amount of swap stays. */
	{"{\"memory\": {\"limit\": 100, \"swap\": 150}}", "{\"memory\": {\"limit\": 300}}",
		"{\"memory\":{\"limit\":300,\"swap\":350}}"},
	{"{\"memory\": {\"limit\": 100, \"swap\": 150}}",
		"{\"memory\": {\"limit\": 300, \"swap\": 301}}",
		"{\"memory\":{\"limit\":300,\"swap\":301}}"},
	{"{\"memory\": {\"limit\": 100, \"swap\": -1}}", "{\"memory\": {\"limit\": 300}}",
		"{\"memory\":{\"limit\":300,\"swap\":-1}}"},
	{"{\"memory\": {\"limit\": 100, \"swap\": 150}}", "{\"memory\": {\"limit\": -1}}",
		"{\"memory\":{\"limit\":-1,\"swap\":-1}}"},
	{"{\"memory\": {\"limit\": 1, \"swap\": 9223372036854775807}}",
		"{\"memory\": {\"limit\": 300}}",
		"{\"memory\":{\"limit\":300,\"swap\":9223372036854775807}}"},
	{"{\"memory\": {\"limit\": -1, \"swap\": 200}}", "{\"memory\": {\"limit\": 300}}",
		"{\"memory\":{\"limit\":300}}"},
};

static void merged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(merges); i++) {
		auto_arena struct arena *a = arena_new();
		const struct spec_resources *old = read_text(a, merges[i].old);
		const char *before = resources_text(a, old);
		const char *text =
			resources_text(a, resources_merge(a, old, read_text(a, merges[i].change)));

		assert_string_equal(text, merges[i].want);
		/* What was joined is as it was, and the text is one that can be read. */
		assert_string_equal(resources_text(a, old), before);
		assert_string_equal(resources_text(a, read_text(a, text)), text);
	}
}

static void without_an_old_one(void **state)
{
	auto_arena struct arena *a = arena_new();

	(void)state;
	assert_string_equal(resources_text(a, resources_merge(a, NULL,
						      read_text(a, "{\"pids\": {\"limit\": 1}}"))),
		"{\"pids\":{\"limit\":1}}");
}

/* Every member comes back from its text. */
static void all_of_it(void **state)
{
	static const char all[] =
		"{\"unified\":{\"memory.high\":\"1\"},\"devices\":[{\"allow\":false,\"access\":"
		"\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":-1,\"access\":\"r\"}"
		"],\"memory\":{\"limit\":1,\"reservation\":2,\"swap\":3,\"kernel\":4,\"kernelTCP\":"
		"5,\"swappiness\":6,\"disableOOMKiller\":true,\"useHierarchy\":false,"
		"\"checkBeforeUpdate\":true},\"cpu\":{\"shares\":1,\"quota\":2,\"burst\":3,"
		"\"period\":4,\"realtimeRuntime\":5,\"realtimePeriod\":6,\"cpus\":\"0\",\"mems\":"
		"\"1\",\"idle\":1},\"pids\":{\"limit\":1},\"blockIO\":{\"weight\":10,"
		"\"leafWeight\":11,\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":12,"
		"\"leafWeight\":13}],\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":1"
		"}],\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":2,\"rate\":2}],"
		"\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":3,\"rate\":3}],"
		"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":4,\"rate\":4}]},"
		"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":5}],\"network\":{\"classID\":"
		"1,"
		"\"priorities\":[{\"name\":\"eth0\",\"priority\":2}]},\"rdma\":{\"mlx\":{"
		"\"hcaHandles\":1,\"hcaObjects\":2}}}";
	auto_arena struct arena *a = arena_new();

	(void)state;
	assert_string_equal(resources_text(a, read_text(a, all)), all);
	assert_string_equal(resources_text(a, resources_merge(a, NULL, read_text(a, all))), all);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *json, *object, *message;
	} wrong[] = {
		{"{\"pids\": {\"limit\": \"x\"}}", "pids.limit", "resources: pids.limit"},
		{"{\"cpu\": {\"cpus\": \"a-b\"}}", "linux.resources.cpu.cpus",
			"not a list of CPUs"},
		{"[]", "", "must be an object"},
		{"{\"pids\": {\"limit\": 1}", "", "line 1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		auto_arena struct arena *a = arena_new();
		struct spec_resources *r = NULL;
		struct err e = {0};

		assert_true(resources_parse(a, "resources", wrong[i].json, strlen(wrong[i].json),
				    &r, &e) < 0);
		assert_contains(e.msg, wrong[i].message);
		assert_string_equal(e.object, wrong[i].object);
		assert_null(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged),
		cmocka_unit_test(without_an_old_one),
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
