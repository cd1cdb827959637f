// SPDX-License-Identifier: Apache-2.0
/* rtnetlink(7) requests, many in one message; see rtnl.h. */
#include "kernel/rtnl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

/* Room for the next `n` bytes, aligned as netlink(7) has it; NULL where there is none. */
static void *reserve(struct rtnl_batch *b, uint32_t n)
{
	uint8_t *at = b->buf + b->len;

	if (b->overflow || NLMSG_ALIGN(n) > sizeof(b->buf) - b->len) {
		b->overflow = true;
		return NULL;
	}
	memset(at, 0, NLMSG_ALIGN(n));
	b->len += NLMSG_ALIGN(n);
	return at;
}

/* Begin a request; its family header of `size` bytes is returned. Sequence numbers count from 1. */
static void *request(struct rtnl_batch *b, uint16_t type, uint16_t flags, uint32_t size,
	struct nlmsghdr **ret_header)
{
	struct nlmsghdr *h = b->n < RTNL_BATCH_MAX ? reserve(b, NLMSG_LENGTH(size)) : NULL;

	if (!h) {
		b->overflow = true;
		return NULL;
	}
	h->nlmsg_len = NLMSG_LENGTH(size);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = ++b->n;
	*ret_header = h;
	return NLMSG_DATA(h);
}

static void attribute(
	struct rtnl_batch *b, struct nlmsghdr *h, uint16_t type, const void *data, uint16_t n)
{
	struct rtattr *a = reserve(b, RTA_LENGTH(n));

	if (!a)
		return;
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + a->rta_len;
}

static uint16_t address_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

void rtnl_link_up(struct rtnl_batch *b, unsigned ifindex, uint32_t mtu, const uint8_t mac[6])
{
	struct nlmsghdr *h;
	struct ifinfomsg *link = request(b, RTM_NEWLINK, 0, sizeof(*link), &h);

	if (!link)
		return;
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)ifindex;
	link->ifi_flags = link->ifi_change = IFF_UP;
	if (mtu)
		attribute(b, h, IFLA_MTU, &mtu, sizeof(mtu));
	if (mac)
		attribute(b, h, IFLA_ADDRESS, mac, 6);
}

void rtnl_address(
	struct rtnl_batch *b, unsigned ifindex, int family, const void *addr, uint8_t prefix_len)
{
	struct nlmsghdr *h;
	struct ifaddrmsg *a = request(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*a), &h);

	if (!a)
		return;
	a->ifa_family = (uint8_t)family;
	a->ifa_prefixlen = prefix_len;
	a->ifa_scope = RT_SCOPE_UNIVERSE;
	a->ifa_index = ifindex;
	if (family == AF_INET6)
		a->ifa_flags = IFA_F_NODAD;
	attribute(b, h, IFA_LOCAL, addr, address_size(family));
	attribute(b, h, IFA_ADDRESS, addr, address_size(family));
	if (family == AF_INET && prefix_len < 31) {
		uint8_t broadcast[4];

		for (unsigned i = 0; i < 4; i++) {
			unsigned net_bits = prefix_len > i * 8 ? prefix_len - i * 8 : 0;

			broadcast[i] = ((const uint8_t *)addr)[i] |
				       (net_bits >= 8 ? 0 : (uint8_t)(0xff >> net_bits));
		}
		attribute(b, h, IFA_BROADCAST, broadcast, sizeof(broadcast));
	}
}

void rtnl_default_route(struct rtnl_batch *b, unsigned ifindex, int family, const void *gateway)
{
	struct nlmsghdr *h;
	struct rtmsg *route =
		request(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*route), &h);

	if (!route)
		return;
	route->rtm_family = (uint8_t)family;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	attribute(b, h, RTA_GATEWAY, gateway, address_size(family));
	attribute(b, h, RTA_OIF, &ifindex, sizeof(ifindex));
}

/* Count the answers in a datagram; the first failure goes to `*ret` and `*ret_nr`. */
static unsigned read_answers(const uint8_t *data, size_t n, int *ret, unsigned *ret_nr)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)data;
	unsigned answers = 0;

	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		const struct nlmsgerr *answer = NLMSG_DATA(h);

		if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*answer)))
			continue;
		answers++;
		if (answer->error < 0 && *ret == 0) {
			*ret = answer->error;
			*ret_nr = h->nlmsg_seq - 1;
		}
	}
	return answers;
}

int rtnl_commit(struct rtnl_batch *b, unsigned *ret_nr)
{
	auto_fd int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int one = 1, first = 0;
	unsigned nr = 0;

	if (sock < 0)
		return -errno;
	if (b->overflow)
		return -ENOBUFS;
	/* Without it, every answer to a failure repeats the request. */
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (sendto(sock, b->buf, b->len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	for (unsigned answers = 0; answers < b->n;) {
		_Alignas(8) uint8_t buf[4096];
		ssize_t n = recv(sock, buf, sizeof(buf), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPROTO;
		answers += read_answers(buf, (size_t)n, &first, &nr);
	}
	if (ret_nr)
		*ret_nr = nr;
	return first;
}
