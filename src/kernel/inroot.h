// SPDX-License-Identifier: Apache-2.0
/*
 * Paths inside a root filesystem that may be hostile. Every path is resolved by the kernel, from a
 * descriptor, as if the descriptor were "/" (openat2(2) RESOLVE_IN_ROOT), without magic links. An
 * attacker who exchanges components meanwhile can change which file inside the root is meant, and
 * nothing else. -errno, no text.
 */
#ifndef LODGER_KERNEL_INROOT_H
#define LODGER_KERNEL_INROOT_H

#include <stdbool.h>
#include <sys/types.h>

/* Open a path below `root_fd`, following symlinks inside it; O_CLOEXEC is added. -EAGAIN never. */
int inroot_open(int root_fd, const char *path, int flags, mode_t mode);

/* The same without following a symlink in the last component (O_NOFOLLOW). */
int inroot_open_nofollow(int root_fd, const char *path, int flags, mode_t mode);

/*
 * Open (O_PATH) the directory at `path`, making what is missing of it with `mode`. Symlinks are
 * followed inside the root, dangling ones too: their target is made. -ENOTDIR where something else
 * is in the way.
 */
int inroot_mkdirs(int root_fd, const char *path, mode_t mode);

/*
 * Open (O_PATH) the parent directory of `path`, made if missing, and give the last component in
 * `name` (`size` bytes). -EINVAL for "/" and for a last component of "..", -ENAMETOOLONG.
 */
int inroot_parent(int root_fd, const char *path, char *name, size_t size);

/*
 * Open (O_PATH) a mount target: what is at `path`, made if nothing is there: a directory where
 * `dir` is set, else an empty file, with missing parents. A dangling symlink in the last component
 * is followed inside the root.
 */
int inroot_target(int root_fd, const char *path, bool dir, mode_t mode);

#endif
