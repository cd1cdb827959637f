// SPDX-License-Identifier: Apache-2.0
/*
 * Mounts whose ids are mapped by the caller: the kernel asks for rights over the file system, which
 * init in a user namespace of its own has not got. In: steps with a slot. Out:
 * descriptors of detached mounts, for init to attach. Front end; attaches nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "base/str.h"
#include "kernel/mount.h"
#include "kernel/userns.h"
#include "launch/launch.h"

static int fail(struct err *e, const struct step_mount *m, int r, const char *what)
{
	err_object(e, "%s", m->json_path);
	return err_sys(e, ERR_MOUNT, r, "%s: mounting %s at %s: %s", m->json_path, m->source,
		m->dest, what);
}

/* The user namespace to join is the map where the mount has none; see plan_mount_map(). */
static int joined_map(const struct launch *l)
{
	for (size_t i = 0; i < l->plan->joins.n; i++)
		if (l->plan->joins.v[i].flag == CLONE_NEWUSER)
			return fcntl(l->ns_fds[i], F_DUPFD_CLOEXEC, 3);
	return -ENOENT;
}

static int own_map(const struct step_mount *m)
{
	auto_strbuf struct strbuf uids = {0}, gids = {0};
	auto_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0)
		return -errno;
	plan_map_text(&m->uid_map, &uids);
	plan_map_text(&m->gid_map, &gids);
	return userns_make(proc, strbuf_str(&uids), strbuf_str(&gids));
}

static int explain_idmap(const struct step_mount *m, int r, struct err *e)
{
	if (r == -EPERM) {
		fail(e, m, r, "mapping its ids");
		err_fix(e,
			"the kernel lets only the owner of a file system map its ids, which here "
			"is root on the host: leave out idmap, uidMappings and gidMappings");
		return r;
	}
	return fail(e, m, r,
		r == -EINVAL
			? "the kernel maps no ids of this file system, or they are mapped already"
			: "mapping its ids");
}

static int make_mapped(struct launch *l, const struct step_mount *m, struct err *e)
{
	bool recursive = m->flags & STEP_MOUNT_REC;
	auto_fd int userns = m->uid_map.n ? own_map(m) : joined_map(l);
	auto_fd int fd = -1;
	int r;

	if (userns < 0)
		return fail(e, m, userns, "making a user namespace with its id map");
	fd = mount_clone(AT_FDCWD, m->source, recursive, m->flags & STEP_MOUNT_SRC_NOFOLLOW);
	if (fd < 0)
		return fail(e, m, fd, "opening the source");
	/* As init has its own clones: what is mounted in the container does not reach the host. */
	r = mount_set_attr(fd, "", recursive, 0, 0, MS_SLAVE);
	if (r < 0)
		return fail(e, m, r, "cutting its propagation");
	r = mount_set_idmap(fd, m->flags & STEP_MOUNT_IDMAP_REC, userns);
	if (r < 0)
		return explain_idmap(m, r, e);
	l->mount_fds[m->slot - 1] = take_fd(&fd);
	return 0;
}

int launch_map_mounts(struct launch *l, struct err *e)
{
	const struct step *s;
	size_t n = l->plan->mapped_mounts;

	if (n == 0)
		return 0;
	l->mount_fds = arena_calloc(l->arena, n, sizeof(int));
	for (size_t i = 0; i < n; i++)
		l->mount_fds[i] = -1;
	array_foreach (s, &l->plan->init.steps) {
		int r = 0;

		if (s->kind == STEP_MOUNT && s->mount.slot)
			r = make_mapped(l, &s->mount, e);
		if (r < 0)
			return r;
	}
	return 0;
}

void launch_close_mounts(struct launch *l)
{
	for (size_t i = 0; l->mount_fds && i < l->plan->mapped_mounts; i++)
		close_fd(&l->mount_fds[i]);
	l->mount_fds = NULL;
}
