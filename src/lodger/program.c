// SPDX-License-Identifier: Apache-2.0
/* Where lodger's other programs are. Front end. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "lodger/internal.h"

/*
 * Beside the running binary, as in a build directory, else where they were installed. The path is
 * the host's own: nothing of a container is looked at.
 */
int find_helper(struct lodger *l, const char *name, const char **ret, struct err *e)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *path;
	char *slash;

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
		path = arena_printf(l->arena, "%s/%s", self, name);
		if (access(path, X_OK) == 0) {
			*ret = path;
			return 0;
		}
	}
	path = arena_printf(l->arena, PKGLIBEXECDIR "/%s", name);
	if (access(path, X_OK) == 0) {
		*ret = path;
		return 0;
	}
	n = errno;
	err_object(e, "%s", path);
	err_sys(e, ERR_HOST_INSTALL, (int)n, "%s", path);
	err_fix(e, "install lodger whole (make install), or keep %s beside the lodger binary",
		name);
	return (int)-n;
}
