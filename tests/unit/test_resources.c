// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources as writes to cgroup files and as properties of a unit: each member, the values
 * at the ends, and what is refused. In: JSON. Out: one line a write, "file=value", with "?" before
 * it for optional, "|" for else, "~" for retry, "<" for check.
 */
#include "plan/resources.h"
#include "spec/decode.h"
#include "spec/fields.h"
#include "spec_patch.h"

typedef int resources_fn(struct arena *a, const struct spec_resources *r, plan_cgroup_writes *ret,
	plan_notes *notes, struct err *e);

static const struct spec_resources *decode(struct arena *a, const char *json)
{
	struct spec_resources *r = arena_new_of(a, struct spec_resources);
	struct err e = {0};

	if (decode_text(a, "test", json, strlen(json), &spec_resources_desc, r, &e) < 0)
		fail_msg("%s: %s", json, e.msg);
	return r;
}

static const char *as_lines(struct arena *a, const plan_cgroup_writes *list)
{
	auto_strbuf struct strbuf b = {0};
	const struct plan_cgroup_write *w;

	array_foreach (w, list) {
		const char *mark = w->flags & PLAN_WRITE_OPTIONAL ? "?"
				   : w->flags & PLAN_WRITE_ELSE   ? "|"
				   : w->flags & PLAN_WRITE_RETRY  ? "~"
				   : w->flags & PLAN_WRITE_CHECK  ? "<"
								  : "";

		assert_non_null(str_after(w->json_path, "linux.resources."));
		assert_true(str_is_empty(w->controller) || *w->controller != '.');
		strbuf_addf(&b, "%s%s%s%s=%s", b.len ? "\n" : "",
			w->flags & PLAN_WRITE_LIFT ? "^" : "", mark, w->file, w->value);
	}
	return arena_strdup(a, strbuf_str(&b));
}

/* ---------------------------------------------------------------- files */

