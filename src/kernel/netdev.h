// SPDX-License-Identifier: Apache-2.0
/*
 * rtnetlink(7): network devices and their addresses. A socket works on the network namespace in
 * which it was opened, whoever holds it. -errno, no text.
 */
#ifndef LODGER_KERNEL_NETDEV_H
#define LODGER_KERNEL_NETDEV_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netdev {
	int index;
	uint32_t flags; /* IFF_UP, ... */
	char name[IF_NAMESIZE];
};

/* An address as the kernel reports it and takes it back. */
struct netdev_addr {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t prefix; /* length in bits */
	uint8_t scope; /* RT_SCOPE_* */
	uint32_t flags; /* IFA_F_* */
	uint8_t size; /* of an address: 4 or 16 */
	uint8_t local[16];
	uint8_t peer[16]; /* the same as `local`, but for point-to-point links */
	bool has_broadcast;
	uint8_t broadcast[4];
};

/* A socket of the current network namespace, close-on-exec. */
int netdev_open(void);

/* The network namespace that a socket belongs to, as a descriptor. ioctl SIOCGSKNS, Linux 4.10. */
int netdev_namespace(int sock);

/* A device by its name, or where `name` is NULL by its index. -ENODEV if there is none. */
int netdev_find(int sock, const char *name, int index, struct netdev *ret);

/*
 * Move a device to another network namespace, where it gets `name`; "%d" in it becomes the first
 * free number. It is down afterwards, without addresses. `new_index`: its index there, 0 for what
 * the kernel chooses, which is the old one if that is free. -EINVAL for a device that cannot leave
 * its namespace. Where the name is taken, the device may have moved nevertheless.
 */
int netdev_move(int sock, int index, int netns_fd, const char *name, int new_index);

int netdev_set_up(int sock, int index, bool up);

/* All the addresses of a device: `*ret_n` of them in `*ret`, which the caller frees. */
int netdev_addrs(int sock, int index, struct netdev_addr **ret, size_t *ret_n);

int netdev_addr_add(int sock, int index, const struct netdev_addr *addr);

#endif
