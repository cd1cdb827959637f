// SPDX-License-Identifier: Apache-2.0
/* Whole files; see file.h. Any process. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * One more than the limit is asked for, to tell a file at the limit from one beyond it. `hint`: the
 * size to expect; files of /proc say 0.
 */
static int read_all(struct arena *a, int fd, size_t hint, size_t max, char **ret, size_t *ret_len)
{
	char small[4096], *buf = small;
	auto_free char *large = NULL;
	size_t len = 0, size = hint < max ? hint + 2 : 0;

	/* Most of what is read is a few lines of /proc and /etc. */
	if (size <= sizeof(small))
		size = sizeof(small);
	else
		buf = large = xmalloc(size);
	for (;;) {
		ssize_t n = read(fd, buf + len, size - len - 1);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		if (n == 0)
			break;
		if (len + 1 < size)
			continue;
		size *= 2;
		large = xrealloc(large, size);
		if (buf == small)
			memcpy(large, small, len);
		buf = large;
	}
	*ret = arena_strndup(a, buf, len);
	if (ret_len)
		*ret_len = len;
	return 0;
}

int file_read_fd(struct arena *a, int fd, size_t max, char **ret, size_t *ret_len)
{
	return read_all(a, fd, 0, max, ret, ret_len);
}

int file_read(struct arena *a, int dirfd, const char *path, size_t max, char **ret, size_t *ret_len)
{
	/* O_NONBLOCK: a fifo in the file's place must not hold us up. It changes nothing for files.
	 */
	auto_fd int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EMEDIUMTYPE;
	return read_all(a, fd, (size_t)st.st_size, max, ret, ret_len);
}

int file_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* The pid keeps two writers apart; O_EXCL would trip over what a killed writer left. */
static int stage_name(const char *name, char *buf, size_t size)
{
	int n = snprintf(buf, size, ".%s.%d.tmp", name, (int)getpid());

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int file_stage(int dirfd, const char *name, const void *data, size_t n, mode_t mode)
{
	char tmp[300];
	auto_fd int fd = -1;
	int r = stage_name(name, tmp, sizeof(tmp));

	if (r < 0)
		return r;
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = file_write_all(fd, data, n);
	if (r < 0)
		unlinkat(dirfd, tmp, 0);
	return r;
}

int file_commit(int dirfd, const char *name)
{
	char tmp[300];
	int r = stage_name(name, tmp, sizeof(tmp));

	if (r == 0 && renameat(dirfd, tmp, dirfd, name) < 0) {
		r = -errno;
		unlinkat(dirfd, tmp, 0);
	}
	return r;
}

int file_replace(int dirfd, const char *name, const void *data, size_t n, mode_t mode)
{
	int r = file_stage(dirfd, name, data, n, mode);

	return r < 0 ? r : file_commit(dirfd, name);
}

int file_write_once(int dirfd, const char *path, const char *text)
{
	auto_fd int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	size_t n = strlen(text);
	ssize_t done;

	if (fd < 0)
		return -errno;
	do {
		done = write(fd, text, n);
	} while (done < 0 && errno == EINTR);
	if (done < 0)
		return -errno;
	return (size_t)done == n ? 0 : -EIO;
}
