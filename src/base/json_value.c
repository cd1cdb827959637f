// SPDX-License-Identifier: Apache-2.0
/* Looking at a parsed JSON tree; see json.h. Any process; changes nothing. */
#include "base/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void json_position(
	const char *text, size_t len, uint32_t offset, unsigned *ret_line, unsigned *ret_column)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < len && i < offset; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

struct json *json_get(const struct json *object, const char *key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->object.n; i++)
		if (str_eq(object->object.v[i].key, key))
			return object->object.v[i].value;
	return NULL;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",
		[JSON_BOOL] = "a boolean",
		[JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	return (size_t)type < ARRAY_SIZE(names) ? names[type] : "something else";
}

/*
 * A JSON number is DIGITS × 10^exponent, DIGITS without leading and trailing zeros. It is integral
 * exactly where the exponent is not negative, however it was written.
 */
struct decimal {
	bool negative;
	const char *first, *last; /* first and last digit other than 0; a point may lie between */
	long exponent; /* of the last one; saturated far beyond any integer */
};

static bool decimal_read(const char *s, struct decimal *d)
{
	const char *point = NULL, *end;
	long exponent = 0;

	*d = (struct decimal){.negative = *s == '-'};
	if (d->negative)
		s++;
	for (end = s; isdigit((unsigned char)*end) || *end == '.'; end++) {
		if (*end == '.')
			point = end;
		else if (*end != '0') {
			d->first = d->first ? d->first : end;
			d->last = end;
		}
	}
	if (*end == 'e' || *end == 'E')
		exponent = strtol(end + 1, NULL, 10); /* saturates */
	if (!d->first)
		return false; /* zero */
	if (exponent > 1000000000)
		exponent = 1000000000;
	if (exponent < -1000000000)
		exponent = -1000000000;
	if (point)
		exponent += point > d->last ? point - d->last - 1 : point - d->last;
	else
		exponent += end - d->last - 1;
	d->exponent = exponent;
	return true;
}

/* Magnitude and sign. */
static int integer_read(const struct json *v, bool *ret_negative, uint64_t *ret)
{
	struct decimal d;
	uint64_t n = 0;

	if (v->type != JSON_NUMBER)
		return -EINVAL;
	*ret_negative = false;
	*ret = 0;
	if (!decimal_read(v->number, &d))
		return 0;
	if (d.exponent < 0)
		return -EINVAL;
	*ret_negative = d.negative;
	for (const char *p = d.first; p <= d.last; p++)
		if (*p != '.' && (__builtin_mul_overflow(n, 10u, &n) ||
					 __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n)))
			return -ERANGE;
	for (long i = 0; i < d.exponent; i++)
		if (__builtin_mul_overflow(n, 10u, &n))
			return -ERANGE;
	*ret = n;
	return 0;
}

int json_i64(const struct json *v, int64_t *ret)
{
	bool negative;
	uint64_t n;
	int r = integer_read(v, &negative, &n);

	if (r < 0)
		return r;
	if (n > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - n) : (int64_t)n;
	return 0;
}

int json_u64(const struct json *v, uint64_t *ret)
{
	bool negative;
	uint64_t n;
	int r = integer_read(v, &negative, &n);

	if (r < 0)
		return r;
	if (negative)
		return -ERANGE;
	*ret = n;
	return 0;
}
