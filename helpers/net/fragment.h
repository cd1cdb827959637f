// SPDX-License-Identifier: Apache-2.0
/*
 * Fragments of IPv4 put together before libslirp sees them. Its own reassembly has had several
 * holes (CVE-2019-14378, CVE-2019-15890, CVE-2020-1983), and version 4.7 still dies of overlapping
 * fragments; here, what overlaps is dropped as a whole, as RFC 5722 has it for IPv6.
 */
#ifndef LODGER_NET_FRAGMENT_H
#define LODGER_NET_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fragments;

struct fragments *fragments_new(void) __attribute__((returns_nonnull));
void fragments_free(struct fragments *f);

/* Whether a frame is a fragment of an IPv4 datagram, well-formed or not. */
bool fragment_is(const uint8_t *frame, size_t n);

/*
 * Take a fragment. When it completes its datagram, `*ret` is the frame of the whole, valid until
 * the next call, and its length is returned; else 0. `now_ns`: CLOCK_MONOTONIC, for the time-out.
 */
size_t fragment_add(
	struct fragments *f, const uint8_t *frame, size_t n, uint64_t now_ns, uint8_t **ret);

#endif
