// SPDX-License-Identifier: Apache-2.0
/*
 * Mount points for what criu(8) mounts, which makes none itself. Front end; all the work is done in
 * a child with a mount namespace of its own, where everything is mounted for a moment, so that
 * points within other mounts are made in those. The root filesystem is hostile: paths in it by
 * descriptor and openat2(2) alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/inroot.h"
#include "kernel/mount.h"
#include "launch/criu.h"

struct points {
	const char *rootfs;
	const criu_place_list *places;
};

/* What will be there for good is criu's business; what it holds now is thrown away. */
static int open_tmpfs(void)
{
	auto_fd int fs = mount_fs_open("tmpfs");

	return fs < 0 ? fs : mount_fs_create(fs, 0);
}

static int make_point(int root, const struct criu_place *p, struct err *e)
{
	auto_fd int tree = p->source ? mount_clone(AT_FDCWD, p->source, true, false) : open_tmpfs();
	auto_fd int target = -1;
	struct stat st;
	int r = tree < 0 ? tree : fstat(tree, &st) < 0 ? -errno : 0;

	if (r < 0)
		return err_sys(e, ERR_MOUNT, r, "%s", p->source ? p->source : "tmpfs");
	target = inroot_target(root, p->dest, S_ISDIR(st.st_mode), 0755);
	r = target < 0 ? target : mount_attach(tree, target);
	return r < 0 ? err_sys(e, ERR_MOUNT, r, "making the mount point %s", p->dest) : 0;
}

static int make_points(const void *arg, struct err *e)
{
	const struct points *points = arg;
	auto_fd int root = mount_clone(AT_FDCWD, points->rootfs, true, false);
	auto_fd int dir = open(points->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = root < 0 ? root : dir < 0 ? -errno : mount_attach(root, dir);
	const struct criu_place *p;

	if (r < 0) {
		err_object(e, "root.path");
		return err_sys(e, ERR_ROOTFS, r, "root.path: %s", points->rootfs);
	}
	array_foreach (p, points->places) {
		if (p->mask || (p->optional && p->source && access(p->source, F_OK) < 0))
			continue;
		err_object(e, "%s", p->dest);
		r = make_point(root, p, e);
		if (r < 0)
			return r;
		*e = (struct err){0};
	}
	return 0;
}

int criu_make_points(const char *rootfs, const criu_place_list *places, struct err *e)
{
	const struct points points = {rootfs, places};

	return criu_in_child(CLONE_NEWNS, make_points, &points, e);
}
