// SPDX-License-Identifier: Apache-2.0
/* TCP segments; see segment.h. Their writer may be the container: no length of theirs is trusted.
 */
#include "segment.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>

#include "bytes.h"
#include "frame.h"

/* The place of the TCP header and what is behind it, by the IP header; 0 = no whole segment. */
static size_t tcp_offset(const uint8_t *ip, size_t n, uint16_t ethertype, size_t *ret_len)
{
	size_t header, total;

	if (ethertype == ETH_IP) {
		if (n < sizeof(struct iphdr) || ip[9] != IPPROTO_TCP ||
			(get16(ip + 6) & (IP_MF | IP_OFFMASK)))
			return 0;
		header = (size_t)(ip[0] & 15) * 4;
		total = get16(ip + 2);
	} else {
		if (ethertype != ETH_IPV6 || n < sizeof(struct ip6_hdr) || ip[6] != IPPROTO_TCP)
			return 0;
		header = sizeof(struct ip6_hdr);
		total = header + get16(ip + 4);
	}
	if (header < sizeof(struct iphdr) || total > n || total < header + sizeof(struct tcphdr))
		return 0;
	*ret_len = total - header;
	return header;
}

bool segment_parse(uint8_t *frame, size_t n, struct segment *ret)
{
	size_t offset, len;

	if (n < FRAME_ETH_LEN)
		return false;
	ret->ethertype = get16(frame + 12);
	ret->ip = frame + FRAME_ETH_LEN;
	offset = tcp_offset(ret->ip, n - FRAME_ETH_LEN, ret->ethertype, &len);
	if (!offset)
		return false;
	ret->tcp = ret->ip + offset;
	ret->header = (size_t)(ret->tcp[12] >> 4) * 4;
	if (ret->header < sizeof(struct tcphdr) || ret->header > len)
		return false;
	ret->len = len - ret->header;
	ret->flags = ret->tcp[13];
	ret->seq = get32(ret->tcp + 4);
	ret->ack = get32(ret->tcp + 8);
	return true;
}

uint32_t segment_pseudo_sum(const uint8_t *ip, uint16_t ethertype, size_t tcp_len)
{
	size_t n = ethertype == ETH_IP ? 8 : 32;
	const uint8_t *addresses = ip + (ethertype == ETH_IP ? 12 : 8);
	uint32_t sum = IPPROTO_TCP + (uint32_t)tcp_len;

	for (size_t i = 0; i < n; i += 2)
		sum += get16(addresses + i);
	return sum;
}
