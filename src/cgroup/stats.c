// SPDX-License-Identifier: Apache-2.0
/*
 * Statistics of a cgroup as JSON; see stats.h. In: files of the cgroup. Out: calls of a JSON
 * writer, with runc's keys. Front end; changes nothing.
 */
#include "cgroup/stats.h"

#include <stdio.h>

#include "base/num.h"
#include "base/str.h"

/* cpuacct.stat counts in ticks of USER_HZ, which is 100 wherever Linux runs. */
#define NS_PER_TICK 10000000u

/* A file as words of lines; empty where there is none. */
static struct strv read_lines(
	struct arena *a, const struct cgroup *c, const char *controller, const char *file)
{
	char *text;

	if (cgroup_read(a, c, controller, file, &text) < 0)
		return (struct strv){0};
	return strv_split(a, text, "\n");
}

static uint64_t number_of(const char *text, uint64_t otherwise)
{
	uint64_t n;

	return str_eq(text, "max") ? UINT64_MAX : num_u64(text, &n) == 0 ? n : otherwise;
}

uint64_t cgroup_number(
	const struct cgroup *c, const char *controller, const char *file, uint64_t otherwise)
{
	auto_arena struct arena *a = arena_new();
	struct strv lines = read_lines(a, c, controller, file);

	return lines.n == 1 ? number_of(lines.v[0], otherwise) : otherwise;
}

uint64_t cgroup_keyed(const struct cgroup *c, const char *controller, const char *file,
	const char *key, uint64_t otherwise)
{
	auto_arena struct arena *a = arena_new();
	struct strv lines = read_lines(a, c, controller, file);
	const char *line;

	strv_foreach (line, &lines) {
		const char *rest = str_after(line, key);

		if (rest && *rest == ' ')
			return number_of(rest + 1, otherwise);
	}
	return otherwise;
}

/* As Go's omitempty. */
static void put_unless_0(struct json_writer *w, const char *key, uint64_t n)
{
	if (n)
		json_kv_uint(w, key, n);
}

/* ---------------------------------------------------------------- pressure */

static void put_pressure_line(struct json_writer *w, struct arena *a, const char *line)
{
	struct strv words = strv_split(a, line, " ");

	if (words.n < 2)
		return;
	json_key(w, words.v[0]);
	json_open_object(w);
	for (size_t i = 1; i < words.n; i++) {
		const char *value = strchr(words.v[i], '=');

		if (!value)
			continue;
		json_key(w, arena_strndup(a, words.v[i], (size_t)(value - words.v[i])));
		json_decimal(w, value + 1);
	}
	json_close_object(w);
}

static void put_pressure(
	struct json_writer *w, const struct cgroup *c, const char *controller, const char *file)
{
	auto_arena struct arena *a = arena_new();
	/* Off with psi=0, and not to be read then: EOPNOTSUPP. */
	struct strv lines = read_lines(a, c, controller, file);
	const char *line;

	if (!lines.n)
		return;
	json_key(w, "psi");
	json_open_object(w);
	strv_foreach (line, &lines)
		put_pressure_line(w, a, line);
	json_close_object(w);
}

/* ---------------------------------------------------------------- cpu */

static void put_per_cpu(struct json_writer *w, const struct cgroup *c)
{
	auto_arena struct arena *a = arena_new();
	struct strv words = {0};
	const char *word;
	char *text;

	if (cgroup_read(a, c, "cpuacct", "cpuacct.usage_percpu", &text) < 0)
		return;
	words = strv_split(a, text, " \n");
	if (!words.n)
		return;
	json_key(w, "percpu");
	json_open_array(w);
	strv_foreach (word, &words)
		json_uint(w, number_of(word, 0));
	json_close_array(w);
}

/* cpu.stat of v2 has all of it, in microseconds; v1 has three files and two units. */
static void put_cpu_usage(struct json_writer *w, const struct cgroup *c, bool unified)
{
	json_key(w, "usage");
	json_open_object(w);
	if (unified) {
		put_unless_0(w, "total", cgroup_keyed(c, "", "cpu.stat", "usage_usec", 0) * 1000);
		json_kv_uint(w, "kernel", cgroup_keyed(c, "", "cpu.stat", "system_usec", 0) * 1000);
		json_kv_uint(w, "user", cgroup_keyed(c, "", "cpu.stat", "user_usec", 0) * 1000);
	} else {
		put_unless_0(w, "total", cgroup_number(c, "cpuacct", "cpuacct.usage", 0));
		put_per_cpu(w, c);
		json_kv_uint(w, "kernel",
			cgroup_keyed(c, "cpuacct", "cpuacct.stat", "system", 0) * NS_PER_TICK);
		json_kv_uint(w, "user",
			cgroup_keyed(c, "cpuacct", "cpuacct.stat", "user", 0) * NS_PER_TICK);
	}
	json_close_object(w);
}

