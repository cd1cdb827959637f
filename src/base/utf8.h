// SPDX-License-Identifier: Apache-2.0
/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef LODGER_BASE_UTF8_H
#define LODGER_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length, 1 to 4, of the character at `s`, of which `n` bytes exist; 0 if it is malformed. */
size_t utf8_len(const char *s, size_t n);

/* The number of leading bytes of `s` that are whole, valid characters; `n` if all are. */
size_t utf8_valid(const char *s, size_t n);

/*
 * Whether the inside of a JSON string has a \u escape that is half a surrogate pair, and where.
 * Such a half has no UTF-8 form; parsers put other bytes in its place ("?"), which makes two
 * different keys or paths the same. `raw` is `n` bytes whose escapes are otherwise well-formed.
 */
bool utf8_half_surrogate(const char *raw, size_t n, size_t *ret_at);

#endif
