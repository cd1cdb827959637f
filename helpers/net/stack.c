// SPDX-License-Identifier: Apache-2.0
/*
 * libslirp on the TAP device; see stack.h. Runs in the sandbox; what it reads is the container's.
 *
 * libslirp is made for poll(2): before each wait it lists all sockets with the events it wants
 * (slirp_pollfds_fill()), after it asks for each what has happened (slirp_pollfds_poll()). Here the
 * list is compared with what epoll(7) has already, so that the kernel hears of changes only, and it
 * is drawn up only when something may have changed: frames of the container on connections that
 * exist need neither call.
 */
#include "stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "flow.h"
#include "fragment.h"
#include "frame.h"
#include "intercept.h"
#include "timers.h"

#define BATCH_MAX      64 /* frames in a row before sockets get their turn */
#define ACK_EVERY      4 /* frames after which an acknowledgement is held no longer */
#define RELIST_NS      (2 * NS_PER_MS) /* libslirp's shortest timer, which listing starts */
#define PORT_DHCP      67
#define PORT_TFTP      69
#define PORT_DHCP6     547
#define CONFIG_VERSION 4

/* What libslirp wants of a descriptor, and what has happened to it; indexed by descriptor. */
struct slot {
	uint32_t watched; /* EPOLL* bits that epoll(7) has */
	uint32_t listed; /* number of the list that named it last */
	uint32_t happened; /* SLIRP_POLL_* */
};

struct stack {
	struct net *net;
	Slirp *slirp;
	struct watch tap;
	struct slot *slots;
	size_t slots_n;
	int *ready; /* descriptors with something in `happened` */
	size_t ready_n;
	uint32_t list; /* number of the last list */
	bool stale; /* the list may have changed */
	uint64_t relist_at;
	uint64_t poll_at; /* when libslirp's timers want to be looked at */
	struct timers timers;
	bool gone; /* the device */
	struct flows *flows;
	struct fragments *fragments;
	struct stack_counters counters;
	struct sockaddr_in outbound4;
	struct sockaddr_in6 outbound6;
	uint8_t frame[FRAME_MAX];
};

/* ---------------------------------------------------------------- libslirp's callbacks */

void stack_send(void *net, const uint8_t *frame, size_t len)
{
	struct stack *s = ((struct net *)net)->stack;

	s->counters.frames_out++;
	s->counters.bytes_out += len;
	/* A device that is down or full drops frames, as a cable does. */
	if (write(s->net->tap, frame, len) < 0)
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

static struct slot *slot(struct stack *s, int fd)
{
	if ((size_t)fd >= s->slots_n) {
		size_t n = ((size_t)fd + 256) & ~(size_t)255;

		s->slots = xrealloc(s->slots, n * sizeof(*s->slots));
		s->ready = xrealloc(s->ready, n * sizeof(*s->ready));
		memset(s->slots + s->slots_n, 0, (n - s->slots_n) * sizeof(*s->slots));
		s->slots_n = n;
	}
	return &s->slots[fd];
}

static void register_poll_fd(int fd, void *net)
{
	struct stack *s = ((struct net *)net)->stack;

	*slot(s, fd) = (struct slot){0};
	s->counters.sockets++;
	s->stale = true;
}

static void unregister_poll_fd(int fd, void *net)
{
	struct stack *s = ((struct net *)net)->stack;

	if (fd < 0)
		return;
	/* libslirp closes it next, and epoll(7) forgets it then. */
	*slot(s, fd) = (struct slot){0};
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

/* ---------------------------------------------------------------- sockets */

static const struct {
	int slirp;
	uint32_t epoll;
} event_bits[] = {
	{SLIRP_POLL_IN, EPOLLIN},
	{SLIRP_POLL_OUT, EPOLLOUT},
	{SLIRP_POLL_PRI, EPOLLPRI},
	{SLIRP_POLL_ERR, EPOLLERR},
	{SLIRP_POLL_HUP, EPOLLHUP},
};

static uint32_t to_epoll(int events)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(event_bits); i++)
		bits |= events & event_bits[i].slirp ? event_bits[i].epoll : 0;
	return bits;
}

static uint32_t to_slirp(uint32_t events)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(event_bits); i++)
		bits |= events & event_bits[i].epoll ? (uint32_t)event_bits[i].slirp : 0;
	return bits;
}

