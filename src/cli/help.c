// SPDX-License-Identifier: Apache-2.0
/* Help texts from the tables; see help.h. Pure formatting, in 80 columns; front end only. */
#include "cli/help.h"

#include "cli/globals.h"

enum {
	LINE_WIDTH = 80,
	TEXT_COLUMN = 28, /* where the explanation of an option begins */
};

const char help_intro[] =
	"Runs containers from bundles of the Open Container Initiative: a directory with "
	"config.json and a root filesystem. It needs no root, no daemon and no setuid program of "
	"its own, and reads its command line as runc does.";

/* Words up to the line's width; every line after the first begins at `indent`. */
static void print_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (!first && column + 1 + len > LINE_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first && column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += len;
		first = false;
		text += len;
		/* An empty line parts paragraphs. */
		if (*text == '\n') {
			fprintf(out, "\n\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		text += strspn(text, " \n");
	}
	fputc('\n', out);
}

static void print_row(FILE *out, const char *left, const char *text)
{
	size_t len = strlen(left);

	fputs(left, out);
	if (len + 2 > TEXT_COLUMN) {
		fputc('\n', out);
		len = 0;
	}
	fprintf(out, "%*s", (int)(TEXT_COLUMN - len), "");
	print_wrapped(out, text, TEXT_COLUMN, TEXT_COLUMN);
}

static void print_option(FILE *out, const struct option_row *row)
{
	char letter[] = "-x, ", left[128];

	letter[1] = row->letter;
	snprintf(left, sizeof(left), "  %s--%s%s%s", row->letter ? letter : "    ", row->name,
		row->arg ? " " : "", row->arg ? row->arg : "");
	print_row(out, left, row->help);
}

static void print_options(FILE *out, const struct option_row *rows)
{
	fputs("\nOptions:\n", out);
	options_foreach(row, rows) print_option(out, row);
	print_option(out, &option_help);
}

void help_overview(FILE *out)
{
	fputs("Usage: lodger [OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n\n", out);
	print_wrapped(out, help_intro, 0, 0);
	fputs("\nCommands:\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		char left[64];

		snprintf(left, sizeof(left), "  %s", (*c)->name);
		print_row(out, left, (*c)->summary);
	}
	print_options(out, global_options);
	fputs("\n\"lodger COMMAND --help\" says more about a command.\n", out);
}

void help_command(FILE *out, const struct command *c)
{
	fprintf(out, "Usage: lodger %s [OPTION]...%s%s\n\n", c->name, c->args[0] ? " " : "",
		c->args);
	print_wrapped(out, c->details, 0, 0);
	print_options(out, c->options);
}
