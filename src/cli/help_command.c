// SPDX-License-Identifier: Apache-2.0
/* lodger help. In: a command's name, or none. Out: help on standard output. Front end. */
#include <errno.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/help.h"

static int run(struct command_call *call, struct err *e)
{
	const struct command *c;

	if (call->args.n == 0) {
		help_overview(stdout);
		return 0;
	}
	c = command_find(call->args.v[0]);
	if (c) {
		help_command(stdout, c);
		return 0;
	}
	call->status = CLI_STATUS_NO_COMMAND;
	return err_set(e, ERR_USAGE, EINVAL, "help: unknown command %s",
		json_quoted(call->args.v[0]).text);
}

const struct command command_help = {
	.name = "help",
	.summary = "print help about lodger or one of its commands",
	.args = "[COMMAND]",
	.details = "Prints what \"lodger COMMAND --help\" prints; without COMMAND, a list of "
		   "commands.",
	.max_args = 1,
	.run = run,
};
