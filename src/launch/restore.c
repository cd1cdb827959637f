// SPDX-License-Identifier: Apache-2.0
/*
 * The phases of a launch in which criu(8) makes the processes. In: a plan, images. Out: a container
 * that goes on where it was. Front end.
 *
 *   start-criu   born in the container's cgroup, or moved there by the phases that follow
 *   place        where that is, for criu to put the processes there
 *   restore      the request; criu makes init as a child of ours (rst_sibling) and says so, hooks
 *                run when its namespaces are there; the limits are in force, which criu would not
 *                live with, and the state is on disk before the processes go on
 *
 * Until criu has said who init is, `pid` is criu's own: what places init places criu.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "kernel/ns.h"
#include "kernel/proc.h"
#include "kernel/rtnl.h"
#include "kernel/spawn.h"
#include "launch/launch.h"

#define PROC_MAX (64u << 10)
#define LOOPBACK 1

/*
 * Namespaces that exist: criu takes those of the network and of pids as external, by the names that
 * runc gives them, and joins the others by path.
 */
static void add_namespaces(struct launch *l)
{
	struct criu *c = &l->restore->criu;
	struct criu_options *o = c->options;
	int *more = arena_calloc(l->arena, l->plan->joins.n + 1, sizeof(*more));

	for (size_t i = 0; i < l->plan->joins.n; i++) {
		const struct plan_join *join = &l->plan->joins.v[i];

		if (!(join->flag & (CLONE_NEWNET | CLONE_NEWPID))) {
			o->join_ns.v = arena_grow(
				l->arena, o->join_ns.v, o->join_ns.n, sizeof(*o->join_ns.v));
			o->join_ns.v[o->join_ns.n++] =
				(struct kv){ns_flag_name(join->flag), join->path};
			continue;
		}
		o->inherit_fd.v = arena_grow(
			l->arena, o->inherit_fd.v, o->inherit_fd.n, sizeof(*o->inherit_fd.v));
		o->inherit_fd.v[o->inherit_fd.n++] = (struct criu_fd){
			join->flag & CLONE_NEWNET ? "extRootNetNS" : "extRootPidNS",
			CRIU_MORE_FD + (int32_t)c->n_more};
		more[c->n_more++] = l->ns_fds[i];
	}
	c->more = more;
}

int launch_restore_start(struct launch *l, struct err *e)
{
	struct launch_restore *restore = l->restore;
	struct criu *c = &restore->criu;
	int r = criu_make_points(l->plan->rootfs, restore->places, e);

	if (r < 0)
		return r;
	c->options = arena_new_of(l->arena, struct criu_options);
	*c->options = *restore->options;
	c->n_more = 0;
	add_namespaces(l);
	c->signals = l->signals;
	c->cgroup = l->cgroup;
	c->stdio = !l->plan->terminal;
	r = criu_start(c, e);
	if (r < 0)
		return r;
	l->pid = c->pid;
	l->pidfd = fcntl(c->pidfd, F_DUPFD_CLOEXEC, 0);
	return l->pidfd < 0 ? err_sys(e, ERR_SYSTEM, errno, "keeping criu's pidfd") : 0;
}

static void add_root(struct launch *l, kv_list *list, const char *controller, const char *path)
{
	list->v = arena_grow(l->arena, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = (struct kv){controller, path};
}

/* "4:cpu,cpuacct:/path": criu knows the controllers of a hierarchy one by one. */
static void add_roots(struct launch *l, const char *line, kv_list *list)
{
	const char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
	struct strv each;

	if (!path)
		return;
	each = strv_split(
		l->arena, arena_strndup(l->arena, names + 1, (size_t)(path - names - 1)), ",");
	if (!each.n)
		add_root(l, list, "", path + 1);
	for (size_t i = 0; i < each.n; i++)
		add_root(l, list, each.v[i], path + 1);
}

/* Where the container's processes are to be, whatever the images say: where criu is now. */
static int find_roots(struct launch *l, kv_list *ret, struct err *e)
{
	struct strv lines;
	kv_list list = {0};
	char file[32], *text;
	const char *line;
	int r;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)l->pid);
	r = file_read(l->arena, AT_FDCWD, file, PROC_MAX, &text, NULL);
	if (r < 0)
		return err_sys(e, ERR_CHILD_DIED, r, "reading the cgroup of criu");
	lines = strv_split(l->arena, text, "\n");
	strv_foreach (line, &lines)
		add_roots(l, line, &list);
	*ret = list;
	return 0;
}

