// SPDX-License-Identifier: Apache-2.0
/*
 * Lines of the --log file; see logfile.h. In: finished messages. Out: bytes to a descriptor. Any
 * process; never fails its caller.
 */
#include "base/logfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

struct stamp {
	char text[32];
};

static struct stamp stamp_now(void)
{
	struct stamp s = {"1970-01-01T00:00:00Z"};
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(s.text, sizeof(s.text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return s;
}

/*
 * In quotes as Go's strconv.Quote has it, so that a reader of logrus's text format gets the same
 * bytes back: invalid UTF-8 as \xNN, control characters escaped.
 */
static void add_quoted(struct strbuf *b, const char *s)
{
	size_t n = strlen(s);

	strbuf_addc(b, '"');
	for (size_t i = 0, len; i < n; i += len) {
		unsigned char c = (unsigned char)s[i];

		len = utf8_len(s + i, n - i);
		if (len == 0) {
			len = 1;
			strbuf_addf(b, "\\x%02x", c);
		} else if (c == '"' || c == '\\') {
			strbuf_addf(b, "\\%c", c);
		} else if (c == '\n' || c == '\t' || c == '\r') {
			strbuf_add(b, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		} else if (c < 0x20 || c == 0x7f) {
			strbuf_addf(b, "\\x%02x", c);
		} else {
			strbuf_addn(b, s + i, len);
		}
	}
	strbuf_addc(b, '"');
}

static void format_text(struct strbuf *b, enum log_level level, const char *msg)
{
	strbuf_addf(b, "time=\"%s\" level=%s msg=", stamp_now().text, log_level_name(level));
	add_quoted(b, msg);
}

static void add_error(struct json_writer *w, const struct err *e)
{
	json_kv_string(w, "code", err_code_name(e->code));
	json_kv_string(w, "kind", err_kind_name(err_kind(e)));
	json_kv_string(w, "step", e->step);
	json_kv_string(w, "object", e->object);
	json_kv_int(w, "errno", e->errnum);
	json_kv_string_opt(w, "fix", e->fix[0] ? e->fix : NULL);
}

static void format_json(
	struct strbuf *b, enum log_level level, const char *msg, const struct err *e)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	json_open_object(w);
	json_kv_string(w, "level", log_level_name(level));
	json_kv_string(w, "msg", msg);
	json_kv_string(w, "time", stamp_now().text);
	if (e)
		add_error(w, e);
	json_close_object(w);
	strbuf_add(b, json_writer_text(w, NULL));
}

void logfile_sink(enum log_level level, const char *msg, const struct err *e, void *arg)
{
	const struct logfile *f = arg;
	auto_strbuf struct strbuf line = {0};
	ssize_t n;

	if (f->format == LOG_FORMAT_JSON)
		format_json(&line, level, msg, e);
	else
		format_text(&line, level, msg);
	strbuf_addc(&line, '\n');
	do {
		n = write(f->fd, line.s, line.len);
	} while (n < 0 && errno == EINTR);
}
