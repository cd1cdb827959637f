// SPDX-License-Identifier: Apache-2.0
/* lodger spec. In: a directory. Out: a config.json to begin with. Front end. */
#include "cli/commands.h"

struct spec_options {
	const char *bundle;
	bool rootless;
};

static int run(struct command_call *call, struct err *e)
{
	const struct spec_options *opts = call->options;

	return lodger_spec(call->lodger, opts->bundle, opts->rootless, e);
}

static const struct option_row options[] = {
	OPTION_STRING_ROW(struct spec_options, bundle, "bundle", 'b', "DIR",
		"where to write config.json; default: the working directory"),
	OPTION_FLAG_ROW(struct spec_options, rootless, "rootless", 0,
		"for use without root: a user namespace in which the caller is root"),
	{0},
};

const struct command command_spec = {
	.name = "spec",
	.summary = "write a config.json to begin with",
	.args = "",
	.details = "Writes a config.json that runs a shell in the root filesystem \"rootfs\". "
		   "A file that is there is never overwritten.",
	.options = options,
	.options_size = sizeof(struct spec_options),
	.run = run,
};
