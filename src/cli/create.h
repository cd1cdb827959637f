// SPDX-License-Identifier: Apache-2.0
/* What create and run have in common: their options, and which descriptors they hand down. */
#ifndef LODGER_CLI_CREATE_H
#define LODGER_CLI_CREATE_H

#include "cli/commands.h"

/* Rows for an options struct that is a struct lodger_create. */
#define CREATE_OPTION_ROWS                                                                         \
	OPTION_STRING_ROW(struct lodger_create, bundle, "bundle", 'b', "DIR",                      \
		"the bundle, a directory with config.json; default: the working directory"),       \
		OPTION_STRING_ROW(struct lodger_create, config, "config", 'f', "FILE",             \
			"read FILE in place of the bundle's config.json"),                         \
		OPTION_STRING_ROW(struct lodger_create, console_socket, "console-socket", 0,       \
			"SOCKET", "send the container's terminal to the Unix socket SOCKET"),      \
		OPTION_STRING_ROW(struct lodger_create, pid_file, "pid-file", 0, "FILE",           \
			"write the process id of the container's first process to FILE"),          \
		OPTION_STRING_ROW(struct lodger_create, pidfd_socket, "pidfd-socket", 0, "SOCKET", \
			"send a pidfd of the first process to the Unix socket SOCKET"),            \
		OPTION_FLAG_ROW(struct lodger_create, no_pivot, "no-pivot", 0,                     \
			"do without pivot_root, for a root filesystem on a ramdisk"),              \
		OPTION_FLAG_ROW(struct lodger_create, no_new_keyring, "no-new-keyring", 0,         \
			"let the container have the caller's session keyring"),                    \
		OPTION_U32_ROW(struct lodger_create, preserve_fds, "preserve-fds", 0, "N",         \
			"hand N descriptors to the container, after those of LISTEN_FDS"),         \
		OPTION_STRING_ROW(struct lodger_create, network, "network", 0, "NETWORK",          \
			"none, host, slirp[:OPTION,...], pasta[:ARGUMENT,...] or ns:PATH, "        \
			"whatever config.json says"),                                              \
		OPTION_LIST_ROW(struct lodger_create, publish, "publish", 'p', "PORT",             \
			"[[IP:]HOST:]CONTAINER[/tcp|udp]: let a port of the host lead to one of "  \
			"the container; more than once, ranges too")

/*
 * Whether the descriptors are open that are to be handed down, 3 and those after it: first those of
 * LISTEN_FDS, all of them, then those of --preserve-fds, the last at least. ERR_USAGE.
 */
int cli_take_fds(uint32_t listening, uint32_t preserve, struct err *e);

/*
 * Look at the descriptors that are to be handed down, 3 and those after it: first those of socket
 * activation (sd_listen_fds(3)), then `opts->preserve_fds` more. Sets `listen_fds`, and
 * `preserve_fds` to the sum. ERR_USAGE as above.
 */
int create_take_fds(struct arena *a, struct lodger_create *opts, struct err *e);

#endif
