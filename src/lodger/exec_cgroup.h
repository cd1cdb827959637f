// SPDX-License-Identifier: Apache-2.0
/* The cgroup of a process that exec adds. Private to src/lodger/. */
#ifndef LODGER_LODGER_EXEC_CGROUP_H
#define LODGER_LODGER_EXEC_CGROUP_H

#include "cgroup/cgroup.h"

struct exec_cgroup {
	struct arena *arena;
	struct cgroup cgroup; /* the container's; no directories: it has none */
	const struct strv *wishes; /* --cgroup: "[CONTROLLERS:]PATH" */
};

/*
 * Open the directories of the record and look at the wishes. ERR_USAGE for a path that leads out of
 * the container's cgroup. To be released by cgroup_close(&ret->cgroup), after a failure too.
 */
int exec_cgroup_open(struct arena *a, const kv_list *places, const struct strv *wishes,
	struct exec_cgroup *ret, struct err *e);

/* A directory of cgroup v2 to be born in, the caller's to close; -1 where there is none. */
int exec_cgroup_birth(const struct exec_cgroup *x, int *ret_fd, struct err *e);

/*
 * Move a process that was not born there. `init`: the container's first process, whose cgroup is
 * taken where the container's own has no room. ERR_HOST_CGROUP.
 */
int exec_cgroup_join(const struct exec_cgroup *x, pid_t pid, pid_t init, struct err *e);

#endif
