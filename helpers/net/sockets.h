// SPDX-License-Identifier: Apache-2.0
/*
 * libslirp's sockets, and the wait for them and everything else.
 *
 * libslirp is made for poll(2): before each wait it lists all sockets with the events it wants,
 * after it asks for each what has happened. As long as they are few, that is what is done here:
 * poll(2) on the list costs less than telling epoll(7) of each connection's changes. With many, the
 * list is compared with what epoll(7) has already, and the kernel hears of changes only.
 */
#ifndef LODGER_NET_SOCKETS_H
#define LODGER_NET_SOCKETS_H

#include <slirp/libslirp.h>
#include <stdbool.h>
#include <stdint.h>

#include "loop.h"

struct sockets;

/* `tap` is waited for too. NULL: errno says why. */
struct sockets *sockets_new(int tap);
struct loop *sockets_loop(const struct sockets *s);

/* libslirp has opened a socket, or is about to close one. */
void sockets_forget(struct sockets *s, int fd);

/* Let libslirp list its sockets. Returns when its timers want to be looked at: CLOCK_MONOTONIC ns.
 */
uint64_t sockets_list(struct sockets *s, Slirp *slirp);

/* About what the next list will cost, in ns; 0 while it is next to nothing. */
uint64_t sockets_list_cost(const struct sockets *s);

/*
 * Wait until `deadline_ns`, and call the loop's watches for what has happened. Where `brief`, look
 * again and again for a moment before sleeping, as long as that has paid lately: to be woken costs
 * more than a short round trip takes. 0 or -errno; `*ret_tap`: the TAP device is readable.
 */
int sockets_wait(struct sockets *s, uint64_t deadline_ns, bool brief, bool *ret_tap);

/* Whether something has happened to a socket, for sockets_poll(). */
bool sockets_ready(const struct sockets *s);
void sockets_poll(struct sockets *s, Slirp *slirp);

#endif