/* A counter of cpu.stat, which v1 has under `legacy`, in nanoseconds if it is a time. */
static void put_cpu_counter(struct json_writer *w, const struct cgroup *c, const char *key,
	const char *unified, const char *legacy)
{
	bool v2 = cgroup_is_unified(c);
	bool us = v2 && strstr(unified, "_usec");
	uint64_t n = cgroup_keyed(c, v2 ? "" : "cpu", "cpu.stat", v2 ? unified : legacy, 0);

	put_unless_0(w, key, us ? n * 1000 : n);
}

static void put_cpu(struct json_writer *w, const struct cgroup *c)
{
	bool unified = cgroup_is_unified(c);

	json_key(w, "cpu");
	json_open_object(w);
	put_cpu_usage(w, c, unified);
	json_key(w, "throttling");
	json_open_object(w);
	put_cpu_counter(w, c, "periods", "nr_periods", "nr_periods");
	put_cpu_counter(w, c, "throttledPeriods", "nr_throttled", "nr_throttled");
	put_cpu_counter(w, c, "throttledTime", "throttled_usec", "throttled_time");
	json_close_object(w);
	json_key(w, "burst");
	json_open_object(w);
	put_cpu_counter(w, c, "burstsPeriods", "nr_bursts", "nr_bursts");
	put_cpu_counter(w, c, "burstTime", "burst_usec", "burst_time");
	json_close_object(w);
	if (unified)
		put_pressure(w, c, "", "cpu.pressure");
	json_close_object(w);
}

/* ---------------------------------------------------------------- cpuset */

/* "0-2,4" as [0,1,2,4]. */
static void put_list(struct json_writer *w, const struct cgroup *c, const char *key,
	const char *unified, const char *legacy)
{
	auto_arena struct arena *a = arena_new();
	struct strv ranges;
	const char *range;
	char *text;

	if (cgroup_read(a, c, "cpuset", cgroup_is_unified(c) ? unified : legacy, &text) < 0)
		return;
	ranges = strv_split(a, text, ",\n");
	if (!ranges.n)
		return;
	json_key(w, key);
	json_open_array(w);
	strv_foreach (range, &ranges) {
		const char *dash = strchr(range, '-');
		uint64_t first = number_of(
			dash ? arena_strndup(a, range, (size_t)(dash - range)) : range, 1);
		uint64_t last = dash ? number_of(dash + 1, 0) : first;

		for (; first <= last && first <= UINT16_MAX; first++)
			json_uint(w, first);
	}
	json_close_array(w);
}

static void put_cpuset(struct json_writer *w, const struct cgroup *c)
{
	static const char *const flags[] = {"cpu_exclusive", "mem_hardwall", "mem_exclusive",
		"memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure",
		"sched_load_balance", "sched_relax_domain_level"};
	char file[64];

	json_key(w, "cpuset");
	json_open_object(w);
	put_list(w, c, "cpus", "cpuset.cpus.effective", "cpuset.cpus");
	put_list(w, c, "mems", "cpuset.mems.effective", "cpuset.mems");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		snprintf(file, sizeof(file), "cpuset.%s", flags[i]);
		/* sched_relax_domain_level is -1 by default, which is no number of ours. */
		json_kv_uint(w, flags[i],
			cgroup_is_unified(c) ? 0 : cgroup_number(c, "cpuset", file, 0));
	}
	json_close_object(w);
}

/* ---------------------------------------------------------------- memory */

static void put_entry(struct json_writer *w, const char *key, uint64_t limit, uint64_t usage,
	uint64_t max, uint64_t failures)
{
	json_key(w, key);
	json_open_object(w);
	json_kv_uint(w, "limit", limit);
	put_unless_0(w, "usage", usage);
	put_unless_0(w, "max", max);
	json_kv_uint(w, "failcnt", failures);
	json_close_object(w);
}

