// SPDX-License-Identifier: Apache-2.0
/*
 * What lodger-net locks itself into before it reads the first packet. Each layer would do alone
 * against most of what a hole in libslirp could be used for: the empty root against files, the
 * filter against the rest of the kernel, Landlock against both where the first could not be had.
 */
#ifndef LODGER_NET_SANDBOX_H
#define LODGER_NET_SANDBOX_H

#include "base/err.h"
#include "resolv.h"

/*
 * No privileges to gain, an own mount namespace whose root is empty and read-only, no capabilities,
 * not dumpable. In a user namespace of its own where the caller has no right to mount. A host that
 * forbids that gets a warning and the other layers; ERR_SYSTEM where one of those fails.
 */
int sandbox_enter(struct err *e);

/*
 * A Landlock domain in which only the directories of `r` can be read and no abstract socket or
 * process outside be reached, as far as the kernel knows how; then the seccomp filter. ERR_SYSTEM.
 */
int sandbox_seal(const struct resolv *r, struct err *e);

#endif
