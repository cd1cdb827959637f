// SPDX-License-Identifier: Apache-2.0
/* Programs of the host that the front end or init runs: id map helpers, hooks. -errno, no text. */
#ifndef LODGER_KERNEL_SPAWN_H
#define LODGER_KERNEL_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#define SPAWN_MAX_MORE 6

struct spawn {
	const char *path; /* no search in PATH */
	const char *const *argv; /* NULL-terminated */
	const char *const *envp;
	int in; /* descriptors for 0, 1 and 2; -1 = /dev/null */
	int out;
	int err;
	const int *more; /* descriptors for 3 and those after it, none of them -1 */
	size_t n_more;
};

/*
 * Start the program with default signals and nothing but its descriptors (what is
 * close-on-exec stays behind; lodger opens nothing else). The caller reaps. 0 or -errno of exec.
 */
int spawn_start(const struct spawn *s, pid_t *ret_pid);

/*
 * Wait for a child, killing it after `timeout_ms` (-1 = never): `*ret_status` as waitpid(2) gives
 * it. -ETIMEDOUT after the kill.
 */
int spawn_wait(pid_t pid, int timeout_ms, int *ret_status);

#endif
