// SPDX-License-Identifier: Apache-2.0
/* The table of commands; see commands.h. Constant data, and the look-up by name. */
#include "cli/commands.h"

const struct command *const commands[] = {
#define X(name) &command_##name,
	COMMANDS(X)
#undef X
		NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (str_eq((*c)->name, name))
			return *c;
	return NULL;
}
