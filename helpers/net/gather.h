// SPDX-License-Identifier: Apache-2.0
/*
 * libslirp's TCP segments on their way to the TAP device: consecutive ones of a connection become
 * one frame, whose header (struct virtio_net_hdr) tells the container's kernel of how many, and
 * that their checksum need not be looked at. Pure.
 */
#ifndef LODGER_NET_GATHER_H
#define LODGER_NET_GATHER_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* In front of each frame, either way: IFF_VNET_HDR of tun(4)'s TUNSETIFF, in the host's order. */
#define GATHER_HEADER sizeof(struct virtio_net_hdr)

struct gather;

struct gather *gather_new(void) __attribute__((returns_nonnull));
void gather_free(struct gather *g); /* accepts NULL */

enum gather_verdict {
	GATHER_NO, /* not taken: no data, or none that goes with what is here */
	GATHER_MORE, /* taken; the next may go with it */
	GATHER_DONE, /* taken, and to be sent while `frame` is still there */
};

/* A frame of libslirp's. */
enum gather_verdict gather_add(struct gather *g, const uint8_t *frame, size_t n);

#define GATHER_PARTS 2

/*
 * What is here, header first, which is forgotten with it: pointers are good until the next call.
 * Returns the number of parts, 0 if nothing is here.
 */
int gather_take(struct gather *g, struct iovec parts[GATHER_PARTS]);

#endif
