// SPDX-License-Identifier: Apache-2.0
/*
 * lodger ps. In: a container's name, and options of ps(1). Out: its processes on standard output.
 * Front end. Names of processes are the container's to choose; ps(1) escapes them.
 */
#include <stdio.h>

#include "cli/commands.h"

struct ps_options {
	const char *format;
};

static int print_json(struct lodger *l, const char *id, struct err *e)
{
	const pid_t *pids;
	size_t n;
	int r = lodger_ps(l, id, &pids, &n, e);

	if (r < 0)
		return r;
	printf("[");
	for (size_t i = 0; i < n; i++)
		printf("%s%d", i ? "," : "", (int)pids[i]);
	printf("]\n");
	return 0;
}

static int run(struct command_call *call, struct err *e)
{
	const struct ps_options *opts = call->options;
	const char *id = call->args.v[0];
	struct strv words = {call->args.v + 1, call->args.n - 1};
	char *text;
	int r;

	if (opts->format && str_eq(opts->format, "json"))
		return print_json(call->lodger, id, e);
	r = lodger_ps_table(call->lodger, id, &words, &text, e);
	if (r == 0)
		fputs(text, stdout);
	return r;
}

static const char *const formats[] = {"table", "json", NULL};

static const struct option_row options[] = {
	OPTION_CHOICE_ROW(struct ps_options, format, "format", 'f', "FORMAT", formats,
		"table (the default), which ps(1) prints, or json, a list of pids"),
	{0},
};

const struct command command_ps = {
	.name = "ps",
	.summary = "list the processes of a container",
	.args = "CONTAINER [PS-OPTION]...",
	.details = "Lists the processes in the container's cgroup; without one, those in its PID "
		   "namespace. What follows the container's name goes to ps(1); default: -ef.",
	.options = options,
	.options_size = sizeof(struct ps_options),
	.min_args = 1,
	.max_args = 256,
	.order = OPTIONS_FIRST,
	.run = run,
};
