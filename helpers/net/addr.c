// SPDX-License-Identifier: Apache-2.0
/* Addresses and subnets; see addr.h. Used by all of lodger-net; acts on nothing. */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

static int parse6(const char *text, union addr *a)
{
	char host[INET6_ADDRSTRLEN];
	const char *scope = strchr(text, '%');
	size_t n = scope ? (size_t)(scope - text) : strlen(text);

	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET6, host, &a->in6.sin6_addr) != 1)
		return -EINVAL;
	if (scope) {
		a->in6.sin6_scope_id = if_nametoindex(scope + 1);
		if (!a->in6.sin6_scope_id && num_u32(scope + 1, &a->in6.sin6_scope_id) < 0)
			return -EINVAL;
	}
	a->in6.sin6_family = AF_INET6;
	return 0;
}

int addr_parse(const char *text, uint16_t port, union addr *ret)
{
	union addr a = {.sa = {.sa_family = AF_UNSPEC}};

	if (inet_pton(AF_INET, text, &a.in.sin_addr) == 1)
		a.in.sin_family = AF_INET;
	else if (parse6(text, &a) < 0)
		return -EINVAL;
	addr_set_port(&a, port);
	*ret = a;
	return 0;
}

struct addr_text addr_text(const union addr *a)
{
	struct addr_text t = {"?"};

	if (a->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->in.sin_addr, t.s, sizeof(t.s));
	} else if (a->sa.sa_family == AF_INET6) {
		size_t n;

		inet_ntop(AF_INET6, &a->in6.sin6_addr, t.s, sizeof(t.s));
		n = strlen(t.s);
		if (a->in6.sin6_scope_id)
			snprintf(t.s + n, sizeof(t.s) - n, "%%%u", a->in6.sin6_scope_id);
	}
	return t;
}

uint16_t addr_port(const union addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET6 ? a->in6.sin6_port : a->in.sin_port);
}

void addr_set_port(union addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons(port);
	else
		a->in.sin_port = htons(port);
}

socklen_t addr_len(const union addr *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

bool addr_same_host(const union addr *a, const union addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return a->sa.sa_family == AF_INET6 &&
	       memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
}

/* The first octet decides: 127/8 is loopback, and Linux takes 0.0.0.0 as a destination for it. */
static bool is_loopback4(uint8_t first)
{
	return first == 127 || first == 0;
}

bool addr_is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		return is_loopback4(((const uint8_t *)&in.sin_addr)[0]);
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		const uint8_t *b = in6.sin6_addr.s6_addr;
		static const uint8_t zero[12];

		memcpy(&in6, sa, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
			return is_loopback4(b[12]);
		/* ::, ::1, and the rest of the obsolete IPv4-compatible block with it. */
		return memcmp(b, zero, sizeof(zero)) == 0;
	}
	return false;
}

static union addr offset4(const union addr *net, uint32_t n)
{
	union addr a = *net;

	a.in.sin_addr.s_addr = htonl(ntohl(net->in.sin_addr.s_addr) + n);
	return a;
}

static union addr offset6(const union addr *net, uint16_t n)
{
	union addr a = *net;

	a.in6.sin6_addr.s6_addr[14] = (uint8_t)(n >> 8);
	a.in6.sin6_addr.s6_addr[15] = (uint8_t)n;
	return a;
}

/* "ADDRESS/LENGTH" into its halves; -EINVAL. */
static int split_cidr(const char *cidr, char *host, size_t size, uint32_t *ret_prefix)
{
	const char *slash = strchr(cidr, '/');

	if (!slash || (size_t)(slash - cidr) >= size || num_u32(slash + 1, ret_prefix) < 0)
		return -EINVAL;
	memcpy(host, cidr, (size_t)(slash - cidr));
	host[slash - cidr] = '\0';
	return 0;
}

int subnet_parse4(const char *cidr, struct subnet *ret, struct err *e)
{
	struct subnet s = {.net = {.sa = {.sa_family = AF_INET}}};
	char host[INET_ADDRSTRLEN];
	uint32_t prefix, mask;

	if (split_cidr(cidr, host, sizeof(host), &prefix) < 0 ||
		inet_pton(AF_INET, host, &s.net.in.sin_addr) != 1)
		return err_set(e, ERR_USAGE, 0,
			"invalid CIDR: %s: it must be a network like 10.0.2.0/24", cidr);
	if (prefix < 1 || prefix > 25)
		return err_set(
			e, ERR_USAGE, 0, "invalid CIDR: %s: prefix length needs to be 1-25", cidr);
	mask = UINT32_MAX << (32 - prefix);
	if (ntohl(s.net.in.sin_addr.s_addr) & ~mask)
		return err_set(e, ERR_USAGE, 0,
			"CIDR needs to be a network address like 10.0.2.0/24, not like %s", cidr);
	s.prefix_len = (uint8_t)prefix;
	s.gateway = offset4(&s.net, 2);
	s.dns = offset4(&s.net, 3);
	s.dhcp_start = offset4(&s.net, 15);
	s.guest = offset4(&s.net, 100);
	*ret = s;
	return 0;
}

int subnet_parse6(const char *cidr, struct subnet *ret, struct err *e)
{
	struct subnet s = {.net = {.sa = {.sa_family = AF_INET6}}};
	char host[INET6_ADDRSTRLEN];
	static const uint8_t zero[8];
	uint32_t prefix;

	if (split_cidr(cidr, host, sizeof(host), &prefix) < 0 ||
		inet_pton(AF_INET6, host, &s.net.in6.sin6_addr) != 1 || prefix != 64 ||
		memcmp(s.net.in6.sin6_addr.s6_addr + 8, zero, 8) != 0)
		return err_set(e, ERR_USAGE, 0,
			"invalid CIDR: %s: it must be a network like fd00::/64", cidr);
	s.prefix_len = 64;
	s.gateway = offset6(&s.net, 2);
	s.dns = offset6(&s.net, 3);
	s.guest = offset6(&s.net, 0x100);
	*ret = s;
	return 0;
}

bool subnet_has(const struct subnet *s, const union addr *a)
{
	if (a->sa.sa_family != s->net.sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return ((ntohl(a->in.sin_addr.s_addr) ^ ntohl(s->net.in.sin_addr.s_addr)) >>
			       (32 - s->prefix_len)) == 0;
	return memcmp(&a->in6.sin6_addr, &s->net.in6.sin6_addr, 8) == 0;
}

int mac_parse(const char *text, uint8_t ret[6])
{
	unsigned v[6];
	char end;

	if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
		sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
			&end) != 6 ||
		(v[0] & 1))
		return -EINVAL;
	for (unsigned i = 0; i < 6; i++)
		ret[i] = (uint8_t)v[i];
	return 0;
}
