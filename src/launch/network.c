// SPDX-License-Identifier: Apache-2.0
/*
 * The container's user-mode network: the helper is started beside init, gets the namespace when
 * init has made it, and is waited for before anything that may use the network. Front end.
 *
 *   network          lodger-net starts and loads its libraries
 *   procNetwork      pidfd, network and user namespace go to it (pasta is started only here)
 *   procHooks, procReady   wait for its ready byte, then publish the ports
 *
 * It ends with the container, whose pidfd it watches, and does not need the front end any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/names.h"
#include "kernel/ns.h"
#include "kernel/proc.h"
#include "kernel/socket.h"
#include "kernel/spawn.h"
#include "launch/launch.h"
#include "protocol/netapi.h"

#define LOG_FILE "net.log"
#define LOG_MAX  (64u << 10)
#define READY_MS 30000 /* a helper that hangs must not hang the front end for ever */
#define STOP_MS  1000

static bool wants(const struct launch *l, int32_t mode)
{
	return l->plan->network && l->plan->network->mode == mode;
}

int launch_network_files(struct launch *l, struct err *e)
{
	const struct plan_file *f;

	if (!l->plan->network)
		return 0;
	array_foreach (f, &l->plan->network->files) {
		/* Read by whatever user the container's processes are, whatever our umask. */
		int r = file_replace(l->dir.fd, f->name, f->text, strlen(f->text), 0644);

		if (r == 0 && fchmodat(l->dir.fd, f->name, 0644, 0) < 0)
			r = -errno;
		if (r < 0)
			return err_sys(e, ERR_STATE_DIR, r, "making %s for the container", f->name);
	}
	return 0;
}

static void add_outbound(struct launch *l, struct strv *argv)
{
	const struct plan_network *n = l->plan->network;
	const char *word;

	strv_foreach (word, &n->outbound) {
		if (!net_is_address(word, AF_INET6))
			strv_add(
				l->arena, argv, arena_printf(l->arena, "--outbound-addr=%s", word));
		if (!net_is_address(word, AF_INET) && n->ipv6)
			strv_add(l->arena, argv,
				arena_printf(l->arena, "--outbound-addr6=%s", word));
	}
}

static struct strv slirp_argv(struct launch *l)
{
	const struct plan_network *n = l->plan->network;
	struct arena *a = l->arena;
	struct strv argv = {0};
	const char *word;

	strv_add(a, &argv, "lodger-net");
	strv_add(a, &argv, "--configure");
	strv_add(a, &argv, arena_printf(a, "--mtu=%u", n->mtu));
	strv_add(a, &argv, arena_printf(a, "--cidr=%s", n->cidr));
	if (n->ipv6)
		strv_add(a, &argv, "--enable-ipv6");
	if (!n->host_loopback)
		strv_add(a, &argv, "--disable-host-loopback");
	add_outbound(l, &argv);
	strv_foreach (word, &n->dns)
		strv_add(a, &argv, arena_printf(a, "--dns=%s", word));
	strv_add(a, &argv, "--ready-fd=3");
	strv_add(a, &argv, "--attach-fd=4");
	strv_add(a, &argv, "--api-socket=/proc/self/fd/5/" NETAPI_SOCKET);
	strv_add(a, &argv, "tap0");
	return argv;
}

static int open_log(struct launch *l)
{
	return openat(
		l->dir.fd, LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int record(struct launch *l, struct err *e)
{
	struct state_network *n = l->record.network;
	int r = proc_stat(l->net.pid, &n->start_time, NULL);

	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "reading the start time of the network helper");
	n->pid = l->net.pid;
	/* What was staged does not know it. */
	l->record.pid = 0;
	return 0;
}

static int start_failed(const char *path, int r, struct err *e)
{
	err_object(e, "%s", path);
	err_fix(e,
		"install lodger whole (make install), or keep lodger-net beside the lodger binary");
	return err_sys(e, ERR_HOST_NETWORK, r, "starting the network helper %s", path);
}

static int start_slirp(struct launch *l, struct err *e)
{
	static const char *const env[] = {NULL};
	struct strv argv = slirp_argv(l);
	auto_fd int child_ready = -1, child_attach = -1, log = open_log(l);
	int pair[2];
	int more[3];
	struct spawn spawn;
	int r;

	if (log < 0)
		return err_sys(e, ERR_STATE_DIR, errno, "making %s", LOG_FILE);
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making a pipe");
	l->net.ready = pair[0];
	child_ready = pair[1];
	r = socket_pair(pair);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "making a socket pair");
	l->net.attach = pair[0];
	child_attach = pair[1];
	more[0] = child_ready;
	more[1] = child_attach;
	more[2] = l->dir.fd;
	spawn = (struct spawn){l->net.path, argv.v, env, -1, -1, log, more, ARRAY_SIZE(more)};
	r = spawn_start(&spawn, &l->net.pid);
	return r < 0 ? start_failed(l->net.path, r, e) : record(l, e);
}

