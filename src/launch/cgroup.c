// SPDX-License-Identifier: Apache-2.0
/*
 * The container's cgroup during a launch: made or asked for, init put into it, limits put into
 * force, all undone where the launch fails. Front end.
 *
 *   cgroupfs, v2   made before init, which is born in it
 *   cgroupfs, v1   made while init begins; init is moved before it goes on (procCgroup)
 *   systemd        asked for as soon as init has a pid, waited for when init asks (procCgroup)
 *   session        made before init; born in it, or else moved by systemd as above
 *
 * Limits come last, before the first hook or the payload: what lodger itself needs for the set-up
 * is not the container's to pay.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/proc.h"
#include "launch/launch.h"

#define PROC_MAX (64u << 10)

/* A front end that dies now leaves a directory that `delete` must be able to find. */
static int record_places(struct launch *l, struct err *e)
{
	const struct plan_cgroup *g = &l->plan->cgroup;
	bool session = g->manager == PLAN_CGROUP_SESSION;

	l->record.cgroup_manager = session ? "session" : "cgroupfs";
	l->record.cgroups = g->places;
	if (session) {
		l->record.cgroup_scope = g->unit;
		l->record.cgroup_bus = g->bus;
	}
	return state_record_write(&l->dir, &l->record, e);
}

static int give(struct launch *l, struct err *e)
{
	const struct plan_cgroup *g = &l->plan->cgroup;

	return g->owner_uid == UINT32_MAX && g->owner_gid == UINT32_MAX
		       ? 0
		       : cgroup_give(&l->cgroup_dirs, g->owner_uid, g->owner_gid, e);
}

static int make_directories(struct launch *l, struct err *e)
{
	int r = record_places(l, e);

	l->cgroup_made = true;
	if (r == 0)
		r = cgroup_make(l->arena, &l->plan->cgroup, &l->cgroup_dirs, e);
	return r < 0 ? r : give(l, e);
}

int launch_cgroup_make(struct launch *l, struct err *e)
{
	const struct plan_cgroup *g = &l->plan->cgroup;
	int r;

	if (g->manager != PLAN_CGROUP_SESSION && (g->manager != PLAN_CGROUP_FS || !g->unified))
		return 0;
	r = make_directories(l, e);
	if (r < 0 || g->moved)
		return r;
	l->cgroup = cgroup_clone_fd(&l->cgroup_dirs, NULL, e);
	return l->cgroup < 0 ? l->cgroup : 0;
}

void launch_cgroup_undo(struct launch *l)
{
	struct err why = {0};

	if (l->cgroup_made && cgroup_remove(&l->cgroup_dirs, &why) < 0)
		log_warn("%s", why.msg);
	l->cgroup_made = false;
	cgroup_close(&l->cgroup_dirs);
	close_fd(&l->cgroup);
	l->cgroup_applied = false;
}

static bool forks(const struct plan *plan)
{
	const struct step *s;

	array_foreach (s, &plan->init.steps)
		if (s->kind == STEP_FORK)
			return true;
	return false;
}

/* Where in the session's scope the container's cgroup is. */
static const char *path_in_session(const struct plan_cgroup *g)
{
	return g->places.v[0].value + strlen(g->session);
}

/* Have systemd put init where the front end may not. */
static int ask_systemd(struct launch *l, struct err *e)
{
	const struct plan_cgroup *g = &l->plan->cgroup;

	if (g->manager == PLAN_CGROUP_SYSTEMD)
		return scope_ask(l->scope_path, g, l->pid, l->stays, &l->scope, e);
	return g->moved ? scope_attach_start(l->scope_path, g->bus, g->unit, path_in_session(g),
				  l->pid, &l->scope, e)
			: 0;
}

int launch_cgroup_ask(struct launch *l, struct err *e)
{
	/* A second init is the container's; the first one is only on the way to it. */
	return forks(l->plan) && !l->restore ? 0 : ask_systemd(l, e);
}

/* Init works meanwhile: moving a process takes the kernel milliseconds on v1. */
int launch_cgroup_join(struct launch *l, struct err *e)
{
	const struct plan_cgroup *g = &l->plan->cgroup;
	int r;

	if (g->manager != PLAN_CGROUP_FS || g->unified)
		return 0;
	r = make_directories(l, e);
	return r < 0 ? r : cgroup_attach(&l->cgroup_dirs, NULL, l->pid, e);
}

int launch_cgroup_forked(struct launch *l, struct err *e)
{
	const struct plan_cgroup *g = &l->plan->cgroup;

	if (g->manager == PLAN_CGROUP_FS && !g->unified)
		return cgroup_attach(&l->cgroup_dirs, NULL, l->pid, e);
	return ask_systemd(l, e);
}

