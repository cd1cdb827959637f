// SPDX-License-Identifier: Apache-2.0
/*
 * lodger list. In: nothing but options. Out: a table, names or JSON on standard output. Front end.
 * Bundles are paths that anybody may have chosen: no control character of theirs may reach a
 * terminal.
 */
#include <stdio.h>

#include "base/utf8.h"
#include "cli/commands.h"

struct list_options {
	const char *format;
	bool quiet;
};

/* runc's columns, and the width and padding of its tabwriter: scripts cut at them. */
static const char *const titles[] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};
enum { COLUMNS = ARRAY_SIZE(titles), MIN_WIDTH = 12, PADDING = 3 };

struct line {
	const char *cell[COLUMNS];
};

static const char *printable(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s ? s : "");

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return copy;
}

/* Characters; of what is no UTF-8, bytes. */
static size_t cell_width(const char *s)
{
	size_t n = strlen(s), width = 0;

	for (size_t i = 0; i < n; width++) {
		size_t len = utf8_len(s + i, n - i);

		i += len ? len : 1;
	}
	return width;
}

static void print_table(const struct line *lines, size_t n)
{
	size_t widths[COLUMNS];

	for (size_t c = 0; c < COLUMNS; c++) {
		widths[c] = MIN_WIDTH;
		for (size_t i = 0; i < n; i++) {
			size_t width = cell_width(lines[i].cell[c]) + PADDING;

			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < COLUMNS - 1; c++) {
			const char *s = lines[i].cell[c];

			printf("%s%*s", s, (int)(widths[c] - cell_width(s)), "");
		}
		printf("%s\n", lines[i].cell[COLUMNS - 1]);
	}
}

static struct line make_line(struct arena *a, const struct lodger_entry *entry)
{
	return (struct line){{
		printable(a, entry->id),
		arena_printf(a, "%d", entry->pid),
		printable(a, entry->status),
		printable(a, entry->bundle),
		printable(a, entry->created),
		printable(a, entry->owner),
	}};
}

static int list_entries(struct lodger *l, bool quiet, struct err *e)
{
	struct lodger_entry *entries;
	struct line *lines;
	size_t n;
	int r = lodger_list(l, &entries, &n, e);

	if (r < 0)
		return r;
	if (quiet) {
		for (size_t i = 0; i < n; i++)
			printf("%s\n", printable(l->arena, entries[i].id));
		return 0;
	}
	lines = arena_calloc(l->arena, n + 1, sizeof(*lines));
	memcpy(lines[0].cell, titles, sizeof(titles));
	for (size_t i = 0; i < n; i++)
		lines[i + 1] = make_line(l->arena, &entries[i]);
	print_table(lines, n + 1);
	return 0;
}

static int run(struct command_call *call, struct err *e)
{
	const struct list_options *opts = call->options;
	char *text;
	int r;

	if (opts->quiet || !opts->format || !str_eq(opts->format, "json"))
		return list_entries(call->lodger, opts->quiet, e);
	r = lodger_list_json(call->lodger, &text, e);
	if (r < 0)
		return r;
	printf("%s\n", text);
	return 0;
}

static const char *const formats[] = {"table", "json", NULL};

static const struct option_row options[] = {
	OPTION_CHOICE_ROW(struct list_options, format, "format", 'f', "FORMAT", formats,
		"table (the default) or json"),
	OPTION_FLAG_ROW(struct list_options, quiet, "quiet", 'q', "names only"),
	{0},
};

const struct command command_list = {
	.name = "list",
	.summary = "list containers",
	.args = "",
	.details = "Lists the containers whose state is in the directory that --root names.",
	.options = options,
	.options_size = sizeof(struct list_options),
	.run = run,
};
