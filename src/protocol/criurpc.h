// SPDX-License-Identifier: Apache-2.0
/*
 * The language of `criu swrk`: messages of protocol buffers (version 2) over a socket that keeps
 * their borders, as criu's images/rpc.proto has them. In: options. Out: bytes; and the other way.
 * What comes from criu is bounded and checked: it is root's, but it reads images of anybody's.
 */
#ifndef LODGER_PROTOCOL_CRIURPC_H
#define LODGER_PROTOCOL_CRIURPC_H

#include "plan/criu.h"

#define CRIURPC_MAX    (64u << 10) /* of a message of criu's */
#define CRIURPC_NOTIFY 6

struct criu_answer {
	uint32_t type; /* enum criu_verb, or CRIURPC_NOTIFY */
	bool success;
	int32_t errnum; /* of criu's, 0 = none */
	char script[32]; /* what the notice is of: "post-restore"; "" if it is none */
	int32_t pid; /* of the container's init, where it is known, else 0 */
};

void criurpc_put_request(enum criu_verb verb, const struct criu_options *o, struct strbuf *out);

/* That a notice was received, and may be gone on from. */
void criurpc_put_noted(struct strbuf *out);

/* -EPROTO where it is not a message, or none of these. */
int criurpc_get_answer(const void *data, size_t n, struct criu_answer *ret);

#endif
