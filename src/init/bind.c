// SPDX-License-Identifier: Apache-2.0
/*
 * What a bind mount step takes from where: a path of the host, opened early with the caller's
 * identity or, where that could not be, when its turn comes; or a path in the root filesystem. And
 * what is particular to such a mount then. Runs in init.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "init/init.h"
#include "init/mount.h"
#include "kernel/inroot.h"
#include "kernel/mount.h"

static int clone_source(const struct step_mount *m, struct err *e)
{
	bool nofollow = m->flags & STEP_MOUNT_SRC_NOFOLLOW;
	int fd = mount_clone(AT_FDCWD, m->source, m->flags & STEP_MOUNT_REC, nofollow);

	if (fd == -EINVAL && !(m->flags & STEP_MOUNT_REC)) {
		mount_fail(e, m, fd, "cloning the source");
		err_fix(e,
			"something is mounted below %s, which a user namespace must not uncover: "
			"use rbind "
			"instead of bind",
			m->source);
		return fd;
	}
	return fd;
}

bool bind_is_symlink(const struct step_mount *m)
{
	struct stat st;

	return (m->flags & STEP_MOUNT_COPY_SYMLINK) && lstat(m->source, &st) == 0 &&
	       S_ISLNK(st.st_mode);
}

int bind_prepare(struct init *in, size_t i, struct err *e)
{
	const struct step_mount *m = &init_step(in, i)->mount;
	int fd;

	if (m->slot) {
		in->prepared[i] = in->mount_first + (int)m->slot - 1;
		fcntl(in->prepared[i], F_SETFD, FD_CLOEXEC);
		return 0;
	}
	if (m->flags & STEP_MOUNT_SOURCE_IN_ROOT)
		return 0;
	if (bind_is_symlink(m)) {
		in->needs_host = true;
		return 0;
	}
	fd = clone_source(m, e);
	/* It may be in a mount that the container gets first, or only the container's root may
	 * reach it (see step_root_open()): looked for again when its turn comes. In a container
	 * that runs there would be no path of the host any more. */
	if (!(m->flags & STEP_MOUNT_LIVE) &&
		(fd == -ENOENT || fd == -EACCES || (fd < 0 && m->flags & STEP_MOUNT_COSMETIC))) {
		in->needs_host = true;
		return 0;
	}
	if (fd < 0)
		return err_is_set(e) ? fd : mount_fail(e, m, fd, "opening the source");
	in->prepared[i] = fd;
	return 0;
}

/* A source in the root filesystem, with what is mounted there by now. */
static int clone_in_root(const struct init *in, const struct step_mount *m)
{
	int nofollow = m->flags & STEP_MOUNT_SRC_NOFOLLOW ? O_NOFOLLOW : 0;
	auto_fd int fd = inroot_open(in->root, m->source, O_PATH | nofollow, 0);

	return fd < 0 ? fd : mount_clone(fd, "", m->flags & STEP_MOUNT_REC, false);
}

int bind_open_late(struct init *in, size_t i, struct err *e)
{
	const struct step_mount *m = &init_step(in, i)->mount;
	int fd = m->flags & STEP_MOUNT_SOURCE_IN_ROOT ? clone_in_root(in, m) : clone_source(m, e);

	if (fd == -ENOENT && (m->flags & STEP_MOUNT_OPTIONAL))
		return 0;
	if (fd < 0)
		return err_is_set(e) ? fd : mount_fail(e, m, fd, "opening the source");
	in->prepared[i] = fd;
	return 1;
}

static int set_attrs(int fd, bool recursive, uint64_t set, uint64_t clear)
{
	const uint64_t atime = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME;
	int r;

	if (!set && !clear)
		return 0;
	r = mount_set_attr(fd, "", recursive, set, clear, 0);
	/*
	 * mount_namespaces(7): a less privileged namespace cannot change the atime flags of a mount
	 * it inherited, nodiratime among them. They are a matter of performance: keep the source's.
	 */
	if (r == -EPERM && ((set | clear) & atime)) {
		log_debug("the source's atime flags are locked and stay");
		set &= ~atime;
		clear &= ~atime;
		r = set || clear ? mount_set_attr(fd, "", recursive, set, clear, 0) : 0;
	}
	return r;
}

int bind_set_attrs(int fd, const struct step_mount *m, struct err *e)
{
	int r = set_attrs(fd, true, m->rec_attr_set, m->rec_attr_clear);

	if (r == 0)
		r = set_attrs(fd, false, m->attr_set, m->attr_clear);
	if (r == 0)
		return 0;
	mount_fail(e, m, r, "setting mount flags");
	if (r == -EPERM)
		err_fix(e,
			"the host mounted %s with flags (read-only, nosuid, nodev or noexec) that "
			"a user "
			"namespace cannot take off: leave out the options rw, suid, dev and exec",
			m->source);
	return r;
}

int bind_copy_symlink(struct init *in, const struct step_mount *m, struct err *e)
{
	char target[PATH_MAX], there[PATH_MAX], name[NAME_MAX + 1];
	ssize_t n = readlink(m->source, target, sizeof(target) - 1);
	auto_fd int parent = -1;

	if (n < 0)
		return mount_fail(e, m, -errno, "reading the symlink");
	target[n] = '\0';
	parent = inroot_parent(in->root, m->dest, name, sizeof(name));
	if (parent < 0)
		return mount_fail(e, m, parent, "opening the mount point");
	if (symlinkat(target, parent, name) == 0)
		return 0;
	if (errno != EEXIST)
		return mount_fail(e, m, -errno, "making the symlink");
	n = readlinkat(parent, name, there, sizeof(there) - 1);
	there[n > 0 ? n : 0] = '\0';
	return str_eq(there, target) ? 0 : mount_fail(e, m, -EEXIST, "making the symlink");
}
