// SPDX-License-Identifier: Apache-2.0
/* Processors that a process may use. -errno, no text. */
#ifndef LODGER_KERNEL_SCHED_H
#define LODGER_KERNEL_SCHED_H

/* Most processors that a list can name; the kernel's own limit is 8192 (CONFIG_NR_CPUS). */
#define SCHED_MAX_CPUS 8192u

/*
 * Let the calling thread run on the processors of a list as the kernel writes them ("0-3,7", blanks
 * around commas tolerated): sched_setaffinity(2). -EINVAL for what is no list, and where none of
 * them exists or is allowed here.
 */
int sched_pin(const char *list);

/* Let it run wherever its cpuset allows, whatever its caller was pinned to. */
int sched_unpin(void);

#endif
