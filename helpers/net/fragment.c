// SPDX-License-Identifier: Apache-2.0
/* IPv4 reassembly (RFC 791 3.2, RFC 815's arrangement is not needed); see fragment.h. Pure. */
#include "fragment.h"

#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "frame.h"

#define DATAGRAMS_MAX 16u
#define HEADER        sizeof(struct iphdr) /* what is handed on: options are left out */
#define DATA_MAX      (65535u - HEADER)
#define BLOCKS        8192u /* of 8 bytes each */
#define TIMEOUT_NS    15000000000ull

struct datagram {
	bool used;
	uint8_t key[11]; /* source, destination, identification, protocol */
	uint8_t head[FRAME_ETH_LEN + HEADER]; /* of the fragment that came first */
	size_t have; /* bytes */
	size_t total; /* 0 until the last fragment is there */
	uint64_t deadline;
	uint64_t blocks[BLOCKS / 64]; /* those that are there */
	uint8_t *frame; /* allocated when the slot is first used, then kept */
};

struct fragments {
	struct datagram v[DATAGRAMS_MAX];
	unsigned next; /* whose slot is used again where all are */
};

struct fragments *fragments_new(void)
{
	return xcalloc(1, sizeof(struct fragments));
}

void fragments_free(struct fragments *f)
{
	for (unsigned i = 0; f && i < DATAGRAMS_MAX; i++)
		free(f->v[i].frame);
	free(f);
}

bool fragment_is(const uint8_t *frame, size_t n)
{
	return n >= FRAME_ETH_LEN + HEADER && get16(frame + 12) == 0x0800 &&
	       (get16(frame + FRAME_ETH_LEN + 6) & (IP_MF | IP_OFFMASK));
}

static struct datagram *find(
	struct fragments *f, const uint8_t *ip, const uint8_t *frame, uint64_t now)
{
	struct datagram *d, *unused = NULL;
	uint8_t key[sizeof(d->key)];
	uint8_t *buf;

	memcpy(key, ip + 12, 8);
	memcpy(key + 8, ip + 4, 2);
	key[10] = ip[9];
	for (d = f->v; d < f->v + DATAGRAMS_MAX; d++) {
		if (d->used && d->deadline <= now)
			d->used = false;
		if (d->used && memcmp(d->key, key, sizeof(key)) == 0)
			return d;
		if (!d->used)
			unused = d;
	}
	d = unused ? unused : &f->v[f->next++ % DATAGRAMS_MAX];
	buf = d->frame ? d->frame : xmalloc(FRAME_ETH_LEN + 65535);
	*d = (struct datagram){.used = true, .deadline = now + TIMEOUT_NS, .frame = buf};
	memcpy(d->key, key, sizeof(key));
	memcpy(d->head, frame, sizeof(d->head));
	return d;
}

/* Mark the blocks as there. False if one was already. */
static bool mark(struct datagram *d, size_t offset, size_t len)
{
	for (size_t i = offset / 8; i < (offset + len + 7) / 8; i++) {
		if (d->blocks[i / 64] >> (i % 64) & 1)
			return false;
		d->blocks[i / 64] |= 1ull << (i % 64);
	}
	return true;
}

/* As many bytes as the whole has may have come and yet leave a hole, with one behind its end. */
static bool is_whole(const struct datagram *d)
{
	for (size_t i = 0; i < (d->total + 7) / 8; i++) {
		if (!(d->blocks[i / 64] >> (i % 64) & 1))
			return false;
	}
	return d->have == d->total;
}

size_t fragment_add(
	struct fragments *f, const uint8_t *frame, size_t n, uint64_t now_ns, uint8_t **ret)
{
	const uint8_t *ip = frame + FRAME_ETH_LEN;
	size_t header = (size_t)(ip[0] & 15) * 4, total = get16(ip + 2), len;
	size_t offset = (size_t)(get16(ip + 6) & IP_OFFMASK) * 8;
	bool more = get16(ip + 6) & IP_MF;
	struct datagram *d;

	if (ip[0] >> 4 != 4 || header < HEADER || total <= header || total > n - FRAME_ETH_LEN)
		return 0;
	len = total - header;
	if (offset + len > DATA_MAX || (more && len % 8))
		return 0;
	d = find(f, ip, frame, now_ns);
	if (!mark(d, offset, len) || (d->total && (!more || offset + len > d->total))) {
		d->used = false;
		return 0;
	}
	memcpy(d->frame + sizeof(d->head) + offset, ip + header, len);
	d->have += len;
	if (!more)
		d->total = offset + len;
	if (!d->total || d->have < d->total)
		return 0;
	d->used = false;
	if (!is_whole(d))
		return 0;
	memcpy(d->frame, d->head, sizeof(d->head));
	ip = d->frame + FRAME_ETH_LEN;
	d->frame[FRAME_ETH_LEN] = 0x45;
	put16(d->frame + FRAME_ETH_LEN + 2, (uint16_t)(HEADER + d->total));
	put16(d->frame + FRAME_ETH_LEN + 6, 0);
	put16(d->frame + FRAME_ETH_LEN + 10, 0);
	put16(d->frame + FRAME_ETH_LEN + 10, frame_checksum(0, ip, HEADER));
	*ret = d->frame;
	return sizeof(d->head) + d->total;
}
