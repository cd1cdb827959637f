// SPDX-License-Identifier: Apache-2.0
/* What this kernel can do with seccomp filters, seccomp(2): questions only, nothing is loaded. */
#ifndef LODGER_KERNEL_SECCOMP_H
#define LODGER_KERNEL_SECCOMP_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the kernel knows a filter's return value (SECCOMP_RET_*, without data). */
bool seccomp_action_known(uint32_t action);

/* Whether the kernel takes a SECCOMP_FILTER_FLAG_* for a filter. */
bool seccomp_flag_known(uint32_t flag);

#endif
