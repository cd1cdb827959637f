// SPDX-License-Identifier: Apache-2.0
/*
 * pause and resume: every process of a container stopped and let go on, by the freezer of its
 * cgroup, which neither they nor their parents notice. Front end.
 */
#include <errno.h>

#include "lodger/internal.h"

static int refuse(const char *id, const char *what, struct err *e)
{
	err_object(e, "%s", id);
	return err_set(e, ERR_STATE_STATUS, EINVAL, "container %s: \"%s\"", what, id);
}

static int freeze(struct lodger *l, const struct container *c, bool on, struct err *e)
{
	auto_cgroup struct cgroup cg = {0};
	int r = container_cgroup(l, c, &cg, e);

	return r < 0 ? r : cgroup_freeze(&cg, on, e);
}

int lodger_pause(struct lodger *l, const char *id, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	int r = container_open(l, id, true, &c, e);

	if (r < 0)
		return r;
	if (c.status != STATE_RUNNING && c.status != STATE_CREATED)
		return refuse(id, c.status == STATE_PAUSED ? "already paused" : "not running", e);
	return freeze(l, &c, true, e);
}

int lodger_resume(struct lodger *l, const char *id, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	int r = container_open(l, id, true, &c, e);

	if (r < 0)
		return r;
	if (c.status != STATE_PAUSED)
		return refuse(id, "not paused", e);
	return freeze(l, &c, false, e);
}
