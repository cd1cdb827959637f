// SPDX-License-Identifier: Apache-2.0
/* TCP segments in Ethernet frames, checked as far as their own lengths go. Pure. */
#ifndef LODGER_NET_SEGMENT_H
#define LODGER_NET_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETH_IP   0x0800
#define ETH_IPV6 0x86dd

/* Flags of RFC 9293 3.1. */
#define FIN 0x01u
#define SYN 0x02u
#define RST 0x04u
#define PSH 0x08u
#define ACK 0x10u

/* Pointers are into the frame. */
struct segment {
	uint8_t *ip;
	uint8_t *tcp;
	size_t header; /* of TCP, with options */
	size_t len; /* of the payload */
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	uint16_t ethertype;
};

/* False for everything that is not a whole segment: fragments and extension headers too. */
bool segment_parse(uint8_t *frame, size_t n, struct segment *ret);

/* The sum of 16 bit words, not folded, that the pseudo header adds (RFC 9293 3.1, RFC 8200 8.1). */
uint32_t segment_pseudo_sum(const uint8_t *ip, uint16_t ethertype, size_t tcp_len);

#endif
