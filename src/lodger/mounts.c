// SPDX-License-Identifier: Apache-2.0
/*
 * mounts: what is mounted in a container that lives, changed. In: its record and config, a file of
 * mounts. Out: mounts in the container's mount namespace, none, or fewer. Front end. Mounts
 * nothing itself: lodger-init does, as for exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/log.h"
#include "lodger/internal.h"
#include "plan/exec.h"

#define MOUNTS_MAX (4u << 20)

static int read_mounts(struct lodger *l, const char *path, spec_mount_list *ret, struct err *e)
{
	auto_fd int fd = str_eq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					   : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	size_t len = 0;
	char *text = NULL;
	int r = fd < 0 ? -errno : file_read_fd(l->arena, fd, MOUNTS_MAX, &text, &len);

	if (r < 0) {
		err_object(e, "%s", path);
		return err_sys(e, ERR_CONFIG_READ, r, "%s", path);
	}
	return spec_mounts_parse(l->arena, path, text, len, ret, e);
}

/* The container's config with the file's mounts in the place of its own. */
static int make_spec(struct lodger *l, const struct container *c, const char *file,
	struct spec **ret, struct err *e)
{
	struct spec *spec = NULL;
	int r = container_spec(l, c, &spec, e);

	if (r == 0)
		r = read_mounts(l, file, &spec->mounts, e);
	if (r < 0)
		return r;
	r = spec_check(spec, e);
	if (r < 0)
		err_prefix(e, "%s", file);
	else
		*ret = spec;
	return r;
}

static int make_plan(struct lodger *l, const struct container *c, const char *file, bool remove,
	struct plan *ret, struct err *e)
{
	const struct plan_request req = {.id = c->record.id, .bundle = c->record.bundle};
	struct facts_target target;
	struct facts facts;
	struct spec *spec;
	int r = make_spec(l, c, file, &spec, e);

	if (r == 0)
		r = facts_read(l->arena, 0, &facts, e);
	if (r == 0)
		r = facts_read_target(l->arena, c->record.pid, &target, e);
	if (r == 0)
		r = plan_live_mounts(l->arena, spec, &facts, &target, &req, remove, ret, e);
	if (r < 0) {
		err_step(e, "plan");
		return r;
	}
	ret->init.log_level = l->log_level;
	log_notes(ret);
	return 0;
}

/* It has closed its socket: in order, if it has ended in order. */
static int await_end(struct launch *launch, struct err *e)
{
	int status = 0;

	while (waitpid(launch->pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "waiting for init");
	if (status == 0)
		return 0;
	return err_set(e, ERR_CHILD_DIED, ECHILD, "init died while it changed the mounts");
}

static int change(struct lodger *l, struct container *c, struct launch *launch, const char *file,
	bool remove, struct err *e)
{
	int r;

	launch->arena = l->arena;
	launch->plan = arena_new_of(l->arena, struct plan);
	r = make_plan(l, c, file, remove, launch->plan, e);
	if (r == 0)
		r = find_helper(l, "lodger-init", &launch->init_path, e);
	if (r < 0)
		return r;
	launch->record = c->record;
	launch->target = take_fd(&c->pidfd);
	r = launch_exec_begin(launch, e);
	if (r == 0)
		r = launch_exec(launch, e);
	return r < 0 ? r : await_end(launch, e);
}

int lodger_mounts(struct lodger *l, const char *id, const char *file, bool remove, struct err *e)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	auto_container struct container c = CONTAINER_NONE;
	int r;

	hide_descriptors(l->arena, 0, &launch.keep);
	r = container_open(l, id, true, &c, e);
	if (r < 0)
		return r;
	if (c.status == STATE_STOPPED || c.status == STATE_CREATING) {
		err_object(e, "%s", id);
		return err_set(e, ERR_STATE_STATUS, EINVAL, "container not running: \"%s\"", id);
	}
	return change(l, &c, &launch, file, remove, e);
}
