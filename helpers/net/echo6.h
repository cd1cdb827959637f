// SPDX-License-Identifier: Apache-2.0
/* ICMPv6 echo ("ping") to the host and beyond, which libslirp answers for its own address only. */
#ifndef LODGER_NET_ECHO6_H
#define LODGER_NET_ECHO6_H

#include "frame.h"
#include "loop.h"

/* Sends a frame to the container. */
typedef void echo6_send_fn(void *arg, const uint8_t *frame, size_t n);

struct echo6;

/* `outbound` may be NULL, and lives as long. */
struct echo6 *echo6_new(
	struct loop *loop, const union addr *outbound, echo6_send_fn *send, void *arg);

/* The address that an ICMPv6 echo request in a frame goes to. False for every other frame. */
bool echo6_is_request(const uint8_t *frame, size_t n, union addr *ret_dst);

/*
 * Pass a request on. Where the host does not let this user send echo requests
 * (net.ipv4.ping_group_range, for IPv6 too), it is lost like on any network.
 */
void echo6_request(struct echo6 *s, const uint8_t *frame, size_t n);

/* When echo6_timeout() wants to be called: CLOCK_MONOTONIC in ns, UINT64_MAX = not at all. */
uint64_t echo6_deadline(const struct echo6 *s);
void echo6_timeout(struct echo6 *s);

#endif
