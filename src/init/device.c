// SPDX-License-Identifier: Apache-2.0
/*
 * Device nodes, symlinks and the console in the container's /dev. Runs in init. Last components are
 * never followed: /dev and everything in it may be the image's (CVE-2026-41579, CVE-2026-88264).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "init/init.h"
#include "kernel/inroot.h"
#include "kernel/mount.h"
#include "protocol/message.h"

static int fail(struct err *e, const struct step_device *d, int r, const char *what)
{
	err_sys(e, ERR_MOUNT, r, "device %s: %s", d->path, what);
	err_object(e, "%s", d->path);
	return r;
}

static bool same_device(int fd, const struct step_device *d)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == (d->mode & S_IFMT) &&
	       (S_ISFIFO(st.st_mode) || st.st_rdev == makedev(d->major, d->minor));
}

int prepare_device(struct init *in, size_t i, struct err *e)
{
	const struct step_device *d = &init_step(in, i)->device;
	auto_fd int fd = -1;
	int r;

	if (!d->source)
		return 0;
	fd = mount_clone(AT_FDCWD, d->source, false, false);
	if (fd == -ENOENT && d->optional) {
		log_debug("device %s: the host has none", d->path);
		return 0;
	}
	if (fd < 0)
		return fail(
			e, d, fd, "opening the host's node, which a user namespace has to share");
	if (!same_device(fd, d)) {
		err_set(e, ERR_CONFIG_VALUE, ENODEV,
			"device %s: the host's node is not device %u:%u, and a user namespace "
			"cannot make one",
			d->path, d->major, d->minor);
		err_object(e, "%s", d->path);
		return -ENODEV;
	}
	/* As crun: of the host's mount, the container gets the node and nothing more. */
	r = mount_set_attr(fd, "", false, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, 0);
	if (r < 0)
		return fail(e, d, r, "setting nosuid and noexec");
	in->prepared[i] = take_fd(&fd);
	return 0;
}

static int bind_device(struct init *in, size_t i, int parent, const char *name, struct err *e)
{
	const struct step_device *d = &init_step(in, i)->device;
	auto_fd int source = take_fd(&in->prepared[i]);
	auto_fd int target =
		openat(parent, name, O_CREAT | O_RDONLY | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	struct stat st;
	int r;

	if (target < 0 && errno != EEXIST)
		return fail(e, d, -errno, "making its mount point");
	if (target < 0)
		target = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || fstat(target, &st) < 0)
		return fail(e, d, -errno, "opening its mount point");
	if (S_ISLNK(st.st_mode))
		return fail(e, d, -ELOOP, "it is a symlink in the root filesystem");
	r = mount_attach(source, target);
	return r < 0 ? fail(e, d, r, "binding the host's node") : 0;
}

static int make_device(const struct step_device *d, int parent, const char *name, struct err *e)
{
	auto_fd int node = -1;
	mode_t mask = umask(0);
	int r = mknodat(parent, name, d->mode, makedev(d->major, d->minor)) < 0 ? -errno : 0;

	umask(mask);
	if (r < 0 && r != -EEXIST)
		return fail(e, d, r, "making the node");
	node = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node < 0 || !same_device(node, d))
		return fail(e, d, -EEXIST, "something else is there in the root filesystem");
	if (fchownat(node, "", d->uid, d->gid, AT_EMPTY_PATH) < 0)
		return fail(e, d, -errno, "setting its owner");
	return 0;
}

int step_device(struct init *in, size_t i, struct err *e)
{
	const struct step_device *d = &init_step(in, i)->device;
	char name[NAME_MAX + 1];
	auto_fd int parent = -1;

	if (d->source && in->prepared[i] < 0)
		return 0;
	parent = inroot_parent(in->root, d->path, name, sizeof(name));
	if (parent < 0)
		return fail(e, d, parent, "opening its directory");
	return d->source ? bind_device(in, i, parent, name, e) : make_device(d, parent, name, e);
}

