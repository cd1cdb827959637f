// SPDX-License-Identifier: Apache-2.0
/* The user's session scope: whether there is one, and where. */
#ifndef LODGER_HOST_SESSION_H
#define LODGER_HOST_SESSION_H

#include "host/facts.h"

#define SESSION_UNIT "lodger.scope"

/* In `session_dir`: a symbolic link to the scope's cgroup. lodger-scope makes it. */
#define SESSION_LINK "scope"

/* Below the scope: the cgroup of the process that keeps it. */
#define SESSION_HOLDER "holder"

/*
 * `session_dir` and `session` of the facts, whose euid and initial_userns are there already. What
 * is noted is believed only if the note is the caller's own and the cgroup too, is named as the
 * unit is, and has a holder that lives. Six system calls, and no systemd.
 */
void session_find(struct arena *a, int root_fd, struct facts *f);

#endif
