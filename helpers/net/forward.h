// SPDX-License-Identifier: Apache-2.0
/* The forwarded ports of a container. */
#ifndef LODGER_NET_FORWARD_H
#define LODGER_NET_FORWARD_H

#include "base/err.h"
#include "base/json.h"
#include "net.h"

struct forward {
	uint64_t id; /* from 1, never used again */
	bool udp;
	union addr host;
	union addr guest;
};

struct forwards *forwards_new(void);

/*
 * Forward: `f->host` with port 0 means any free one, and gets the real one. Sets `f->id`. Codes:
 * ERR_HOST_PERMISSION (a port below ip_unprivileged_port_start; with the fix), ERR_SYSTEM.
 */
int forward_add(struct net *n, struct forward *f, struct err *e);

/* -ENOENT if there is none of that id. */
int forward_remove(struct net *n, uint64_t id);

/* All of them as a JSON array of objects, as slirp4netns(1) has them. */
void forward_list(const struct net *n, struct json_writer *w);

#endif