static const struct {
	const char *json;
	const char *v2; /* NULL: not of interest here; "!TEXT": refused, with that in the message */
	const char *v1;
} files[] = {
	{"{}", "", NULL},
	{"{\"memory\": {}, \"cpu\": {}, \"pids\": {\"limit\": null}, \"blockIO\": {}}", "", NULL},

	/* memory */
	{"{\"memory\": {\"limit\": 1048576}}", "memory.max=1048576",
		"~memory.limit_in_bytes=1048576"},
	{"{\"memory\": {\"limit\": 0, \"reservation\": 0, \"swap\": 0}}", "", ""},
	{"{\"memory\": {\"limit\": 9223372036854775807}}", "memory.max=9223372036854775807",
		"~memory.limit_in_bytes=9223372036854775807"},
	{"{\"memory\": {\"limit\": -1}}", "^memory.swap.max=max\n^memory.max=max",
		"^memory.memsw.limit_in_bytes=-1\n^~memory.limit_in_bytes=-1"},
	/* Any negative number has always meant unlimited. */
	{"{\"memory\": {\"limit\": -2, \"reservation\": -3, \"swap\": -9223372036854775808}}",
		"^memory.swap.max=max\n^memory.max=max\n^memory.low=max",
		"^~memory.limit_in_bytes=-1\n^~memory.memsw.limit_in_bytes=-1\n"
		"^memory.soft_limit_in_bytes=-1"},
	{"{\"memory\": {\"limit\": 100, \"swap\": 300}}", "memory.swap.max=200\nmemory.max=100",
		"~memory.limit_in_bytes=100\n~memory.memsw.limit_in_bytes=300"},
	{"{\"memory\": {\"limit\": 100, \"swap\": 100}}", "?memory.swap.max=0\nmemory.max=100",
		NULL},
	{"{\"memory\": {\"limit\": 100, \"swap\": -1}}", "^memory.swap.max=max\nmemory.max=100",
		NULL},
	{"{\"memory\": {\"limit\": -1, \"swap\": 300}}", "memory.swap.max=300\n^memory.max=max",
		NULL},
	{"{\"memory\": {\"limit\": 100, \"swap\": 99}}",
		"!linux.resources.memory.swap: 99 is memory and swap together, and below",
		"!linux.resources.memory.swap: 99 is memory and swap together, and below"},
	{"{\"memory\": {\"swap\": 99}}", "!needs memory.limit too",
		"~memory.memsw.limit_in_bytes=99"},
	{"{\"memory\": {\"limit\": 100, \"checkBeforeUpdate\": true}}",
		"<memory.current=100\nmemory.max=100",
		"<memory.usage_in_bytes=100\n~memory.limit_in_bytes=100"},
	{"{\"memory\": {\"limit\": -1, \"checkBeforeUpdate\": true}}",
		"^memory.swap.max=max\n^memory.max=max", NULL},
	{"{\"memory\": {\"swappiness\": 0}}", "?memory.swappiness=0", "memory.swappiness=0"},
	{"{\"memory\": {\"kernel\": 1, \"kernelTCP\": 2, \"disableOOMKiller\": true, "
	 "\"useHierarchy\": false}}",
		"",
		"?memory.kmem.limit_in_bytes=1\n?memory.kmem.tcp.limit_in_bytes=2\n"
		"memory.oom_control=1"},
	{"{\"memory\": {\"disableOOMKiller\": false}}", "", ""},

	/* cpu */
	{"{\"cpu\": {\"shares\": 1024}}", "cpu.weight=100", "cpu.shares=1024"},
	{"{\"cpu\": {\"shares\": 0, \"quota\": 0, \"period\": 0, \"cpus\": \"\"}}", "", ""},
	{"{\"cpu\": {\"quota\": 50000}}", "cpu.max=50000 100000", "~cpu.cfs_quota_us=50000"},
	{"{\"cpu\": {\"period\": 20000}}", "cpu.max=max 20000", "~cpu.cfs_period_us=20000"},
	{"{\"cpu\": {\"quota\": -1}}", "^cpu.max=max 100000", "^~cpu.cfs_quota_us=-1"},
	{"{\"cpu\": {\"quota\": 5000, \"period\": 10000, \"burst\": 2000}}",
		"~cpu.max.burst=2000\ncpu.max=5000 10000",
		"~cpu.cfs_burst_us=2000\n~cpu.cfs_period_us=10000\n~cpu.cfs_quota_us=5000"},
	{"{\"cpu\": {\"burst\": 0}}", "~cpu.max.burst=0", "~cpu.cfs_burst_us=0"},
	{"{\"cpu\": {\"idle\": 1, \"shares\": 512}}", "cpu.idle=1", "?cpu.idle=1\ncpu.shares=512"},
	{"{\"cpu\": {\"idle\": 0, \"shares\": 2}}", "cpu.idle=0\ncpu.weight=1", NULL},
	{"{\"cpu\": {\"cpus\": \"0-1,3\", \"mems\": \"0\"}}", "cpuset.cpus=0-1,3\ncpuset.mems=0",
		"cpuset.cpus=0-1,3\ncpuset.mems=0"},
	{"{\"cpu\": {\"realtimeRuntime\": 5}}", "!linux.resources.cpu.realtimeRuntime",
		"~cpu.rt_runtime_us=5"},
	{"{\"cpu\": {\"realtimePeriod\": 5}}", "!linux.resources.cpu.realtimePeriod",
		"~cpu.rt_period_us=5"},
	{"{\"cpu\": {\"realtimeRuntime\": 0, \"realtimePeriod\": 0}}", "", ""},

	/* pids: 0 has been a limit since runtime-spec 1.3 */
	{"{\"pids\": {\"limit\": 100}}", "pids.max=100", "pids.max=100"},
	{"{\"pids\": {\"limit\": -1}}", "^pids.max=max", "^pids.max=max"},
	{"{\"pids\": {\"limit\": 0}}", "pids.max=1", "pids.max=1"},

	/* blockIO */
	{"{\"blockIO\": {\"weight\": 10}}", "io.bfq.weight=10\n|io.weight=1",
		"blkio.weight=10\n|blkio.bfq.weight=10"},
	{"{\"blockIO\": {\"weight\": 1000, \"leafWeight\": 500}}",
		"io.bfq.weight=1000\n|io.weight=10000",
		"blkio.weight=1000\n|blkio.bfq.weight=1000\n?blkio.leaf_weight=500"},
	{"{\"blockIO\": {\"weight\": 0}}", "", ""},
	{"{\"blockIO\": {\"weight\": 9}}", "!linux.resources.blockIO.weight: 9 is not a weight",
		"!linux.resources.blockIO.weight: 9 is not a weight"},
	{"{\"blockIO\": {\"weight\": 1001}}", "!1001 is not a weight", "!1001 is not a weight"},
	{"{\"blockIO\": {\"weightDevice\": [{\"major\": 8, \"minor\": 0, \"weight\": 500, "
	 "\"leafWeight\": 300}, {\"major\": 8, \"minor\": 16}]}}",
		"io.bfq.weight=8:0 500\n|io.weight=8:0 4950",
		"blkio.weight_device=8:0 500\n|blkio.bfq.weight_device=8:0 500\n"
		"?blkio.leaf_weight_device=8:0 300"},
	{"{\"blockIO\": {\"weightDevice\": [{\"major\": 8, \"minor\": 0, \"weight\": 5}]}}",
		"!weightDevice[0]: 5 is not a weight", "!weightDevice[0]: 5 is not a weight"},
	{"{\"blockIO\": {"
	 "\"throttleReadBpsDevice\": [{\"major\": 8, \"minor\": 0, \"rate\": 1}],"
	 "\"throttleWriteBpsDevice\": [{\"major\": 8, \"minor\": 0, \"rate\": "
	 "18446744073709551615}],"
	 "\"throttleReadIOPSDevice\": [{\"major\": 8, \"minor\": 0, \"rate\": 3}],"
	 "\"throttleWriteIOPSDevice\": [{\"major\": 253, \"minor\": 7, \"rate\": 0}]}}",
		"io.max=8:0 rbps=1\nio.max=8:0 wbps=18446744073709551615\nio.max=8:0 riops=3\n"
		"^io.max=253:7 wiops=max",
		"blkio.throttle.read_bps_device=8:0 1\n"
		"blkio.throttle.write_bps_device=8:0 18446744073709551615\n"
		"blkio.throttle.read_iops_device=8:0 3\n^blkio.throttle.write_iops_device=253:7 0"},

	/* the rest */
	{"{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 4194304}]}",
		"hugetlb.2MB.max=4194304\n?hugetlb.2MB.rsvd.max=4194304",
		"hugetlb.2MB.limit_in_bytes=4194304\n?hugetlb.2MB.rsvd.limit_in_bytes=4194304"},
	{"{\"rdma\": {\"mlx5_1\": {\"hcaHandles\": 3, \"hcaObjects\": 10000}, \"mlx4_0\": "
	 "{\"hcaObjects\": 0}, \"none\": {}}}",
		"rdma.max=mlx5_1 hca_handle=3 hca_object=10000\nrdma.max=mlx4_0 hca_object=0",
		"rdma.max=mlx5_1 hca_handle=3\nrdma.max=mlx5_1 hca_object=10000\n"
		"rdma.max=mlx4_0 hca_object=0"},
	{"{\"network\": {\"classID\": 1048577}}", "!linux.resources.network.classID",
		"net_cls.classid=1048577"},
	{"{\"network\": {\"priorities\": [{\"name\": \"eth0\", \"priority\": 5}]}}",
		"!linux.resources.network.priorities", "net_prio.ifpriomap=eth0 5"},
	{"{\"network\": {\"classID\": 0}}", "", ""},
	{"{\"unified\": {\"memory.high\": \"100\", \"io.max\": \"8:0 rbps=1\\n8:16 wbps=2\\n\"}, "
	 "\"memory\": {\"limit\": 5}}",
		"memory.max=5\nmemory.high=100\nio.max=8:0 rbps=1\nio.max=8:16 wbps=2",
		"!is for cgroup v2"},
	{"{\"unified\": {\"cgroup.max.depth\": \"3\"}}", "cgroup.max.depth=3", NULL},
	{"{\"unified\": {\"cgroup.procs\": \"1\"}}", "!unified[cgroup.procs]: is no setting", NULL},
	{"{\"unified\": {\"cgroup.kill\": \"1\"}}", "!is no setting", NULL},
	{"{\"unified\": {\"memory\": \"1\"}}", "!CONTROLLER.PARAMETER", NULL},
	{"{\"unified\": {\"memory.\": \"1\"}}", "!CONTROLLER.PARAMETER", NULL},
};

