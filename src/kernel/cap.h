// SPDX-License-Identifier: Apache-2.0
/* Capabilities of the calling thread, capabilities(7), as 64 bit sets. -errno, no text. */
#ifndef LODGER_KERNEL_CAP_H
#define LODGER_KERNEL_CAP_H

#include <stdint.h>

struct cap_sets {
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
};

int cap_get(struct cap_sets *ret);
int cap_set(const struct cap_sets *sets);

/* Drop from the bounding set what `keep` lacks. Needs CAP_SETPCAP. */
int cap_bound(uint64_t keep);

/* Make the ambient set exactly `set`; all of it must be permitted and inheritable. */
int cap_ambient(uint64_t set);

/*
 * Raise every permitted capability into the ambient set, so that they survive the exec of a program
 * by a process whose uid has no name in its user namespace yet.
 */
int cap_keep_over_exec(void);

#endif
