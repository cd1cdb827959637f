// SPDX-License-Identifier: Apache-2.0
/* Unix sockets; see socket.h. Front end and init. */
#include "kernel/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"

int socket_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0 ? -errno : 0;
}

int socket_stream_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret) < 0 ? -errno : 0;
}

int socket_connect(const char *path)
{
	auto_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_fd int node = -1;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (sock < 0)
		return -errno;
	if (strlen(path) < sizeof(addr.sun_path)) {
		memcpy(addr.sun_path, path, strlen(path));
	} else {
		node = open(path, O_PATH | O_CLOEXEC);
		if (node < 0)
			return -errno;
		snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d", node);
	}
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return take_fd(&sock);
}

int socket_send_fds(int sock, const void *data, size_t n, const int *fds, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * SOCKET_MAX_FDS)];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	size_t size = n_fds * sizeof(int);
	ssize_t sent;

	if (n_fds > SOCKET_MAX_FDS)
		return -E2BIG;
	if (n_fds > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(size);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), fds, size);
	}
	do {
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == n ? 0 : -EIO;
}

int socket_send(int sock, const void *data, size_t n, int fd)
{
	return socket_send_fds(sock, data, n, &fd, fd >= 0);
}

static void take_fds(struct msghdr *msg, int *first)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (*first < 0)
				*first = fd;
			else
				close(fd);
		}
	}
}

ssize_t socket_recv(int sock, void *buf, size_t size, int *ret_fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * SOCKET_MAX_FDS)];
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	auto_fd int fd = -1;
	ssize_t n;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&msg, &fd);
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	if (fd >= 0 && !ret_fd)
		return -EPROTO;
	if (ret_fd)
		*ret_fd = take_fd(&fd);
	return n;
}

int socket_recv_fds(int sock, int *fds, size_t max)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(SOCKET_FDS_MAX * sizeof(int))];
	} control;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf)};
	int got[SOCKET_FDS_MAX];
	size_t n = 0;
	ssize_t len;

	do {
		len = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	if (len <= 0)
		return len < 0 ? -errno : 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(got, CMSG_DATA(c), n * sizeof(int));
	}
	if (n == 0 || n > max || (msg.msg_flags & MSG_CTRUNC)) {
		while (n > 0)
			close(got[--n]);
		return -EPROTO;
	}
	memcpy(fds, got, n * sizeof(int));
	return (int)n;
}
