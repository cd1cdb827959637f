// SPDX-License-Identifier: Apache-2.0
/* lodger delete. In: a container's name. Out: nothing of the container is left. Front end. */
#include "cli/commands.h"

struct delete_options {
	bool force;
	bool regex;
};

static int run(struct command_call *call, struct err *e)
{
	const struct delete_options *opts = call->options;

	struct strv ids = {.v = call->args.v, .n = 1};
	int r = opts->regex ? lodger_match(call->lodger, call->args.v[0], &ids, e) : 0;
	const char *id;

	if (r < 0)
		return r;
	/* One that cannot be deleted does not keep the others; the first error is reported. */
	strv_foreach (id, &ids) {
		int failed = lodger_delete(call->lodger, id, opts->force, e);

		r = r < 0 ? r : failed;
	}
	return r;
}

static const struct option_row options[] = {
	OPTION_FLAG_ROW(struct delete_options, force, "force", 'f',
		"kill a container that still runs; be silent where there is none"),
	OPTION_FLAG_ROW(struct delete_options, regex, "regex", 'r',
		"CONTAINER is a regular expression; delete each container that it matches"),
	{0},
};

const struct command command_delete = {
	.name = "delete",
	.summary = "remove what is left of a container",
	.args = "CONTAINER",
	.details = "Removes the state, the cgroup and whatever else lodger keeps of a container "
		   "whose process has ended or was never started. The bundle is left alone.",
	.options = options,
	.options_size = sizeof(struct delete_options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
