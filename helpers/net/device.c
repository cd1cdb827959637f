// SPDX-License-Identifier: Apache-2.0
/* The TAP device's descriptor; see device.h. Runs in the sandbox; what it reads is the container's.
 */
#include "device.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "frame.h"
#include "gather.h"

struct device {
	int fd;
	struct gather *gather;
	uint8_t in[GATHER_HEADER + FRAME_MAX];
};

struct device *device_new(int fd)
{
	struct device *d = xcalloc(1, sizeof(*d));

	d->fd = fd;
	d->gather = gather_new();
	return d;
}

/*
 * The header says nothing here: what a frame's reader would have to complete (TUNSETOFFLOAD), the
 * device was not told to leave, so that the container's kernel does it, on the container's time.
 */
ssize_t device_read(struct device *d, uint8_t **ret_frame)
{
	ssize_t n = read(d->fd, d->in, sizeof(d->in));

	if (n < 0)
		return -errno;
	*ret_frame = d->in + GATHER_HEADER;
	return n > (ssize_t)GATHER_HEADER ? n - (ssize_t)GATHER_HEADER : 0;
}

int device_flush(struct device *d)
{
	struct iovec parts[GATHER_PARTS];
	int n = gather_take(d->gather, parts);

	return n > 0 && writev(d->fd, parts, n) < 0 ? -errno : 0;
}

static int send_alone(const struct device *d, const uint8_t *frame, size_t n)
{
	static const struct virtio_net_hdr none;
	struct iovec parts[] = {
		{(void *)(uintptr_t)&none, sizeof(none)}, {(void *)(uintptr_t)frame, n}};

	return writev(d->fd, parts, ARRAY_SIZE(parts)) < 0 ? -errno : 0;
}

int device_send(struct device *d, const uint8_t *frame, size_t n)
{
	enum gather_verdict verdict = gather_add(d->gather, frame, n);
	int earlier = 0, r = 0;

	if (verdict == GATHER_NO) {
		earlier = device_flush(d);
		verdict = gather_add(d->gather, frame, n);
	}
	if (verdict == GATHER_NO)
		r = send_alone(d, frame, n);
	else if (verdict == GATHER_DONE)
		r = device_flush(d);
	return r < 0 ? r : earlier;
}
