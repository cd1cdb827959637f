// SPDX-License-Identifier: Apache-2.0
/* What stands before the command: the options that all commands share, and the log they set up. */
#ifndef LODGER_CLI_GLOBALS_H
#define LODGER_CLI_GLOBALS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/log.h"
#include "base/logfile.h"
#include "base/logsock.h"
#include "cli/options.h"

struct globals {
	const char *root;
	const char *log;
	const char *log_format;
	const char *log_level;
	const char *cgroup_manager;
	const char *rootless; /* accepted: what the caller may do is looked up, not believed */
	const char *criu;
	bool debug;
	bool systemd_cgroup;
	bool version;
};

/* Where the log goes: at most one of them; the other's descriptor is -1. */
struct log_target {
	struct logfile file;
	struct logsock sock;
};
#define LOG_TARGET_NONE ((struct log_target){.file = {.fd = -1}, .sock = {.fd = -1}})

extern const struct option_row global_options[];

enum log_level globals_log_level(const struct globals *g);

/*
 * Let the log go where the options say. `to` is filled and must live as long as the log; its
 * descriptor stays open until the process ends. Returns -errno where the file or socket cannot be
 * opened; the log is then as it was.
 */
int globals_setup_log(const struct globals *g, struct log_target *to, struct err *e);

/*
 * Report the error that ends the command, to the log and in any case to standard error, where
 * whoever started lodger looks first. `to` as globals_setup_log() left it; LOG_TARGET_NONE before.
 */
void globals_report(const struct log_target *to, const struct err *e);

#endif
