// SPDX-License-Identifier: Apache-2.0
/* lodger state. In: a container's name. Out: its state as JSON on standard output. Front end. */
#include <stdio.h>

#include "cli/commands.h"

static int run(struct command_call *call, struct err *e)
{
	char *text;
	int r = lodger_state(call->lodger, call->args.v[0], &text, e);

	if (r < 0)
		return r;
	fputs(text, stdout);
	return 0;
}

const struct command command_state = {
	.name = "state",
	.summary = "print the state of a container as JSON",
	.args = "CONTAINER",
	.details =
		"Prints the container's state as JSON: the members that the runtime "
		"specification asks for, id, status, pid and bundle among them, and lodger's own.",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
