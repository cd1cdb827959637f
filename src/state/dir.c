// SPDX-License-Identifier: Apache-2.0
/*
 * A container's directory. In: the state root and an id from the command line. Out: descriptors,
 * through which everything else is done. Runs in the front end. Must not follow a symlink below
 * the root, and must not act on a directory that was deleted while it waited.
 */
#include "state/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define ID_MAX 1024

/*
 * Each round of these loops is lost to somebody who deleted or made the directory meanwhile; the
 * bounds are there to end in an error where a file system behaves otherwise.
 */
#define RACE_ROUNDS  1000
#define REMOVE_DEPTH 16
#define REMOVE_TURNS 100

static const char id_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-";

int state_id_check(const char *id, struct err *e)
{
	size_t len = strlen(id);

	if (len == 0)
		return err_set(e, ERR_ID_INVALID, EINVAL, "container id is empty");
	if (len > ID_MAX)
		return err_set(e, ERR_ID_INVALID, EINVAL,
			"container id is longer than %d characters", ID_MAX);
	if (strspn(id, id_chars) != len)
		return err_set(e, ERR_ID_INVALID, EINVAL,
			"container id \"%s\" may only have letters, digits and _ + - .", id);
	/* The two names of every directory that are not its content. */
	if (str_eq(id, ".") || str_eq(id, ".."))
		return err_set(e, ERR_ID_INVALID, EINVAL, "container id may not be \"%s\"", id);
	return 0;
}

/* What front ends and helpers put into a container's directory, beside files that are not renamed
 * yet (base/file.c). */
static const char *const file_names[] = {"config.json", "state.json", "resources.json", "exec.fifo",
	"net.log", "net.sock", "resolv.conf", "hosts", "notify"};

void state_dir_close(struct state_dir *d)
{
	close_fd(&d->lock_fd);
	close_fd(&d->fd);
	close_fd(&d->root_fd);
}

static int dir_open_at(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int fail_missing(const char *id, struct err *e)
{
	err_set(e, ERR_STATE_MISSING, ENOENT, "container \"%s\" does not exist", id);
	err_object(e, "%s", id);
	return -ENOENT;
}

/* Whether the directory is the one that its name leads to. */
static bool dir_is_current(const struct state_dir *d)
{
	struct stat here, named;

	return fstat(d->fd, &here) == 0 &&
	       fstatat(d->root_fd, d->id, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_dev == named.st_dev && here.st_ino == named.st_ino;
}

/*
 * An open file description of its own, so that the lock ends with lock_fd, and status can tell a
 * lock of ours from that of others. Returns 1 with the lock, 0 if the directory was deleted before.
 */
static int dir_lock(struct state_dir *d)
{
	auto_fd int fd = dir_open_at(d->fd, ".");

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	if (!dir_is_current(d))
		return 0;
	d->lock_fd = take_fd(&fd);
	return 1;
}

static int fail_sys(const char *what, const char *root, const char *id, int r, struct err *e)
{
	err_sys(e, ERR_SYSTEM, r, "%s state directory %s/%s", what, root, id);
	err_object(e, "%s/%s", root, id);
	return r < 0 ? r : -r;
}

/* The open directory moves to the caller's struct, which has nothing to release until then. */
static void dir_give(struct state_dir *from, struct state_dir *to)
{
	*to = *from;
	*from = STATE_DIR_NONE;
}

static int try_create(struct state_dir *d)
{
	int r;

	if (mkdirat(d->root_fd, d->id, 0700) < 0)
		return -errno;
	d->fd = dir_open_at(d->root_fd, d->id);
	if (d->fd < 0)
		return d->fd == -ENOENT ? 0 : d->fd;
	/* A delete may find the directory before it is locked, and remove it as a dead create's. */
	r = dir_lock(d);
	if (r < 0)
		unlinkat(d->root_fd, d->id, AT_REMOVEDIR);
	if (r <= 0)
		close_fd(&d->fd);
	return r;
}

int state_dir_create(const char *root, const char *id, struct state_dir *ret, struct err *e)
{
	auto_state_dir struct state_dir d = STATE_DIR_NONE;
	int r = state_id_check(id, e);

	if (r < 0)
		return r;
	d.id = id;
	d.root_fd = openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.root_fd < 0)
		return fail_sys("open", root, "", errno, e);
	for (int round = 0; round < RACE_ROUNDS; round++) {
		r = try_create(&d);
		if (r != 0)
			break;
	}
	if (r == -EEXIST) {
		err_set(e, ERR_STATE_EXISTS, EEXIST, "container \"%s\" already exists", id);
		err_object(e, "%s", id);
		return r;
	}
	if (r == -ENAMETOOLONG)
		return err_set(e, ERR_ID_INVALID, ENAMETOOLONG,
			"container id is too long for a directory name (%zu characters)",
			strlen(id));
	if (r <= 0)
		return fail_sys("make", root, id, r ? r : -EAGAIN, e);
	dir_give(&d, ret);
	return 0;
}

int state_dir_open(
	const char *root, const char *id, bool lock, struct state_dir *ret, struct err *e)
{
	auto_state_dir struct state_dir d = STATE_DIR_NONE;
	int r = state_id_check(id, e);

	if (r < 0)
		return r;
	d.id = id;
	d.root_fd = openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.root_fd < 0)
		return errno == ENOENT ? fail_missing(id, e) : fail_sys("open", root, "", errno, e);
	for (int round = 0; round < RACE_ROUNDS; round++) {
		d.fd = dir_open_at(d.root_fd, id);
		r = d.fd < 0 ? d.fd : lock ? dir_lock(&d) : 1;
		if (r != 0)
			break;
		/* Deleted while we waited. Perhaps there is a new one of that name. */
		close_fd(&d.fd);
	}
	/* A name that no directory can have. */
	if (r == -ENOENT || r == -ENAMETOOLONG)
		return fail_missing(id, e);
	if (r <= 0)
		return fail_sys(lock ? "open and lock" : "open", root, id, r ? r : -EAGAIN, e);
	dir_give(&d, ret);
	return 0;
}

