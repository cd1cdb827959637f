// SPDX-License-Identifier: Apache-2.0
/*
 * Where state lives. In: --root, who calls, XDG_RUNTIME_DIR. Out: the absolute path of a directory.
 * Runs in the front end. Must not take a directory that another user could have prepared: a record
 * is believed, and `kill` and `delete` act on what it says.
 */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define ROOT_FIX "name a directory of your own: lodger --root DIR …, or set XDG_RUNTIME_DIR"

/*
 * Sticky: the clean-up of old files that systemd-tmpfiles and others do in temporary directories
 * leaves such directories alone (XDG base directory specification, XDG_RUNTIME_DIR).
 */
#define ROOT_MODE (S_ISVTX | 0700)

__attribute__((format(printf, 4, 5))) static int refuse(
	struct err *e, const char *path, int errnum, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	err_set(e, ERR_STATE_DIR, errnum, "state directory %s %s", path, why);
	err_object(e, "%s", path);
	err_fix(e, "%s", ROOT_FIX);
	return -errnum;
}

/* Every missing directory of the path, from the left. */
static int make_parents(const char *path)
{
	auto_free char *copy = xstrdup(path);

	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int root_of_option(
	struct arena *a, const char *option, bool create, const char **ret_path, struct err *e)
{
	const char *path = option;
	struct stat st;
	int r;

	if (!*option)
		return err_set(e, ERR_USAGE, EINVAL, "--root is empty");
	if (*option != '/') {
		auto_free char *cwd = getcwd(NULL, 0);

		if (!cwd)
			return err_sys(e, ERR_SYSTEM, errno, "get the working directory");
		path = arena_printf(a, "%s/%s", cwd, option);
	}
	if (create) {
		r = make_parents(path);
		if (r == 0 && stat(path, &st) < 0)
			r = -errno;
		if (r == 0 && !S_ISDIR(st.st_mode))
			r = -ENOTDIR;
		if (r < 0) {
			err_sys(e, ERR_STATE_DIR, r, "make state directory %s", path);
			err_object(e, "%s", path);
			err_fix(e, "name a directory that you may write to with --root");
			return r;
		}
	}
	*ret_path = path;
	return 0;
}

/* Whether nobody else can have put something in the directory's place, or can put it there later.
 */
static int check_default(const char *path, uint32_t uid, struct err *e)
{
	auto_fd int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st, parent;

	if (fd < 0 || fstat(fd, &st) < 0 || fstatat(fd, "..", &parent, 0) < 0) {
		int r = -errno;

		/* What is no directory has no "..": told apart below. */
		if (fd < 0 || r != -ENOTDIR)
			return r;
		parent = (struct stat){0};
	}
	if (S_ISLNK(st.st_mode))
		return refuse(e, path, ELOOP, "is a symbolic link");
	if (!S_ISDIR(st.st_mode))
		return refuse(e, path, ENOTDIR, "is not a directory");
	if (st.st_uid != uid)
		return refuse(e, path, EPERM, "belongs to uid %u, not to %u", st.st_uid, uid);
	if (st.st_mode & 022)
		return refuse(e, path, EPERM, "may be written to by others (mode %04o)",
			st.st_mode & 07777);
	if (parent.st_mode & 022 && !(parent.st_mode & S_ISVTX) && parent.st_uid != uid)
		return refuse(e, path, EPERM, "is in a directory in which others may replace it");
	return 0;
}

/* Whether /run/user/UID is a runtime directory as pam_systemd makes it. */
static bool runtime_dir_is_ours(const char *path, uint32_t uid)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid &&
	       !(st.st_mode & 022);
}

static const char *default_path(
	struct arena *a, bool real_root, uint32_t uid, const char *xdg_runtime_dir)
{
	const char *run_user;

	if (real_root)
		return "/run/lodger";
	/* The XDG base directory specification: a relative path is to be passed over. */
	if (xdg_runtime_dir && *xdg_runtime_dir == '/')
		return arena_printf(a, "%s/lodger", xdg_runtime_dir);
	run_user = arena_printf(a, "/run/user/%u", uid);
	if (runtime_dir_is_ours(run_user, uid))
		return arena_printf(a, "%s/lodger", run_user);
	return arena_printf(a, "/tmp/lodger-%u", uid);
}

static int fail_make(const char *path, int r, const char *xdg_runtime_dir, struct err *e)
{
	err_sys(e, ERR_STATE_DIR, r, "make state directory %s", path);
	err_object(e, "%s", path);
	if (xdg_runtime_dir)
		err_fix(e,
			"XDG_RUNTIME_DIR is %s: log in as this user (after su or sudo it may "
			"name another user's directory), or " ROOT_FIX,
			xdg_runtime_dir);
	else
		err_fix(e, "%s", ROOT_FIX);
	return r;
}

int state_root_path(struct arena *a, const char *option, bool real_root, uint32_t uid,
	const char *xdg_runtime_dir, bool create, const char **ret_path, struct err *e)
{
	const char *path;
	int r;

	if (option)
		return root_of_option(a, option, create, ret_path, e);
	path = default_path(a, real_root, uid, xdg_runtime_dir);
	if (create && mkdir(path, ROOT_MODE) < 0 && errno != EEXIST)
		return fail_make(path, -errno, real_root ? NULL : xdg_runtime_dir, e);
	r = check_default(path, uid, e);
	if (r == -ENOENT && !create && !err_is_set(e))
		r = 0;
	if (r < 0 && !err_is_set(e))
		return fail_make(path, r, real_root ? NULL : xdg_runtime_dir, e);
	if (r == 0)
		*ret_path = path;
	return r;
}
