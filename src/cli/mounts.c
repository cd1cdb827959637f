// SPDX-License-Identifier: Apache-2.0
/* lodger mounts. In: add or remove, a container's name, a file. Front end. */
#include <errno.h>

#include "base/json.h"
#include "cli/commands.h"

static int run(struct command_call *call, struct err *e)
{
	const char *action = call->args.v[0], *id = call->args.v[1], *file = call->args.v[2];
	bool remove = str_eq(action, "remove");

	if (!remove && !str_eq(action, "add"))
		return err_set(e, ERR_USAGE, EINVAL, "mounts: %s is neither add nor remove",
			json_quoted(action).text);
	return lodger_mounts(call->lodger, id, file, remove, e);
}

const struct command command_mounts = {
	.name = "mounts",
	.summary = "add mounts to a container that runs, or remove them",
	.args = "add|remove CONTAINER FILE",
	.details =
		"FILE is JSON: mounts as config.json has them, an array or an object with the "
		"member \"mounts\"; - is standard input.\n\n"
		"With add, each of them is mounted in the container, or none. They are bind mounts "
		"and tmpfs; a mount point that is not there is made. With remove, what is mounted "
		"at each destination is taken away; nothing else of the file counts.",
	.min_args = 3,
	.max_args = 3,
	.run = run,
};
