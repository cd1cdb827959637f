// SPDX-License-Identifier: Apache-2.0
/*
 * For the analyzers alone, included before everything: what they cannot see. errno is positive
 * after a failed call, and the functions that write an error return a negative number. Without
 * this, "return -errno" may be a success with nothing in the output. Not for err.c, which defines
 * them.
 */
#ifndef LODGER_TESTS_ANALYZE_ERRNO_MODEL_H
#define LODGER_TESTS_ANALYZE_ERRNO_MODEL_H

#include <errno.h>

#include "base/err.h"

/* Values and not a range: the analyzers cannot negate a range. */
static inline int *errno_of_failure(void)
{
	static int e;

	switch (errno) {
	case EINTR:
		e = EINTR;
		break;
	case ENOENT:
		e = ENOENT;
		break;
	case EINVAL:
		e = EINVAL;
		break;
	default:
		e = EIO;
		break;
	}
	return &e;
}

static inline int negative(int r)
{
	if (r >= 0)
		__builtin_unreachable();
	return r;
}

#undef errno
#define errno        (*errno_of_failure())
#define err_set(...) negative(err_set(__VA_ARGS__))
#define err_sys(...) negative(err_sys(__VA_ARGS__))

#endif
