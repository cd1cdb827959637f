// SPDX-License-Identifier: Apache-2.0
/* lodger kill. In: a container's name and a signal. Out: the signal is sent. Front end. */
#include "cli/commands.h"

struct kill_options {
	bool all;
	bool regex;
};

static int run(struct command_call *call, struct err *e)
{
	const struct kill_options *opts = call->options;
	const char *sig = call->args.n > 1 ? call->args.v[1] : "SIGTERM";
	struct strv ids = {.v = call->args.v, .n = 1};
	int r = opts->regex ? lodger_match(call->lodger, call->args.v[0], &ids, e) : 0;
	const char *id;

	if (r < 0)
		return r;
	/* One that cannot be signalled does not spare the others; the first error is reported. */
	strv_foreach (id, &ids) {
		int failed = lodger_kill(call->lodger, id, sig, opts->all, e);

		r = r < 0 ? r : failed;
	}
	return r;
}

static const struct option_row options[] = {
	OPTION_FLAG_ROW(struct kill_options, all, "all", 'a',
		"send the signal to every process of the container"),
	OPTION_FLAG_ROW(struct kill_options, regex, "regex", 'r',
		"CONTAINER is a regular expression; signal each container that it matches"),
	{0},
};

const struct command command_kill = {
	.name = "kill",
	.summary = "send a signal to a container",
	.args = "CONTAINER [SIGNAL]",
	.details = "Sends a signal to the container's first process. SIGNAL is a name, with or "
		   "without SIG, or a number; default: SIGTERM.",
	.options = options,
	.options_size = sizeof(struct kill_options),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
