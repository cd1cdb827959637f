// SPDX-License-Identifier: Apache-2.0
/*
 * cli/options.h: each way to write an option, what the order of words means, and every error. The
 * forms are those that Go's flag package takes, and options after arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"

struct values {
	bool flag;
	const char *text;
	const char *choice;
	uint32_t number;
	struct strv list;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct option_row rows[] = {
	OPTION_FLAG_ROW(struct values, flag, "flag", 'f', "a flag"),
	OPTION_IGNORED_ROW("old", 'o', "without effect"),
	OPTION_STRING_ROW(struct values, text, "text", 't', "TEXT", "a text"),
	OPTION_CHOICE_ROW(struct values, choice, "colour", 0, "COLOUR", colours, "a choice"),
	OPTION_U32_ROW(struct values, number, "number", 'n', "N", "a number"),
	OPTION_LIST_ROW(struct values, list, "item", 'i', "ITEM", "a value of several"),
	{0},
};

/* Words joined by one space each; "''" stands for the empty word. */
static struct strv words_of(struct arena *a, const char *line)
{
	struct strv words = strv_split(a, line, " ");

	for (size_t i = 0; i < words.n; i++)
		if (str_eq(words.v[i], "''"))
			words.v[i] = "";
	return words;
}

static char *join(struct arena *a, const struct strv *words)
{
	char *s = arena_strdup(a, "");

	for (size_t i = 0; i < words->n; i++)
		s = arena_printf(a, "%s%s%s", s, i ? " " : "", words->v[i]);
	return s;
}

/* What became of a line: members that are set, arguments after a bar; or the error's text. */
static char *parsed(struct arena *a, enum option_order order, const char *line)
{
	struct strv words = words_of(a, line), args = {0};
	struct values v = {0};
	struct err e = {0};
	bool help = false;
	int r = options_parse(a, rows, order, words.v, words.n, &v, &args, &help, &e);

	if (r < 0) {
		assert_int_equal(e.code, ERR_USAGE);
		return arena_strdup(a, e.msg);
	}
	assert_false(err_is_set(&e));
	return arena_printf(a, "%s%s%s%s%s%s%s%s%s%s| %s", v.flag ? "flag " : "",
		v.text ? "text=" : "", v.text ? v.text : "", v.text ? " " : "",
		v.choice ? arena_printf(a, "%s ", v.choice) : "",
		v.number ? arena_printf(a, "%u ", v.number) : "", v.list.n ? "items=" : "",
		v.list.n ? join(a, &v.list) : "", v.list.n ? " " : "", help ? "help " : "",
		join(a, &args));
}

struct parse_case {
	const char *line, *want;
};

static void check_parse(enum option_order order, const struct parse_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_arena struct arena *a = arena_new();
		char *got = parsed(a, order, cases[i].line);

		if (!str_eq(got, cases[i].want))
			fail_msg("\"%s\": \"%s\", expected \"%s\"", cases[i].line, got,
				cases[i].want);
	}
}

static void forms(void **state)
{
	static const struct parse_case cases[] = {
		{"", "| "},
		{"--text a", "text=a | "},
		{"--text=a", "text=a | "},
		{"-text a", "text=a | "},
		{"-text=a", "text=a | "},
		{"-t a", "text=a | "},
		{"-t=a", "text=a | "},
		{"--t a", "text=a | "},
		{"--text=", "text= | "},
		{"--text ''", "text= | "},
		{"--text=a=b", "text=a=b | "},
		/* The word after an option that needs one is its value, whatever it looks like. */
		{"--text --flag x", "text=--flag | x"},
		{"--text -- x", "text=-- | x"},
		{"--text - x", "text=- | x"},
		{"--flag", "flag | "},
		{"-flag", "flag | "},
		{"-f", "flag | "},
		{"--old --old=true -o", "| "},
		{"--colour green", "green | "},
		{"--colour=blue", "blue | "},
		{"--number 7", "7 | "},
		{"-n=4294967295", "4294967295 | "},
		/* The last one wins. */
		{"-t a --text b -t=c", "text=c | "},
		{"-f --flag=false", "| "},
		{"-n 1 -n 2", "2 | "},
		/* A list keeps all of them, empty ones too, in their order. */
		{"-i b --item=a x -i '' -item c", "items=b a  c | x"},
		{"-i -f", "items=-f | "},
	};

	(void)state;
	check_parse(OPTIONS_ANYWHERE, cases, ARRAY_SIZE(cases));
}

