// SPDX-License-Identifier: Apache-2.0
/*
 * rtnetlink(7); see netdev.h. Runs in the front end. In: a socket and numbers. Out: what the kernel
 * answers. Requests are built in a buffer of fixed size; answers come from the kernel alone.
 */
#include "kernel/netdev.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#ifndef IFLA_NEW_IFINDEX
#define IFLA_NEW_IFINDEX 49 /* Linux 5.13 */
#endif
#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif
#define ANSWER_MAX 32768 /* netlink(7): the kernel's messages are no longer */

/* What makes an address; the rest of its flags is the kernel's to set. */
#define ADDR_FLAGS                                                                                 \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE | IFA_F_MANAGETEMPADDR |            \
		IFA_F_MCAUTOJOIN)

struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
	};
	char attributes[256];
};

static void begin(struct request *q, uint16_t type, uint16_t flags, size_t body)
{
	memset(q, 0, sizeof(*q));
	q->head.nlmsg_type = type;
	q->head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	q->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
}

/* All that is ever added fits: numbers, two addresses, a name. */
static void add(struct request *q, uint16_t type, const void *data, size_t n)
{
	struct rtattr *a = (struct rtattr *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	q->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len));
}

static void add_u32(struct request *q, uint16_t type, uint32_t n)
{
	add(q, type, &n, sizeof(n));
}

static int post(int sock, const struct request *q)
{
	return send(sock, q, q->head.nlmsg_len, 0) < 0 ? -errno : 0;
}

static ssize_t receive(int sock, char *buf)
{
	ssize_t n;

	do {
		n = recv(sock, buf, ANSWER_MAX, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int error_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);

	return h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) ? -EBADMSG : e->error;
}

/* Called for every message of an answer. */
typedef void take_fn(const struct nlmsghdr *h, void *arg);

/*
 * Send, and read until the end of the answer: that of a list, or the acknowledgement of whatever
 * else was asked for.
 */
static int call(int sock, struct request *q, take_fn *take, void *arg)
{
	char *buf = xcalloc(1, ANSWER_MAX);
	int r = post(sock, q);
	bool done = r < 0;

	while (!done) {
		ssize_t n = receive(sock, buf);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (n <= 0) {
			r = n < 0 ? (int)n : -EPROTO;
			break;
		}
		for (size_t left = (size_t)n; NLMSG_OK(h, left) && !done; h = NLMSG_NEXT(h, left)) {
			done = h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE;
			if (h->nlmsg_type == NLMSG_ERROR)
				r = error_of(h);
			else if (!done && take)
				take(h, arg);
		}
	}
	free(buf);
	return r;
}

int netdev_open(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	auto_fd int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return take_fd(&sock);
}

int netdev_namespace(int sock)
{
	/* What ioctl(2) opens here is close-on-exec: open_related_ns() of fs/nsfs.c. */
	int fd = ioctl(sock, SIOCGSKNS);

	return fd < 0 ? -errno : fd;
}

static void take_link(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	struct netdev *ret = arg;
	const struct rtattr *a = IFLA_RTA(m);

	if (h->nlmsg_type != RTM_NEWLINK)
		return;
	ret->index = m->ifi_index;
	ret->flags = m->ifi_flags;
	for (size_t left = IFLA_PAYLOAD(h); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_IFNAME && RTA_PAYLOAD(a) <= sizeof(ret->name))
			memcpy(ret->name, RTA_DATA(a), RTA_PAYLOAD(a));
}

int netdev_find(int sock, const char *name, int index, struct netdev *ret)
{
	struct netdev found = {0};
	struct request q;
	int r;

	if (name && strlen(name) >= IF_NAMESIZE)
		return -ENODEV;
	begin(&q, RTM_GETLINK, NLM_F_ACK, sizeof(q.link));
	if (name)
		add(&q, IFLA_IFNAME, name, strlen(name) + 1);
	else
		q.link.ifi_index = index;
	r = call(sock, &q, take_link, &found);
	if (r < 0)
		return r;
	*ret = found;
	return 0;
}

