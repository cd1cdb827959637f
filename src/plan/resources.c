// SPDX-License-Identifier: Apache-2.0
/*
 * What config.json asks of the container's cgroup and of other controllers of the host. In: spec,
 * and where the cgroup will be (plan/cgroup.c). Out: the writes, properties and device program of
 * the plan's cgroup. Each member is put into force, said not to be, or refused, never dropped
 * without a word. Part of the planner: pure.
 */
#include "plan/planner.h"
#include "plan/resources.h"

static bool is_above_0(const struct opt_i64 *limit)
{
	return limit->set && limit->v > 0;
}

static bool limits_memory(const struct spec_memory *m)
{
	return is_above_0(&m->limit) || is_above_0(&m->reservation) || is_above_0(&m->swap) ||
	       is_above_0(&m->kernel) || is_above_0(&m->kernel_tcp) || m->swappiness.set ||
	       (m->disable_oom_killer.set && m->disable_oom_killer.v);
}

static bool limits_cpu(const struct spec_cpu *cpu)
{
	return (cpu->shares.set && cpu->shares.v) || is_above_0(&cpu->quota) || cpu->burst.set ||
	       (cpu->period.set && cpu->period.v && !(cpu->quota.set && cpu->quota.v < 0)) ||
	       is_above_0(&cpu->realtime_runtime) ||
	       (cpu->realtime_period.set && cpu->realtime_period.v) ||
	       (cpu->idle.set && cpu->idle.v) || !str_is_empty(cpu->cpus) ||
	       !str_is_empty(cpu->mems);
}

struct strv resources_limits(struct arena *a, const struct spec_resources *r)
{
	static const struct spec_resources none;
	const struct spec_resources *o = r ? r : &none;
	const struct {
		const char *name;
		bool asked;
	} limits[] = {
		{"memory", o->memory && limits_memory(o->memory)},
		{"cpu", o->cpu && limits_cpu(o->cpu)},
		{"pids", o->pids && o->pids->limit.set && o->pids->limit.v >= 0},
		{"blockIO", o->block_io},
		{"hugepageLimits", o->hugepage_limits.n},
		{"network", o->network},
		{"rdma", o->rdma.n},
		{"unified", o->unified.n},
	};
	struct strv list = {0};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].asked)
			strv_add(a, &list, limits[i].name);
	return list;
}

/* A limit that is not there is worth a warning; rules that only forbid devices are not. */
static void note_limits(struct planner *p)
{
	const struct spec_resources *r = p->spec->linux_.resources;
	struct strv limits = resources_limits(p->arena, r);
	const char *name;

	strv_foreach (name, &limits)
		planner_note(p, LOG_LEVEL_WARN,
			"linux.resources.%s: not in force: the container has no cgroup of its own",
			name);
	if (r->devices.n)
		planner_note(p, LOG_LEVEL_DEBUG,
			"linux.resources.devices: not in force: the container has no cgroup of its "
			"own");
}

/* The kernel takes a device program from whom has CAP_SYS_ADMIN or CAP_BPF on the host only. */
static int plan_device_rules(struct planner *p, struct err *e)
{
	const struct spec_resources *r = p->spec->linux_.resources;

	if (p->plan->caller == PLAN_CALLER_ROOT)
		return resources_device_program(p->arena, r, &p->plan->cgroup.devices, e);
	if (!resources_devices_default(r))
		planner_note(p, LOG_LEVEL_DEBUG,
			"linux.resources.devices: not in force: only the host's root may load a "
			"device program; /dev has what is bound there");
	return 0;
}

static int plan_writes(struct planner *p, struct err *e)
{
	static const struct spec_resources none;
	const struct spec_resources *r = p->spec->linux_.resources;
	struct plan_cgroup *cg = &p->plan->cgroup;
	const struct plan_note *note;
	plan_notes notes = {0};
	int rc = cg->unified ? resources_v2(p->arena, r ? r : &none, &cg->writes, &notes, e)
			     : resources_v1(p->arena, r ? r : &none, &cg->writes, &notes, e);

	array_foreach (note, &notes)
		planner_note(p, (enum log_level)note->level, "%s", note->text);
	if (rc == 0 && r && cg->manager == PLAN_CGROUP_SYSTEMD)
		rc = resources_unit(
			p->arena, r, p->plan->caller == PLAN_CALLER_ROOT, &cg->properties, e);
	if (rc == 0 && cg->unified)
		rc = plan_device_rules(p, e);
	return rc;
}

int plan_resources(struct planner *p, struct err *e)
{
	const struct spec_linux *l = &p->spec->linux_;

	if (p->plan->cgroup.manager != PLAN_CGROUP_NONE)
		return plan_writes(p, e);
	if (l->resources)
		note_limits(p);
	if (!str_is_empty(l->cgroups_path))
		planner_note(p, LOG_LEVEL_DEBUG,
			"linux.cgroupsPath: no cgroup set up: the container stays in its caller's");
	return 0;
}
