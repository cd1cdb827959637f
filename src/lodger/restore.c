// SPDX-License-Identifier: Apache-2.0
/*
 * restore: a container whose processes criu(8) makes. In: options, a bundle, images. Out: what run
 * gives. Front end.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/json.h"
#include "lodger/criu.h"

#define DESCRIPTORS_MAX 65536
#define STANDARD_FDS    3

/* What we have been given takes the place of the pipes and files that the container had. */
static int take_descriptors(
	struct lodger *l, const struct criu_dirs *dirs, criu_fd_list *ret, struct err *e)
{
	struct json *list;
	char *text;
	size_t len;
	int r = file_read(l->arena, dirs->image, CRIU_DESCRIPTORS, DESCRIPTORS_MAX, &text, &len);

	err_object(e, "%s/%s", dirs->image_path, CRIU_DESCRIPTORS);
	if (r < 0)
		return err_sys(e, ERR_USAGE, r, "%s is not a checkpoint: %s", dirs->image_path,
			CRIU_DESCRIPTORS);
	r = json_parse(l->arena, CRIU_DESCRIPTORS, text, len, NULL, &list, e);
	if (r == 0 && (list->type != JSON_ARRAY || list->array.n > STANDARD_FDS))
		r = err_set(e, ERR_CONFIG_TYPE, EINVAL, "%s: must be an array of up to 3 strings",
			CRIU_DESCRIPTORS);
	for (size_t i = 0; r == 0 && i < list->array.n; i++) {
		const struct json *v = list->array.v[i];

		if (v->type != JSON_STRING ||
			!(str_after(v->string, "pipe:[") || str_after(v->string, "file[")))
			continue;
		ret->v = arena_grow(l->arena, ret->v, ret->n, sizeof(*ret->v));
		ret->v[ret->n++] = (struct criu_fd){v->string, (int32_t)i};
	}
	if (r == 0 && e)
		e->object[0] = '\0';
	return r;
}

int restore_plan(struct lodger *l, struct launch *launch, struct err *e)
{
	struct launch_restore *restore = launch->restore;
	criu_place_list *places = arena_new_of(l->arena, criu_place_list);
	criu_mountinfo_list mounts = {0};
	int r = 0;

	if (launch->plan->network && launch->net.path)
		r = err_set(e, ERR_CONFIG_UNSUPPORTED, ENOTSUP,
			"a network of lodger's cannot be restored");
	*places = plan_criu_places(l->arena, launch->plan);
	restore->places = places;
	restore->criu.root = launch->plan->rootfs;
	restore->options->root = launch->plan->rootfs;
	if (r == 0)
		r = criu_mounts(l, "self", &mounts, e);
	return r < 0 ? r
		     : plan_criu_restore_mounts(
			       l->arena, places, &mounts, &restore->options->ext_mnt, e);
}

int lodger_restore(struct lodger *l, const struct lodger_create *create,
	const struct lodger_criu *opts, int *ret_status, struct err *e)
{
	auto_criu_dirs struct criu_dirs dirs = CRIU_DIRS_NONE;
	struct launch_restore restore = {.criu = CRIU_NONE};
	struct lodger_create with = *create;
	int r = criu_check_caller(l, create->id, e);

	if (r == 0)
		r = criu_prepare(l, opts, CRIU_RESTORE, &dirs, &restore.criu, e);
	if (r == 0)
		r = take_descriptors(l, &dirs, &restore.criu.options->inherit_fd, e);
	if (r < 0)
		return r;
	restore.options = restore.criu.options;
	with.restore = &restore;
	return lodger_run(l, &with, ret_status, e);
}
