// SPDX-License-Identifier: Apache-2.0
/*
 * JSON writer; see json.h. In: calls in document order. Out: text. Any process; writes no file.
 *
 * It does not use yajl_gen, which prints an empty object over three lines and fails silently beyond
 * 128 levels and at invalid UTF-8.
 */
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct json_writer {
	struct strbuf out;
	unsigned indent;
	unsigned depth;
	bool has_item; /* the innermost container has one already */
	bool after_key; /* the next item is the value of a key */
};

struct json_writer *json_writer_new(unsigned indent)
{
	struct json_writer *w = xcalloc(1, sizeof(*w));

	w->indent = indent;
	return w;
}

void json_writer_free(struct json_writer *w)
{
	if (!w)
		return;
	strbuf_done(&w->out);
	free(w);
}

const char *json_writer_text(struct json_writer *w, size_t *ret_len)
{
	if (ret_len)
		*ret_len = w->out.len;
	return strbuf_str(&w->out);
}

static void new_line(struct json_writer *w)
{
	if (!w->indent)
		return;
	strbuf_addf(&w->out, "\n%*s", (int)(w->indent * w->depth), "");
}

static void begin_item(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->has_item)
		strbuf_addc(&w->out, ',');
	if (w->depth)
		new_line(w);
	w->has_item = true;
}

static void open_with(struct json_writer *w, char c)
{
	begin_item(w);
	strbuf_addc(&w->out, c);
	w->depth++;
	w->has_item = false;
}

static void close_with(struct json_writer *w, char c)
{
	w->depth--;
	if (w->has_item)
		new_line(w);
	strbuf_addc(&w->out, c);
	w->has_item = true;
}

/* The escape for a byte, or NULL if it stands for itself. */
static const char *escape_of(unsigned char c, char buf[8])
{
	static const char *const named[] = {
		['\b'] = "\\b",
		['\t'] = "\\t",
		['\n'] = "\\n",
		['\f'] = "\\f",
		['\r'] = "\\r",
		['"'] = "\\\"",
		['\\'] = "\\\\",
	};

	if (c < ARRAY_SIZE(named) && named[c])
		return named[c];
	if (c >= 0x20 && c != 0x7f)
		return NULL;
	snprintf(buf, 8, "\\u%04x", c);
	return buf;
}

/*
 * The next piece of `s` as it is written between quotes: a run of plain bytes, an escape, or the
 * replacement character. Returns how many bytes of `s` it stands for.
 */
static size_t next_piece(
	const char *s, size_t n, size_t max_run, const char **ret, size_t *ret_len, char buf[8])
{
	size_t run = 0, len;
	const char *escape;

	while (run < n && run < max_run) {
		unsigned char c = (unsigned char)s[run];

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			break;
		len = c < 0x80 ? 1 : utf8_len(s + run, n - run);
		if (len == 0 || (run && run + len > max_run))
			break;
		run += len;
	}
	if (run) {
		*ret = s;
		*ret_len = run;
		return run;
	}
	escape = escape_of((unsigned char)s[0], buf);
	*ret = escape ? escape : "\xef\xbf\xbd";
	*ret_len = strlen(*ret);
	return 1;
}

static void add_quoted(struct strbuf *out, const char *s)
{
	size_t n = strlen(s);

	strbuf_addc(out, '"');
	while (n) {
		char buf[8];
		const char *piece;
		size_t len, used = next_piece(s, n, SIZE_MAX, &piece, &len, buf);

		strbuf_addn(out, piece, len);
		s += used;
		n -= used;
	}
	strbuf_addc(out, '"');
}

struct json_quoted json_quoted(const char *s)
{
	struct json_quoted q;
	/* Room for the longest piece, the dots, the quote and the NUL. */
	const size_t room = sizeof(q.text) - 6 - 3 - 2;
	size_t n = strlen(s), at = 0;

	q.text[at++] = '"';
	while (n && at < room) {
		char buf[8];
		const char *piece;
		size_t len, used = next_piece(s, n, room - at, &piece, &len, buf);

		memcpy(q.text + at, piece, len);
		at += len;
		s += used;
		n -= used;
	}
	snprintf(q.text + at, sizeof(q.text) - at, n ? "...\"" : "\"");
	return q;
}

void json_open_object(struct json_writer *w)
{
	open_with(w, '{');
}

void json_close_object(struct json_writer *w)
{
	close_with(w, '}');
}

void json_open_array(struct json_writer *w)
{
	open_with(w, '[');
}

void json_close_array(struct json_writer *w)
{
	close_with(w, ']');
}

void json_key(struct json_writer *w, const char *key)
{
	begin_item(w);
	add_quoted(&w->out, key);
	strbuf_add(&w->out, w->indent ? ": " : ":");
	w->after_key = true;
}

static void add_word(struct json_writer *w, const char *word)
{
	begin_item(w);
	strbuf_add(&w->out, word);
}

void json_string(struct json_writer *w, const char *s)
{
	if (!s) {
		json_null(w);
		return;
	}
	begin_item(w);
	add_quoted(&w->out, s);
}

void json_int(struct json_writer *w, int64_t n)
{
	begin_item(w);
	strbuf_addf(&w->out, "%" PRId64, n);
}

void json_uint(struct json_writer *w, uint64_t n)
{
	begin_item(w);
	strbuf_addf(&w->out, "%" PRIu64, n);
}

void json_decimal(struct json_writer *w, const char *text)
{
	size_t whole = strspn(text, "0123456789");
	size_t rest = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	size_t len = rest ? whole + 1 + rest : whole;

	begin_item(w);
	/* JSON has no number that begins with a 0 and goes on. */
	strbuf_add(&w->out, whole && !text[len] && (whole == 1 || *text != '0') ? text : "null");
}

void json_bool(struct json_writer *w, bool b)
{
	add_word(w, b ? "true" : "false");
}

void json_null(struct json_writer *w)
{
	add_word(w, "null");
}

void json_value(struct json_writer *w, const struct json *v)
{
	switch (v->type) {
	case JSON_NULL:
		json_null(w);
		break;
	case JSON_BOOL:
		json_bool(w, v->boolean);
		break;
	case JSON_NUMBER:
		add_word(w, v->number);
		break;
	case JSON_STRING:
		json_string(w, v->string);
		break;
	case JSON_ARRAY:
		json_open_array(w);
		for (size_t i = 0; i < v->array.n; i++)
			json_value(w, v->array.v[i]);
		json_close_array(w);
		break;
	case JSON_OBJECT:
		json_open_object(w);
		for (size_t i = 0; i < v->object.n; i++) {
			json_key(w, v->object.v[i].key);
			json_value(w, v->object.v[i].value);
		}
		json_close_object(w);
		break;
	}
}

void json_kv_string(struct json_writer *w, const char *key, const char *s)
{
	json_key(w, key);
	json_string(w, s);
}

void json_kv_string_opt(struct json_writer *w, const char *key, const char *s)
{
	if (s)
		json_kv_string(w, key, s);
}

void json_kv_int(struct json_writer *w, const char *key, int64_t n)
{
	json_key(w, key);
	json_int(w, n);
}

void json_kv_uint(struct json_writer *w, const char *key, uint64_t n)
{
	json_key(w, key);
	json_uint(w, n);
}

void json_kv_bool(struct json_writer *w, const char *key, bool b)
{
	json_key(w, key);
	json_bool(w, b);
}
