// SPDX-License-Identifier: Apache-2.0
/*
 * exec: one more process in a container. In: its record and config, the command line or a process
 * as JSON. Out: a process in the container's namespaces and cgroup. Front end. Enters nothing
 * itself: lodger-init does, from a handle that the container cannot write to.
 *
 * The order is that of the clock: init is started as soon as the container is known to run, and
 * config, facts and plan are read and made while the kernel executes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/file.h"
#include "base/log.h"
#include "cgroup/resctrl.h"
#include "kernel/sched.h"
#include "launch/relay.h"
#include "lodger/exec_cgroup.h"
#include "lodger/internal.h"
#include "plan/exec.h"
#include "spec/decode.h"

#define PROCESS_MAX (4u << 20)

/* What belongs to one exec, from the options to the plan. */
struct exec {
	const struct lodger_exec *opts;
	struct container container;
	struct plan_exec_request wish;
	struct exec_cgroup cgroup;
	struct launch launch;
};

static int check_status(const struct exec *x, struct err *e)
{
	enum state_status status = x->container.status;
	const char *why = NULL;

	if (status == STATE_STOPPED)
		why = "cannot exec in a stopped container";
	else if (status == STATE_CREATING)
		why = "cannot exec in a container that is still being created";
	else if (status == STATE_PAUSED && !x->opts->ignore_paused)
		why = "cannot exec in a paused container (use --ignore-paused to override)";
	if (!why)
		return 0;
	err_object(e, "%s", x->opts->id);
	return err_set(e, ERR_STATE_STATUS, status == STATE_STOPPED ? ESRCH : EBUSY, "%s: \"%s\"",
		why, x->opts->id);
}

static int read_process(
	struct lodger *l, const char *path, struct plan_exec_request *wish, struct err *e)
{
	struct spec_process *p = arena_new_of(l->arena, struct spec_process);
	auto_fd int fd = str_eq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					   : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	size_t len = 0;
	char *text = NULL;
	int r = fd < 0 ? -errno : file_read_fd(l->arena, fd, PROCESS_MAX, &text, &len);

	if (r < 0) {
		err_object(e, "%s", path);
		return err_sys(e, ERR_CONFIG_READ, r, "--process %s", path);
	}
	r = decode_text(l->arena, path, text, len, &spec_process_desc, p, e);
	if (r == 0)
		wish->process = p;
	return r;
}

/* "1,2" counts as "1" and "2". */
static struct strv split_all(struct arena *a, const struct strv *list)
{
	struct strv all = {0};
	const char *s;

	strv_foreach (s, list) {
		struct strv parts = strv_split(a, s, ",");

		if (!parts.n)
			strv_add(a, &all, s);
		for (size_t k = 0; k < parts.n; k++)
			strv_add(a, &all, parts.v[k]);
	}
	return all;
}

static int take_options(struct lodger *l, struct exec *x, struct err *e)
{
	const struct lodger_exec *o = x->opts;

	x->wish = (struct plan_exec_request){
		.args = o->args,
		.cwd = o->cwd,
		.user = o->user,
		.apparmor = o->apparmor,
		.selinux = o->process_label,
		.env = o->env,
		.caps = o->caps,
		.additional_gids = split_all(l->arena, &o->additional_gids),
		.tty = o->tty,
		.no_new_privs = o->no_new_privs,
	};
	return o->process ? read_process(l, o->process, &x->wish, e) : 0;
}

/* The front end itself goes where init is to be born; what it was pinned to, it gives up. */
static int pin(const struct exec *x, struct err *e)
{
	const struct spec_process *p = x->wish.process;
	const char *list = x->container.record.exec_affinity;
	int r;

	if (p)
		list = p->exec_cpu_affinity ? p->exec_cpu_affinity->initial : NULL;
	if (str_is_empty(list))
		return 0;
	r = sched_pin(list);
	if (r == 0)
		return 0;
	err_object(e, "process.execCPUAffinity.initial");
	return err_sys(e, ERR_CONFIG_VALUE, r, "process.execCPUAffinity.initial: \"%s\"", list);
}

/* The config of the container with the process to run in the place of its own. */
static int make_spec(struct lodger *l, struct exec *x, struct spec **ret, struct err *e)
{
	struct spec_process *process;
	struct spec *spec;
	int r = container_spec(l, &x->container, &spec, e);

	if (r == 0)
		r = plan_exec_process(l->arena, spec, &x->wish, &process, e);
	if (r != 0)
		return r;
	spec->process = process;
	r = spec_check(spec, e);
	if (r < 0)
		err_prefix(e, "%s", x->opts->process ? x->opts->process : "exec");
	else
		*ret = spec;
	return r;
}

