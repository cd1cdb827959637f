// SPDX-License-Identifier: Apache-2.0
/*
 * Mounts whose ids are mapped: which map, and who applies it. Part of the planner: pure.
 * runtime-spec config.md ("mounts", idmap and uidMappings), mount_setattr(2) ("ID-mapped mounts").
 *
 * The kernel lets only the owner of a file system map its ids. A file system of the host is the
 * caller's, if anybody's: the front end makes the mapped clone of a source, before the container's
 * user namespace exists, and init gets it as a descriptor. A file system that init makes belongs to
 * the container's user namespace, and so must the map: init makes that.
 */
#include <inttypes.h>

#include "base/json.h"
#include "base/num.h"
#include "plan/planner.h"

#define LINES_MAX 340 /* user_namespaces(7): since Linux 4.15 */

static void add(struct arena *a, id_extents *list, struct id_extent x)
{
	list->v = arena_grow(a, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = x;
}

static void take_mappings(struct arena *a, const spec_id_maps *maps, id_extents *ret)
{
	const struct spec_id_map *m;

	array_foreach (m, maps)
		add(a, ret, (struct id_extent){m->container_id, m->host_id, m->size});
}

/* The same map read backwards: from the host's ids to the container's. */
static void invert(struct arena *a, const id_extents *map, id_extents *ret)
{
	const struct id_extent *x;

	array_foreach (x, map)
		add(a, ret, (struct id_extent){x->outside, x->inside, x->count});
}

/*
 * Replace the outer ids of `map` by what `by` makes of them, in pieces where they lie in several of
 * its lines. False, with the first id that has no line, in `*ret_missing`.
 */
static bool translate(struct arena *a, id_extents *map, const id_extents *by, uint64_t *ret_missing)
{
	id_extents out = {0};
	const struct id_extent *x, *line;

	array_foreach (x, map) {
		uint64_t done = 0;

		while (done < x->count) {
			uint64_t id = x->outside + done, left = x->count - done;
			const struct id_extent *found = NULL;

			array_foreach (line, by)
				if (id >= line->inside && id - line->inside < line->count)
					found = line;
			if (!found) {
				*ret_missing = id;
				return false;
			}
			id -= found->inside;
			left = left < found->count - id ? left : found->count - id;
			add(a, &out,
				(struct id_extent){(uint32_t)(x->inside + done),
					(uint32_t)(found->outside + id), (uint32_t)left});
			done += left;
		}
	}
	*map = out;
	return true;
}

static int bad_option(
	const struct step_mount *m, const char *option, const char *why, struct err *e)
{
	return err_set(e, ERR_CONFIG_VALUE, 0, "config.json: %s.options: %s: %s", m->json_path,
		json_quoted(option).text, why);
}

static int no_id(const struct step_mount *m, uint64_t id, struct err *e)
{
	return err_set(e, ERR_CONFIG_VALUE, 0,
		"config.json: %s: id %" PRIu64
		" of its map does not exist in the container's user namespace",
		m->json_path, id);
}

/* "0-1000-10": ids from 0 of the file system are those from 1000 of the host, ten of them. */
static bool read_range(char *text, struct id_extent *ret)
{
	uint32_t *const numbers[] = {&ret->inside, &ret->outside, &ret->count};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char *part = strsep(&text, "-");

		if (!part || num_u32(part, numbers[i]) < 0)
			return false;
	}
	return !text && ret->count > 0 && (uint64_t)ret->inside + ret->count <= UINT32_MAX &&
	       (uint64_t)ret->outside + ret->count <= UINT32_MAX;
}

/* "0-1000-10#10-@5-2" as crun has it; the second number behind a "@" is an id of the container. */
static int read_ranges(struct planner *p, const struct step_mount *m, const char *option,
	char *text, const id_extents *container, id_extents *ret, struct err *e)
{
	char *part;

	while ((part = strsep(&text, "#"))) {
		bool relative = *part == '@';
		id_extents one = {0};
		struct id_extent x;
		uint64_t missing;

		if (!read_range(part + relative, &x))
			return bad_option(
				m, option, "is not a map such as uids=0-1000-1;gids=0-1000-1", e);
		add(p->arena, &one, x);
		if (relative && p->joined_userns)
			return bad_option(m, option,
				"the map of a user namespace to join is not known: leave out @", e);
		if (relative && p->new_userns && !translate(p->arena, &one, container, &missing))
			return no_id(m, missing, e);
		for (size_t i = 0; i < one.n; i++)
			add(p->arena, ret, one.v[i]);
		if (ret->n > LINES_MAX)
			return bad_option(m, option, "has more lines than the kernel's 340", e);
	}
	return 0;
}

