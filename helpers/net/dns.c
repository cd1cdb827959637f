// SPDX-License-Identifier: Apache-2.0
/*
 * The DNS forwarder; see dns.h. Messages are passed on as they are: all that is read of them is
 * the response code, and only in answers of the host's resolvers.
 */
#include "dns.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "intercept.h"

#define QUERIES_MAX 256u
#define QUERY_MAX   1500u /* of the container's; longer ones belong on TCP */
#define NEXT_NS     (1000 * NS_PER_MS) /* an answer may still come after the next was asked */
#define LAST_NS     (10000 * NS_PER_MS)
#define DNS_HEADER  12u
#define FLAGS_TC    0x02u
#define RCODE(m)    ((m)[3] & 15u)
#define ANSWER_MAX  65535u

struct query;

/* The question put to one resolver. */
struct attempt {
	struct query *query;
	struct watch watch; /* the socket, -1 if not open */
};

struct query {
	struct dns *dns;
	bool under_way;
	union addr src; /* the container's process */
	union addr dst; /* whom it asked */
	uint8_t eth_src[6];
	uint8_t eth_dst[6];
	unsigned tried; /* resolvers that were asked */
	struct attempt attempts[NET_RESOLVERS_MAX];
	uint64_t deadline;
	size_t len;
	uint8_t msg[QUERY_MAX];
};

struct dns {
	struct loop *loop;
	const struct resolv *resolv;
	uint32_t mtu;
	const union addr *outbound4;
	const union addr *outbound6;
	dns_send_fn *send;
	void *arg;
	unsigned under_way;
	unsigned next; /* the oldest slot, which is used again if all are under way */
	union addr best;
	struct query queries[QUERIES_MAX];
	uint8_t answer[ANSWER_MAX];
	uint8_t frame[FRAME_MAX];
};

static watch_fn on_answer;

struct dns *dns_new(struct loop *loop, const struct resolv *resolv, uint32_t mtu,
	const union addr *outbound4, const union addr *outbound6, dns_send_fn *send, void *arg)
{
	struct dns *d = xcalloc(1, sizeof(*d));

	d->loop = loop;
	d->resolv = resolv;
	d->mtu = mtu;
	d->outbound4 = outbound4;
	d->outbound6 = outbound6;
	d->send = send;
	d->arg = arg;
	return d;
}

static void finish(struct query *q)
{
	if (!q->under_way)
		return;
	for (unsigned i = 0; i < q->tried; i++) {
		loop_unwatch(q->dns->loop, &q->attempts[i].watch);
		close_fd(&q->attempts[i].watch.fd);
	}
	q->under_way = false;
	q->dns->under_way--;
}

