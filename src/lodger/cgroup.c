// SPDX-License-Identifier: Apache-2.0
/* The cgroup of a container that exists: opened, joined, removed. Front end. */
#include <errno.h>

#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/resctrl.h"
#include "cgroup/scope.h"
#include "lodger/internal.h"

int container_cgroup(struct lodger *l, const struct container *c, struct cgroup *ret, struct err *e)
{
	if (c->record.cgroup_manager)
		return cgroup_open(l->arena, &c->record.cgroups, ret, e);
	err_object(e, "%s", c->dir.id);
	err_set(e, ERR_STATE_STATUS, ENOENT, "container \"%s\" has no cgroup of its own",
		c->dir.id);
	err_fix(e, "make the container with: lodger --systemd-cgroup ...");
	return -ENOENT;
}

/* The container's cgroup, or `sub` (NULL: none) below it, as seen from the scope that it shares. */
static const char *path_in_scope(
	struct arena *a, const struct state_record *record, const char *sub)
{
	const char *name = arena_printf(a, "/%s/", record->cgroup_scope);
	const char *path = record->cgroups.n ? strstr(record->cgroups.v[0].value, name) : NULL;

	path = path ? path + strlen(name) - 1 : "";
	return sub ? arena_printf(a, "%s/%s", path, sub + strspn(sub, "/")) : path;
}

int container_move(
	struct lodger *l, const struct container *c, const char *sub, pid_t pid, struct err *e)
{
	const struct state_record *record = &c->record;
	const char *unit = record->cgroup_unit, *helper;
	int r;

	if (record->cgroup_scope) {
		unit = record->cgroup_scope;
		sub = path_in_scope(l->arena, record, sub);
	}
	if (!unit || !record->cgroup_bus)
		return -ENOENT;
	r = find_helper(l, "lodger-scope", &helper, e);
	return r < 0 ? r : scope_attach(helper, record->cgroup_bus, unit, sub, pid, e);
}

static int stop_unit(struct lodger *l, const struct state_record *record, struct err *e)
{
	const char *helper;
	int r = find_helper(l, "lodger-scope", &helper, e);

	return r < 0 ? r : scope_stop(helper, record->cgroup_bus, record->cgroup_unit, e);
}

static bool any_left(const struct cgroup *c)
{
	const struct cgroup_dir *d;

	array_foreach (d, &c->dirs)
		if (d->fd >= 0)
			return true;
	return false;
}

/*
 * systemd unloads a scope by itself when the last process is gone. Who is in a hurry leaves it to
 * that; who deletes wants it to be gone, for the next one of its name.
 */
static int remove_unit(struct lodger *l, const struct state_record *record,
	const struct cgroup *cgroup, bool in_time, struct err *e)
{
	struct err why = {0};
	int r = in_time ? 0 : stop_unit(l, record, &why);

	/* The manager may have been restarted or be gone, and the directories with it. */
	if (r < 0)
		r = cgroup_remove(cgroup, e) < 0 ? -EIO : 0;
	else if (!cgroup_is_unified(cgroup))
		r = cgroup_remove(cgroup, e);
	return r;
}

static int remove_cgroup(
	struct lodger *l, const struct state_record *record, bool in_time, struct err *e)
{
	auto_cgroup struct cgroup cgroup = {0};
	int r;

	if (!record->cgroup_manager)
		return 0;
	r = cgroup_open(l->arena, &record->cgroups, &cgroup, e);
	if (r < 0 || !any_left(&cgroup))
		return r;
	/* As a rule the container's first process was its last. */
	if (!record->cgroup_unit && cgroup_remove_empty(&cgroup))
		return 0;
	r = cgroup_kill(&cgroup, e);
	if (r < 0)
		return r;
	return record->cgroup_unit ? remove_unit(l, record, &cgroup, in_time, e)
				   : cgroup_remove(&cgroup, e);
}

int container_remove_cgroup(
	struct lodger *l, const struct state_record *record, bool in_time, struct err *e)
{
	int r = remove_cgroup(l, record, in_time, e);

	return r < 0 ? r : resctrl_remove(&record->resctrl_made, false, e);
}
