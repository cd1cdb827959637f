// SPDX-License-Identifier: Apache-2.0
/* Frames from and to the TAP device's descriptor, each with its header (gather.h). */
#ifndef LODGER_NET_DEVICE_H
#define LODGER_NET_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct device;

/* The descriptor stays the caller's. */
struct device *device_new(int fd) __attribute__((returns_nonnull));

/*
 * The next frame of the container, which may be changed in place and is good until the next call.
 * Returns its length, 0 for one that is none, or -errno.
 */
ssize_t device_read(struct device *d, uint8_t **ret_frame);

/*
 * Send a frame, or keep it until the next comes, or device_flush(). -errno where the device, which
 * may be down or full, did not take one.
 */
int device_send(struct device *d, const uint8_t *frame, size_t n);
int device_flush(struct device *d);

#endif
