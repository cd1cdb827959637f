// SPDX-License-Identifier: Apache-2.0
/* facts_read() with the parts that a test replaces. */
#ifndef LODGER_HOST_READ_H
#define LODGER_HOST_READ_H

#include "host/facts.h"

/* PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h: fixed since Linux 3.8. */
#define FACTS_INITIAL_USERNS "user:[4026531837]"

/*
 * facts_read() with /proc, /etc, /sys and the programs below `root_fd`, and with `search_path` for
 * PATH (may be NULL). What comes from system calls (ids, groups, rlimits) is the caller's own.
 */
int facts_read_at(struct arena *a, int root_fd, const char *search_path, unsigned want,
	struct facts *ret, struct err *e);

#endif
