// SPDX-License-Identifier: Apache-2.0
/*
 * The calls by which libslirp reaches the host, taken on their way.
 *
 * libslirp decides in several places where a packet of the container goes and has no hook there.
 * But it is a shared library, and a program's own definition of a function comes first in symbol
 * lookup: connect(), sendto(), recv() and listen() of libslirp end up here, with the final address,
 * after all that libslirp translates. So this is the one place that keeps the container from the
 * host's loopback, whatever frames it forges. (A libslirp linked statically would not pass here;
 * configure refuses one, and the tests reach for the loopback.)
 */
#ifndef LODGER_NET_INTERCEPT_H
#define LODGER_NET_INTERCEPT_H

#include "net.h"

/* From now on calls are judged by this network's options. Without one, they pass as they are. */
void intercept_for(const struct net *n);

/*
 * Where a connection of libslirp to `sa` is to go: there, or to the resolver that is asked instead
 * (`*ret`). 0, or -EPERM where it is forbidden. Pure; for the tests.
 */
int intercept_judge(const struct net *n, const struct sockaddr *sa, bool stream, union addr *ret);

/* connect(2) of lodger-net's own, which nobody judges. 0 or -errno. */
int intercept_connect_own(int fd, const union addr *to);

/*
 * A turn begins, or ends: slirp_pollfds_poll(). In it, libslirp reads no more from a connection
 * than a window, which goes to the container as one frame (gather.h), or two if it has room for
 * them at once. Read as its buffer has room, which is an odd number of segments, there would be one
 * left over, and from then on each would go by itself, whenever the one before is acknowledged.
 */
void intercept_turn(bool on);

/* The socket that libslirp has bound last, -1 if none: what it forwards is bound behind its API. */
int intercept_bound(void);

#endif
