// SPDX-License-Identifier: Apache-2.0
/*
 * What the plan wants of a cgroup's files, put into force. In: an open cgroup, the plan's writes in
 * their order. Out: files of the kernel written, or an error that names the member of config.json.
 * Front end; decides nothing but what the flags of a write leave to the kernel's answer.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/num.h"
#include "cgroup/cgroup.h"

static int fail_write(const struct plan_cgroup_write *w, int r, struct err *e)
{
	err_object(e, "%s", w->json_path);
	err_sys(e, ERR_HOST_CGROUP, r, "%s: writing \"%s\" to %s", w->json_path, w->value, w->file);
	if (r == -ENOENT)
		err_fix(e,
			"the container's cgroup has no %s: its controller is not enabled, or this "
			"kernel is built without it; leave out %s, or use a kernel that has it",
			w->file, w->json_path);
	return r;
}

static int write_file(const struct cgroup *c, const struct plan_cgroup_write *w)
{
	int dir = cgroup_dir_for(c, w->controller);

	return dir < 0 ? dir : cgroup_file_write(dir, w->file, w->value);
}

/* Limits below what is used already would be met by killing: config.json may ask not to. */
static int check_below(const struct cgroup *c, const struct plan_cgroup_write *w, struct err *e)
{
	auto_arena struct arena *a = arena_new();
	uint64_t used, limit;
	char *text;
	int r = cgroup_read(a, c, w->controller, w->file, &text);

	if (r < 0)
		return fail_write(w, r, e);
	text[strcspn(text, "\n")] = '\0';
	if (num_u64(text, &used) < 0 || num_u64(w->value, &limit) < 0 || used < limit)
		return 0;
	err_object(e, "%s", w->json_path);
	return err_set(e, ERR_CONFIG_VALUE, EBUSY,
		"%s: the limit of %" PRIu64 " is not above what is used, %" PRIu64
		" (memory.checkBeforeUpdate)",
		w->json_path, limit, used);
}

/* One of a list: 0, or how it failed; -EINVAL without text where it may be tried again. */
static int apply_write(
	const struct cgroup *c, const plan_cgroup_writes *list, size_t i, struct err *e)
{
	const struct plan_cgroup_write *w = &list->v[i];
	bool has_other = i + 1 < list->n && list->v[i + 1].flags & PLAN_WRITE_ELSE;
	int r;

	if (w->flags & PLAN_WRITE_CHECK)
		return check_below(c, w, e);
	r = write_file(c, w);
	if (r == -ENOENT && (has_other || w->flags & (PLAN_WRITE_OPTIONAL | PLAN_WRITE_LIFT))) {
		log_debug("%s: there is no %s here", w->json_path, w->file);
		return has_other ? r : 0;
	}
	if (r == -EINVAL && w->flags & PLAN_WRITE_RETRY)
		return r;
	return r < 0 ? fail_write(w, r, e) : 0;
}

/* Those that another had to go before: again, until none of them can be done. */
static int apply_late(const struct cgroup *c, const plan_cgroup_writes *late, struct err *e)
{
	size_t left = late->n, before;
	int r = 0;

	do {
		before = left;
		left = 0;
		for (size_t i = 0; i < before; i++) {
			r = write_file(c, &late->v[i]);
			if (r < 0)
				late->v[left++] = late->v[i];
		}
	} while (left && left < before);
	if (!left)
		return 0;
	r = write_file(c, &late->v[0]);
	return r < 0 ? fail_write(&late->v[0], r, e) : 0;
}

int cgroup_apply(const struct cgroup *c, const struct plan_cgroup *plan, struct err *e)
{
	const plan_cgroup_writes *list = &plan->writes;
	auto_arena struct arena *a = arena_new();
	plan_cgroup_writes late = {.v = arena_calloc(a, list->n + 1, sizeof(*late.v))};
	int r;

	for (size_t i = 0; i < list->n; i++) {
		bool has_other = i + 1 < list->n && list->v[i + 1].flags & PLAN_WRITE_ELSE;

		r = apply_write(c, list, i, e);
		if (r == -EINVAL && list->v[i].flags & PLAN_WRITE_RETRY)
			late.v[late.n++] = list->v[i];
		else if (has_other && r == 0)
			i++; /* the file was there: its other name is of no use */
		else if (r < 0 && !(has_other && r == -ENOENT))
			return r;
	}
	r = apply_late(c, &late, e);
	if (r < 0)
		return r;
	return plan->devices.n ? cgroup_attach_devices(c, &plan->devices, e) : 0;
}
