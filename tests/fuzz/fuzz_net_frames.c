// SPDX-License-Identifier: Apache-2.0
/*
 * Frames of a container → lodger-net and libslirp. An input is frames one after the other, each
 * with its length before it. No call reaches the host: those by which libslirp does so fail here.
 * What goes to the TAP device is looked at: its header must not point out of the frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "dns.h"
#include "echo6.h"
#include "gather.h"
#include "intercept.h"
#include "net.h"
#include "stack.h"

static struct net net;

/* As intercept.c has it: libslirp learns later that it was refused. */
static int refuse(void)
{
	errno = EINPROGRESS;
	return -1;
}

int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	(void)fd, (void)sa, (void)len;
	return refuse();
}

ssize_t sendto(
	int fd, const void *buf, size_t n, int flags, const struct sockaddr *sa, socklen_t len)
{
	(void)fd, (void)buf, (void)flags, (void)sa, (void)len;
	return (ssize_t)n;
}

/* What the kernel refuses a frame for (virtio_net_hdr_to_skb()). */
static void check_header(const struct virtio_net_hdr *h, size_t n)
{
	if ((h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
		(size_t)h->csum_start + h->csum_offset + 2 > n)
		abort();
	if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE &&
		(!h->gso_size || h->gso_size >= n || h->hdr_len >= n ||
			!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)))
		abort();
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	struct virtio_net_hdr h;
	size_t n = 0;

	if (fd != net.tap || count < 1 || parts[0].iov_len < sizeof(h))
		abort();
	memcpy(&h, parts[0].iov_base, sizeof(h));
	for (int i = 0; i < count; i++)
		n += parts[i].iov_len;
	check_header(&h, n - sizeof(h));
	return (ssize_t)n;
}

int intercept_connect_own(int fd, const union addr *to)
{
	(void)fd, (void)to;
	return refuse();
}

void intercept_turn(bool on)
{
	(void)on;
}

int intercept_bound(void)
{
	return -1;
}

static void start(void)
{
	struct err e = {0};
	char *argv[] = {(char *)"fuzz", (char *)"-c", (char *)"-6", (char *)"1", NULL};
	struct log_options quiet = {.level = LOG_LEVEL_ERROR, .quiet = true};

	log_setup(&quiet);
	if (net_options_parse(4, argv, &net.opts, &e) < 0)
		abort();
	net.ipv6 = true;
	net.tap = open("/dev/null", O_WRONLY | O_CLOEXEC);
	resolv_fixed(&net.resolv, &net.opts.subnet4.guest, 1);
	if (stack_open(&net, &e) < 0)
		abort();
	net.dns = dns_new(net.loop, &net.resolv, net.opts.mtu, NULL, NULL, stack_send, &net);
	net.echo6 = echo6_new(net.loop, NULL, stack_send, &net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frame[FRAME_MAX];

	if (!net.stack)
		start();
	while (size > 2) {
		size_t n = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		n = n < size ? n : size;
		memcpy(frame, data, n);
		stack_input(&net, frame, n);
		data += n;
		size -= n;
	}
	return 0;
}
