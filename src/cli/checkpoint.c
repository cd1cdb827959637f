// SPDX-License-Identifier: Apache-2.0
/*
 * lodger checkpoint and lodger restore. In: the options of runc and crun. Out: a container that is
 * saved, or one that goes on. Front end.
 */
#include <errno.h>

#include "cli/commands.h"

/* What both commands take; criu(8) has the words. */
struct criu_call {
	struct lodger_create create; /* of restore alone */
	struct lodger_criu criu;
	uint32_t preserve_fds;
};

static const char *const modes[] = {"soft", "full", "strict", "ignore", NULL};
static const char *const locks[] = {"iptables", "nftables", "skip", NULL};

#define T struct criu_call
#define COMMON_ROWS                                                                                \
	OPTION_STRING_ROW(T, criu.image_path, "image-path", 0, "DIR",                              \
		"the directory of the checkpoint; default: checkpoint in the working directory"),  \
		OPTION_STRING_ROW(T, criu.work_path, "work-path", 0, "DIR",                        \
			"where criu keeps its log; default: the image path"),                      \
		OPTION_FLAG_ROW(T, criu.tcp_established, "tcp-established", 0,                     \
			"allow established TCP connections"),                                      \
		OPTION_FLAG_ROW(                                                                   \
			T, criu.ext_unix_sk, "ext-unix-sk", 0, "allow external Unix sockets"),     \
		OPTION_FLAG_ROW(T, criu.shell_job, "shell-job", 0,                                 \
			"allow a terminal that is outside of the container"),                      \
		OPTION_FLAG_ROW(T, criu.file_locks, "file-locks", 0, "allow file locks"),          \
		OPTION_CHOICE_ROW(T, criu.manage_cgroups_mode, "manage-cgroups-mode", 0, "MODE",   \
			modes,                                                                     \
			"what criu does about cgroups: soft (the default), full, strict, ignore"), \
		OPTION_CHOICE_ROW(T, criu.network_lock, "network-lock", 0, "METHOD", locks,        \
			"how criu keeps the network still: iptables, nftables, skip"),             \
		OPTION_LIST_ROW(T, criu.empty_ns, "empty-ns", 0, "NAMESPACE",                      \
			"a namespace that is made anew and left empty"),                           \
		OPTION_FLAG_ROW(T, criu.lazy_pages, "lazy-pages", 0, "move memory on demand"),     \
		OPTION_FLAG_ROW(T, criu.auto_dedup, "auto-dedup", 0, "keep memory once")

static const struct option_row checkpoint_options[] = {
	COMMON_ROWS,
	OPTION_FLAG_ROW(
		T, criu.leave_running, "leave-running", 'R', "let the container go on after it"),
	OPTION_STRING_ROW(T, criu.parent_path, "parent-path", 0, "DIR",
		"an earlier checkpoint, relative to the image path"),
	OPTION_FLAG_ROW(T, criu.pre_dump, "pre-dump", 0, "save memory only, as a parent for later"),
	OPTION_FLAG_ROW(T, criu.tcp_skip_in_flight, "tcp-skip-in-flight", 0,
		"pass over connections that are being made"),
	OPTION_FLAG_ROW(T, criu.link_remap, "link-remap", 0, "allow files that were removed"),
	OPTION_U32_ROW(T, criu.status_fd, "status-fd", 0, "FD",
		"descriptor that gets a byte when lazy pages can be served"),
	OPTION_STRING_ROW(T, criu.page_server, "page-server", 0, "ADDRESS:PORT",
		"send memory to criu's page server there"),
	{0},
};

