// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources as writes to the files of cgroup v1's hierarchies (the kernel's
 * admin-guide/cgroup-v1/). In: checked resources. Out: the writes in their order. Pure.
 */
#include <errno.h>
#include <inttypes.h>

#include "plan/writes.h"

static int add_memory(struct writes *w, const struct spec_memory *m, struct err *e)
{
	static const struct value_row rows[] = {
		/* Each must fit under the other: which goes first depends on what is in force. */
		VALUE_ROW(struct spec_memory, limit, "memory.limit", VALUE_MINUS_ONE, "memory",
			"memory.limit_in_bytes", PLAN_WRITE_RETRY),
		VALUE_ROW(struct spec_memory, swap, "memory.swap", VALUE_MINUS_ONE, "memory",
			"memory.memsw.limit_in_bytes", PLAN_WRITE_RETRY),
		VALUE_ROW(struct spec_memory, reservation, "memory.reservation", VALUE_MINUS_ONE,
			"memory", "memory.soft_limit_in_bytes", 0),
		/* Gone from 6.12 on, and told to have no effect since 5.16. */
		VALUE_ROW(struct spec_memory, kernel, "memory.kernel", VALUE_MINUS_ONE, "memory",
			"memory.kmem.limit_in_bytes", PLAN_WRITE_OPTIONAL),
		VALUE_ROW(struct spec_memory, kernel_tcp, "memory.kernelTCP", VALUE_MINUS_ONE,
			"memory", "memory.kmem.tcp.limit_in_bytes", PLAN_WRITE_OPTIONAL),
		VALUE_ROW(struct spec_memory, swappiness, "memory.swappiness", VALUE_U64, "memory",
			"memory.swappiness", 0),
	};

	if (m->swap.set && m->swap.v > 0 && m->limit.set && m->limit.v > m->swap.v)
		return resources_refuse(e, ERR_CONFIG_CONFLICT, "linux.resources.memory.swap",
			"%" PRId64 " is memory and swap together, and below memory.limit, %" PRId64,
			m->swap.v, m->limit.v);
	if (m->check_before_update.set && m->check_before_update.v && m->limit.set &&
		m->limit.v > 0)
		writes_add(w, "memory", "memory.usage_in_bytes", "linux.resources.memory.limit",
			PLAN_WRITE_CHECK, "%" PRId64, m->limit.v);
	/* Without a limit for the sum, none for memory alone: what is above goes to swap. */
	if (m->limit.set && m->limit.v < 0 && (!m->swap.set || !m->swap.v))
		writes_add(w, "memory", "memory.memsw.limit_in_bytes",
			"linux.resources.memory.limit", PLAN_WRITE_LIFT, "-1");
	writes_values(w, rows, ARRAY_SIZE(rows), m);
	if (m->disable_oom_killer.set && m->disable_oom_killer.v)
		writes_add(w, "memory", "memory.oom_control",
			"linux.resources.memory.disableOOMKiller", 0, "1");
	if (m->use_hierarchy.set && !m->use_hierarchy.v)
		writes_note(w, LOG_LEVEL_WARN,
			"linux.resources.memory.useHierarchy: not in force: the kernel counts "
			"hierarchically, always");
	return 0;
}

static void add_cpu(struct writes *w, const struct spec_cpu *cpu)
{
	static const struct value_row rows[] = {
		VALUE_ROW(struct spec_cpu, idle, "cpu.idle", VALUE_I64, "cpu", "cpu.idle",
			PLAN_WRITE_OPTIONAL),
		VALUE_ROW(struct spec_cpu, shares, "cpu.shares", VALUE_U64_NOT_0, "cpu",
			"cpu.shares", 0),
		VALUE_ROW(struct spec_cpu, burst, "cpu.burst", VALUE_U64, "cpu", "cpu.cfs_burst_us",
			PLAN_WRITE_RETRY),
		/* Checked against the quota in force, as a share of the parent's. */
		VALUE_ROW(struct spec_cpu, period, "cpu.period", VALUE_U64_NOT_0, "cpu",
			"cpu.cfs_period_us", PLAN_WRITE_RETRY),
		VALUE_ROW(struct spec_cpu, quota, "cpu.quota", VALUE_MINUS_ONE, "cpu",
			"cpu.cfs_quota_us", PLAN_WRITE_RETRY),
		VALUE_ROW(struct spec_cpu, realtime_period, "cpu.realtimePeriod", VALUE_U64_NOT_0,
			"cpu", "cpu.rt_period_us", PLAN_WRITE_RETRY),
		VALUE_ROW(struct spec_cpu, realtime_runtime, "cpu.realtimeRuntime", VALUE_MINUS_ONE,
			"cpu", "cpu.rt_runtime_us", PLAN_WRITE_RETRY),
		VALUE_ROW(
			struct spec_cpu, cpus, "cpu.cpus", VALUE_TEXT, "cpuset", "cpuset.cpus", 0),
		VALUE_ROW(
			struct spec_cpu, mems, "cpu.mems", VALUE_TEXT, "cpuset", "cpuset.mems", 0),
	};

	writes_values(w, rows, ARRAY_SIZE(rows), cpu);
}

static void add_throttles(
	struct writes *w, const spec_throttle_list *list, const char *file, const char *member)
{
	const struct spec_throttle_device *d;

