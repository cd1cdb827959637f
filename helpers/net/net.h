// SPDX-License-Identifier: Apache-2.0
/*
 * lodger-net's state: one container's network. main.c sets it up, stack.c runs libslirp on it,
 * api.c changes its forwarded ports.
 */
#ifndef LODGER_NET_NET_H
#define LODGER_NET_NET_H

#include <slirp/libslirp.h>
#include <stdbool.h>
#include <stdint.h>

#include "dns.h"
#include "echo6.h"
#include "loop.h"
#include "options.h"
#include "resolv.h"

struct forwards;
struct stack;

struct net {
	struct net_options opts;
	bool ipv6; /* wanted and there */
	union addr outbound4; /* AF_UNSPEC = any */
	union addr outbound6;
	int tap;
	int null; /* /dev/null, opened while there is one */
	struct loop *loop;
	struct resolv resolv;
	struct dns *dns; /* NULL = no forwarder */
	struct echo6 *echo6; /* NULL without IPv6 */
	struct stack *stack;
	struct forwards *forwards;
};

#endif
