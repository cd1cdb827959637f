// SPDX-License-Identifier: Apache-2.0
/*
 * --network pasta: an installed pasta(1) is run, in its own sandbox. It does not know how to end
 * with a process, only with a namespace that is a file; so a process of ours stays beside it, waits
 * for the container's end and ends it. Front end, and that process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "kernel/ns.h"
#include "kernel/proc.h"
#include "kernel/spawn.h"
#include "launch/launch.h"

#define TITLE   "lodger:[pasta]"
#define STOP_MS 1000

/* Where the child finds its descriptors. */
enum { PASTA_READY = 3, PASTA_NETNS, PASTA_USERNS };

/* pasta's word for some ports of one address: "127.0.0.1/8080:80". */
static const char *port_word(struct arena *a, const struct net_forward *f)
{
	return arena_printf(
		a, "%s%s%u:%u", f->host_addr, *f->host_addr ? "/" : "", f->host_port, f->ct_port);
}

static void add_ports(struct launch *l, struct strv *argv, int32_t proto, const char *option)
{
	const struct net_forward *f;
	bool any = false;

	array_foreach (f, &l->plan->network->forwards) {
		if (f->proto != proto)
			continue;
		strv_add(l->arena, argv, option);
		strv_add(l->arena, argv, port_word(l->arena, f));
		any = true;
	}
	/* By itself it would forward whatever listens on either side. */
	if (!any) {
		strv_add(l->arena, argv, option);
		strv_add(l->arena, argv, "none");
	}
}

/* Our own first: who names an option again in --network pasta:... has the last word. */
static struct strv pasta_argv(struct launch *l, bool userns)
{
	static const char *const fixed[] = {"pasta", "--config-net", "--foreground", "--quiet",
		"--no-map-gw", "--dns-forward", NET_PASTA_RESOLVER, "--tcp-ns", "none", "--udp-ns",
		"none"};
	struct arena *a = l->arena;
	struct strv argv = {0};
	const char *word;

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		strv_add(a, &argv, fixed[i]);
	add_ports(l, &argv, NET_TCP, "--tcp-ports");
	add_ports(l, &argv, NET_UDP, "--udp-ports");
	strv_foreach (word, &l->plan->network->pasta_args)
		strv_add(a, &argv, word);
	strv_add(a, &argv, "--pid");
	strv_add(a, &argv, arena_printf(a, "/proc/self/fd/%d", PASTA_READY));
	strv_add(a, &argv, "--netns");
	strv_add(a, &argv, arena_printf(a, "/proc/self/fd/%d", PASTA_NETNS));
	if (userns) {
		strv_add(a, &argv, "--userns");
		strv_add(a, &argv, arena_printf(a, "/proc/self/fd/%d", PASTA_USERNS));
	}
	return argv;
}

/* Until the container, pasta or a signal ends it. */
static void watch(int container, int pasta, int signals)
{
	struct pollfd fds[] = {{.fd = container, .events = POLLIN}, {.fd = pasta, .events = POLLIN},
		{.fd = signals, .events = POLLIN}};

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
		;
	if (fds[1].revents)
		return;
	proc_pidfd_kill(pasta, SIGTERM);
	if (proc_pidfd_wait(pasta, STOP_MS) == -ETIMEDOUT)
		proc_pidfd_kill(pasta, SIGKILL);
}

__attribute__((noreturn)) static void keep_pasta(
	const struct spawn *spawn, int container, const sigset_t *ends)
{
	int signals = signalfd(-1, ends, SFD_CLOEXEC);
	auto_fd int pasta = -1;
	pid_t pid;

	if (signals < 0 || spawn_start(spawn, &pid) < 0)
		_exit(127);
	pasta = proc_pidfd(pid);
	/* The pipe's end and the namespace are pasta's alone: its end is seen, theirs too. */
	for (size_t i = 0; i < spawn->n_more; i++)
		close(spawn->more[i]);
	close(spawn->err);
	watch(container, pasta, signals);
	_exit(1);
}

/* What of the front end must not stay open as long as the container lives: its lock, its pipes. */
static void leave_front_end(const int *keep, size_t n)
{
	for (unsigned fd = 0, next; fd < ~0u; fd = next + 1) {
		next = ~0u;
		for (size_t i = 0; i < n; i++)
			if (keep[i] >= 0 && (unsigned)keep[i] >= fd && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > fd)
			syscall(SYS_close_range, fd, next == ~0u ? next : next - 1, 0);
		if (next == ~0u)
			break;
	}
	for (int fd = 0; fd < 3; fd++)
		if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
			_exit(127);
	setsid();
	prctl(PR_SET_NAME, TITLE, 0, 0, 0);
	if (chdir("/") < 0)
		_exit(127);
}

int pasta_start(struct launch *l, int netns, int userns, struct err *e)
{
	static const char *const env[] = {NULL};
	struct strv argv = pasta_argv(l, userns >= 0);
	auto_fd int log = openat(
		l->dir.fd, "net.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	auto_fd int child_ready = -1;
	int more[3], pair[2];
	sigset_t ends;

	if (log < 0 || pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "preparing pasta");
	l->net.ready = pair[0];
	child_ready = pair[1];
	more[0] = child_ready;
	more[1] = netns;
	more[2] = userns;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	l->net.pid = ns_clone(0, -1, NULL);
	if (l->net.pid == 0) {
		const int keep[] = {log, child_ready, netns, userns, l->pidfd};
		const struct spawn spawn = {
			l->net.path, argv.v, env, -1, -1, log, more, userns >= 0 ? 3 : 2};

		sigprocmask(SIG_BLOCK, &ends, NULL);
		leave_front_end(keep, ARRAY_SIZE(keep));
		keep_pasta(&spawn, l->pidfd, &ends);
	}
	return l->net.pid < 0 ? err_sys(e, ERR_SYSTEM, l->net.pid, "forking for pasta") : 0;
}
