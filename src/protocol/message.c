// SPDX-License-Identifier: Apache-2.0
/* Messages of the sync socket; see message.h. Front end and init. */
#include "protocol/message.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "kernel/socket.h"

static const struct row {
	const char *name;
	enum message_from from;
	bool fd;
	enum message_type reply;
} rows[MSG_NR] = {[MSG_NONE] = {"end of stream", FROM_INIT, false, MSG_NONE},
#define X(type, name, from, fd, reply) [type] = {name, from, fd, reply},
	MESSAGES(X)
#undef X
};

static const char *const sides[] = {[FROM_INIT] = "init", [FROM_FRONT] = "the front end"};

/* On the wire: the type, then for procError the code's number, errno and four texts with NULs. */
struct head {
	uint32_t type;
	int32_t code;
	int32_t errnum;
};

const char *message_name(enum message_type type)
{
	return (unsigned)type < MSG_NR ? rows[type].name : "unknown message";
}

enum message_from message_sender(enum message_type type)
{
	return rows[type].from;
}

enum message_type message_reply(enum message_type type)
{
	return rows[type].reply;
}

int message_send(int sock, enum message_type type, int fd)
{
	struct head head = {.type = type};

	log_debug("send %s", rows[type].name);
	return socket_send(sock, &head, sizeof(head), fd);
}

int message_send_error(int sock, const struct err *err)
{
	char buf[MESSAGE_MAX];
	struct head head = {.type = MSG_ERROR, .code = err->code, .errnum = err->errnum};
	const char *const texts[] = {err->step, err->object, err->msg, err->fix};
	size_t n = sizeof(head);

	memcpy(buf, &head, sizeof(head));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t len = strlen(texts[i]) + 1;

		memcpy(buf + n, texts[i], len);
		n += len;
	}
	return socket_send(sock, buf, n, -1);
}

void message_clean(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static bool take_text(const char **pos, const char *end, char *out, size_t size)
{
	size_t n = strnlen(*pos, (size_t)(end - *pos));

	if (*pos + n >= end || n >= size)
		return false;
	memcpy(out, *pos, n + 1);
	message_clean(out);
	*pos += n + 1;
	return true;
}

static bool take_error(const struct head *head, const char *pos, const char *end, struct err *e)
{
	/* A negative errno would become a positive result: success. */
	if (head->code <= ERR_NONE || head->code >= ERR_CODE_NR || head->errnum < 0)
		return false;
	e->code = (enum err_code)head->code;
	e->errnum = head->errnum;
	return take_text(&pos, end, e->step, sizeof(e->step)) &&
	       take_text(&pos, end, e->object, sizeof(e->object)) &&
	       take_text(&pos, end, e->msg, sizeof(e->msg)) &&
	       take_text(&pos, end, e->fix, sizeof(e->fix)) && pos == end;
}

static bool acceptable(enum message_from from, const struct head *head, size_t n, int fd)
{
	const struct row *row;

	if (n < sizeof(*head) || head->type == MSG_NONE || head->type >= MSG_NR)
		return false;
	row = &rows[head->type];
	if (row->from != from || row->fd != (fd >= 0))
		return false;
	return head->type == MSG_ERROR || n == sizeof(*head);
}

int message_recv(int sock, enum message_from from, struct message *ret, struct err *e)
{
	char buf[MESSAGE_MAX];
	struct head head = {0};
	struct message m = {.fd = -1};
	auto_fd int fd = -1;
	ssize_t n = socket_recv(sock, buf, sizeof(buf), &fd);

	/* A peer that died with unread data shows as a reset: the end of the stream all the same.
	 */
	if (n == 0 || n == -ECONNRESET) {
		*ret = m;
		return 0;
	}
	if (n < 0)
		return err_sys(e, ERR_PROTOCOL, (int)n, "receiving from %s", sides[from]);
	memcpy(&head, buf, (size_t)n < sizeof(head) ? (size_t)n : sizeof(head));
	if (!acceptable(from, &head, (size_t)n, fd) ||
		(head.type == MSG_ERROR && !take_error(&head, buf + sizeof(head), buf + n, &m.err)))
		return err_set(e, ERR_PROTOCOL, EPROTO,
			"%s sent a message that is none of its own: type %u (%s), %zd bytes, %s "
			"descriptor",
			sides[from], head.type, message_name((enum message_type)head.type), n,
			fd >= 0 ? "with a" : "without");
	m.type = (enum message_type)head.type;
	m.fd = take_fd(&fd);
	log_debug("got %s", rows[m.type].name);
	*ret = m;
	return 0;
}

int message_call(int sock, enum message_type type, int fd, struct err *e)
{
	struct message m;
	int r = message_send(sock, type, fd);

	if (r < 0)
		return err_sys(e, ERR_PROTOCOL, r, "sending %s to the front end", rows[type].name);
	if (rows[type].reply == MSG_NONE)
		return 0;
	r = message_recv(sock, FROM_FRONT, &m, e);
	if (r < 0)
		return r;
	if (m.type != rows[type].reply)
		return err_set(e, ERR_PROTOCOL, EPROTO, "%s instead of %s after %s",
			message_name(m.type), message_name(rows[type].reply), rows[type].name);
	return 0;
}
