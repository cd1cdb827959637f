// SPDX-License-Identifier: Apache-2.0
/*
 * Which cgroup the container gets: who makes it, where, and which controllers it needs. Part of the
 * planner: pure. A scope's names and properties are in scope.c, what is put into force in
 * resources.c.
 */
#include "host/session.h"
#include "plan/planner.h"
#include "plan/resources.h"

/* SLICE:PREFIX:NAME, as runc and crun read it. */
static bool is_unit_path(const char *path)
{
	return !str_is_empty(path) && *path != '/' && strchr(path, ':');
}

/* What is asked for and nobody can do here: why, and who could. */
static int cannot(struct planner *p, const char *limit, struct err *e)
{
	const struct facts *f = p->facts;
	const char *user = f->user_name ? f->user_name : "USER";

	err_object(e, "linux.resources.%s", limit);
	if (p->req->cgroup_manager == PLAN_CGROUP_NONE)
		return err_set(e, ERR_CONFIG_CONFLICT, EINVAL,
			"config.json: linux.resources.%s: needs a cgroup, and "
			"--cgroup-manager=disabled asks for none",
			limit);
	err_set(e, ERR_HOST_CGROUP, EPERM,
		"config.json: linux.resources.%s: cannot be put into force: %s", limit,
		f->cgroup_layout == CGROUP_LAYOUT_NONE ? "no cgroups are mounted on /sys/fs/cgroup"
		: f->cgroup_layout == CGROUP_LAYOUT_LEGACY
			? "cgroup v1 gives nothing to unprivileged users"
			: "no systemd of the user's answers, and the cgroup of the caller is not "
			  "theirs to write to");
	if (f->cgroup_layout != CGROUP_LAYOUT_UNIFIED)
		err_fix(e,
			"boot with cgroup v2 (kernel argument systemd.unified_cgroup_hierarchy=1), "
			"leave out linux.resources.%s, or call as root",
			limit);
	else
		err_fix(e,
			"start a systemd of the user's: log in anew, or sudo loginctl "
			"enable-linger %s; and have XDG_RUNTIME_DIR=/run/user/UID",
			user);
	return -EPERM;
}

/* ---------------------------------------------------------------- who */

/* The mount of cgroup v2 that config.json wants writable, with a namespace of its own. */
static bool wants_delegation(const struct planner *p)
{
	const struct spec_mount *m;

	if (!(p->ns_new & CLONE_NEWCGROUP))
		return false;
	array_foreach (m, &p->spec->mounts)
		if ((str_eq_null(m->type, "cgroup") || str_eq_null(m->type, "cgroup2")) &&
			!strv_has(&m->options, "ro") && !strv_has(&m->options, "rro"))
			return true;
	return false;
}

/* Whether the caller stands in a subtree that was handed over; explicitly asked, a plain one will
 * do.
 */
static bool in_own_subtree(const struct planner *p)
{
	const struct facts_cgroup *c;

	array_foreach (c, &p->facts->cgroup_tree)
		if (c->delegated)
			return true;
	return p->req->cgroup_manager == PLAN_CGROUP_FS && p->facts->cgroup_tree.n;
}

/*
 * A scope costs some milliseconds of systemd's time. Without --systemd-cgroup one is made where
 * there is a use for it.
 */
static int32_t choose_auto(const struct planner *p, const char *limit)
{
	const struct facts *f = p->facts;
	const char *path = p->spec->linux_.cgroups_path;

	if (p->plan->caller == PLAN_CALLER_ROOT)
		return PLAN_CGROUP_FS;
	if (f->systemd && f->cgroup_layout == CGROUP_LAYOUT_UNIFIED &&
		(limit || is_unit_path(path) || wants_delegation(p)))
		return PLAN_CGROUP_SYSTEMD;
	return PLAN_CGROUP_FS;
}

static int32_t choose_manager(struct planner *p, const char *limit)
{
	const struct facts *f = p->facts;
	const char *path = p->spec->linux_.cgroups_path;
	int32_t m = p->req->cgroup_manager == PLAN_CGROUP_AUTO ? choose_auto(p, limit)
							       : p->req->cgroup_manager;

	if (m == PLAN_CGROUP_NONE || p->req->no_cgroup)
		return PLAN_CGROUP_NONE;
	if (f->cgroup_layout == CGROUP_LAYOUT_NONE ||
		(f->cgroup_layout == CGROUP_LAYOUT_LEGACY && p->plan->caller != PLAN_CALLER_ROOT))
		return PLAN_CGROUP_NONE;
	/* A path from the root of the tree may lie in a subtree of the caller's: tried, then. */
	if (m == PLAN_CGROUP_FS && p->plan->caller != PLAN_CALLER_ROOT && !in_own_subtree(p) &&
		(str_is_empty(path) || *path != '/'))
		return PLAN_CGROUP_NONE;
	return m;
}

/* ---------------------------------------------------------------- cgroupfs */

