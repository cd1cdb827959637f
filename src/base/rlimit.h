// SPDX-License-Identifier: Apache-2.0
/* Resource limits by the names that config.json and the kernel's headers have. */
#ifndef LODGER_BASE_RLIMIT_H
#define LODGER_BASE_RLIMIT_H

#include "base/names.h"

extern const struct name rlimit_names[]; /* "RLIMIT_NOFILE" and its number, setrlimit(2) */

#endif
