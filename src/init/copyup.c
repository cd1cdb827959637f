// SPDX-License-Identifier: Apache-2.0
/*
 * tmpcopyup; see copyup.h. Runs in init. The tree is the image's: nothing in it is followed, every
 * entry is opened by name in its open directory with O_NOFOLLOW.
 */
#include "init/copyup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_DEPTH 128

static int copy_dir(int from_fd, int to_fd, dev_t dev, int depth);

/* Owner first: chown(2) clears the set-id bits that the mode may have. */
static int copy_attrs(int fd, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchown(fd, st->st_uid, st->st_gid) < 0 && errno != EINVAL && errno != EPERM)
		return -errno;
	if (fchmod(fd, st->st_mode & 07777) < 0)
		return -errno;
	return futimens(fd, times) < 0 ? -errno : 0;
}

static int copy_file(int from_dir, const char *name, int to_dir, const struct stat *st)
{
	auto_fd int in = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_fd int out =
		openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return -errno;
	while ((n = sendfile(out, in, NULL, 1 << 20)) != 0)
		if (n < 0 && errno != EINTR)
			return -errno;
	return copy_attrs(out, st);
}

static int copy_subdir(int from_dir, const char *name, int to_dir, const struct stat *st, int depth)
{
	auto_fd int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd int to = -1;
	int r;

	if (from < 0 || mkdirat(to_dir, name, 0700) < 0)
		return -errno;
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return -errno;
	r = copy_dir(from, to, st->st_dev, depth + 1);
	return r < 0 ? r : copy_attrs(to, st);
}

static int copy_link(int from_dir, const char *name, int to_dir, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (symlinkat(target, to_dir, name) < 0)
		return -errno;
	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != EINVAL && errno != EPERM)
		return -errno;
	return 0;
}

static int copy_entry(int from_dir, const char *name, int to_dir, dev_t dev, int depth)
{
	struct stat st;

	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return copy_file(from_dir, name, to_dir, &st);
	case S_IFDIR:
		/* Another device is a mount below: its content belongs to that mount. */
		if (st.st_dev != dev)
			return mkdirat(to_dir, name, st.st_mode & 07777) < 0 ? -errno : 0;
		return copy_subdir(from_dir, name, to_dir, &st, depth);
	case S_IFLNK:
		return copy_link(from_dir, name, to_dir, &st);
	case S_IFIFO:
		return mkfifoat(to_dir, name, st.st_mode & 07777) < 0 ? -errno : 0;
	default:
		return 0;
	}
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int copy_dir(int from_fd, int to_fd, dev_t dev, int depth)
{
	__attribute__((cleanup(close_dir))) DIR *dir = NULL;
	auto_fd int fd = openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (depth > MAX_DEPTH)
		return -ELOOP;
	if (fd < 0 || !(dir = fdopendir(fd)))
		return -errno;
	take_fd(&fd);
	while (errno = 0, (entry = readdir(dir))) {
		int r;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = copy_entry(dirfd(dir), entry->d_name, to_fd, dev, depth);
		if (r < 0)
			return r;
	}
	return -errno;
}

int copyup_tree(int from_fd, int to_fd)
{
	auto_fd int to = openat(to_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r;

	if (to < 0 || fstat(from_fd, &st) < 0)
		return -errno;
	r = copy_dir(from_fd, to, st.st_dev, 0);
	return r < 0 ? r : copy_attrs(to, &st);
}
