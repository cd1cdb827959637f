// SPDX-License-Identifier: Apache-2.0
/*
 * Staying with a container in the foreground: its terminal and its signals. Front end. tty(4),
 * signalfd(2).
 */
#ifndef LODGER_LAUNCH_RELAY_H
#define LODGER_LAUNCH_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "kernel/sig.h"

/*
 * Block the signals that relay_run() will forward and save the mask, which the container is to
 * start with. To be called before the container is made, so that none is lost.
 */
void relay_block(sigset_t *ret_old);

/* One more descriptor to watch meanwhile. */
struct relay_side {
	int fd;
	/* Called when it can be read; false: it need not be watched any more. */
	bool (*run)(struct relay_side *side);
};

/*
 * Copy between standard input and output and the terminal's master `console` (-1 = no terminal;
 * consumed), keep its size that of our own terminal, pass signals on to the process of `pidfd`,
 * until the child `pid` ends and all its output is written. `*ret_status` as waitpid(2) gives it.
 * Our own terminal is raw meanwhile and restored before return. `side` may be NULL.
 */
int relay_run(
	pid_t pid, int pidfd, int console, struct relay_side *side, int *ret_status, struct err *e);

#endif
