// SPDX-License-Identifier: Apache-2.0
/*
 * An init that misbehaves as it was ordered. Started by the real front end in place of lodger-init,
 * in the real namespaces, so it may only use what it gets: the descriptors of the environment, and
 * the order at a preserved descriptor.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "kernel/proc.h"
#include "kernel/socket.h"
#include "protocol_test.h"

struct fake {
	struct fake_order order;
	int init_pipe;
	int sync;
	int log;
};

static int env_fd(const char *name)
{
	const char *text = getenv(name);
	int32_t fd;

	return text && num_i32(text, &fd) == 0 ? fd : -1;
}

/* Not to end by oneself: whoever waits for that has to do something about it. */
__attribute__((noreturn)) static void stay(void)
{
	for (;;)
		pause();
}

/* One message with any number of descriptors, whatever the protocol says about it. */
static void send_raw(const struct fake *f, const void *data, size_t n, int fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * 4)];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)data, n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fds) {
		struct cmsghdr *c;
		int list[4];

		for (int i = 0; i < fds; i++)
			list[i] = STDIN_FILENO;
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fds);
		memcpy(CMSG_DATA(c), list, sizeof(int) * (size_t)fds);
	}
	sendmsg(f->sync, &msg, MSG_NOSIGNAL);
}

static void send_typed(const struct fake *f)
{
	char buf[2 * MESSAGE_MAX] = {0};

	memcpy(buf, &f->order.number, sizeof(f->order.number));
	send_raw(f, buf, f->order.bytes, f->order.fds);
}

/* What message_send_error() sends, spoilt. The layout is that of message.c. */
static void send_error(const struct fake *f)
{
	struct {
		uint32_t type;
		int32_t code;
		int32_t errnum;
		char texts[MESSAGE_MAX];
	} m = {MSG_ERROR, ERR_MOUNT, EBUSY, "step\0object\0what went wrong\0what to do"};
	size_t n = offsetof(__typeof__(m), texts) +
		   sizeof("step\0object\0what went wrong\0what to do");

	switch (f->order.number) {
	case SPOIL_CODE_NONE:
		m.code = ERR_NONE;
		break;
	case SPOIL_CODE_BEYOND:
		m.code = ERR_CODE_NR;
		break;
	case SPOIL_CUT:
		n--;
		break;
	case SPOIL_LONG:
		memset(m.texts, 'x', 100);
		break;
	case SPOIL_MORE:
		n++;
		break;
	default:
		break;
	}
	send_raw(f, &m, n, 0);
}

static void send_forked(const struct fake *f)
{
	int fd = f->order.number == PIDFD_NONE  ? dup(0)
		 : f->order.number == PIDFD_OWN ? proc_pidfd(getpid())
						: proc_pidfd(1);

	if (fd < 0 || message_send(f->sync, MSG_FORKED, fd) < 0)
		_exit(3);
}

static void log_lines(const struct fake *f)
{
	char line[2048];

	for (uint32_t i = 0; i < f->order.number; i++) {
		int n = snprintf(line, sizeof(line), "1line %u %0*d", i, (int)f->order.bytes, 0);

		if (write(f->log, line, (size_t)n + 1) < 0)
			_exit(4);
	}
}

static void log_noise(const struct fake *f)
{
	char noise[4096];

	memset(noise, '1', sizeof(noise));
	for (size_t sent = 0; sent < f->order.bytes; sent += sizeof(noise))
		if (write(f->log, noise, sizeof(noise)) < 0)
			_exit(4);
}

static void misbehave(struct fake *f)
{
	switch (f->order.deed) {
	case FAKE_EXIT:
		_exit((int)f->order.number);
	case FAKE_TRAP:
		/* A fault kills even process 1 of a pid namespace, which signals do not. */
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		signal(SIGILL, SIG_DFL);
		__builtin_trap();
	case FAKE_CLOSE_AND_STAY:
		close(f->sync);
		stay();
	case FAKE_SEND:
		send_typed(f);
		stay();
	case FAKE_SEND_AND_EXIT:
		send_typed(f);
		_exit(0);
	case FAKE_RAW: {
		char bytes[2 * MESSAGE_MAX];

		memset(bytes, 0xff, sizeof(bytes));
		send_raw(f, bytes, f->order.bytes, 0);
		stay();
	}
	case FAKE_ERROR:
		send_error(f);
		_exit(1);
	case FAKE_FORKED:
		send_forked(f);
		stay();
	case FAKE_FLOOD:
		log_lines(f);
		return;
	case FAKE_NOISE:
		log_noise(f);
		return;
	case FAKE_GO_ON:
		return;
	}
}

static void at(struct fake *f, enum fake_point point)
{
	if (f->order.point == point)
		misbehave(f);
}

static void read_plan(const struct fake *f)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(f->init_pipe, buf, sizeof(buf))) != 0)
		if (n < 0 && errno != EINTR)
			_exit(6);
}

static void expect(const struct fake *f, enum message_type type)
{
	struct message m;

	if (message_recv(f->sync, FROM_FRONT, &m, NULL) < 0 || m.type != type)
		_exit(7);
}

void fake_init_if_asked(int argc, char **argv)
{
	struct fake f = {
		.init_pipe = env_fd(PROTOCOL_ENV_INITPIPE),
		.sync = env_fd(PROTOCOL_ENV_SYNCPIPE),
		.log = env_fd(PROTOCOL_ENV_LOGPIPE),
	};

	if (argc < 1 || !str_eq(argv[0], "lodger:[1:INIT]"))
		return;
	if (pread(FAKE_ORDER_FD, &f.order, sizeof(f.order), 0) != sizeof(f.order))
		_exit(9);
	at(&f, FAKE_AT_ONCE);
	read_plan(&f);
	at(&f, FAKE_AFTER_PLAN);
	if (f.order.mapped)
		expect(&f, MSG_MAPPED);
	at(&f, FAKE_AFTER_MAPS);
	if (message_call(f.sync, MSG_READY, -1, NULL) < 0)
		_exit(8);
	at(&f, FAKE_AFTER_READY);
	/* As at exec.fifo. */
	close(f.sync);
	stay();
}
