// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources as properties of a systemd unit: systemd.resource-control(5), names and types as
 * org.freedesktop.systemd1(5) has them. In: checked resources. Out: properties for
 * StartTransientUnit and SetUnitProperties. Pure.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "plan/writes.h"

#define INFINITY_U64 UINT64_MAX
#define PERIOD_US    100000u
/* systemd keeps a quota as whole percents: 10 ms a second. */
#define PERCENT_US 10000u

struct unit {
	struct arena *arena;
	plan_unit_properties *list;
};

static void add(struct unit *u, const char *name, const char *signature, const char *value,
	const char *member)
{
	u->list->v = arena_grow(u->arena, u->list->v, u->list->n, sizeof(*u->list->v));
	u->list->v[u->list->n++] = (struct plan_unit_property){
		.name = name, .signature = signature, .value = value, .json_path = member};
}

static void add_u64(struct unit *u, const char *name, uint64_t number, const char *member)
{
	add(u, name, "t", arena_printf(u->arena, "%" PRIu64, number), member);
}

/* 0 is unset, what is negative has no limit. */
static void add_limit(
	struct unit *u, const char *name, const struct opt_i64 *value, const char *member)
{
	if (value->set && value->v)
		add_u64(u, name, value->v < 0 ? INFINITY_U64 : (uint64_t)value->v, member);
}

/* ---------------------------------------------------------------- memory, cpu, pids */

static void add_memory(struct unit *u, const struct spec_memory *m)
{
	static const char member[] = "linux.resources.memory.swap";
	int64_t limit = m->limit.set ? m->limit.v : 0;
	int64_t swap = m->swap.set ? m->swap.v : 0;

	add_limit(u, "MemoryMax", &m->limit, "linux.resources.memory.limit");
	add_limit(u, "MemoryLow", &m->reservation, "linux.resources.memory.reservation");
	if (swap < 0 || (limit < 0 && swap == 0))
		add_u64(u, "MemorySwapMax", INFINITY_U64, member);
	else if (swap > 0)
		add_u64(u, "MemorySwapMax", (uint64_t)(limit > 0 ? swap - limit : swap), member);
}

static void add_quota(struct unit *u, int64_t quota, uint64_t period, const char *member)
{
	uint64_t per_second = INFINITY_U64;

	if (!quota && !period)
		return;
	if (period)
		add_u64(u, "CPUQuotaPeriodUSec", period, member);
	if (quota > 0) {
		unsigned __int128 us =
			(unsigned __int128)quota * 1000000 / (period ? period : PERIOD_US);

		/* Up, so that the cgroup's own file is never above what systemd puts there. */
		us = (us + PERCENT_US - 1) / PERCENT_US * PERCENT_US;
		per_second = us < INFINITY_U64 ? (uint64_t)us : INFINITY_U64 - 1;
	}
	add_u64(u, "CPUQuotaPerSecUSec", per_second, member);
}