	array_foreach (d, list)
		writes_add(w, "blkio", file, member, d->rate ? 0 : PLAN_WRITE_LIFT,
			"%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor, d->rate);
}

/* CFQ had the plain names, BFQ has its own; leaf weights went with CFQ in 5.0. */
static void add_weight_devices(struct writes *w, const struct spec_block_io *io)
{
	static const char member[] = "linux.resources.blockIO.weightDevice";

	for (size_t i = 0; i < io->weight_device.n; i++) {
		const struct spec_weight_device *d = &io->weight_device.v[i];

		if (d->weight.set && d->weight.v) {
			writes_add(w, "blkio", "blkio.weight_device", member, 0,
				"%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor,
				d->weight.v);
			writes_add(w, "blkio", "blkio.bfq.weight_device", member, PLAN_WRITE_ELSE,
				"%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor,
				d->weight.v);
		}
		if (d->leaf_weight.set && d->leaf_weight.v)
			writes_add(w, "blkio", "blkio.leaf_weight_device", member,
				PLAN_WRITE_OPTIONAL, "%" PRId64 ":%" PRId64 " %" PRIu64, d->major,
				d->minor, d->leaf_weight.v);
	}
}

static int add_io(struct writes *w, const struct spec_block_io *io, struct err *e)
{
	static const struct value_row rows[] = {
		VALUE_ROW(struct spec_block_io, weight, "blockIO.weight", VALUE_U64_NOT_0, "blkio",
			"blkio.weight", 0),
		VALUE_ROW(struct spec_block_io, weight, "blockIO.weight", VALUE_U64_NOT_0, "blkio",
			"blkio.bfq.weight", PLAN_WRITE_ELSE),
		VALUE_ROW(struct spec_block_io, leaf_weight, "blockIO.leafWeight", VALUE_U64_NOT_0,
			"blkio", "blkio.leaf_weight", PLAN_WRITE_OPTIONAL),
	};
	int r = resources_check_weights(io, e);

	if (r < 0)
		return r;
	writes_values(w, rows, ARRAY_SIZE(rows), io);
	add_weight_devices(w, io);
	add_throttles(w, &io->throttle_read_bps_device, "blkio.throttle.read_bps_device",
		"linux.resources.blockIO.throttleReadBpsDevice");
	add_throttles(w, &io->throttle_write_bps_device, "blkio.throttle.write_bps_device",
		"linux.resources.blockIO.throttleWriteBpsDevice");
	add_throttles(w, &io->throttle_read_iops_device, "blkio.throttle.read_iops_device",
		"linux.resources.blockIO.throttleReadIOPSDevice");
	add_throttles(w, &io->throttle_write_iops_device, "blkio.throttle.write_iops_device",
		"linux.resources.blockIO.throttleWriteIOPSDevice");
	return 0;
}

static void add_hugepages(struct writes *w, const struct spec_resources *r)
{
	static const char member[] = "linux.resources.hugepageLimits";
	const struct spec_hugepage_limit *h;

	array_foreach (h, &r->hugepage_limits) {
		writes_add(w, "hugetlb",
			arena_printf(w->arena, "hugetlb.%s.limit_in_bytes", h->page_size), member,
			0, "%" PRIu64, h->limit);
		writes_add(w, "hugetlb",
			arena_printf(w->arena, "hugetlb.%s.rsvd.limit_in_bytes", h->page_size),
			member, PLAN_WRITE_OPTIONAL, "%" PRIu64, h->limit);
	}
}

static void add_network(struct writes *w, const struct spec_network *n)
{
	static const struct value_row rows[] = {
		VALUE_ROW(struct spec_network, class_id, "network.classID", VALUE_U64_NOT_0,
			"net_cls", "net_cls.classid", 0),
	};
	const struct spec_if_priority *p;

	writes_values(w, rows, ARRAY_SIZE(rows), n);
	array_foreach (p, &n->priorities)
		writes_add(w, "net_prio", "net_prio.ifpriomap",
			"linux.resources.network.priorities", 0, "%s %" PRIu64, p->name,
			p->priority);
}

static void add_rdma(struct writes *w, const struct spec_resources *r)
{
	const struct spec_rdma *d;

	array_foreach (d, &r->rdma) {
		if (d->hca_handles.set)
			writes_add(w, "rdma", "rdma.max", "linux.resources.rdma", 0,
				"%s hca_handle=%" PRIu64, d->device, d->hca_handles.v);
		if (d->hca_objects.set)
			writes_add(w, "rdma", "rdma.max", "linux.resources.rdma", 0,
				"%s hca_object=%" PRIu64, d->device, d->hca_objects.v);
	}
}

int resources_v1(struct arena *a, const struct spec_resources *r, plan_cgroup_writes *ret,
	plan_notes *notes, struct err *e)
{
	plan_cgroup_writes list = {0};
	struct writes w = {a, &list, notes};
	int rc = 0;

	if (r->unified.n)
		return resources_refuse(e, ERR_CONFIG_UNSUPPORTED, "linux.resources.unified",
			"is for cgroup v2, and this host's controllers are on v1: boot with "
			"systemd.unified_cgroup_hierarchy=1, or use the members of v1");
	if (r->pids)
		writes_pids(&w, r->pids);
	if (r->memory)
		rc = add_memory(&w, r->memory, e);
	if (rc == 0 && r->block_io)
		rc = add_io(&w, r->block_io, e);
	if (rc < 0)
		return rc;
	if (r->cpu)
		add_cpu(&w, r->cpu);
	if (r->network)
		add_network(&w, r->network);
	add_hugepages(&w, r);
	add_rdma(&w, r);
	rc = resources_v1_devices(&w, r, e);
	if (rc == 0)
		*ret = list;
	return rc;
}
