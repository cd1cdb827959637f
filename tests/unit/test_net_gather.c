// SPDX-License-Identifier: Apache-2.0
/* helpers/net: TCP segments gathered into frames, and the turn of libslirp's reads. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "bytes.h"
#include "frame.h"
#include "gather.h"
#include "intercept.h"
#include "segment.h"

#define URG 0x20u

static size_t ip_len(bool v6)
{
	return v6 ? 40 : 20;
}

/* A segment of libslirp's, with the checksum that libslirp gives it. */
static size_t make(bool v6, uint8_t flags, uint32_t seq, size_t len, uint8_t *buf)
{
	static const uint8_t macs[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	uint8_t *ip = buf + FRAME_ETH_LEN, *tcp = ip + ip_len(v6);
	uint32_t sum;

	memset(buf, 0, FRAME_ETH_LEN + 60);
	memcpy(buf, macs, sizeof(macs));
	put16(buf + 12, v6 ? ETH_IPV6 : ETH_IP);
	ip[0] = v6 ? 0x60 : 0x45;
	put16(ip + (v6 ? 4 : 2), (uint16_t)(20 + len + (v6 ? 0 : 20)));
	ip[v6 ? 6 : 9] = 6;
	ip[v6 ? 7 : 8] = 64;
	memset(ip + (v6 ? 8 : 12), 0x0a, v6 ? 32 : 8);
	if (!v6) {
		put16(ip + 4, (uint16_t)seq);
		put16(ip + 10, frame_checksum(0, ip, 20));
	}
	put16(tcp, 80);
	put16(tcp + 2, 40000);
	put32(tcp + 4, seq);
	put32(tcp + 8, 77);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 65535);
	for (size_t i = 0; i < len; i++)
		tcp[20 + i] = (uint8_t)((seq + i) * 31 >> 3);
	sum = segment_pseudo_sum(ip, v6 ? ETH_IPV6 : ETH_IP, 20 + len);
	put16(tcp + 16, frame_checksum(sum, tcp, 20 + len));
	return FRAME_ETH_LEN + ip_len(v6) + 20 + len;
}

/*
 * What the kernel makes of a frame that needs its checksum: the sum from csum_start to the end into
 * its place. Then all of the frame must be what one segment of that length would have been.
 */
static void check_frame(struct gather *g, bool v6, uint8_t flags, size_t len, size_t each)
{
	static uint8_t got[GATHER_HEADER + FRAME_MAX + 64], want[FRAME_MAX + 64];
	uint8_t *frame = got + GATHER_HEADER;
	struct iovec parts[GATHER_PARTS];
	struct virtio_net_hdr h;
	size_t n = 0, start = FRAME_ETH_LEN + ip_len(v6);
	int count = gather_take(g, parts);

	assert_in_range(count, 1, GATHER_PARTS);
	for (int i = 0; i < count; i++) {
		memcpy(got + n, parts[i].iov_base, parts[i].iov_len);
		n += parts[i].iov_len;
	}
	memcpy(&h, got, sizeof(h));
	n -= sizeof(h);
	assert_int_equal(n, make(v6, flags, 1000, len, want));
	assert_int_equal(h.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(h.csum_start, start);
	assert_int_equal(h.csum_offset, 16);
	assert_int_equal(h.hdr_len, start + 20);
	assert_int_equal(h.gso_size, len > each ? each : 0);
	assert_int_equal(h.gso_type, len <= each ? VIRTIO_NET_HDR_GSO_NONE
				     : v6        ? VIRTIO_NET_HDR_GSO_TCPV6
						 : VIRTIO_NET_HDR_GSO_TCPV4);
	put16(frame + start + 16, frame_checksum(0, frame + start, n - start));
	assert_memory_equal(frame, want, n);
	assert_int_equal(gather_take(g, parts), 0);
}

/* What becomes of segments in a row, the last one shorter, pushed, or neither. */
static void runs(void **state)
{
	static const struct {
		size_t each, n, last;
		uint8_t last_flags;
		enum gather_verdict verdict;
	} cases[] = {
		{1460, 1, 1460, ACK, GATHER_MORE},
		{1460, 1, 1460, ACK | PSH, GATHER_DONE},
		{1461, 5, 1461, ACK, GATHER_MORE},
		{1461, 5, 513, ACK, GATHER_DONE},
		{1461, 4, 1461, ACK | PSH, GATHER_DONE},
		{1460, 44, 1460, ACK, GATHER_DONE},
		{32747, 1, 32747, ACK, GATHER_MORE},
		{32747, 2, 32747, ACK, GATHER_DONE},
		{32727, 2, 32727, ACK | PSH, GATHER_DONE},
		{32747, 2, 999, ACK | PSH, GATHER_DONE},
		{65460, 1, 65460, ACK, GATHER_DONE},
	};
	static uint8_t buf[FRAME_MAX];
	struct gather *g = gather_new();

	(void)state;
	for (size_t c = 0; c < 2 * ARRAY_SIZE(cases); c++) {
		size_t i = c / 2, len = 0;
		bool v6 = c % 2;

		for (size_t k = 1; k < cases[i].n; k++, len += cases[i].each)
			assert_int_equal(
				gather_add(g, buf,
					make(v6, ACK, 1000 + (uint32_t)len, cases[i].each, buf)),
				GATHER_MORE);
		assert_int_equal(gather_add(g, buf,
					 make(v6, cases[i].last_flags, 1000 + (uint32_t)len,
						 cases[i].last, buf)),
			cases[i].verdict);
		check_frame(g, v6, cases[i].last_flags, len + cases[i].last, cases[i].each);
	}
	gather_free(g);
}

/* Behind a segment that is here, one that differs from the next in a byte of its headers. */
static void strangers(void **state)
{
	/* Ethernet; IPv4 service, fragment bits, time to live, addresses; TCP. */
	static const size_t bytes[] = {0, 11, 15, 20, 22, 26, 33, 34, 37, 41, 45, 47, 49};
	static const size_t bytes6[] = {0, 11, 15, 17, 21, 22, 53, 54, 57, 61, 65, 67, 69};
	static uint8_t buf[FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bytes) + ARRAY_SIZE(bytes6); i++) {
		struct gather *g = gather_new();
		bool v6 = i >= ARRAY_SIZE(bytes);
		size_t n;

		assert_int_equal(gather_add(g, buf, make(v6, ACK, 1000, 1460, buf)), GATHER_MORE);
		n = make(v6, ACK, 2460, 1460, buf);
		buf[v6 ? bytes6[i - ARRAY_SIZE(bytes)] : bytes[i]] ^= 1;
		assert_int_equal(gather_add(g, buf, n), GATHER_NO);
		check_frame(g, v6, ACK, 1460, 1460);
		gather_free(g);
	}
}

