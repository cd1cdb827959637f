// SPDX-License-Identifier: Apache-2.0
/*
 * The log: one line per event.
 *
 * The only file-scope state of the base layer. The command line sets it up once; library code
 * calls log_debug() and log_warn() and never knows where the text goes: standard error as text,
 * and a sink (the --log file of base/logfile.h, or init's log pipe).
 */
#ifndef LODGER_BASE_LOG_H
#define LODGER_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * Gets one finished message without newline, and for log_err() the error that it was made from
 * (else NULL).
 */
typedef void log_sink(enum log_level level, const char *msg, const struct err *e, void *arg);

struct log_options {
	enum log_level level; /* what is less important is dropped */
	bool quiet; /* nothing on standard error */
	log_sink *sink; /* may be NULL */
	void *sink_arg;
};

/* Before the first call: level WARN, standard error, no sink. Copies `opts`. */
void log_setup(const struct log_options *opts);

/* Whether a message of this level would go anywhere; guards costly arguments. */
bool log_enabled(enum log_level level);

void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_enabled(LOG_LEVEL_DEBUG))                                                  \
			log_msg(LOG_LEVEL_DEBUG, __VA_ARGS__);                                     \
	} while (0)
#define log_info(...) log_msg(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_LEVEL_WARN, __VA_ARGS__)

/*
 * Report the error that ends the command. Standard error gets the message and, on a second line,
 * the fix; callers of OCI runtimes read it there or in the sink's file.
 */
void log_err(const struct err *e);

/* "error", "warning", "info", "debug": logrus's names, which callers parse. */
const char *log_level_name(enum log_level level);

#endif
