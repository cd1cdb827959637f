// SPDX-License-Identifier: Apache-2.0
/* All the descriptors of this process at once. -errno, no text. */
#ifndef LODGER_KERNEL_FDS_H
#define LODGER_KERNEL_FDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a descriptor was open when this program was executed. What was inherited has lost its
 * close-on-exec flag or never had it; what is opened since has it from birth. So it can be told
 * until fds_close_on_exec() is called.
 */
bool fds_is_inherited(uint32_t fd);

/*
 * Make every descriptor from `first` on close-on-exec. `proc`: a procfs that shows the caller, or
 * -1 for /proc; it is looked at only where close_range(2) is refused, as by the seccomp filter of a
 * container engine that is older than the call (Linux 5.9, with the flag 5.11).
 */
int fds_close_on_exec(int proc, unsigned first);

#endif
