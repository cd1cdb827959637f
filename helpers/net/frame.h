// SPDX-License-Identifier: Apache-2.0
/*
 * Ethernet frames of the container: what lodger-net itself looks at before libslirp gets them. The
 * container writes them as it likes, so every length is checked before it is used. Pure.
 */
#ifndef LODGER_NET_FRAME_H
#define LODGER_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define FRAME_ETH_LEN         14u
#define FRAME_MAX             (NET_FRAME_PAYLOAD_MAX + FRAME_ETH_LEN)
#define NET_FRAME_PAYLOAD_MAX 65535u

/* A UDP datagram that is whole in one frame. Pointers are into the frame. */
struct frame_udp {
	union addr src; /* with ports */
	union addr dst;
	const uint8_t *payload;
	size_t len;
	const uint8_t *eth_src; /* 6 bytes each */
	const uint8_t *eth_dst;
};

/* False for everything that is not such a datagram: fragments and extension headers too. */
bool frame_udp_parse(const uint8_t *frame, size_t n, struct frame_udp *ret);

/*
 * Write the frame of a datagram into `buf`. Returns its length, or 0 where it does not fit. The
 * two addresses are of one family.
 */
size_t frame_udp_build(const struct frame_udp *u, uint8_t *buf, size_t size);

/* The Internet checksum (RFC 1071) of some bytes, on top of a sum of 16 bit words. */
uint16_t frame_checksum(uint32_t sum, const uint8_t *data, size_t n);

#endif