static const char *hexadecimal(struct arena *a, const uint8_t *bytes, size_t n)
{
	char *text = arena_alloc(a, 2 * n + 1);

	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* A list of numbers as bits, the lowest in the first byte. Text that is no list adds nothing. */
static void add_bits(struct unit *u, const char *name, const char *list, const char *member)
{
	enum { MAX_BIT = 8192 };
	uint8_t *bits = arena_alloc(u->arena, MAX_BIT / 8);
	struct strv ranges = strv_split(u->arena, list ? list : "", ", \n");
	const char *range;
	size_t used = 0;

	strv_foreach (range, &ranges) {
		const char *dash = strchr(range, '-');
		const char *from =
			dash ? arena_strndup(u->arena, range, (size_t)(dash - range)) : range;
		uint32_t first, last;

		if (num_u32(from, &first) < 0 || num_u32(dash ? dash + 1 : range, &last) < 0 ||
			last >= MAX_BIT)
			return;
		for (uint32_t i = first; i <= last; i++)
			bits[i / 8] |= (uint8_t)(1u << i % 8);
		if (first <= last && last / 8 + 1 > used)
			used = last / 8 + 1;
	}
	if (used)
		add(u, name, "ay", hexadecimal(u->arena, bits, used), member);
}

static void add_cpu(struct unit *u, const struct spec_cpu *cpu)
{
	bool idle = cpu->idle.set && cpu->idle.v;

	/* CPUWeight=idle has no number before systemd 252: it is left to the cgroup's file. */
	if (cpu->shares.set && cpu->shares.v && !idle)
		add_u64(u, "CPUWeight", resources_cpu_weight(cpu->shares.v),
			"linux.resources.cpu.shares");
	add_quota(u, cpu->quota.set ? cpu->quota.v : 0, cpu->period.set ? cpu->period.v : 0,
		"linux.resources.cpu.quota");
	add_bits(u, "AllowedCPUs", cpu->cpus, "linux.resources.cpu.cpus");
	add_bits(u, "AllowedMemoryNodes", cpu->mems, "linux.resources.cpu.mems");
}

static void add_pids(struct unit *u, const struct spec_pids *pids)
{
	if (pids->limit.set)
		add_u64(u, "TasksMax",
			pids->limit.v < 0    ? INFINITY_U64
			: pids->limit.v == 0 ? 1
					     : (uint64_t)pids->limit.v,
			"linux.resources.pids.limit");
}

/* ---------------------------------------------------------------- io */

/* A line of a list of pairs. */
static void add_block_device(struct strbuf *b, int64_t major, int64_t minor, uint64_t number)
{
	strbuf_addf(b, "%s/dev/block/%" PRId64 ":%" PRId64 " %" PRIu64, b->len ? "\n" : "", major,
		minor, number);
}

static void add_list(struct unit *u, const char *name, const char *signature,
	const struct strbuf *lines, const char *member)
{
	if (lines->len)
		add(u, name, signature, arena_strdup(u->arena, strbuf_str(lines)), member);
}

static void add_throttles(
	struct unit *u, const char *name, const spec_throttle_list *list, const char *member)
{
	auto_strbuf struct strbuf lines = {0};
	const struct spec_throttle_device *d;

	array_foreach (d, list)
		add_block_device(&lines, d->major, d->minor, d->rate ? d->rate : INFINITY_U64);
	add_list(u, name, "a(st)", &lines, member);
}

static void add_io(struct unit *u, const struct spec_block_io *io)
{
	auto_strbuf struct strbuf lines = {0};

	if (io->weight.set && io->weight.v)
		add_u64(u, "IOWeight", resources_io_weight(io->weight.v),
			"linux.resources.blockIO.weight");
	for (size_t i = 0; i < io->weight_device.n; i++) {
		const struct spec_weight_device *d = &io->weight_device.v[i];

		if (d->weight.set && d->weight.v)
			add_block_device(
				&lines, d->major, d->minor, resources_io_weight(d->weight.v));
	}
	add_list(u, "IODeviceWeight", "a(st)", &lines, "linux.resources.blockIO.weightDevice");
	add_throttles(u, "IOReadBandwidthMax", &io->throttle_read_bps_device,
		"linux.resources.blockIO.throttleReadBpsDevice");
	add_throttles(u, "IOWriteBandwidthMax", &io->throttle_write_bps_device,
		"linux.resources.blockIO.throttleWriteBpsDevice");
	add_throttles(u, "IOReadIOPSMax", &io->throttle_read_iops_device,
		"linux.resources.blockIO.throttleReadIOPSDevice");
	add_throttles(u, "IOWriteIOPSMax", &io->throttle_write_iops_device,
		"linux.resources.blockIO.throttleWriteIOPSDevice");
}

/* ---------------------------------------------------------------- unified */

static void set_number(struct unit *u, const char *name, const char *value, const char *member)
{
	uint64_t number;

	if (str_eq(value, "max"))
		add_u64(u, name, INFINITY_U64, member);
	else if (num_u64(value, &number) == 0)
		add_u64(u, name, number, member);
}

static void set_tasks(struct unit *u, const char *name, const char *value, const char *member)
{
	set_number(u, name, str_eq(value, "0") ? "1" : value, member);
}

static void set_quota(struct unit *u, const char *name, const char *value, const char *member)
{
	struct strv words = strv_split(u->arena, value, " \t");
	uint64_t period = PERIOD_US;
	int64_t quota = -1;

	(void)name;
	if (words.n < 1 || words.n > 2 || (words.n == 2 && num_u64(words.v[1], &period) < 0) ||
		period == 0)
		return;
	if (str_eq(words.v[0], "max") || num_i64(words.v[0], &quota) == 0)
		add_quota(u, quota, period, member);
}

/* "100" and "default 100" are the same to io.weight; a device's own weight is left to the file. */
static void set_io_weight(struct unit *u, const char *name, const char *value, const char *member)
{
	const char *rest = str_after(value, "default ");

	set_number(u, name, rest ? rest : value, member);
}

static const struct unified_row {
	const char *file;
	const char *property;
	void (*set)(struct unit *u, const char *name, const char *value, const char *member);
} unified_rows[] = {
	{"cpu.max", "CPUQuotaPerSecUSec", set_quota},
	{"cpu.weight", "CPUWeight", set_number},
	{"cpuset.cpus", "AllowedCPUs", add_bits},
	{"cpuset.mems", "AllowedMemoryNodes", add_bits},
	{"io.weight", "IOWeight", set_io_weight},
	{"memory.high", "MemoryHigh", set_number},
	{"memory.low", "MemoryLow", set_number},
	{"memory.max", "MemoryMax", set_number},
	{"memory.min", "MemoryMin", set_number},
	{"memory.swap.max", "MemorySwapMax", set_number},
	{"memory.zswap.max", "MemoryZSwapMax", set_number},
	{"pids.max", "TasksMax", set_tasks},
};

/* A property that is there already is replaced: `unified` has the last word, as with the files. */
static void drop_earlier(plan_unit_properties *list, size_t first_new)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		bool again = false;

		for (size_t k = i + 1; k < list->n; k++)
			again |= k >= first_new && str_eq(list->v[k].name, list->v[i].name);
		if (!again)
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
}

