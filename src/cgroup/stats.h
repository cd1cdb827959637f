// SPDX-License-Identifier: Apache-2.0
/* What a container uses, by its cgroup, in the JSON that runc's `events` prints. Front end. */
#ifndef LODGER_CGROUP_STATS_H
#define LODGER_CGROUP_STATS_H

#include "base/json.h"
#include "cgroup/cgroup.h"

/*
 * One object: cpu, cpuset, memory, pids, blkio, hugetlb, intel_rdt, network_interfaces, of v1 and
 * v2 alike, with PSI pressure where the kernel has it. What the kernel does not count is left out
 * or 0, as runc does; a cgroup that is gone gives zeros.
 */
void cgroup_stats_write(struct json_writer *w, const struct cgroup *c);

/* A file that holds one number; "max" is UINT64_MAX. `otherwise` where there is none. */
uint64_t cgroup_number(
	const struct cgroup *c, const char *controller, const char *file, uint64_t otherwise);

/* The number after KEY in a file of "KEY NUMBER" lines; `otherwise` where there is none. */
uint64_t cgroup_keyed(const struct cgroup *c, const char *controller, const char *file,
	const char *key, uint64_t otherwise);

#endif
