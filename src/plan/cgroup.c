// SPDX-License-Identifier: Apache-2.0
/*
 * Which cgroup the container gets: who makes it, where, and which controllers it needs. Part of the
 * planner: pure. What is put into force in it is in resources.c.
 */
#include "plan/planner.h"
#include "spec/path.h"

#define UNIT_NAME_MAX 255

/* Members of linux.resources that nobody but a cgroup can put into force; NULL if none is there. */
static const char *limit_asked(const struct planner *p)
{
	const struct spec_resources *r = p->spec->linux_.resources;
	const struct {
		const char *name;
		bool asked;
	} limits[] = {
		{"memory", r && r->memory},
		{"cpu", r && r->cpu},
		{"pids", r && r->pids},
		{"blockIO", r && r->block_io},
		{"hugepageLimits", r && r->hugepage_limits.n},
		{"network", r && r->network},
		{"rdma", r && r->rdma.n},
		{"unified", r && r->unified.n},
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].asked)
			return limits[i].name;
	return NULL;
}

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

/* ---------------------------------------------------------------- systemd */

/* Characters of unit names, systemd.unit(5); an id may hold a "+", which is none of them. */
static const char *escape_unit(struct arena *a, const char *name)
{
	auto_strbuf struct strbuf b = {0};

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr(":-_.\\@", c);

		if (plain)
			strbuf_addc(&b, *name);
		else
			strbuf_addf(&b, "\\x%02x", c);
	}
	return arena_strdup(a, strbuf_str(&b));
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && str_eq(s + n - k, end);
}

static int bad_path(const char *why, struct err *e)
{
	err_object(e, "linux.cgroupsPath");
	err_set(e, ERR_CONFIG_VALUE, EINVAL, "config.json: linux.cgroupsPath: %s", why);
	err_fix(e, "with the systemd manager it is SLICE:PREFIX:NAME, as in user.slice:lodger:c1");
	return -EINVAL;
}

static int unit_names(struct planner *p, struct plan_cgroup *g, struct err *e)
{
	const char *path = p->spec->linux_.cgroups_path;
	const char *slice = "", *prefix = "lodger", *name = p->req->id;
	const char *first, *second;

	if (!str_is_empty(path) && strchr(path, '/')) {
		if (p->req->cgroup_manager == PLAN_CGROUP_SYSTEMD)
			return bad_path("a path is for the cgroupfs manager", e);
		/* containerd's "/default/NAME", which without root nobody can make. */
		planner_note(p, LOG_LEVEL_WARN,
			"linux.cgroupsPath: \"%s\" is not made: the limits are held by a scope of "
			"systemd's",
			path);
		path = NULL;
	}
	if (!str_is_empty(path)) {
		first = strchr(path, ':');
		second = first ? strchr(first + 1, ':') : NULL;
		if (first)
			slice = arena_strndup(p->arena, path, (size_t)(first - path));
		prefix = second ? arena_strndup(p->arena, first + 1, (size_t)(second - first - 1))
				: "";
		name = second ? second + 1 : first ? first + 1 : path;
	}
	if (!*name)
		return bad_path("the NAME is empty", e);
	if (*slice && !ends_with(slice, ".slice"))
		return bad_path("SLICE does not end in \".slice\"", e);
	if (!*slice)
		slice = p->plan->caller == PLAN_CALLER_ROOT ? "system.slice" : "user.slice";
	g->slice = slice;
	g->unit =
		escape_unit(p->arena, arena_printf(p->arena, "%s%s%s%s", prefix, *prefix ? "-" : "",
					      name, ends_with(name, ".scope") ? "" : ".scope"));
	if (strlen(g->unit) > UNIT_NAME_MAX)
		return bad_path("the name is too long for a unit of systemd", e);
	return 0;
}

