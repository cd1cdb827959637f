// SPDX-License-Identifier: Apache-2.0
/*
 * libslirp on the TAP device; see stack.h. Runs in the sandbox; what it reads is the container's.
 *
 * libslirp's list of sockets (sockets.h) is drawn up only when something may have changed: frames
 * of the container on connections that exist need neither the list nor a look at every socket.
 */
#include "stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "device.h"
#include "flow.h"
#include "fragment.h"
#include "frame.h"
#include "intercept.h"
#include "sockets.h"
#include "timers.h"

#define BATCH_MAX 64 /* frames in a row before sockets get their turn */
#define ACK_EVERY 4 /* frames after which an acknowledgement is held no longer */
#define SMALL                                                                                      \
	2048 /* bytes of a frame, or of all since the last wait, that are an exchange of messages  \
	      */
/*
 * For segments of 32747 bytes, both ways. Two of them are a window of libslirp's, and fit into one
 * frame with their headers; two of 32768, libslirp's own limit, would miss that by 41 bytes.
 */
#define MRU_MAX        (32747 + 40)
#define LARGE          16384 /* bytes sent at once, which take the container's program a while */
#define RELIST_NS      (2 * NS_PER_MS) /* libslirp's shortest timer, which listing starts */
#define PORT_DHCP      67
#define PORT_TFTP      69
#define PORT_DHCP6     547
#define CONFIG_VERSION 4

