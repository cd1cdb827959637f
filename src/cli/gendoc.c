// SPDX-License-Identifier: Apache-2.0
/*
 * gendoc FILE.in: print the file with lines like "@OPTIONS@" replaced by what the tables of
 * commands and options say, so that man pages and completions agree with the parser. Which command
 * a man page is about is in its name: lodger-COMMAND.1.in, and lodger.1.in for lodger itself.
 * Without FILE.in: print a line with each command's name and options, lodger's own first.
 *
 * A tool of the source tree (`make docs`), never installed.
 */
#include "cli/gendoc.h"

#include <ctype.h>
#include <errno.h>

#include "cli/globals.h"
#include "cli/help.h"
#include "config.h"

enum gendoc_value gendoc_value(const struct option_row *row)
{
	if (!option_takes_value(row))
		return GENDOC_NONE;
	if (row->choices)
		return GENDOC_WORDS;
	if (str_eq(row->arg, "DIR"))
		return GENDOC_DIR;
	return str_eq(row->arg, "FILE") || str_eq(row->arg, "SOCKET") ? GENDOC_FILE : GENDOC_NONE;
}

bool gendoc_has_arg(const struct command *c, const char *word)
{
	const char *s = strstr(c->args, word);
	size_t len = strlen(word);

	return s && !isalpha((unsigned char)s[len]) &&
	       (s == c->args || !isalpha((unsigned char)s[-1]));
}

/* ---- man pages; `c` is NULL for lodger's own */

/* A dash that has to stay one when it is copied from the page: those of options. */
static bool is_option_dash(const char *text, const char *s)
{
	while (s > text && s[-1] == '-')
		s--;
	return (s == text || strchr(" \"(", s[-1])) && s[strspn(s, "-")] > ' ';
}

static void put_text(FILE *out, const char *text)
{
	bool at_start = true;

	for (const char *s = text; *s; s++) {
		if (*s == '\n') {
			/* An empty line parts paragraphs. */
			fputs("\n.PP\n", out);
			s += strspn(s, "\n") - 1;
			at_start = true;
			continue;
		}
		if (at_start && (*s == '.' || *s == '\''))
			fputs("\\&", out);
		at_start = false;
		if (*s == '\\')
			fputs("\\e", out);
		else if (*s == '-' && is_option_dash(text, s))
			fputs("\\-", out);
		else if (*s == '"')
			fputs("\\(dq", out);
		else
			fputc(*s, out);
	}
}

static void man_head(FILE *out, const struct command *c)
{
	char upper[64];
	size_t i = 0;

	if (c)
		for (; i < sizeof(upper) - 1 && c->name[i]; i++)
			upper[i] = (char)toupper((unsigned char)c->name[i]);
	upper[i] = '\0';
	fprintf(out, ".TH LODGER%s%s 1 \"\" \"lodger %s\" \"User Commands\"\n", c ? "\\-" : "",
		upper, PACKAGE_VERSION);
	/* Names of options must not be broken at their dashes. */
	fputs(".nh\n.ad l\n", out);
	fprintf(out, ".SH NAME\nlodger%s%s \\- ", c ? "\\-" : "", c ? c->name : "");
	put_text(out, c ? c->summary : HELP_SUMMARY);
	fputs("\n.SH SYNOPSIS\n.B lodger\n", out);
	if (!c)
		fputs("[\\fIOPTION\\fR]...\n\\fICOMMAND\\fR\n[\\fIOPTION\\fR]...\n"
		      "[\\fIARGUMENT\\fR]...\n",
			out);
	else
		fprintf(out, "[\\fIGLOBAL\\-OPTION\\fR]...\n.B %s\n[\\fIOPTION\\fR]...\n", c->name);
	for (const char *s = c ? c->args : ""; *s; s++) {
		bool inside = isalpha((unsigned char)*s);
		bool before = s > c->args && isalpha((unsigned char)s[-1]);

		if (inside != before)
			fputs(inside ? "\\fI" : "\\fR", out);
		fputc(*s, out);
		if (inside && !s[1])
			fputs("\\fR", out);
	}
	if (c && c->args[0])
		fputc('\n', out);
}

static void man_details(FILE *out, const struct command *c)
{
	put_text(out, c ? c->details : help_intro);
	fputc('\n', out);
}

/* Names with every dash as one that can be copied. */
static void put_name(FILE *out, const char *name)
{
	for (; *name; name++)
		fprintf(out, *name == '-' ? "\\-" : "%c", *name);
}

static void put_option(FILE *out, const struct option_row *row)
{
	fputs(".TP\n", out);
	if (row->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", row->letter);
	fputs("\\fB\\-\\-", out);
	put_name(out, row->name);
	fputs("\\fR", out);
	if (row->arg)
		fprintf(out, " \\fI%s\\fR", row->arg);
	fputc('\n', out);
	put_text(out, row->help);
	fputs(".\n", out);
}

static void man_options(FILE *out, const struct command *c)
{
	options_foreach(row, c ? c->options : global_options) put_option(out, row);
	put_option(out, &option_help);
}

static void man_commands(FILE *out, const struct command *self)
{
	(void)self;
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, ".TP\n.BR lodger\\-%s (1)\n", (*c)->name);
		put_text(out, (*c)->summary);
		fputs(".\n", out);
	}
}

/* ---- files */

static const struct {
	const char *marker;
	void (*put)(FILE *out, const struct command *c);
} markers[] = {
	{"@HEAD@\n", man_head},
	{"@DETAILS@\n", man_details},
	{"@OPTIONS@\n", man_options},
	{"@COMMANDS@\n", man_commands},
	{"@BASH@\n", gendoc_bash},
	{"@ZSH@\n", gendoc_zsh},
	{"@FISH@\n", gendoc_fish},
};

static void put_line(FILE *out, const char *line, const struct command *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(markers); i++) {
		if (str_eq(line, markers[i].marker)) {
			markers[i].put(out, c);
			return;
		}
	}
	fputs(line, out);
}

/* The command of man/lodger-COMMAND.1.in: 0, or -ENOENT where there is none of that name. */
static int command_of(struct arena *a, const char *path, const struct command **ret)
{
	const char *base = strrchr(path, '/');
	const char *name = str_after(base ? base + 1 : path, "lodger-");

	*ret = name ? command_find(arena_strndup(a, name, strcspn(name, "."))) : NULL;
	return name && !*ret ? -ENOENT : 0;
}

static int fill_in(struct arena *a, const char *path)
{
	const struct command *c;
	char line[1024];
	FILE *in;

	if (command_of(a, path, &c) < 0) {
		fprintf(stderr, "gendoc: %s: no such command\n", path);
		return 1;
	}
	in = fopen(path, "re");
	if (!in) {
		fprintf(stderr, "gendoc: %s: %s\n", path, err_text(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), in))
		put_line(stdout, line, c);
	fclose(in);
	return 0;
}

static void list_options(const char *name, const struct option_row *rows)
{
	fputs(name, stdout);
	options_foreach(row, rows)
	{
		printf(" --%s", row->name);
		if (row->letter)
			printf(" -%c", row->letter);
	}
	puts(" --help -h");
}

int main(int argc, char **argv)
{
	auto_arena struct arena *a = arena_new();
	int status = 0;

	if (argc > 1) {
		status = fill_in(a, argv[1]);
	} else {
		list_options("lodger", global_options);
		for (const struct command *const *c = commands; *c; c++)
			list_options((*c)->name, (*c)->options);
	}
	return fflush(stdout) || ferror(stdout) ? 1 : status;
}
