// SPDX-License-Identifier: Apache-2.0
/* state and list: what is, for programs and for people. Front end. */
#include <errno.h>
#include <inttypes.h>

#include "base/log.h"
#include "cgroup/limits.h"
#include "lodger/internal.h"
#include "plan/resources.h"

/* A container whose create is under way has no record yet: what is known of it is its id. */
static void complete(struct container *c, const char *id)
{
	if (c->record.id)
		return;
	c->record.id = id;
	c->record.oci_version = SPEC_VERSION;
	c->record.bundle = "";
}

/*
 * For each limit that was asked for, what is in force: for people, and after the members that
 * programs read. Whatever hinders it is no reason to withhold the state.
 */
static void report_limits(struct lodger *l, const struct container *c, struct json_writer *w)
{
	auto_cgroup struct cgroup cg = {0};
	const struct spec_resources *r = NULL;
	plan_cgroup_writes writes = {0};
	plan_notes notes = {0};
	struct err why = {0};
	int rc = container_resources(l, c, &r, &why);

	if (rc < 0 || !r || container_cgroup(l, c, &cg, &why) < 0)
		return;
	rc = cgroup_is_unified(&cg) ? resources_v2(l->arena, r, &writes, &notes, &why)
				    : resources_v1(l->arena, r, &writes, &notes, &why);
	if (rc < 0 || !limits_any(&writes))
		return;
	json_key(w, "resources");
	limits_write(w, &cg, &writes);
}

int lodger_state(struct lodger *l, const char *id, char **ret, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	auto_json_writer struct json_writer *w = NULL;
	int r = container_open(l, id, false, &c, e);

	if (r < 0)
		return r;
	complete(&c, id);
	w = json_writer_new(2);
	json_open_object(w);
	state_report_members(&c.record, c.status, w);
	if (c.pidfd >= 0 && c.record.cgroups.n)
		report_limits(l, &c, w);
	json_close_object(w);
	*ret = arena_printf(l->arena, "%s\n", json_writer_text(w, NULL));
	return 0;
}

/* One container for list; false if it was deleted meanwhile. */
static bool open_listed(struct lodger *l, const char *id, struct container *c, const char **status)
{
	struct err why = {0};
	int r = container_open(l, id, false, c, &why);

	if (r < 0 && why.code == ERR_STATE_MISSING)
		return false;
	if (r < 0)
		log_warn("container \"%s\": %s", id, why.msg);
	complete(c, id);
	*status = r < 0 ? "unknown" : state_status_name(c->status);
	return true;
}

static int list_ids(struct lodger *l, struct strv *ret, struct err *e)
{
	const char *root;
	int r = container_root(l, false, &root, e);

	return r < 0 ? r : state_list(l->arena, root, ret, e);
}

static const char *owner(struct lodger *l, const struct state_record *r)
{
	if (r->owner_name && *r->owner_name)
		return r->owner_name;
	return arena_printf(l->arena, "#%" PRIu32, r->owner);
}

int lodger_list(struct lodger *l, struct lodger_entry **ret, size_t *ret_n, struct err *e)
{
	struct strv ids = {0};
	int r = list_ids(l, &ids, e);

	if (r < 0)
		return r;
	*ret = arena_calloc(l->arena, ids.n + 1, sizeof(**ret));
	*ret_n = 0;
	for (size_t i = 0; i < ids.n; i++) {
		auto_container struct container c = CONTAINER_NONE;
		const char *status;

		if (!open_listed(l, ids.v[i], &c, &status))
			continue;
		(*ret)[(*ret_n)++] = (struct lodger_entry){
			.id = ids.v[i],
			.pid = c.pidfd >= 0 ? c.record.pid : 0,
			.status = status,
			.bundle = c.record.bundle,
			.created = c.record.created ? c.record.created : "",
			.owner = owner(l, &c.record),
		};
	}
	return 0;
}

int lodger_list_json(struct lodger *l, char **ret, struct err *e)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);
	struct strv ids = {0};
	int r = list_ids(l, &ids, e);
	size_t n = 0;

	if (r < 0)
		return r;
	json_open_array(w);
	for (size_t i = 0; i < ids.n; i++) {
		auto_container struct container c = CONTAINER_NONE;
		const char *status;

		if (!open_listed(l, ids.v[i], &c, &status))
			continue;
		state_report(&c.record, c.status, w);
		n++;
	}
	json_close_array(w);
	*ret = n ? arena_strdup(l->arena, json_writer_text(w, NULL))
		 : arena_strdup(l->arena, "null");
	return 0;
}
