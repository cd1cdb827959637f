// SPDX-License-Identifier: Apache-2.0
/* helpers/net: addresses, options, resolv.conf, frames, fragments, connections, the way out. */
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

#include "addr.h"
#include "base/mem.h"
#include "flow.h"
#include "fragment.h"
#include "frame.h"
#include "intercept.h"
#include "options.h"
#include "resolv.h"

static union addr address(const char *text, uint16_t port)
{
	union addr a;

	assert_int_equal(addr_parse(text, port, &a), 0);
	return a;
}

static void addresses(void **state)
{
	static const char *const good[] = {"10.0.2.3", "255.255.255.255", "fd00::3", "::"};
	static const char *const bad[] = {"", "x", "10.0.2", "10.0.2.3.4", "fd00::3/64", "[::1]",
		"fe80::1%nonesuch0", "1.2.3.4 "};
	union addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		a = address(good[i], 53);
		assert_string_equal(addr_text(&a).s, good[i]);
		assert_int_equal(addr_port(&a), 53);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(addr_parse(bad[i], 0, &a), -EINVAL);
}

static void loopback(void **state)
{
	static const char *const yes[] = {"127.0.0.1", "127.255.0.9", "0.0.0.0", "0.1.2.3", "::1",
		"::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1"};
	static const char *const no[] = {
		"128.0.0.1", "10.0.2.2", "192.0.2.1", "fd00::1", "::ffff:192.0.2.1", "1::"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		union addr a = address(yes[i], 1);

		assert_true(addr_is_loopback(&a.sa));
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		union addr a = address(no[i], 1);

		assert_false(addr_is_loopback(&a.sa));
	}
}

static void subnets(void **state)
{
	static const char *const bad[] = {"24", "10.0.2.0", "10.0.2.0/", "10.0.2.0/0",
		"10.0.2.0/26", "10.0.2.1/24", "/24", "x/24", "10.0.2.0/24/1"};
	static const char *const bad6[] = {"fd00::", "fd00::/63", "fd00::1/64", "10.0.2.0/24"};
	struct subnet s;
	union addr in, out;

	(void)state;
	assert_int_equal(subnet_parse4("10.0.135.128/25", &s, NULL), 0);
	assert_string_equal(addr_text(&s.gateway).s, "10.0.135.130");
	assert_string_equal(addr_text(&s.dns).s, "10.0.135.131");
	assert_string_equal(addr_text(&s.guest).s, "10.0.135.228");
	in = address("10.0.135.255", 0);
	out = address("10.0.135.127", 0);
	assert_true(subnet_has(&s, &in));
	assert_false(subnet_has(&s, &out));
	assert_int_equal(subnet_parse6("fd77:1::/64", &s, NULL), 0);
	assert_string_equal(addr_text(&s.guest).s, "fd77:1::100");
	in = address("fd77:1::ffff:1", 0);
	out = address("fd77:1:0:1::1", 0);
	assert_true(subnet_has(&s, &in));
	assert_false(subnet_has(&s, &out));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(subnet_parse4(bad[i], &s, NULL) < 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad6); i++)
		assert_true(subnet_parse6(bad6[i], &s, NULL) < 0);
}

static void macs(void **state)
{
	static const char *const bad[] = {
		"", "52:54:00:12:34", "52:54:00:12:34:5", "52:54:00:12:34:5g", "01:00:00:00:00:00"};
	uint8_t mac[6];

	(void)state;
	assert_int_equal(mac_parse("52:54:00:Ab:cD:ef", mac), 0);
	assert_memory_equal(mac, "\x52\x54\x00\xab\xcd\xef", 6);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(mac_parse(bad[i], mac), -EINVAL);
}

