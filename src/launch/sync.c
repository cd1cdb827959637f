// SPDX-License-Identifier: Apache-2.0
/*
 * The front end's half of the protocol: one function per message of init, in a table. A peer that
 * dies or stops making sense is an error at every point; nothing waits without watching init.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/proc.h"
#include "kernel/socket.h"
#include "launch/launch.h"
#include "protocol/message.h"

#ifndef P_PIDFD
#define P_PIDFD 3 /* Linux 5.4, glibc 2.36 */
#endif

#define END_TIMEOUT_MS 1000
#define MAX_READS      64 /* of the log at a time: messages are not to wait behind it */

static void log_line(char *line)
{
	if (line[0] < '0' || line[0] > '0' + LOG_LEVEL_DEBUG)
		return;
	message_clean(line);
	log_msg((enum log_level)(line[0] - '0'), "%s", line + 1);
}

/* Pass on what init logs: lines of "LEVEL TEXT NUL", level a digit. Half a line is kept. */
static void drain_log(struct launch *l)
{
	for (int i = 0; i < MAX_READS; i++) {
		char *line = l->log_rest, *end;
		ssize_t n = read(l->log_pipe, line + l->log_len, sizeof(l->log_rest) - l->log_len);

		if (n <= 0)
			return;
		l->log_len += (size_t)n;
		while ((end = memchr(line, '\0', l->log_len))) {
			log_line(line);
			l->log_len -= (size_t)(end + 1 - line);
			line = end + 1;
		}
		memmove(l->log_rest, line, l->log_len);
		/* No line of init's is so long. */
		if (l->log_len == sizeof(l->log_rest))
			l->log_len = 0;
	}
}

int launch_child_died(struct launch *l, const char *when, struct err *e)
{
	struct message m = {.fd = -1};
	bool stays = false;
	int status = 0;

	/* It closed its end, so it is about to end. One that is not, is made to. */
	if (l->pid > 0 && proc_pidfd_wait(l->pidfd, END_TIMEOUT_MS) == -ETIMEDOUT) {
		stays = true;
		proc_pidfd_kill(l->pidfd, SIGKILL);
	}
	/* A procError says more than an exit status, if init could still send one. */
	if (l->sync >= 0 && message_recv(l->sync, FROM_INIT, &m, NULL) == 0 &&
		m.type == MSG_ERROR) {
		*e = m.err;
		return e->errnum ? -e->errnum : -ECHILD;
	}
	close_fd(&m.fd);
	if (l->pid > 0) {
		while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
			;
		l->pid = 0;
	}
	if (stays)
		return err_set(e, ERR_PROTOCOL, EPROTO,
			"init closed its socket %s, and did not end", when);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_CHILD_DIED, ECHILD, "init was killed by signal %d (%s) %s",
			WTERMSIG(status),
			sig_name(WTERMSIG(status)) ? sig_name(WTERMSIG(status)) : "?", when);
	return err_set(e, ERR_CHILD_DIED, ECHILD, "init ended with status %d %s",
		WEXITSTATUS(status), when);
}

/* Only a child of ours can be the second init; whatever it is, it will be recorded and killed. */
bool launch_is_child(int pidfd)
{
	siginfo_t info;

	return waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* The init that clone3 made was a step on the way: the second one is the container. */
static int on_forked(struct launch *l, struct message *m, struct err *e)
{
	int status, r;
	pid_t pid;

	r = proc_pidfd_pid(m->fd, &pid);
	if (r == -ESRCH)
		return err_sys(e, ERR_CHILD_DIED, r, "the second init is gone");
	if (r < 0 || pid == l->pid || !launch_is_child(m->fd))
		return err_set(e, ERR_PROTOCOL, EPROTO,
			"init sent %s with something else than a second init",
			message_name(m->type));
	/* It has nothing left to do, and might not end by itself. */
	proc_pidfd_kill(l->pidfd, SIGKILL);
	while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
		;
	close_fd(&l->pidfd);
	l->pidfd = take_fd(&m->fd);
	l->pid = pid;
	return launch_cgroup_forked(l, e);
}

static int on_cgroup(struct launch *l, struct message *m, struct err *e)
{
	(void)m;
	return launch_cgroup_placed(l, e);
}

static int on_maps(struct launch *l, struct message *m, struct err *e)
{
	(void)m;
	return launch_idmap(l->plan, &l->helpers, l->pid, e);
}

/*
 * A file or pipe gets the lines as the container wrote them, without the carriage returns that are
 * for a screen. A terminal of ours shall see exactly what the container's would have shown.
 */
static void prepare_terminal(int console)
{
	struct winsize size;
	struct termios t;

	/* Here already, so that the payload never sees another size. */
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(console, TIOCSWINSZ, &size);
	if (isatty(STDOUT_FILENO) || tcgetattr(console, &t) < 0)
		return;
	t.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(console, TCSANOW, &t) < 0)
		log_debug("the terminal keeps carriage returns: %s", err_text(errno));
}