static void check(struct arena *a, const char *json, resources_fn *fn, const char *want)
{
	plan_cgroup_writes list = {0};
	plan_notes notes = {0};
	struct err e = {0};
	const char *got;
	int r = fn(a, decode(a, json), &list, &notes, &e);

	if (*want == '!') {
		assert_true(r < 0);
		assert_contains(e.msg, want + 1);
		assert_non_null(str_after(e.object, "linux.resources."));
		assert_int_equal(list.n, 0);
		return;
	}
	if (r < 0)
		fail_msg("%s: %s", json, e.msg);
	got = as_lines(a, &list);
	if (fn == resources_v1) {
		/* Every container has device rules; they have a test of their own. */
		char *devices = strstr(got, "devices.");

		assert_non_null(devices);
		devices[devices == got ? 0 : -1] = '\0';
	}
	assert_string_equal(got, want);
}

static void every_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_arena struct arena *a = arena_new();

		if (files[i].v2)
			check(a, files[i].json, resources_v2, files[i].v2);
		if (files[i].v1)
			check(a, files[i].json, resources_v1, files[i].v1);
	}
}

static void controllers_are_named_once(void **state)
{
	auto_arena struct arena *a = arena_new();
	plan_cgroup_writes list = {0};
	plan_notes notes = {0};
	struct err e = {0};
	struct strv names;

	(void)state;
	assert_int_equal(
		resources_v2(a,
			decode(a, "{\"memory\": {\"limit\": 1, \"reservation\": 1}, \"cpu\": "
				  "{\"shares\": 5, \"cpus\": \"0\"}, \"unified\": "
				  "{\"cgroup.max.depth\": \"1\", \"misc.max\": \"x 1\"}}"),
			&list, &notes, &e),
		0);
	names = resources_controllers(a, &list);
	assert_int_equal(names.n, 4);
	assert_string_equal(names.v[0], "memory");
	assert_string_equal(names.v[1], "cpu");
	assert_string_equal(names.v[2], "cpuset");
	assert_string_equal(names.v[3], "misc");
}

