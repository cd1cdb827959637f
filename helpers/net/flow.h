// SPDX-License-Identifier: Apache-2.0
/*
 * TCP connections between the container and libslirp, followed by their segments, for what libslirp
 * leaves to be done: see flow.c.
 */
#ifndef LODGER_NET_FLOW_H
#define LODGER_NET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flows;

struct flows *flows_new(void) __attribute__((returns_nonnull));
void flows_free(struct flows *f); /* accepts NULL */

/* A frame of the container, before libslirp gets it; may be changed in place. */
void flow_from_guest(struct flows *f, uint8_t *frame, size_t n);

/* What is to become of a frame of libslirp's. */
enum flow_verdict {
	FLOW_SEND,
	FLOW_HOLD, /* an acknowledgement without data, which a later one may stand for */
};

/* A frame of libslirp's, before the container gets it; may be changed in place. */
enum flow_verdict flow_from_host(struct flows *f, uint8_t *frame, size_t n);

/*
 * The acknowledgement that was held, if it is still wanted: `*ret` points to it until the next
 * call. Returns its length, 0 if there is none.
 */
size_t flow_held(struct flows *f, const uint8_t **ret);

/*
 * The next frame that libslirp is to get as if the container had sent it; call until it returns 0,
 * and not from within libslirp.
 */
size_t flow_inject(struct flows *f, uint8_t *buf, size_t size);

/* How many connections are remembered: those of which an end was seen, and the rest not yet. */
size_t flow_count(const struct flows *f);

#endif
