// SPDX-License-Identifier: Apache-2.0
/* The log by datagrams: to the journal, or to whoever listens at /dev/log. */
#ifndef LODGER_BASE_LOGSOCK_H
#define LODGER_BASE_LOGSOCK_H

#include "base/log.h"

struct logsock {
	int fd; /* a connected datagram socket, or -1 */
	bool journal; /* systemd's native protocol; else syslog(3)'s */
	const char *ident; /* borrowed: SYSLOG_IDENTIFIER, the tag of syslog */
};

#define LOGSOCK_JOURNAL "/run/systemd/journal/socket"
#define LOGSOCK_SYSLOG  "/dev/log"

/* Connect to `path`. 0 or -errno, without text. */
int logsock_open(struct logsock *s, const char *path);

/*
 * A log_sink; `arg` is the struct logsock. One datagram a message, failures are dropped. The
 * journal gets the parts of an error as fields of their own: LODGER_CODE, LODGER_STEP,
 * LODGER_OBJECT, LODGER_FIX and ERRNO.
 */
void logsock_sink(enum log_level level, const char *msg, const struct err *e, void *arg);

#endif