/* runc's "swap" is memory and swap together, as in v1 and config.json. */
static uint64_t add_up(uint64_t x, uint64_t y)
{
	uint64_t sum;

	return __builtin_add_overflow(x, y, &sum) ? UINT64_MAX : sum;
}

static void put_memory_unified(struct json_writer *w, const struct cgroup *c)
{
	uint64_t limit = cgroup_number(c, "memory", "memory.max", 0);
	uint64_t usage = cgroup_number(c, "memory", "memory.current", 0);
	uint64_t peak = cgroup_number(c, "memory", "memory.peak", 0);

	put_unless_0(w, "cache", cgroup_keyed(c, "memory", "memory.stat", "file", 0));
	put_entry(w, "usage", limit, usage, peak,
		cgroup_keyed(c, "memory", "memory.events", "max", 0));
	put_entry(w, "swap", add_up(limit, cgroup_number(c, "memory", "memory.swap.max", 0)),
		add_up(usage, cgroup_number(c, "memory", "memory.swap.current", 0)),
		cgroup_number(c, "memory", "memory.swap.peak", 0),
		cgroup_keyed(c, "memory", "memory.swap.events", "max", 0));
	put_entry(w, "kernel", 0, cgroup_keyed(c, "memory", "memory.stat", "kernel", 0), 0, 0);
	put_entry(w, "kernelTCP", 0, cgroup_keyed(c, "memory", "memory.stat", "sock", 0), 0, 0);
}

static void put_memory_legacy(struct json_writer *w, const struct cgroup *c)
{
	static const struct {
		const char *key, *file;
	} entries[] = {
		{"usage", "memory"},
		{"swap", "memory.memsw"},
		{"kernel", "memory.kmem"},
		{"kernelTCP", "memory.kmem.tcp"},
	};

	put_unless_0(w, "cache", cgroup_keyed(c, "memory", "memory.stat", "cache", 0));
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		static const char *const parts[] = {
			"limit_in_bytes", "usage_in_bytes", "max_usage_in_bytes", "failcnt"};
		uint64_t n[ARRAY_SIZE(parts)];
		char file[64];

		for (size_t k = 0; k < ARRAY_SIZE(parts); k++) {
			snprintf(file, sizeof(file), "%s.%s", entries[i].file, parts[k]);
			n[k] = cgroup_number(c, "memory", file, 0);
		}
		put_entry(w, entries[i].key, n[0], n[1], n[2], n[3]);
	}
}

static void put_raw_memory(struct json_writer *w, const struct cgroup *c)
{
	auto_arena struct arena *a = arena_new();
	struct strv lines = read_lines(a, c, "memory", "memory.stat");
	const char *line;

	if (!lines.n)
		return;
	json_key(w, "raw");
	json_open_object(w);
	strv_foreach (line, &lines) {
		struct strv words = strv_split(a, line, " ");

		if (words.n == 2)
			json_kv_uint(w, words.v[0], number_of(words.v[1], 0));
	}
	json_close_object(w);
}

static void put_memory(struct json_writer *w, const struct cgroup *c)
{
	bool unified = cgroup_is_unified(c);

	json_key(w, "memory");
	json_open_object(w);
	if (unified)
		put_memory_unified(w, c);
	else
		put_memory_legacy(w, c);
	put_raw_memory(w, c);
	if (unified)
		put_pressure(w, c, "", "memory.pressure");
	json_close_object(w);
}

/* ---------------------------------------------------------------- pids, blkio, hugetlb */

static void put_pids(struct json_writer *w, const struct cgroup *c)
{
	uint64_t limit = cgroup_number(c, "pids", "pids.max", 0);

	json_key(w, "pids");
	json_open_object(w);
	put_unless_0(w, "current", cgroup_number(c, "pids", "pids.current", 0));
	put_unless_0(w, "limit", limit == UINT64_MAX ? 0 : limit);
	json_close_object(w);
}

static void put_io_entry(
	struct json_writer *w, struct arena *a, const char *device, const char *op, uint64_t value)
{
	struct strv numbers = strv_split(a, device, ":");

