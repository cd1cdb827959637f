// SPDX-License-Identifier: Apache-2.0
/*
 * The DNS forwarder at network + 3: datagrams of the container go to the host's resolvers, one
 * after the other until one answers. (Queries over TCP take libslirp's way; see intercept.h.)
 */
#ifndef LODGER_NET_DNS_H
#define LODGER_NET_DNS_H

#include "frame.h"
#include "loop.h"
#include "resolv.h"

/* Sends a frame to the container. */
typedef void dns_send_fn(void *arg, const uint8_t *frame, size_t n);

struct dns;

/* `resolv` and what `outbound` names (per family, may be NULL) must live as long. */
struct dns *dns_new(struct loop *loop, const struct resolv *resolv, uint32_t mtu,
	const union addr *outbound4, const union addr *outbound6, dns_send_fn *send, void *arg);

/* A query came from the container. */
void dns_query(struct dns *d, const struct frame_udp *u);

/* When dns_timeout() wants to be called: CLOCK_MONOTONIC in ns, UINT64_MAX = not at all. */
uint64_t dns_deadline(const struct dns *d);
void dns_timeout(struct dns *d);

/* The resolver that answered last, for those who can ask only one. */
const union addr *dns_best(const struct dns *d);

#endif
