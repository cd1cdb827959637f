// SPDX-License-Identifier: Apache-2.0
/*
 * The command line: its tables, which descriptors are handed down, what goes to standard output,
 * standard error and the log, and with which status it ends. How options are read is in
 * test_options.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "cli/globals.h"
#include "tree.h"

/* ---- the tables */

static void check_rows(const char *whose, const struct option_row *table)
{
	options_foreach(row, table)
	{
		if (str_eq(row->name, option_help.name) || row->letter == option_help.letter)
			fail_msg("%s: --%s hides help", whose, row->name);
		if (strlen(row->name) < 2)
			fail_msg("%s: --%s could be taken for a letter", whose, row->name);
		if (option_takes_value(row) != (row->arg != NULL))
			fail_msg("%s: --%s and its argument's name disagree", whose, row->name);
		if ((row->kind == OPTION_CHOICE) != (row->choices != NULL))
			fail_msg("%s: --%s and its choices disagree", whose, row->name);
		options_foreach(
			other, table) if (other != row &&
					  (str_eq(other->name, row->name) ||
						  (row->letter && row->letter == other->letter)))
			fail_msg("%s: --%s is there twice", whose, row->name);
	}
}

static void tables(void **state)
{
	(void)state;
	check_rows("lodger", global_options);
	for (const struct command *const *c = commands; *c; c++) {
		check_rows((*c)->name, (*c)->options);
		assert_ptr_equal(command_find((*c)->name), *c);
		assert_true((*c)->min_args <= (*c)->max_args);
		assert_non_null((*c)->run);
		options_foreach(row, (*c)->options) if (row->kind != OPTION_IGNORED &&
							row->offset >= (*c)->options_size)
			fail_msg("%s: --%s is outside of the options", (*c)->name, row->name);
		if (c[1])
			assert_true(strcmp((*c)->name, c[1]->name) < 0);
	}
	assert_null(command_find("creat"));
	assert_null(command_find(""));
}

static void log_levels(void **state)
{
	(void)state;
	assert_int_equal(globals_log_level(&(struct globals){0}), LOG_LEVEL_WARN);
	assert_int_equal(globals_log_level(&(struct globals){.debug = true}), LOG_LEVEL_DEBUG);
	assert_int_equal(
		globals_log_level(&(struct globals){.log_level = "error"}), LOG_LEVEL_ERROR);
	assert_int_equal(globals_log_level(&(struct globals){.log_level = "info"}), LOG_LEVEL_INFO);
	assert_int_equal(globals_log_level(&(struct globals){.debug = true, .log_level = "error"}),
		LOG_LEVEL_DEBUG);
}

/* ---- descriptors to hand down */

static void put_env(const char *name, const char *value)
{
	if (value)
		assert_int_equal(setenv(name, value, 1), 0);
	else
		assert_int_equal(unsetenv(name), 0);
}

static void descriptors(void **state)
{
	struct tree *t = *state;
	const char *me = arena_printf(t->a, "%d", getpid());
	/* 3, 4 and 7 are open, 5 is open as lodger would have opened it, 6 is not. */
	const struct {
		uint32_t preserve;
		const char *fds, *pid;
		int want;
		uint32_t total;
		const char *listen, *error;
	} cases[] = {
		{.want = 0},
		{.preserve = 2, .total = 2},
		{.preserve = 3,
			.want = -EBADF,
			.error = "descriptor 5 is not open, but --preserve-fds asks for it"},
		{.preserve = 4,
			.want = -EBADF,
			.error = "descriptor 6 is not open, but --preserve-fds asks for it"},
		/* With gaps: podman's --preserve-fd. */
		{.preserve = 5, .total = 5},
		{.preserve = UINT32_MAX,
			.want = -EBADF,
			.error = "descriptor 4294967295 is not open, but --preserve-fds asks for "
				 "it"},
		{.fds = "2", .total = 2, .listen = "2"},
		{.fds = "2", .pid = me, .total = 2, .listen = "2"},
		{.fds = "1", .pid = me, .preserve = 1, .total = 2, .listen = "1"},
		{.fds = "1",
			.pid = me,
			.preserve = UINT32_MAX,
			.want = -EBADF,
			.error = "descriptor 4294967295 is not open, but --preserve-fds asks for "
				 "it"},
		{.fds = "1", .pid = me, .preserve = 4, .total = 5, .listen = "1"},
		{.fds = "3",
			.pid = me,
			.want = -EBADF,
			.error = "descriptor 5 is not open, but LISTEN_FDS asks for it"},
		{.fds = "0", .pid = me},
		/* Meant for another process, or not understood. */
		{.fds = "2", .pid = "1"},
		{.fds = "2", .pid = "1", .preserve = 1, .total = 1},
		{.fds = "2", .pid = ""},
		{.fds = "2", .pid = "x"},
		{.fds = "", .pid = me},
		{.fds = "-1", .pid = me},
		{.fds = "99999999999", .pid = me},
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_setup(&(struct log_options){.quiet = true});
	assert_int_not_equal(dup2(null, 20), -1);
	for (int fd = 3; fd <= 4; fd++)
		assert_int_equal(dup2(20, fd), fd);
	assert_int_equal(dup3(20, 5, O_CLOEXEC), 5);
	close(6);
	assert_int_equal(dup2(20, 7), 7);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct lodger_create opts = {.preserve_fds = cases[i].preserve};
		struct err e = {0};

		put_env("LISTEN_FDS", cases[i].fds);
		put_env("LISTEN_PID", cases[i].pid);
		assert_int_equal(create_take_fds(t->a, &opts, &e), cases[i].want);
		if (cases[i].want < 0) {
			assert_string_equal(e.msg, cases[i].error);
			continue;
		}
		assert_int_equal(opts.preserve_fds, cases[i].total);
		assert_true(str_eq_null(opts.listen_fds, cases[i].listen));
	}
	put_env("LISTEN_FDS", NULL);
	put_env("LISTEN_PID", NULL);
	for (int fd = 3; fd <= 7; fd++)
		close(fd);
	close(20);
}

