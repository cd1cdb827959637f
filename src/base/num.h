// SPDX-License-Identifier: Apache-2.0
/* Numbers from text, strict: the whole text, decimal, in range, or an error. */
#ifndef LODGER_BASE_NUM_H
#define LODGER_BASE_NUM_H

#include <stdint.h>

/* 0, -EINVAL (not a number, empty, signs or blanks where none belong) or -ERANGE. */
int num_u64(const char *s, uint64_t *ret);
int num_i64(const char *s, int64_t *ret);
int num_u32(const char *s, uint32_t *ret);
int num_i32(const char *s, int32_t *ret);

/* Octal, for file modes: digits 0 to 7, at most 07777. */
int num_mode(const char *s, uint32_t *ret);

#endif