/* A limit that is lifted needs neither its controller nor a cgroup. */
static void no_limit_needs_nothing(void **state)
{
	static const char *const lifted[] = {"\"pids\": {\"limit\": -1}",
		"\"memory\": {\"limit\": -1, \"swap\": -1, \"reservation\": -1}",
		"\"memory\": {\"limit\": -1}", "\"cpu\": {\"quota\": -1, \"period\": 5000}",
		"\"pids\": {}, \"memory\": {}, \"cpu\": {\"shares\": 0, \"quota\": 0}"};
	static const char *const limits[] = {"\"pids\": {\"limit\": 0}",
		"\"memory\": {\"limit\": 10, \"swap\": -1}",
		"\"memory\": {\"limit\": -1, \"swap\": 10}", "\"memory\": {\"swappiness\": 0}",
		"\"cpu\": {\"quota\": -1, \"shares\": 5}", "\"cpu\": {\"period\": 5000}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lifted) + ARRAY_SIZE(limits); i++) {
		size_t wanted = i < ARRAY_SIZE(lifted) ? 0 : 1;
		auto_arena struct arena *a = arena_new();
		plan_cgroup_writes list = {0};
		plan_notes notes = {0};
		struct err e = {0};
		const char *json = wanted ? limits[i - ARRAY_SIZE(lifted)] : lifted[i];
		const struct spec_resources *r = decode(a, arena_printf(a, "{%s}", json));

		assert_int_equal(resources_v2(a, r, &list, &notes, &e), 0);
		if (resources_controllers(a, &list).n != wanted ||
			resources_limits(a, r).n != wanted)
			fail_msg("%s", json);
	}
}

