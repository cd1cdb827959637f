// SPDX-License-Identifier: Apache-2.0
/*
 * TCP connections followed between the container and libslirp; see flow.h. Runs in the sandbox; the
 * container's segments are checked as far as they are used, and what is believed wrongly harms the
 * container's own connection only.
 *
 * Two things, each worth a multiple where it counts (docs/network.md):
 *
 * - Acknowledgements. libslirp answers each segment at once. One that carries no data is held
 *   until the batch of frames is through, or until data goes the same way, which then carries it.
 * - Ends. After a connection that the far end closed first, libslirp waits ten seconds, with the
 *   host's socket open and in all its lists (TIME_WAIT, RFC 9293 3.6.1). That protects against old
 *   duplicates, which a TAP device does not make: once both ends are acknowledged, libslirp gets a
 *   reset in the container's name and forgets the connection.
 */
#include "flow.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "frame.h"
#include "segment.h"

#define BUCKETS    4096u
#define FLOWS_MAX  16384u /* of which an end is known and the rest not: 2 MiB */
#define HELD_MAX   (FRAME_ETH_LEN + 40 + 60)
#define INJECT_MAX 256u

/* Both directions of a connection have one key: the container's end first. */
struct key {
	uint8_t guest[16];
	uint8_t host[16];
	uint16_t guest_port;
	uint16_t host_port;
	uint16_t ethertype;
};

struct flow {
	struct flow *next; /* in its bucket, or in the list of free ones */
	struct key key;
	uint8_t eth[12]; /* of the container's frames */
	bool host_first; /* libslirp ended its direction before it heard the container's end */
	bool guest_fin;
	bool host_fin;
	bool host_fin_acked;
	uint32_t guest_end; /* the sequence number behind the FIN */
	uint32_t host_end;
};

struct flows {
	struct flow *buckets[BUCKETS];
	size_t n; /* in buckets */
	struct flow *free;
	struct flow *inject[INJECT_MAX]; /* out of their buckets: libslirp is to forget them */
	unsigned inject_n;
	size_t held_len;
	uint32_t held_ack;
	struct key held_key;
	uint8_t held[HELD_MAX];
};

struct flows *flows_new(void)
{
	return xcalloc(1, sizeof(struct flows));
}

static void free_list(struct flow *list)
{
	while (list) {
		struct flow *next = list->next;

		free(list);
		list = next;
	}
}

void flows_free(struct flows *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < BUCKETS; i++)
		free_list(f->buckets[i]);
	for (unsigned i = 0; i < f->inject_n; i++)
		free(f->inject[i]);
	free_list(f->free);
	free(f);
}

static struct key make_key(const struct segment *s, bool from_guest)
{
	struct key k = {.ethertype = s->ethertype};
	size_t n = s->ethertype == ETH_IP ? 4 : 16;
	const uint8_t *src = s->ip + (n == 4 ? 12 : 8), *dst = src + n;

	memcpy(k.guest, from_guest ? src : dst, n);
	memcpy(k.host, from_guest ? dst : src, n);
	k.guest_port = get16(s->tcp + (from_guest ? 0 : 2));
	k.host_port = get16(s->tcp + (from_guest ? 2 : 0));
	return k;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->guest_port == b->guest_port && a->host_port == b->host_port &&
	       a->ethertype == b->ethertype && memcmp(a->host, b->host, 16) == 0 &&
	       memcmp(a->guest, b->guest, 16) == 0;
}

/* The container chooses what collides, and slows only itself down by it. */
static struct flow **find(struct flows *f, const struct key *k)
{
	uint32_t h = k->guest_port * 0x9e3779b1u ^ k->host_port * 0x85ebca6bu;
	struct flow **at;

	for (unsigned i = 0; i < 16; i += 4)
		h = (h ^ get32(k->host + i)) * 0xc2b2ae35u;
	h ^= h >> 15;
	for (at = &f->buckets[h % BUCKETS]; *at && !same_key(&(*at)->key, k); at = &(*at)->next)
		;
	return at;
}

/* Out of its bucket; the caller has it then. */
static struct flow *take(struct flows *f, struct flow **at)
{
	struct flow *flow = *at;

	*at = flow->next;
	f->n--;
	return flow;
}

static void forget(struct flows *f, struct flow **at)
{
	struct flow *flow = *at ? take(f, at) : NULL;

	if (!flow)
		return;
	flow->next = f->free;
	f->free = flow;
}

static void forget_all(struct flows *f)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		while (f->buckets[i])
			forget(f, &f->buckets[i]);
}

/*
 * A flow is known from the first end on: before, there is nothing to remember about it. One whose
 * other end never comes, or that the container only pretends to have, would be known for ever; so
 * when there are too many, all are forgotten, which costs those that are ending now their reset.
 */
static struct flow *obtain(struct flows *f, const struct key *k)
{
	struct flow **at = find(f, k);
	struct flow *flow = *at;

	if (flow)
		return flow;
	if (f->n == FLOWS_MAX) {
		forget_all(f);
		at = find(f, k);
	}
	flow = f->free;
	if (flow)
		f->free = flow->next;
	else
		flow = xmalloc(sizeof(*flow));
	memset(flow, 0, sizeof(*flow));
	flow->key = *k;
	*at = flow;
	f->n++;
	return flow;
}

