// SPDX-License-Identifier: Apache-2.0
/* kernel/socket.h: messages with and without descriptors, dead peers, long paths. */
#include <dirent.h>
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
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/socket.h"
#include "tree.h"

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void borders(void **state)
{
	int pair[2], fd = 5;
	char buf[16];

	(void)state;
	assert_int_equal(socket_pair(pair), 0);
	assert_int_equal(fcntl(pair[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(pair[1], F_GETFD), FD_CLOEXEC);
	assert_int_equal(socket_send(pair[0], "one", 3, -1), 0);
	assert_int_equal(socket_send(pair[0], "three", 5, -1), 0);
	assert_int_equal(socket_recv(pair[1], buf, sizeof(buf), &fd), 3);
	assert_int_equal(fd, -1);
	assert_int_equal(socket_recv(pair[1], buf, sizeof(buf), NULL), 5);
	assert_memory_equal(buf, "three", 5);
	assert_int_equal(socket_send(pair[0], buf, sizeof(buf), -1), 0);
	assert_int_equal(socket_recv(pair[1], buf, sizeof(buf) - 1, &fd), -EMSGSIZE);
	assert_int_equal(socket_send(pair[0], buf, sizeof(buf), -1), 0);
	assert_int_equal(socket_recv(pair[1], buf, sizeof(buf), &fd), sizeof(buf));
	close(pair[0]);
	assert_int_equal(socket_recv(pair[1], buf, sizeof(buf), &fd), 0);
	/* No SIGPIPE, which would end this program. */
	assert_int_equal(socket_send(pair[1], buf, 1, -1), -EPIPE);
	close(pair[1]);
	assert_int_equal(socket_send(-1, buf, 1, -1), -EBADF);
	assert_int_equal(socket_recv(-1, buf, 1, NULL), -EBADF);
	assert_int_equal(socket_send(STDIN_FILENO, buf, 1, -1), -ENOTSOCK);
}

/* Several in one message arrive; who takes one only has the first, and the others are closed. */
static void several_descriptors(void **state)
{
	int fds[SOCKET_MAX_FDS + 1], pair[2], fd = -1, before;
	char c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(socket_pair(pair), 0);
	before = open_fds();
	assert_int_equal(socket_send_fds(pair[0], "x", 1, fds, 3), 0);
	assert_int_equal(socket_recv(pair[1], &c, 1, &fd), 1);
	assert_int_equal(open_fds(), before + 1);
	close(fd);
	assert_int_equal(socket_send_fds(pair[0], "x", 1, fds, SOCKET_MAX_FDS), 0);
	assert_int_equal(socket_recv(pair[1], &c, 1, &fd), 1);
	close(fd);
	assert_int_equal(socket_send_fds(pair[0], "x", 1, fds, SOCKET_MAX_FDS + 1), -E2BIG);
	assert_int_equal(open_fds(), before);
	close(pair[0]);
	close(pair[1]);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void descriptors(void **state)
{
	int pair[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), fd = -1, before;
	struct stat a, b;
	char c;

	(void)state;
	assert_int_equal(socket_pair(pair), 0);
	before = open_fds();
	assert_int_equal(socket_send(pair[0], "x", 1, null), 0);
	assert_int_equal(socket_recv(pair[1], &c, 1, &fd), 1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(fstat(null, &b), 0);
	assert_true(a.st_rdev == b.st_rdev);
	close(fd);
	/* One that nobody wants, and one that comes with too much: both are closed. */
	assert_int_equal(socket_send(pair[0], "x", 1, null), 0);
	assert_int_equal(socket_recv(pair[1], &c, 1, NULL), -EPROTO);
	fd = -7;
	assert_int_equal(socket_send(pair[0], "xy", 2, null), 0);
	assert_int_equal(socket_recv(pair[1], &c, 1, &fd), -EMSGSIZE);
	assert_int_equal(fd, -7);
	assert_int_equal(open_fds(), before);
	assert_int_equal(socket_send(pair[0], "x", 1, 4711), -EBADF);
	close(pair[0]);
	close(pair[1]);
	close(null);
}

static void send_many(int sock, int n)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * 16)];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t) "x", 1};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
	for (int i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &(int){0}, sizeof(int));
	assert_int_equal(sendmsg(sock, &msg, 0), 1);
}

/* More than were asked for, and more than there is room to count: none may stay open. */
static void many_descriptors(void **state)
{
	int pair[2], before;

	(void)state;
	assert_int_equal(socket_pair(pair), 0);
	before = open_fds();
	for (int n = 1; n <= 16; n++) {
		int fd = -1;
		ssize_t r;
		char c;

		send_many(pair[0], n);
		r = socket_recv(pair[1], &c, 1, &fd);
		assert_true(r == 1 || r < 0);
		assert_int_equal(r == 1, fd >= 0);
		close_fd(&fd);
		assert_int_equal(open_fds(), before);
	}
	close(pair[0]);
	close(pair[1]);
}

static void connects(void **state)
{
	struct tree *t = *state;
	char deep[400];
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client, dir;

	memset(deep, 'd', sizeof(deep));
	deep[200] = '/';
	deep[sizeof(deep) - 1] = '\0';
	tree_put(t, arena_printf(t->a, "%s/file", deep), "", 0644);
	dir = openat(t->fd, deep, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/sock", dir);
	assert_int_equal(bind(server, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(server, 4), 0);
	/* 108 bytes are the limit of the address; paths are longer. */
	client = socket_connect(arena_printf(t->a, "%s/%s/sock", t->dir, deep));
	assert_true(client >= 0);
	assert_int_equal(fcntl(client, F_GETFD), FD_CLOEXEC);
	close(client);
	client = socket_connect(addr.sun_path);
	assert_true(client >= 0);
	close(client);
	assert_int_equal(socket_connect(arena_printf(t->a, "%s/nothing", t->dir)), -ENOENT);
	assert_int_equal(
		socket_connect(arena_printf(t->a, "%s/%s/nothing", t->dir, deep)), -ENOENT);
	assert_int_equal(
		socket_connect(arena_printf(t->a, "%s/%s/file", t->dir, deep)), -ECONNREFUSED);
	close(server);
	assert_int_equal(
		socket_connect(arena_printf(t->a, "%s/%s/sock", t->dir, deep)), -ECONNREFUSED);
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borders),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(several_descriptors),
		cmocka_unit_test(many_descriptors),
		tree_test(connects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
