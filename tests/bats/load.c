// SPDX-License-Identifier: Apache-2.0
/*
 * Load for the network helper, both ends of it; used by the benchmark and by tests/bats.
 *
 *   load serve PORT                  a server on every address; says "ready"
 *   load out|in ADDR PORT SECONDS    bytes a second, sent or received on one connection
 *   load rtt ADDR PORT SECONDS       median time of a 64 byte round trip, in microseconds
 *   load short|short-far ADDR PORT N N connections one after the other, closed by this side or by
 *                                    the far one first; prints connections a second and failures
 *   load many ADDR PORT N            N connections at the same time, a round trip on each
 *
 * The first byte on a connection says what it is for: S(ink), G(enerate), E(cho), C(lose).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK   (256u << 10)
#define MESSAGE 64
#define SAMPLES 2000000u

static char buf[CHUNK];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void many_descriptors(void)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

/* ---------------------------------------------------------------- server */

struct conn {
	int fd;
	char mode; /* 0 = not known yet */
};

static void conn_end(struct conn *c)
{
	close(c->fd);
	free(c);
}

/* As much as can be done without waiting. */
static void serve_conn(int epoll, struct conn *c, uint32_t events)
{
	ssize_t n;

	if (!c->mode) {
		n = recv(c->fd, &c->mode, 1, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0 || c->mode == 'C') {
			conn_end(c);
			return;
		}
		if (c->mode == 'G') {
			struct epoll_event ev = {.events = EPOLLOUT, .data.ptr = c};

			epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &ev);
			return;
		}
	}
	if (c->mode == 'G') {
		n = send(c->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		n = recv(c->fd, buf, c->mode == 'S' ? sizeof(buf) : MESSAGE, MSG_DONTWAIT);
		if (n > 0 && c->mode == 'E')
			n = send(c->fd, buf, (size_t)n, MSG_NOSIGNAL);
	}
	if (n == 0 || (n < 0 && errno != EAGAIN) || (events & EPOLLERR))
		conn_end(c);
}

static int serve(int port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int epoll = epoll_create1(EPOLL_CLOEXEC), one = 1, off = 0;
	struct epoll_event ev = {.events = EPOLLIN}, events[64];

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(listener, 4096) < 0)
		fail("listen");
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;

			if (c) {
				serve_conn(epoll, c, events[i].events);
				continue;
			}
			c = calloc(1, sizeof(*c));
			c->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
			if (c->fd < 0) {
				free(c);
				continue;
			}
			no_delay(c->fd);
			ev = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
			epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &ev);
		}
	}
}

/* ---------------------------------------------------------------- client */

static union {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
} server;
static socklen_t server_len;

static void parse_server(const char *addr, const char *port)
{
	uint16_t p = htons((uint16_t)strtoul(port, NULL, 10));

	if (inet_pton(AF_INET, addr, &server.in.sin_addr) == 1) {
		server.in.sin_family = AF_INET;
		server.in.sin_port = p;
		server_len = sizeof(server.in);
	} else if (inet_pton(AF_INET6, addr, &server.in6.sin6_addr) == 1) {
		server.in6.sin6_family = AF_INET6;
		server.in6.sin6_port = p;
		server_len = sizeof(server.in6);
	} else {
		fprintf(stderr, "%s: not an address\n", addr);
		exit(2);
	}
}

static int dial(char mode)
{
	int fd = socket(server.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &server.sa, server_len) < 0 || send(fd, &mode, 1, 0) != 1) {
		int saved = errno;

		if (fd >= 0)
			close(fd);
		errno = saved;
		return -1;
	}
	no_delay(fd);
	return fd;
}

static int stream(char mode, double seconds)
{
	int fd = dial(mode);
	double begin = now(), end = begin + seconds, t = begin;
	double bytes = 0;

	if (fd < 0)
		fail("connect");
	while (t < end) {
		ssize_t n = mode == 'S' ? send(fd, buf, sizeof(buf), MSG_NOSIGNAL)
					: recv(fd, buf, sizeof(buf), 0);

		if (n <= 0)
			fail("stream");
		bytes += (double)n;
		t = now();
	}
	printf("%.0f\n", bytes / (t - begin));
	return 0;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int round_trips(double seconds)
{
	float *us = calloc(SAMPLES, sizeof(*us));
	int fd = dial('E');
	double end = now() + seconds, t = now();
	size_t n = 0;

	if (fd < 0)
		fail("connect");
	while (t < end && n < SAMPLES) {
		double before = t;
		ssize_t got = 0;

		if (send(fd, buf, MESSAGE, MSG_NOSIGNAL) != MESSAGE)
			fail("send");
		while (got < MESSAGE) {
			ssize_t r = recv(fd, buf, (size_t)(MESSAGE - got), 0);

			if (r <= 0)
				fail("recv");
			got += r;
		}
		t = now();
		us[n++] = (float)((t - before) * 1e6);
	}
	qsort(us, n, sizeof(*us), compare);
	printf("%.1f %.1f\n", (double)us[n / 2], (double)us[n * 99 / 100]);
	return 0;
}

/* One connection: a round trip, or a byte after which the far side closes. */
static bool short_connection(bool far)
{
	int fd = dial(far ? 'C' : 'E');
	bool ok = fd >= 0;

	if (ok && !far)
		ok = send(fd, buf, MESSAGE, MSG_NOSIGNAL) == MESSAGE &&
		     recv(fd, buf, MESSAGE, MSG_WAITALL) == MESSAGE;
	else if (ok)
		ok = recv(fd, buf, 1, 0) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static int connections(bool far, long n)
{
	double begin = now();
	long failed = 0;

	for (long i = 0; i < n; i++)
		failed += !short_connection(far);
	printf("%.0f %ld\n", (double)n / (now() - begin), failed);
	return 0;
}

static int many(long n)
{
	int *fds = calloc((size_t)n, sizeof(*fds));
	long failed = 0;

	for (long i = 0; i < n; i++)
		fds[i] = dial('E');
	for (long i = 0; i < n; i++)
		failed += fds[i] < 0 || send(fds[i], buf, MESSAGE, MSG_NOSIGNAL) != MESSAGE;
	for (long i = 0; i < n; i++)
		failed += fds[i] < 0 || recv(fds[i], buf, MESSAGE, MSG_WAITALL) != MESSAGE;
	printf("%ld %ld\n", n, failed);
	for (long i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return failed != 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	many_descriptors();
	if (argc == 3 && strcmp(mode, "serve") == 0)
		return serve((int)strtol(argv[2], NULL, 10));
	if (argc != 5) {
		fprintf(stderr, "see the head of load.c\n");
		return 2;
	}
	parse_server(argv[2], argv[3]);
	if (strcmp(mode, "out") == 0 || strcmp(mode, "in") == 0)
		return stream(mode[0] == 'o' ? 'S' : 'G', strtod(argv[4], NULL));
	if (strcmp(mode, "rtt") == 0)
		return round_trips(strtod(argv[4], NULL));
	if (strcmp(mode, "short") == 0 || strcmp(mode, "short-far") == 0)
		return connections(mode[5] == '-', strtol(argv[4], NULL, 10));
	if (strcmp(mode, "many") == 0)
		return many(strtol(argv[4], NULL, 10));
	return 2;
}
