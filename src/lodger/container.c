// SPDX-License-Identifier: Apache-2.0
/* Containers that exist: opened, examined, ended. Front end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "kernel/proc.h"
#include "lodger/internal.h"

#define KILL_TIMEOUT_MS 10000

void container_close(struct container *c)
{
	close_fd(&c->pidfd);
	state_dir_close(&c->dir);
}

int container_root(struct lodger *l, bool create, const char **ret, struct err *e)
{
	return state_root_path(l->arena, l->root, facts_real_root(), (uint32_t)geteuid(),
		getenv("XDG_RUNTIME_DIR"), create, ret, e);
}

static bool is_paused(struct lodger *l, const struct state_record *record)
{
	auto_cgroup struct cgroup cgroup = {0};

	return record->cgroup_manager &&
	       cgroup_open(l->arena, &record->cgroups, &cgroup, NULL) == 0 &&
	       cgroup_is_frozen(&cgroup);
}

/* --root may lead to a directory with other things in it, and they are not containers. */
static int check_foreign(
	struct lodger *l, const struct container *c, const char *root, struct err *e)
{
	const char *name = state_dir_foreign(l->arena, &c->dir);

	if (!name)
		return 0;
	err_object(e, "%s/%s", root, c->dir.id);
	return err_set(e, ERR_STATE_MISSING, ENOENT,
		"container \"%s\" does not exist: %s/%s is none of lodger's, it has %s in it",
		c->dir.id, root, c->dir.id, json_quoted(name).text);
}

int container_open(
	struct lodger *l, const char *id, bool lock, struct container *ret, struct err *e)
{
	const char *root = "";
	struct err why = {0};
	int foreign = 0, r = state_id_check(id, e);

	if (r == 0)
		r = container_root(l, false, &root, e);
	if (r == 0)
		r = state_dir_open(root, id, lock, &ret->dir, e);
	if (r < 0)
		return r;
	r = state_record_read(l->arena, &ret->dir, &ret->record, &why);
	if (r == -ENOENT || (r < 0 && why.code == ERR_STATE_CORRUPT))
		foreign = check_foreign(l, ret, root, e);
	if (foreign < 0)
		return foreign;
	if (r < 0 && r != -ENOENT) {
		if (e)
			*e = why;
		return r;
	}
	r = state_status(&ret->dir, &ret->record, &ret->status, &ret->pidfd, e);
	if (r == 0 && (ret->status == STATE_RUNNING || ret->status == STATE_CREATED) &&
		is_paused(l, &ret->record))
		ret->status = STATE_PAUSED;
	if (r < 0 && e)
		facts_explain_syscalls(e);
	return r;
}

int container_spec(struct lodger *l, const struct container *c, struct spec **ret, struct err *e)
{
	return spec_load(l->arena, c->dir.fd, "config.json", ret, e);
}

char *container_state_json(struct lodger *l, const struct container *c, enum state_status status)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	state_report(&c->record, status, w);
	return arena_strdup(l->arena, json_writer_text(w, NULL));
}

int container_kill(struct lodger *l, const struct container *c, struct err *e)
{
	auto_cgroup struct cgroup cgroup = {0};
	int r = c->pidfd < 0 ? 0 : proc_pidfd_kill(c->pidfd, SIGKILL);

	/* Frozen on v1, it would not die. */
	if (c->status == STATE_PAUSED &&
		cgroup_open(l->arena, &c->record.cgroups, &cgroup, NULL) == 0)
		cgroup_kill(&cgroup, NULL);

	if (r < 0 && r != -ESRCH)
		return err_sys(e, ERR_HOST_PERMISSION, r, "killing container \"%s\"", c->record.id);
	r = c->pidfd < 0 ? 0 : proc_pidfd_wait(c->pidfd, KILL_TIMEOUT_MS);
	if (r < 0)
		return err_sys(e, ERR_STATE_STATUS, r,
			"container \"%s\" does not end after SIGKILL", c->record.id);
	return 0;
}

int container_remove(struct lodger *l, struct container *c, struct err *e)
{
	struct err why = {0};
	struct spec *spec = NULL;
	int r;

	/* Hooks from the config that made the container: the bundle may be gone by now. */
	if (c->record.id && container_spec(l, c, &spec, &why) == 0 && spec->hooks)
		hooks_run_all("poststop", &spec->hooks->poststop,
			container_state_json(l, c, STATE_STOPPED));
	if (c->record.network)
		state_network_stop(c->record.network);
	/* As long as there is something of it, the state has to say where. */
	r = container_remove_cgroup(l, &c->record, false, e);
	return r < 0 ? r : state_dir_remove(&c->dir, e);
}
