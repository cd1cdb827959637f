// SPDX-License-Identifier: Apache-2.0
/* Programs of the host that the front end or init runs: id map helpers, hooks. -errno, no text. */
#ifndef LODGER_KERNEL_SPAWN_H
#define LODGER_KERNEL_SPAWN_H

#include <sys/types.h>

struct spawn {
	const char *path; /* no search in PATH */
	const char *const *argv; /* NULL-terminated */
	const char *const *envp;
	int in; /* descriptors for 0, 1 and 2; -1 = /dev/null */
	int out;
	int err;
};

/*
 * Start the program with default signals and nothing but its three descriptors (what is
 * close-on-exec stays behind; lodger opens nothing else). The caller reaps. 0 or -errno of exec.
 */
int spawn_start(const struct spawn *s, pid_t *ret_pid);

/*
 * Wait for a child, killing it after `timeout_ms` (-1 = never): `*ret_status` as waitpid(2) gives
 * it. -ETIMEDOUT after the kill.
 */
int spawn_wait(pid_t pid, int timeout_ms, int *ret_status);

#endif