static void options(void **state)
{
	char *argv[] = {(char *)"/x/slirp4netns", (char *)"-c6", (char *)"123", (char *)"-r3",
		(char *)"--exit-fd", (char *)"4", (char *)"--dns=192.0.2.1",
		(char *)"--dns=fd00::9", (char *)"tap7", (char *)"--disable-host-loopback", NULL};
	struct net_options o;
	struct err e = {0};

	(void)state;
	assert_int_equal(net_options_parse(ARRAY_SIZE(argv) - 1, argv, &o, &e), 0);
	assert_true(o.configure && o.ipv6 && o.no_host_loopback && !o.no_dns && !o.dhcp);
	assert_int_equal(o.mtu, 1500);
	assert_int_equal(o.ready_fd, 3);
	assert_int_equal(o.exit_fd, 4);
	assert_int_equal(o.resolvers_n, 2);
	assert_string_equal(o.target, "123");
	assert_string_equal(o.tap, "tap7");
}

static void resolvers(void **state)
{
	static const char text[] = "# nameserver 1.1.1.1\n"
				   "nameserver 192.0.2.1\n"
				   "\tnameserver\t 2001:db8::1  # comment\r\n"
				   "nameserverx 192.0.2.9\n"
				   "nameserver\n"
				   "nameserver nobody\n"
				   "search nameserver 192.0.2.9\n"
				   "nameserver 127.0.0.53";
	union addr list[4];

	(void)state;
	assert_int_equal(resolv_parse(text, list, 4), 3);
	assert_string_equal(addr_text(&list[0]).s, "192.0.2.1");
	assert_string_equal(addr_text(&list[1]).s, "2001:db8::1");
	assert_string_equal(addr_text(&list[2]).s, "127.0.0.53");
	assert_int_equal(addr_port(&list[2]), 53);
	assert_int_equal(resolv_parse(text, list, 2), 2);
	assert_int_equal(resolv_parse("", list, 4), 0);
}

static const uint8_t mac_a[6] = {2, 0, 0, 0, 0, 1}, mac_b[6] = {2, 0, 0, 0, 0, 2};

static size_t datagram(const char *src, const char *dst, size_t len, uint8_t *buf, size_t size)
{
	static uint8_t payload[65535];
	struct frame_udp u = {.src = address(src, 1000),
		.dst = address(dst, 53),
		.payload = payload,
		.len = len,
		.eth_src = mac_a,
		.eth_dst = mac_b};

	for (size_t i = 0; i < len; i++)
		payload[i] = (uint8_t)(i * 7);
	return frame_udp_build(&u, buf, size);
}

/* What is built is parsed again, and every cut of it is refused. */
static void datagrams(void **state)
{
	static const char *const pairs[][2] = {
		{"10.0.2.100", "10.0.2.3"}, {"fd00::100", "fd00::3"}};
	uint8_t buf[256];
	struct frame_udp u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		size_t n = datagram(pairs[i][0], pairs[i][1], 33, buf, sizeof(buf));

		assert_true(n > 33);
		assert_true(frame_udp_parse(buf, n, &u));
		assert_string_equal(addr_text(&u.src).s, pairs[i][0]);
		assert_string_equal(addr_text(&u.dst).s, pairs[i][1]);
		assert_int_equal(addr_port(&u.dst), 53);
		assert_int_equal(u.len, 33);
		assert_int_equal(u.payload[2], 14);
		for (size_t cut = 0; cut < n; cut++)
			assert_false(frame_udp_parse(buf, cut, &u));
		assert_int_equal(datagram(pairs[i][0], pairs[i][1], 33, buf, n - 1), 0);
	}
}

