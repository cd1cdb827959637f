// SPDX-License-Identifier: Apache-2.0
/*
 * The planner for mounts of a container that runs: a container's config with other mounts in it,
 * facts about both sides → how they get in, or out. Part of the planner: pure.
 *
 * A source is cloned in a copy of the caller's mount namespace that belongs to the container's user
 * namespace: an unprivileged caller may clone no mount in a namespace of his own, and who has
 * entered a user namespace does not come back. The clone is a descriptor, which then goes along
 * into the container's mount namespace. Nothing but descriptors leads from one to the other.
 */
#include "base/json.h"
#include "plan/exec.h"
#include "plan/mntopt.h"
#include "plan/planner.h"

static int unsupported(const char *json_path, const char *what, const char *why, struct err *e)
{
	err_object(e, "%s", json_path);
	return err_set(e, ERR_CONFIG_UNSUPPORTED, ENOTSUP,
		"%s: %s cannot be added to a container that runs: %s", json_path, what, why);
}

/* Before it is planned, which makes a bind mount of what the kernel does not give everybody. */
static int check_type(const struct planner *p, size_t i, struct err *e)
{
	const struct spec_mount *spec = &p->spec->mounts.v[i];
	struct step_mount m = {0};
	const char *word;

	strv_foreach (word, &spec->options)
		mntopt_apply(&m, word);
	if (m.flags & STEP_MOUNT_BIND || str_is_empty(spec->type) || str_eq(spec->type, "bind") ||
		str_eq(spec->type, "tmpfs"))
		return 0;
	return unsupported(arena_printf(p->arena, "mounts[%zu]", i), json_quoted(spec->type).text,
		"only bind mounts and tmpfs can be; others show namespaces of the container or "
		"name files in it, and belong in config.json",
		e);
}

static int check_flags(const struct step_mount *m, struct err *e)
{
	if (m->flags & STEP_MOUNT_IDMAP)
		return unsupported(m->json_path, "a mount with an id map",
			"the map is made with the container's user namespace", e);
	if (m->flags & STEP_MOUNT_COPY_SYMLINK)
		return unsupported(m->json_path, "a copy of a symlink", "it is no mount", e);
	return 0;
}

static int check_dest(const struct planner *p, const char *json_path, const char *dest, bool remove,
	struct err *e)
{
	const struct spec_linux *l = &p->spec->linux_;
	const struct strv *const kept[] = {&l->masked_paths, &l->readonly_paths};
	const char *path;

	err_object(e, "%s.destination", json_path);
	if (str_eq(dest, "/"))
		return err_set(e, ERR_CONFIG_VALUE, EINVAL,
			"%s.destination: / is the container's root filesystem", json_path);
	for (size_t i = 0; remove && i < ARRAY_SIZE(kept); i++)
		strv_foreach (path, kept[i])
			if (str_eq(planner_clean_path(p->arena, path), dest))
				return err_set(e, ERR_CONFIG_CONFLICT, EPERM,
					"%s.destination: %s is protected by %s of config.json",
					json_path, dest,
					i ? "linux.readonlyPaths" : "linux.maskedPaths");
	if (e)
		e->object[0] = '\0';
	return 0;
}

static int plan_added(struct planner *p, struct err *e)
{
	const step_list *steps = &p->plan->init.steps;
	size_t first = steps->n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->spec->mounts.n; i++)
		r = check_type(p, i, e);
	if (r == 0)
		r = plan_mounts(p, e);
	for (size_t i = first; r == 0 && i < steps->n; i++) {
		const struct step_mount *m = &steps->v[i].mount;

		r = check_flags(m, e);
		if (r == 0)
			r = check_dest(p, m->json_path, m->dest, false, e);
	}
	return r;
}

static int plan_removed(struct planner *p, struct err *e)
{
	/* The last that was mounted is the first to go: it may be on another. */
	for (size_t i = p->spec->mounts.n; i-- > 0;) {
		struct step *s = planner_step(p, STEP_UNMOUNT);
		int r;

		s->unmount.json_path = arena_printf(p->arena, "mounts[%zu]", i);
		s->unmount.dest = planner_clean_path(p->arena, p->spec->mounts.v[i].destination);
		r = check_dest(p, s->unmount.json_path, s->unmount.dest, true, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static void enter(struct planner *p, uint64_t flags)
{
	if (flags)
		planner_step(p, STEP_ENTER)->enter.flags = flags;
}

int plan_live_mounts(struct arena *a, const struct spec *spec, const struct facts *facts,
	const struct facts_target *target, const struct plan_request *req, bool remove,
	struct plan *ret, struct err *e)
{
	struct plan plan = {0};
	struct planner p = planner_begin(a, spec, facts, target, req, &plan);
	int r = plan_take_target(&p, e);

	if (r < 0)
		return r;
	enter(&p, p.ns_joined & CLONE_NEWUSER);
	if (!remove) {
		planner_step(&p, STEP_UNSHARE)->flags.flags = CLONE_NEWNS;
		planner_step(&p, STEP_PROPAGATION)->flags.flags = MS_REC_SLAVE;
	}
	planner_step(&p, STEP_PREPARE);
	enter(&p, CLONE_NEWNS);
	/* Mount points that are made have an owner in the container. */
	plan_become_root(&p);
	r = remove ? plan_removed(&p, e) : plan_added(&p, e);
	if (r < 0)
		return r;
	planner_step(&p, STEP_END);
	*ret = plan;
	return 0;
}
