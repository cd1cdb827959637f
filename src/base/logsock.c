// SPDX-License-Identifier: Apache-2.0
/*
 * The log by datagrams; see logsock.h. The journal's protocol is that of systemd's "Native Journal
 * Protocol" (NAME=VALUE lines; a value with a newline has its length before it), the other that of
 * syslog(3): "<PRIORITY>TAG[PID]: TEXT". Front end; no library is loaded for either.
 */
#include "base/logsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARN] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

int logsock_open(struct logsock *s, const char *path)
{
	auto_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	s->fd = take_fd(&fd);
	return 0;
}

static void add_field(struct strbuf *b, const char *name, const char *value)
{
	size_t n = value ? strlen(value) : 0;

	if (n == 0)
		return;
	strbuf_add(b, name);
	if (!strchr(value, '\n')) {
		strbuf_addf(b, "=%s\n", value);
		return;
	}
	strbuf_addc(b, '\n');
	/* A little-endian number of 64 bits. */
	for (unsigned i = 0; i < 8; i++)
		strbuf_addc(b, (char)((uint64_t)n >> (8 * i) & 0xff));
	strbuf_addf(b, "%s\n", value);
}

static void format_journal(struct strbuf *b, const struct logsock *s, enum log_level level,
	const char *msg, const struct err *e)
{
	add_field(b, "MESSAGE", msg);
	strbuf_addf(b, "PRIORITY=%d\nSYSLOG_PID=%d\n", priorities[level], (int)getpid());
	add_field(b, "SYSLOG_IDENTIFIER", s->ident);
	if (!e)
		return;
	add_field(b, "LODGER_CODE", err_code_name(e->code));
	add_field(b, "LODGER_STEP", e->step);
	add_field(b, "LODGER_OBJECT", e->object);
	add_field(b, "LODGER_FIX", e->fix);
	if (e->errnum)
		strbuf_addf(b, "ERRNO=%d\n", e->errnum);
}

static void format_syslog(struct strbuf *b, const struct logsock *s, enum log_level level,
	const char *msg, const struct err *e)
{
	strbuf_addf(
		b, "<%d>%s[%d]: %s", LOG_DAEMON | priorities[level], s->ident, (int)getpid(), msg);
	if (e && e->fix[0])
		strbuf_addf(b, " (fix: %s)", e->fix);
}

void logsock_sink(enum log_level level, const char *msg, const struct err *e, void *arg)
{
	const struct logsock *s = arg;
	auto_strbuf struct strbuf b = {0};
	ssize_t n;

	if (s->journal)
		format_journal(&b, s, level, msg, e);
	else
		format_syslog(&b, s, level, msg, e);
	do {
		n = send(s->fd, b.s, b.len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
}
