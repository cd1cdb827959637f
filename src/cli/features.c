// SPDX-License-Identifier: Apache-2.0
/* lodger features. In: nothing. Out: what this build can do, as JSON on standard output. Front end.
 */
#include <stdio.h>

#include "cli/commands.h"

static int run(struct command_call *call, struct err *e)
{
	(void)e;
	fputs(lodger_features(call->lodger), stdout);
	return 0;
}

const struct command command_features = {
	.name = "features",
	.summary = "print what lodger can do, as JSON",
	.args = "",
	.details = "Prints the features document of the runtime specification: which versions, "
		   "hooks, mount options, namespaces, capabilities and seccomp words lodger knows "
		   "in config.json, and which parts of the specification it has not got.",
	.run = run,
};