int launch_restore_placed(struct launch *l, struct err *e)
{
	int r = launch_cgroup_placed(l, e);

	if (r == 0)
		r = launch_resctrl_join(l, e);
	return r < 0 ? r : find_roots(l, &l->restore->criu.options->cg_root, e);
}

/* Init is known: it is what the launch is about from here on. */
static int take_init(struct launch *l, pid_t pid, struct err *e)
{
	auto_fd int pidfd = -1;

	if (pid <= 0 || pid == l->pid)
		return 0;
	pidfd = proc_pidfd(pid);
	if (pidfd < 0 || l->pid != l->restore->criu.pid || !launch_is_child(pidfd))
		return err_set(e, ERR_PROTOCOL, EPROTO,
			"criu has named process %d as the container, which it is not", (int)pid);
	close_fd(&l->pidfd);
	l->pidfd = take_fd(&pidfd);
	l->pid = pid;
	return 0;
}

static int raise_loopback(const void *arg, struct err *e)
{
	const struct launch *l = arg;
	struct rtnl_batch batch = {0};
	auto_fd int ns = -1;
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)l->pid);
	ns = ns_open(path, CLONE_NEWNET);
	r = ns < 0 ? ns : ns_join(ns, CLONE_NEWNET);
	if (r == 0) {
		rtnl_link_up(&batch, LOOPBACK, 0, NULL);
		r = rtnl_commit(&batch, NULL);
	}
	return r < 0 ? err_sys(e, ERR_HOST_NETWORK, r, "bringing the container's lo up") : 0;
}

static bool has_step(const struct plan *plan, enum step_kind kind)
{
	const struct step *s;

	array_foreach (s, &plan->init.steps)
		if (s->kind == kind)
			return true;
	return false;
}

/* An empty network namespace is what a new container begins with: the same is done for it. */
static int on_namespaces(struct launch *l, int *fd, struct err *e)
{
	const struct spec_hooks *hooks = l->plan->hooks;
	int r = 0;

	(void)fd;
	if (has_step(l->plan, STEP_LOOPBACK))
		r = criu_in_child(0, raise_loopback, l, e);
	/* Where there are none, the limits can wait. */
	if (r < 0 || !hooks || !(hooks->prestart.n || hooks->create_runtime.n))
		return r;
	return launch_hooks(l, e);
}

static int on_restored(struct launch *l, int *fd, struct err *e)
{
	(void)fd;
	if (l->pid == l->restore->criu.pid)
		return err_set(e, ERR_PROTOCOL, EPROTO, "criu has not said who the container is");
	return launch_record(l, e);
}

static int on_terminal(struct launch *l, int *fd, struct err *e)
{
	if (*fd < 0)
		return err_set(e, ERR_PROTOCOL, EPROTO, "criu sent no terminal where it said so");
	/* One of those that the container has opened itself is none of ours. */
	return l->plan->terminal ? launch_console(l, fd, e) : 0;
}

static const struct notice {
	const char *name;
	int (*take)(struct launch *l, int *fd, struct err *e);
} notices[] = {
	{"setup-namespaces", on_namespaces},
	{"post-restore", on_restored},
	{"orphan-pts-master", on_terminal},
};

static int take_notice(void *arg, const struct criu_answer *a, int *fd, struct err *e)
{
	struct launch *l = arg;
	int r = take_init(l, a->pid, e);

	for (size_t i = 0; i < ARRAY_SIZE(notices) && r == 0; i++)
		if (str_eq(a->script, notices[i].name))
			r = notices[i].take(l, fd, e);
	return r;
}

int launch_restore_talk(struct launch *l, struct err *e)
{
	struct criu *c = &l->restore->criu;
	struct criu_answer answer;
	int r = criu_talk(c, take_notice, l, &answer, e);

	if (r < 0)
		return r;
	if (l->pid == c->pid || (answer.pid && answer.pid != l->pid))
		return err_set(e, ERR_PROTOCOL, EPROTO, "criu has not said who the container is");
	criu_end(c);
	return 0;
}

/* Whatever criu has made by then is in the container's cgroup, known by name or not. */
void launch_restore_undo(struct launch *l)
{
	struct criu *c = &l->restore->criu;
	struct err why = {0};
	int status;

	if (l->pid > 0)
		proc_pidfd_kill(l->pidfd, SIGKILL);
	if (l->cgroup_dirs.dirs.n && cgroup_kill(&l->cgroup_dirs, &why) < 0)
		log_warn("%s", why.msg);
	if (l->pid > 0 && l->pid != c->pid)
		spawn_wait(l->pid, -1, &status);
	l->pid = 0;
	criu_end(c);
}

void launch_restore_done(struct launch *l)
{
	if (l->restore)
		criu_end(&l->restore->criu);
}
