// SPDX-License-Identifier: Apache-2.0
/*
 * Who the container is: the maps of a new user namespace and who can write them. Part of the
 * planner: pure. user_namespaces(7), newuidmap(1), subuid(5).
 */
#include <inttypes.h>

#include "plan/planner.h"

/* One of the two id kinds; everything about uids holds for gids with other names. */
struct id_kind {
	const char *noun; /* "uid" */
	const char *json_path; /* "linux.uidMappings" */
	const char *file; /* "/etc/subuid" */
	const char *helper; /* "newuidmap" */
	const char *usermod; /* "--add-subuids" */
	const spec_id_maps *wanted;
	const id_ranges *ranges;
	uint32_t own;
	const char *helper_path;
	struct plan_id_map *map;
};

static bool in_extents(const id_extents *list, uint64_t inside)
{
	const struct id_extent *x;

	array_foreach (x, list)
		if (inside >= x->inside && inside - x->inside < x->count)
			return true;
	return false;
}

static bool mapped(const struct planner *p, const id_extents *new_map, const id_extents *target,
	const id_extents *now, uint64_t id)
{
	if (p->new_userns)
		return in_extents(new_map, id);
	if (p->target && p->joined_userns)
		return in_extents(target, id);
	/* What a namespace joined by path maps is not known here: the kernel will say. */
	return p->joined_userns || now->n == 0 || in_extents(now, id);
}

bool planner_uid_mapped(const struct planner *p, uint64_t uid)
{
	return mapped(p, &p->plan->uid_map.extents, p->target ? &p->target->uid_map : NULL,
		&p->facts->uid_map, uid);
}

bool planner_gid_mapped(const struct planner *p, uint64_t gid)
{
	return mapped(p, &p->plan->gid_map.extents, p->target ? &p->target->gid_map : NULL,
		&p->facts->gid_map, gid);
}

