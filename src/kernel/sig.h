// SPDX-License-Identifier: Apache-2.0
/* Signals by name, and dispositions. -errno, no text. */
#ifndef LODGER_KERNEL_SIG_H
#define LODGER_KERNEL_SIG_H

#include <signal.h>

/*
 * A signal from text: "TERM", "SIGTERM" (any case), "15", "RTMIN+3", "SIGRTMAX-1". Numbers from 0
 * to SIGRTMAX; 0 only probes. -EINVAL.
 */
int sig_parse(const char *text, int *ret);

/* "SIGTERM"; NULL if it has no name. */
const char *sig_name(int sig);

/* Every disposition to default and nothing blocked, as a payload may expect. */
void sig_reset(void);

/* Block all signals; the old mask goes to `*ret_old` (may be NULL). */
void sig_block_all(sigset_t *ret_old);

#endif