/* A datagram in pieces of 8 bytes times `step`, in the order of `order`. */
static size_t piece(const uint8_t *whole, size_t n, size_t offset, size_t len, uint8_t *buf)
{
	size_t head = FRAME_ETH_LEN + 20, data = n - head;
	uint16_t field;

	len = offset + len > data ? data - offset : len;
	memcpy(buf, whole, head);
	memcpy(buf + head, whole + head + offset, len);
	field = (uint16_t)(offset / 8 | (offset + len < data ? 0x2000 : 0));
	buf[FRAME_ETH_LEN + 2] = (uint8_t)((20 + len) >> 8);
	buf[FRAME_ETH_LEN + 3] = (uint8_t)(20 + len);
	buf[FRAME_ETH_LEN + 6] = (uint8_t)(field >> 8);
	buf[FRAME_ETH_LEN + 7] = (uint8_t)field;
	return head + len;
}

static void fragments(void **state)
{
	static const size_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 2, 1}};
	uint8_t whole[256], buf[256], *out;
	size_t n = datagram("10.0.2.100", "10.0.2.2", 60, whole, sizeof(whole));
	struct frame_udp u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct fragments *f = fragments_new();
		size_t got = 0;

		for (size_t k = 0; k < 3; k++) {
			size_t len = piece(whole, n, orders[i][k] * 24, 24, buf);

			assert_true(fragment_is(buf, len));
			assert_int_equal(got, 0);
			got = fragment_add(f, buf, len, 0, &out);
		}
		assert_int_equal(got, n);
		assert_false(fragment_is(out, got));
		assert_true(frame_udp_parse(out, got, &u));
		assert_memory_equal(out + 34, whole + 34, n - 34);
		assert_int_equal(frame_checksum(0, out + FRAME_ETH_LEN, 20), 0);
		fragments_free(f);
	}
	assert_false(fragment_is(whole, n));
}