struct stack {
	struct net *net;
	Slirp *slirp;
	struct device *device;
	struct sockets *sockets;
	bool stale; /* the list of sockets may have changed */
	uint64_t moved; /* bytes since the last wait */
	uint64_t relist_at;
	uint64_t poll_at; /* when libslirp's timers want to be looked at */
	struct timers timers;
	bool gone; /* the device */
	struct flows *flows;
	struct fragments *fragments;
	struct stack_counters counters;
	struct sockaddr_in outbound4;
	struct sockaddr_in6 outbound6;
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---------------------------------------------------------------- libslirp's callbacks */

void stack_send(void *net, const uint8_t *frame, size_t len)
{
	struct stack *s = ((struct net *)net)->stack;

	s->counters.frames_out++;
	s->counters.bytes_out += len;
	s->moved += len;
	/* A device that is down or full drops frames, as a cable does. */
	if (device_send(s->device, frame, len) < 0)
		s->counters.dropped++;
}

/* The acknowledgement that was held back. */
static void send_held(struct stack *s)
{
	const uint8_t *frame;
	size_t n = flow_held(s->flows, &frame);

	if (n)
		stack_send(s->net, frame, n);
}

/* libslirp builds the frame anew for each call and does not look at it afterwards. */
static ssize_t send_packet(const void *buf, size_t len, void *net)
{
	struct stack *s = ((struct net *)net)->stack;

	if (flow_from_host(s->flows, (uint8_t *)(uintptr_t)buf, len) == FLOW_SEND)
		stack_send(net, buf, len);
	return (ssize_t)len;
}

/* The container misbehaves: no business of the host's log. */
static void guest_error(const char *msg, void *net)
{
	(void)net;
	log_debug("%s", msg);
}

static int64_t clock_get_ns(void *net)
{
	(void)net;
	return (int64_t)loop_now();
}

static void *timer_new_opaque(SlirpTimerId id, void *cb_opaque, void *net)
{
	return timer_new(&((struct net *)net)->stack->timers, id, cb_opaque);
}

static void timer_free(void *timer, void *net)
{
	(void)net;
	timer_end(timer);
}

/*
 * Router advertisements are all that libslirp uses timers for. A container that lodger-net has
 * configured needs none.
 */
static void timer_mod(void *timer, int64_t expire_ms, void *net)
{
	if (!((struct net *)net)->opts.configure)
		timer_set(timer, expire_ms);
}

static void register_poll_fd(int fd, void *net)
{
	struct stack *s = ((struct net *)net)->stack;

	sockets_forget(s->sockets, fd);
	s->counters.sockets++;
	s->stale = true;
}

static void unregister_poll_fd(int fd, void *net)
{
	struct stack *s = ((struct net *)net)->stack;

	if (fd < 0)
		return;
	sockets_forget(s->sockets, fd);
	if (s->counters.sockets)
		s->counters.sockets--;
	s->stale = true;
}

static void notify(void *net)
{
	((struct net *)net)->stack->stale = true;
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = clock_get_ns,
	.timer_new_opaque = timer_new_opaque,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = register_poll_fd,
	.unregister_poll_fd = unregister_poll_fd,
	.notify = notify,
};

/* ---------------------------------------------------------------- frames */

/* What libslirp would serve although nobody wants it: DHCP, BOOTP, TFTP. */
static bool is_unwanted(const struct net *n, const struct frame_udp *u)
{
	uint16_t port = addr_port(&u->dst);

	return port == PORT_TFTP
		       ? subnet_has(&n->opts.subnet4, &u->dst) || u->dst.sa.sa_family == AF_INET6
		       : (port == PORT_DHCP || port == PORT_DHCP6) && !n->opts.dhcp;
}

/* libslirp itself answers for the addresses of the container's network. */
static bool wants_echo6(const struct net *n, const uint8_t *frame, size_t len)
{
	union addr dst;

	return n->echo6 && echo6_is_request(frame, len, &dst) &&
	       !subnet_has(&n->opts.subnet6, &dst) && !IN6_IS_ADDR_MULTICAST(&dst.in6.sin6_addr) &&
	       !IN6_IS_ADDR_LINKLOCAL(&dst.in6.sin6_addr) && !addr_is_loopback(&dst.sa);
}

static void frame_input(struct stack *s, uint8_t *frame, size_t len)
{
	struct net *n = s->net;
	struct frame_udp u;

	s->counters.frames_in++;
	s->counters.bytes_in += len;
	s->moved += len;
	if (fragment_is(frame, len)) {
		len = fragment_add(s->fragments, frame, len, loop_now(), &frame);
		if (!len)
			return;
	}
	if (frame_udp_parse(frame, len, &u)) {
		const struct subnet *net =
			u.dst.sa.sa_family == AF_INET6 ? &n->opts.subnet6 : &n->opts.subnet4;

		if (is_unwanted(n, &u))
			return;
		if (n->dns && addr_port(&u.dst) == 53 && addr_same_host(&u.dst, &net->dns)) {
			dns_query(n->dns, &u);
			return;
		}
	}
	if (wants_echo6(n, frame, len)) {
		echo6_request(n->echo6, frame, len);
		return;
	}
	flow_from_guest(s->flows, frame, len);
	slirp_input(s->slirp, frame, (int)len);
}

/* After libslirp's calls, since these call it in turn. Nothing is kept back beyond this. */
static void settle(struct stack *s)
{
	uint8_t frame[128];
	size_t n;

	while ((n = flow_inject(s->flows, frame, sizeof(frame))))
		slirp_input(s->slirp, frame, (int)n);
	send_held(s);
	if (device_flush(s->device) < 0)
		s->counters.dropped++;
}

static void list_sockets(struct stack *s)
{
	s->stale = false;
	s->relist_at = UINT64_MAX;
	s->poll_at = sockets_list(s->sockets, s->slirp);
}

static void poll_sockets(struct stack *s)
{
	intercept_turn(true);
	sockets_poll(s->sockets, s->slirp);
	intercept_turn(false);
	settle(s);
	s->stale = true;
}

void stack_input(struct net *n, uint8_t *frame, size_t len)
{
	frame_input(n->stack, frame, len);
	settle(n->stack);
}

/*
 * Frames until there are none. After a small one that had no answer yet there rarely is another,
 * and to be told that there is none costs as much as a frame. After an answer there often is one:
 * what is written to the device has gone through the container's TCP before write(2) returns. But
 * a window of data is acknowledged only when the container's program has read it, on another
 * processor: meanwhile, the next can be read from the host's socket.
 */
static void read_tap(struct stack *s)
{
	for (int i = 0; i < BATCH_MAX; i++) {
		uint64_t answered = s->counters.frames_out, sent = s->counters.bytes_out;
		uint8_t *frame;
		ssize_t n = device_read(s->device, &frame);

		/* EBADFD: the network namespace is gone, and the device with it. */
		if (n < 0 && n != -EAGAIN && n != -EINTR)
			s->gone = true;
		if (n <= 0)
			break;
		frame_input(s, frame, (size_t)n);
		if (i == 0 && n < SMALL && s->counters.frames_out == answered)
			break;
		if (s->counters.bytes_out - sent >= LARGE)
			break;
		if (i % ACK_EVERY == ACK_EVERY - 1)
			settle(s);
	}
	settle(s);
	/* A frame may have made libslirp wait for something else: it is asked soon, or at once. */
	if (sockets_list_cost(s->sockets) == 0)
		s->stale = true;
	else if (s->relist_at == UINT64_MAX)
		s->relist_at = loop_now() + min_u64(RELIST_NS, sockets_list_cost(s->sockets));
}

/* ---------------------------------------------------------------- start and run */

int stack_open(struct net *n, struct err *e)
{
	const struct net_options *o = &n->opts;
	struct stack *s = xcalloc(1, sizeof(*s));
	SlirpConfig config = {
		.version = CONFIG_VERSION,
		.in_enabled = true,
		.vnetwork = o->subnet4.net.in.sin_addr,
		.vnetmask = {.s_addr = htonl(UINT32_MAX << (32 - o->subnet4.prefix_len))},
		.vhost = o->subnet4.gateway.in.sin_addr,
		.vnameserver = o->subnet4.dns.in.sin_addr,
		.vdhcp_start = o->configure ? o->subnet4.guest.in.sin_addr
					    : o->subnet4.dhcp_start.in.sin_addr,
		.in6_enabled = n->ipv6,
		.vprefix_addr6 = o->subnet6.net.in6.sin6_addr,
		.vprefix_len = o->subnet6.prefix_len,
		.vhost6 = o->subnet6.gateway.in6.sin6_addr,
		.vnameserver6 = o->subnet6.dns.in6.sin6_addr,
		.if_mtu = o->mtu,
		.if_mru = o->mtu < MRU_MAX ? o->mtu : MRU_MAX,
		/*
		 * Both are intercept.c's: with the first set, IPv6 would not get to the DNS address
		 * either; with the second clear, libslirp would read /etc/resolv.conf, which is not
		 * there.
		 */
		.disable_host_loopback = false,
		.disable_dns = true,
		.disable_dhcp = !o->dhcp,
	};

	n->stack = s;
	s->net = n;
	s->outbound4 = n->outbound4.in;
	s->outbound6 = n->outbound6.in6;
	config.outbound_addr = s->outbound4.sin_family == AF_INET ? &s->outbound4 : NULL;
	config.outbound_addr6 = s->outbound6.sin6_family == AF_INET6 ? &s->outbound6 : NULL;
	s->device = device_new(n->tap);
	s->flows = flows_new();
	s->fragments = fragments_new();
	s->stale = true;
	s->relist_at = UINT64_MAX;
	s->sockets = sockets_new(n->tap);
	if (!s->sockets)
		return err_sys(e, ERR_SYSTEM, errno, "making an epoll instance");
	n->loop = sockets_loop(s->sockets);
	s->slirp = slirp_new(&config, &callbacks, n);
	if (!s->slirp)
		return err_set(e, ERR_SYSTEM, EINVAL, "libslirp %s refuses its configuration",
			slirp_version_string());
	return 0;
}

int stack_run(struct net *n, struct err *e)
{
	struct stack *s = n->stack;
	bool tap = false;
	int r = 0;

	while (r >= 0 && !s->gone) {
		uint64_t deadline = timers_run(&s->timers, s->slirp);

		if (s->stale || loop_now() >= s->relist_at)
			list_sockets(s);
		deadline = min_u64(deadline, min_u64(s->poll_at, s->relist_at));
		if (n->dns)
			deadline = min_u64(deadline, dns_deadline(n->dns));
		if (n->echo6)
			deadline = min_u64(deadline, echo6_deadline(n->echo6));
		r = sockets_wait(s->sockets, deadline, s->moved > 0 && s->moved < SMALL, &tap);
		s->moved = 0;
		if (tap)
			read_tap(s);
		if (sockets_ready(s->sockets) || loop_now() >= s->poll_at)
			poll_sockets(s);
		if (n->dns)
			dns_timeout(n->dns);
		if (n->echo6)
			echo6_timeout(n->echo6);
	}
	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "waiting for events") : 0;
}

static int flags(bool udp, const union addr *host)
{
	return (udp ? SLIRP_HOSTFWD_UDP : 0) |
	       (host->sa.sa_family == AF_INET6 ? SLIRP_HOSTFWD_V6ONLY : 0);
}

int stack_forward(struct net *n, bool udp, const union addr *host, const union addr *guest)
{
	n->stack->stale = true;
	errno = 0;
	if (slirp_add_hostxfwd(n->stack->slirp, &host->sa, addr_len(host), &guest->sa,
		    addr_len(guest), flags(udp, host)) < 0)
		return errno ? -errno : -EINVAL;
	return 0;
}

int stack_unforward(struct net *n, bool udp, const union addr *host)
{
	n->stack->stale = true;
	return slirp_remove_hostxfwd(n->stack->slirp, &host->sa, addr_len(host), flags(udp, host)) <
			       0
		       ? -ENOENT
		       : 0;
}

const struct stack_counters *stack_counters(const struct net *n)
{
	return &n->stack->counters;
}
