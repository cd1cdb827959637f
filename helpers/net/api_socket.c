// SPDX-License-Identifier: Apache-2.0
/*
 * Connections of the control socket; see api.h.
 *
 * A request is a line, or what comes up to the client's shutdown(2), or what is a whole JSON value
 * although neither has come (slirp4netns answers the first read, and clients count on it). After a
 * line the connection stays open for the next; a client that sends none for a while is taken for
 * one that waits for the end of the stream.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "api.h"
#include "base/json.h"
#include "base/mem.h"

#define CLIENTS_MAX 32u
#define IDLE_S      1
#define UNREAD_S    30 /* for which an answer waits to be read on */

struct server;

struct client {
	struct server *server;
	struct watch socket;
	struct watch idle; /* a timer, once a line was answered */
	bool answered; /* what still comes is read away, so that the answer is not lost by a reset
			*/
	bool ended; /* no more requests come */
	char *out; /* the answer that is being sent; NULL = none. Nothing is read meanwhile. */
	size_t out_len;
	size_t out_done;
	char buf[API_REQUEST_MAX];
	size_t len;
};

struct server {
	struct net *net;
	struct watch listener;
	struct client *clients[CLIENTS_MAX];
	unsigned next; /* whose turn it is to make room */
};

/* Whether a socket file is there that nobody listens on. */
static bool is_abandoned(const struct sockaddr_un *addr)
{
	auto_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stat st;

	return lstat(addr->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) && sock >= 0 &&
	       connect(sock, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
	       errno == ECONNREFUSED;
}

int api_listen(const char *path, struct err *e)
{
	auto_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	mode_t mask;
	int r;

	err_object(e, "%s", path);
	if (sock < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making the control socket");
	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(e, ERR_USAGE, ENAMETOOLONG,
			"the API socket's path is too long (%zu bytes or more): %s",
			sizeof(addr.sun_path), path);
	memcpy(addr.sun_path, path, strlen(path));
	if (is_abandoned(&addr))
		unlink(path);
	mask = umask(0177);
	r = bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(sock, CLIENTS_MAX) < 0
		    ? -errno
		    : 0;
	umask(mask);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "binding the API socket %s", path);
	return take_fd(&sock);
}

static void client_end(struct client *c)
{
	struct server *s = c->server;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (s->clients[i] == c)
			s->clients[i] = NULL;
	}
	loop_unwatch(s->net->loop, &c->socket);
	loop_unwatch(s->net->loop, &c->idle);
	close_fd(&c->socket.fd);
	close_fd(&c->idle.fd);
	free(c->out);
	free(c);
}

static void on_idle(void *arg, uint32_t events)
{
	(void)events;
	client_end(arg);
}

/* Give the client a while, for its next request or for reading on. */
static void client_idle(struct client *c, unsigned seconds)
{
	struct itimerspec idle = {.it_value = {.tv_sec = seconds}};

	if (c->idle.fd < 0) {
		c->idle = (struct watch){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC),
			.fn = on_idle,
			.arg = c};
		loop_watch(c->server->net->loop, &c->idle, EPOLLIN);
	}
	timerfd_settime(c->idle.fd, 0, &idle, NULL);
}

/* Send of the answer what the socket takes: a list of many ports is more. False if nobody reads. */
static bool client_flush(struct client *c)
{
	ssize_t n = send(c->socket.fd, c->out + c->out_done, c->out_len - c->out_done,
		MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	c->out_done += n > 0 ? (size_t)n : 0;
	if (c->out_done < c->out_len) {
		client_idle(c, UNREAD_S);
		return loop_watch(c->server->net->loop, &c->socket, EPOLLOUT) == 0;
	}
	free(c->out);
	c->out = NULL;
	client_idle(c, IDLE_S);
	return loop_watch(c->server->net->loop, &c->socket, EPOLLIN) == 0;
}

static bool client_reply(struct client *c, const char *request, size_t len, bool line)
{
	c->out = api_answer(c->server->net, request, len);
	c->out_len = strlen(c->out);
	c->out_done = 0;
	/* The terminating NUL's place is the newline's. */
	if (line)
		c->out[c->out_len++] = '\n';
	return client_flush(c);
}

static bool is_whole(const char *text, size_t len)
{
	static const struct json_limits limits = {
		.max_bytes = API_REQUEST_MAX, .max_depth = 8, .max_nodes = 256};
	auto_arena struct arena *a = arena_new();
	struct json *value;
	struct err e = {0};

	return json_parse(a, "request", text, len, &limits, &value, &e) == 0;
}

/* Answer the lines in the buffer, as long as answers are taken. False when nobody reads them. */
static bool client_lines(struct client *c)
{
	char *newline;

	while (!c->out && (newline = memchr(c->buf, '\n', c->len))) {
		size_t n = (size_t)(newline - c->buf) + 1;

		if (n > 1 && !client_reply(c, c->buf, n, true))
			return false;
		memmove(c->buf, c->buf + n, c->len - n);
		c->len -= n;
	}
	return true;
}

/* Answer what is there. False when the connection is to end. */
static bool client_serve(struct client *c)
{
	if (!client_lines(c))
		return false;
	if (!c->out && c->len &&
		(c->ended || c->len == sizeof(c->buf) || is_whole(c->buf, c->len))) {
		c->answered = true;
		if (!client_reply(c, c->buf, c->len, false))
			return false;
		c->len = 0;
	}
	if (!c->out && c->answered)
		shutdown(c->socket.fd, SHUT_WR);
	return c->out || !c->ended;
}

/* False when the connection has broken. */
static bool client_read(struct client *c)
{
	ssize_t n = recv(c->socket.fd, c->buf + c->len, sizeof(c->buf) - c->len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->ended = n == 0;
	if (!c->answered)
		c->len += (size_t)n;
	return true;
}

static void on_client(void *arg, uint32_t events)
{
	struct client *c = arg;

	(void)events;
	if (!(c->out ? client_flush(c) : client_read(c)) || !client_serve(c))
		client_end(c);
}

static void on_accept(void *arg, uint32_t events)
{
	struct server *s = arg;
	auto_fd int fd = accept4(s->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	unsigned i;
	struct client *c;

	(void)events;
	if (fd < 0)
		return;
	for (i = 0; i < CLIENTS_MAX && s->clients[i]; i++)
		;
	if (i == CLIENTS_MAX) {
		i = s->next++ % CLIENTS_MAX;
		client_end(s->clients[i]);
	}
	c = s->clients[i] = xcalloc(1, sizeof(*c));
	c->server = s;
	c->socket = (struct watch){.fd = take_fd(&fd), .fn = on_client, .arg = c};
	c->idle.fd = -1;
	loop_watch(s->net->loop, &c->socket, EPOLLIN);
}

int api_serve(struct net *n, int listener)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->net = n;
	s->listener = (struct watch){.fd = listener, .fn = on_accept, .arg = s};
	return loop_watch(n->loop, &s->listener, EPOLLIN);
}
