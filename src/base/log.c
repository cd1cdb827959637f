// SPDX-License-Identifier: Apache-2.0
/* The log; see log.h. Any process. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct log_options log_current = {.level = LOG_LEVEL_WARN};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_setup(const struct log_options *opts)
{
	log_current = *opts;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_enabled(enum log_level level)
{
	return level <= log_current.level;
}

static void emit(enum log_level level, const char *msg, const struct err *e)
{
	if (log_current.sink)
		log_current.sink(level, msg, e, log_current.sink_arg);
	if (log_current.quiet)
		return;
	/* One write per line: several processes share the descriptor. */
	if (e)
		fprintf(stderr, e->fix[0] ? "lodger: %s\nfix: %s\n" : "lodger: %s\n", msg, e->fix);
	else
		fprintf(stderr, "lodger: %s: %s\n", level_names[level], msg);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	char msg[2048];
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	emit(level, msg, NULL);
}

void log_err(const struct err *e)
{
	emit(LOG_LEVEL_ERROR, e->msg, e);
}
