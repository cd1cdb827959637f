// SPDX-License-Identifier: Apache-2.0
/* base/logfile.h: the lines of --log, which callers of OCI runtimes parse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/logfile.h"

static struct json *parse(struct arena *a, const char *text)
{
	struct json *v = NULL;

	assert_int_equal(json_parse(a, "line", text, strlen(text), NULL, &v, NULL), 0);
	return v;
}

static void read_line(const struct logfile *f, char *buf, size_t size)
{
	ssize_t n = pread(f->fd, buf, size - 1, 0);

	assert_true(n > 0);
	buf[n] = '\0';
	assert_int_equal(buf[n - 1], '\n');
	assert_int_equal(ftruncate(f->fd, 0), 0);
}

static void test_logfile(void **state)
{
	char path[] = "/tmp/lodger-log-XXXXXX", buf[4096];
	struct logfile f = {.fd = mkostemp(path, O_APPEND | O_CLOEXEC), .format = LOG_FORMAT_TEXT};
	auto_arena struct arena *a = arena_new();
	struct err e = {0};
	struct json *v;

	(void)state;
	assert_true(f.fd >= 0);
	unlink(path);
	logfile_sink(LOG_LEVEL_WARN, "a \"b\"\n\xff", NULL, &f);
	read_line(&f, buf, sizeof(buf));
	assert_memory_equal(buf, "time=\"20", 8);
	assert_string_equal(strchr(buf, ' '), " level=warning msg=\"a \\\"b\\\"\\n\\xff\"\n");
	assert_int_equal(strlen("time=\"2026-01-02T03:04:05Z\""), strchr(buf, ' ') - buf);

	f.format = LOG_FORMAT_JSON;
	logfile_sink(LOG_LEVEL_INFO, "plain", NULL, &f);
	read_line(&f, buf, sizeof(buf));
	assert_memory_equal(buf, "{\"level\":\"info\",\"msg\":\"plain\",\"time\":\"20", 40);
	v = parse(a, buf);
	assert_int_equal(v->object.n, 3);

	err_set(&e, ERR_HOST_SUBID, ENOENT, "no range");
	err_object(&e, "/etc/subuid");
	err_fix(&e, "add\na line");
	logfile_sink(LOG_LEVEL_ERROR, e.msg, &e, &f);
	read_line(&f, buf, sizeof(buf));
	assert_ptr_equal(strchr(buf, '\n'), buf + strlen(buf) - 1);
	v = parse(a, buf);
	assert_string_equal(v->object.v[0].key, "level");
	assert_string_equal(v->object.v[1].key, "msg");
	assert_string_equal(v->object.v[2].key, "time");
	assert_string_equal(json_get(v, "code")->string, "host-subid");
	assert_string_equal(json_get(v, "kind")->string, "host");
	assert_string_equal(json_get(v, "object")->string, "/etc/subuid");
	assert_string_equal(json_get(v, "errno")->number, "2");
	assert_string_equal(json_get(v, "fix")->string, "add\na line");
	assert_null(json_get(v, "step"));
	close(f.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_logfile)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
