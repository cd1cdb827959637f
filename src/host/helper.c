// SPDX-License-Identifier: Apache-2.0
/*
 * Where newuidmap, newgidmap and getent are. In: a name and PATH. Out: an absolute path. Runs in
 * the front end. Must not run anything.
 */
#include "host/helper.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

/* /run/wrappers/bin: NixOS has its set-user-ID programs nowhere else. */
static const char *const system_dirs[] = {
	"/usr/bin",
	"/bin",
	"/usr/local/bin",
	"/usr/sbin",
	"/run/wrappers/bin",
};

static const char *try_dir(struct arena *a, int root_fd, const char *dir, const char *name)
{
	char *path = arena_printf(a, "%s/%s", dir, name);
	const char *relative = path;
	struct stat st;

	while (*relative == '/')
		relative++;
	if (fstatat(root_fd, relative, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	return faccessat(root_fd, relative, X_OK, 0) == 0 ? path : NULL;
}

const char *helper_find(struct arena *a, int root_fd, const char *name, const char *search_path)
{
	const char *found = NULL, *dir;
	struct strv dirs;

	for (size_t i = 0; i < ARRAY_SIZE(system_dirs) && !found; i++)
		found = try_dir(a, root_fd, system_dirs[i], name);
	if (found || !search_path)
		return found;
	dirs = strv_split(a, search_path, ":");
	strv_foreach (dir, &dirs) {
		if (*dir == '/')
			found = try_dir(a, root_fd, dir, name);
		if (found)
			break;
	}
	return found;
}