static void add_extent(struct planner *p, id_extents *list, struct id_extent x)
{
	list->v = arena_grow(p->arena, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = x;
}

/* Whether newuidmap(1) will agree to an extent: the caller's own id, or within one range. */
static bool allowed(const struct id_kind *k, const struct id_extent *x)
{
	const struct id_range *r;

	if (x->count == 1 && x->outside == k->own)
		return true;
	array_foreach (r, k->ranges)
		if (x->outside >= r->start &&
			(uint64_t)x->outside + x->count <= (uint64_t)r->start + r->count)
			return true;
	return false;
}

static const char *user_name(struct planner *p)
{
	return p->facts->user_name ? p->facts->user_name
				   : arena_printf(p->arena, "%" PRIu32, p->facts->euid);
}

static void fix_ranges(struct planner *p, const struct id_kind *k, struct err *e)
{
	const char *name = user_name(p);

	err_fix(e,
		"add the line \"%s:100000:65536\" to %s, or run: sudo usermod %s 100000-165535 %s",
		name, k->file, k->usermod, name);
}

/*
 * With ranges in the file, another line would help only where root means to give away just these
 * ids, which is not to be suggested: they may be root's own.
 */
static void fix_wanted(struct planner *p, const struct id_kind *k, struct err *e)
{
	const struct id_range *r;
	auto_strbuf struct strbuf have = {0};

	array_foreach (r, k->ranges)
		strbuf_addf(&have, ", %" PRIu32 " to %" PRIu64, r->start,
			(uint64_t)r->start + r->count - 1);
	if (have.len)
		err_fix(e,
			"leave out linux.uidMappings and linux.gidMappings, or map to ids that %s "
			"has: %" PRIu32 "%s",
			user_name(p), k->own, strbuf_str(&have));
	else
		fix_ranges(p, k, e);
}

static int no_range(
	struct planner *p, const struct id_kind *k, const struct id_extent *x, struct err *e)
{
	if (x->count == 1)
		err_set(e, ERR_HOST_SUBID, EPERM,
			"%s: %s %" PRIu32 " is not a subordinate id of %s in %s", k->json_path,
			k->noun, x->outside, user_name(p), k->file);
	else
		err_set(e, ERR_HOST_SUBID, EPERM,
			"%s: %s %" PRIu32 " to %" PRIu64
			" are not within a range of subordinate ids of %s in %s",
			k->json_path, k->noun, x->outside, (uint64_t)x->outside + x->count - 1,
			user_name(p), k->file);
	err_object(e, "%s", k->file);
	fix_wanted(p, k, e);
	return -EPERM;
}

static int no_helper(const struct id_kind *k, struct err *e)
{
	err_set(e, ERR_HOST_IDMAP_HELPER, ENOENT,
		"%s: a map of more than one id needs %s, which is not installed", k->json_path,
		k->helper);
	err_object(e, "%s", k->helper);
	err_fix(e, "install it, on Debian: sudo apt-get install uidmap; on Fedora: sudo dnf "
		   "install shadow-utils");
	return -ENOENT;
}

/* Mappings that config.json asks for. */
static int map_wanted(struct planner *p, const struct id_kind *k, struct err *e)
{
	const struct spec_id_map *m;
	const struct id_extent *x;

	array_foreach (m, k->wanted)
		add_extent(p, &k->map->extents,
			(struct id_extent){m->container_id, m->host_id, m->size});
	k->map->writer = PLAN_MAP_DIRECT;
	if (p->plan->caller != PLAN_CALLER_USER)
		return 0;
	if (k->map->extents.n == 1 && k->map->extents.v[0].count == 1 &&
		k->map->extents.v[0].outside == k->own)
		return 0;
	array_foreach (x, &k->map->extents)
		if (!allowed(k, x))
			return no_range(p, k, x, e);
	if (!k->helper_path)
		return no_helper(k, e);
	k->map->writer = PLAN_MAP_HELPER;
	return 0;
}

/* No mappings asked for: the caller is root, then come all the subordinate ranges. */
static void map_default(struct planner *p, const struct id_kind *k)
{
	const struct id_range *r;
	uint32_t next = 1;

	k->map->writer = PLAN_MAP_DIRECT;
	add_extent(p, &k->map->extents, (struct id_extent){0, k->own, 1});
	if (k->ranges->n == 0 || !k->helper_path) {
		planner_note(p, LOG_LEVEL_DEBUG, "only %s 0 exists in the container: %s %s",
			k->noun, k->ranges->n ? k->helper : k->file,
			k->ranges->n ? "is not installed" : "has no range for the user");
		return;
	}
	array_foreach (r, k->ranges) {
		/* The last id, 4294967295, is the kernel's "none" and cannot be mapped. */
		uint32_t count = r->count < UINT32_MAX - next ? r->count : UINT32_MAX - next;

		/* A range that holds the caller's own id would map it twice. */
		if (!count || (k->own >= r->start && k->own - r->start < r->count))
			continue;
		add_extent(p, &k->map->extents, (struct id_extent){next, r->start, count});
		next += count;
	}
	if (k->map->extents.n > 1)
		k->map->writer = PLAN_MAP_HELPER;
}

static int map_kind(struct planner *p, const struct id_kind *k, struct err *e)
{
	if (k->wanted->n)
		return map_wanted(p, k, e);
	if (p->plan->caller == PLAN_CALLER_USER) {
		map_default(p, k);
		return 0;
	}
	err_object(e, "%s", k->json_path);
	return err_set(e, ERR_CONFIG_MISSING, 0,
		"config.json: %s: is required for a new user namespace", k->json_path);
}

static int not_mapped(
	struct planner *p, const char *path, const char *noun, uint64_t id, struct err *e)
{
	/* The map of a container that exists stays what it is. */
	bool by_range = !p->target && p->plan->caller == PLAN_CALLER_USER &&
			!p->spec->linux_.uid_mappings.n;

	err_object(e, "%s", path);
	err_set(e, by_range ? ERR_HOST_SUBID : ERR_CONFIG_VALUE, EINVAL,
		"%s%s: %s %" PRIu64 " does not exist in the container's user namespace",
		p->target ? "" : "config.json: ", path, noun, id);
	if (by_range)
		err_fix(e,
			"with newuidmap installed (on Debian: sudo apt-get install uidmap), add "
			"the line "
			"\"%s:100000:65536\" to /etc/subuid and to /etc/subgid, or run: sudo "
			"usermod "
			"--add-subuids 100000-165535 --add-subgids 100000-165535 %s",
			user_name(p), user_name(p));
	return -EINVAL;
}

/* As runc: whoever wrote a map does not expect the container's root to be the host's. */
static int check_maps_used(const struct planner *p, struct err *e)
{
	const struct spec_linux *l = &p->spec->linux_;
	const char *key = l->uid_mappings.n ? "linux.uidMappings" : "linux.gidMappings";

	if (p->new_userns || p->joined_userns || (!l->uid_mappings.n && !l->gid_mappings.n))
		return 0;
	err_object(e, "%s", key);
	return err_set(e, ERR_CONFIG_CONFLICT, 0,
		"config.json: %s: is set without a user namespace in linux.namespaces", key);
}

int plan_check_ids(struct planner *p, struct err *e)
{
	const struct spec_user *u = &p->spec->process->user;

	if (!planner_uid_mapped(p, u->uid))
		return not_mapped(p, "process.user.uid", "uid", u->uid, e);
	if (!planner_gid_mapped(p, u->gid))
		return not_mapped(p, "process.user.gid", "gid", u->gid, e);
	for (size_t i = 0; i < u->additional_gids.n; i++) {
		char path[64];

		if (planner_gid_mapped(p, u->additional_gids.v[i]))
			continue;
		snprintf(path, sizeof(path), "process.user.additionalGids[%zu]", i);
		return not_mapped(p, path, "gid", u->additional_gids.v[i], e);
	}
	return 0;
}

int plan_identity(struct planner *p, struct err *e)
{
	struct plan *plan = p->plan;
	const struct spec_linux *l = &p->spec->linux_;
	const struct facts *f = p->facts;
	const struct id_kind kinds[] = {
		{"uid", "linux.uidMappings", "/etc/subuid", "newuidmap", "--add-subuids",
			&l->uid_mappings, &f->sub_uids, f->euid, f->newuidmap, &plan->uid_map},
		{"gid", "linux.gidMappings", "/etc/subgid", "newgidmap", "--add-subgids",
			&l->gid_mappings, &f->sub_gids, f->egid, f->newgidmap, &plan->gid_map},
	};
	const struct spec_user *u = &p->spec->process->user;
	int r = check_maps_used(p, e);

	for (size_t i = 0; r == 0 && p->new_userns && i < ARRAY_SIZE(kinds); i++)
		r = map_kind(p, &kinds[i], e);
	if (r < 0)
		return r;
	/* user_namespaces(7): without CAP_SETGID over the parent, setgroups must be denied first.
	 */
	plan->deny_setgroups =
		plan->caller == PLAN_CALLER_USER && plan->gid_map.writer == PLAN_MAP_DIRECT;
	p->setgroups_denied = plan->deny_setgroups || f->setgroups_denied;
	plan->one_id_would_do = p->new_userns && plan->caller == PLAN_CALLER_USER &&
				!l->uid_mappings.n && u->uid == 0 && u->gid == 0 &&
				!u->additional_gids.n;
	return plan_check_ids(p, e);
}

void plan_become_root(struct planner *p)
{
	struct step *s;

	if (!p->in_userns)
		return;
	s = planner_step(p, STEP_BECOME_ROOT);
	s->become.uid = planner_uid_mapped(p, 0) ? 0 : STEP_BECOME_KEEP;
	s->become.gid = planner_gid_mapped(p, 0) ? 0 : STEP_BECOME_KEEP;
	s->become.clear_groups = !p->setgroups_denied && !p->keep_groups;
}
