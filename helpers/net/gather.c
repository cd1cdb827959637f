// SPDX-License-Identifier: Apache-2.0
/*
 * Segments gathered; see gather.h. What the container's kernel does for a frame, other than copying
 * it, it does once for all segments in it: routing, the socket's lock, the wake-up of who reads. It
 * takes a frame like this for one that a network card's driver has put together (GRO), and would
 * take it apart again if it had to forward it.
 *
 * libslirp's checksum is replaced by the pseudo header's part of it, as the kernel leaves it to a
 * network card (VIRTIO_NET_HDR_F_NEEDS_CSUM, virtio 1.2, 5.1.6.2): to the container's kernel, what
 * has not left the machine has not been damaged.
 */
#include "gather.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "frame.h"
#include "segment.h"

#define SMALL     512u /* bytes of payload below which a copy less is no gain */
#define TCP_LEN   sizeof(struct tcphdr) /* without options: libslirp's data has none */
#define TOTAL_MAX 65535u /* what a length in an IP header can say */

struct gather {
	size_t headers; /* Ethernet, IP and TCP in front of the payload; 0 = nothing is here */
	size_t copied; /* bytes of payload in buf */
	size_t each; /* of payload in the first segment, and in all but the last */
	uint16_t ethertype;
	uint32_t next; /* the sequence number that follows */
	const uint8_t *last; /* payload that need not be copied: nothing comes behind it */
	size_t last_len;
	uint8_t buf[GATHER_HEADER + FRAME_MAX];
};

_Static_assert((GATHER_HEADER + FRAME_ETH_LEN) % 4 == 0, "IP headers in buf are aligned");

struct gather *gather_new(void)
{
	return xcalloc(1, sizeof(struct gather));
}

void gather_free(struct gather *g)
{
	free(g);
}

/* Nothing but data, with the headers that libslirp makes. */
static bool is_data(const struct segment *s, size_t n)
{
	size_t ip_len = s->ethertype == ETH_IP ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);

	return s->len >= SMALL && s->header == TCP_LEN && (s->flags & ~PSH) == ACK &&
	       s->tcp == s->ip + ip_len && n == FRAME_ETH_LEN + ip_len + TCP_LEN + s->len;
}

/* What an IP header has to say of the length with that much payload. */
static size_t total(uint16_t ethertype, size_t payload)
{
	return (ethertype == ETH_IP ? sizeof(struct iphdr) : 0) + TCP_LEN + payload;
}

/* The next segment of the same connection, with nothing new in its headers. */
static bool goes_with(const struct gather *g, const uint8_t *frame, const struct segment *s)
{
	const uint8_t *first = g->buf + GATHER_HEADER, *ip = first + FRAME_ETH_LEN;
	const uint8_t *tcp = first + g->headers - TCP_LEN;

	if (s->ethertype != g->ethertype || s->seq != g->next || s->len > g->each ||
		total(s->ethertype, g->copied + s->len) > TOTAL_MAX)
		return false;
	if (memcmp(first, frame, FRAME_ETH_LEN) != 0 || memcmp(tcp, s->tcp, 4) != 0 ||
		memcmp(tcp + 8, s->tcp + 8, 5) != 0 || memcmp(tcp + 14, s->tcp + 14, 2) != 0)
		return false;
	/* All but length, identification and checksum. */
	return s->ethertype == ETH_IP
		       ? memcmp(ip, s->ip, 2) == 0 && memcmp(ip + 6, s->ip + 6, 4) == 0 &&
				 memcmp(ip + 12, s->ip + 12, 8) == 0
		       : memcmp(ip, s->ip, 4) == 0 && memcmp(ip + 6, s->ip + 6, 34) == 0;
}

static void begin(struct gather *g, const uint8_t *frame, const struct segment *s)
{
	g->headers = (size_t)(s->tcp - frame) + TCP_LEN;
	g->ethertype = s->ethertype;
	g->copied = 0;
	g->each = s->len;
	memcpy(g->buf + GATHER_HEADER, frame, g->headers);
}

enum gather_verdict gather_add(struct gather *g, const uint8_t *frame, size_t n)
{
	struct segment s;
	const uint8_t *payload;

	if (!segment_parse((uint8_t *)(uintptr_t)frame, n, &s) || !is_data(&s, n))
		return GATHER_NO;
	if (!g->headers)
		begin(g, frame, &s);
	else if (!goes_with(g, frame, &s))
		return GATHER_NO;
	payload = s.tcp + TCP_LEN;
	g->next = s.seq + (uint32_t)s.len;
	g->buf[GATHER_HEADER + g->headers - TCP_LEN + 13] |= s.flags;
	/* Pushed: libslirp has nothing more. A shorter one can only be the last (virtio 1.2). */
	if ((s.flags & PSH) || s.len < g->each ||
		total(g->ethertype, g->copied + 2 * g->each) > TOTAL_MAX) {
		g->last = payload;
		g->last_len = s.len;
		return GATHER_DONE;
	}
	memcpy(g->buf + GATHER_HEADER + g->headers + g->copied, payload, s.len);
	g->copied += s.len;
	return GATHER_MORE;
}

/* The IP header's length, and the checksums of both. */
static void finish_headers(const struct gather *g, uint8_t *frame, size_t payload)
{
	uint8_t *ip = frame + FRAME_ETH_LEN, *tcp = frame + g->headers - TCP_LEN;
	uint32_t sum = segment_pseudo_sum(ip, g->ethertype, TCP_LEN + payload);

	if (g->ethertype == ETH_IP) {
		put16(ip + 2, (uint16_t)total(ETH_IP, payload));
		put16(ip + 10, 0);
		put16(ip + 10, frame_checksum(0, ip, sizeof(struct iphdr)));
	} else {
		put16(ip + 4, (uint16_t)total(ETH_IPV6, payload));
	}
	/* Not inverted: who sums up the segment with it in its place gets the whole. */
	put16(tcp + 16, (uint16_t)~frame_checksum(sum, NULL, 0));
}

int gather_take(struct gather *g, struct iovec parts[GATHER_PARTS])
{
	size_t headers = g->headers, payload = g->copied + g->last_len;
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)(headers - TCP_LEN),
		.csum_offset = 16,
		.hdr_len = (uint16_t)headers,
	};
	int n = 1;

	if (!headers)
		return 0;
	if (payload > g->each) {
		h.gso_type = g->ethertype == ETH_IP ? VIRTIO_NET_HDR_GSO_TCPV4
						    : VIRTIO_NET_HDR_GSO_TCPV6;
		h.gso_size = (uint16_t)g->each;
	}
	memcpy(g->buf, &h, sizeof(h));
	finish_headers(g, g->buf + GATHER_HEADER, payload);
	parts[0] = (struct iovec){g->buf, GATHER_HEADER + headers + g->copied};
	if (g->last_len)
		parts[n++] = (struct iovec){(void *)(uintptr_t)g->last, g->last_len};
	g->headers = 0;
	g->last_len = 0;
	return n;
}
