// SPDX-License-Identifier: Apache-2.0
/*
 * The cgroup of a process that exec adds. In: the container's record, --cgroup. Out: a descriptor
 * to be born in, or a process that was moved. Front end.
 *
 * On cgroup v2 the process is born where it belongs (clone3 with CLONE_INTO_CGROUP), so that it is
 * never out of its limits. Where that is refused, and on v1, it is moved before it gets its plan.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "lodger/exec_cgroup.h"

#define PROC_CGROUP_MAX (64u << 10)
#define UNIFIED_MOUNT   "/sys/fs/cgroup"

/* The path of "[CONTROLLERS:]PATH" without slashes before it; NULL for the container's own cgroup.
 */
static const char *path_of(const char *entry)
{
	const char *colon = strchr(entry, ':');
	const char *path = colon ? colon + 1 : entry;

	path += strspn(path, "/");
	return *path ? path : NULL;
}

/* Whether a path climbs: ".." as a component. */
static bool climbs(const char *path)
{
	for (const char *p = path; p && *p; p += strcspn(p, "/"), p += strspn(p, "/"))
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

static int check_wishes(const struct exec_cgroup *x, struct err *e)
{
	const char *wish;

	strv_foreach (wish, x->wishes) {
		const char *path = path_of(wish);

		err_object(e, "--cgroup");
		if (climbs(path))
			return err_set(e, ERR_USAGE, EINVAL,
				"--cgroup: \"%s\" is not below the container's cgroup", wish);
		if (!x->cgroup.dirs.n)
			return err_set(e, ERR_STATE_STATUS, ENOENT,
				"--cgroup: the container has no cgroup of its own");
		if (cgroup_is_unified(&x->cgroup) &&
			(x->wishes->n > 1 || wish[0] == ':' || strchr(wish, ':')))
			return err_set(e, ERR_USAGE, EINVAL,
				"--cgroup: with cgroup v2 there is one path, without controllers");
		if (e)
			e->object[0] = '\0';
	}
	return 0;
}

int exec_cgroup_open(struct arena *a, const kv_list *places, const struct strv *wishes,
	struct exec_cgroup *ret, struct err *e)
{
	int r = cgroup_open(a, places, &ret->cgroup, e);

	ret->arena = a;
	ret->wishes = wishes;
	return r < 0 ? r : check_wishes(ret, e);
}

int exec_cgroup_birth(const struct exec_cgroup *x, int *ret_fd, struct err *e)
{
	const char *sub = x->wishes->n ? path_of(x->wishes->v[0]) : NULL;
	struct err why = {0};
	int fd;

	*ret_fd = -1;
	if (!cgroup_is_unified(&x->cgroup))
		return 0;
	fd = cgroup_clone_fd(&x->cgroup, sub, &why);
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	/* A cgroup that somebody has removed holds nobody: the process stays where it is. */
	if (!err_is_set(&why)) {
		log_warn("the container's cgroup is gone: the command stays in the caller's");
		return 0;
	}
	if (e)
		*e = why;
	return fd;
}

/* Whether "memory,cpu:PATH" is about the hierarchy of "cpu,cpuacct". */
static bool is_about(struct arena *a, const char *wish, const char *controllers)
{
	const char *colon = strchr(wish, ':');
	struct strv wanted, have;
	const char *name;

	if (!colon)
		return true;
	wanted = strv_split(a, arena_strndup(a, wish, (size_t)(colon - wish)), ",");
	have = strv_split(a, controllers, ",");
	strv_foreach (name, &wanted)
		if (strv_has(&have, name))
			return true;
	return false;
}

static int move_to(const struct cgroup_dir *dir, const char *sub, pid_t pid, struct err *e)
{
	struct cgroup_dir copy = *dir;
	const struct cgroup one = {.dirs = {&copy, 1}};
	struct err why = {0};
	int r;

	if (dir->fd < 0)
		return 0;
	r = cgroup_attach(&one, sub, pid, &why);
	if (r == -EACCES || r == -EPERM)
		err_fix(&why, "call lodger from below the same delegated cgroup as the "
			      "container's, as in: "
			      "systemd-run --user --scope lodger exec ...");
	if (r < 0 && e)
		*e = why;
	return r;
}

/* Where in the container's cgroup its first process is, below `dir`; NULL if that is itself. */
static const char *place_of_init(
	const struct exec_cgroup *x, const struct cgroup_dir *dir, pid_t init)
{
	char name[48], *text, *line;
	const char *rest;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)init);
	if (file_read(x->arena, AT_FDCWD, name, PROC_CGROUP_MAX, &text, NULL) < 0)
		return NULL;
	/* By lines: the names of other hierarchies' cgroups are anybody's. */
	while ((line = strsep(&text, "\n")) && !str_after(line, "0::/"))
		;
	if (!line)
		return NULL;
	line += strlen("0::");
	rest = str_after(arena_printf(x->arena, UNIFIED_MOUNT "%s", line), dir->path);
	return rest && rest[0] == '/' && rest[1] && !climbs(rest) ? rest + 1 : NULL;
}

/*
 * A container that keeps its processes in cgroups below its own, as systemd does, has no room for
 * processes in that one itself (cgroups(7), "no internal processes"): where its first process is,
 * there is.
 */
static int move_unified(const struct exec_cgroup *x, pid_t pid, pid_t init, struct err *e)
{
	const struct cgroup_dir *dir = x->cgroup.dirs.v;
	const char *sub = x->wishes->n ? path_of(x->wishes->v[0]) : NULL;
	struct err why = {0};
	int r = move_to(dir, sub, pid, &why);

	if (r == -EBUSY && !sub) {
		sub = place_of_init(x, dir, init);
		if (sub)
			return move_to(dir, sub, pid, e);
	}
	if (r < 0 && e)
		*e = why;
	return r;
}

int exec_cgroup_join(const struct exec_cgroup *x, pid_t pid, pid_t init, struct err *e)
{
	const struct cgroup_dir *dir;
	int r = 0;

	if (cgroup_is_unified(&x->cgroup))
		return move_unified(x, pid, init, e);
	array_foreach (dir, &x->cgroup.dirs) {
		const char *sub = NULL, *wish;

		strv_foreach (wish, x->wishes)
			if (is_about(x->arena, wish, dir->controllers))
				sub = path_of(wish);
		r = move_to(dir, sub, pid, e);
		if (r < 0)
			break;
	}
	return r;
}