	if (numbers.n != 2)
		return;
	json_open_object(w);
	put_unless_0(w, "major", number_of(numbers.v[0], 0));
	put_unless_0(w, "minor", number_of(numbers.v[1], 0));
	json_kv_string(w, "op", op);
	put_unless_0(w, "value", value);
	json_close_object(w);
}

/* io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 …". */
static void put_io_unified(struct json_writer *w, const struct cgroup *c, const char *key,
	const char *read, const char *write)
{
	auto_arena struct arena *a = arena_new();
	struct strv lines = read_lines(a, c, "io", "io.stat");
	const char *line, *word, *value;

	if (!lines.n)
		return;
	json_key(w, key);
	json_open_array(w);
	strv_foreach (line, &lines) {
		struct strv words = strv_split(a, line, " ");

		for (size_t i = 1; i < words.n; i++) {
			word = words.v[i];
			if ((value = str_after(word, read)))
				put_io_entry(w, a, words.v[0], "Read", number_of(value, 0));
			else if ((value = str_after(word, write)))
				put_io_entry(w, a, words.v[0], "Write", number_of(value, 0));
		}
	}
	json_close_array(w);
}

/* blkio.throttle.io_service_bytes_recursive: "8:0 Read 1", and "Total 2" at the end. */
static void put_io_legacy(
	struct json_writer *w, const struct cgroup *c, const char *key, const char *file)
{
	auto_arena struct arena *a = arena_new();
	struct strv lines = read_lines(a, c, "blkio", file);
	const char *line;

	if (lines.n < 2)
		return;
	json_key(w, key);
	json_open_array(w);
	strv_foreach (line, &lines) {
		struct strv words = strv_split(a, line, " ");

		if (words.n == 3)
			put_io_entry(w, a, words.v[0], words.v[1], number_of(words.v[2], 0));
	}
	json_close_array(w);
}

static void put_blkio(struct json_writer *w, const struct cgroup *c)
{
	json_key(w, "blkio");
	json_open_object(w);
	if (cgroup_is_unified(c)) {
		put_io_unified(w, c, "ioServiceBytesRecursive", "rbytes=", "wbytes=");
		put_io_unified(w, c, "ioServicedRecursive", "rios=", "wios=");
		put_pressure(w, c, "", "io.pressure");
	} else {
		put_io_legacy(w, c, "ioServiceBytesRecursive",
			"blkio.throttle.io_service_bytes_recursive");
		put_io_legacy(w, c, "ioServicedRecursive", "blkio.throttle.io_serviced_recursive");
	}
	json_close_object(w);
}

/* The page sizes of the architectures that Linux knows; those that are not here have no file. */
static void put_hugetlb(struct json_writer *w, const struct cgroup *c)
{
	static const char *const sizes[] = {"64KB", "512KB", "1MB", "2MB", "4MB", "8MB", "16MB",
		"32MB", "64MB", "256MB", "512MB", "1GB", "2GB", "16GB"};
	bool unified = cgroup_is_unified(c);
	char file[64];

	json_key(w, "hugetlb");
	json_open_object(w);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t usage;

		snprintf(file, sizeof(file), "hugetlb.%s.%s", sizes[i],
			unified ? "current" : "usage_in_bytes");
		usage = cgroup_number(c, "hugetlb", file, UINT64_MAX);
		if (usage == UINT64_MAX)
			continue;
		json_key(w, sizes[i]);
		json_open_object(w);
		put_unless_0(w, "usage", usage);
		snprintf(file, sizeof(file), "hugetlb.%s.%s", sizes[i],
			unified ? "events" : "max_usage_in_bytes");
		if (!unified)
			put_unless_0(w, "max", cgroup_number(c, "hugetlb", file, 0));
		json_kv_uint(
			w, "failcnt", unified ? cgroup_keyed(c, "hugetlb", file, "max", 0) : 0);
		json_close_object(w);
	}
	json_close_object(w);
}

void cgroup_stats_write(struct json_writer *w, const struct cgroup *c)
{
	json_open_object(w);
	put_cpu(w, c);
	put_cpuset(w, c);
	put_memory(w, c);
	put_pids(w, c);
	put_blkio(w, c);
	put_hugetlb(w, c);
	json_key(w, "intel_rdt");
	json_open_object(w);
	json_close_object(w);
	json_key(w, "network_interfaces");
	json_null(w);
	json_close_object(w);
}
