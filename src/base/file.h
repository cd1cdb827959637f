// SPDX-License-Identifier: Apache-2.0
/* Whole files: bounded reads, complete writes, atomic replacement. */
#ifndef LODGER_BASE_FILE_H
#define LODGER_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/mem.h"

/*
 * Read a whole file relative to `dirfd` (AT_FDCWD, or -1 with an absolute path). The result is
 * NUL-terminated in the arena and `*ret_len` (may be NULL) excludes the NUL. Fails with -EFBIG
 * beyond `max` bytes, having read no more than that, with -EISDIR for a directory and -EMEDIUMTYPE
 * for anything else that is no regular file. Follows symlinks: not for paths that a container
 * controls.
 */
int file_read(
	struct arena *a, int dirfd, const char *path, size_t max, char **ret, size_t *ret_len);

/* The same from an open descriptor, from its current position. */
int file_read_fd(struct arena *a, int fd, size_t max, char **ret, size_t *ret_len);

/* Write everything, through short writes and EINTR. 0 or -errno. */
int file_write_all(int fd, const void *data, size_t n);

/*
 * Replace `name` in the directory `dirfd` so that a reader sees the old or the new content, whole:
 * temporary file, write, rename. `name` has no slash. Leaves no temporary file on failure.
 */
int file_replace(int dirfd, const char *name, const void *data, size_t n, mode_t mode);

/*
 * The two halves of file_replace(), for a content that is known before it may be seen: the
 * temporary file, then the rename. Between them the calling process must not stage another
 * content for the same name.
 */
int file_stage(int dirfd, const char *name, const void *data, size_t n, mode_t mode);
int file_commit(int dirfd, const char *name);

/* Open an existing file, write `text` in one write(2) and close it: for /proc and /sys. */
int file_write_once(int dirfd, const char *path, const char *text);

#endif