static const struct option_row restore_options[] = {
	COMMON_ROWS,
	OPTION_STRING_ROW(T, create.bundle, "bundle", 'b', "DIR",
		"the bundle of the container; default: the working directory"),
	OPTION_STRING_ROW(T, create.console_socket, "console-socket", 0, "SOCKET",
		"send the container's terminal to the Unix socket SOCKET"),
	OPTION_IGNORED_ROW("no-subreaper", 0, "accepted for runc's callers, without effect"),
	OPTION_STRING_ROW(T, create.pid_file, "pid-file", 0, "FILE",
		"write the process id of the container's first process to FILE"),
	OPTION_FLAG_ROW(T, create.detach, "detach", 'd', "return as soon as the container runs"),
	OPTION_FLAG_ROW(T, criu.tcp_close, "tcp-close", 0, "close TCP connections"),
	OPTION_FLAG_ROW(T, create.no_pivot, "no-pivot", 0,
		"accepted for runc's callers: criu changes the root"),
	OPTION_FLAG_ROW(T, create.no_new_keyring, "no-new-keyring", 0,
		"let the container have the caller's session keyring"),
	OPTION_U32_ROW(T, preserve_fds, "preserve-fds", 0, "N",
		"accepted for runc's callers: what is open in the container is in the images"),
	OPTION_STRING_ROW(T, criu.lsm_profile, "lsm-profile", 0, "TYPE:NAME",
		"another AppArmor profile or SELinux label than at the checkpoint"),
	OPTION_STRING_ROW(T, criu.lsm_mount_context, "lsm-mount-context", 0, "CONTEXT",
		"another SELinux context of mounts than at the checkpoint"),
	{0},
};
#undef T

static int run_checkpoint(struct command_call *call, struct err *e)
{
	struct criu_call *o = call->options;

	if (o->criu.status_fd && !lodger_fd_is_inherited(o->criu.status_fd))
		return err_set(e, ERR_USAGE, EBADF, "--status-fd %u: descriptor %u is not open",
			o->criu.status_fd, o->criu.status_fd);
	return lodger_checkpoint(call->lodger, call->args.v[0], &o->criu, e);
}

static int run_restore(struct command_call *call, struct err *e)
{
	struct criu_call *o = call->options;
	int status = 0, r;

	o->create.id = call->args.v[0];
	r = lodger_restore(call->lodger, &o->create, &o->criu, &status, e);
	if (r == 0)
		call->status = status;
	return r;
}

const struct command command_checkpoint = {
	.name = "checkpoint",
	.summary = "save a running container's processes",
	.args = "CONTAINER",
	.details =
		"Has criu(8) save all the processes of the container, with their memory and what "
		"they have open, as files in the image path. The container ends by that and is "
		"deleted, unless it is to go on; \"lodger restore\" lets it go on from there. "
		"Where "
		"something cannot be saved the container goes on, and the error quotes criu's log, "
		"dump.log in the work path.\n\n"
		"This is for root alone: the kernel gives nobody else the rights over pids, "
		"namespaces and mounts that it takes, and criu has no way to work inside of a user "
		"namespace. Anybody else gets an error that says so.\n\n"
		"Saved are the container's own file systems (tmpfs), not its root filesystem and "
		"not its volumes. Its network namespace comes back empty, as a new container has "
		"it, or is the one that config.json names. Options of criu's that are not here can "
		"be in /etc/criu/lodger.conf, or, where that is not there, in runc.conf or "
		"crun.conf "
		"beside it.",
	.options = checkpoint_options,
	.options_size = sizeof(struct criu_call),
	.min_args = 1,
	.max_args = 1,
	.run = run_checkpoint,
};

const struct command command_restore = {
	.name = "restore",
	.summary = "make a container from a checkpoint",
	.args = "ID",
	.details =
		"Makes the container that a bundle's config.json describes, with its cgroup and "
		"its "
		"limits, and has criu(8) restore the processes that \"lodger checkpoint\" has "
		"saved "
		"into it. As \"lodger run\" does, it passes signals and the terminal on and ends "
		"with "
		"the container's exit status, or with --detach leaves it. The root filesystem and "
		"the volumes have to be as they were; which host paths are mounted is what "
		"config.json says now. Standard descriptors that were pipes or files are those of "
		"the caller. prestart, createRuntime and poststart hooks are run. criu's log is "
		"restore.log in the work path.\n\n"
		"This is for root alone, see lodger-checkpoint(1).",
	.options = restore_options,
	.options_size = sizeof(struct criu_call),
	.min_args = 1,
	.max_args = 1,
	.run = run_restore,
};
