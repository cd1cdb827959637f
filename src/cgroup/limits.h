// SPDX-License-Identifier: Apache-2.0
/* What of the limits that were asked for is in force. Front end; reads only. */
#ifndef LODGER_CGROUP_LIMITS_H
#define LODGER_CGROUP_LIMITS_H

#include "base/json.h"
#include "cgroup/cgroup.h"

/* Whether there is a limit among the writes: device rules and checks are none. */
bool limits_any(const plan_cgroup_writes *writes);

/*
 * A list with an object for each write: "member" of config.json, "file", "requested", "effective"
 * (left out where there is none), and "why" where the two differ. A limit of a cgroup above that is
 * lower is the one in force.
 */
void limits_write(struct json_writer *w, const struct cgroup *c, const plan_cgroup_writes *writes);

#endif