static int read_option(struct planner *p, const char *option, struct step_mount *m, struct err *e)
{
	char *text = arena_strdup(p->arena, strchr(option, '=') + 1);
	char *part;

	while ((part = strsep(&text, ";"))) {
		bool uids = str_after(part, "uids=") != NULL;
		id_extents *map = uids ? &m->uid_map : &m->gid_map;
		const id_extents *container =
			uids ? &p->plan->uid_map.extents : &p->plan->gid_map.extents;
		int r;

		if ((!uids && !str_after(part, "gids=")) || map->n)
			return bad_option(
				m, option, "has other parts than one uids= and one gids=", e);
		r = read_ranges(p, m, option, part + strlen("uids="), container, map, e);
		if (r < 0)
			return r;
	}
	if (!m->uid_map.n || !m->gid_map.n)
		return bad_option(m, option, "needs both uids= and gids=", e);
	return 0;
}

/* A map of ids as init sees them, for a file system of the container's own. */
static int map_inside(struct planner *p, struct step_mount *m, struct err *e)
{
	id_extents uids = {0}, gids = {0};
	uint64_t missing = 0;

	if (!m->uid_map.n || (!p->new_userns && !p->joined_userns))
		return 0;
	if (p->joined_userns)
		return err_set(e, ERR_CONFIG_UNSUPPORTED, ENOTSUP,
			"config.json: %s: a map of its own needs to know that of the container's "
			"user namespace, which is one to join",
			m->json_path);
	invert(p->arena, &p->plan->uid_map.extents, &uids);
	invert(p->arena, &p->plan->gid_map.extents, &gids);
	if (!translate(p->arena, &m->uid_map, &uids, &missing) ||
		!translate(p->arena, &m->gid_map, &gids, &missing))
		return no_id(m, missing, e);
	return 0;
}

static void map_outside(struct planner *p, struct step_mount *m)
{
	m->slot = ++p->plan->mapped_mounts;
	/* Of one to join, the front end has a descriptor. */
	if (!m->uid_map.n && p->new_userns) {
		m->uid_map = p->plan->uid_map.extents;
		m->gid_map = p->plan->gid_map.extents;
	}
}

bool plan_is_mount_map(const char *word)
{
	return str_after(word, "idmap=") || str_after(word, "ridmap=");
}

int plan_mount_map(struct planner *p, const struct spec_mount *spec, const char *option,
	struct step_mount *m, struct err *e)
{
	int r = 0;

	if (option)
		m->flags |= STEP_MOUNT_IDMAP | (*option == 'r' ? STEP_MOUNT_IDMAP_REC : 0);
	if (spec->uid_mappings.n || spec->gid_mappings.n)
		m->flags |= STEP_MOUNT_IDMAP;
	if (!(m->flags & STEP_MOUNT_IDMAP))
		return 0;
	err_object(e, "%s", m->json_path);
	take_mappings(p->arena, &spec->uid_mappings, &m->uid_map);
	take_mappings(p->arena, &spec->gid_mappings, &m->gid_map);
	if (option && m->uid_map.n)
		return err_set(e, ERR_CONFIG_CONFLICT, 0,
			"config.json: %s: has both uidMappings and the option %s", m->json_path,
			json_quoted(option).text);
	if (m->flags & STEP_MOUNT_COPY_SYMLINK)
		return err_set(e, ERR_CONFIG_CONFLICT, 0,
			"config.json: %s.options: copy-symlink and idmap exclude each other",
			m->json_path);
	if (option)
		r = read_option(p, option, m, e);
	if (r == 0 && !m->uid_map.n && !p->new_userns && !p->joined_userns)
		r = err_set(e, ERR_CONFIG_CONFLICT, 0,
			"config.json: %s.options: idmap needs uidMappings and gidMappings, or a "
			"user namespace in linux.namespaces",
			m->json_path);
	if (r < 0)
		return r;
	if (!(m->flags & STEP_MOUNT_BIND) || p->plan->caller == PLAN_CALLER_USER)
		return map_inside(p, m, e);
	map_outside(p, m);
	return 0;
}
