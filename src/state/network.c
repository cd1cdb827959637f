// SPDX-License-Identifier: Apache-2.0
/*
 * The helper of a container's network, by what the record says of it. Runs in the front end. Must
 * not signal anybody else: pid and start time have to agree.
 */
#include <errno.h>
#include <signal.h>

#include "kernel/proc.h"
#include "state/state.h"

#define END_TIMEOUT_MS 1000

bool state_network_lives(const struct state_network *n)
{
	uint64_t start;
	char state;

	if (!n->pid)
		return true;
	return proc_stat(n->pid, &start, &state) == 0 && start == n->start_time && state != 'Z' &&
	       state != 'X';
}

/* A helper ends with its container by itself; it is given the time to do so before it is told. */
void state_network_stop(const struct state_network *n)
{
	static const int signals[] = {0, SIGTERM, SIGKILL};
	auto_fd int pidfd = n->pid > 0 ? proc_pidfd(n->pid) : -1;

	/* Looked at after it was opened: a pid that is used anew is not ours. */
	if (pidfd < 0 || !state_network_lives(n))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (signals[i])
			proc_pidfd_kill(pidfd, signals[i]);
		if (proc_pidfd_wait(pidfd, END_TIMEOUT_MS) != -ETIMEDOUT)
			return;
	}
}
