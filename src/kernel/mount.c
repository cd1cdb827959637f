// SPDX-License-Identifier: Apache-2.0
/* The mount API; see mount.h. Init only. */
#include "kernel/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000 /* Linux 5.8 */
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

int mount_fs_open(const char *fstype)
{
	return result(syscall(SYS_fsopen, fstype, FSOPEN_CLOEXEC));
}

int mount_fs_set(int fsfd, const char *key, const char *value)
{
	unsigned cmd = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	return result(syscall(SYS_fsconfig, fsfd, cmd, key, value, 0));
}

int mount_fs_create(int fsfd, uint64_t attrs)
{
	int r = result(syscall(SYS_fsconfig, fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));

	if (r < 0)
		return r;
	return result(syscall(SYS_fsmount, fsfd, FSMOUNT_CLOEXEC, (unsigned)attrs));
}

void mount_fs_message(int fsfd, char *buf, unsigned size)
{
	int saved = errno;
	ssize_t n, last = 0;

	/* Each read gives one message, "e text\n"; the last error explains the failure best. */
	while ((n = read(fsfd, buf, size - 1)) > 0)
		last = n;
	if (last > 0 && buf[last - 1] == '\n')
		last--;
	buf[last] = '\0';
	if (last > 2 && buf[1] == ' ')
		memmove(buf, buf + 2, (size_t)last - 1);
	errno = saved;
}

int mount_clone(int dirfd, const char *path, bool recursive, bool nofollow)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

	if (!*path)
		flags |= AT_EMPTY_PATH;
	if (recursive)
		flags |= AT_RECURSIVE;
	if (nofollow)
		flags |= AT_SYMLINK_NOFOLLOW;
	return result(syscall(SYS_open_tree, dirfd, path, flags));
}

int mount_set_attr(int fd, const char *path, bool recursive, uint64_t set, uint64_t clear,
	uint64_t propagation)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
	unsigned flags = (*path ? 0 : AT_EMPTY_PATH) | (recursive ? AT_RECURSIVE : 0);

	return result(syscall(SYS_mount_setattr, fd, path, flags, &attr, sizeof(attr)));
}

int mount_set_idmap(int fd, bool recursive, int userns_fd)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd};
	unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	return result(syscall(SYS_mount_setattr, fd, "", flags, &attr, sizeof(attr)));
}

int mount_attach(int mount_fd, int target_fd)
{
	return result(syscall(SYS_move_mount, mount_fd, "", target_fd, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int mount_pivot(int root_fd)
{
	if (fchdir(root_fd) < 0)
		return -errno;
	/*
	 * With both arguments the same directory, the old root ends up mounted on top of the new
	 * one and "." still is the new root (pivot_root(2), NOTES): no put_old directory is needed
	 * in a root filesystem that may be read-only or hostile.
	 */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return -errno;
	if (syscall(SYS_umount2, ".", MNT_DETACH) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}

int mount_move_root(int root_fd)
{
	auto_fd int slash = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (slash < 0)
		return -errno;
	r = mount_attach(root_fd, slash);
	if (r < 0)
		return r;
	if (fchdir(root_fd) < 0 || chroot(".") < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}

int mount_hide(const char *path)
{
	auto_fd int fs = -1, cover = -1, target = -1;

	if (syscall(SYS_umount2, path, MNT_DETACH) == 0 || errno == ENOENT)
		return 0;
	fs = mount_fs_open("tmpfs");
	if (fs < 0)
		return fs;
	cover = mount_fs_create(fs, MOUNT_ATTR_RDONLY);
	if (cover < 0)
		return cover;
	target = openat(AT_FDCWD, path, O_PATH | O_CLOEXEC);
	return target < 0 ? -errno : mount_attach(cover, target);
}

int mount_propagation(const char *path, uint64_t flags)
{
	return result(syscall(SYS_mount, NULL, path, NULL, (unsigned long)flags, NULL));
}

bool mount_is_fs(int fd, long magic)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && (long)st.f_type == magic;
}

bool mount_is_root(int fd)
{
	struct statx st;

	return syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
	       (!(st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) ||
		       st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int mount_detach(int proc, int fd)
{
	char name[32];

	snprintf(name, sizeof(name), "self/fd/%d", fd);
	if (fchdir(proc) < 0 || syscall(SYS_umount2, name, MNT_DETACH) < 0)
		return -errno;
	return 0;
}