void launch_cgroup_leave(struct launch *l)
{
	struct err why = {0};

	/*
	 * What is under way is seen to its end: a scope that systemd makes after we have gone would
	 * have nobody who stops it, if init is a zombie by then.
	 */
	if (l->scope.asked && scope_wait(&l->scope, &why) == 0)
		l->scope_made = l->plan->cgroup.manager == PLAN_CGROUP_SYSTEMD;
	else if (why.msg[0])
		log_debug("%s", why.msg);
	why = (struct err){0};
	if (l->scope_made &&
		scope_stop(l->scope_path, l->plan->cgroup.bus, l->plan->cgroup.unit, &why) < 0)
		log_warn("%s", why.msg);
	l->scope_made = false;
}

/* The path of init in a hierarchy, by its /proc/PID/cgroup. NULL if it is in none such. */
static const char *own_path(struct arena *a, const char *text, const char *controllers)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *line = arena_strndup(a, text, len);
		const char *names = strchr(line, ':');
		const char *path = names ? strchr(names + 1, ':') : NULL;

		if (path && (size_t)(path - names - 1) == strlen(controllers) &&
			strncmp(names + 1, controllers, strlen(controllers)) == 0)
			return path + 1;
		text += len + (text[len] == '\n');
	}
	return NULL;
}

/*
 * Where systemd has put init: the path is the same in all hierarchies that it uses. On v1 it leaves
 * some to others, freezer and cpuset among them, where the directories are lodger's to make.
 */
static int find_places(struct launch *l, struct err *e)
{
	struct plan_cgroup *g = &l->plan->cgroup;
	char file[32], *text;
	const char *path;
	struct kv *place;
	int r;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)l->pid);
	r = file_read(l->arena, AT_FDCWD, file, PROC_MAX, &text, NULL);
	if (r < 0)
		return err_sys(e, ERR_CHILD_DIED, r, "reading the cgroup of init");
	path = own_path(l->arena, text, g->unified ? "" : "name=systemd");
	if (!path || str_after(path, "/..") || !strstr(path, g->unit)) {
		err_object(e, "%s", g->unit);
		return err_set(e, ERR_HOST_CGROUP, ENOENT,
			"systemd has started %s, but init is in cgroup %s", g->unit,
			path ? path : "of no name");
	}
	array_foreach (place, &g->places)
		place->value = arena_printf(l->arena, "%s%s", place->value, path);
	return 0;
}

/* Of an init that is dead systemd says that it has no process, or has it in a scope, or nothing. */
static int not_placed(struct launch *l, int r, struct err *e)
{
	if (proc_pidfd_wait(l->pidfd, 0) != 0)
		return r;
	*e = (struct err){0};
	return launch_child_died(l, "before it was in its scope", e);
}

static int use_scope(struct launch *l, struct err *e)
{
	struct plan_cgroup *g = &l->plan->cgroup;
	int r = scope_wait(&l->scope, e);

	if (r < 0)
		return not_placed(l, r, e);
	l->scope_made = true;
	r = find_places(l, e);
	if (r < 0)
		return not_placed(l, r, e);
	if (g->unified)
		r = cgroup_open(l->arena, &g->places, &l->cgroup_dirs, e);
	else
		r = cgroup_join_made(l->arena, g, l->pid, &l->cgroup_dirs, e);
	if (r < 0)
		return r;
	l->record.cgroup_manager = "systemd";
	l->record.cgroups = g->places;
	l->record.cgroup_unit = g->unit;
	l->record.cgroup_bus = g->bus;
	r = cgroup_need_controllers(&l->cgroup_dirs, g, e);
	return r < 0 ? r : give(l, e);
}

static bool is_placed(const struct launch *l)
{
	scratch_arena(a);
	cgroup_pid_list pids;

	if (cgroup_file_pids(a, l->cgroup_dirs.dirs.v[0].fd, false, &pids) < 0)
		return false;
	for (size_t i = 0; i < pids.n; i++)
		if (pids.v[i] == l->pid)
			return true;
	return false;
}

/* The kernel does not move a process that is about to end, and systemd does not say so. */
static int check_moved(struct launch *l, struct err *e)
{
	const char *path = l->plan->cgroup.places.v[0].value;
	int r = scope_wait(&l->scope, e);

	if (r == 0 && is_placed(l))
		return 0;
	err_object(e, "%s", path);
	err_set(e, ERR_HOST_CGROUP, ESRCH, "systemd has not moved init to cgroup %s", path);
	return not_placed(l, r < 0 ? r : -ESRCH, e);
}

int launch_cgroup_placed(struct launch *l, struct err *e)
{
	if (l->plan->cgroup.manager == PLAN_CGROUP_SYSTEMD)
		return use_scope(l, e);
	return l->plan->cgroup.moved ? check_moved(l, e) : 0;
}

int launch_cgroup_apply(struct launch *l, struct err *e)
{
	if (l->cgroup_applied || !l->cgroup_dirs.dirs.n)
		return 0;
	l->cgroup_applied = true;
	return cgroup_apply(&l->cgroup_dirs, &l->plan->cgroup, e);
}
