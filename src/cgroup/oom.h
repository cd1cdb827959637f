// SPDX-License-Identifier: Apache-2.0
/* Word of processes that the kernel killed for want of memory, from the container's cgroup. */
#ifndef LODGER_CGROUP_OOM_H
#define LODGER_CGROUP_OOM_H

#include "cgroup/cgroup.h"

/* Zero-initialise with OOM_NONE; oom_close() releases. */
struct oom_watch {
	int fd; /* to poll for input; -1: nothing to watch */
	int events; /* v2: memory.events, v1: memory.oom_control, to count with */
	uint64_t kills; /* so far */
};
#define OOM_NONE ((struct oom_watch){.fd = -1, .events = -1})
void oom_close(struct oom_watch *w);
#define auto_oom __attribute__((cleanup(oom_close)))

/*
 * Watch from now on. A cgroup without the memory controller has nothing to watch: fd stays -1 and
 * no error. ERR_SYSTEM.
 */
int oom_open(const struct cgroup *c, struct oom_watch *ret, struct err *e);

/*
 * How many were killed since the last call, with what is to be read from `fd` taken away. Can be
 * asked without input too, and after the cgroup is gone (then 0).
 */
uint64_t oom_new_kills(struct oom_watch *w);

#endif