/* Overlaps, holes, what is too long, what comes too late: no datagram, and nothing read astray. */
static void bad_fragments(void **state)
{
	struct fragments *f = fragments_new();
	uint8_t whole[256], buf[256], *out;
	size_t n = datagram("10.0.2.100", "10.0.2.2", 60, whole, sizeof(whole));

	(void)state;
	/* The second overlaps the first: both are dropped, and the third completes nothing. */
	assert_int_equal(fragment_add(f, buf, piece(whole, n, 0, 24, buf), 0, &out), 0);
	assert_int_equal(fragment_add(f, buf, piece(whole, n, 16, 24, buf), 0, &out), 0);
	assert_int_equal(fragment_add(f, buf, piece(whole, n, 40, 64, buf), 0, &out), 0);
	/* As many bytes as the end says, one of them behind it, and a hole before. */
	buf[FRAME_ETH_LEN + 4] = 9;
	whole[FRAME_ETH_LEN + 4] = 9;
	assert_int_equal(fragment_add(f, buf, piece(whole, n, 48, 8, buf), 0, &out), 0);
	piece(whole, n, 8, 8, buf);
	buf[FRAME_ETH_LEN + 6] = 0;
	assert_int_equal(fragment_add(f, buf, 34 + 8, 0, &out), 0);
	/* Beyond 65535 bytes. */
	piece(whole, n, 0, 24, buf);
	buf[FRAME_ETH_LEN + 6] = 0x1f;
	buf[FRAME_ETH_LEN + 7] = 0xff;
	assert_int_equal(fragment_add(f, buf, 34 + 24, 0, &out), 0);
	/* A length that the frame does not have. */
	piece(whole, n, 0, 24, buf);
	buf[FRAME_ETH_LEN + 3] = 200;
	assert_int_equal(fragment_add(f, buf, 34 + 24, 0, &out), 0);
	/* The rest comes after the time-out. */
	whole[FRAME_ETH_LEN + 4] = 10;
	assert_int_equal(fragment_add(f, buf, piece(whole, n, 0, 24, buf), 0, &out), 0);
	assert_int_equal(
		fragment_add(f, buf, piece(whole, n, 24, 64, buf), 60000000000ull, &out), 0);
	fragments_free(f);
}

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* A TCP segment of 10.0.2.100:40000 and 192.0.2.1:80, whose checksum is right. */
static size_t segment(
	bool from_guest, uint8_t flags, uint32_t seq, uint32_t ack, uint16_t mss, uint8_t *buf)
{
	union addr guest = address("10.0.2.100", 40000), host = address("192.0.2.1", 80);
	const union addr *src = from_guest ? &guest : &host, *dst = from_guest ? &host : &guest;
	size_t tcp_len = mss ? 24 : 20, n = FRAME_ETH_LEN + 20 + tcp_len;
	uint8_t *ip = buf + FRAME_ETH_LEN, *tcp = ip + 20;
	uint32_t be, sum = 6 + (uint32_t)tcp_len;
	uint16_t check;

	memset(buf, 0, n);
	memcpy(buf, mac_b, 6);
	memcpy(buf + 6, mac_a, 6);
	buf[12] = 8;
	ip[0] = 0x45;
	ip[3] = (uint8_t)(20 + tcp_len);
	ip[9] = 6;
	memcpy(ip + 12, &src->in.sin_addr, 4);
	memcpy(ip + 16, &dst->in.sin_addr, 4);
	memcpy(tcp, &src->in.sin_port, 2);
	memcpy(tcp + 2, &dst->in.sin_port, 2);
	be = htonl(seq);
	memcpy(tcp + 4, &be, 4);
	be = htonl(ack);
	memcpy(tcp + 8, &be, 4);
	tcp[12] = (uint8_t)(tcp_len / 4 << 4);
	tcp[13] = flags;
	if (mss) {
		tcp[20] = 2;
		tcp[21] = 4;
		tcp[22] = (uint8_t)(mss >> 8);
		tcp[23] = (uint8_t)mss;
	}
	for (size_t i = 12; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	check = frame_checksum(sum, tcp, tcp_len);
	tcp[16] = (uint8_t)(check >> 8);
	tcp[17] = (uint8_t)check;
	return n;
}

static bool sum_is_right(const uint8_t *frame, size_t n)
{
	const uint8_t *ip = frame + FRAME_ETH_LEN;
	uint32_t sum = 6 + (uint32_t)(n - FRAME_ETH_LEN - 20);

	for (size_t i = 12; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	return frame_checksum(sum, ip + 20, n - FRAME_ETH_LEN - 20) == 0;
}

static void acknowledgements(void **state)
{
	struct flows *f = flows_new();
	const uint8_t *held;
	uint8_t buf[128];
	size_t n = segment(false, ACK, 1, 100, 0, buf);

	(void)state;
	assert_int_equal(flow_from_host(f, buf, n), FLOW_HOLD);
	n = segment(false, ACK, 1, 200, 0, buf);
	assert_int_equal(flow_from_host(f, buf, n), FLOW_HOLD);
	/* The duplicate goes out, and the held one is still there. */
	n = segment(false, ACK, 1, 200, 0, buf);
	assert_int_equal(flow_from_host(f, buf, n), FLOW_SEND);
	assert_int_equal(flow_held(f, &held), n);
	assert_int_equal(held[FRAME_ETH_LEN + 20 + 11], 200);
	assert_int_equal(flow_held(f, &held), 0);
	flows_free(f);
}

/* The far end closes first; after the last acknowledgement libslirp gets a reset. */
static void ends(void **state)
{
	struct flows *f = flows_new();
	uint8_t buf[128], reset[128];
	size_t n;

	(void)state;
	for (int host_first = 0; host_first < 2; host_first++) {
		if (host_first) {
			flow_from_host(f, buf, segment(false, FIN | ACK, 500, 70, 0, buf));
			flow_from_guest(f, buf, segment(true, FIN | ACK, 70, 501, 0, buf));
			assert_int_equal(flow_inject(f, reset, sizeof(reset)), 0);
			flow_from_host(f, buf, segment(false, ACK, 501, 71, 0, buf));
		} else {
			flow_from_guest(f, buf, segment(true, FIN | ACK, 70, 500, 0, buf));
			flow_from_host(f, buf, segment(false, FIN | ACK, 500, 71, 0, buf));
			flow_from_guest(f, buf, segment(true, ACK, 71, 501, 0, buf));
			flow_from_host(f, buf, segment(false, ACK, 501, 71, 0, buf));
		}
		n = flow_inject(f, reset, sizeof(reset));
		assert_int_equal(n > 0, host_first);
	}
	assert_true(sum_is_right(reset, n));
	assert_int_equal(reset[FRAME_ETH_LEN + 20 + 13], RST);
	assert_int_equal(reset[FRAME_ETH_LEN + 20 + 7], 71);
	assert_int_equal(flow_inject(f, reset, sizeof(reset)), 0);
	flows_free(f);
}

/* What the container pretends to end, or ends and never hears of again, is not kept for ever. */
static void ends_that_never_come(void **state)
{
	struct flows *f = flows_new();
	uint8_t buf[128];
	size_t n, most = 0;

	(void)state;
	/* It ends first: nothing comes after its last acknowledgement. */
	flow_from_guest(f, buf, segment(true, FIN | ACK, 70, 500, 0, buf));
	assert_int_equal(flow_count(f), 1);
	flow_from_host(f, buf, segment(false, FIN | ACK, 500, 71, 0, buf));
	flow_from_guest(f, buf, segment(true, ACK, 71, 501, 0, buf));
	assert_int_equal(flow_count(f), 0);
	n = segment(true, FIN | ACK, 70, 500, 0, buf);
	for (unsigned i = 0; i < 100000; i++) {
		/* The source address, which libslirp may refuse, and so never answer. */
		memcpy(buf + FRAME_ETH_LEN + 12, &i, sizeof(i));
		flow_from_guest(f, buf, n);
		most = flow_count(f) > most ? flow_count(f) : most;
	}
	assert_true(most > 1000 && most <= 16384);
	flows_free(f);
}

static void way_out(void **state)
{
	struct net n = {0};
	char *argv[] = {(char *)"lodger-net", (char *)"1", NULL};
	union addr to, ret;

	(void)state;
	assert_int_equal(net_options_parse(2, argv, &n.opts, NULL), 0);
	to = address("127.0.0.1", 80);
	assert_int_equal(intercept_judge(&n, &to.sa, true, &ret), 0);
	n.opts.no_host_loopback = true;
	assert_int_equal(intercept_judge(&n, &to.sa, true, &ret), -EPERM);
	assert_int_equal(intercept_judge(&n, &to.sa, false, &ret), -EPERM);
	to = address("::1", 53);
	assert_int_equal(intercept_judge(&n, &to.sa, true, &ret), -EPERM);
	to = address("192.0.2.1", 80);
	assert_int_equal(intercept_judge(&n, &to.sa, true, &ret), 0);
	assert_true(addr_same_host(&to, &ret));
	to.sa.sa_family = AF_UNIX;
	assert_int_equal(intercept_judge(&n, &to.sa, true, &ret), -EPERM);
}

/* libslirp's backlog of 1 is made one that a burst fits into: nobody has been accepted here. */
static void backlog(void **state)
{
	auto_fd int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	union addr at = address("127.0.0.1", 0);
	socklen_t len = sizeof(at);
	int fds[40];

	(void)state;
	assert_int_equal(bind(listener, &at.sa, addr_len(&at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, &at.sa, &len), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], &at.sa, len), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(loopback),
		cmocka_unit_test(subnets),
		cmocka_unit_test(macs),
		cmocka_unit_test(options),
		cmocka_unit_test(resolvers),
		cmocka_unit_test(datagrams),
		cmocka_unit_test(fragments),
		cmocka_unit_test(bad_fragments),
		cmocka_unit_test(acknowledgements),
		cmocka_unit_test(ends),
		cmocka_unit_test(ends_that_never_come),
		cmocka_unit_test(way_out),
		cmocka_unit_test(backlog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
