// SPDX-License-Identifier: Apache-2.0
/* Where the programs of the host are that lodger runs. */
#ifndef LODGER_HOST_HELPER_H
#define LODGER_HOST_HELPER_H

#include "base/mem.h"

/*
 * The absolute path of a program: the system's directories first, so that a PATH which somebody
 * else wrote cannot choose another newuidmap, then the absolute entries of `search_path` (may be
 * NULL). A regular file that the caller may execute; whether it is set-user-ID is seen when it
 * runs. Looked up below `root_fd`. NULL if there is none.
 */
const char *helper_find(struct arena *a, int root_fd, const char *name, const char *search_path);

#endif
