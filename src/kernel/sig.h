// SPDX-License-Identifier: Apache-2.0
/* Signals by name, and dispositions. -errno, no text. */
#ifndef LODGER_KERNEL_SIG_H
#define LODGER_KERNEL_SIG_H

#include <signal.h>
#include <stdbool.h>

/*
 * A signal from text: "TERM", "SIGTERM" (any case), "15", "RTMIN+3", "SIGRTMAX-1". Numbers from 0
 * to SIGRTMAX; 0 only probes. -EINVAL.
 */
int sig_parse(const char *text, int *ret);

/* "SIGTERM"; NULL if it has no name. */
const char *sig_name(int sig);

/* Every disposition to default and nothing blocked, as a payload may expect. */
void sig_reset(void);

/*
 * Whether signals that ask a process to end (INT, QUIT, TERM) end this one with status 128 + N.
 * The first process of a pid namespace has to ask for that: what would end others by default, the
 * kernel drops, pid_namespaces(7).
 */
void sig_end_when_asked(bool ask);

/* Block all signals; the old mask goes to `*ret_old` (may be NULL). */
void sig_block_all(sigset_t *ret_old);

#endif