static void add_place(
	struct planner *p, const char *controllers, const char *base, const char *path)
{
	kv_list *list = &p->plan->cgroup.places;
	const char *joined = arena_printf(
		p->arena, "%s%s%s", str_eq(base, "/") ? "" : base, *path == '/' ? "" : "/", path);

	list->v = arena_grow(p->arena, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = (struct kv){controllers, joined};
}

/*
 * With CONFIG_RT_GROUP_SCHED, a new cgroup of v1's cpu controller has no real-time at all: a
 * process that is to have it, and no share of it by realtimeRuntime, stays where it is.
 */
static bool needs_realtime(const struct planner *p)
{
	const struct spec_scheduler *s = p->spec->process->scheduler;
	const struct spec_resources *r = p->spec->linux_.resources;

	return s && s->policy &&
	       (str_eq(s->policy, "SCHED_FIFO") || str_eq(s->policy, "SCHED_RR")) && !(r && r->cpu);
}

/* v1: below the caller's own cgroup of each hierarchy, or from its root. */
static void legacy_places(struct planner *p, const char *path, bool relative)
{
	const struct cgroup_hierarchy *h;

	array_foreach (h, &p->facts->cgroups) {
		const char *own = relative && h->path ? h->path : "";

		bool is_cpu = str_eq(h->controllers, "cpu") || str_after(h->controllers, "cpu,") ||
			      strstr(h->controllers, ",cpu,");

		if (*h->controllers && !(is_cpu && needs_realtime(p)))
			add_place(p, h->controllers,
				arena_printf(p->arena, "%s%s", h->mountpoint,
					str_eq(own, "/") ? "" : own),
				path);
	}
}

static const char *parent_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash || slash == path ? "" : arena_strndup(a, path, (size_t)(slash - path));
}

static bool enables(const struct facts_cgroup *c, const struct strv *wanted)
{
	const char *name;

	strv_foreach (name, wanted)
		if (!strv_has(&c->enabled, name) &&
			(c->populated || !strv_has(&c->controllers, name)))
			return false;
	return true;
}

/* The nearest cgroup of the caller's subtree that has, or can get, what is needed below it. */
static const char *find_base(const struct planner *p)
{
	const struct facts_cgroup *c;

	array_foreach (c, &p->facts->cgroup_tree)
		if (enables(c, &p->plan->cgroup.controllers))
			return c->path;
	return NULL;
}

static int no_base(struct planner *p, struct err *e)
{
	const struct facts_cgroup *own = p->facts->cgroup_tree.v;
	const char *name;

	err_object(e, "linux.resources");
	strv_foreach (name, &p->plan->cgroup.controllers) {
		const struct strv one = {.v = &name, .n = 1};

		if (enables(own, &one))
			continue;
		err_set(e, ERR_HOST_CGROUP, EPERM,
			"config.json: linux.resources: the controller %s %s in cgroup %s", name,
			strv_has(&own->controllers, name) ? "cannot be enabled beside processes"
							  : "is not available",
			own->path);
		break;
	}
	err_fix(e,
		"have the controller delegated (for a systemd unit: Delegate=cpu cpuset io memory "
		"pids), and start lodger in a cgroup below it that is for lodger alone");
	return -EPERM;
}

static int unified_place(struct planner *p, const char *path, bool given, struct err *e)
{
	const struct cgroup_hierarchy *h = p->facts->cgroups.v;
	const char *base;

	if (!p->facts->cgroups.n || !h->path)
		return 0;
	if (*path == '/') {
		add_place(p, "", h->mountpoint, path);
	} else if (p->plan->caller == PLAN_CALLER_ROOT) {
		/* As runc: the caller's cgroup has processes, and so no controllers below it. */
		base = given ? parent_of(p->arena, h->path) : "";
		add_place(p, "", arena_printf(p->arena, "%s%s", h->mountpoint, base), path);
	} else {
		base = find_base(p);
		if (!base)
			return no_base(p, e);
		add_place(p, "", base, path);
	}
	return 0;
}

static int plan_directories(struct planner *p, struct plan_cgroup *g, struct err *e)
{
	const char *given = p->spec->linux_.cgroups_path;
	bool is_given = given && *given;
	const char *path = is_given ? given : arena_printf(p->arena, "lodger-%s", p->req->id);

	if (g->unified)
		return unified_place(p, path, is_given, e);
	legacy_places(p, path, is_given && *path != '/');
	return 0;
}

/* ---------------------------------------------------------------- session */

/*
 * The kernel lets a process be born in a cgroup if its parent may write to the nearest one above
 * both, clone3(2). For the terminal of a login session that is root's; what the user's systemd has
 * started is below the user's own.
 */
static bool is_born_there(const struct planner *p)
{
	const struct facts_cgroup *c;

	if (p->plan->caller == PLAN_CALLER_ROOT)
		return true;
	array_foreach (c, &p->facts->cgroup_tree) {
		const char *rest = str_after(p->facts->session, c->path);

		if (rest && (*rest == '/' || !*rest || str_eq(c->path, "/")))
			return true;
	}
	return false;
}

