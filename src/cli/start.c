// SPDX-License-Identifier: Apache-2.0
/* lodger start. In: the name of a created container. Out: its process runs. Front end. */
#include "cli/commands.h"

static int run(struct command_call *call, struct err *e)
{
	return lodger_start(call->lodger, call->args.v[0], e);
}

const struct command command_start = {
	.name = "start",
	.summary = "let a created container run its process",
	.args = "CONTAINER",
	.details =
		"Lets the process of a container that \"lodger create\" made run, and returns at "
		"once.",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
