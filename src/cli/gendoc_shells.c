// SPDX-License-Identifier: Apache-2.0
/*
 * The tables of the completions, in the syntax of each shell; what they mean is in
 * completions/…/….in. A part of gendoc.
 */
#include "cli/gendoc.h"
#include "cli/globals.h"

/* Text between single quotes, for any of the shells. */
static void put_quoted(FILE *out, const char *text, const char *escaped)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(escaped, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void put_choices(FILE *out, const struct option_row *row)
{
	for (const char *const *c = row->choices; *c; c++)
		fprintf(out, "%s%s", c == row->choices ? "" : " ", *c);
}

/* ---- bash */

static void put_bash_spellings(FILE *out, const struct option_row *row)
{
	fprintf(out, " --%s", row->name);
	if (row->letter)
		fprintf(out, " -%c", row->letter);
}

/* NAME=' --bundle -b ': the options whose value is of a kind; all that take one for -1. */
static void put_bash_list(FILE *out, const char *name, const struct option_row *rows, int kind)
{
	fprintf(out, "\t\t\t%s='", name);
	options_foreach(row,
		rows) if (option_takes_value(row) && (kind < 0 || (int)gendoc_value(row) == kind))
		put_bash_spellings(out, row);
	fputs(" '\n", out);
}

static void put_bash_case(
	FILE *out, const char *name, const char *args, const struct option_row *rows)
{
	fprintf(out, "\t\t%s)\n\t\t\tcompletes='%s'\n\t\t\toptions='", name, args);
	options_foreach(row, rows) put_bash_spellings(out, row);
	put_bash_spellings(out, &option_help);
	fputs("'\n", out);
	put_bash_list(out, "valued", rows, -1);
	put_bash_list(out, "dirs", rows, GENDOC_DIR);
	put_bash_list(out, "files", rows, GENDOC_FILE);
	fputs("\t\t\tchoices=(", out);
	options_foreach(row, rows)
	{
		if (!row->choices)
			continue;
		fprintf(out, " '--%s ", row->name);
		put_choices(out, row);
		fputc('\'', out);
		if (row->letter) {
			fprintf(out, " '-%c ", row->letter);
			put_choices(out, row);
			fputc('\'', out);
		}
	}
	fputs(" )\n\t\t\t;;\n", out);
}

void gendoc_bash(FILE *out, const struct command *self)
{
	(void)self;
	fputs("\tcommands='", out);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "%s%s", c == commands ? "" : " ", (*c)->name);
	fputs("'\n\tcase $1 in\n", out);
	put_bash_case(out, "''", "COMMAND", global_options);
	for (const struct command *const *c = commands; *c; c++)
		put_bash_case(out, (*c)->name, (*c)->args, (*c)->options);
	fputs("\tesac\n", out);
}

/* ---- zsh */

static void put_zsh_action(FILE *out, const struct option_row *row)
{
	static const char *const actions[] = {
		[GENDOC_NONE] = "", [GENDOC_DIR] = "_directories", [GENDOC_FILE] = "_files"};

	if (!option_takes_value(row))
		return;
	fputc(':', out);
	put_quoted(out, row->arg, ":");
	fputc(':', out);
	if (!row->choices) {
		fputs(actions[gendoc_value(row)], out);
		return;
	}
	fputc('(', out);
	put_choices(out, row);
	fputc(')', out);
}

static void put_zsh_spec(
	FILE *out, const char *indent, const struct option_row *row, const char *name)
{
	/* A letter's value is a word of its own. */
	const char *sign = option_takes_value(row) && name[1] == '-' ? "=" : "";

	fprintf(out, "%s'", indent);
	if (row->kind == OPTION_LIST)
		fputc('*', out);
	else if (row->letter)
		fprintf(out, "(-%c --%s)", row->letter, row->name);
	fprintf(out, "%s%s[", name, sign);
	put_quoted(out, row->help, "[]");
	fputc(']', out);
	put_zsh_action(out, row);
	fputs("'\n", out);
}

static void put_zsh_option(FILE *out, const char *indent, const struct option_row *row)
{
	char name[64];

	snprintf(name, sizeof(name), "--%s", row->name);
	put_zsh_spec(out, indent, row, name);
	if (row->letter) {
		snprintf(name, sizeof(name), "-%c", row->letter);
		put_zsh_spec(out, indent, row, name);
	}
}

/* Which of the arguments a word is, from 1. */
static int place_of(const struct command *c, const char *word)
{
	int place = 1;

	for (const char *s = c->args, *end = strstr(c->args, word); s < end; s++)
		place += *s == ' ';
	return place;
}

