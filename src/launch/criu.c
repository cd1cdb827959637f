// SPDX-License-Identifier: Apache-2.0
/* criu(8) as a child, and the conversation with it; see criu.h. Front end. */
#include "launch/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "kernel/fds.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/proc.h"
#include "kernel/socket.h"
#include "kernel/spawn.h"

#define LOG_MAX        (64u << 20)
#define ERRORS_MAX     700
#define END_TIMEOUT_MS 1000

/* In the child: mounts that are made here stay here, those of the host still arrive. */
static int enter_mounts(uint64_t flags, struct err *e)
{
	int r = flags & CLONE_NEWNS ? mount_propagation("/", MS_REC | MS_SLAVE) : 0;

	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "cutting mount propagation to the host") : 0;
}

/* criu moves into the root by what is mounted there: it has to be a mount. */
static int mount_root(const char *root, struct err *e)
{
	auto_fd int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int tree = dir < 0 ? -1 : mount_clone(dir, "", true, false);
	int r = dir < 0 ? -errno : tree < 0 ? tree : mount_attach(tree, dir);

	if (r == 0)
		return 0;
	err_object(e, "root.path");
	return err_sys(e, ERR_ROOTFS, r, "root.path: %s", root);
}

/* What criu is to have, by number. */
static int collect_fds(const struct criu *c, int sock, int *from)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i <= STDERR_FILENO; i++) {
		bool ours = (c->stdio || i == STDERR_FILENO) && fcntl(i, F_GETFD) >= 0;

		from[i] = ours ? i : null;
	}
	from[CRIU_SOCK_FD] = sock;
	from[CRIU_IMAGE_FD] = open(c->image_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	from[CRIU_WORK_FD] = open(c->work_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < c->n_more; i++)
		from[CRIU_MORE_FD + i] = c->more[i];
	return null < 0 || from[CRIU_IMAGE_FD] < 0 || from[CRIU_WORK_FD] < 0 ? -errno : 0;
}

/* Copies above all targets first: a source may sit on a number that is another's target. */
static int place_fds(const struct criu *c, int sock)
{
	int end = CRIU_MORE_FD + (int)c->n_more;
	int *fds = arena_calloc(c->arena, (size_t)end, sizeof(*fds));
	int r = collect_fds(c, sock, fds);

	for (int i = 0; i < end && r == 0; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, end);
		r = fds[i] < 0 ? -errno : 0;
	}
	for (int i = 0; i < end && r == 0; i++)
		r = dup2(fds[i], i) < 0 ? -errno : 0;
	return r < 0 ? r : fds_close_on_exec(-1, (unsigned)end);
}

/*
 * criu takes its directories from whoever made its socket, by number, and mounts things in them: so
 * both are made here, in its own mount namespace.
 */
static int make_socket(int tell, int *ret, struct err *e)
{
	auto_fd int ours = -1;
	int pair[2], r;

	if (socket_pair(pair) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making criu's socket");
	ours = pair[0];
	*ret = pair[1];
	r = socket_send(tell, "", 1, ours);
	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "passing criu's socket on") : 0;
}

static int run_criu(const struct criu *c, int tell, struct err *e)
{
	const char *const argv[] = {"criu", "swrk", "3", NULL};
	const struct sigaction normal = {.sa_handler = SIG_DFL};
	int r = enter_mounts(c->root ? CLONE_NEWNS : 0, e), sock = -1;

	if (r == 0 && c->root)
		r = mount_root(c->root, e);
	if (r == 0)
		r = make_socket(tell, &sock, e);
	if (r < 0)
		return r;
	sigaction(SIGPIPE, &normal, NULL);
	if (c->signals)
		sigprocmask(SIG_SETMASK, c->signals, NULL);
	r = place_fds(c, sock);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "handing descriptors to criu");
	execv(c->path, (char *const *)(uintptr_t)argv);
	err_object(e, "%s", c->path);
	return err_sys(e, ERR_HOST_INSTALL, errno, "executing %s", c->path);
}

/*
 * What a child of ours has to complain of comes over a socket, which its exec or its end closes;
 * before that, a descriptor may.
 */
static int take_error(int told, int *ret_fd, struct err *e)
{
	struct err why = {0};
	ssize_t n = socket_recv(told, &why, sizeof(why), ret_fd);

	if (n == 1)
		n = socket_recv(told, &why, sizeof(why), NULL);
	if (n != (ssize_t)sizeof(why))
		return 0;
	if (e)
		*e = why;
	return why.errnum ? -why.errnum : -EINVAL;
}

_Noreturn static void give_error(int tell, const struct err *why)
{
	_exit(socket_send(tell, why, sizeof(*why), -1) < 0 ? 2 : 1);
}