/* What is never taken, whether something is here or not. */
static void others(void **state)
{
	static const uint8_t flags[] = {0, SYN, SYN | ACK, FIN | ACK, RST, RST | ACK, URG | ACK};
	static uint8_t buf[FRAME_MAX];
	struct gather *g = gather_new();
	struct iovec parts[GATHER_PARTS];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		assert_int_equal(
			gather_add(g, buf, make(i % 2, flags[i], 1000, 1460, buf)), GATHER_NO);
	assert_int_equal(gather_add(g, buf, make(false, ACK, 1000, 0, buf)), GATHER_NO);
	assert_int_equal(gather_add(g, buf, make(false, ACK | PSH, 1000, 64, buf)), GATHER_NO);
	for (n = 0; n < 60; n++)
		assert_int_equal(gather_add(g, buf, n), GATHER_NO);
	n = make(false, ACK, 1000, 1460, buf);
	buf[FRAME_ETH_LEN + 9] = 17;
	assert_int_equal(gather_add(g, buf, n), GATHER_NO);
	/* More, or less, than the IP header says. */
	n = make(false, ACK, 1000, 1460, buf);
	assert_int_equal(gather_add(g, buf, n + 1), GATHER_NO);
	assert_int_equal(gather_add(g, buf, n - 1), GATHER_NO);
	/* Options, of IP and of TCP. */
	buf[FRAME_ETH_LEN] = 0x46;
	assert_int_equal(gather_add(g, buf, n), GATHER_NO);
	n = make(true, ACK, 1000, 1460, buf);
	buf[FRAME_ETH_LEN + 40 + 12] = 6 << 4;
	assert_int_equal(gather_add(g, buf, n), GATHER_NO);
	assert_int_equal(gather_take(g, parts), 0);
	/* A longer one cannot follow, nor one beyond what a length can say. */
	assert_int_equal(gather_add(g, buf, make(false, ACK, 1000, 1460, buf)), GATHER_MORE);
	assert_int_equal(gather_add(g, buf, make(false, ACK, 2460, 1461, buf)), GATHER_NO);
	check_frame(g, false, ACK, 1460, 1460);
	gather_free(g);
}

/* In a turn, each socket gives a window, or two at once; outside of one, all there is. */
static void turns(void **state)
{
	enum { WINDOW = 2 * 32727, SENT = 3 * WINDOW };
	static char buf[SENT];
	int pair[2][2], size = 4 * SENT;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair[i]), 0);
		setsockopt(pair[i][0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		assert_true(send(pair[i][0], buf, SENT, MSG_NOSIGNAL) > 2 * WINDOW + 20);
	}
	intercept_turn(true);
	/* In two parts, where libslirp's ring ends. */
	assert_int_equal(recv(pair[0][1], buf, 1000, 0), 1000);
	assert_int_equal(recv(pair[0][1], buf, SENT, 0), WINDOW - 1000);
	errno = 0;
	assert_int_equal(recv(pair[0][1], buf, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(recv(pair[0][1], buf, 0, 0), 0);
	assert_int_equal(recv(pair[1][1], buf, 2 * WINDOW - 1, 0), WINDOW);
	intercept_turn(true);
	assert_int_equal(recv(pair[1][1], buf, 10, 0), 10);
	intercept_turn(false);
	assert_int_equal(recv(pair[0][1], buf, WINDOW + 10, 0), WINDOW + 10);
	for (int i = 0; i < 2; i++) {
		close(pair[i][0]);
		close(pair[i][1]);
	}
}

/* All at once, where there is room for it. */
static void turn_of_two(void **state)
{
	enum { WINDOW = 2 * 32727, SENT = 3 * WINDOW };
	static char buf[SENT];
	int pair[2], size = 4 * SENT;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_true(send(pair[0], buf, SENT, MSG_NOSIGNAL) > 2 * WINDOW);
	intercept_turn(true);
	assert_int_equal(recv(pair[1], buf, SENT, 0), 2 * WINDOW);
	assert_int_equal(recv(pair[1], buf, 1, 0), -1);
	intercept_turn(false);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs),
		cmocka_unit_test(strangers),
		cmocka_unit_test(others),
		cmocka_unit_test(turns),
		cmocka_unit_test(turn_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
