// SPDX-License-Identifier: Apache-2.0
/* Addresses as text and as socket addresses, and the container's two subnets. Pure. */
#ifndef LODGER_NET_ADDR_H
#define LODGER_NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

/* An IPv4 or IPv6 socket address; `sa.sa_family` is AF_UNSPEC while there is none. */
union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

#define ADDR_TEXT_MAX 80u /* with scope and port */

struct addr_text {
	char s[ADDR_TEXT_MAX];
};

/*
 * "10.0.2.3", "fd00::3", "fe80::1%eth0" with a port in host byte order. An address whose scope
 * names no interface of this host is refused. 0 or -EINVAL.
 */
int addr_parse(const char *text, uint16_t port, union addr *ret);

/* The address alone, without port or brackets. For use as an argument: addr_text(&a).s. */
struct addr_text addr_text(const union addr *a);

uint16_t addr_port(const union addr *a);
void addr_set_port(union addr *a, uint16_t port);
socklen_t addr_len(const union addr *a);

/* Whether the two are the same address, whatever their ports. */
bool addr_same_host(const union addr *a, const union addr *b);

/*
 * Whether a connection to the address ends on this host's loopback: 127/8 and "this host"
 * (RFC 1122), ::1 and ::, and both of IPv4 written as IPv6. Takes any socket address.
 */
bool addr_is_loopback(const struct sockaddr *sa);

/* What lodger-net makes of --cidr: the network, and who is who in it. */
struct subnet {
	union addr net;
	uint8_t prefix_len;
	union addr gateway; /* network + 2 */
	union addr dns; /* network + 3 */
	union addr dhcp_start; /* network + 15; IPv4 only */
	union addr guest; /* network + 100, in IPv6 written as ::100 */
};

/* slirp4netns(1), --cidr: a network address with a prefix length from 1 to 25. ERR_USAGE. */
int subnet_parse4(const char *cidr, struct subnet *ret, struct err *e);

/* A network address of IPv6 with the prefix length 64, as libslirp needs it. ERR_USAGE. */
int subnet_parse6(const char *cidr, struct subnet *ret, struct err *e);

/* Whether an address is in the subnet. */
bool subnet_has(const struct subnet *s, const union addr *a);

/* "52:54:00:12:34:56". 0 or -EINVAL; a group address is refused. */
int mac_parse(const char *text, uint8_t ret[6]);

#endif
