// SPDX-License-Identifier: Apache-2.0
/* Paths inside a hostile root; see inroot.h. Init only. */
#include "kernel/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_SYMLINKS 40 /* path_resolution(7) */
#define MAX_RETRIES  64

static int open_resolved(int root_fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode & 07777u : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	/* -EAGAIN: somebody renamed or mounted during the walk and ".." could not be proven safe.
	 */
	for (int tries = 0; tries < MAX_RETRIES; tries++) {
		long fd = syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -ELOOP;
}

int inroot_open(int root_fd, const char *path, int flags, mode_t mode)
{
	return open_resolved(root_fd, path, flags, mode);
}

int inroot_open_nofollow(int root_fd, const char *path, int flags, mode_t mode)
{
	return open_resolved(root_fd, path, flags | O_NOFOLLOW, mode);
}

/* The path still to be walked, and where symlinks found on the way are spliced in. */
struct walk {
	char done[PATH_MAX]; /* resolved so far, relative to the root */
	char rest[PATH_MAX]; /* still to do */
	int links;
};

static int push(char *path, const char *name)
{
	size_t len = strlen(path);
	int n = snprintf(path + len, PATH_MAX - len, "/%s", name);

	return n < 0 || (size_t)n >= PATH_MAX - len ? -ENAMETOOLONG : 0;
}

static void pop(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Take the first component off `rest` into `name`; false when nothing is left. */
static bool next_name(struct walk *w, char *name)
{
	char *start = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(start, "/");

	if (!n)
		return false;
	memcpy(name, start, n);
	name[n] = '\0';
	memmove(w->rest, start + n, strlen(start + n) + 1);
	return true;
}

/* Replace the component just taken by the target of the symlink that it is. */
static int splice_link(struct walk *w, int parent_fd, const char *name)
{
	char target[PATH_MAX], joined[PATH_MAX];
	ssize_t n = readlinkat(parent_fd, name, target, sizeof(target) - 1);
	int len;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (++w->links > MAX_SYMLINKS)
		return -ELOOP;
	len = snprintf(joined, sizeof(joined), "%s/%s", target, w->rest);
	if (len < 0 || (size_t)len >= sizeof(joined))
		return -ENAMETOOLONG;
	memcpy(w->rest, joined, (size_t)len + 1);
	if (target[0] == '/')
		w->done[0] = '\0';
	return 0;
}

/*
 * One component below `parent_fd`: open it, make it if it is missing, follow it if it is a symlink.
 * Returns a descriptor for the directory, 0 where a symlink was spliced in, or -errno.
 */
static int step_into(struct walk *w, int parent_fd, const char *name, mode_t mode)
{
	struct stat st;
	auto_fd int fd = -1;

	for (int tries = 0; tries < MAX_RETRIES; tries++) {
		fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			break;
		if (errno != ENOENT)
			return -errno;
		/* EEXIST: another create made the same mount point in a shared root. */
		if (mkdirat(parent_fd, name, mode) < 0 && errno != EEXIST)
			return -errno;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return splice_link(w, parent_fd, name);
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return take_fd(&fd);
}

static int walk_mkdirs(int root_fd, struct walk *w, mode_t mode)
{
	char name[NAME_MAX + 1];

	while (strspn(w->rest, "/") != strlen(w->rest)) {
		auto_fd int parent = -1;
		int fd;

		if (strcspn(w->rest + strspn(w->rest, "/"), "/") > NAME_MAX)
			return -ENAMETOOLONG;
		if (!next_name(w, name) || strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			pop(w->done);
			continue;
		}
		/* `done` holds no symlink, but one may be put there meanwhile: still confined. */
		parent = open_resolved(root_fd, w->done, O_PATH | O_DIRECTORY, 0);
		if (parent < 0)
			return parent;
		fd = step_into(w, parent, name, mode);
		if (fd < 0)
			return fd;
		if (fd == 0)
			continue;
		close(fd);
		if (push(w->done, name) < 0)
			return -ENAMETOOLONG;
	}
	return open_resolved(root_fd, w->done, O_PATH | O_DIRECTORY, 0);
}

int inroot_mkdirs(int root_fd, const char *path, mode_t mode)
{
	struct walk w = {.links = 0};
	int fd = open_resolved(root_fd, path, O_PATH | O_DIRECTORY, 0);

	if (fd != -ENOENT)
		return fd;
	if (strlen(path) >= sizeof(w.rest))
		return -ENAMETOOLONG;
	memcpy(w.rest, path, strlen(path) + 1);
	return walk_mkdirs(root_fd, &w, mode);
}

int inroot_parent(int root_fd, const char *path, char *name, size_t size)
{
	char dir[PATH_MAX];
	size_t len = strlen(path);
	const char *base;

	while (len > 0 && path[len - 1] == '/')
		len--;
	base = path + len;
	while (base > path && base[-1] != '/')
		base--;
	if (base == path + len || (path + len - base == 2 && memcmp(base, "..", 2) == 0))
		return -EINVAL;
	if ((size_t)(path + len - base) >= size || (size_t)(base - path) >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(name, base, (size_t)(path + len - base));
	name[path + len - base] = '\0';
	memcpy(dir, path, (size_t)(base - path));
	dir[base - path] = '\0';
	return inroot_mkdirs(root_fd, dir, 0755);
}

/* Make an empty file; where the name is a dangling symlink, make what it points to. */
static int make_file(int root_fd, const char *path, mode_t mode)
{
	char current[PATH_MAX], name[NAME_MAX + 1];

	if (strlen(path) >= sizeof(current))
		return -ENAMETOOLONG;
	memcpy(current, path, strlen(path) + 1);
	for (int links = 0; links <= MAX_SYMLINKS; links++) {
		char target[PATH_MAX];
		ssize_t n;
		auto_fd int parent = inroot_parent(root_fd, current, name, sizeof(name));
		int fd;

		if (parent < 0)
			return parent;
		fd = openat(
			parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_RDONLY, mode);
		if (fd >= 0)
			close(fd);
		else if (errno != EEXIST)
			return -errno;
		n = readlinkat(parent, name, target, sizeof(target) - 1);
		if (n < 0) {
			fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
			return fd < 0 ? -errno : fd;
		}
		target[n] = '\0';
		if (target[0] == '/') {
			memcpy(current, target, (size_t)n + 1);
			continue;
		}
		/* Relative to the link's own directory, which may itself be reached by links. */
		size_t keep = strlen(current);

		while (keep > 0 && current[keep - 1] == '/')
			keep--;
		while (keep > 0 && current[keep - 1] != '/')
			keep--;
		if (keep + (size_t)n >= sizeof(current))
			return -ENAMETOOLONG;
		memcpy(current + keep, target, (size_t)n + 1);
	}
	return -ELOOP;
}

int inroot_target(int root_fd, const char *path, bool dir, mode_t mode)
{
	int fd = open_resolved(root_fd, path, O_PATH, 0);

	if (fd != -ENOENT)
		return fd;
	if (dir)
		return inroot_mkdirs(root_fd, path, mode);
	return make_file(root_fd, path, mode);
}
