// SPDX-License-Identifier: Apache-2.0
/* Unix sockets between lodger's processes, and descriptors sent over them. -errno, no text. */
#ifndef LODGER_KERNEL_SOCKET_H
#define LODGER_KERNEL_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

/* A SOCK_SEQPACKET pair, close-on-exec: message borders are kept and a dead peer is seen. */
int socket_pair(int ret[2]);

/* A SOCK_STREAM pair, close-on-exec: a pipe whose writer gets no SIGPIPE. */
int socket_stream_pair(int ret[2]);

/* Connect a stream socket to a path of up to 4095 bytes, longer than sun_path holds. */
int socket_connect(const char *path);

/* One message, with a descriptor where `fd` >= 0. No SIGPIPE. */
int socket_send(int sock, const void *data, size_t n, int fd);

/* The same with `n_fds` descriptors, at most SOCKET_MAX_FDS. */
#define SOCKET_MAX_FDS 8 /* received: more than anybody honest sends; what comes is closed */
int socket_send_fds(int sock, const void *data, size_t n, const int *fds, size_t n_fds);

/*
 * One message into `buf`. Returns its length, 0 at the end of the stream, -EMSGSIZE where it was
 * longer than `size`. `*ret_fd`: the descriptor that came with it (close-on-exec), else -1; any
 * further ones are closed. May be NULL: then none may come (-EPROTO).
 */
ssize_t socket_recv(int sock, void *buf, size_t size, int *ret_fd);

#define SOCKET_FDS_MAX 8
/*
 * The descriptors of a message of one byte, close-on-exec, into `fds`, which has room for `max`.
 * Returns how many, 0 at the end of the stream, -EPROTO where none came or more (those are closed).
 */
int socket_recv_fds(int sock, int *fds, size_t max);

#endif