int state_dir_lock(struct state_dir *d, struct err *e)
{
	int r = dir_lock(d);

	if (r == 0)
		return -ENOENT;
	if (r > 0)
		return 0;
	err_object(e, "%s", d->id);
	return err_sys(e, ERR_SYSTEM, r, "lock the state of container \"%s\"", d->id);
}

static bool name_is_dot(const char *name)
{
	return str_eq(name, ".") || str_eq(name, "..");
}

/* Remove what is in the directory. Stays in it: symlinks are removed, not followed. */
static int remove_content(int dirfd, int depth)
{
	int fd = dir_open_at(dirfd, ".");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = fd < 0 ? fd : -errno;
		close_fd(&fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir))) {
		auto_fd int sub = -1;

		if (name_is_dot(entry->d_name) || unlinkat(fd, entry->d_name, 0) == 0 ||
			errno == ENOENT)
			continue;
		/* unlink(2): EISDIR on Linux, EPERM by POSIX. */
		r = -errno;
		if ((r != -EISDIR && r != -EPERM) || depth == 0)
			break;
		sub = dir_open_at(fd, entry->d_name);
		if (sub < 0)
			break;
		r = remove_content(sub, depth - 1);
		if (r == 0 && unlinkat(fd, entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			r = -errno;
	}
	closedir(dir);
	return r;
}

int state_dir_remove(struct state_dir *d, struct err *e)
{
	int r = -ENOTEMPTY;

	/* A writer without the lock may have left a file between the two steps. */
	for (int turn = 0; turn < REMOVE_TURNS && r == -ENOTEMPTY; turn++) {
		r = remove_content(d->fd, REMOVE_DEPTH);
		/* Not by name alone: a new container may have it already. */
		if (r < 0 || !dir_is_current(d))
			break;
		if (unlinkat(d->root_fd, d->id, AT_REMOVEDIR) < 0)
			r = errno == EEXIST ? -ENOTEMPTY : -errno;
	}
	if (r == 0 || r == -ENOENT)
		return 0;
	err_sys(e, ERR_SYSTEM, r, "remove the state of container \"%s\"", d->id);
	err_object(e, "%s", d->id);
	return r;
}

static bool name_is_ours(const char *name)
{
	size_t n = strlen(name);

	if (name_is_dot(name) || (name[0] == '.' && n > 4 && str_eq(name + n - 4, ".tmp")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(file_names); i++)
		if (str_eq(name, file_names[i]))
			return true;
	return false;
}

const char *state_dir_foreign(struct arena *a, const struct state_dir *d)
{
	int fd = dir_open_at(d->fd, ".");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	const char *found = NULL;

	if (!dir) {
		close_fd(&fd);
		return NULL;
	}
	while (!found && (entry = readdir(dir)))
		if (!name_is_ours(entry->d_name))
			found = arena_strdup(a, entry->d_name);
	closedir(dir);
	return found;
}

static int id_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool entry_is_dir(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

int state_list(struct arena *a, const char *root, struct strv *ret, struct err *e)
{
	struct strv ids = {0};
	const struct dirent *entry;
	DIR *dir = opendir(root);

	if (!dir && errno != ENOENT)
		return fail_sys("read", root, "", errno, e);
	while (dir && (entry = readdir(dir)))
		if (state_id_check(entry->d_name, NULL) == 0 && entry_is_dir(dirfd(dir), entry))
			strv_add(a, &ids, arena_strdup(a, entry->d_name));
	if (dir)
		closedir(dir);
	if (ids.n)
		qsort(ids.v, ids.n, sizeof(*ids.v), id_compare);
	*ret = ids;
	return 0;
}
