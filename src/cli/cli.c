// SPDX-License-Identifier: Apache-2.0
/*
 * From argv to a command's function and back to an exit status. In: argv. Out: the struct lodger
 * and the command_call that liblodger's functions get, errors on the log. The front end's first
 * code: until a command is known it opens nothing, so that --version and --help cost nothing.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/globals.h"
#include "cli/help.h"
#include "config.h"

#define FIRST_ROOM 65536u

struct cli {
	struct arena *arena;
	struct globals globals;
	struct log_target log;
	struct err err;
	const char *step; /* what an error is about where nothing says it better */
	const char *object;
};

/* What was printed must have arrived: a caller that reads half a state takes it for a whole. */
static int flush_output(struct err *e)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_sys(e, ERR_SYSTEM, errno ? errno : EIO, "write to standard output");
}

static int report(struct cli *cli, int status)
{
	err_complete(&cli->err, cli->step ? cli->step : "command-line",
		cli->object ? cli->object : "lodger");
	globals_report(&cli->log, &cli->err);
	return status ? status : err_exit_status(&cli->err);
}

static int print_version(struct cli *cli)
{
	struct lodger l = {.arena = cli->arena};

	printf("lodger version %s\n%s", PACKAGE_VERSION, lodger_version_details(&l));
	return flush_output(&cli->err) < 0 ? report(cli, 0) : 0;
}

static int print_help(struct cli *cli, const struct command *c)
{
	if (c)
		help_command(stdout, c);
	else
		help_overview(stdout);
	return flush_output(&cli->err) < 0 ? report(cli, 0) : 0;
}

/*
 * Open descriptors get the lowest free numbers. Where the caller closed standard input, output or
 * error, a file of ours would take its place, and messages, or the container, would write to it.
 */
static int open_standard_fds(struct err *e)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", O_RDWR | O_CLOEXEC) != fd || fcntl(fd, F_SETFD, 0) < 0)
			return err_sys(
				e, ERR_SYSTEM, errno, "open /dev/null for descriptor %d", fd);
	}
	return 0;
}

static int check_args(const struct command *c, size_t n, struct err *e)
{
	const char *what = c->args[0] ? c->args : "no arguments";

	if (n >= c->min_args && n <= c->max_args)
		return 0;
	return err_set(e, ERR_USAGE, EINVAL, "too %s arguments: expected %s, got %zu",
		n < c->min_args ? "few" : "many", what, n);
}

/* The words after the command's name; *ret_help leaves the rest undone. */
static int parse_command(struct cli *cli, const struct command *c, const struct strv *words,
	struct command_call *call, bool *ret_help)
{
	struct err *e = &cli->err;
	int r;

	call->options = arena_alloc(cli->arena, c->options_size + 1);
	r = options_parse(cli->arena, c->options, c->order, words->v, words->n, call->options,
		&call->args, ret_help, e);
	if (r == 0 && !*ret_help)
		r = check_args(c, call->args.n, e);
	if (r < 0) {
		err_prefix(e, "%s", c->name);
		err_fix(e, "try \"lodger %s --help\"", c->name);
	}
	return r;
}

static int run_command(struct cli *cli, const struct command *c, const struct strv *words)
{
	const struct globals *g = &cli->globals;
	bool help = false;
	struct lodger lodger = {
		.arena = cli->arena,
		.root = g->root,
		.systemd_cgroup = g->systemd_cgroup,
		.cgroup_manager = g->cgroup_manager,
		.criu = g->criu,
		.log_level = globals_log_level(g),
		.notify_socket =
			str_is_empty(getenv("NOTIFY_SOCKET")) ? NULL : getenv("NOTIFY_SOCKET"),
	};
	struct command_call call = {.lodger = &lodger};

	if (parse_command(cli, c, words, &call, &help) < 0)
		return report(cli, 0);
	if (help)
		return print_help(cli, c);
	cli->step = c->name;
	cli->object = call.args.n ? call.args.v[0] : c->name;
	if (c->run(&call, &cli->err) < 0 || flush_output(&cli->err) < 0)
		return report(cli, call.status);
	return call.status;
}

static int dispatch(struct cli *cli, const struct strv *words)
{
	const struct strv rest = {.v = words->v + 1, .n = words->n - 1};
	const struct command *c = command_find(words->v[0]);

	if (open_standard_fds(&cli->err) < 0)
		return report(cli, 0);
	if (globals_setup_log(&cli->globals, &cli->log, &cli->err) < 0)
		return report(cli, 0);
	if (c)
		return run_command(cli, c, &rest);
	err_set(&cli->err, ERR_USAGE, EINVAL, "unknown command %s", json_quoted(words->v[0]).text);
	err_fix(&cli->err, "try \"lodger --help\"");
	return report(cli, CLI_STATUS_NO_COMMAND);
}

int cli_main(int argc, const char *const *argv)
{
	/* Enough for most commands and configs: then the kernel is asked for no memory at all. */
	struct arena_room room[ARENA_ROOM(FIRST_ROOM)];
	auto_arena struct arena *arena = arena_new_in(room, sizeof(room));
	struct cli cli = {.arena = arena, .log = LOG_TARGET_NONE};
	struct strv words;
	bool help;

	if (options_parse(arena, global_options, OPTIONS_FIRST, argv + 1,
		    argc > 0 ? (size_t)argc - 1 : 0, &cli.globals, &words, &help, &cli.err) < 0) {
		err_fix(&cli.err, "try \"lodger --help\"");
		return report(&cli, 0);
	}
	if (cli.globals.version && !help)
		return print_version(&cli);
	if (help || words.n == 0)
		return print_help(&cli, NULL);
	return dispatch(&cli, &words);
}
