// SPDX-License-Identifier: Apache-2.0
/* protocol/message.h: every row of the table in both directions, errors, and what is refused. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "kernel/socket.h"
#include "protocol/message.h"

static const struct row {
	enum message_type type;
	const char *name;
	enum message_from from;
	bool fd;
	enum message_type reply;
} rows[] = {
#define X(type, name, from, fd, reply) {type, name, from, fd, reply},
	MESSAGES(X)
#undef X
};

struct pair {
	int init;
	int front;
	int null; /* a descriptor to send */
	struct stat st; /* of it */
};

static int setup(void **state)
{
	static struct pair p;
	int fds[2];

	if (socket_pair(fds) < 0)
		return -1;
	p = (struct pair){
		.init = fds[0], .front = fds[1], .null = open("/dev/null", O_RDWR | O_CLOEXEC)};
	*state = &p;
	return fstat(p.null, &p.st);
}

static int teardown(void **state)
{
	struct pair *p = *state;

	close_fd(&p->init);
	close_fd(&p->front);
	close_fd(&p->null);
	return 0;
}

static int sender(const struct pair *p, const struct row *r)
{
	return r->from == FROM_INIT ? p->init : p->front;
}

static int receiver(const struct pair *p, const struct row *r)
{
	return r->from == FROM_INIT ? p->front : p->init;
}

static void assert_refused(int sock, enum message_from from, const char *name)
{
	struct message m = {.type = MSG_NR, .fd = -7};
	struct err e = {0};

	assert_true(message_recv(sock, from, &m, &e) < 0);
	assert_int_equal(e.code, ERR_PROTOCOL);
	assert_non_null(strstr(e.msg, name));
	assert_int_equal(m.type, MSG_NR);
	assert_int_equal(m.fd, -7);
}

static void every_row(void **state)
{
	const struct pair *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct message m;
		struct stat st;

		assert_string_equal(message_name(r->type), r->name);
		assert_int_equal(message_sender(r->type), r->from);
		assert_int_equal(message_reply(r->type), r->reply);
		/* An answer comes from the other side, carries nothing and wants none. */
		if (r->reply != MSG_NONE) {
			assert_int_not_equal(message_sender(r->reply), r->from);
			assert_int_equal(message_reply(r->reply), MSG_NONE);
		}
		if (r->type == MSG_ERROR)
			continue;
		assert_int_equal(message_send(sender(p, r), r->type, r->fd ? p->null : -1), 0);
		assert_int_equal(message_recv(receiver(p, r), r->from, &m, NULL), 0);
		assert_int_equal(m.type, r->type);
		assert_int_equal(m.fd >= 0, r->fd);
		if (r->fd) {
			assert_int_equal(fstat(m.fd, &st), 0);
			assert_true(st.st_rdev == p->st.st_rdev && st.st_ino == p->st.st_ino);
			assert_int_equal(fcntl(m.fd, F_GETFD), FD_CLOEXEC);
			close(m.fd);
		}
	}
}

static void names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[i].name, rows[k].name);
	assert_string_equal(message_name(MSG_NONE), "end of stream");
	assert_string_equal(message_name(MSG_NR), "unknown message");
	assert_string_equal(message_name((enum message_type) - 1), "unknown message");
}

static void other_direction(void **state)
{
	const struct pair *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		enum message_from other = r->from == FROM_INIT ? FROM_FRONT : FROM_INIT;

		assert_int_equal(message_send(sender(p, r), r->type, r->fd ? p->null : -1), 0);
		assert_refused(receiver(p, r), other, r->name);
	}
}

static int lowest_free_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

static void wrong_descriptors(void **state)
{
	const struct pair *p = *state;
	int before = lowest_free_fd();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		assert_int_equal(message_send(sender(p, r), r->type, r->fd ? -1 : p->null), 0);
		assert_refused(receiver(p, r), r->from, r->name);
	}
	assert_int_equal(lowest_free_fd(), before);
}

static void wrong_sizes(void **state)
{
	const struct pair *p = *state;
	char buf[MESSAGE_MAX + 8] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		if (r->fd)
			continue;
		memcpy(buf, &r->type, sizeof(uint32_t));
		for (size_t n = 1; n < 64; n++) {
			struct message m;

			if (n == 12 && r->type != MSG_ERROR)
				continue;
			assert_int_equal(socket_send(sender(p, r), buf, n, -1), 0);
			assert_true(message_recv(receiver(p, r), r->from, &m, NULL) < 0);
		}
		assert_int_equal(socket_send(sender(p, r), buf, sizeof(buf), -1), 0);
		assert_refused(receiver(p, r), r->from, "");
	}
}

