// SPDX-License-Identifier: Apache-2.0
/*
 * ICMPv6 echo by the host's unprivileged echo sockets, icmp(7); see echo6.h. The kernel puts its
 * own identifier into what is sent and checks that the answer has it: one socket for each of the
 * container's (address, destination, identifier).
 */
#include "echo6.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "intercept.h"

#define SESSIONS_MAX 64u
#define IDLE_NS      (10000 * NS_PER_MS)
#define HEAD         (FRAME_ETH_LEN + sizeof(struct ip6_hdr))
#define ICMP_HEAD    8u /* type, code, checksum, identifier, sequence number */

struct session {
	struct echo6 *owner;
	struct watch watch; /* the socket; -1 = slot not used */
	uint8_t eth[12];
	uint8_t guest[16];
	uint8_t host[16];
	uint8_t id[2];
	uint64_t deadline;
};

struct echo6 {
	struct loop *loop;
	const union addr *outbound;
	echo6_send_fn *send;
	void *arg;
	unsigned open;
	unsigned next; /* whose slot is used again where all are */
	struct session sessions[SESSIONS_MAX];
	uint8_t frame[FRAME_MAX];
};

struct echo6 *echo6_new(
	struct loop *loop, const union addr *outbound, echo6_send_fn *send, void *arg)
{
	struct echo6 *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->outbound = outbound;
	s->send = send;
	s->arg = arg;
	for (unsigned i = 0; i < SESSIONS_MAX; i++)
		s->sessions[i].watch.fd = -1;
	return s;
}

bool echo6_is_request(const uint8_t *frame, size_t n, union addr *ret_dst)
{
	const uint8_t *ip = frame + FRAME_ETH_LEN;
	size_t len;

	if (n < HEAD + ICMP_HEAD || frame[12] != 0x86 || frame[13] != 0xdd || ip[0] >> 4 != 6 ||
		ip[6] != IPPROTO_ICMPV6)
		return false;
	len = (size_t)ip[4] << 8 | ip[5];
	if (len < ICMP_HEAD || len > n - HEAD || frame[HEAD] != ICMP6_ECHO_REQUEST)
		return false;
	memset(ret_dst, 0, sizeof(*ret_dst));
	ret_dst->in6.sin6_family = AF_INET6;
	memcpy(&ret_dst->in6.sin6_addr, ip + 24, 16);
	return true;
}

static void session_end(struct session *e)
{
	if (e->watch.fd < 0)
		return;
	loop_unwatch(e->owner->loop, &e->watch);
	close_fd(&e->watch.fd);
	e->owner->open--;
}

/* The answer's frame: addresses and identifier as the container knows them. */
static void on_answer(void *arg, uint32_t events)
{
	struct session *e = arg;
	struct echo6 *s = e->owner;
	uint8_t *ip = s->frame + FRAME_ETH_LEN, *icmp = s->frame + HEAD;
	ssize_t n = recv(e->watch.fd, icmp, sizeof(s->frame) - HEAD, 0);
	uint32_t sum;
	uint16_t checksum;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < (ssize_t)ICMP_HEAD || n > 65535) {
		session_end(e);
		return;
	}
	if (icmp[0] != ICMP6_ECHO_REPLY)
		return;
	memset(s->frame, 0, HEAD);
	memcpy(s->frame, e->eth + 6, 6);
	memcpy(s->frame + 6, e->eth, 6);
	s->frame[12] = 0x86;
	s->frame[13] = 0xdd;
	ip[0] = 0x60;
	ip[4] = (uint8_t)(n >> 8);
	ip[5] = (uint8_t)n;
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = 64;
	memcpy(ip + 8, e->host, 16);
	memcpy(ip + 24, e->guest, 16);
	memcpy(icmp + 4, e->id, 2);
	icmp[2] = icmp[3] = 0;
	sum = IPPROTO_ICMPV6 + (uint32_t)n;
	for (unsigned i = 8; i < 40; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	checksum = frame_checksum(sum, icmp, (size_t)n);
	icmp[2] = (uint8_t)(checksum >> 8);
	icmp[3] = (uint8_t)checksum;
	s->send(s->arg, s->frame, HEAD + (size_t)n);
}

static int open_socket(const struct echo6 *s, const union addr *dst)
{
	auto_fd int fd =
		socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	if (fd < 0 || (s->outbound && bind(fd, &s->outbound->sa, addr_len(s->outbound)) < 0) ||
		intercept_connect_own(fd, dst) < 0)
		return -1;
	return take_fd(&fd);
}

static struct session *find(struct echo6 *s, const uint8_t *frame, const union addr *dst)
{
	const uint8_t *ip = frame + FRAME_ETH_LEN, *id = frame + HEAD + 4;
	struct session *e, *unused = NULL;
	int fd;

	for (e = s->sessions; e < s->sessions + SESSIONS_MAX; e++) {
		if (e->watch.fd < 0)
			unused = e;
		else if (memcmp(e->guest, ip + 8, 16) == 0 && memcmp(e->host, ip + 24, 16) == 0 &&
			 memcmp(e->id, id, 2) == 0)
			return e;
	}
	fd = open_socket(s, dst);
	if (fd < 0)
		return NULL;
	e = unused ? unused : &s->sessions[s->next++ % SESSIONS_MAX];
	session_end(e);
	*e = (struct session){.owner = s, .watch = {.fd = fd, .fn = on_answer, .arg = e}};
	memcpy(e->eth, frame, sizeof(e->eth));
	memcpy(e->guest, ip + 8, 16);
	memcpy(e->host, ip + 24, 16);
	memcpy(e->id, id, 2);
	s->open++;
	loop_watch(s->loop, &e->watch, EPOLLIN);
	return e;
}

void echo6_request(struct echo6 *s, const uint8_t *frame, size_t n)
{
	union addr dst;
	struct session *e;

	if (!echo6_is_request(frame, n, &dst))
		return;
	e = find(s, frame, &dst);
	if (!e)
		return;
	e->deadline = loop_now() + IDLE_NS;
	if (send(e->watch.fd, frame + HEAD,
		    (size_t)frame[FRAME_ETH_LEN + 4] << 8 | frame[FRAME_ETH_LEN + 5], 0) < 0)
		session_end(e);
}

uint64_t echo6_deadline(const struct echo6 *s)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < SESSIONS_MAX && s->open; i++) {
		if (s->sessions[i].watch.fd >= 0 && s->sessions[i].deadline < first)
			first = s->sessions[i].deadline;
	}
	return first;
}

void echo6_timeout(struct echo6 *s)
{
	uint64_t now = s->open ? loop_now() : 0;

	for (unsigned i = 0; i < SESSIONS_MAX && s->open; i++) {
		if (s->sessions[i].deadline <= now)
			session_end(&s->sessions[i]);
	}
}
