// SPDX-License-Identifier: Apache-2.0
/*
 * Hooks: those of the runtime's namespaces are a barrier at which the front end runs them, those of
 * the container's are steps. runtime-spec config.md, "POSIX-platform Hooks". Pure.
 */
#include <limits.h>

#include "plan/planner.h"

static void add_hooks(struct planner *p, const char *name, const spec_hook_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_hook *h = &list->v[i];
		struct step *s = planner_step(p, STEP_HOOK);

		s->hook.json_path = arena_printf(p->arena, "hooks.%s[%zu]", name, i);
		s->hook.title = arena_printf(p->arena, "%s hook #%zu", name, i);
		s->hook.path = h->path;
		s->hook.args = h->args;
		s->hook.env = h->env;
		/* Init counts milliseconds in an int; what is beyond, is 24 days and never. */
		if (h->timeout.set && h->timeout.v <= INT_MAX / 1000)
			s->hook.timeout_s = h->timeout.v;
	}
}

void plan_hooks(struct planner *p)
{
	const struct spec_hooks *h = p->spec->hooks;
	size_t first;

	if (!h)
		return;
	if (h->prestart.n || h->create_runtime.n)
		planner_step(p, STEP_HOOKS);
	first = p->plan->init.steps.n;
	add_hooks(p, "createContainer", &h->create_container);
	/* As with runc: images are prepared by scripts that name files of theirs as ./lib/... */
	for (size_t i = first; i < p->plan->init.steps.n; i++)
		p->plan->init.steps.v[i].hook.at_root = true;
}

void plan_late_hooks(struct planner *p)
{
	size_t first = p->plan->init.steps.n;

	if (!p->spec->hooks)
		return;
	add_hooks(p, "startContainer", &p->spec->hooks->start_container);
	/* Without "env" the payload's, as with runc and crun. */
	for (size_t i = first; i < p->plan->init.steps.n; i++) {
		struct step_hook *h = &p->plan->init.steps.v[i].hook;

		if (!h->env.v) {
			h->env = p->plan->init.env;
			h->home = true;
		}
	}
	/* `start` fails with them: until they have succeeded, it does not return. */
	if (p->req->wait_start && p->plan->init.steps.n > first)
		planner_step(p, STEP_STARTED);
}