/* What cgroup v2 does not have and what limits nothing is said, each by its name. */
static void what_is_gone_is_noted(void **state)
{
	static const char *const gone[] = {"\"memory\": {\"kernel\": 5}",
		"\"memory\": {\"kernelTCP\": 5}", "\"memory\": {\"disableOOMKiller\": true}",
		"\"memory\": {\"useHierarchy\": false}", "\"blockIO\": {\"leafWeight\": 10}",
		"\"blockIO\": {\"weightDevice\": [{\"major\":8,\"minor\":0,\"leafWeight\":10}]}",
		"\"cpu\": {\"idle\": 1, \"shares\": 5}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
		auto_arena struct arena *a = arena_new();
		plan_cgroup_writes list = {0};
		plan_notes notes = {0};
		struct err e = {0};
		const char *json = arena_printf(a, "{%s}", gone[i]);

		assert_int_equal(resources_v2(a, decode(a, json), &list, &notes, &e), 0);
		assert_int_equal(notes.n, 1);
		assert_int_equal(notes.v[0].level, LOG_LEVEL_WARN);
		assert_contains(notes.v[0].text, "not in force");
	}
}

/* ---------------------------------------------------------------- weights */

static void weights(void **state)
{
	static const struct {
		uint64_t shares, weight;
	} cpu[] = {{0, 0}, {1, 1}, {2, 1}, {3, 2}, {4, 2}, {512, 59}, {1024, 100}, {2048, 174},
		{4096, 303}, {262143, 10000}, {262144, 10000}, {UINT64_MAX, 10000}};
	static const struct {
		uint64_t blkio, io;
	} io[] = {{0, 0}, {1, 1}, {10, 1}, {100, 910}, {500, 4950}, {1000, 10000}};
	uint64_t last = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cpu); i++)
		assert_int_equal(resources_cpu_weight(cpu[i].shares), cpu[i].weight);
	for (size_t i = 0; i < ARRAY_SIZE(io); i++)
		assert_int_equal(resources_io_weight(io[i].blkio), io[i].io);
	/* More shares are never less weight, and no weight is one that the kernel refuses. */
	for (uint64_t shares = 1; shares <= 262144; shares++) {
		uint64_t weight = resources_cpu_weight(shares);

		assert_true(weight >= 1 && weight <= 10000 && weight >= last);
		last = weight;
	}
}

/* ---------------------------------------------------------------- units */

#define MAX "18446744073709551615"

static const struct {
	const char *json;
	const char *want; /* NAME SIGNATURE VALUE, a line each; "/" for a new line in a value */
} units[] = {
	{"{}", ""},
	{"{\"memory\": {\"limit\": 100, \"swap\": 300, \"reservation\": 50}}",
		"MemoryMax t 100\nMemoryLow t 50\nMemorySwapMax t 200"},
	{"{\"memory\": {\"limit\": -1}}", "MemoryMax t " MAX "\nMemorySwapMax t " MAX},
	{"{\"memory\": {\"limit\": 100, \"swap\": 100}}", "MemoryMax t 100\nMemorySwapMax t 0"},
	{"{\"cpu\": {\"shares\": 1024, \"cpus\": \"0-3,9\", \"mems\": \"1\"}}",
		"CPUWeight t 100\nAllowedCPUs ay 0f02\nAllowedMemoryNodes ay 02"},
	{"{\"cpu\": {\"shares\": 1024, \"idle\": 1}}", ""},
	{"{\"cpu\": {\"quota\": 50000}}", "CPUQuotaPerSecUSec t 500000"},
	{"{\"cpu\": {\"quota\": 50000, \"period\": 200000}}",
		"CPUQuotaPeriodUSec t 200000\nCPUQuotaPerSecUSec t 250000"},
	/* Whole percents, upwards. */
	{"{\"cpu\": {\"quota\": 1001, \"period\": 100000}}",
		"CPUQuotaPeriodUSec t 100000\nCPUQuotaPerSecUSec t 20000"},
	{"{\"cpu\": {\"quota\": -1, \"period\": 200000}}",
		"CPUQuotaPeriodUSec t 200000\nCPUQuotaPerSecUSec t " MAX},
	{"{\"cpu\": {\"quota\": 9223372036854775807}}",
		"CPUQuotaPerSecUSec t 18446744073709551614"},
	{"{\"pids\": {\"limit\": 5}}", "TasksMax t 5"},
	{"{\"pids\": {\"limit\": 0}}", "TasksMax t 1"},
	{"{\"pids\": {\"limit\": -1}}", "TasksMax t " MAX},
	{"{\"blockIO\": {\"weight\": 500, \"weightDevice\": [{\"major\": 8, \"minor\": 0, "
	 "\"weight\": 10}], \"throttleReadBpsDevice\": [{\"major\": 8, \"minor\": 0, \"rate\": "
	 "7}, {\"major\": 8, \"minor\": 16, \"rate\": 0}]}}",
		"IOWeight t 4950\nIODeviceWeight a(st) /dev/block/8:0 1\n"
		"IOReadBandwidthMax a(st) /dev/block/8:0 7//dev/block/8:16 " MAX},
	/* The last word is that of `unified`. */
	{"{\"memory\": {\"limit\": 100}, \"unified\": {\"memory.max\": \"200\", \"memory.high\": "
	 "\"max\", \"cpu.max\": \"max 1000\", \"cpu.weight\": \"7\", \"cpuset.cpus\": \"0\", "
	 "\"pids.max\": \"0\", \"io.weight\": \"default 20\", \"rdma.max\": \"x\"}}",
		"MemoryMax t 200\nMemoryHigh t " MAX "\nCPUQuotaPeriodUSec t 1000\n"
		"CPUQuotaPerSecUSec t " MAX "\nCPUWeight t 7\nAllowedCPUs ay 01\nTasksMax t 1\n"
		"IOWeight t 20"},
	/* What systemd would not understand is left to the file. */
	{"{\"unified\": {\"memory.max\": \"1G\", \"cpu.max\": \"1 2 3\", \"cpuset.cpus\": "
	 "\"all\"}}",
		""},
};

