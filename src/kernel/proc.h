// SPDX-License-Identifier: Apache-2.0
/* Other processes, by way of /proc and pidfds. -errno, no text. */
#ifndef LODGER_KERNEL_PROC_H
#define LODGER_KERNEL_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Start time (field 22, clock ticks since boot) and state letter (field 3) of a process, proc(5).
 * Survives any command name. -ESRCH if there is no such process. Either result may be NULL. The
 * start time is counted from the boot time of the caller's time namespace: compare it only with
 * one that was read in the same.
 */
int proc_stat(pid_t pid, uint64_t *ret_start_time, char *ret_state);

/* Whether a process is on its way out or a zombie, as it is before its descriptors are closed. */
bool proc_is_exiting(pid_t pid);

/* pidfd_open(2), close-on-exec. Returns the descriptor or -errno. */
int proc_pidfd(pid_t pid);

/* pidfd_send_signal(2). */
int proc_pidfd_kill(int pidfd, int sig);

/*
 * Wait until the process of a pidfd has ended, all its threads included; timeout_ms -1 = for ever,
 * 0 = only look. -ETIMEDOUT.
 */
int proc_pidfd_wait(int pidfd, int timeout_ms);

/*
 * The pid that a pidfd stands for, in the pid namespace of /proc. -ESRCH once it is reaped or where
 * that namespace does not see it, -EBADF for another kind of descriptor.
 */
int proc_pidfd_pid(int pidfd, pid_t *ret);

#endif
