// SPDX-License-Identifier: Apache-2.0
/*
 * sd_notify(3) across the border: a socket of the container's own, in a directory of its state that
 * is mounted in it, and the one of the caller's service manager. Front end.
 */
#ifndef LODGER_LAUNCH_NOTIFY_H
#define LODGER_LAUNCH_NOTIFY_H

#include <stdbool.h>
#include <sys/types.h>

/* Below the state directory; mounted on PLAN_NOTIFY_DIR in the container. */
#define NOTIFY_DIR "notify"

/* Make the directory in the state directory. 0 or -errno. */
int notify_make(int state_dir);

/* Whether the container has it. */
bool notify_is_there(int state_dir);

/* Bind the container's socket, to which every user of it may write. 0 or -errno. */
int notify_bind(int state_dir, int *ret_sock);

/*
 * Read what has come; true if it says that the container is ready. Nothing else of it goes on to
 * the caller's service manager: MAINPID= or FDSTORE= of a container would be an attack.
 */
bool notify_take(int sock);

/* Tell the service manager at `socket` (a path, or "@" and an abstract name). Failures are logged.
 */
void notify_send_ready(const char *socket, pid_t main_pid);

/* Wait until the container is ready, or has ended, and pass it on. */
void notify_wait(int sock, int pidfd, const char *socket, pid_t main_pid);

#endif
