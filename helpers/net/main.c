// SPDX-License-Identifier: Apache-2.0
/*
 * lodger-net: a container's network. Makes a TAP device in the container's network namespace and
 * serves it from the host's with libslirp, from a sandbox, until the container ends.
 *
 * In: slirp4netns(1)'s command line (options.h), descriptors for the start and the end, control
 * calls on a socket (api.h). Out: "1" on the ready descriptor; errors as a line on standard error,
 * and no ready. It parses nothing of OCI's, and never outlives the container.
 */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "commit.h"
#include "config.h"
#include "forward.h"
#include "intercept.h"
#include "kernel/proc.h"
#include "kernel/socket.h"
#include "net.h"
#include "sandbox.h"
#include "stack.h"
#include "tap.h"

#define RESOLV_CONF "/etc/resolv.conf"

static void on_exit_fd(void *arg, uint32_t events)
{
	(void)arg, (void)events;
	_exit(0);
}

static void on_resolv(void *arg, uint32_t events)
{
	(void)events;
	resolv_changed(arg);
}

static void print_version(void)
{
	const struct scmp_version *v = seccomp_version();

	printf("lodger-net version %s\n"
	       "commit: %s\n"
	       "libslirp: %s\n"
	       "SLIRP_CONFIG_VERSION_MAX: %d\n"
	       "libseccomp: %u.%u.%u\n",
		PACKAGE_VERSION, GIT_COMMIT, slirp_version_string(), SLIRP_CONFIG_VERSION_MAX,
		v->major, v->minor, v->micro);
}

/* The first address of that family on an interface; link-local ones only if there is no other. */
static int interface_address(const char *name, int family, union addr *ret)
{
	struct ifaddrs *all, *i;
	int found = -EINVAL;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (i = all; i; i = i->ifa_next) {
		union addr a;

		if (!i->ifa_addr || i->ifa_addr->sa_family != family || !str_eq(i->ifa_name, name))
			continue;
		memset(&a, 0, sizeof(a));
		memcpy(&a, i->ifa_addr, family == AF_INET ? sizeof(a.in) : sizeof(a.in6));
		if (found == 0)
			continue;
		*ret = a;
		if (family == AF_INET || !IN6_IS_ADDR_LINKLOCAL(&a.in6.sin6_addr))
			found = 0;
	}
	freeifaddrs(all);
	return ret->sa.sa_family == family ? 0 : found;
}

static int outbound(
	const char *option, const char *text, int family, union addr *ret, struct err *e)
{
	if (!text)
		return 0;
	if (addr_parse(text, 0, ret) == 0 && ret->sa.sa_family == family)
		return 0;
	ret->sa.sa_family = AF_UNSPEC;
	if (interface_address(text, family, ret) == 0)
		return 0;
	return err_set(e, ERR_USAGE, 0,
		"%s: \"%s\" is neither an %s address nor an interface that has one", option, text,
		family == AF_INET ? "IPv4" : "IPv6");
}

/* Every connection is a descriptor, so as many as may be. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	/* A core would hold the container's traffic. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

/*
 * pidfd, network namespace and, where the container has its own, user namespace, from the socket.
 * They come when the container's init has made them: until then, all this program's libraries
 * have been loaded.
 */
static int attach(int sock, int *ret_pidfd, struct tap_target *target, struct err *e)
{
	int fds[3];
	int n = socket_recv_fds(sock, fds, ARRAY_SIZE(fds));

	if (n == 0)
		return err_set(e, ERR_PROTOCOL, EPIPE, "nobody wants a network any more");
	if (n < 2)
		return err_sys(e, ERR_PROTOCOL, n < 0 ? n : -EPROTO,
			"receiving the container's descriptors");
	*ret_pidfd = fds[0];
	target->netns = fds[1];
	target->userns = n > 2 ? fds[2] : -1;
	return 0;
}

