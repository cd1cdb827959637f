// SPDX-License-Identifier: Apache-2.0
/*
 * The scope that a user's containers share with --cgroup-manager=session: made by the first one,
 * between facts and plan, since it is the user's and no part of the container. In: facts. Out: the
 * scope's cgroup among them. Front end; who speaks to systemd is lodger-scope.
 */
#include "lodger/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/log.h"
#include "cgroup/scope.h"
#include "host/session.h"

static int fail_directory(const char *path, int r, const char *why, struct err *e)
{
	err_object(e, "%s", path);
	if (why)
		err_set(e, ERR_HOST_CGROUP, -r, "%s %s", path, why);
	else
		err_sys(e, ERR_HOST_CGROUP, r, "making %s", path);
	err_fix(e, "have XDG_RUNTIME_DIR=/run/user/UID, which logging in sets");
	return r;
}

/* The directory of the note, locked: of two first containers one makes the scope. */
static int lock_directory(const char *path, uint32_t uid, int *ret, struct err *e)
{
	auto_fd int fd = -1;
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail_directory(path, -errno, NULL, e);
	fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_directory(path, -errno, NULL, e);
	if (st.st_uid != uid || (st.st_mode & 077))
		return fail_directory(path, -EPERM, "is not the caller's alone", e);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_directory(path, -errno, NULL, e);
	*ret = take_fd(&fd);
	return 0;
}

/*
 * One unit holds all: whoever stops it does not want to wait for the first processes of pid
 * namespaces, which do not mind SIGTERM. It is no failed unit because one of them was killed.
 */
static int hold(struct lodger *l, const struct facts *f, struct err *e)
{
	struct plan_unit_property properties[] = {
		{.name = "Delegate", .signature = "b", .value = "true"},
		{.name = "CollectMode", .signature = "s", .value = "inactive-or-failed"},
		{.name = "TimeoutStopUSec", .signature = "t", .value = "10000000"},
	};
	bool real_root = f->initial_userns && f->euid == 0;
	const struct plan_cgroup unit = {
		.bus = f->bus,
		.unit = SESSION_UNIT,
		.slice = real_root ? "system.slice" : "app.slice",
		.description = "lodger's containers of this user",
		.properties = {properties, ARRAY_SIZE(properties)},
	};
	const char *helper, *holder;
	int r = find_helper(l, "lodger-scope", &helper, e);

	if (r == 0)
		r = find_helper(l, "lodger-hold", &holder, e);
	if (r == 0)
		r = scope_hold(helper, holder, &unit,
			arena_printf(l->arena, "%s/" SESSION_LINK, f->session_dir), e);
	return r;
}

static void look(struct lodger *l, struct facts *f)
{
	auto_fd int root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	f->session = NULL;
	session_find(l->arena, root, f);
}

bool session_is_there(struct lodger *l, const struct facts *f)
{
	struct facts now = *f;

	look(l, &now);
	return now.session && str_eq_null(f->session, now.session);
}

int session_need(struct lodger *l, struct facts *f, struct err *e)
{
	auto_fd int lock = -1;
	int r;

	/* Without cgroup v2 the planner says why not. */
	if (f->session || f->cgroup_layout != CGROUP_LAYOUT_UNIFIED)
		return 0;
	r = lock_directory(f->session_dir, f->euid, &lock, e);
	if (r < 0)
		return r;
	look(l, f);
	if (f->session)
		return 0;
	log_debug("session: no scope is kept for this user yet, or not any more: asking systemd");
	r = hold(l, f, e);
	if (r < 0)
		return r;
	look(l, f);
	if (f->session)
		return 0;
	err_object(e, SESSION_UNIT);
	err_set(e, ERR_HOST_CGROUP, ENOENT, "%s ended as soon as it was made", SESSION_UNIT);
	err_fix(e, "see why: systemctl --user status %s", SESSION_UNIT);
	return -ENOENT;
}
