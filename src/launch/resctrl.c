// SPDX-License-Identifier: Apache-2.0
/*
 * The container's groups of resctrl during a launch. In: the plan's part for linux.intelRdt. Out:
 * groups with values in force and init in them, or none. Front end.
 */
#include "cgroup/resctrl.h"

#include "base/log.h"
#include "launch/launch.h"

/*
 * Recorded before they are made, so that `delete` finds what a front end has left that was killed.
 * A class that closID names stays: config-linux.md, "IntelRdt".
 */
static int record_groups(struct launch *l, struct err *e)
{
	const struct plan_resctrl *p = l->plan->resctrl;
	const char *path;

	l->record.resctrl = l->record.resctrl_made = (struct strv){0};
	strv_add(l->arena, &l->record.resctrl, p->group);
	if (p->monitor)
		strv_add(l->arena, &l->record.resctrl, p->monitor);
	strv_foreach (path, &l->resctrl_made)
		if (!p->shared || path != p->group)
			strv_add(l->arena, &l->record.resctrl_made, path);
	return state_record_write(&l->dir, &l->record, e);
}

int launch_resctrl_make(struct launch *l, struct err *e)
{
	const struct plan_resctrl *p = l->plan->resctrl;
	auto_fd int lock = p ? resctrl_lock(p->mount, e) : -1;
	int r;

	if (!p)
		return 0;
	l->resctrl_made = (struct strv){0};
	r = lock < 0 ? lock : resctrl_missing(l->arena, p, &l->resctrl_made, e);
	if (r == 0)
		r = record_groups(l, e);
	if (r == 0)
		r = resctrl_make(&l->resctrl_made, e);
	return r < 0 ? r : resctrl_fill(p, &l->resctrl_made, e);
}

int launch_resctrl_join(struct launch *l, struct err *e)
{
	return l->plan->resctrl ? resctrl_join(&l->record.resctrl, l->pid, e) : 0;
}

void launch_resctrl_undo(struct launch *l)
{
	struct err why = {0};
	auto_fd int lock = l->resctrl_made.n ? resctrl_lock(l->plan->resctrl->mount, &why) : -1;

	/* Another container may have joined a class that we have made. */
	if (lock >= 0)
		resctrl_remove(&l->resctrl_made, true, &why);
	if (err_is_set(&why))
		log_warn("%s", why.msg);
	l->resctrl_made = (struct strv){0};
}