/*
 * libslirp gives each connection two buffers of 160 KiB. From the heap, the next connection gets
 * the last one's, pages and all; mapped ones, malloc(3)'s choice for that size, cost two calls and
 * a page fault or more each time.
 */
static void arrange_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
}

/* What needs the host's file system and addresses, before there is a container. */
static int prepare(struct net *n, int *ret_api, struct err *e)
{
	const struct net_options *o = &n->opts;
	int r = outbound("--outbound-addr", o->outbound4, AF_INET, &n->outbound4, e);

	if (r == 0)
		r = outbound("--outbound-addr6", o->outbound6, AF_INET6, &n->outbound6, e);
	if (r == 0 && o->api_socket) {
		r = *ret_api = api_listen(o->api_socket, e);
		r = r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	raise_limits();
	arrange_memory();
	n->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (n->null < 0)
		return err_sys(e, ERR_SYSTEM, errno, "opening /dev/null");
	if (o->resolvers_n)
		resolv_fixed(&n->resolv, o->resolvers, o->resolvers_n);
	else
		resolv_open(&n->resolv, RESOLV_CONF);
	return 0;
}

/* In the sandbox but for its last layers: everything is set up before the first packet is read. */
static int assemble(struct net *n, int api, int exit_fd, struct err *e)
{
	static struct watch exit_watch, resolv_watch;
	const struct net_options *o = &n->opts;
	int r = stack_open(n, e);

	if (r < 0)
		return r;
	n->forwards = forwards_new();
	if (!o->no_dns)
		n->dns = dns_new(n->loop, &n->resolv, o->mtu,
			n->outbound4.sa.sa_family ? &n->outbound4 : NULL,
			n->outbound6.sa.sa_family ? &n->outbound6 : NULL, stack_send, n);
	if (n->ipv6)
		n->echo6 = echo6_new(
			n->loop, n->outbound6.sa.sa_family ? &n->outbound6 : NULL, stack_send, n);
	intercept_for(n);
	exit_watch = (struct watch){.fd = exit_fd, .fn = on_exit_fd};
	if (exit_fd >= 0)
		r = loop_watch(n->loop, &exit_watch, EPOLLIN);
	resolv_watch = (struct watch){.fd = n->resolv.inotify, .fn = on_resolv, .arg = &n->resolv};
	if (r == 0 && n->resolv.inotify >= 0)
		r = loop_watch(n->loop, &resolv_watch, EPOLLIN);
	if (r == 0 && api >= 0)
		r = api_serve(n, api);
	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "watching descriptors") : 0;
}

/* slirp4netns(1): "1", then the end of the stream. */
static void say_ready(int fd)
{
	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		log_warn("writing to the ready descriptor: %s", err_text(errno));
	close(fd);
}

/* Given a pid and nothing else whose end to wait for, it is that process's. */
static int open_lifetime(const char *pid_text, int *ret_fd, struct err *e)
{
	int32_t pid;
	int fd = num_i32(pid_text, &pid) < 0 ? -ESRCH : proc_pidfd(pid);

	if (fd < 0)
		return err_sys(e, ERR_SYSTEM, fd, "watching process %s", pid_text);
	*ret_fd = fd;
	return 0;
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * Whatever the caller has left open, its standard input and output included, is closed now: a
 * descriptor of the host in here would be a hole in the sandbox, and the end of a pipe would be
 * missed by who waits for it. Standard error stays for the last words.
 */
static void keep_only(const struct net *n, int api, int exit_fd)
{
	int fds[RESOLV_DIRS_MAX + 9] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, n->tap,
		loop_epoll(n->loop), api, exit_fd, n->opts.ready_fd, n->resolv.inotify};
	size_t used = 9;
	unsigned from = 0;

	dup2(n->null, STDIN_FILENO);
	dup2(n->null, STDOUT_FILENO);
	for (unsigned i = 0; i < n->resolv.dirs_n; i++)
		fds[used++] = n->resolv.dirs[i].fd;
	qsort(fds, used, sizeof(*fds), compare_fds);
	for (size_t i = 0; i < used; i++) {
		if (fds[i] < 0)
			continue;
		if ((unsigned)fds[i] > from)
			syscall(SYS_close_range, from, (unsigned)fds[i] - 1, 0);
		from = (unsigned)fds[i] + 1;
	}
	syscall(SYS_close_range, from, ~0u, 0);
}

