// SPDX-License-Identifier: Apache-2.0
/*
 * The control socket of lodger-net, from the side of who asks: slirp4netns's requests
 * (slirp4netns(1), "API socket"), with the real port, an errno and a fix in the answers. The helper
 * is a program of ours, but it reads the container's frames: what it says is bounded and checked.
 */
#ifndef LODGER_PROTOCOL_NETAPI_H
#define LODGER_PROTOCOL_NETAPI_H

#include "base/err.h"
#include "base/mem.h"
#include "plan/network.h"

#define NETAPI_SOCKET "net.sock" /* in the container's state directory */

/* A forward that is there, with the helper's number for it. */
struct netapi_forward {
	struct net_forward forward;
	uint64_t id;
};
typedef array_of(struct netapi_forward) netapi_forwards;

/*
 * `dir_fd`: the container's state directory. Each asks once and waits for the answer, ten seconds
 * at most. ERR_HOST_NETWORK where nobody answers or the answer makes no sense, ERR_HOST_PORT with a
 * fix where the helper refuses the port. `*ret_port`: the host's port, chosen where 0 was asked.
 */
int netapi_add(struct arena *a, int dir_fd, const struct net_forward *f, uint32_t *ret_port,
	struct err *e);
int netapi_list(struct arena *a, int dir_fd, netapi_forwards *ret, struct err *e);
int netapi_remove(struct arena *a, int dir_fd, uint64_t id, struct err *e);

/* The requests' text and the answers' meaning alone, for tests. */
char *netapi_add_request(struct arena *a, const struct net_forward *f);
int netapi_read_list(struct arena *a, const char *text, netapi_forwards *ret, struct err *e);
int netapi_read_added(struct arena *a, const char *text, const struct net_forward *f,
	uint32_t *ret_port, struct err *e);

#endif