int launch_network_start(struct launch *l, struct err *e)
{
	const struct plan_network *n = l->plan->network;
	const struct net_forward *f;

	if (!n)
		return 0;
	l->record.network = arena_new_of(l->arena, struct state_network);
	l->record.network->mode = names_of(net_mode_names, (uint64_t)n->mode);
	if (n->mode == NET_PASTA)
		array_foreach (f, &n->forwards)
			strv_add(
				l->arena, &l->record.network->ports, net_forward_text(l->arena, f));
	return n->mode == NET_SLIRP ? start_slirp(l, e) : 0;
}

void launch_network_undo(struct launch *l)
{
	int status;

	if (l->net.pid > 0) {
		kill(l->net.pid, SIGTERM);
		spawn_wait(l->net.pid, STOP_MS, &status);
	}
	l->net.pid = 0;
}

/* A line of the helper's own, without its name; NULL for any other. */
static const char *said_by_helper(const char *line)
{
	const char *said = str_after(line, "lodger-net: ");

	return said ? said : str_after(line, "pasta: ");
}

/*
 * What the helper wrote before it ended: why, and where it knows, what can be done. Older versions
 * of pasta do not name themselves, and complain first where there is no system log.
 */
static void take_reason(struct launch *l, const char **ret_why, const char **ret_fix)
{
	const char *named = NULL, *last = NULL, *line;
	char *text, *rest;

	*ret_why = *ret_fix = NULL;
	if (file_read(l->arena, l->dir.fd, LOG_FILE, LOG_MAX, &text, NULL) < 0)
		return;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		const char *said = said_by_helper(line);
		const char *fix = str_after(said ? said : line, "to correct this: ");

		if (fix)
			*ret_fix = fix;
		else if (said)
			named = said;
		else if (*line && !strstr(line, "to syslog"))
			last = line;
	}
	*ret_why = named ? named : last;
}

static int helper_failed(struct launch *l, const char *how, struct err *e)
{
	const char *why, *fix;

	take_reason(l, &why, &fix);
	err_object(e, "%s", l->net.path);
	err_fix(e, "%s",
		fix ? fix
		    : "look whether /dev/net/tun is there (as root: modprobe tun), or do without "
		      "--network");
	return err_set(e, ERR_HOST_NETWORK, ECHILD, "the network helper %s: %s", how,
		why ? why : "it gave no reason");
}

static int send_namespaces(struct launch *l, int netns, int userns)
{
	int fds[3] = {l->pidfd, netns, userns};

	return socket_send_fds(l->net.attach, "n", 1, fds, userns < 0 ? 2 : 3);
}

int launch_network_attach(struct launch *l, int netns, struct err *e)
{
	/* The helper needs rights there, which it has as the owner of that user namespace. */
	auto_fd int userns = ns_owner(netns);
	int r;

	if (userns < 0)
		return err_sys(e, ERR_HOST_PERMISSION, userns,
			"finding the user namespace of the container's network");
	if (ns_is_own(userns, CLONE_NEWUSER))
		close_fd(&userns);
	if (wants(l, NET_PASTA)) {
		r = pasta_start(l, netns, userns, e);
		return r < 0 ? r : record(l, e);
	}
	r = send_namespaces(l, netns, userns);
	close_fd(&l->net.attach);
	/* One that is gone already is reported with its reason when it is waited for. */
	return r < 0 && r != -EPIPE && r != -ECONNRESET
		       ? err_sys(e, ERR_PROTOCOL, r, "sending namespaces to the network helper")
		       : 0;
}

static int await_ready(struct launch *l, struct err *e)
{
	struct pollfd fds[] = {
		{.fd = l->net.ready, .events = POLLIN}, {.fd = l->pidfd, .events = POLLIN}};
	char byte;
	int r;

	do {
		r = poll(fds, ARRAY_SIZE(fds), READY_MS);
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		return helper_failed(l, "does not get ready", e);
	if (fds[0].revents && read(l->net.ready, &byte, 1) == 1)
		return 0;
	if (fds[0].revents)
		return helper_failed(l, "failed", e);
	return launch_child_died(l, "while its network was made", e);
}

int launch_network_ready(struct launch *l, struct err *e)
{
	const struct plan_network *n = l->plan->network;
	const struct net_forward *f;
	int r;

	if (l->net.ready < 0)
		return 0;
	r = await_ready(l, e);
	close_fd(&l->net.ready);
	if (r < 0 || n->mode != NET_SLIRP)
		return r;
	array_foreach (f, &n->forwards) {
		uint32_t port;

		r = netapi_add(l->arena, l->dir.fd, f, &port, e);
		if (r < 0)
			return r;
		log_debug("published %s as port %u", net_forward_text(l->arena, f), port);
	}
	return 0;
}