static int on_network(struct launch *l, struct message *m, struct err *e)
{
	return launch_network_attach(l, m->fd, e);
}

/* The name that comes with the descriptor is what runc sends. */
int launch_console(struct launch *l, int *master, struct err *e)
{
	static const char name[] = "/dev/ptmx";
	int r;

	if (l->console_sock < 0) {
		close_fd(&l->console);
		l->console = take_fd(master);
		prepare_terminal(l->console);
		return 0;
	}
	r = socket_send(l->console_sock, name, sizeof(name) - 1, *master);
	if (r == 0) {
		close_fd(&l->console_sock);
		return 0;
	}
	err_object(e, "%s", l->console_socket);
	return err_sys(
		e, ERR_USAGE, r, "sending the terminal to --console-socket %s", l->console_socket);
}

static int on_console(struct launch *l, struct message *m, struct err *e)
{
	return launch_console(l, &m->fd, e);
}

int launch_hooks(struct launch *l, struct err *e)
{
	const struct spec_hooks *hooks = l->plan->hooks;
	const char *state = launch_state_json(l, STATE_CREATING);
	int r;

	/* Hooks may change what is in force, as those that add devices do. */
	r = launch_cgroup_apply(l, e);
	if (r == 0)
		r = launch_resctrl_join(l, e);
	if (r < 0 || !hooks)
		return r;
	/* A hook may look at the container's network, or use it. */
	r = launch_network_ready(l, e);
	if (r < 0)
		return r;
	l->hooks_begun = true;
	r = hooks_run("prestart", &hooks->prestart, state, e);
	return r < 0 ? r : hooks_run("createRuntime", &hooks->create_runtime, state, e);
}

static int on_hooks(struct launch *l, struct message *m, struct err *e)
{
	(void)m;
	return launch_hooks(l, e);
}

static int on_devices(struct launch *l, struct message *m, struct err *e)
{
	return launch_net_devices(l, &m->fd, e);
}

static int stage_record(struct launch *l, struct err *e)
{
	int r = proc_stat(l->pid, &l->record.start_time, NULL);

	if (r < 0)
		return err_sys(e, ERR_CHILD_DIED, r, "reading the start time of init");
	l->record.pid = l->pid;
	return state_record_stage(&l->dir, &l->record, e);
}

/*
 * The state is on disk before init may go on: a front end that dies from here on leaves something
 * that `delete` can clear.
 */
int launch_record(struct launch *l, struct err *e)
{
	/* Written while init was busy, unless a second init has taken its place since. */
	int r = l->record.pid != l->pid ? stage_record(l, e) : 0;

	if (r == 0)
		r = launch_cgroup_apply(l, e);
	if (r == 0)
		r = launch_resctrl_join(l, e);
	return r < 0 ? r : state_record_commit(&l->dir, e);
}

static int on_ready(struct launch *l, struct message *m, struct err *e)
{
	int r = launch_network_ready(l, e);

	(void)m;
	return r < 0 ? r : launch_record(l, e);
}

static int on_seccomp(struct launch *l, struct message *m, struct err *e)
{
	if (str_is_empty(l->plan->seccomp->listener_path))
		return err_set(e, ERR_PROTOCOL, EPROTO, "a listener that nobody asked for");
	return filter_send_listener(l, m->fd, e);
}

static int on_error(struct launch *l, struct message *m, struct err *e)
{
	l->hooks_begun |= m->err.code == ERR_HOOK;
	*e = m->err;
	return e->errnum ? -e->errnum : -ECHILD;
}

typedef int handler_fn(struct launch *l, struct message *m, struct err *e);

static handler_fn *const handlers[MSG_NR] = {
	[MSG_FORKED] = on_forked,
	[MSG_MAPS] = on_maps,
	[MSG_NETWORK] = on_network,
	[MSG_CGROUP] = on_cgroup,
	[MSG_CONSOLE] = on_console,
	[MSG_DEVICES] = on_devices,
	[MSG_HOOKS] = on_hooks,
	[MSG_READY] = on_ready,
	[MSG_SECCOMP] = on_seccomp,
	[MSG_ERROR] = on_error,
};

/*
 * The messages that a plan makes init send, in their order, ended by MSG_NONE. Init lives among the
 * container's processes and is not believed: what comes early, twice or for no reason is refused.
 */
