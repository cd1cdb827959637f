// SPDX-License-Identifier: Apache-2.0
/*
 * The planner. In: spec, facts, request. Out: a plan. Runs in the front end before anything has
 * happened; pure: no system call, no file, no clock.
 */
#include <stdarg.h>

#include "plan/planner.h"

struct step *planner_step(struct planner *p, enum step_kind kind)
{
	step_list *steps = &p->plan->init.steps;
	struct step *s;

	steps->v = arena_grow(p->arena, steps->v, steps->n, sizeof(*steps->v));
	s = &steps->v[steps->n++];
	/* The planner remembers no pointer into the list: the next step may move it. */
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	return s;
}

void planner_note(struct planner *p, enum log_level level, const char *fmt, ...)
{
	struct plan *plan = p->plan;
	va_list ap;

	plan->notes.v = arena_grow(p->arena, plan->notes.v, plan->notes.n, sizeof(*plan->notes.v));
	va_start(ap, fmt);
	plan->notes.v[plan->notes.n++] =
		(struct plan_note){level, arena_vprintf(p->arena, fmt, ap)};
	va_end(ap);
}

static const char *absolute(struct arena *a, const char *base, const char *path)
{
	return path[0] == '/' ? path : arena_printf(a, "%s/%s", base, path);
}

static int check_request(const struct planner *p, struct err *e)
{
	const struct spec_process *process = p->spec->process;

	if (!process) {
		err_object(e, "process");
		return err_set(e, ERR_CONFIG_MISSING, 0,
			"config.json: process: is required to start a container");
	}
	if (!process->terminal && p->req->console_given)
		return err_set(e, ERR_USAGE, 0,
			"--console-socket needs a container with a terminal (process.terminal)");
	if (process->terminal && p->req->detach && !p->req->console_given)
		return err_set(e, ERR_USAGE, 0,
			"a detached container with a terminal (process.terminal) needs "
			"--console-socket");
	return 0;
}

/* Everything up to the running process, in the order in which init will do it. */
static int plan_steps(struct planner *p, struct err *e)
{
	int r;

	plan_enter(p);
	/*
	 * Nothing that the container mounts may reach the host; and a clone of a shared mount would
	 * be shared too, so this comes before the first source is opened.
	 */
	planner_step(p, STEP_PROPAGATION)->flags.flags = MS_REC_SLAVE;
	r = plan_rootfs_open(p, e);
	if (r < 0)
		return r;
	/*
	 * Sources are opened while init still has the caller's identity: the container's root may
	 * not be able to reach them (a bundle in a 0700 home), and the id map helpers run
	 * meanwhile.
	 */
	planner_step(p, STEP_PREPARE);
	planner_step(p, STEP_ROOT_ATTACH);
	plan_early_pivot(p);
	if (p->new_userns)
		planner_step(p, STEP_MAPS);
	plan_become_root(p);
	r = plan_uts(p, e);
	if (r == 0)
		r = plan_mounts(p, e);
	if (r == 0)
		plan_network_files(p);
	if (r == 0)
		r = plan_devices(p, e);
	if (r == 0)
		r = plan_net_devices(p, e);
	if (r == 0)
		r = plan_sysctls(p, e);
	if (r < 0)
		return r;
	planner_enter_cgroup(p);
	planner_step(p, STEP_MAKE_CWD)->path.path = p->spec->process->cwd;
	plan_hooks(p);
	plan_paths(p);
	plan_root_switch(p);
	return plan_process(p, e);
}

int plan_build(struct arena *a, const struct spec *spec, const struct facts *facts,
	const struct plan_request *req, struct plan *ret, struct err *e)
{
	struct plan plan = {0};
	struct planner p = planner_begin(a, spec, facts, NULL, req, &plan);
	int r = check_request(&p, e);

	if (r < 0)
		return r;
	plan.rootfs = absolute(a, req->bundle, spec->root->path);
	plan.terminal = spec->process->terminal;
	plan.hooks = spec->hooks;
	plan.init.id = req->id;
	plan.init.preserve_fds = req->preserve_fds;
	plan.init.wait_start = req->wait_start;
	plan_annotations(&p);
	r = plan_namespaces(&p, e);
	if (r == 0)
		r = plan_network(&p, e);
	if (r == 0)
		r = plan_identity(&p, e);
	if (r == 0)
		r = plan_cgroup(&p, e);
	if (r == 0)
		r = plan_resctrl(&p, e);
	if (r == 0)
		r = plan_steps(&p, e);
	if (r < 0)
		return r;
	plan.init.in_userns = p.in_userns;
	plan.init.own_procfs = planner_own_ns(&p, CLONE_NEWPID);
	*ret = plan;
	return 0;
}
