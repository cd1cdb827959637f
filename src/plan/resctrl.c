// SPDX-License-Identifier: Apache-2.0
/*
 * linux.intelRdt: which group of resctrl, and what is written to it. In: spec, where resctrl is
 * mounted, who calls. Out: the plan's part for it, or a refusal. Part of the planner: pure.
 * config-linux.md, "IntelRdt".
 */
#include "plan/planner.h"

static int refuse(struct err *e, enum err_code code, int errnum, const char *why, const char *fix)
{
	err_object(e, "linux.intelRdt");
	err_set(e, code, errnum, "config.json: linux.intelRdt: %s", why);
	err_fix(e, "%s", fix);
	return -errnum;
}

/* The directories that the kernel keeps at the top beside those of classes. */
static bool is_taken(const char *name)
{
	static const char *const names[] = {"info", "mon_data", "mon_groups"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static void add_line(struct planner *p, kv_list *list, const char *json_path, const char *line)
{
	if (str_is_empty(line))
		return;
	list->v = arena_grow(p->arena, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = (struct kv){json_path, line};
}

static void add_lines(struct planner *p, const struct spec_intel_rdt *rdt, struct plan_resctrl *out)
{
	add_line(p, &out->schemas, "linux.intelRdt.l3CacheSchema", rdt->l3_cache_schema);
	add_line(p, &out->schemas, "linux.intelRdt.memBwSchema", rdt->mem_bw_schema);
	for (size_t i = 0; i < rdt->schemata.n; i++)
		add_line(p, &out->schemata,
			arena_printf(p->arena, "linux.intelRdt.schemata[%zu]", i),
			rdt->schemata.v[i]);
}

int plan_resctrl(struct planner *p, struct err *e)
{
	const struct spec_intel_rdt *rdt = p->spec->linux_.intel_rdt;
	const char *mount = p->facts->resctrl, *name;
	struct plan_resctrl *out;

	if (!rdt)
		return 0;
	if (p->plan->caller != PLAN_CALLER_ROOT)
		return refuse(e, ERR_HOST_PERMISSION, EPERM,
			"the kernel lets only the host's root divide cache and memory bandwidth",
			"leave out linux.intelRdt, or call as root");
	if (!mount)
		return refuse(e, ERR_HOST_KERNEL, ENOENT, "no resctrl file system is mounted",
			"mount -t resctrl resctrl /sys/fs/resctrl, which needs a processor with "
			"cache allocation or monitoring; or leave out linux.intelRdt");
	name = str_is_empty(rdt->clos_id) ? p->req->id : rdt->clos_id;
	if (is_taken(name)) {
		err_object(e, "linux.intelRdt.closID");
		return err_set(e, ERR_CONFIG_VALUE, EINVAL,
			"config.json: linux.intelRdt.closID: %s\"%s\" is a directory of the "
			"kernel's own in resctrl",
			name == p->req->id ? "without it, the id is the name, and " : "", name);
	}
	out = arena_new_of(p->arena, struct plan_resctrl);
	out->mount = mount;
	out->group = str_eq(name, "/") ? mount : arena_printf(p->arena, "%s/%s", mount, name);
	out->shared = name == rdt->clos_id;
	if (rdt->enable_monitoring)
		out->monitor = arena_printf(p->arena, "%s/mon_groups/%s", out->group, p->req->id);
	add_lines(p, rdt, out);
	p->plan->resctrl = out;
	return 0;
}
