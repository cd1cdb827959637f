// SPDX-License-Identifier: Apache-2.0
/*
 * The planner for exec: a container's config, a process, facts about both sides → how the process
 * gets in. Part of the planner: pure.
 *
 * Everything is joined by one setns(2) on the pidfd of the container's init, so that there is no
 * moment in which init is half inside; what needs rights of the caller comes before it, what may
 * only be looked at from inside comes after.
 */
#include "plan/exec.h"

#include "base/num.h"
#include "plan/planner.h"

static int add_gids(struct arena *a, const struct strv *list, struct spec_user *u, struct err *e)
{
	const char *text;

	strv_foreach (text, list) {
		uint32_t gid;

		if (num_u32(text, &gid) < 0) {
			err_object(e, "--additional-gids");
			return err_set(e, ERR_USAGE, EINVAL,
				"--additional-gids: \"%s\" is not a group id", text);
		}
		u->additional_gids.v = arena_grow(a, u->additional_gids.v, u->additional_gids.n,
			sizeof(*u->additional_gids.v));
		u->additional_gids.v[u->additional_gids.n++] = gid;
	}
	return 0;
}

/*
 * "UID" or "UID:GID", both whole and in range: what is half a number must never become root, as it
 * did elsewhere (CVE-2026-30892). No name is looked up: the image's /etc/passwd decides nothing.
 */
static int take_user(struct arena *a, const char *text, struct spec_user *u, struct err *e)
{
	const char *colon = strchr(text, ':');
	const char *uid = colon ? arena_strndup(a, text, (size_t)(colon - text)) : text;
	struct spec_user user = *u;

	if (num_u32(uid, &user.uid) == 0 && user.uid != UINT32_MAX &&
		(!colon || (num_u32(colon + 1, &user.gid) == 0 && user.gid != UINT32_MAX))) {
		*u = user;
		return 0;
	}
	err_object(e, "--user");
	return err_set(
		e, ERR_USAGE, EINVAL, "--user: \"%s\" is not UID or UID:GID in numbers", text);
}

static void add_all(struct arena *a, struct strv *to, const struct strv *more)
{
	/* The list is the config's: it is copied before it grows. */
	struct strv all = {0};
	const char *s;

	strv_foreach (s, to)
		strv_add(a, &all, s);
	strv_foreach (s, more)
		if (!strv_has(&all, s))
			strv_add(a, &all, s);
	*to = all;
}

/* Ambient only where the config has it inheritable, which exec never makes it (CVE-2022-29162). */
static void add_caps(struct arena *a, const struct strv *caps, struct spec_process *p)
{
	struct spec_capabilities *c = arena_new_of(a, struct spec_capabilities);
	struct strv ambient = {0};
	const char *cap;

	if (!caps->n)
		return;
	if (p->capabilities)
		*c = *p->capabilities;
	strv_foreach (cap, caps)
		if (strv_has(&c->inheritable, cap))
			strv_add(a, &ambient, cap);
	add_all(a, &c->bounding, caps);
	add_all(a, &c->effective, caps);
	add_all(a, &c->permitted, caps);
	add_all(a, &c->ambient, &ambient);
	p->capabilities = c;
}

static int apply_request(
	struct arena *a, const struct plan_exec_request *req, struct spec_process *p, struct err *e)
{
	struct strv env = {0};
	const char *s;
	int r = 0;

	p->args = req->args;
	p->terminal = req->tty;
	p->no_new_privileges |= req->no_new_privs;
	p->cwd = req->cwd ? req->cwd : p->cwd;
	p->apparmor_profile = req->apparmor ? req->apparmor : p->apparmor_profile;
	p->selinux_label = req->selinux ? req->selinux : p->selinux_label;
	strv_foreach (s, &p->env)
		strv_add(a, &env, s);
	strv_foreach (s, &req->env)
		strv_add(a, &env, s);
	p->env = env;
	add_caps(a, &req->caps, p);
	if (req->user)
		r = take_user(a, req->user, &p->user, e);
	return r < 0 ? r : add_gids(a, &req->additional_gids, &p->user, e);
}

int plan_exec_process(struct arena *a, const struct spec *spec, const struct plan_exec_request *req,
	struct spec_process **ret, struct err *e)
{
	struct spec_process *p = arena_new_of(a, struct spec_process);
	int r = 0;

