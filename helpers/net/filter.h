// SPDX-License-Identifier: Apache-2.0
/* The system calls that lodger-net may still make once it serves the container. */
#ifndef LODGER_NET_FILTER_H
#define LODGER_NET_FILTER_H

#include "base/err.h"

/*
 * Load the filter, by libseccomp: an allow-list. What is not on it fails with EPERM, so that
 * another libc or libslirp loses a feature and not the network; what no such library has use for
 * and an attacker has ends the process. ERR_SYSTEM.
 */
int filter_load(struct err *e);

#endif
