// SPDX-License-Identifier: Apache-2.0
/*
 * The option parser; see options.h. In: words and a table. Out: members of the options struct.
 * Front end only. It knows no option by name but --help, and does nothing but store.
 */
#include "cli/options.h"

#include <errno.h>

#include "base/json.h"
#include "base/num.h"

const struct option_row option_help = {
	.name = "help",
	.letter = 'h',
	.kind = OPTION_IGNORED,
	.help = "print this help and exit",
};

/* The words that strconv.ParseBool takes. */
static const char *const words_true[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
static const char *const words_false[] = {"0", "f", "F", "false", "FALSE", "False", NULL};

static const char *find_word(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (str_eq(*words, word))
			return *words;
	return NULL;
}

static int fail_value(
	const struct option_row *row, const char *value, const char *why, struct err *e)
{
	return err_set(e, ERR_USAGE, EINVAL, "invalid value %s for --%s: %s",
		json_quoted(value).text, row->name, why);
}

static int store_flag(
	struct arena *a, const struct option_row *row, const char *value, void *to, struct err *e)
{
	bool yes = !value || find_word(words_true, value);

	(void)a;
	if (!yes && !find_word(words_false, value))
		return fail_value(row, value, "must be true or false", e);
	if (row->kind == OPTION_FLAG)
		*(bool *)to = yes;
	return 0;
}

static int store_string(
	struct arena *a, const struct option_row *row, const char *value, void *to, struct err *e)
{
	(void)a;
	(void)row;
	(void)e;
	*(const char **)to = value;
	return 0;
}

static int store_list(
	struct arena *a, const struct option_row *row, const char *value, void *to, struct err *e)
{
	(void)row;
	(void)e;
	strv_add(a, to, value);
	return 0;
}

static int store_choice(
	struct arena *a, const struct option_row *row, const char *value, void *to, struct err *e)
{
	const char *found = find_word(row->choices, value);
	const char *why = "must be";

	if (found) {
		*(const char **)to = found;
		return 0;
	}
	for (const char *const *c = row->choices; *c; c++)
		why = arena_printf(a, "%s%s %s", why,
			c == row->choices ? ""
			: c[1]            ? ","
					  : " or",
			*c);
	return fail_value(row, value, why, e);
}

static int store_u32(
	struct arena *a, const struct option_row *row, const char *value, void *to, struct err *e)
{
	int r = num_u32(value, to);

	(void)a;
	if (r < 0)
		return fail_value(row, value,
			r == -ERANGE ? "the number is too large" : "must be a number", e);
	return 0;
}

static int (*const stores[])(struct arena *a, const struct option_row *row, const char *value,
	void *to, struct err *e) = {
	[OPTION_FLAG] = store_flag,
	[OPTION_IGNORED] = store_flag,
	[OPTION_STRING] = store_string,
	[OPTION_CHOICE] = store_choice,
	[OPTION_LIST] = store_list,
	[OPTION_U32] = store_u32,
};

static bool row_is(const struct option_row *row, const char *name, size_t len)
{
	if (len == 1 && row->letter)
		return row->letter == *name;
	return strlen(row->name) == len && memcmp(row->name, name, len) == 0;
}

static const struct option_row *find_row(
	const struct option_row *rows, const char *name, size_t len)
{
	options_foreach(row, rows) if (row_is(row, name, len)) return row;
	return row_is(&option_help, name, len) ? &option_help : NULL;
}

/* Whether Go's flag package would take the word for an option; "-" is an argument. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/* The option at words[0]: 1 or 2, the words that it took; 0 for --help; -EINVAL. */
static int parse_one(struct arena *a, const struct option_row *rows, const char *const *words,
	size_t n, void *dest, struct err *e)
{
	const char *name = words[0] + (words[0][1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct option_row *row = find_row(rows, name, len);
	int taken = 1, r;

	if (!row)
		return err_set(e, ERR_USAGE, EINVAL, "unknown option %s",
			json_quoted(arena_strndup(a, words[0], (size_t)(name - words[0]) + len))
				.text);
	if (row == &option_help)
		return 0;
	if (option_takes_value(row) && !value) {
		/* podman looks for this text to learn whether an option is there. */
		if (n < 2)
			return err_set(
				e, ERR_USAGE, EINVAL, "flag needs an argument: --%s", row->name);
		value = words[1];
		taken = 2;
	}
	r = stores[row->kind](a, row, value, (char *)dest + row->offset, e);
	return r < 0 ? r : taken;
}

int options_parse(struct arena *a, const struct option_row *rows, enum option_order order,
	const char *const *words, size_t n, void *dest, struct strv *ret_args, bool *ret_help,
	struct err *e)
{
	struct strv args = {.v = arena_calloc(a, n + 1, sizeof(*args.v))};
	bool help = false, ended = false;
	int r;

	for (size_t i = 0; i < n && !help; i += (size_t)r) {
		r = 1;
		if (ended || !is_option(words[i])) {
			args.v[args.n++] = words[i];
			ended |= order == OPTIONS_FIRST;
		} else if (str_eq(words[i], "--")) {
			ended = true;
		} else {
			r = parse_one(a, rows, words + i, n - i, dest, e);
			if (r < 0)
				return r;
			help = r == 0;
		}
	}
	*ret_args = args;
	*ret_help = help;
	return 0;
}