static const enum message_type *expected_messages(struct launch *l)
{
	const step_list *steps = &l->plan->init.steps;
	enum message_type *list = arena_calloc(l->arena, 2 * steps->n + 1, sizeof(*list));
	const struct step *s;
	size_t n = 0;

	array_foreach (s, steps) {
		if (s->kind == STEP_FORK && s->flags.flags & CLONE_NEWUSER)
			list[n++] = MSG_MAPS;
		if (s->kind == STEP_FORK)
			list[n++] = MSG_FORKED;
		if (s->kind == STEP_NETWORK)
			list[n++] = MSG_NETWORK;
		if (s->kind == STEP_CGROUP)
			list[n++] = MSG_CGROUP;
		if (s->kind == STEP_CONSOLE)
			list[n++] = MSG_CONSOLE;
		if (s->kind == STEP_NET_DEVICES)
			list[n++] = MSG_DEVICES;
		if (s->kind == STEP_HOOKS)
			list[n++] = MSG_HOOKS;
		if (s->kind == STEP_READY)
			list[n++] = MSG_READY;
		if (s->kind == STEP_SECCOMP && s->seccomp.notify)
			list[n++] = MSG_SECCOMP;
	}
	list[n] = MSG_NONE;
	return list;
}

static int handle(
	struct launch *l, struct message *m, const enum message_type **turn, struct err *e)
{
	enum message_type reply = message_reply(m->type);
	int r;

	if (m->type == MSG_ERROR || m->type == **turn)
		r = handlers[m->type](l, m, e);
	else
		r = err_set(e, ERR_PROTOCOL, EPROTO, "init sent %s where the plan has %s",
			message_name(m->type), message_name(**turn));
	close_fd(&m->fd);
	if (r < 0)
		return r;
	(*turn)++;
	if (reply == MSG_NONE)
		return 0;
	r = message_send(l->sync, reply, -1);
	return r == -EPIPE ? launch_child_died(l, "in the middle of its set-up", e)
	       : r < 0     ? err_sys(e, ERR_PROTOCOL, r, "sending %s to init", message_name(reply))
			   : 0;
}

/*
 * The end of the stream. Where start is to be waited for, init is at the fifo now; one that died
 * instead must not pass for a created container. Else it has executed the payload, which may even
 * have ended already.
 */
static int at_end(struct launch *l, enum message_type turn, struct err *e)
{
	if (turn != MSG_NONE)
		return launch_child_died(l, "before it was ready", e);
	if (l->plan->init.wait_start && proc_is_exiting(l->pid))
		return launch_child_died(l, "before it waited for start", e);
	return 0;
}

/* Wait for the next message while passing on the log. Ready when the stream ends, too. */
static int await_message(struct launch *l, struct err *e)
{
	struct pollfd fds[] = {
		{.fd = l->sync, .events = POLLIN}, {.fd = l->log_pipe, .events = POLLIN}};

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "waiting for init");
		if (fds[1].revents & POLLIN)
			drain_log(l);
		else if (fds[1].revents)
			fds[1].fd = -1; /* every writer is gone; the sync socket will tell why */
		if (fds[0].revents)
			return 0;
	}
}

/*
 * Init has nothing to say before its ids are mapped, unless it fails. On its way out, it loses its
 * memory before its descriptors: its files in /proc are root's by then, the socket open still.
 */
static bool has_failed(const struct launch *l)
{
	struct pollfd fd = {.fd = l->sync, .events = POLLIN};

	return poll(&fd, 1, 0) > 0 || proc_is_exiting(l->pid);
}

/* A helper that finds no process any more fails too, and knows less about the reason than init. */
static int map_ids(struct launch *l, struct err *e)
{
	struct err why = {0};
	int r = launch_idmap(l->plan, &l->helpers, l->pid, &why);

	if ((r < 0 && has_failed(l)) || (r == 0 && message_send(l->sync, MSG_MAPPED, -1) < 0))
		return launch_child_died(l, "while its ids were mapped", e);
	if (r < 0 && e)
		*e = why;
	return r;
}

int launch_sync(struct launch *l, struct err *e)
{
	const enum message_type *turn = expected_messages(l);
	int r = 0;

	if (l->plan->uid_map.writer != PLAN_MAP_NONE && !l->plan->maps_on_request)
		r = map_ids(l, e);
	/* Where a scope will be is not known yet. */
	if (r == 0 && !l->plan->exec && l->plan->cgroup.manager != PLAN_CGROUP_SYSTEMD)
		r = stage_record(l, e);
	while (r == 0) {
		struct message m;

		r = await_message(l, e);
		if (r == 0)
			r = message_recv(l->sync, FROM_INIT, &m, e);
		if (r < 0)
			break;
		if (m.type == MSG_NONE) {
			r = at_end(l, *turn, e);
			break;
		}
		r = handle(l, &m, &turn, e);
	}
	/* Init is not to complain of a front end that has gone before it is killed. */
	if (r < 0 && l->pid > 0)
		proc_pidfd_kill(l->pidfd, SIGKILL);
	drain_log(l);
	close_fd(&l->sync);
	close_fd(&l->log_pipe);
	return r;
}
