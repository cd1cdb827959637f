// SPDX-License-Identifier: Apache-2.0
/* Tables of names and values: "SIGTERM" and 15, "CAP_CHOWN" and 0, "private" and MS_PRIVATE. */
#ifndef LODGER_BASE_NAMES_H
#define LODGER_BASE_NAMES_H

#include <stdint.h>

struct name {
	const char *name; /* NULL ends a table */
	uint64_t value;
};

/* The row for a name, or NULL. Compares exactly. */
const struct name *names_find(const struct name *table, const char *name);

/* The name of a value, or NULL. */
const char *names_of(const struct name *table, uint64_t value);

#endif