/* Below the scope, wherever it would begin else, and in the form in which systemd takes it. */
static const char *session_path(const struct planner *p)
{
	const char *given = p->spec->linux_.cgroups_path, *path = "", *name;
	const struct strv names = strv_split(p->arena, given ? given : "", "/");

	strv_foreach (name, &names)
		if (!str_eq(name, "."))
			path = arena_printf(p->arena, "%s/%s", path, name);
	return *path ? path : arena_printf(p->arena, "/lodger-%s", p->req->id);
}

static int plan_session(struct planner *p, struct plan_cgroup *g, struct err *e)
{
	if (!p->facts->session) {
		err_set(e, ERR_HOST_CGROUP, ENOENT,
			"--cgroup-manager=session: the user has no " SESSION_UNIT);
		err_fix(e, "use another: --cgroup-manager=systemd");
		return -ENOENT;
	}
	g->session = p->facts->session;
	g->unit = SESSION_UNIT;
	g->bus = p->facts->bus;
	g->moved = !is_born_there(p);
	if (g->moved)
		planner_note(p, LOG_LEVEL_DEBUG,
			"--cgroup-manager=session: systemd moves init to %s: it cannot be born "
			"there, since the caller's cgroup is not below the user's systemd",
			g->session);
	add_place(p, "", g->session, session_path(p));
	return 0;
}

static int no_session(const struct planner *p, struct err *e)
{
	err_object(e, "--cgroup-manager");
	err_set(e, ERR_HOST_CGROUP, EPERM,
		"--cgroup-manager=session: needs cgroup v2 on /sys/fs/cgroup, where %s",
		p->facts->cgroup_layout == CGROUP_LAYOUT_LEGACY ? "v1 is mounted"
								: "nothing is mounted");
	err_fix(e, "boot with cgroup v2 (kernel argument systemd.unified_cgroup_hierarchy=1), or "
		   "use another manager");
	return -EPERM;
}

/* ---------------------------------------------------------------- */

/* Who asked for nothing misses nothing. */
static void note_none(struct planner *p)
{
	const char *path = p->spec->linux_.cgroups_path;

	if (p->req->cgroup_manager == PLAN_CGROUP_NONE || p->req->no_cgroup ||
		(str_is_empty(path) && p->req->cgroup_manager == PLAN_CGROUP_AUTO))
		return;
	planner_note(p, LOG_LEVEL_WARN, "%s: the container stays in its caller's cgroup: %s",
		str_is_empty(path) ? "--cgroup-manager" : "linux.cgroupsPath",
		p->facts->cgroup_layout == CGROUP_LAYOUT_UNIFIED
			? "none was delegated to the caller"
			: "cgroup v1 gives nothing to unprivileged users");
}

/* The id that the container's root is outside, where the caller may give files to it. */
static uint32_t root_outside(const struct planner *p, const id_extents *map)
{
	const struct id_extent *x;

	if (!p->plan->cgroup.delegate || !p->new_userns || p->plan->caller == PLAN_CALLER_USER)
		return UINT32_MAX;
	array_foreach (x, map)
		if (x->inside == 0)
			return x->outside;
	return UINT32_MAX;
}

int plan_cgroup(struct planner *p, struct err *e)
{
	struct plan_cgroup *g = &p->plan->cgroup;
	struct strv limits = resources_limits(p->arena, p->spec->linux_.resources);
	const char *limit = limits.n ? limits.v[0] : NULL;
	int r;

	g->unified = p->facts->cgroup_layout == CGROUP_LAYOUT_UNIFIED;
	g->required = limit || p->req->cgroup_manager == PLAN_CGROUP_SYSTEMD ||
		      p->req->cgroup_manager == PLAN_CGROUP_SESSION;
	if (p->req->cgroup_manager == PLAN_CGROUP_SESSION && !g->unified)
		return no_session(p, e);
	g->manager = choose_manager(p, limit);
	if (g->manager == PLAN_CGROUP_NONE && limit)
		return cannot(p, limit, e);
	g->delegate = g->manager != PLAN_CGROUP_NONE && g->unified && wants_delegation(p);
	g->owner_uid = root_outside(p, &p->plan->uid_map.extents);
	g->owner_gid = root_outside(p, &p->plan->gid_map.extents);
	r = plan_resources(p, e);
	g->controllers = resources_controllers(p->arena, &g->writes);
	if (r == 0 && g->manager == PLAN_CGROUP_SYSTEMD)
		r = plan_scope(p, e);
	if (r == 0 && g->manager == PLAN_CGROUP_SESSION)
		r = plan_session(p, g, e);
	if (r == 0 && g->manager == PLAN_CGROUP_FS)
		r = plan_directories(p, g, e);
	if (r == 0 && g->manager == PLAN_CGROUP_FS && !g->places.n)
		g->manager = PLAN_CGROUP_NONE;
	if (r == 0 && g->manager == PLAN_CGROUP_NONE)
		note_none(p);
	return r;
}
