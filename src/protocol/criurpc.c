// SPDX-License-Identifier: Apache-2.0
/* The language of `criu swrk`; see criurpc.h. Front end. Pure: nothing is read or written. */
#include "protocol/criurpc.h"

#include <errno.h>

/* Protocol Buffers, "Encoding": a key is the number of a member and the kind of what follows. */
enum wire { WIRE_VARINT = 0, WIRE_I64 = 1, WIRE_BYTES = 2, WIRE_I32 = 5 };

enum req_members { REQ_TYPE = 1, REQ_OPTS = 2, REQ_NOTIFY_SUCCESS = 3 };
enum resp_members { RESP_TYPE = 1, RESP_SUCCESS = 2, RESP_NOTIFY = 5, RESP_ERRNO = 7 };
enum resp_restore { RESP_RESTORE = 4, RESTORE_PID = 1 };
enum notify_members { NOTIFY_SCRIPT = 1, NOTIFY_PID = 2 };
enum opts_page_server { OPTS_PAGE_SERVER = 11, PAGE_SERVER_ADDRESS = 1, PAGE_SERVER_PORT = 2 };

static void put_varint(struct strbuf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		strbuf_addc(b, (char)(v | 0x80));
	strbuf_addc(b, (char)v);
}

static void put_key(struct strbuf *b, unsigned number, enum wire wire)
{
	put_varint(b, number << 3 | wire);
}

static void put_int(struct strbuf *b, unsigned number, int64_t v)
{
	put_key(b, number, WIRE_VARINT);
	put_varint(b, (uint64_t)v);
}

static void put_bytes(struct strbuf *b, unsigned number, const void *data, size_t n)
{
	put_key(b, number, WIRE_BYTES);
	put_varint(b, n);
	strbuf_addn(b, data, n);
}

static void put_text(struct strbuf *b, unsigned number, const char *s)
{
	put_bytes(b, number, s, strlen(s));
}

static void put_message(struct strbuf *b, unsigned number, const struct strbuf *message)
{
	put_bytes(b, number, strbuf_str(message), message->len);
}

/* What each kind of CRIU_OPTIONS puts; nothing where the value is absent. */
static void put_BOOL(struct strbuf *b, unsigned number, const bool *v)
{
	if (*v)
		put_int(b, number, 1);
}

static void put_INT(struct strbuf *b, unsigned number, const int64_t *v)
{
	if (*v != CRIU_UNSET)
		put_int(b, number, *v);
}

static void put_TEXT(struct strbuf *b, unsigned number, const char *const *v)
{
	if (*v)
		put_text(b, number, *v);
}

static void put_TEXTS(struct strbuf *b, unsigned number, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		put_text(b, number, v->v[i]);
}

static void put_PAIRS(struct strbuf *b, unsigned number, const kv_list *v)
{
	const struct kv *kv;

	array_foreach (kv, v) {
		auto_strbuf struct strbuf pair = {0};

		put_text(&pair, 1, kv->key);
		put_text(&pair, 2, kv->value);
		put_message(b, number, &pair);
	}
}

static void put_FDS(struct strbuf *b, unsigned number, const criu_fd_list *v)
{
	const struct criu_fd *fd;

	array_foreach (fd, v) {
		auto_strbuf struct strbuf pair = {0};

		put_text(&pair, 1, fd->key);
		put_int(&pair, 2, fd->fd);
		put_message(b, number, &pair);
	}
}

static void put_page_server(struct strbuf *b, const struct criu_options *o)
{
	auto_strbuf struct strbuf ps = {0};

	if (!o->page_server)
		return;
	put_text(&ps, PAGE_SERVER_ADDRESS, o->page_server);
	put_int(&ps, PAGE_SERVER_PORT, o->page_server_port);
	put_message(b, OPTS_PAGE_SERVER, &ps);
}

void criurpc_put_request(enum criu_verb verb, const struct criu_options *o, struct strbuf *out)
{
	auto_strbuf struct strbuf opts = {0};

#define X(number, kind, name) put_##kind(&opts, number, &o->name);
	CRIU_OPTIONS(X)
#undef X
	put_page_server(&opts, o);
	put_int(out, REQ_TYPE, verb);
	put_message(out, REQ_OPTS, &opts);
}

void criurpc_put_noted(struct strbuf *out)
{
	put_int(out, REQ_TYPE, CRIURPC_NOTIFY);
	put_int(out, REQ_NOTIFY_SUCCESS, 1);
}

struct reader {
	const uint8_t *at;
	const uint8_t *end;
};

static bool get_varint(struct reader *in, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

struct member {
	uint64_t number;
	uint64_t value; /* of a varint */
	struct reader bytes; /* else empty */
};

/* The next member; those of a kind that nobody asks for are passed over by their length. */
static bool get_member(struct reader *in, struct member *m)
{
	uint64_t key, n;

	*m = (struct member){0};
	if (!get_varint(in, &key))
		return false;
	m->number = key >> 3;
	switch (key & 7) {
	case WIRE_VARINT:
		return get_varint(in, &m->value);
	case WIRE_BYTES:
		if (!get_varint(in, &n))
			return false;
		break;
	case WIRE_I64:
		n = 8;
		break;
	case WIRE_I32:
		n = 4;
		break;
	default:
		return false;
	}
	if (n > (uint64_t)(in->end - in->at))
		return false;
	m->bytes = (struct reader){in->at, in->at + n};
	in->at += n;
	return true;
}

static bool get_notify(struct reader in, struct criu_answer *a)
{
	struct member m;

	while (in.at < in.end) {
		size_t n;

		if (!get_member(&in, &m))
			return false;
		n = (size_t)(m.bytes.end - m.bytes.at);
		if (m.number == NOTIFY_PID)
			a->pid = (int32_t)m.value;
		if (m.number != NOTIFY_SCRIPT || !n)
			continue;
		if (n >= sizeof(a->script))
			return false;
		memcpy(a->script, m.bytes.at, n);
		a->script[n] = '\0';
	}
	return true;
}

static bool get_restore(struct reader in, struct criu_answer *a)
{
	struct member m;

	while (in.at < in.end) {
		if (!get_member(&in, &m))
			return false;
		if (m.number == RESTORE_PID)
			a->pid = (int32_t)m.value;
	}
	return true;
}

int criurpc_get_answer(const void *data, size_t n, struct criu_answer *ret)
{
	struct reader in = {data, (const uint8_t *)data + n};
	struct criu_answer a = {0};
	struct member m;

	while (in.at < in.end) {
		bool ok = get_member(&in, &m);

		if (ok && m.number == RESP_TYPE)
			a.type = (uint32_t)m.value;
		else if (ok && m.number == RESP_SUCCESS)
			a.success = m.value;
		else if (ok && m.number == RESP_ERRNO)
			a.errnum = (int32_t)m.value;
		else if (ok && m.number == RESP_NOTIFY)
			ok = get_notify(m.bytes, &a);
		else if (ok && m.number == RESP_RESTORE)
			ok = get_restore(m.bytes, &a);
		if (!ok)
			return -EPROTO;
	}
	if (!a.type)
		return -EPROTO;
	*ret = a;
	return 0;
}
