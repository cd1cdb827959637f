// SPDX-License-Identifier: Apache-2.0
/*
 * Links, addresses and routes of the caller's network namespace, rtnetlink(7): requests are
 * collected and go to the kernel in one message. -errno, no text.
 */
#ifndef LODGER_KERNEL_RTNL_H
#define LODGER_KERNEL_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#define RTNL_BATCH_MAX 16u

/* Zero-initialise. A batch that would overflow fails as a whole when it is committed. */
struct rtnl_batch {
	_Alignas(8) uint8_t buf[4096];
	uint32_t len;
	unsigned n;
	bool overflow;
};

/* Bring a link up; `mtu` 0 and `mac` NULL leave those as they are. */
void rtnl_link_up(struct rtnl_batch *b, unsigned ifindex, uint32_t mtu, const uint8_t mac[6]);

/*
 * Give a link an address, of AF_INET or AF_INET6 (4 or 16 bytes). An IPv6 address is usable at
 * once: nobody else can be on the link, so there is nothing to detect (IFA_F_NODAD).
 */
void rtnl_address(
	struct rtnl_batch *b, unsigned ifindex, int family, const void *addr, uint8_t prefix_len);

/* The default route by way of a gateway on the link. */
void rtnl_default_route(struct rtnl_batch *b, unsigned ifindex, int family, const void *gateway);

/*
 * Send the batch and read the kernel's answers. The kernel goes on after a request that failed; the
 * first failure is returned, and `*ret_nr` (may be NULL) says which request it was, from 0 in the
 * order of the calls.
 */
int rtnl_commit(struct rtnl_batch *b, unsigned *ret_nr);

#endif
