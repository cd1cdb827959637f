// SPDX-License-Identifier: Apache-2.0
/*
 * Groups of the resctrl file system, Documentation/filesystems/resctrl.rst: a directory with
 * `schemata`, what it may use, and `tasks`, who belongs to it. Front end.
 */
#ifndef LODGER_CGROUP_RESCTRL_H
#define LODGER_CGROUP_RESCTRL_H

#include <sys/types.h>

#include "base/err.h"
#include "plan/plan.h"

/*
 * Wait for the lock that those who change groups take. Closing the descriptor gives it back. An
 * error names what is at `mount`.
 */
int resctrl_lock(const char *mount, struct err *e);

/*
 * The directories of the plan that are not there, in the order in which to make them; looks at what
 * is there and changes nothing. ERR_CONFIG_CONFLICT where a class that is there has other values
 * than the config, ERR_CONFIG_VALUE where one without values is missing. With the lock held.
 */
int resctrl_missing(
	struct arena *a, const struct plan_resctrl *plan, struct strv *ret, struct err *e);

/* Make them. On failure some may be there: resctrl_remove(). With the lock held. */
int resctrl_make(const struct strv *missing, struct err *e);

/* Put the plan's lines into force. `missing` as it was found: whether the class is new. */
int resctrl_fill(const struct plan_resctrl *plan, const struct strv *missing, struct err *e);

/*
 * Write lines to `schemata` of a group, each with its JSON path or option. ERR_CONFIG_VALUE, with
 * the kernel's own words for what is wrong.
 */
int resctrl_write(const char *group, const kv_list *lines, struct err *e);

/* The lines now in force for the resources of `lines`, to be written back; in the arena. */
int resctrl_read(
	struct arena *a, const char *group, const kv_list *lines, kv_list *ret, struct err *e);

/* Put a process, and with it those that it will have, into each group. ERR_SYSTEM. */
int resctrl_join(const struct strv *groups, pid_t pid, struct err *e);

/*
 * Remove groups, the last one first; `unused`: only such as have no process. What is gone already
 * is no error. ERR_SYSTEM.
 */
int resctrl_remove(const struct strv *groups, bool unused, struct err *e);

#endif
