// SPDX-License-Identifier: Apache-2.0
/*
 * The TAP device: made and set up inside the container's network namespace by a short-lived child,
 * its descriptor handed out to the process that serves it from the host's.
 */
#ifndef LODGER_NET_TAP_H
#define LODGER_NET_TAP_H

#include "options.h"

/* The namespaces to enter; -1 for a user namespace that is the caller's own. */
struct tap_target {
	int netns;
	int userns;
};

/* Open what the options name. Owner of the descriptors is the caller. ERR_HOST_PERMISSION. */
int tap_target_open(const struct net_options *o, struct tap_target *ret, struct err *e);

/*
 * The child that does it, started with tap_start() and awaited with tap_finish(), so that the
 * caller can use the time. `channel` is the caller's end of a socket to it.
 */
struct tap_child {
	int channel;
	int pid;
};

int tap_start(const struct net_options *o, const struct tap_target *target, struct tap_child *ret,
	struct err *e);

/*
 * The TAP's descriptor, non-blocking. `*ret_ipv6` is false where the namespace's kernel has no
 * IPv6, although it was asked for. Codes: ERR_HOST_PERMISSION, ERR_HOST_KERNEL, ERR_SYSTEM.
 */
int tap_finish(struct tap_child *child, int *ret_fd, bool *ret_ipv6, struct err *e);

#endif
