// SPDX-License-Identifier: Apache-2.0
/* Tables of names and values; see names.h. Any process. */
#include "base/names.h"

#include <stddef.h>
#include <string.h>

const struct name *names_find(const struct name *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

const char *names_of(const struct name *table, uint64_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}