int netdev_move(int sock, int index, int netns_fd, const char *name, int new_index)
{
	struct request q;

	if (strlen(name) >= IF_NAMESIZE)
		return -EINVAL;
	begin(&q, RTM_NEWLINK, NLM_F_ACK, sizeof(q.link));
	q.link.ifi_index = index;
	add_u32(&q, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	add(&q, IFLA_IFNAME, name, strlen(name) + 1);
	if (new_index)
		add_u32(&q, IFLA_NEW_IFINDEX, (uint32_t)new_index);
	return call(sock, &q, NULL, NULL);
}

int netdev_set_up(int sock, int index, bool up)
{
	struct request q;

	begin(&q, RTM_NEWLINK, NLM_F_ACK, sizeof(q.link));
	q.link.ifi_index = index;
	q.link.ifi_change = IFF_UP;
	q.link.ifi_flags = up ? IFF_UP : 0;
	return call(sock, &q, NULL, NULL);
}

struct addr_list {
	int index;
	struct netdev_addr *v;
	size_t n;
};

static void copy_address(uint8_t *to, const struct rtattr *a)
{
	size_t n = RTA_PAYLOAD(a);

	memcpy(to, RTA_DATA(a), n < 16 ? n : 16);
}

static void take_addr(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	struct addr_list *list = arg;
	struct netdev_addr out = {.family = m->ifa_family,
		.prefix = m->ifa_prefixlen,
		.scope = m->ifa_scope,
		.flags = m->ifa_flags,
		.size = m->ifa_family == AF_INET ? 4 : 16};
	const struct rtattr *a = IFA_RTA(m);
	bool has_local = false;

	if (h->nlmsg_type != RTM_NEWADDR || (int)m->ifa_index != list->index)
		return;
	for (size_t left = IFA_PAYLOAD(h); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFA_LOCAL) {
			has_local = true;
			copy_address(out.local, a);
		} else if (a->rta_type == IFA_ADDRESS) {
			copy_address(out.peer, a);
		} else if (a->rta_type == IFA_BROADCAST && RTA_PAYLOAD(a) == 4) {
			out.has_broadcast = true;
			memcpy(out.broadcast, RTA_DATA(a), 4);
		} else if (a->rta_type == IFA_FLAGS && RTA_PAYLOAD(a) == 4) {
			memcpy(&out.flags, RTA_DATA(a), 4);
		}
	}
	if (!has_local)
		memcpy(out.local, out.peer, sizeof(out.local));
	list->v = xrealloc(list->v, (list->n + 1) * sizeof(out));
	list->v[list->n++] = out;
}

int netdev_addrs(int sock, int index, struct netdev_addr **ret, size_t *ret_n)
{
	struct addr_list list = {.index = index};
	struct request q;
	int r;

	begin(&q, RTM_GETADDR, NLM_F_DUMP, sizeof(q.addr));
	r = call(sock, &q, take_addr, &list);
	if (r < 0) {
		free(list.v);
		return r;
	}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

int netdev_addr_add(int sock, int index, const struct netdev_addr *addr)
{
	struct request q;

	begin(&q, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(q.addr));
	q.addr.ifa_family = addr->family;
	q.addr.ifa_prefixlen = addr->prefix;
	q.addr.ifa_scope = addr->scope;
	q.addr.ifa_index = (uint32_t)index;
	add(&q, IFA_LOCAL, addr->local, addr->size);
	add(&q, IFA_ADDRESS, addr->peer, addr->size);
	if (addr->has_broadcast)
		add(&q, IFA_BROADCAST, addr->broadcast, sizeof(addr->broadcast));
	add_u32(&q, IFA_FLAGS, addr->flags & ADDR_FLAGS);
	return call(sock, &q, NULL, NULL);
}
