// SPDX-License-Identifier: Apache-2.0
/* lodger pause. In: a container's name. Out: its processes are paused. Front end. */
#include "cli/commands.h"

static int run(struct command_call *call, struct err *e)
{
	return lodger_pause(call->lodger, call->args.v[0], e);
}

const struct command command_pause = {
	.name = "pause",
	.summary = "stop every process of a container",
	.args = "CONTAINER",
	.details = "Stops the container's processes where they are, by the freezer of its cgroup. "
		   "They get no signal and do not notice. SIGKILL still ends them.",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