static void wrong_types(void **state)
{
	static const uint32_t types[] = {0, MSG_NR, 1000, UINT32_MAX};
	const struct pair *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const uint32_t head[3] = {types[i], 0, 0};

		assert_int_equal(socket_send(p->init, head, sizeof(head), -1), 0);
		assert_refused(p->front, FROM_INIT, "init");
		assert_int_equal(socket_send(p->front, head, sizeof(head), -1), 0);
		assert_refused(p->init, FROM_FRONT, "the front end");
	}
}

static void end_of_stream(void **state)
{
	struct pair *p = *state;
	struct message m = {.type = MSG_NR, .fd = 7};
	struct err e = {0};

	close_fd(&p->init);
	assert_int_equal(message_recv(p->front, FROM_INIT, &m, &e), 0);
	assert_int_equal(m.type, MSG_NONE);
	assert_int_equal(m.fd, -1);
	assert_false(err_is_set(&e));
	assert_int_equal(message_send(p->front, MSG_RUN, -1), -EPIPE);
	assert_int_equal(message_send_error(p->front, &e), -EPIPE);
}

/* A peer that dies with something unread resets the connection. */
static void reset(void **state)
{
	struct pair *p = *state;
	struct message m;

	assert_int_equal(message_send(p->front, MSG_RUN, -1), 0);
	close_fd(&p->init);
	assert_int_equal(message_recv(p->front, FROM_INIT, &m, NULL), 0);
	assert_int_equal(m.type, MSG_NONE);
}

static void assert_error_travels(const struct pair *p, const struct err *sent)
{
	struct message m = {.fd = -1};
	struct err e = {0};

	assert_int_equal(message_send_error(p->init, sent), 0);
	assert_int_equal(message_recv(p->front, FROM_INIT, &m, &e), 0);
	assert_int_equal(m.type, MSG_ERROR);
	assert_int_equal(m.fd, -1);
	assert_int_equal(m.err.code, sent->code);
	assert_int_equal(m.err.errnum, sent->errnum);
	assert_string_equal(m.err.step, sent->step);
	assert_string_equal(m.err.object, sent->object);
	assert_string_equal(m.err.msg, sent->msg);
	assert_string_equal(m.err.fix, sent->fix);
}

static void errors(void **state)
{
	const struct pair *p = *state;

	for (int code = 1; code < ERR_CODE_NR; code++) {
		struct err e = {.code = (enum err_code)code, .errnum = code % 3 ? 0 : ENOENT};

		assert_error_travels(p, &e);
		snprintf(e.msg, sizeof(e.msg), "message %d", code);
		snprintf(e.object, sizeof(e.object), "object");
		assert_error_travels(p, &e);
		/* As long as each may be. */
		memset(e.step, 's', sizeof(e.step) - 1);
		memset(e.object, 'o', sizeof(e.object) - 1);
		memset(e.msg, 'm', sizeof(e.msg) - 1);
		memset(e.fix, 'f', sizeof(e.fix) - 1);
		assert_error_travels(p, &e);
	}
}

static void call(void **state)
{
	const struct pair *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct message m;
		struct err e = {0};

		if (r->from != FROM_INIT || r->type == MSG_ERROR)
			continue;
		/* The answer may be there before the question: the socket keeps it. */
		if (r->reply != MSG_NONE)
			assert_int_equal(message_send(p->front, r->reply, -1), 0);
		assert_int_equal(message_call(p->init, r->type, r->fd ? p->null : -1, &e), 0);
		assert_int_equal(message_recv(p->front, FROM_INIT, &m, NULL), 0);
		assert_int_equal(m.type, r->type);
		close_fd(&m.fd);
		if (r->reply == MSG_NONE)
			continue;
		assert_int_equal(
			message_send(p->front, r->reply == MSG_RUN ? MSG_RESUME : MSG_RUN, -1), 0);
		assert_true(message_call(p->init, r->type, r->fd ? p->null : -1, &e) < 0);
		assert_int_equal(e.code, ERR_PROTOCOL);
		assert_non_null(strstr(e.msg, message_name(r->reply)));
		assert_int_equal(message_recv(p->front, FROM_INIT, &m, NULL), 0);
		close_fd(&m.fd);
	}
}

static void clean(void **state)
{
	char text[] = "a\033[2Jb\nc\td\x7f\xc3\xa4";

	(void)state;
	message_clean(text);
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	assert_int_equal(text[0], 'a');
	assert_string_equal(text + strlen(text) - 2, "\xc3\xa4");
}

#define pair_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(every_row),
		cmocka_unit_test(names),
		pair_test(other_direction),
		pair_test(wrong_descriptors),
		pair_test(wrong_sizes),
		pair_test(wrong_types),
		pair_test(end_of_stream),
		pair_test(reset),
		pair_test(errors),
		pair_test(call),
		cmocka_unit_test(clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
