// SPDX-License-Identifier: Apache-2.0
/* The --log file: lines as runc writes them, since callers read the last one for the error. */
#ifndef LODGER_BASE_LOGFILE_H
#define LODGER_BASE_LOGFILE_H

#include "base/log.h"

enum log_format {
	LOG_FORMAT_TEXT, /* time="2026-01-02T03:04:05Z" level=error msg="no such file" */
	LOG_FORMAT_JSON, /* {"level":"error","msg":"no such file","time":"2026-01-02T03:04:05Z"} */
};

struct logfile {
	int fd; /* borrowed; opened with O_APPEND, so that several processes can share the file */
	enum log_format format;
};

/*
 * A log_sink; `arg` is the struct logfile. One write(2) a line, failures are dropped: there is no
 * better place to report them to. In the JSON format an error adds, after the three keys that
 * callers know, "code", "kind", "step", "object", "errno" (0 where no call failed), and "fix" where
 * there is one: always for errors of the host.
 */
void logfile_sink(enum log_level level, const char *msg, const struct err *e, void *arg);

#endif
