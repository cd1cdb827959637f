// SPDX-License-Identifier: Apache-2.0
/*
 * Options as tables: a row says how an option is written, where its value goes and what --help and
 * the man pages say about it. In: words of a command line. Out: a filled struct, and the words
 * that are no options.
 *
 * What callers of runc pass is taken as Go's flag package takes it: one dash or two before any
 * name, "--name value" or "--name=value", "--flag=false", and "--" as the end. As with crun,
 * options may also follow arguments.
 */
#ifndef LODGER_CLI_OPTIONS_H
#define LODGER_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum option_kind {
	OPTION_FLAG, /* bool; the value can only be attached: --flag=false */
	OPTION_IGNORED, /* a flag that is accepted and has no effect; no member */
	OPTION_STRING, /* const char *, borrowed from the command line */
	OPTION_CHOICE, /* const char *, one of `choices` */
	OPTION_LIST, /* struct strv: each use adds a value, borrowed from the command line */
	OPTION_U32, /* uint32_t, decimal */
};

struct option_row {
	const char *name; /* long name; NULL ends a table */
	char letter; /* short name, 0 = none */
	enum option_kind kind;
	size_t offset; /* of the member in the options struct */
	const char *arg; /* what --help calls the value: "DIR"; NULL for flags */
	const char *help; /* one sentence, lower case, no final full stop */
	const char *const *choices; /* of an OPTION_CHOICE, ended by NULL */
};

/* offsetof() that does not compile unless the member has the type that the kind stores. */
#define OPTION_MEMBER(type, member, member_type)                                                   \
	(offsetof(type, member) +                                                                  \
		0 * sizeof(char[__builtin_types_compatible_p(                                      \
					__typeof__(((type *)NULL)->member), member_type)           \
					? 1                                                        \
					: -1]))

/* Rows of a table: options struct, its member, names, text. */
#define OPTION_FLAG_ROW(type, member, name_, letter_, help_)                                       \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .kind = OPTION_FLAG, .help = (help_),        \
		.offset = OPTION_MEMBER(type, member, bool)                                        \
	}
#define OPTION_IGNORED_ROW(name_, letter_, help_)                                                  \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .kind = OPTION_IGNORED, .help = (help_)      \
	}
#define OPTION_STRING_ROW(type, member, name_, letter_, arg_, help_)                               \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .kind = OPTION_STRING, .help = (help_),      \
		.arg = (arg_), .offset = OPTION_MEMBER(type, member, const char *)                 \
	}
#define OPTION_CHOICE_ROW(type, member, name_, letter_, arg_, choices_, help_)                     \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .kind = OPTION_CHOICE, .help = (help_),      \
		.arg = (arg_), .choices = (choices_),                                              \
		.offset = OPTION_MEMBER(type, member, const char *)                                \
	}
#define OPTION_LIST_ROW(type, member, name_, letter_, arg_, help_)                                 \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .kind = OPTION_LIST, .help = (help_),        \
		.arg = (arg_), .offset = OPTION_MEMBER(type, member, struct strv)                  \
	}
#define OPTION_U32_ROW(type, member, name_, letter_, arg_, help_)                                  \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .kind = OPTION_U32, .help = (help_),         \
		.arg = (arg_), .offset = OPTION_MEMBER(type, member, uint32_t)                     \
	}

/* --help and -h, which every table has without naming them. */
extern const struct option_row option_help;

/* Rows may be NULL: no options. */
#define options_foreach(row, rows)                                                                 \
	for (const struct option_row *row = (rows); row && row->name; row++)

static inline bool option_takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_IGNORED;
}

enum option_order {
	OPTIONS_ANYWHERE, /* before, between and after arguments */
	OPTIONS_FIRST, /* the first argument ends them: what follows belongs to another command */
};

/*
 * Read the `n` words. Values go to `*dest`, the options struct, which keeps what it held where no
 * option says otherwise; of several, the last wins, or a list gets all. `*ret_args` gets the
 * arguments, in the arena, and `*ret_help` whether --help was met, which ends the reading.
 * ERR_USAGE: an option that is unknown, lacks its value or does not take it; `*dest` is then
 * incomplete.
 */
int options_parse(struct arena *a, const struct option_row *rows, enum option_order order,
	const char *const *words, size_t n, void *dest, struct strv *ret_args, bool *ret_help,
	struct err *e);

#endif