/* A connected socket, so that the kernel takes answers from that resolver alone. */
static int ask(struct query *q, struct attempt *at, const union addr *resolver)
{
	const struct dns *d = q->dns;
	const union addr *from = resolver->sa.sa_family == AF_INET ? d->outbound4 : d->outbound6;
	auto_fd int fd =
		socket(resolver->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*at = (struct attempt){.query = q, .watch = {.fd = -1, .fn = on_answer, .arg = at}};
	if (fd < 0)
		return -errno;
	/* A stub resolver on loopback takes no queries from elsewhere. */
	if (from && !addr_is_loopback(&resolver->sa) && bind(fd, &from->sa, addr_len(from)) < 0)
		return -errno;
	if (intercept_connect_own(fd, resolver) < 0 || send(fd, q->msg, q->len, 0) < 0)
		return -errno;
	at->watch.fd = take_fd(&fd);
	return loop_watch(d->loop, &at->watch, EPOLLIN);
}

/* Ask the next resolver that can be asked. False if there is none. */
static bool ask_next(struct query *q)
{
	const struct resolv *r = q->dns->resolv;

	while (q->tried < r->n) {
		unsigned i = q->tried++;

		if (ask(q, &q->attempts[i], &r->list[i]) < 0)
			continue;
		q->deadline = loop_now() + (q->tried < r->n ? NEXT_NS : LAST_NS);
		return true;
	}
	return false;
}

void dns_query(struct dns *d, const struct frame_udp *u)
{
	struct query *q = &d->queries[d->next];

	if (u->len < DNS_HEADER || u->len > QUERY_MAX)
		return;
	for (unsigned i = 0; i < QUERIES_MAX && q->under_way; i++)
		q = &d->queries[(d->next + i) % QUERIES_MAX];
	if (q->under_way)
		q = &d->queries[d->next];
	finish(q);
	d->next = (unsigned)(q - d->queries + 1) % QUERIES_MAX;
	q->dns = d;
	q->under_way = true;
	d->under_way++;
	q->src = u->src;
	q->dst = u->dst;
	memcpy(q->eth_src, u->eth_src, sizeof(q->eth_src));
	memcpy(q->eth_dst, u->eth_dst, sizeof(q->eth_dst));
	memcpy(q->msg, u->payload, u->len);
	q->len = u->len;
	q->tried = 0;
	/* Where nobody can be asked, the container's own time-out tells it. */
	if (!ask_next(q))
		finish(q);
}

/* What does not fit into a frame is cut after the header and marked: the asker comes by TCP. */
static void answer(struct query *q, uint8_t *msg, size_t n)
{
	struct dns *d = q->dns;
	size_t headers = q->src.sa.sa_family == AF_INET ? 28 : 48;
	struct frame_udp u = {.src = q->dst,
		.dst = q->src,
		.payload = msg,
		.len = n,
		.eth_src = q->eth_dst,
		.eth_dst = q->eth_src};
	size_t len;

	if (n + headers > d->mtu) {
		msg[2] |= FLAGS_TC;
		memset(msg + 4, 0, DNS_HEADER - 4);
		u.len = DNS_HEADER;
	}
	len = frame_udp_build(&u, d->frame, sizeof(d->frame));
	if (len)
		d->send(d->arg, d->frame, len);
}

/* SERVFAIL, NOTIMP, REFUSED: another may know. */
static bool is_failure(const uint8_t *msg)
{
	return RCODE(msg) == 2 || RCODE(msg) == 4 || RCODE(msg) == 5;
}

/* The host says that nobody is there, or the resolver that it cannot say. */
static void failed(struct query *q, struct attempt *at)
{
	loop_unwatch(q->dns->loop, &at->watch);
	close_fd(&at->watch.fd);
	ask_next(q);
}

static void on_answer(void *arg, uint32_t events)
{
	struct attempt *at = arg;
	struct query *q = at->query;
	struct dns *d = q->dns;
	ssize_t n = recv(at->watch.fd, d->answer, sizeof(d->answer), 0);
	size_t nr = (size_t)(at - q->attempts);

	(void)events;
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			failed(q, at);
		return;
	}
	/* Another query's answer, or half of one: this one's may still come. */
	if (n < (ssize_t)DNS_HEADER || memcmp(d->answer, q->msg, 2) != 0)
		return;
	if (is_failure(d->answer) && q->tried < d->resolv->n) {
		failed(q, at);
		return;
	}
	if (nr < d->resolv->n)
		d->best = d->resolv->list[nr];
	answer(q, d->answer, (size_t)n);
	finish(q);
}

uint64_t dns_deadline(const struct dns *d)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < QUERIES_MAX && d->under_way; i++) {
		if (d->queries[i].under_way && d->queries[i].deadline < first)
			first = d->queries[i].deadline;
	}
	return first;
}

void dns_timeout(struct dns *d)
{
	uint64_t now = loop_now();

	for (unsigned i = 0; i < QUERIES_MAX && d->under_way; i++) {
		struct query *q = &d->queries[i];

		if (q->under_way && q->deadline <= now && !ask_next(q))
			finish(q);
	}
}

const union addr *dns_best(const struct dns *d)
{
	for (unsigned i = 0; i < d->resolv->n; i++) {
		if (addr_same_host(&d->resolv->list[i], &d->best))
			return &d->best;
	}
	return &d->resolv->list[0];
}