/* libslirp lists a socket. The "index" that it will ask by is the descriptor. */
static int add_poll(int fd, int events, void *stack)
{
	struct stack *s = stack;
	struct slot *slot_fd;
	uint32_t wanted = to_epoll(events);

	if (fd < 0)
		return -1;
	slot_fd = slot(s, fd);
	slot_fd->listed = s->list;
	if (slot_fd->watched != wanted && loop_number(s->net->loop, fd, wanted) == 0)
		slot_fd->watched = wanted;
	return fd;
}

static int get_revents(int fd, void *stack)
{
	struct stack *s = stack;

	return fd < 0 || (size_t)fd >= s->slots_n ? 0 : (int)s->slots[fd].happened;
}

static void on_socket(void *stack, int fd, uint32_t events)
{
	struct stack *s = stack;
	struct slot *slot_fd = slot(s, fd);

	/* Not in the last list: libslirp does not want to hear of it for now. */
	if (!slot_fd->watched || slot_fd->listed != s->list) {
		loop_number(s->net->loop, fd, 0);
		slot_fd->watched = 0;
		s->stale = true;
		return;
	}
	if (!slot_fd->happened)
		s->ready[s->ready_n++] = fd;
	slot_fd->happened |= to_slirp(events);
}

static void list_sockets(struct stack *s)
{
	uint32_t timeout_ms = UINT32_MAX;

	s->list++;
	slirp_pollfds_fill(s->slirp, &timeout_ms, add_poll, s);
	s->stale = false;
	s->relist_at = UINT64_MAX;
	s->poll_at = timeout_ms == UINT32_MAX ? UINT64_MAX
					      : loop_now() + (uint64_t)timeout_ms * NS_PER_MS;
}

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

/* After libslirp's calls, since these call it in turn. */
static void settle(struct stack *s)
{
	uint8_t frame[128];
	size_t n;

	while ((n = flow_inject(s->flows, frame, sizeof(frame))))
		slirp_input(s->slirp, frame, (int)n);
	send_held(s);
}

static void poll_sockets(struct stack *s)
{
	slirp_pollfds_poll(s->slirp, 0, get_revents, s);
	settle(s);
	while (s->ready_n)
		s->slots[s->ready[--s->ready_n]].happened = 0;
	s->stale = true;
}

void stack_input(struct net *n, uint8_t *frame, size_t len)
{
	frame_input(n->stack, frame, len);
	settle(n->stack);
}

static void on_tap(void *stack, uint32_t events)
{
	struct stack *s = stack;

	(void)events;
	for (int i = 0; i < BATCH_MAX; i++) {
		ssize_t n = read(s->net->tap, s->frame, sizeof(s->frame));

		if (n > 0) {
			frame_input(s, s->frame, (size_t)n);
			if (i % ACK_EVERY == ACK_EVERY - 1)
				settle(s);
			continue;
		}
		/* EBADFD: the network namespace is gone, and the device with it. */
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			s->gone = true;
		break;
	}
	settle(s);
	if (s->relist_at == UINT64_MAX)
		s->relist_at = loop_now() + RELIST_NS;
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
		.if_mru = o->mtu,
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
	s->flows = flows_new();
	s->fragments = fragments_new();
	s->stale = true;
	s->relist_at = UINT64_MAX;
	n->loop = loop_new(on_socket, s);
	if (!n->loop)
		return err_sys(e, ERR_SYSTEM, errno, "making an epoll instance");
	slot(s, 0);
	s->slirp = slirp_new(&config, &callbacks, n);
	if (!s->slirp)
		return err_set(e, ERR_SYSTEM, EINVAL, "libslirp %s refuses its configuration",
			slirp_version_string());
	return 0;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int stack_run(struct net *n, struct err *e)
{
	struct stack *s = n->stack;
	int r;

	s->tap = (struct watch){.fd = n->tap, .fn = on_tap, .arg = s};
	r = loop_watch(n->loop, &s->tap, EPOLLIN);
	while (r >= 0 && !s->gone) {
		uint64_t deadline = timers_run(&s->timers, s->slirp);

		if (s->stale || loop_now() >= s->relist_at)
			list_sockets(s);
		deadline = min_u64(deadline, min_u64(s->poll_at, s->relist_at));
		if (n->dns)
			deadline = min_u64(deadline, dns_deadline(n->dns));
		if (n->echo6)
			deadline = min_u64(deadline, echo6_deadline(n->echo6));
		r = loop_wait(n->loop, deadline);
		if (s->ready_n || loop_now() >= s->poll_at)
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
