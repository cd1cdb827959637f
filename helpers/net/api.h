// SPDX-License-Identifier: Apache-2.0
/*
 * The control socket: slirp4netns(1)'s JSON calls, and `info`. Clients never hold up the network:
 * nothing here waits for them.
 */
#ifndef LODGER_NET_API_H
#define LODGER_NET_API_H

#include "base/err.h"
#include "net.h"

#define API_REQUEST_MAX 4096u /* less than this, as slirp4netns(1) has it */

/*
 * Make the socket at `path`, mode 0600, in place of a socket that nobody serves any more. The
 * descriptor, or an error: ERR_USAGE (the path is too long), ERR_SYSTEM.
 */
int api_listen(const char *path, struct err *e);

/* Serve the socket from n->loop. 0 or -errno. */
int api_serve(struct net *n, int listener);

/*
 * Answer one request: a JSON text of `len` bytes. Returns the answer, for the caller to free. Every
 * request has an answer, whatever is wrong with it.
 */
char *api_answer(struct net *n, const char *text, size_t len);

#endif
