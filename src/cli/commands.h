// SPDX-License-Identifier: Apache-2.0
/*
 * The table of commands. What runs a command, prints its help, writes its man page and completes
 * its options reads it; nothing else lists commands. To add one: a name in COMMANDS, and a file
 * that defines command_NAME.
 */
#ifndef LODGER_CLI_COMMANDS_H
#define LODGER_CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/options.h"
#include "lodger/lodger.h"

/* Sorted, as --help lists them. */
#define COMMANDS(X)                                                                                \
	X(checkpoint)                                                                              \
	X(create)                                                                                  \
	X(delete)                                                                                  \
	X(events)                                                                                  \
	X(exec)                                                                                    \
	X(features)                                                                                \
	X(help)                                                                                    \
	X(kill)                                                                                    \
	X(list)                                                                                    \
	X(mounts)                                                                                  \
	X(pause)                                                                                   \
	X(port)                                                                                    \
	X(ps)                                                                                      \
	X(restore)                                                                                 \
	X(resume)                                                                                  \
	X(run)                                                                                     \
	X(spec)                                                                                    \
	X(start)                                                                                   \
	X(state)                                                                                   \
	X(update)

/* One use of a command. */
struct command_call {
	struct lodger *lodger;
	void *options; /* the command's options struct, filled */
	struct strv args; /* as many as the row allows */
	int status; /* out: exit status; after an error only where it is not 0 */
};

struct command {
	const char *name;
	const char *summary; /* one line for lists, no final full stop */
	/*
	 * Arguments as help shows them. Completion goes by the words: CONTAINER is one that exists,
	 * ID a new one, SIGNAL a signal's name, COMMAND a command of lodger's, FILE a file;
	 * "one|other" are words to choose from, as the first argument.
	 */
	const char *args;
	const char *details; /* paragraphs, an empty line between them */
	const struct option_row *options; /* NULL = none but --help */
	size_t options_size; /* of the options struct, which is zeroed before use */
	unsigned min_args, max_args;
	enum option_order order;
	int (*run)(struct command_call *call, struct err *e);
};

#define X(name) extern const struct command command_##name;
COMMANDS(X)
#undef X

/* All of them, ended by NULL. */
extern const struct command *const commands[];

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

#endif
