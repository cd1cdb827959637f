// SPDX-License-Identifier: Apache-2.0
/* libslirp on the TAP device: frames in and out, its sockets on the event loop, its timers. */
#ifndef LODGER_NET_STACK_H
#define LODGER_NET_STACK_H

#include "base/err.h"
#include "net.h"

/* Numbers for `info`. */
struct stack_counters {
	uint64_t frames_in; /* from the container */
	uint64_t bytes_in;
	uint64_t frames_out;
	uint64_t bytes_out;
	uint64_t dropped; /* frames out that the device did not take */
	uint64_t sockets; /* open now */
};

/* Start libslirp for n->opts and set n->loop and n->stack. ERR_SYSTEM. */
int stack_open(struct net *n, struct err *e);

/* Serve n->tap until it goes away (0) or the loop fails (-errno). */
int stack_run(struct net *n, struct err *e);

/* Forward a port, or no longer. 0 or -errno of bind(2). */
int stack_forward(struct net *n, bool udp, const union addr *host, const union addr *guest);
int stack_unforward(struct net *n, bool udp, const union addr *host);

/* A frame of the container's. May be changed in place. */
void stack_input(struct net *n, uint8_t *frame, size_t len);

/* A frame of lodger-net's own to the container. */
void stack_send(void *net, const uint8_t *frame, size_t len);

const struct stack_counters *stack_counters(const struct net *n);

#endif