/* Convenience links of the specification: what an image has in their place stays. */
int step_symlink(struct init *in, size_t i, struct err *e)
{
	const struct step_symlink *s = &init_step(in, i)->symlink;
	char name[NAME_MAX + 1];
	auto_fd int parent = inroot_parent(in->root, s->path, name, sizeof(name));
	int r = parent < 0 ? parent : symlinkat(s->target, parent, name) < 0 ? -errno : 0;

	if (r == 0)
		return 0;
	if (r == -EEXIST || r == -EROFS) {
		log_debug("symlink %s: %s", s->path, err_text(-r));
		return 0;
	}
	err_object(e, "%s", s->path);
	return err_sys(e, ERR_MOUNT, r, "symlink %s", s->path);
}

static int fail_console(struct err *e, int r, const char *what)
{
	err_object(e, "/dev/console");
	return err_sys(e, ERR_MOUNT, r, "terminal: %s", what);
}

/* The slave on /dev/console, from its descriptor: no name of it is trusted (CVE-2025-52565). */
static int bind_console(struct init *in, struct err *e)
{
	char name[NAME_MAX + 1];
	auto_fd int parent = inroot_parent(in->root, "/dev/console", name, sizeof(name));
	auto_fd int tree = mount_clone(in->tty, "", false, false);
	auto_fd int target = -1;
	struct stat st;
	int r;

	if (parent < 0 || tree < 0)
		return fail_console(e, parent < 0 ? parent : tree, "opening /dev/console");
	target = openat(parent, name, O_CREAT | O_RDONLY | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (target < 0)
		target = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || fstat(target, &st) < 0)
		return fail_console(e, -errno, "making /dev/console");
	if (S_ISLNK(st.st_mode))
		return fail_console(e, -ELOOP, "/dev/console is a symlink in the root filesystem");
	r = mount_attach(tree, target);
	return r < 0 ? fail_console(e, r, "binding it to /dev/console") : 0;
}

/*
 * The devpts that a running container has. Its root can have put anything there: no symlink is
 * followed, and only a real devpts makes a terminal. Whose it is, is the container's business.
 */
static int find_devpts(struct init *in)
{
	int fd = inroot_open_nofollow(in->root, "/dev/pts", O_PATH | O_DIRECTORY, 0);

	if (fd >= 0 && mount_is_fs(fd, DEVPTS_SUPER_MAGIC))
		return fd;
	close_fd(&fd);
	return -1;
}

int step_console(struct init *in, size_t i, struct err *e)
{
	const struct step_console *s = &init_step(in, i)->console;
	struct winsize size = {
		.ws_row = (unsigned short)s->height, .ws_col = (unsigned short)s->width};
	auto_fd int ptmx = -1;
	int unlock = 0, r;

	if (s->find)
		in->devpts = find_devpts(in);
	if (in->devpts < 0 && s->find) {
		err_object(e, "/dev/pts");
		return err_set(e, ERR_CONFIG_MISSING, ENODEV,
			"terminal: the container has no devpts at /dev/pts");
	}
	if (in->devpts < 0) {
		err_object(e, "process.terminal");
		return err_set(e, ERR_CONFIG_MISSING, 0,
			"config.json: process.terminal: needs a mount of type devpts");
	}
	ptmx = openat(in->devpts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ptmx < 0 || ioctl(ptmx, TIOCSPTLCK, &unlock) < 0)
		return fail_console(e, -errno, "opening ptmx of the container's devpts");
	in->tty = ioctl(ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (in->tty < 0)
		return fail_console(e, -errno, "opening the slave side");
	if ((size.ws_row || size.ws_col) && ioctl(in->tty, TIOCSWINSZ, &size) < 0)
		return fail_console(e, -errno, "setting its size");
	if (fchown(in->tty, s->uid, (gid_t)-1) < 0)
		return fail_console(e, -errno, "giving it to the container's user");
	r = s->bind ? bind_console(in, e) : 0;
	if (r < 0)
		return r;
	return message_call(in->sync, MSG_CONSOLE, ptmx, e);
}
