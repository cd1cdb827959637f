// SPDX-License-Identifier: Apache-2.0
/* The root filesystem: opened, protected, switched to. Part of the planner: pure. */
#include "plan/mntopt.h"
#include "plan/planner.h"

int plan_rootfs_open(struct planner *p, struct err *e)
{
	const char *propagation = p->spec->linux_.rootfs_propagation;

	if (!str_is_empty(propagation) && !mntopt_propagation(propagation)) {
		err_object(e, "linux.rootfsPropagation");
		return err_set(e, ERR_CONFIG_VALUE, 0,
			"config.json: linux.rootfsPropagation: \"%s\" is not a propagation",
			propagation);
	}
	planner_step(p, STEP_ROOT_OPEN)->path.path = p->plan->rootfs;
	return 0;
}

/*
 * Before the switch of the root, while the host's /dev/null is still there to mask with. Read-only
 * paths first, so that a masked path below one keeps its mask.
 */
void plan_paths(struct planner *p)
{
	const struct spec_linux *l = &p->spec->linux_;

	for (size_t i = 0; i < p->readonly_mounts.n; i++)
		planner_step(p, STEP_READONLY_MOUNT)->path.path = p->readonly_mounts.v[i];
	for (size_t i = 0; i < l->readonly_paths.n; i++)
		planner_step(p, STEP_READONLY_PATH)->path.path = l->readonly_paths.v[i];
	for (size_t i = 0; i < l->masked_paths.n; i++) {
		bool again = false;

		/* Masking twice would stack a second mount and gain nothing. */
		for (size_t k = 0; k < i && !again; k++)
			again = str_eq(l->masked_paths.v[k], l->masked_paths.v[i]);
		if (!again)
			planner_step(p, STEP_MASK)->path.path = l->masked_paths.v[i];
	}
}

/*
 * Detaching the old root waits for the kernel's other processors, longer than any other step takes;
 * init has the time while its ids are mapped. Hooks have to see the host's root, though.
 */
void plan_early_pivot(struct planner *p)
{
	const struct spec_hooks *h = p->spec->hooks;

	if (!p->new_userns || p->req->no_pivot)
		return;
	if (h && (h->prestart.n || h->create_runtime.n || h->create_container.n))
		return;
	/* A mount at "/" takes the place of the root that would be entered. */
	for (size_t i = 0; i < p->spec->mounts.n; i++)
		if (strspn(p->spec->mounts.v[i].destination, "/.") ==
			strlen(p->spec->mounts.v[i].destination))
			return;
	planner_step(p, STEP_PIVOT)->pivot.early = true;
}

void plan_root_switch(struct planner *p)
{
	const char *word = p->spec->linux_.rootfs_propagation;
	uint64_t propagation = str_is_empty(word) ? 0 : mntopt_propagation(word);

	if (p->spec->root->readonly)
		planner_step(p, STEP_ROOT_FLAGS)->root_flags.readonly = true;
	planner_step(p, STEP_PIVOT)->pivot.no_pivot = p->req->no_pivot;
	/* Slave is what everything is already; unbindable any earlier would stop our own binds. */
	if (propagation && (propagation & ~(uint64_t)MS_REC) != MS_SLAVE)
		planner_step(p, STEP_ROOT_PROPAGATION)->flags.flags = propagation;
}