int criu_start(struct criu *c, struct err *e)
{
	auto_fd int told = -1, tell = -1;
	int pair[2], r;
	pid_t pid;

	if (socket_pair(pair) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making a socket");
	told = pair[0];
	tell = pair[1];
	pid = ns_clone(c->root ? CLONE_NEWNS : 0, c->cgroup, &c->pidfd);
	if (pid == 0) {
		struct err why = {0};

		run_criu(c, tell, &why);
		give_error(tell, &why);
	}
	if (pid < 0)
		return err_sys(e, ERR_HOST_KERNEL, pid, "starting criu");
	c->pid = pid;
	close_fd(&tell);
	r = take_error(told, &c->sock, e);
	if (r == 0 && c->sock < 0)
		r = err_set(e, ERR_CHILD_DIED, ECHILD, "a process of lodger's died before criu");
	if (r < 0)
		criu_end(c);
	return r;
}

int criu_in_child(uint64_t flags, criu_child_fn *fn, const void *arg, struct err *e)
{
	auto_fd int told = -1, tell = -1;
	int pair[2], status = 0, r;
	pid_t pid;

	if (socket_pair(pair) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making a socket");
	told = pair[0];
	tell = pair[1];
	pid = ns_clone(flags, -1, NULL);
	if (pid == 0) {
		struct err why = {0};

		if (enter_mounts(flags, &why) == 0 && fn(arg, &why) == 0)
			_exit(0);
		give_error(tell, &why);
	}
	if (pid < 0)
		return err_sys(e, ERR_HOST_KERNEL, pid, "starting a process");
	close_fd(&tell);
	r = take_error(told, NULL, e);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && status)
		return err_set(e, ERR_CHILD_DIED, ECHILD, "a process of lodger's died");
	return r;
}

void criu_end(struct criu *c)
{
	int status;

	/* It ends with the conversation; one that had to be waited for has failed. */
	close_fd(&c->sock);
	if (c->pid > 0) {
		if (proc_pidfd_wait(c->pidfd, END_TIMEOUT_MS) == -ETIMEDOUT)
			proc_pidfd_kill(c->pidfd, SIGKILL);
		spawn_wait(c->pid, -1, &status);
	}
	c->pid = 0;
	close_fd(&c->pidfd);
}

static const char *read_errors(const struct criu *c)
{
	char *text;

	if (file_read(c->arena, AT_FDCWD, c->log_path, LOG_MAX, &text, NULL) < 0)
		return NULL;
	return plan_criu_log_errors(c->arena, text, ERRORS_MAX);
}

/* criu says by number that something went wrong, and what in its log alone. */
static int failed(const struct criu *c, int errnum, const char *how, struct err *e)
{
	const char *lines = read_errors(c);

	err_object(e, "%s", c->log_path);
	return err_set(e, ERR_CHILD_DIED, errnum > 0 ? errnum : ECHILD,
		"criu %s: %s (all of it: %s)", how, lines ? lines : "it has not said why",
		c->log_path);
}

static int send_noted(struct criu *c)
{
	auto_strbuf struct strbuf noted = {0};

	criurpc_put_noted(&noted);
	return socket_send(c->sock, noted.s, noted.len, -1);
}

static const char *const verbs[] = {
	[CRIU_DUMP] = "could not save the container",
	[CRIU_RESTORE] = "could not restore the container",
	[CRIU_PRE_DUMP] = "could not save the container's memory",
};

/*
 * Signals that are blocked, for the container to get them later, are for us as long as there is
 * none: criu may take long, or for ever. They stay pending and end us when all is undone.
 */
static int open_signals(void)
{
	static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t mask, wanted;

	sigemptyset(&wanted);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		if (sigismember(&mask, fatal[i]) == 1)
			sigaddset(&wanted, fatal[i]);
	return signalfd(-1, &wanted, SFD_CLOEXEC);
}

/* Until criu has something to say. */
static int await_criu(const struct criu *c, int signals, struct err *e)
{
	struct pollfd fds[] = {
		{.fd = c->sock, .events = POLLIN}, {.fd = signals, .events = POLLIN}};

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		if (errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "waiting for criu");
	if (fds[0].revents || !fds[1].revents)
		return 0;
	return err_set(e, ERR_CHILD_DIED, EINTR, "a signal has come before criu was done");
}

static int converse(struct criu *c, int signals, criu_notice_fn *notice, void *arg,
	struct criu_answer *ret, struct err *e)
{
	char *buf = arena_alloc(c->arena, CRIURPC_MAX);

	for (;;) {
		auto_fd int fd = -1;
		ssize_t n;
		int r = await_criu(c, signals, e);

		if (r < 0)
			return r;
		n = socket_recv(c->sock, buf, CRIURPC_MAX, &fd);
		if (n <= 0)
			return failed(c, 0, "died", e);
		r = criurpc_get_answer(buf, (size_t)n, ret);
		if (r < 0)
			return err_sys(e, ERR_PROTOCOL, r, "reading what criu says");
		if (ret->type != CRIURPC_NOTIFY)
			return ret->success ? 0 : failed(c, ret->errnum, verbs[c->verb], e);
		log_debug("criu: %s", ret->script);
		r = notice(arg, ret, &fd, e);
		if (r == 0 && send_noted(c) < 0)
			return failed(c, 0, "died", e);
		if (r < 0)
			return r;
	}
}

int criu_talk(
	struct criu *c, criu_notice_fn *notice, void *arg, struct criu_answer *ret, struct err *e)
{
	auto_strbuf struct strbuf request = {0};
	auto_fd int signals = open_signals();
	int r;

	criurpc_put_request(c->verb, c->options, &request);
	r = socket_send(c->sock, request.s, request.len, -1);
	if (r < 0)
		return failed(c, 0, "died", e);
	return converse(c, signals, notice, arg, ret, e);
}
