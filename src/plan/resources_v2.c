// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources as writes to the files of cgroup v2 (the kernel's admin-guide/cgroup-v2.rst).
 * In: checked resources. Out: the writes in their order. Pure. Must not look at the host: what
 * depends on a file being there is said by the flags of a write.
 */
#include <errno.h>
#include <inttypes.h>

#include "plan/writes.h"

/* Where neither the caller nor the kernel says more: the kernel's own period, 100 ms. */
#define DEFAULT_PERIOD_US 100000

/* ---------------------------------------------------------------- memory */

static int add_swap(struct writes *w, const struct spec_memory *m, struct err *e)
{
	static const char member[] = "linux.resources.memory.swap";
	int64_t limit = m->limit.set ? m->limit.v : 0;
	int64_t swap = m->swap.set ? m->swap.v : 0;
	int64_t value = swap;

	/* Unlimited memory with nothing said of swap: v1 has one limit for both, so both go. */
	if (swap < 0 || (limit < 0 && swap == 0)) {
		writes_add(w, "memory", "memory.swap.max", member, PLAN_WRITE_LIFT, "max");
		return 0;
	}
	if (swap == 0)
		return 0;
	if (limit == 0)
		return resources_refuse(e, ERR_CONFIG_CONFLICT, member,
			"is memory and swap together, which needs memory.limit too");
	if (limit > 0 && swap < limit)
		return resources_refuse(e, ERR_CONFIG_CONFLICT, member,
			"%" PRId64 " is memory and swap together, and below memory.limit, %" PRId64,
			swap, limit);
	if (limit > 0)
		value = swap - limit;
	/* A kernel without swap accounting has no swap to give either. */
	writes_add(w, "memory", "memory.swap.max", member, value ? 0 : PLAN_WRITE_OPTIONAL,
		"%" PRId64, value);
	return 0;
}