/* "add|remove CONTAINER": the words of the first argument, with blanks between, or "". */
static void put_words(FILE *out, const struct command *c)
{
	for (const char *s = c->args; *s && *s != ' '; s++)
		fputc(*s == '|' ? ' ' : *s, out);
}

static bool has_words(const struct command *c)
{
	return strcspn(c->args, "|") < strcspn(c->args, " ");
}

static void put_zsh_args(FILE *out, const struct command *c)
{
	if (gendoc_has_arg(c, "COMMAND"))
		fputs("\t\t\t'1:command:_lodger_commands'\n", out);
	if (has_words(c)) {
		fputs("\t\t\t'1:action:(", out);
		put_words(out, c);
		fputs(")'\n", out);
	}
	if (gendoc_has_arg(c, "CONTAINER"))
		fprintf(out, "\t\t\t'%d:container:_lodger_containers'\n", place_of(c, "CONTAINER"));
	/* A new ID has no words, and a spec without any would keep options from being completed. */
	if (gendoc_has_arg(c, "SIGNAL"))
		fputs("\t\t\t'2:signal:_signals -s'\n", out);
	if (gendoc_has_arg(c, "FILE"))
		fprintf(out, "\t\t\t'%d:file:_files'\n", place_of(c, "FILE"));
}

void gendoc_zsh(FILE *out, const struct command *self)
{
	(void)self;
	fputs("lodger_commands=(\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, "\t'%s:", (*c)->name);
		put_quoted(out, (*c)->summary, ":");
		fputs("'\n", out);
	}
	fputs(")\nlodger_globals=(\n", out);
	options_foreach(row, global_options) put_zsh_option(out, "\t", row);
	put_zsh_option(out, "\t", &option_help);
	fputs(")\n\n_lodger_specs() {\n\tcase $1 in\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, "\t\t%s) specs=(\n", (*c)->name);
		options_foreach(row, (*c)->options) put_zsh_option(out, "\t\t\t", row);
		put_zsh_option(out, "\t\t\t", &option_help);
		put_zsh_args(out, *c);
		fputs("\t\t) ;;\n", out);
	}
	fputs("\tesac\n}\n", out);
}

/* ---- fish */

static void put_fish_option(FILE *out, const char *condition, const struct option_row *row)
{
	fprintf(out, "complete -c lodger -n '%s'", condition);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	fprintf(out, " -l %s", row->name);
	switch (gendoc_value(row)) {
	case GENDOC_DIR:
		fputs(" -x -a '(__fish_complete_directories)'", out);
		break;
	case GENDOC_FILE:
		fputs(" -r -F", out);
		break;
	case GENDOC_WORDS:
		fputs(" -x -a '", out);
		put_choices(out, row);
		fputc('\'', out);
		break;
	case GENDOC_NONE:
		fputs(option_takes_value(row) ? " -x" : "", out);
	}
	fputs(" -d '", out);
	put_quoted(out, row->help, "");
	fputs("'\n", out);
}

static void put_fish_command(FILE *out, const struct command *c)
{
	char condition[64];

	fprintf(out, "complete -c lodger -n __lodger_needs_command -a %s -d '", c->name);
	put_quoted(out, c->summary, "");
	fputs("'\n", out);
	snprintf(condition, sizeof(condition), "__lodger_command_is %s", c->name);
	options_foreach(row, c->options) put_fish_option(out, condition, row);
	put_fish_option(out, condition, &option_help);
	if (has_words(c)) {
		fprintf(out, "complete -c lodger -n '%s' -a '", condition);
		put_words(out, c);
		fputs("'\n", out);
	}
	if (gendoc_has_arg(c, "FILE"))
		fprintf(out, "complete -c lodger -n '%s' -F\n", condition);
	if (gendoc_has_arg(c, "CONTAINER"))
		fprintf(out, "complete -c lodger -n '%s' -a '(__lodger_containers)'\n", condition);
	if (gendoc_has_arg(c, "SIGNAL"))
		fprintf(out, "complete -c lodger -n '%s' -a '(__lodger_signals)'\n", condition);
	if (gendoc_has_arg(c, "COMMAND"))
		for (const struct command *const *other = commands; *other; other++)
			fprintf(out, "complete -c lodger -n '%s' -a %s\n", condition,
				(*other)->name);
}

void gendoc_fish(FILE *out, const struct command *self)
{
	(void)self;
	options_foreach(row, global_options) put_fish_option(out, "__lodger_needs_command", row);
	put_fish_option(out, "__lodger_needs_command", &option_help);
	for (const struct command *const *c = commands; *c; c++)
		put_fish_command(out, *c);
}