	if (req->process) {
		*p = *req->process;
	} else {
		if (!req->args.n)
			return err_set(e, ERR_USAGE, EINVAL, "no command to execute is given");
		*p = *spec->process;
		r = apply_request(a, req, p, e);
	}
	if (r == 0)
		*ret = p;
	return r;
}

static int check_request(const struct planner *p, struct err *e)
{
	bool tty = p->spec->process->terminal;

	if (tty && p->req->detach && !p->req->console_given)
		return err_set(e, ERR_USAGE, 0,
			"a detached process with a terminal needs --console-socket");
	if (!tty && p->req->console_given)
		return err_set(e, ERR_USAGE, 0, "--console-socket needs a process with a terminal");
	return 0;
}

int plan_take_target(struct planner *p, struct err *e)
{
	const struct facts *f = p->facts;

	plan_annotations(p);
	p->ns_joined = p->target->namespaces;
	p->joined_userns = p->ns_joined & CLONE_NEWUSER;
	p->in_userns = !f->initial_userns || p->joined_userns;
	p->setgroups_denied = p->joined_userns ? p->target->setgroups_denied : f->setgroups_denied;
	if (!facts_has_cap(f, PLAN_CAP_SYS_ADMIN))
		p->plan->caller = PLAN_CALLER_USER;
	else
		p->plan->caller = f->initial_userns ? PLAN_CALLER_ROOT : PLAN_CALLER_NS_ROOT;
	p->plan->exec = true;
	p->plan->init.id = p->req->id;
	p->plan->init.in_userns = p->in_userns;
	if (p->ns_joined & CLONE_NEWNS)
		return 0;
	return err_set(e, ERR_STATE_STATUS, 0,
		"container \"%s\" has no mount namespace of its own: there is nothing to enter",
		p->req->id);
}

/*
 * runtime-spec config.md, "execCPUAffinity": the front end has pinned itself to `initial`, and init
 * is born so; what its cgroup makes of that is the kernel's to decide, until `final`.
 */
static void plan_affinity(struct planner *p)
{
	const struct spec_exec_cpu_affinity *a = p->spec->process->exec_cpu_affinity;

	if (!a)
		return;
	p->plan->init.keep_affinity = !str_is_empty(a->initial);
	if (!str_is_empty(a->final))
		planner_step(p, STEP_AFFINITY)->text.text = a->final;
}

static int plan_exec_steps(struct planner *p, struct err *e)
{
	struct step *enter;

	/*
	 * Limits and scores of the caller's own namespace, while init has its rights. The procfs is
	 * the caller's too: in the container, all of /proc is the container's to arrange.
	 */
	plan_take_process(p);
	planner_step(p, STEP_PREPARE);
	plan_limits_raised(p);
	plan_oom_score(p);
	enter = planner_step(p, STEP_ENTER);
	enter->enter.flags = p->ns_joined;
	/* setns(2): a pid namespace is for the children of whoever joins it. */
	if (p->ns_joined & CLONE_NEWPID)
		planner_step(p, STEP_FORK);
	plan_become_root(p);
	plan_affinity(p);
	/* sched(7): a deadline does not survive a fork, nor what SCHED_FLAG_RESET_ON_FORK says. */
	plan_placement(p);
	if (!p->req->no_new_keyring)
		planner_step(p, STEP_KEYRING);
	plan_console(p, false);
	return plan_payload(p, e);
}

int plan_exec(struct arena *a, const struct spec *spec, const struct facts *facts,
	const struct facts_target *target, const struct plan_request *req, struct plan *ret,
	struct err *e)
{
	struct plan plan = {0};
	struct planner p = planner_begin(a, spec, facts, target, req, &plan);
	int r = check_request(&p, e);

	if (r < 0)
		return r;
	plan.terminal = spec->process->terminal;
	plan.init.preserve_fds = req->preserve_fds;
	r = plan_take_target(&p, e);
	if (r == 0)
		r = plan_check_ids(&p, e);
	if (r == 0)
		r = plan_exec_steps(&p, e);
	if (r < 0)
		return r;
	*ret = plan;
	return 0;
}