static void add_property(struct planner *p, const char *name, const char *signature,
	const char *value, const char *json_path)
{
	plan_unit_properties *list = &p->plan->cgroup.properties;

	list->v = arena_grow(p->arena, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = (struct plan_unit_property){
		.name = name, .signature = signature, .value = value, .json_path = json_path};
}

/*
 * Annotations come from an image as well as from an engine: of a scope's properties these are
 * harmless, whoever sets them. What they take is said in GVariant's text form.
 */
static const struct {
	const char *name;
	const char *signature;
	const char *type_word; /* that may stand before a number */
} allowed_annotations[] = {
	{"CollectMode", "s", NULL},
	{"Description", "s", NULL},
	{"KillSignal", "i", "int32"},
	{"RuntimeMaxUSec", "t", "uint64"},
	{"SendSIGHUP", "b", NULL},
	{"SendSIGKILL", "b", NULL},
	{"TimeoutStopUSec", "t", "uint64"},
};

/* The value of an annotation as a property has it in the plan; NULL if it is not of that type. */
static const char *annotation_value(
	struct arena *a, const char *text, const char *signature, const char *word)
{
	size_t n = strlen(text);
	const char *rest = word ? str_after(text, word) : NULL;

	if (*signature == 's')
		return n >= 2 && (*text == '\'' || *text == '"') && text[n - 1] == *text &&
				       !strpbrk(text, "\\\n")
			       ? arena_strndup(a, text + 1, n - 2)
			       : NULL;
	if (*signature == 'b')
		return str_eq(text, "true") || str_eq(text, "false") ? text : NULL;
	if (rest)
		text = rest + strspn(rest, " ");
	return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 20 ? text
											: NULL;
}

static void annotation_properties(struct planner *p)
{
	const struct kv *kv;

	array_foreach (kv, &p->spec->annotations) {
		const char *name = str_after(kv->key, "org.systemd.property."), *value = NULL;
		size_t i = 0;

		if (!name)
			continue;
		while (i < ARRAY_SIZE(allowed_annotations) &&
			!str_eq(allowed_annotations[i].name, name))
			i++;
		if (i < ARRAY_SIZE(allowed_annotations))
			value = annotation_value(p->arena, kv->value,
				allowed_annotations[i].signature, allowed_annotations[i].type_word);
		if (value)
			add_property(p, name, allowed_annotations[i].signature, value,
				arena_printf(p->arena, "annotations[\"%s\"]", kv->key));
		else
			planner_note(p, LOG_LEVEL_WARN, "annotations[\"%s\"]: ignored: %s", kv->key,
				i < ARRAY_SIZE(allowed_annotations)
					? "the value is not of the property's type"
					: "not a property that an annotation may set");
	}
}

static int plan_scope(struct planner *p, struct plan_cgroup *g, struct err *e)
{
	const struct cgroup_hierarchy *h;
	int r = unit_names(p, g, e);

	if (r < 0)
		return r;
	g->bus = p->facts->bus;
	g->description = arena_printf(p->arena, "lodger container %s", p->req->id);
	add_property(p, "Delegate", "b", "true", NULL);
	/* A container that was killed, by the kernel for its memory, say, is no failed unit. */
	add_property(p, "CollectMode", "s", "inactive-or-failed", NULL);
	add_property(p, "DefaultDependencies", "b", "false", NULL);
	annotation_properties(p);
	array_foreach (h, &p->facts->cgroups)
		if (!g->unified || !*h->controllers) {
			g->places.v = arena_grow(
				p->arena, g->places.v, g->places.n, sizeof(*g->places.v));
			g->places.v[g->places.n++] = (struct kv){h->controllers, h->mountpoint};
		}
	return 0;
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
	const char *path =
		str_is_empty(given) ? arena_printf(p->arena, "lodger-%s", p->req->id) : given;

	if (g->unified)
		return unified_place(p, path, path == given, e);
	legacy_places(p, path, path == given && *path != '/');
	return 0;
}

/* ---------------------------------------------------------------- */

static void collect_controllers(struct planner *p, struct plan_cgroup *g)
{
	const struct plan_cgroup_write *w;

	array_foreach (w, &g->writes)
		if (*w->controller && !strv_has(&g->controllers, w->controller))
			strv_add(p->arena, &g->controllers, w->controller);
}

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
	const char *limit = limit_asked(p);
	int r;

	g->unified = p->facts->cgroup_layout == CGROUP_LAYOUT_UNIFIED;
	g->required = limit || p->req->cgroup_manager == PLAN_CGROUP_SYSTEMD;
	g->manager = choose_manager(p, limit);
	if (g->manager == PLAN_CGROUP_NONE && limit)
		return cannot(p, limit, e);
	g->delegate = g->manager != PLAN_CGROUP_NONE && g->unified && wants_delegation(p);
	g->owner_uid = root_outside(p, &p->plan->uid_map.extents);
	g->owner_gid = root_outside(p, &p->plan->gid_map.extents);
	r = plan_resources(p, e);
	collect_controllers(p, g);
	if (r == 0 && g->manager == PLAN_CGROUP_SYSTEMD)
		r = plan_scope(p, g, e);
	if (r == 0 && g->manager == PLAN_CGROUP_FS)
		r = plan_directories(p, g, e);
	if (r == 0 && g->manager == PLAN_CGROUP_FS && !g->places.n)
		g->manager = PLAN_CGROUP_NONE;
	if (r == 0 && g->manager == PLAN_CGROUP_NONE)
		note_none(p);
	return r;
}
