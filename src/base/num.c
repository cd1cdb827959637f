// SPDX-License-Identifier: Apache-2.0
/* Numbers from text; see num.h. Any process. */
#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

int num_u64(const char *s, uint64_t *ret)
{
	uint64_t n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		if (__builtin_mul_overflow(n, 10u, &n) ||
			__builtin_add_overflow(n, (uint64_t)(*s - '0'), &n))
			return -ERANGE;
	}
	*ret = n;
	return 0;
}

int num_i64(const char *s, int64_t *ret)
{
	int negative = *s == '-';
	uint64_t n;
	int r = num_u64(s + negative, &n);

	if (r < 0)
		return r;
	if (n > (uint64_t)INT64_MAX + (uint64_t)negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - n) : (int64_t)n;
	return 0;
}

int num_u32(const char *s, uint32_t *ret)
{
	uint64_t n;
	int r = num_u64(s, &n);

	if (r < 0)
		return r;
	if (n > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)n;
	return 0;
}

int num_i32(const char *s, int32_t *ret)
{
	int64_t n;
	int r = num_i64(s, &n);

	if (r < 0)
		return r;
	if (n < INT32_MIN || n > INT32_MAX)
		return -ERANGE;
	*ret = (int32_t)n;
	return 0;
}

int num_mode(const char *s, uint32_t *ret)
{
	uint32_t n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '7')
			return -EINVAL;
		n = n * 8 + (uint32_t)(*s - '0');
		if (n > 07777)
			return -ERANGE;
	}
	*ret = n;
	return 0;
}
