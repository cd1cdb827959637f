// SPDX-License-Identifier: Apache-2.0
/* Ethernet, IP and UDP headers by hand, as far as the DNS forwarder needs them; see frame.h. */
#include "frame.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>

#include "bytes.h"

#define ETH_IP   0x0800
#define ETH_IPV6 0x86dd
#define TTL      64

uint16_t frame_checksum(uint32_t sum, const uint8_t *data, size_t n)
{
	uint64_t wide = sum;

	for (; n > 1; n -= 2, data += 2)
		wide += get16(data);
	if (n)
		wide += (uint32_t)data[0] << 8;
	while (wide >> 16)
		wide = (wide & 0xffff) + (wide >> 16);
	return (uint16_t)~wide;
}

/* The UDP header and payload behind an IP header; `n` is what the IP header says is there. */
static bool parse_udp(const uint8_t *p, size_t n, struct frame_udp *ret)
{
	size_t len;

	if (n < sizeof(struct udphdr))
		return false;
	len = get16(p + 4);
	if (len < sizeof(struct udphdr) || len > n)
		return false;
	addr_set_port(&ret->src, get16(p));
	addr_set_port(&ret->dst, get16(p + 2));
	ret->payload = p + sizeof(struct udphdr);
	ret->len = len - sizeof(struct udphdr);
	return true;
}

static bool parse4(const uint8_t *p, size_t n, struct frame_udp *ret)
{
	size_t header, total;

	if (n < sizeof(struct iphdr))
		return false;
	header = (size_t)(p[0] & 15) * 4;
	total = get16(p + 2);
	if (p[0] >> 4 != 4 || header < sizeof(struct iphdr) || total < header || total > n ||
		p[9] != IPPROTO_UDP || (get16(p + 6) & (IP_MF | IP_OFFMASK)))
		return false;
	ret->src.in.sin_family = ret->dst.in.sin_family = AF_INET;
	memcpy(&ret->src.in.sin_addr, p + 12, 4);
	memcpy(&ret->dst.in.sin_addr, p + 16, 4);
	return parse_udp(p + header, total - header, ret);
}

static bool parse6(const uint8_t *p, size_t n, struct frame_udp *ret)
{
	size_t len;

	if (n < sizeof(struct ip6_hdr))
		return false;
	len = get16(p + 4);
	if (p[0] >> 4 != 6 || p[6] != IPPROTO_UDP || len > n - sizeof(struct ip6_hdr))
		return false;
	ret->src.in6.sin6_family = ret->dst.in6.sin6_family = AF_INET6;
	memcpy(&ret->src.in6.sin6_addr, p + 8, 16);
	memcpy(&ret->dst.in6.sin6_addr, p + 24, 16);
	return parse_udp(p + sizeof(struct ip6_hdr), len, ret);
}

bool frame_udp_parse(const uint8_t *frame, size_t n, struct frame_udp *ret)
{
	if (n < FRAME_ETH_LEN)
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->eth_dst = frame;
	ret->eth_src = frame + 6;
	switch (get16(frame + 12)) {
	case ETH_IP:
		return parse4(frame + FRAME_ETH_LEN, n - FRAME_ETH_LEN, ret);
	case ETH_IPV6:
		return parse6(frame + FRAME_ETH_LEN, n - FRAME_ETH_LEN, ret);
	default:
		return false;
	}
}

/* The pseudo header's part of the sum: addresses, protocol, length (RFC 768, RFC 8200 8.1). */
static uint32_t pseudo_sum(const uint8_t *addresses, size_t n, size_t udp_len)
{
	uint32_t sum = IPPROTO_UDP + (uint32_t)udp_len;

	for (size_t i = 0; i < n; i += 2)
		sum += get16(addresses + i);
	return sum;
}

size_t frame_udp_build(const struct frame_udp *u, uint8_t *buf, size_t size)
{
	bool v4 = u->src.sa.sa_family == AF_INET;
	size_t ip_len = v4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
	size_t udp_len = sizeof(struct udphdr) + u->len;
	size_t n = FRAME_ETH_LEN + ip_len + udp_len;
	uint8_t *ip = buf + FRAME_ETH_LEN, *udp = ip + ip_len;
	uint16_t sum;

	if (n > size || ip_len + udp_len > NET_FRAME_PAYLOAD_MAX)
		return 0;
	memset(buf, 0, n - u->len);
	memcpy(buf, u->eth_dst, 6);
	memcpy(buf + 6, u->eth_src, 6);
	put16(buf + 12, v4 ? ETH_IP : ETH_IPV6);
	memcpy(udp + sizeof(struct udphdr), u->payload, u->len);
	put16(udp, addr_port(&u->src));
	put16(udp + 2, addr_port(&u->dst));
	put16(udp + 4, (uint16_t)udp_len);
	if (v4) {
		ip[0] = 0x45;
		put16(ip + 2, (uint16_t)(ip_len + udp_len));
		ip[8] = TTL;
		ip[9] = IPPROTO_UDP;
		memcpy(ip + 12, &u->src.in.sin_addr, 4);
		memcpy(ip + 16, &u->dst.in.sin_addr, 4);
		put16(ip + 10, frame_checksum(0, ip, ip_len));
		sum = frame_checksum(pseudo_sum(ip + 12, 8, udp_len), udp, udp_len);
	} else {
		ip[0] = 0x60;
		put16(ip + 4, (uint16_t)udp_len);
		ip[6] = IPPROTO_UDP;
		ip[7] = TTL;
		memcpy(ip + 8, &u->src.in6.sin6_addr, 16);
		memcpy(ip + 24, &u->dst.in6.sin6_addr, 16);
		sum = frame_checksum(pseudo_sum(ip + 8, 32, udp_len), udp, udp_len);
	}
	/* 0 would mean that there is none. */
	put16(udp + 6, sum ? sum : 0xffff);
	return n;
}
