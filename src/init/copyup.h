// SPDX-License-Identifier: Apache-2.0
/* tmpcopyup: a new tmpfs gets what the directory below its mount point held. */
#ifndef LODGER_INIT_COPYUP_H
#define LODGER_INIT_COPYUP_H

/*
 * Copy the tree below `from_fd` (a directory, may be O_PATH) into the directory `to_fd`: files,
 * directories, symlinks, fifos; modes, owners, times. Sockets and devices are left out. What is
 * mounted below is not entered. Bounded depth (-ELOOP). 0 or -errno.
 */
int copyup_tree(int from_fd, int to_fd);

#endif
