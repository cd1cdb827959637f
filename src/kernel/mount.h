// SPDX-License-Identifier: Apache-2.0
/*
 * The mount API of Linux 5.12 and later: detached mounts that are configured before anybody can
 * see them. -errno, no text. <linux/mount.h> instead of <sys/mount.h>: glibc before 2.36 lacks the
 * calls, and the two headers cannot be included together before 2.37.
 */
#ifndef LODGER_KERNEL_MOUNT_H
#define LODGER_KERNEL_MOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* fsopen(2), close-on-exec. */
int mount_fs_open(const char *fstype);

/* fsconfig(2): a flag where `value` is NULL, else a string. */
int mount_fs_set(int fsfd, const char *key, const char *value);

/* FSCONFIG_CMD_CREATE and fsmount(2): a detached mount with `attrs` (MOUNT_ATTR_*). */
int mount_fs_create(int fsfd, uint64_t attrs);

/*
 * The last message that the kernel left in the file system context ("tmpfs: Bad value for 'size'"),
 * without its level prefix; "" if none.
 */
void mount_fs_message(int fsfd, char *buf, unsigned size);

/* open_tree(2) with OPEN_TREE_CLONE: a detached copy of the mount at a path or descriptor. */
int mount_clone(int dirfd, const char *path, bool recursive, bool nofollow);

/* mount_setattr(2). `path` "" with a descriptor means the descriptor itself. */
int mount_set_attr(int fd, const char *path, bool recursive, uint64_t set, uint64_t clear,
	uint64_t propagation);

/* mount_setattr(2) with MOUNT_ATTR_IDMAP by the user namespace `userns_fd`. */
int mount_set_idmap(int fd, bool recursive, int userns_fd);

/* move_mount(2) from one descriptor onto another. */
int mount_attach(int mount_fd, int target_fd);

/* pivot_root(2) onto `root_fd` and detach what was there. The working directory is the new root. */
int mount_pivot(int root_fd);

/* The root mount moved over "/" and chroot(2), for hosts whose root is an initramfs. */
int mount_move_root(int root_fd);

/*
 * Take what is mounted at `path` away, or cover it where it is locked (mount_namespaces(7)). 0 too
 * where the path does not exist.
 */
int mount_hide(const char *path);

/* mount(2) that only changes propagation: MS_PRIVATE, MS_SLAVE … with or without MS_REC. */
int mount_propagation(const char *path, uint64_t flags);

/* Whether the descriptor is of the root of a mount; true where the kernel (before 5.8) cannot tell.
 */
bool mount_is_root(int fd);

/*
 * umount2(2) with MNT_DETACH of the mount whose root `fd` is: by its name in `proc`, a procfs that
 * shows the caller, which becomes the working directory. -EINVAL where it is no root of a mount.
 */
int mount_detach(int proc, int fd);

/* Whether the descriptor is on a file system with this magic (statfs(2)). */
bool mount_is_fs(int fd, long magic);

#endif