static int make_plan(struct lodger *l, struct exec *x, struct err *e)
{
	const struct lodger_exec *o = x->opts;
	const struct plan_request req = {
		.id = o->id,
		.console_given = o->console_socket != NULL,
		.detach = o->detach,
		.preserve_fds = o->preserve_fds,
		.no_new_keyring = x->container.record.no_new_keyring,
	};
	struct facts_target target;
	struct facts facts;
	struct spec *spec;
	int r = make_spec(l, x, &spec, e);

	if (r == 0)
		r = facts_read(l->arena,
			spec->process->apparmor_profile || spec->process->selinux_label
				? FACTS_LABELS
				: 0,
			&facts, e);
	if (r == 0)
		r = facts_read_target(l->arena, x->container.record.pid, &target, e);
	if (r == 0)
		r = plan_exec(l->arena, spec, &facts, &target, &req, x->launch.plan, e);
	if (r < 0) {
		err_step(e, "plan");
		return r;
	}
	x->launch.plan->init.log_level = l->log_level;
	log_notes(x->launch.plan);
	return 0;
}

/* From a login session to a scope only systemd can move a process: the caller may not. */
static int join_cgroup(struct lodger *l, struct exec *x, struct err *e)
{
	const struct strv *wishes = &x->opts->cgroup;
	struct err why = {0};
	pid_t pid = x->launch.pid;
	int r = exec_cgroup_join(&x->cgroup, pid, x->container.record.pid, &why);

	if (r == -EACCES || r == -EPERM) {
		int moved =
			container_move(l, &x->container, wishes->n ? wishes->v[0] : NULL, pid, e);

		if (moved != -ENOENT || err_is_set(e))
			return moved;
	}
	if (r < 0 && e)
		*e = why;
	return r;
}

/* Init is running; what it waits for. */
static int place_and_plan(struct lodger *l, struct exec *x, struct err *e)
{
	struct launch *launch = &x->launch;
	int r = launch->cgroup < 0 && x->cgroup.cgroup.dirs.n ? join_cgroup(l, x, e) : 0;

	/* The second init, and what it executes, are born into the groups of the first. */
	if (r == 0)
		r = resctrl_join(&x->container.record.resctrl, launch->pid, e);
	if (r < 0)
		err_step(e, "cgroup");
	return r < 0 ? r : make_plan(l, x, e);
}

static int enter(struct lodger *l, struct exec *x, const sigset_t *signals, struct err *e)
{
	struct launch *launch = &x->launch;
	int r = find_helper(l, "lodger-init", &launch->init_path, e);

	if (r == 0)
		r = exec_cgroup_open(
			l->arena, &x->container.record.cgroups, &x->opts->cgroup, &x->cgroup, e);
	if (r == 0)
		r = exec_cgroup_birth(&x->cgroup, &launch->cgroup, e);
	if (r == 0)
		r = pin(x, e);
	if (r < 0)
		return r;
	launch->arena = l->arena;
	launch->plan = arena_new_of(l->arena, struct plan);
	launch->plan->init.preserve_fds = x->opts->preserve_fds;
	launch->plan->exec = true;
	launch->record = x->container.record;
	launch->target = take_fd(&x->container.pidfd);
	launch->console_socket = x->opts->console_socket;
	launch->pidfd_socket = x->opts->pidfd_socket;
	launch->pid_file = x->opts->pid_file;
	launch->signals = signals;
	r = launch_exec_begin(launch, e);
	if (r < 0)
		return r;
	r = place_and_plan(l, x, e);
	if (r < 0)
		launch_exec_undo(launch);
	return r < 0 ? r : launch_exec(launch, e);
}

static int run_exec(
	struct lodger *l, struct exec *x, const sigset_t *signals, int *ret_status, struct err *e)
{
	int r;

	hide_descriptors(l->arena, x->opts->preserve_fds, &x->launch.keep);
	r = container_open(l, x->opts->id, false, &x->container, e);
	if (r == 0)
		r = check_status(x, e);
	if (r == 0)
		r = take_options(l, x, e);
	if (r == 0)
		r = enter(l, x, signals, e);
	if (r < 0)
		err_prefix(e, "exec failed");
	else if (!x->opts->detach)
		r = stay(&x->launch, NULL, ret_status, e);
	return r;
}

int lodger_exec(struct lodger *l, const struct lodger_exec *opts, int *ret_status, struct err *e)
{
	struct exec x = {.opts = opts, .container = CONTAINER_NONE, .launch = LAUNCH_NONE};
	sigset_t old;
	int r;

	*ret_status = 0;
	relay_block(&old);
	r = run_exec(l, &x, &old, ret_status, e);
	sigprocmask(SIG_SETMASK, &old, NULL);
	launch_done(&x.launch);
	cgroup_close(&x.cgroup.cgroup);
	container_close(&x.container);
	return r;
}