/* ---- from argv to the exit status */

struct outcome {
	int status;
	char *out, *err;
};

static int capture(int fd, int *ret_saved)
{
	int file = memfd_create("capture", MFD_CLOEXEC);

	assert_int_not_equal(file, -1);
	*ret_saved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	assert_int_equal(dup2(file, fd), fd);
	return file;
}

static char *captured(struct arena *a, int file, int fd, int saved)
{
	char *text;

	assert_int_equal(dup2(saved, fd), fd);
	close(saved);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	assert_int_equal(file_read_fd(a, file, 1 << 20, &text, NULL), 0);
	close(file);
	return text;
}

static struct outcome lodger(struct arena *a, const char *line)
{
	struct strv words = strv_split(a, arena_printf(a, "lodger %s", line), " ");
	struct outcome o;
	int out, err, old_out, old_err;

	fflush(stdout);
	log_setup(&(struct log_options){.level = LOG_LEVEL_WARN});
	out = capture(STDOUT_FILENO, &old_out);
	err = capture(STDERR_FILENO, &old_err);
	o.status = cli_main((int)words.n, words.v);
	fflush(stdout);
	o.err = captured(a, err, STDERR_FILENO, old_err);
	o.out = captured(a, out, STDOUT_FILENO, old_out);
	return o;
}

static void usage_errors(void **state)
{
	static const struct {
		const char *line;
		int status;
		const char *text;
	} cases[] = {
		{"bogus", 3, "lodger: unknown command \"bogus\"\nfix: try \"lodger --help\"\n"},
		{"--debug bogus --help", 3,
			"lodger: unknown command \"bogus\"\nfix: try \"lodger --help\"\n"},
		{"help bogus", 3, "lodger: help: unknown command \"bogus\"\n"},
		{"--bogus list", 1,
			"lodger: unknown option \"--bogus\"\nfix: try \"lodger --help\"\n"},
		{"--log", 1, "lodger: flag needs an argument: --log\nfix: try \"lodger --help\"\n"},
		{"--cgroup-manager none list", 1,
			"lodger: invalid value \"none\" for --cgroup-manager: must be cgroupfs, "
			"systemd, session or disabled\nfix: try \"lodger --help\"\n"},
		{"create --bundle", 1,
			"lodger: create: flag needs an argument: --bundle\n"
			"fix: try \"lodger create --help\"\n"},
		{"create --preserve-fds x a", 1,
			"lodger: create: invalid value \"x\" for --preserve-fds: must be a number\n"
			"fix: try \"lodger create --help\"\n"},
		{"state", 1,
			"lodger: state: too few arguments: expected CONTAINER, got 0\n"
			"fix: try \"lodger state --help\"\n"},
		{"kill a b c", 1,
			"lodger: kill: too many arguments: expected CONTAINER [SIGNAL], got 3\n"
			"fix: try \"lodger kill --help\"\n"},
		{"list a", 1,
			"lodger: list: too many arguments: expected no arguments, got 1\n"
			"fix: try \"lodger list --help\"\n"},
		{"--log /nonexistent/log list", 1,
			"lodger: open the log file /nonexistent/log: no such file or directory\n"},
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome o = lodger(t->a, cases[i].line);

		assert_string_equal(o.err, cases[i].text);
		assert_string_equal(o.out, "");
		assert_int_equal(o.status, cases[i].status);
	}
}