void flow_from_guest(struct flows *f, uint8_t *frame, size_t n)
{
	struct segment s;
	struct flow *flow;
	struct key k;

	if (!segment_parse(frame, n, &s))
		return;
	k = make_key(&s, true);
	if (s.flags & (SYN | RST)) {
		forget(f, find(f, &k));
		return;
	}
	flow = s.flags & FIN ? obtain(f, &k) : *find(f, &k);
	if (!flow)
		return;
	if (s.flags & FIN) {
		flow->guest_fin = true;
		flow->guest_end = s.seq + (uint32_t)s.len + 1;
		memcpy(flow->eth, frame, sizeof(flow->eth));
	}
	if (!flow->host_fin || !(s.flags & ACK) || s.ack != flow->host_end)
		return;
	flow->host_fin_acked = true;
	/* The container ended first, and this is the last segment: libslirp has forgotten it. */
	if (flow->guest_fin && !flow->host_first)
		forget(f, find(f, &k));
}

/* libslirp has heard the container's end and acknowledges it: is it in TIME_WAIT now? */
static void check_end(struct flows *f, struct flow *flow, const struct segment *s)
{
	struct flow **at;

	if (!flow->guest_fin || !(s->flags & ACK) || s->ack != flow->guest_end)
		return;
	if (!flow->host_fin || !flow->host_fin_acked)
		return;
	at = find(f, &flow->key);
	if (!flow->host_first || f->inject_n == INJECT_MAX) {
		forget(f, at);
		return;
	}
	f->inject[f->inject_n++] = take(f, at);
}

static void follow_host(struct flows *f, const struct segment *s, const struct key *k)
{
	struct flow *flow;

	if (s->flags & (SYN | RST)) {
		forget(f, find(f, k));
		return;
	}
	flow = s->flags & FIN ? obtain(f, k) : *find(f, k);
	if (!flow)
		return;
	if ((s->flags & FIN) && !flow->host_fin) {
		flow->host_fin = true;
		flow->host_first = !flow->guest_fin;
		flow->host_end = s->seq + (uint32_t)s->len + 1;
	}
	check_end(f, flow, s);
}

enum flow_verdict flow_from_host(struct flows *f, uint8_t *frame, size_t n)
{
	struct segment s;
	struct key k;

	if (!segment_parse(frame, n, &s))
		return FLOW_SEND;
	k = make_key(&s, false);
	follow_host(f, &s, &k);
	/* What goes out on the connection now says what the held one would have. */
	if (f->held_len && same_key(&k, &f->held_key) && !(s.flags & RST) && (s.flags & ACK) &&
		(s.len || s.ack != f->held_ack))
		f->held_len = 0;
	/* A duplicate counts by itself: three of them ask for a segment that was lost. */
	if (s.len || (s.flags & (SYN | FIN | RST)) || f->held_len || n > HELD_MAX)
		return FLOW_SEND;
	memcpy(f->held, frame, n);
	f->held_len = n;
	f->held_key = k;
	f->held_ack = s.ack;
	return FLOW_HOLD;
}

size_t flow_held(struct flows *f, const uint8_t **ret)
{
	size_t n = f->held_len;

	f->held_len = 0;
	*ret = f->held;
	return n;
}

size_t flow_count(const struct flows *f)
{
	return f->n;
}

size_t flow_inject(struct flows *f, uint8_t *buf, size_t size)
{
	struct flow *flow;
	bool v4;
	size_t ip_len, n;
	uint8_t *ip = buf + FRAME_ETH_LEN, *tcp;
	uint32_t sum;

	if (!f->inject_n)
		return 0;
	flow = f->inject[--f->inject_n];
	v4 = flow->key.ethertype == ETH_IP;
	ip_len = v4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
	n = FRAME_ETH_LEN + ip_len + sizeof(struct tcphdr);
	tcp = ip + ip_len;
	if (n <= size) {
		size_t addr = v4 ? 4 : 16;
		uint8_t *src = ip + (v4 ? 12 : 8);

		memset(buf, 0, n);
		memcpy(buf, flow->eth, sizeof(flow->eth));
		put16(buf + 12, flow->key.ethertype);
		ip[0] = v4 ? 0x45 : 0x60;
		put16(ip + (v4 ? 2 : 4),
			(uint16_t)(v4 ? n - FRAME_ETH_LEN : sizeof(struct tcphdr)));
		ip[v4 ? 9 : 6] = IPPROTO_TCP;
		ip[v4 ? 8 : 7] = 64;
		memcpy(src, flow->key.guest, addr);
		memcpy(src + addr, flow->key.host, addr);
		put16(tcp, flow->key.guest_port);
		put16(tcp + 2, flow->key.host_port);
		put32(tcp + 4, flow->guest_end);
		tcp[12] = sizeof(struct tcphdr) / 4 << 4;
		tcp[13] = RST;
		sum = segment_pseudo_sum(ip, flow->key.ethertype, sizeof(struct tcphdr));
		put16(tcp + 16, frame_checksum(sum, tcp, sizeof(struct tcphdr)));
		if (v4)
			put16(ip + 10, frame_checksum(0, ip, ip_len));
	}
	flow->next = f->free;
	f->free = flow;
	return n <= size ? n : 0;
}