static void flag_values(void **state)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
	auto_arena struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		const struct parse_case cases[] = {
			{arena_printf(a, "--flag=%s", yes[i]), "flag | "},
			{arena_printf(a, "-f=%s", yes[i]), "flag | "},
			{arena_printf(a, "-f=%s", no[i]), "| "},
			{arena_printf(a, "-f -flag=%s x", no[i]), "| x"},
			/* Not a value: flags take theirs attached. */
			{arena_printf(a, "--flag %s", no[i]), arena_printf(a, "flag | %s", no[i])},
		};

		check_parse(OPTIONS_ANYWHERE, cases, ARRAY_SIZE(cases));
	}
}

static void order(void **state)
{
	static const struct parse_case anywhere[] = {
		{"a -f b -t c d", "flag text=c | a b d"},
		{"a --", "| a"},
		{"-f -- -t x --flag=no", "flag | -t x --flag=no"},
		{"a -- -9", "| a -9"},
		{"-- -- a", "| -- a"},
		{"- ''", "| - "},
	};
	static const struct parse_case first[] = {
		{"-f a -t c", "flag | a -t c"},
		{"-t a b --unknown", "text=a | b --unknown"},
		{"-f -- -t", "flag | -t"},
		{"a -- b", "| a -- b"},
		{"- -f", "| - -f"},
		{"a --help", "| a --help"},
	};

	(void)state;
	check_parse(OPTIONS_ANYWHERE, anywhere, ARRAY_SIZE(anywhere));
	check_parse(OPTIONS_FIRST, first, ARRAY_SIZE(first));
}

static void help_wins(void **state)
{
	static const struct parse_case cases[] = {
		{"--help", "help | "},
		{"-h", "help | "},
		{"-help", "help | "},
		{"a -h", "help | a"},
		/* Nothing after it is looked at, what is before it is. */
		{"-f --help --unknown", "flag help | "},
		{"--unknown --help", "unknown option \"--unknown\""},
		{"-- --help", "| --help"},
		{"-t --help", "text=--help | "},
	};

	(void)state;
	check_parse(OPTIONS_ANYWHERE, cases, ARRAY_SIZE(cases));
}

static void errors(void **state)
{
	static const struct parse_case cases[] = {
		{"--text", "flag needs an argument: --text"},
		{"a -t", "flag needs an argument: --text"},
		{"-f -n", "flag needs an argument: --number"},
		{"--unknown", "unknown option \"--unknown\""},
		{"-x", "unknown option \"-x\""},
		{"--unknown=secret", "unknown option \"--unknown\""},
		{"a -9", "unknown option \"-9\""},
		{"---text a", "unknown option \"---text\""},
		{"-=a", "unknown option \"-\""},
		{"--=a", "unknown option \"--\""},
		/* No abbreviations, no letters in one word: Go has neither. */
		{"--tex a", "unknown option \"--tex\""},
		{"--textt a", "unknown option \"--textt\""},
		{"-fo", "unknown option \"-fo\""},
		{"-ta", "unknown option \"-ta\""},
		{"--a\"b\x01", "unknown option \"--a\\\"b\\u0001\""},
		{"--flag=", "invalid value \"\" for --flag: must be true or false"},
		{"-f=yes", "invalid value \"yes\" for --flag: must be true or false"},
		{"--old=maybe", "invalid value \"maybe\" for --old: must be true or false"},
		{"--colour pink",
			"invalid value \"pink\" for --colour: must be red, green or blue"},
		{"--colour=", "invalid value \"\" for --colour: must be red, green or blue"},
		{"-n x", "invalid value \"x\" for --number: must be a number"},
		{"-n 3x", "invalid value \"3x\" for --number: must be a number"},
		{"-n -1", "invalid value \"-1\" for --number: must be a number"},
		{"-n=", "invalid value \"\" for --number: must be a number"},
		{"-n 4294967296",
			"invalid value \"4294967296\" for --number: the number is too large"},
	};

	(void)state;
	check_parse(OPTIONS_ANYWHERE, cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(flag_values),
		cmocka_unit_test(order),
		cmocka_unit_test(help_wins),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
