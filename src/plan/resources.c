// SPDX-License-Identifier: Apache-2.0
/*
 * What config.json asks of cgroups and other controllers of the host: nothing of it is put into
 * force yet, and each is either said or refused, never dropped without a word. Part of the planner:
 * pure.
 */
#include "plan/planner.h"

static int refuse(const char *key, const char *what, struct err *e)
{
	err_object(e, "%s", key);
	return err_set(e, ERR_CONFIG_UNSUPPORTED, ENOTSUP, "config.json: %s: %s is not supported",
		key, what);
}

/* A limit that is not there is worth a warning; rules that only forbid devices are not. */
static void note_limits(struct planner *p)
{
	const struct spec_resources *r = p->spec->linux_.resources;
	const struct {
		const char *name;
		bool asked;
	} limits[] = {
		{"memory", r->memory},
		{"cpu", r->cpu},
		{"pids", r->pids},
		{"blockIO", r->block_io},
		{"hugepageLimits", r->hugepage_limits.n},
		{"network", r->network},
		{"rdma", r->rdma.n},
		{"unified", r->unified.n},
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].asked)
			planner_note(p, LOG_LEVEL_WARN,
				"linux.resources.%s: not in force: the container has no cgroup of "
				"its own",
				limits[i].name);
	if (r->devices.n)
		planner_note(p, LOG_LEVEL_DEBUG,
			"linux.resources.devices: not in force: the container has no cgroup of its "
			"own");
}

int plan_resources(struct planner *p, struct err *e)
{
	const struct spec_linux *l = &p->spec->linux_;

	if (l->intel_rdt)
		return refuse("linux.intelRdt", "a resctrl group", e);
	if (l->net_devices.n)
		return refuse("linux.netDevices", "moving a network device", e);
	if (l->resources)
		note_limits(p);
	if (!str_is_empty(l->cgroups_path))
		planner_note(p, LOG_LEVEL_DEBUG,
			"linux.cgroupsPath: no cgroup set up: the container stays in its caller's");
	return 0;
}