/* Gone from /proc/PID/environ too. libslirp reads SLIRP_DEBUG, glib G_SLICE and more. */
static void forget_environment(void)
{
	for (char **v = environ; v && *v; v++)
		memset(*v, 0, strlen(*v));
	clearenv();
}

static int run(struct net *n, struct err *e)
{
	const struct net_options *o = &n->opts;
	struct tap_target target = {-1, -1};
	struct tap_child child;
	int api = -1, exit_fd = o->exit_fd, r = prepare(n, &api, e);

	if (r == 0)
		r = o->attach_fd >= 0 ? attach(o->attach_fd, &exit_fd, &target, e)
				      : tap_target_open(o, &target, e);
	/* The TAP's descriptor keeps the namespace: without this, nothing would end lodger-net. */
	if (r == 0 && exit_fd < 0 && !o->netns_by_path)
		r = open_lifetime(o->target, &exit_fd, e);
	if (r == 0)
		r = tap_start(o, &target, &child, e);
	if (r < 0)
		return r;
	/* While the child is at work. Should this fail, its device goes with its descriptor. */
	r = sandbox_enter(e);
	n->ipv6 = o->ipv6;
	if (r == 0)
		r = tap_finish(&child, &n->tap, &n->ipv6, e);
	if (r < 0)
		return r;
	if (o->ipv6 && !n->ipv6)
		log_warn("the container's kernel has no IPv6: only IPv4 is there");
	close_fd(&target.netns);
	close_fd(&target.userns);
	r = assemble(n, api, exit_fd, e);
	n->resolv.sealed = true;
	keep_only(n, api, exit_fd);
	if (r == 0)
		r = sandbox_seal(&n->resolv, e);
	if (r < 0)
		return r;
	say_ready(o->ready_fd);
	return stack_run(n, e);
}

/* Options name descriptors that were inherited: they must not leak into the child's namespaces. */
static int close_on_exec(const struct net_options *o, struct err *e)
{
	const int fds[] = {o->exit_fd, o->ready_fd, o->attach_fd};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] >= 0 && fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0)
			return err_sys(e, ERR_USAGE, errno, "descriptor %d", fds[i]);
	}
	return 0;
}

static void report(const struct err *e)
{
	fprintf(stderr, "lodger-net: %s\n", e->msg);
	if (*e->fix)
		fprintf(stderr, "lodger-net: to correct this: %s\n", e->fix);
}

int main(int argc, char **argv)
{
	static struct net net;
	struct err e = {0};
	int r;

	forget_environment();
	signal(SIGPIPE, SIG_IGN);
	r = net_options_parse(argc, argv, &net.opts, &e);
	if (r == 0 && net.opts.action == NET_HELP) {
		net_options_help(argv[0]);
		return 0;
	}
	if (r == 0 && net.opts.action == NET_VERSION) {
		print_version();
		return 0;
	}
	if (r == 0)
		r = close_on_exec(&net.opts, &e);
	/*
	 * A terminal's hangup and interrupt are not for the network of what runs on. A session of
	 * its own would be a scheduling group of its own (sched(7), autogroup): on a busy machine,
	 * each packet would wait for that group's turn.
	 */
	setpgid(0, 0);
	signal(SIGHUP, SIG_IGN);
	if (r == 0)
		r = run(&net, &e);
	if (r < 0)
		report(&e);
	return r < 0 ? 1 : 0;
}
