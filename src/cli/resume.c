// SPDX-License-Identifier: Apache-2.0
/* lodger resume. In: a container's name. Out: its processes are resumed. Front end. */
#include "cli/commands.h"

static int run(struct command_call *call, struct err *e)
{
	return lodger_resume(call->lodger, call->args.v[0], e);
}

const struct command command_resume = {
	.name = "resume",
	.summary = "let a paused container go on",
	.args = "CONTAINER",
	.details = "Lets the processes of a container that was paused go on where they were.",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
