// SPDX-License-Identifier: Apache-2.0
/*
 * What a program writes on a descriptor, kept in memory until it has ended: the standard error of
 * hooks, whose last words belong into our error. Front end and init. -errno, no text.
 * memfd_create(2).
 */
#ifndef LODGER_KERNEL_CAPTURE_H
#define LODGER_KERNEL_CAPTURE_H

#include <stdbool.h>

#define CAPTURE_LINE_MAX 512

/* A file in memory to give to the program. The caller closes it. -errno. */
int capture_open(void);

/*
 * Nothing more is taken from whoever still has the file. Its end, at most CAPTURE_LINE_MAX - 1
 * bytes, as one line without control characters, goes to `line`; "" if there is nothing, or it
 * cannot be read. True: that is all of it.
 */
bool capture_end(int fd, char line[CAPTURE_LINE_MAX]);

/* Copy all of it to `to`, as far as that takes it. */
void capture_copy(int fd, int to);

#endif