static const char *unit_lines(struct arena *a, const char *json, bool with_devices)
{
	auto_strbuf struct strbuf b = {0};
	const struct plan_unit_property *p;
	plan_unit_properties list = {0};
	struct err e = {0};

	if (resources_unit(a, decode(a, json), with_devices, &list, &e) < 0)
		fail_msg("%s: %s", json, e.msg);
	array_foreach (p, &list) {
		char *value = arena_strdup(a, p->value), *nl;

		while ((nl = strchr(value, '\n')))
			*nl = '/';
		strbuf_addf(&b, "%s%s %s %s", b.len ? "\n" : "", p->name, p->signature, value);
	}
	return arena_strdup(a, strbuf_str(&b));
}

static void every_property(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		auto_arena struct arena *a = arena_new();

		assert_string_equal(unit_lines(a, units[i].json, false), units[i].want);
	}
}

#define ALL  "{\"allow\": true, \"access\": \"rwm\"}"
#define NONE "{\"allow\": false, \"access\": \"rwm\"}"
#define DEFAULT_DEVICES                                                                            \
	"char-* m/block-* m//dev/char/1:3 rwm//dev/char/1:5 rwm//dev/char/1:7 rwm//dev/char/1:8 "  \
	"rwm//dev/char/1:9 rwm//dev/char/5:0 rwm//dev/char/5:2 rwm/char-pts rwm"

static void devices_of_a_unit(void **state)
{
	static const struct {
		const char *rules, *want;
	} cases[] = {
		{NONE, "DevicePolicy s strict\nDeviceAllow a(ss) " DEFAULT_DEVICES},
		{NONE ", {\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229, "
		      "\"access\": \"rw\"}",
			"DevicePolicy s strict\nDeviceAllow a(ss) /dev/char/10:229 "
			"rw/" DEFAULT_DEVICES},
		/* Not to be said in systemd's words: left to the program. */
		{ALL, ""},
		{NONE ", {\"allow\": true, \"type\": \"c\", \"major\": 10}", ""},
		{NONE ", {\"allow\": true, \"type\": \"b\", \"minor\": 1}", ""},
		{NONE ", {\"allow\": false, \"type\": \"c\", \"major\": 1, \"minor\": 3}", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_arena struct arena *a = arena_new();

		assert_string_equal(
			unit_lines(a, arena_printf(a, "{\"devices\": [%s]}", cases[i].rules), true),
			cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file),
		cmocka_unit_test(controllers_are_named_once),
		cmocka_unit_test(no_limit_needs_nothing),
		cmocka_unit_test(what_is_gone_is_noted),
		cmocka_unit_test(weights),
		cmocka_unit_test(every_property),
		cmocka_unit_test(devices_of_a_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
