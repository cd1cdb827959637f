// SPDX-License-Identifier: Apache-2.0
/*
 * lodger exec. In: options, a container's name, a command. Out: the command's exit status, as
 * lodger's own; 255 where lodger itself failed, as runc has it. Front end.
 */
#include <limits.h>

#include "cli/create.h"

#define STATUS_FAILED 255

static int run(struct command_call *call, struct err *e)
{
	struct lodger_exec *opts = call->options;
	struct strv args = call->args;
	int status = 0;
	int r = cli_take_fds(0, opts->preserve_fds, e);

	opts->id = args.v[0];
	args.v++;
	args.n--;
	if (args.n && str_eq(args.v[0], "--")) {
		args.v++;
		args.n--;
	}
	opts->args = args;
	if (r == 0)
		r = lodger_exec(call->lodger, opts, &status, e);
	call->status = r == 0 ? status : STATUS_FAILED;
	return r;
}

static const struct option_row options[] = {
	OPTION_STRING_ROW(struct lodger_exec, process, "process", 'p', "FILE",
		"read what to run, and as whom, from FILE, a process as in config.json; - is "
		"standard input"),
	OPTION_LIST_ROW(struct lodger_exec, env, "env", 'e', "NAME=VALUE",
		"set an environment variable; may be given several times"),
	OPTION_STRING_ROW(struct lodger_exec, cwd, "cwd", 0, "DIR",
		"working directory in the container; default: that of config.json"),
	OPTION_STRING_ROW(struct lodger_exec, user, "user", 'u', "UID[:GID]",
		"user and group, as numbers; default: those of config.json"),
	OPTION_LIST_ROW(struct lodger_exec, additional_gids, "additional-gids", 'g', "GID",
		"add a supplementary group; may be given several times"),
	OPTION_LIST_ROW(struct lodger_exec, caps, "cap", 'c', "CAPABILITY",
		"add a capability, as CAP_NET_RAW; may be given several times"),
	OPTION_FLAG_ROW(struct lodger_exec, tty, "tty", 't', "give the command a terminal"),
	OPTION_FLAG_ROW(
		struct lodger_exec, detach, "detach", 'd', "return as soon as the command runs"),
	OPTION_STRING_ROW(struct lodger_exec, console_socket, "console-socket", 0, "SOCKET",
		"send the command's terminal to the Unix socket SOCKET"),
	OPTION_STRING_ROW(struct lodger_exec, pid_file, "pid-file", 0, "FILE",
		"write the process id of the command to FILE"),
	OPTION_STRING_ROW(struct lodger_exec, pidfd_socket, "pidfd-socket", 0, "SOCKET",
		"send a pidfd of the command to the Unix socket SOCKET"),
	OPTION_FLAG_ROW(struct lodger_exec, no_new_privs, "no-new-privs", 0,
		"let the command gain no privilege by executing a file"),
	OPTION_STRING_ROW(struct lodger_exec, apparmor, "apparmor", 0, "PROFILE",
		"AppArmor profile of the command"),
	OPTION_STRING_ROW(struct lodger_exec, process_label, "process-label", 0, "LABEL",
		"SELinux label of the command"),
	OPTION_U32_ROW(struct lodger_exec, preserve_fds, "preserve-fds", 0, "N",
		"hand N descriptors to the command, 3 and those after it"),
	OPTION_LIST_ROW(struct lodger_exec, cgroup, "cgroup", 0, "PATH",
		"run the command in the cgroup PATH below the container's; with cgroup v1, "
		"CONTROLLER[,CONTROLLER...]:PATH, which may be given several times"),
	OPTION_FLAG_ROW(struct lodger_exec, ignore_paused, "ignore-paused", 0,
		"accept a paused container: the command runs when it is resumed"),
	{0},
};

const struct command command_exec = {
	.name = "exec",
	.summary = "run one more command in a container",
	.args = "CONTAINER [PROGRAM [ARG...]]",
	.details =
		"Runs a command in a container that runs or was created: in its namespaces, its "
		"cgroup and its root filesystem, with the user, environment, capabilities, limits "
		"and seccomp filter of its config.json where no option says otherwise. What "
		"follows the container's name belongs to the command, options too.\n\n"
		"Passes signals and the terminal on until the command ends, unless --detach is "
		"given. The exit status is that of the command, or 128 and the number of the "
		"signal that ended it, or 255 where lodger could not run it.\n\n"
		"With --process, the file says all of the process, as \"process\" does in "
		"config.json; a command and options that are about the same are then left out.",
	.options = options,
	.options_size = sizeof(struct lodger_exec),
	.min_args = 1,
	.max_args = UINT_MAX,
	.order = OPTIONS_FIRST,
	.run = run,
};
