// SPDX-License-Identifier: Apache-2.0
/* UTF-8; see utf8.h. In: bytes of any origin. Out: lengths. Any process; changes nothing. */
#include "base/utf8.h"

#include <stdlib.h>

/* RFC 3629 section 4: only the second byte has a range that depends on the first. */
static const struct {
	unsigned char first_min, first_max;
	unsigned char second_min, second_max;
	unsigned char len;
} forms[] = {
	{0x00, 0x7f, 0x00, 0x00, 1},
	{0xc2, 0xdf, 0x80, 0xbf, 2},
	{0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3},
	{0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4},
	{0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t utf8_len(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 0)
		return 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t len = forms[i].len;

		if (u[0] < forms[i].first_min || u[0] > forms[i].first_max)
			continue;
		if (len > n)
			return 0;
		if (len > 1 && (u[1] < forms[i].second_min || u[1] > forms[i].second_max))
			return 0;
		for (size_t k = 2; k < len; k++)
			if ((u[k] & 0xc0) != 0x80)
				return 0;
		return len;
	}
	return 0;
}

size_t utf8_valid(const char *s, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t len;

		if ((unsigned char)s[at] < 0x80) {
			at++;
			continue;
		}
		len = utf8_len(s + at, n - at);
		if (len == 0)
			break;
		at += len;
	}
	return at;
}

static int hex4(const char *s)
{
	char digits[5] = {s[0], s[1], s[2], s[3], '\0'};

	return (int)strtoul(digits, NULL, 16);
}

bool utf8_half_surrogate(const char *raw, size_t n, size_t *ret_at)
{
	for (size_t i = 0; i + 1 < n; i++) {
		int unit;

		if (raw[i] != '\\')
			continue;
		if (raw[i + 1] != 'u' || i + 6 > n) {
			i++;
			continue;
		}
		unit = hex4(raw + i + 2);
		*ret_at = i;
		if (unit >= 0xdc00 && unit <= 0xdfff)
			return true;
		if (unit >= 0xd800 && unit <= 0xdbff) {
			if (i + 12 > n || raw[i + 6] != '\\' || raw[i + 7] != 'u')
				return true;
			unit = hex4(raw + i + 8);
			if (unit < 0xdc00 || unit > 0xdfff)
				return true;
			i += 6;
		}
		i += 5;
	}
	return false;
}