static void add_unified(struct unit *u, const struct spec_resources *r)
{
	size_t first = u->list->n;
	const struct kv *kv;

	array_foreach (kv, &r->unified)
		for (size_t i = 0; i < ARRAY_SIZE(unified_rows); i++)
			if (str_eq(unified_rows[i].file, kv->key)) {
				struct strv words = strv_split(u->arena, kv->value, "\n");

				if (words.n)
					unified_rows[i].set(u, unified_rows[i].property,
						words.v[words.n - 1],
						arena_printf(u->arena,
							"linux.resources.unified[%s]", kv->key));
			}
	drop_earlier(u->list, first);
}

/* ---------------------------------------------------------------- devices */

/* What systemd calls a device or a class of them; NULL where it has no name that is sure. */
static const char *device_name(struct arena *a, const struct device_rule *r)
{
	const char *kind = r->type == 'b' ? "block" : "char";

	if (r->major < 0)
		return r->minor < 0 ? arena_printf(a, "%s-*", kind) : NULL;
	if (r->minor >= 0)
		return arena_printf(a, "/dev/%s/%" PRId64 ":%" PRId64, kind, r->major, r->minor);
	/* Other classes have the names of /proc/devices, which differ from kernel to kernel. */
	return r->type == 'c' && r->major == 136 ? "char-pts" : NULL;
}

/*
 * systemd's rules are a list of what is allowed. Others are left to lodger's own program: both are
 * asked, so systemd must not be told less than all.
 */
static void add_devices(struct unit *u, const struct spec_resources *r)
{
	static const char member[] = "linux.resources.devices";
	struct device_rules rules = resources_device_rules(u->arena, r);
	auto_strbuf struct strbuf lines = {0};

	if (rules.v[0].allow)
		return;
	for (size_t i = 1; i < rules.n; i++) {
		const char *name = device_name(u->arena, &rules.v[i]);

		if (!rules.v[i].allow || rules.v[i].type == 'a' || !name)
			return;
		strbuf_addf(&lines, "%s%s %s", lines.len ? "\n" : "", name,
			device_access_text(rules.v[i].access));
	}
	add(u, "DevicePolicy", "s", "strict", member);
	add_list(u, "DeviceAllow", "a(ss)", &lines, member);
}

int resources_unit(struct arena *a, const struct spec_resources *r, bool with_devices,
	plan_unit_properties *ret, struct err *e)
{
	plan_unit_properties list = {0};
	struct unit u = {a, &list};
	plan_cgroup_writes checked;
	plan_notes notes = {0};
	/* What the files do not take, is not for systemd either. */
	int rc = resources_v2(a, r, &checked, &notes, e);

	if (rc < 0)
		return rc;
	if (r->memory)
		add_memory(&u, r->memory);
	if (r->cpu)
		add_cpu(&u, r->cpu);
	if (r->pids)
		add_pids(&u, r->pids);
	if (r->block_io)
		add_io(&u, r->block_io);
	add_unified(&u, r);
	if (with_devices)
		add_devices(&u, r);
	*ret = list;
	return 0;
}
