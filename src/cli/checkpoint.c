// SPDX-License-Identifier: Apache-2.0
/*
 * lodger checkpoint and lodger restore. In: the options of runc and crun. Out: today an error that
 * says what is missing, after the options were understood. Front end.
 */
#include "cli/commands.h"

/* What both commands take; criu(8) has the words. */
struct criu_options {
	const char *image_path;
	const char *work_path;
	const char *parent_path;
	const char *bundle;
	const char *console_socket;
	const char *pid_file;
	const char *manage_cgroups_mode;
	const char *network_lock;
	const char *lsm_profile;
	const char *lsm_mount_context;
	const char *page_server;
	struct strv empty_ns;
	uint32_t status_fd;
	uint32_t preserve_fds;
	bool leave_running, tcp_established, tcp_close, tcp_skip_in_flight, ext_unix_sk, shell_job;
	bool file_locks, link_remap, lazy_pages, auto_dedup, pre_dump;
	bool detach, no_pivot, no_new_keyring;
};

static const char *const modes[] = {"soft", "full", "strict", "ignore", NULL};
static const char *const locks[] = {"iptables", "nftables", "skip", NULL};

#define T struct criu_options
#define COMMON_ROWS                                                                                \
	OPTION_STRING_ROW(T, image_path, "image-path", 0, "DIR",                                   \
		"the directory of the checkpoint; default: checkpoint in the working directory"),  \
		OPTION_STRING_ROW(T, work_path, "work-path", 0, "DIR",                             \
			"where criu keeps its log; default: the image path"),                      \
		OPTION_FLAG_ROW(T, tcp_established, "tcp-established", 0,                          \
			"allow established TCP connections"),                                      \
		OPTION_FLAG_ROW(T, ext_unix_sk, "ext-unix-sk", 0, "allow external Unix sockets"),  \
		OPTION_FLAG_ROW(T, shell_job, "shell-job", 0,                                      \
			"allow a terminal that is outside of the container"),                      \
		OPTION_FLAG_ROW(T, file_locks, "file-locks", 0, "allow file locks"),               \
		OPTION_CHOICE_ROW(T, manage_cgroups_mode, "manage-cgroups-mode", 0, "MODE", modes, \
			"what criu does about cgroups: soft (the default), full, strict, ignore"), \
		OPTION_CHOICE_ROW(T, network_lock, "network-lock", 0, "METHOD", locks,             \
			"how criu keeps the network still: iptables, nftables, skip"),             \
		OPTION_LIST_ROW(T, empty_ns, "empty-ns", 0, "NAMESPACE",                           \
			"a namespace that is made anew and left empty"),                           \
		OPTION_FLAG_ROW(T, lazy_pages, "lazy-pages", 0, "move memory on demand"),          \
		OPTION_FLAG_ROW(T, auto_dedup, "auto-dedup", 0, "keep memory once")

static const struct option_row checkpoint_options[] = {
	COMMON_ROWS,
	OPTION_FLAG_ROW(T, leave_running, "leave-running", 'R', "let the container go on after it"),
	OPTION_STRING_ROW(T, parent_path, "parent-path", 0, "DIR",
		"an earlier checkpoint, relative to the image path"),
	OPTION_FLAG_ROW(T, pre_dump, "pre-dump", 0, "save memory only, as a parent for later"),
	OPTION_FLAG_ROW(T, tcp_skip_in_flight, "tcp-skip-in-flight", 0,
		"pass over connections that are being made"),
	OPTION_FLAG_ROW(T, link_remap, "link-remap", 0, "allow files that were removed"),
	OPTION_U32_ROW(T, status_fd, "status-fd", 0, "FD",
		"descriptor that gets a byte when lazy pages can be served"),
	OPTION_STRING_ROW(T, page_server, "page-server", 0, "ADDRESS:PORT",
		"send memory to criu's page server there"),
	{0},
};

static const struct option_row restore_options[] = {
	COMMON_ROWS,
	OPTION_STRING_ROW(T, bundle, "bundle", 'b', "DIR",
		"the bundle of the container; default: the working directory"),
	OPTION_STRING_ROW(T, console_socket, "console-socket", 0, "SOCKET",
		"send the container's terminal to the Unix socket SOCKET"),
	OPTION_STRING_ROW(T, pid_file, "pid-file", 0, "FILE",
		"write the process id of the container's first process to FILE"),
	OPTION_FLAG_ROW(T, detach, "detach", 'd', "return as soon as the container runs"),
	OPTION_FLAG_ROW(T, tcp_close, "tcp-close", 0, "close TCP connections"),
	OPTION_FLAG_ROW(T, no_pivot, "no-pivot", 0, "do without pivot_root"),
	OPTION_FLAG_ROW(T, no_new_keyring, "no-new-keyring", 0,
		"let the container have the caller's session keyring"),
	OPTION_U32_ROW(
		T, preserve_fds, "preserve-fds", 0, "N", "hand N descriptors to the container"),
	OPTION_STRING_ROW(T, lsm_profile, "lsm-profile", 0, "TYPE:NAME",
		"another AppArmor profile or SELinux label than at the checkpoint"),
	OPTION_STRING_ROW(T, lsm_mount_context, "lsm-mount-context", 0, "CONTEXT",
		"another SELinux context of mounts than at the checkpoint"),
	{0},
};
#undef T

static int run(struct command_call *call, struct err *e)
{
	return lodger_criu(call->lodger, call->args.v[0], e);
}

#define DETAILS                                                                                    \
	"criu(8) saves and restores processes for real root only: the kernel gives nobody else "   \
	"the rights over pids, namespaces and mounts that it takes, and criu itself has no way "   \
	"to work inside of a user namespace. lodger has neither way yet: the options of runc and " \
	"crun are understood, and the command says what is missing."

const struct command command_checkpoint = {
	.name = "checkpoint",
	.summary = "save a running container (refused, with the reason)",
	.args = "CONTAINER",
	.details = DETAILS,
	.options = checkpoint_options,
	.options_size = sizeof(struct criu_options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

const struct command command_restore = {
	.name = "restore",
	.summary = "restore a saved container (refused, with the reason)",
	.args = "CONTAINER",
	.details = DETAILS,
	.options = restore_options,
	.options_size = sizeof(struct criu_options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
