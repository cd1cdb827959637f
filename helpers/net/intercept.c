// SPDX-License-Identifier: Apache-2.0
/* libslirp's way out to the host; see intercept.h. Runs in the sandbox, on the container's behalf.
 */
#include "intercept.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#define DNS_PORT 53
#define BACKLOG  4096
/* A window of whole segments, of the smaller size, which is that of IPv6 (MRU_MAX in stack.c). */
#define WINDOW (2 * 32727u)

/* The calls have no argument to hand it through. Written once, before the first packet. */
static const struct net *judging;
static int bound = -1;

/* What the connection that libslirp reads from at the moment may still read in this turn. */
static struct {
	bool on;
	int fd;
	size_t left;
} turn;

void intercept_for(const struct net *n)
{
	judging = n;
}

/*
 * TCP to the DNS address; datagrams to it never get to libslirp. In IPv6, libslirp has made ::1 of
 * it, as of every address of the container's network.
 */
static bool is_dns_query(const struct net *n, const union addr *to)
{
	if (!n->dns || addr_port(to) != DNS_PORT)
		return false;
	return to->sa.sa_family == AF_INET ? addr_same_host(to, &n->opts.subnet4.dns)
					   : IN6_IS_ADDR_LOOPBACK(&to->in6.sin6_addr);
}

int intercept_judge(const struct net *n, const struct sockaddr *sa, bool stream, union addr *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return -EPERM;
	memcpy(ret, sa, sa->sa_family == AF_INET ? sizeof(ret->in) : sizeof(ret->in6));
	if (stream && is_dns_query(n, ret)) {
		*ret = *dns_best(n->dns);
		return 0;
	}
	return n->opts.no_host_loopback && addr_is_loopback(sa) ? -EPERM : 0;
}

/* Put a socket of the other family in the descriptor's place: the resolver may be of either. */
static int change_family(int fd, int family)
{
	auto_fd int other = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return other < 0 || dup3(other, fd, O_CLOEXEC) < 0 ? -1 : 0;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	union addr to;
	int r;

	if (!judging)
		return (int)syscall(SYS_connect, fd, addr, len);
	r = intercept_judge(judging, addr, true, &to);
	if (r < 0) {
		errno = -r;
		return -1;
	}
	if (to.sa.sa_family != addr->sa_family && change_family(fd, to.sa.sa_family) < 0)
		return -1;
	r = (int)syscall(SYS_connect, fd, &to, addr_len(&to));
	/*
	 * Refused before connect(2) returns, as the host's own addresses do, libslirp 4.7 frees the
	 * container's segment twice. Told later, by poll(2), it does not; the container sees the
	 * same.
	 */
	if (r < 0 && errno == ECONNREFUSED)
		errno = EINPROGRESS;
	return r;
}

ssize_t sendto(
	int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr, socklen_t len)
{
	if (judging && addr) {
		union addr to;
		int r = intercept_judge(judging, addr, false, &to);

		if (r < 0) {
			errno = -r;
			return -1;
		}
	}
	return syscall(SYS_sendto, fd, buf, n, flags, addr, len);
}

int intercept_connect_own(int fd, const union addr *to)
{
	return syscall(SYS_connect, fd, to, addr_len(to)) < 0 ? -errno : 0;
}

void intercept_turn(bool on)
{
	turn.on = on;
	turn.fd = -1;
}

/* libslirp reads once or, where its ring ends, twice in a row from each connection in a turn. */
ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	ssize_t r;

	if (!turn.on)
		return syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
	if (fd != turn.fd) {
		turn.fd = fd;
		turn.left = n < 2 * WINDOW ? WINDOW : 2 * WINDOW;
	}
	if (n && !turn.left) {
		errno = EAGAIN;
		return -1;
	}
	n = n < turn.left ? n : turn.left;
	r = syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
	if (r > 0)
		turn.left -= (size_t)r;
	return r;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int r = (int)syscall(SYS_bind, fd, addr, len);

	bound = r == 0 ? fd : -1;
	return r;
}

int intercept_bound(void)
{
	return bound;
}

/* libslirp asks for a backlog of 1, and every further connection of a burst waits a second. */
int listen(int fd, int n)
{
	return (int)syscall(SYS_listen, fd, n < BACKLOG ? BACKLOG : n);
}