static void help_and_version(void **state)
{
	static const struct {
		const char *line, *begins;
	} cases[] = {
		{"", "Usage: lodger [OPTION]... COMMAND"},
		{"--debug", "Usage: lodger [OPTION]... COMMAND"},
		{"--help", "Usage: lodger [OPTION]... COMMAND"},
		{"--version --help", "Usage: lodger [OPTION]... COMMAND"},
		{"help", "Usage: lodger [OPTION]... COMMAND"},
		{"help kill", "Usage: lodger kill [OPTION]... CONTAINER [SIGNAL]\n"},
		/* How podman finds out whether there is such a command. */
		{"kill --help", "Usage: lodger kill [OPTION]... CONTAINER [SIGNAL]\n"},
		{"kill a b c -h", "Usage: lodger kill [OPTION]... CONTAINER [SIGNAL]\n"},
		{"list -h", "Usage: lodger list [OPTION]...\n"},
		{"--version", "lodger version "},
		{"-v", "lodger version "},
		{"--log /nonexistent/log -v state", "lodger version "},
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome o = lodger(t->a, cases[i].line);

		assert_string_equal(o.err, "");
		assert_int_equal(o.status, 0);
		if (!str_after(o.out, cases[i].begins))
			fail_msg("%s: %s", cases[i].line, o.out);
		/* The frames of tables and texts may not overrun a terminal's width. */
		for (const char *s = o.out; *s; s += strcspn(s, "\n") + 1)
			assert_true(strcspn(s, "\n") <= 80);
	}
}

static void version_lines(void **state)
{
	struct tree *t = *state;
	struct strv lines = strv_split(t->a, lodger(t->a, "--version").out, "\n");

	assert_true(lines.n >= 4);
	assert_non_null(str_after(lines.v[0], "lodger version "));
	assert_non_null(str_after(lines.v[1], "commit: "));
	assert_non_null(str_after(lines.v[2], "spec: 1."));
	assert_non_null(str_after(lines.v[3], "libseccomp: "));
}

/* An error is in the log, in the format asked for, and on standard error in any case. */
static void error_logs(void **state)
{
	struct tree *t = *state;
	const char *file = arena_printf(t->a, "%s/log", t->dir);
	struct json *line;
	struct outcome o;
	char *text;
	size_t len;

	o = lodger(t->a, arena_printf(t->a, "--log %s --log-format json bogus", file));
	assert_int_equal(o.status, 3);
	assert_string_equal(
		o.err, "lodger: unknown command \"bogus\"\nfix: try \"lodger --help\"\n");
	assert_int_equal(file_read(t->a, AT_FDCWD, file, 1 << 20, &text, &len), 0);
	assert_int_equal(json_parse(t->a, "log", text, len, NULL, &line, NULL), 0);
	assert_string_equal(json_get(line, "msg")->string, "unknown command \"bogus\"");
	assert_string_equal(json_get(line, "level")->string, "error");
	assert_string_equal(json_get(line, "code")->string, "usage");

	/* Appended, as text this time. */
	o = lodger(t->a, arena_printf(t->a, "--log=%s list --bogus", file));
	assert_int_equal(o.status, 1);
	assert_int_equal(file_read(t->a, AT_FDCWD, file, 1 << 20, &text, NULL), 0);
	assert_non_null(strstr(text, "{\"level\":\"error\""));
	assert_non_null(strstr(text, "\ntime=\""));
	assert_non_null(strstr(text, "msg=\"list: unknown option \\\"--bogus\\\"\"\n"));

	/* Without a file, standard error is the log. */
	o = lodger(t->a, "--log-format=json bogus");
	assert_int_equal(json_parse(t->a, "stderr", o.err, strlen(o.err), NULL, &line, NULL), 0);
}

/* Byte for byte what runc's tabwriter makes of it: scripts cut at columns. */
static void list_table(void **state)
{
	struct tree *t = *state;
	const char *line = arena_printf(t->a, "--log-level error --root %s/root list", t->dir);

	assert_string_equal(lodger(t->a, line).out,
		"ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
	assert_string_equal(lodger(t->a, arena_printf(t->a, "%s -q", line)).out, "");
	assert_string_equal(lodger(t->a, arena_printf(t->a, "%s -f json", line)).out, "null\n");

	/* The padding of three is kept where a cell is wider than a column is by default. */
	tree_put(t, "root/a-long-name/state.json", "no record", 0600);
	assert_string_equal(lodger(t->a, line).out,
		arena_printf(t->a,
			"ID            PID         STATUS      BUNDLE      CREATED     OWNER\n"
			"a-long-name   0           unknown                             #%u\n",
			geteuid()));
	assert_string_equal(lodger(t->a, arena_printf(t->a, "%s -q", line)).out, "a-long-name\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(log_levels),
		tree_test(descriptors),
		tree_test(usage_errors),
		tree_test(help_and_version),
		tree_test(version_lines),
		tree_test(error_logs),
		tree_test(list_table),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
