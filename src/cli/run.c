// SPDX-License-Identifier: Apache-2.0
/* lodger run. In: options, ID. Out: the container's exit status, as lodger's own. Front end. */
#include "cli/create.h"

static int run(struct command_call *call, struct err *e)
{
	struct lodger_create *opts = call->options;
	int status = 0;
	int r = create_take_fds(call->lodger->arena, opts, e);

	if (r < 0)
		return r;
	opts->id = call->args.v[0];
	r = lodger_run(call->lodger, opts, &status, e);
	/* How init ended is not the answer where the start failed. */
	if (r == 0)
		call->status = status;
	return r;
}

static const struct option_row options[] = {
	CREATE_OPTION_ROWS,
	OPTION_FLAG_ROW(struct lodger_create, detach, "detach", 'd',
		"return as soon as the container's process runs"),
	OPTION_FLAG_ROW(struct lodger_create, keep, "keep", 0,
		"do not delete the container when its process has ended"),
	OPTION_IGNORED_ROW("no-subreaper", 0, "accepted for runc's callers, without effect"),
	{0},
};

const struct command command_run = {
	.name = "run",
	.summary = "make a container and run it to its end",
	.args = "ID",
	.details =
		"Does what create and start do, passes signals and the terminal on until the "
		"container's process ends, and deletes the container. The exit status is that of "
		"the process, or 128 and the number of the signal that ended it.",
	.options = options,
	.options_size = sizeof(struct lodger_create),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
