// SPDX-License-Identifier: Apache-2.0
/*
 * What init does in a container that runs, beside mounting: take mounts away, and end. Runs in
 * init, in the container's mount namespace, beside the container's processes, which may exchange
 * every path meanwhile: a mount is taken away by descriptor, after its true place was looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "init/init.h"
#include "kernel/inroot.h"
#include "kernel/mount.h"

static int fail(const struct step_unmount *u, int r, const char *what, struct err *e)
{
	err_object(e, "%s", u->json_path);
	return err_sys(e, ERR_MOUNT, r, "%s: unmounting %s: %s", u->json_path, u->dest, what);
}

/*
 * A symlink that the container has put on the way must not choose which mount is meant: one that
 * hides or protects something, for instance.
 */
static int check_place(const struct init *in, const struct step_unmount *u, int fd, struct err *e)
{
	char name[32], place[PATH_MAX];
	ssize_t n;

	if (!mount_is_root(fd))
		return fail(u, -EINVAL, "nothing is mounted there", e);
	snprintf(name, sizeof(name), "self/fd/%d", fd);
	n = readlinkat(in->proc, name, place, sizeof(place) - 1);
	if (n < 0)
		return fail(u, -errno, "finding its place", e);
	place[n] = '\0';
	if (str_eq(place, u->dest))
		return 0;
	err_object(e, "%s.destination", u->json_path);
	return err_set(e, ERR_MOUNT, ELOOP,
		"%s: unmounting %s: in the container this leads to %s: name that", u->json_path,
		u->dest, place);
}

int step_unmount(struct init *in, size_t i, struct err *e)
{
	const struct step_unmount *u = &init_step(in, i)->unmount;
	auto_fd int fd = inroot_open_nofollow(in->root, u->dest, O_PATH, 0);
	int r;

	if (fd < 0)
		return fail(u, fd, "opening the mount point", e);
	r = check_place(in, u, fd, e);
	if (r < 0)
		return r;
	r = mount_detach(in->proc, fd);
	return r < 0 ? fail(u, r, "detaching it", e) : 0;
}

/* All or none: what was attached before a later one failed goes again, the last first. */
void live_undo(struct init *in, size_t n)
{
	while (n-- > 0) {
		const struct step *s = init_step(in, n);

		if (s->kind == STEP_MOUNT && (s->mount.flags & STEP_MOUNT_LIVE) &&
			in->prepared[n] >= 0)
			mount_detach(in->proc, in->prepared[n]);
	}
}

/* The end of the stream tells the front end, and the status that it was no accident. */
int step_end(struct init *in, size_t i, struct err *e)
{
	(void)in;
	(void)i;
	(void)e;
	_exit(0);
}
