// SPDX-License-Identifier: Apache-2.0
/*
 * JSON: bounded reading into a tree that knows where each value stood, and writing.
 * json.c is the only file that knows the library (yajl) behind it.
 */
#ifndef LODGER_BASE_JSON_H
#define LODGER_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_member;

struct json {
	enum json_type type;
	uint32_t offset; /* of the value's first byte in the text, for json_position() */
	union {
		bool boolean;
		const char *number; /* as written: "1e3", "-0", "18446744073709551615" */
		const char *string; /* valid UTF-8 without NUL */
		struct {
			struct json **v;
			size_t n;
		} array;
		struct {
			struct json_member *v;
			size_t n;
		} object;
	};
};

struct json_member {
	const char *key;
	struct json *value;
};

/*
 * Limits of a text that json_parse() accepts; a field of 0 means the default. With the defaults no
 * text, however hostile, takes a process beyond 64 MiB, the text itself included; the largest real
 * config.json known (every optional member, thousands of mounts) stays below 1 MiB.
 */
#define JSON_MAX_BYTES (4u << 20)
#define JSON_MAX_DEPTH 128u
#define JSON_MAX_NODES 250000u
struct json_limits {
	size_t max_bytes; /* default JSON_MAX_BYTES; never more than 4 GiB - 1 */
	unsigned max_depth; /* default JSON_MAX_DEPTH */
	size_t max_nodes; /* values of any type; default JSON_MAX_NODES */
};

/*
 * Parse `len` bytes (need not be NUL-terminated; copied where needed). One value, nothing but
 * white space after it. Refused: comments, invalid UTF-8, half a surrogate pair, a NUL in a string
 * (written \u0000), a key that an object has twice, more than the limits allow. `name` is what
 * errors call the text
 * ("config.json"); they give line and column, both from 1. Memory is bounded by a constant times
 * the limits. Codes: ERR_CONFIG_SYNTAX.
 */
int json_parse(struct arena *a, const char *name, const char *text, size_t len,
	const struct json_limits *limits, struct json **ret, struct err *e);

/* Line and column, from 1, of a byte offset; columns count characters. */
void json_position(
	const char *text, size_t len, uint32_t offset, unsigned *ret_line, unsigned *ret_column);

/* The member's value, or NULL. `object` may be NULL or of another type. */
struct json *json_get(const struct json *object, const char *key);

/* "a string", "an object", …: for "must be a string, not an object". */
const char *json_type_name(enum json_type type);

/*
 * Numbers. Integral values written with a fraction or an exponent (1.0, 1e3) are accepted when
 * they are exact. -EINVAL: not integral or not a number; -ERANGE: does not fit.
 */
int json_i64(const struct json *v, int64_t *ret);
int json_u64(const struct json *v, uint64_t *ret);

/*
 * A string as one bounded line for an error message: in double quotes, escaped as in JSON, invalid
 * UTF-8 replaced, cut with "..." where it is long. For use as an argument: json_quoted(s).text.
 */
struct json_quoted {
	char text[128];
};
struct json_quoted json_quoted(const char *s);

/* Writer: calls in document order; commas, quoting and indentation are its business. */
struct json_writer;

/* indent: spaces a level, 0 = everything on one line. */
struct json_writer *json_writer_new(unsigned indent) __attribute__((returns_nonnull));
void json_writer_free(struct json_writer *w); /* accepts NULL */
void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_string(
	struct json_writer *w, const char *s); /* invalid UTF-8 becomes U+FFFD; NULL: null */
void json_int(struct json_writer *w, int64_t n);
void json_uint(struct json_writer *w, uint64_t n);
void json_decimal(struct json_writer *w, const char *text); /* "0.25" as it is; else null */
void json_bool(struct json_writer *w, bool b);
void json_null(struct json_writer *w);
void json_value(struct json_writer *w, const struct json *v); /* copies a parsed tree */

/* Key and value in one call. The _opt form writes nothing for NULL. */
void json_kv_string(struct json_writer *w, const char *key, const char *s);
void json_kv_string_opt(struct json_writer *w, const char *key, const char *s);
void json_kv_int(struct json_writer *w, const char *key, int64_t n);
void json_kv_uint(struct json_writer *w, const char *key, uint64_t n);
void json_kv_bool(struct json_writer *w, const char *key, bool b);

/* The text so far, NUL-terminated, owned by the writer; `*ret_len` may be NULL. No final newline.
 */
const char *json_writer_text(struct json_writer *w, size_t *ret_len);

static inline void json_writer_ptr(struct json_writer **w)
{
	json_writer_free(*w);
}
#define auto_json_writer __attribute__((cleanup(json_writer_ptr)))

#endif
