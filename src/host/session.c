// SPDX-License-Identifier: Apache-2.0
/*
 * The scope that a user's containers share with --cgroup-manager=session: found without asking
 * systemd. In: a link below the runtime directory, the cgroup that it leads to. Out: members of
 * struct facts. Front end; changes nothing.
 */
#include "host/session.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "host/bus.h"

#define CGROUP_MOUNT "/sys/fs/cgroup/"
#define UNIT_END     "/" SESSION_UNIT
#define EVENTS_MAX   4096

/* A directory of the caller's own, in which nobody else writes. -1 if it is not. */
static int open_own(int at, const char *path, uint32_t uid, mode_t others)
{
	auto_fd int fd = openat(at, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != uid || (st.st_mode & others))
		return -1;
	return take_fd(&fd);
}

/* What the link says, if it can be the scope's cgroup at all: its name ends with the unit's. */
static const char *read_link(struct arena *a, int dir)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, SESSION_LINK, text, sizeof(text));
	size_t end = strlen(UNIT_END);

	if (n <= 0 || (size_t)n >= sizeof(text) || (size_t)n < strlen(CGROUP_MOUNT) + end)
		return NULL;
	text[n] = '\0';
	if (!str_after(text, CGROUP_MOUNT) || strstr(text, "/../") ||
		!str_eq(text + (size_t)n - end, UNIT_END))
		return NULL;
	return arena_strdup(a, text);
}

static bool has_holder(int scope)
{
	scratch_arena(a);
	char *text;

	return file_read(a, scope, SESSION_HOLDER "/cgroup.events", EVENTS_MAX, &text, NULL) == 0 &&
	       strstr(text, "populated 1");
}

void session_find(struct arena *a, int root_fd, struct facts *f)
{
	auto_fd int dir = -1, scope = -1;
	const char *path;

	f->session_dir = arena_printf(a, "%s/lodger-session", bus_runtime_dir(a, f));
	dir = open_own(root_fd, f->session_dir + 1, f->euid, 077);
	path = dir < 0 ? NULL : read_link(a, dir);
	scope = path ? open_own(root_fd, path + 1, f->euid, 022) : -1;
	if (scope >= 0 && has_holder(scope))
		f->session = path;
}
