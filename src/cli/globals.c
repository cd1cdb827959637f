// SPDX-License-Identifier: Apache-2.0
/*
 * Global options and the log; see globals.h. In: the filled struct. Out: the log's settings, and
 * one open file. Front end only; for --help and --version nothing here but the table is used.
 */
#include "cli/globals.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const formats[] = {"text", "json", NULL};
static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const managers[] = {"cgroupfs", "systemd", "session", "disabled", NULL};
static const char *const rootless[] = {"auto", "true", "false", NULL};

const struct option_row global_options[] = {
	OPTION_STRING_ROW(struct globals, root, "root", 0, "DIR",
		"keep the state of containers in DIR; default: lodger in $XDG_RUNTIME_DIR, for "
		"root "
		"/run/lodger"),
	OPTION_STRING_ROW(struct globals, log, "log", 0, "FILE",
		"append log messages to FILE, or send them to journald:[NAME] or syslog:[NAME]; "
		"default: standard error"),
	OPTION_CHOICE_ROW(struct globals, log_format, "log-format", 0, "FORMAT", formats,
		"how log messages are written: text (the default) or json"),
	OPTION_CHOICE_ROW(struct globals, log_level, "log-level", 0, "LEVEL", levels,
		"least important messages to log: error, warning (the default), info or debug"),
	OPTION_FLAG_ROW(struct globals, debug, "debug", 0, "the same as --log-level debug"),
	OPTION_FLAG_ROW(struct globals, systemd_cgroup, "systemd-cgroup", 0,
		"let systemd make the container's cgroup, as a scope: the user's systemd, for root "
		"the system's"),
	OPTION_CHOICE_ROW(struct globals, cgroup_manager, "cgroup-manager", 0, "MANAGER", managers,
		"who makes the container's cgroup: systemd, cgroupfs (directories where the caller "
		"may make some), session (directories in one scope of systemd's for all of the "
		"user's containers), or disabled for none; default: whoever can, systemd only "
		"where config.json asks for something that needs it"),
	OPTION_CHOICE_ROW(struct globals, rootless, "rootless", 0, "WHETHER", rootless,
		"accepted for runc's callers, without effect: lodger finds out by itself"),
	OPTION_STRING_ROW(struct globals, criu, "criu", 0, "PATH",
		"the criu program, for checkpoint and restore; default: criu in $PATH"),
	OPTION_FLAG_ROW(struct globals, version, "version", 'v', "print the version and exit"),
	{0},
};

enum log_level globals_log_level(const struct globals *g)
{
	if (g->debug)
		return LOG_LEVEL_DEBUG;
	for (int level = LOG_LEVEL_ERROR; g->log_level && level <= LOG_LEVEL_DEBUG; level++)
		if (str_eq(g->log_level, log_level_name((enum log_level)level)))
			return (enum log_level)level;
	return LOG_LEVEL_WARN;
}

static int open_file(const char *path, struct logfile *file, struct err *e)
{
	file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0644);
	if (file->fd >= 0)
		return 0;
	err_object(e, "%s", path);
	return err_sys(e, ERR_USAGE, errno, "open the log file %s", path);
}

/* What may stand before the name in --log, as crun has it. */
static const struct scheme {
	const char *prefix;
	const char *socket; /* NULL: a file */
} schemes[] = {
	{"file:", NULL},
	{"journald:", LOGSOCK_JOURNAL},
	{"syslog:", LOGSOCK_SYSLOG},
};

static int open_socket(
	const struct scheme *scheme, const char *ident, struct logsock *sock, struct err *e)
{
	int r;

	*sock = (struct logsock){
		.fd = -1,
		.journal = str_eq(scheme->socket, LOGSOCK_JOURNAL),
		.ident = *ident ? ident : "lodger",
	};
	r = logsock_open(sock, scheme->socket);
	if (r == 0)
		return 0;
	err_object(e, "%s", scheme->socket);
	return err_sys(e, ERR_USAGE, r, "--log %s: connect to %s", scheme->prefix, scheme->socket);
}

static int open_target(const char *log, struct log_target *to, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const char *rest = str_after(log, schemes[i].prefix);

		if (rest && schemes[i].socket)
			return open_socket(&schemes[i], rest, &to->sock, e);
		if (rest)
			return open_file(rest, &to->file, e);
	}
	return open_file(log, &to->file, e);
}

int globals_setup_log(const struct globals *g, struct log_target *to, struct err *e)
{
	struct log_options log = {.level = globals_log_level(g)};
	int r = 0;

	*to = LOG_TARGET_NONE;
	to->file.format =
		g->log_format && str_eq(g->log_format, "json") ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
	if (!str_is_empty(g->log))
		r = open_target(g->log, to, e);
	else if (to->file.format == LOG_FORMAT_JSON)
		to->file.fd = STDERR_FILENO;
	if (r < 0)
		return r;
	if (to->file.fd >= 0) {
		log.sink = logfile_sink;
		log.sink_arg = &to->file;
	} else if (to->sock.fd >= 0) {
		log.sink = logsock_sink;
		log.sink_arg = &to->sock;
	}
	log.quiet = log.sink != NULL;
	log_setup(&log);
	return 0;
}

void globals_report(const struct log_target *to, const struct err *e)
{
	const struct log_options plain = {.level = LOG_LEVEL_ERROR};

	log_err(e);
	if (to->sock.fd < 0 && (to->file.fd < 0 || to->file.fd == STDERR_FILENO))
		return;
	log_setup(&plain);
	log_err(e);
}
