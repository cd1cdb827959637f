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
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/logfile.h"
#include "base/logsock.h"

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
	assert_string_equal(json_get(v, "step")->string, "");
	close(f.fd);
}

/* Whatever the code, the line has what programs ask for. */
static void test_every_code(void **state)
{
	char path[] = "/tmp/lodger-log-XXXXXX", buf[4096];
	struct logfile f = {.fd = mkostemp(path, O_APPEND | O_CLOEXEC), .format = LOG_FORMAT_JSON};
	static const char *const keys[] = {
		"level", "msg", "time", "code", "kind", "step", "object"};

	(void)state;
	assert_true(f.fd >= 0);
	unlink(path);
	for (int code = ERR_NONE + 1; code < ERR_CODE_NR; code++) {
		auto_arena struct arena *a = arena_new();
		struct err e = {0};
		struct json *v;

		err_set(&e, (enum err_code)code, 0, "something");
		err_complete(&e, "run", "c1");
		logfile_sink(LOG_LEVEL_ERROR, e.msg, &e, &f);
		read_line(&f, buf, sizeof(buf));
		v = parse(a, buf);
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			assert_non_null(json_get(v, keys[i]));
			assert_true(json_get(v, keys[i])->string[0] != '\0');
		}
		assert_int_equal(json_get(v, "errno")->type, JSON_NUMBER);
		assert_int_equal(err_kind(&e) == ERR_KIND_HOST, json_get(v, "fix") != NULL);
		if (json_get(v, "fix"))
			assert_string_not_equal(json_get(v, "fix")->string, "see lodger(1)");
	}
	close(f.fd);
}

/* What was known before stays. */
static void test_complete(void **state)
{
	struct err e = {0};

	(void)state;
	err_set(&e, ERR_HOST_KERNEL, ENOSYS, "no such call");
	err_object(&e, "/proc");
	err_fix(&e, "mount it");
	err_step(&e, "mount");
	err_complete(&e, "run", "c1");
	assert_string_equal(e.object, "/proc");
	assert_string_equal(e.fix, "mount it");
	assert_string_equal(e.step, "mount");
}

/* A socket in the place of the journal's or of syslog's. */
static void test_logsock(void **state)
{
	struct logsock s = {.journal = true, .ident = "engine"};
	char buf[4096];
	struct err e = {0};
	int pair[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	s.fd = pair[0];
	err_set(&e, ERR_HOST_SUBID, ENOENT, "two\nlines");
	err_fix(&e, "a fix");
	logsock_sink(LOG_LEVEL_ERROR, e.msg, &e, &s);
	n = recv(pair[1], buf, sizeof(buf) - 1, 0);
	assert_true(n > 0);
	buf[n] = '\0';
	/* A value with a newline has its length in 64 bits before it. */
	assert_memory_equal(buf, "MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\nPRIORITY=3\n", 37);
	assert_non_null(strstr(buf + 16, "\nSYSLOG_IDENTIFIER=engine\n"));
	assert_non_null(strstr(buf + 16, "\nLODGER_CODE=host-subid\n"));
	assert_non_null(strstr(buf + 16, "\nLODGER_FIX=a fix\n"));
	assert_non_null(strstr(buf + 16, "\nERRNO=2\n"));
	s.journal = false;
	logsock_sink(LOG_LEVEL_WARN, "a warning", NULL, &s);
	n = recv(pair[1], buf, sizeof(buf) - 1, 0);
	buf[n] = '\0';
	assert_memory_equal(buf, "<28>engine[", 11);
	assert_non_null(strstr(buf, "]: a warning"));
	/* Nobody listens: the message is lost, nothing else. */
	close(pair[1]);
	logsock_sink(LOG_LEVEL_WARN, "lost", NULL, &s);
	close(pair[0]);
	assert_true(logsock_open(&s, "/nonexistent/socket") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_logfile),
		cmocka_unit_test(test_every_code), cmocka_unit_test(test_complete),
		cmocka_unit_test(test_logsock)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