static void note_memory(struct writes *w, const struct spec_memory *m)
{
	const struct {
		const char *name;
		bool asked;
	} ignored[] = {
		{"kernel", m->kernel.set && m->kernel.v > 0},
		{"kernelTCP", m->kernel_tcp.set && m->kernel_tcp.v > 0},
		{"disableOOMKiller", m->disable_oom_killer.set && m->disable_oom_killer.v},
		{"useHierarchy", m->use_hierarchy.set && !m->use_hierarchy.v},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (ignored[i].asked)
			writes_note(w, LOG_LEVEL_WARN,
				"linux.resources.memory.%s: not in force: cgroup v2 has nothing "
				"like it",
				ignored[i].name);
}

static int add_memory(struct writes *w, const struct spec_memory *m, struct err *e)
{
	static const struct value_row rows[] = {
		VALUE_ROW(struct spec_memory, limit, "memory.limit", VALUE_MAX, "memory",
			"memory.max", 0),
		VALUE_ROW(struct spec_memory, reservation, "memory.reservation", VALUE_MAX,
			"memory", "memory.low", 0),
		/* Only in kernels that carry a patch for it. */
		VALUE_ROW(struct spec_memory, swappiness, "memory.swappiness", VALUE_U64, "memory",
			"memory.swappiness", PLAN_WRITE_OPTIONAL),
	};
	int r;

	if (m->check_before_update.set && m->check_before_update.v && m->limit.set &&
		m->limit.v > 0)
		writes_add(w, "memory", "memory.current", "linux.resources.memory.limit",
			PLAN_WRITE_CHECK, "%" PRId64, m->limit.v);
	r = add_swap(w, m, e);
	if (r < 0)
		return r;
	writes_values(w, rows, ARRAY_SIZE(rows), m);
	note_memory(w, m);
	return 0;
}

/* ---------------------------------------------------------------- cpu */

static int refuse_realtime(const struct spec_cpu *cpu, struct err *e)
{
	if (cpu->realtime_runtime.set && cpu->realtime_runtime.v)
		return resources_refuse(e, ERR_CONFIG_UNSUPPORTED,
			"linux.resources.cpu.realtimeRuntime", "cgroup v2 has no such limit");
	if (cpu->realtime_period.set && cpu->realtime_period.v)
		return resources_refuse(e, ERR_CONFIG_UNSUPPORTED,
			"linux.resources.cpu.realtimePeriod", "cgroup v2 has no such limit");
	return 0;
}

static void add_bandwidth(struct writes *w, const struct spec_cpu *cpu)
{
	int64_t quota = cpu->quota.set ? cpu->quota.v : 0;
	uint64_t period = cpu->period.set ? cpu->period.v : 0;
	const char *member = quota ? "linux.resources.cpu.quota" : "linux.resources.cpu.period";

	/* A burst may not be above the quota, neither the one in force nor the one to come. */
	if (cpu->burst.set)
		writes_add(w, "cpu", "cpu.max.burst", "linux.resources.cpu.burst", PLAN_WRITE_RETRY,
			"%" PRIu64, cpu->burst.v);
	if (!quota && !period)
		return;
	if (!period)
		period = DEFAULT_PERIOD_US;
	if (quota > 0)
		writes_add(w, "cpu", "cpu.max", member, 0, "%" PRId64 " %" PRIu64, quota, period);
	else
		writes_add(w, "cpu", "cpu.max", member, quota < 0 ? PLAN_WRITE_LIFT : 0,
			"max %" PRIu64, period);
}

static int add_cpu(struct writes *w, const struct spec_cpu *cpu, struct err *e)
{
	static const struct value_row rows[] = {
		VALUE_ROW(
			struct spec_cpu, cpus, "cpu.cpus", VALUE_TEXT, "cpuset", "cpuset.cpus", 0),
		VALUE_ROW(
			struct spec_cpu, mems, "cpu.mems", VALUE_TEXT, "cpuset", "cpuset.mems", 0),
	};
	static const struct value_row idle[] = {
		VALUE_ROW(struct spec_cpu, idle, "cpu.idle", VALUE_I64, "cpu", "cpu.idle", 0),
	};
	uint64_t weight = resources_cpu_weight(cpu->shares.set ? cpu->shares.v : 0);
	int r = refuse_realtime(cpu, e);

	if (r < 0)
		return r;
	writes_values(w, idle, ARRAY_SIZE(idle), cpu);
	/* The kernel refuses a weight for a group of SCHED_IDLE. */
	if (weight && cpu->idle.set && cpu->idle.v)
		writes_note(w, LOG_LEVEL_WARN,
			"linux.resources.cpu.shares: not in force: cpu.idle is set, and an idle "
			"cgroup has no weight");
	else if (weight)
		writes_add(w, "cpu", "cpu.weight", "linux.resources.cpu.shares", 0, "%" PRIu64,
			weight);
	add_bandwidth(w, cpu);
	writes_values(w, rows, ARRAY_SIZE(rows), cpu);
	return 0;
}

/* ---------------------------------------------------------------- io */

/* BFQ takes the weight as it is; io.cost has a scale of its own. */
static void add_io_weights(struct writes *w, const struct spec_block_io *io)
{
	static const char member[] = "linux.resources.blockIO.weight";
	static const char devices[] = "linux.resources.blockIO.weightDevice";

	if (io->weight.set && io->weight.v) {
		writes_add(w, "io", "io.bfq.weight", member, 0, "%" PRIu64, io->weight.v);
		writes_add(w, "io", "io.weight", member, PLAN_WRITE_ELSE, "%" PRIu64,
			resources_io_weight(io->weight.v));
	}
	for (size_t i = 0; i < io->weight_device.n; i++) {
		const struct spec_weight_device *d = &io->weight_device.v[i];

		if (!d->weight.set || !d->weight.v)
			continue;
		writes_add(w, "io", "io.bfq.weight", devices, 0, "%" PRId64 ":%" PRId64 " %" PRIu64,
			d->major, d->minor, d->weight.v);
		writes_add(w, "io", "io.weight", devices, PLAN_WRITE_ELSE,
			"%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor,
			resources_io_weight(d->weight.v));
	}
}

static void add_throttles(
	struct writes *w, const spec_throttle_list *list, const char *word, const char *member)
{
	const struct spec_throttle_device *d;

	array_foreach (d, list)
		if (d->rate)
			writes_add(w, "io", "io.max", member, 0,
				"%" PRId64 ":%" PRId64 " %s=%" PRIu64, d->major, d->minor, word,
				d->rate);
		else
			/* 0 ends a limit in v1; here it is an error of the kernel's. */
			writes_add(w, "io", "io.max", member, PLAN_WRITE_LIFT,
				"%" PRId64 ":%" PRId64 " %s=max", d->major, d->minor, word);
}

static bool has_leaf_weight(const struct spec_block_io *io)
{
	if (io->leaf_weight.set && io->leaf_weight.v)
		return true;
	for (size_t i = 0; i < io->weight_device.n; i++)
		if (io->weight_device.v[i].leaf_weight.set && io->weight_device.v[i].leaf_weight.v)
			return true;
	return false;
}

static int add_io(struct writes *w, const struct spec_block_io *io, struct err *e)
{
	int r = resources_check_weights(io, e);

	if (r < 0)
		return r;
	add_io_weights(w, io);
	add_throttles(w, &io->throttle_read_bps_device, "rbps",
		"linux.resources.blockIO.throttleReadBpsDevice");
	add_throttles(w, &io->throttle_write_bps_device, "wbps",
		"linux.resources.blockIO.throttleWriteBpsDevice");
	add_throttles(w, &io->throttle_read_iops_device, "riops",
		"linux.resources.blockIO.throttleReadIOPSDevice");
	add_throttles(w, &io->throttle_write_iops_device, "wiops",
		"linux.resources.blockIO.throttleWriteIOPSDevice");
	if (has_leaf_weight(io))
		writes_note(w, LOG_LEVEL_WARN,
			"linux.resources.blockIO: leaf weights are not in force: cgroup v2 has no "
			"processes beside child groups");
	return 0;
}

/* ---------------------------------------------------------------- the rest */

static void add_hugepages(struct writes *w, const struct spec_resources *r)
{
	static const char member[] = "linux.resources.hugepageLimits";
	const struct spec_hugepage_limit *h;

	array_foreach (h, &r->hugepage_limits) {
		writes_add(w, "hugetlb", arena_printf(w->arena, "hugetlb.%s.max", h->page_size),
			member, 0, "%" PRIu64, h->limit);
		/* From 5.7 on; without it what mmap(2) reserves fails only when it is touched. */
		writes_add(w, "hugetlb",
			arena_printf(w->arena, "hugetlb.%s.rsvd.max", h->page_size), member,
			PLAN_WRITE_OPTIONAL, "%" PRIu64, h->limit);
	}
}

static void add_rdma(struct writes *w, const struct spec_resources *r)
{
	const struct spec_rdma *d;

	array_foreach (d, &r->rdma) {
		const char *line = d->device;

		if (d->hca_handles.set)
			line = arena_printf(
				w->arena, "%s hca_handle=%" PRIu64, line, d->hca_handles.v);
		if (d->hca_objects.set)
			line = arena_printf(
				w->arena, "%s hca_object=%" PRIu64, line, d->hca_objects.v);
		if (line != d->device)
			writes_add(w, "rdma", "rdma.max", "linux.resources.rdma", 0, "%s", line);
	}
}

static int refuse_network(const struct spec_network *n, struct err *e)
{
	const char *member = n->class_id.set && n->class_id.v ? "linux.resources.network.classID"
			     : n->priorities.n                ? "linux.resources.network.priorities"
							      : NULL;

	if (!member)
		return 0;
	return resources_refuse(e, ERR_CONFIG_UNSUPPORTED, member,
		"cgroup v2 has neither net_cls nor net_prio: match the cgroup itself, with "
		"nftables' \"socket cgroupv2\"");
}

/* Of the core's files, those that are settings; the others would act on the container. */
static bool is_core_setting(const char *file)
{
	static const char *const settings[] = {
		"cgroup.max.depth", "cgroup.max.descendants", "cgroup.pressure"};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (str_eq(settings[i], file))
			return true;
	return false;
}

static int add_unified(struct writes *w, const struct spec_resources *r, struct err *e)
{
	const struct kv *kv;

	array_foreach (kv, &r->unified) {
		const char *dot = strchr(kv->key, '.');
		const char *member = arena_printf(w->arena, "linux.resources.unified[%s]", kv->key);
		struct strv lines = strv_split(w->arena, kv->value, "\n");
		const char *controller, *line;

		if (!dot || dot == kv->key || !dot[1])
			return resources_refuse(e, ERR_CONFIG_VALUE, member,
				"the key is not the name of a cgroup file, CONTROLLER.PARAMETER");
		if (str_after(kv->key, "cgroup.") && !is_core_setting(kv->key))
			return resources_refuse(e, ERR_CONFIG_VALUE, member,
				"is no setting: lodger itself uses that file");
		controller = arena_strndup(w->arena, kv->key, (size_t)(dot - kv->key));
		if (str_eq(controller, "cgroup"))
			controller = "";
		strv_foreach (line, &lines)
			writes_add(w, controller, kv->key, member, 0, "%s", line);
	}
	return 0;
}

int resources_v2(struct arena *a, const struct spec_resources *r, plan_cgroup_writes *ret,
	plan_notes *notes, struct err *e)
{
	plan_cgroup_writes list = {0};
	struct writes w = {a, &list, notes};
	int rc = 0;

	if (r->pids)
		writes_pids(&w, r->pids);
	if (r->memory)
		rc = add_memory(&w, r->memory, e);
	if (rc == 0 && r->block_io)
		rc = add_io(&w, r->block_io, e);
	if (rc == 0 && r->cpu)
		rc = add_cpu(&w, r->cpu, e);
	if (rc == 0 && r->network)
		rc = refuse_network(r->network, e);
	if (rc < 0)
		return rc;
	add_hugepages(&w, r);
	add_rdma(&w, r);
	/* Last, so that a file that is named outright has the last word. */
	rc = add_unified(&w, r, e);
	if (rc == 0)
		*ret = list;
	return rc;
}
