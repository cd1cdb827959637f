// SPDX-License-Identifier: Apache-2.0
/*
 * Descriptions of struct members, so that one table per struct serves every walker over it:
 * config.json → struct spec (spec/decode.c), struct plan → text for --debug and the golden tests
 * (plan/dump.c), struct plan → bytes for the init pipe (plan/codec.c), the state record
 * (state/record.c). Adding a member to the table adds it to all of them.
 */
#ifndef LODGER_BASE_FIELD_H
#define LODGER_BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/names.h"
#include "base/str.h"

/* A value that may be absent. Walkers rely on `set` being the first member. */
struct opt_bool {
	bool set;
	bool v;
};
struct opt_i64 {
	bool set;
	int64_t v;
};
struct opt_u64 {
	bool set;
	uint64_t v;
};

/* A counted array in an arena; every array member has this shape with its own element type. */
struct array {
	void *v;
	size_t n;
};
#define array_of(type)                                                                             \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n;                                                                          \
	}
#define array_foreach(item, arr)                                                                   \
	for ((item) = (arr)->v; (arr)->n && (item) < (arr)->v + (arr)->n; (item)++)

enum field_type {
	FIELD_STR, /* const char *, NULL = absent */
	FIELD_BOOL, /* bool, false = absent */
	FIELD_OPT_BOOL, /* struct opt_bool */
	FIELD_I64, /* int64_t, 0 = absent */
	FIELD_U64, /* uint64_t, 0 = absent */
	FIELD_I32, /* int32_t */
	FIELD_U32, /* uint32_t */
	FIELD_OPT_I64, /* struct opt_i64 */
	FIELD_OPT_U64, /* struct opt_u64 */
	FIELD_ENUM, /* int32_t, value from `names`; 0 = absent */
	FIELD_STRV, /* struct strv */
	FIELD_U32S, /* array_of(uint32_t) */
	FIELD_OBJECT, /* pointer to struct described by `sub`, NULL = absent */
	FIELD_STRUCT, /* struct described by `sub`, in place; a JSON object too */
	FIELD_ARRAY, /* array_of(struct described by `sub`) */
	FIELD_MAP, /* array_of(struct kv): object whose values are strings */
	FIELD_OBJECTS, /* array_of(struct described by `sub`), a JSON object in which each element's
			  key goes to the element's first member, a const char * */
	FIELD_BYTES, /* struct bytes, not found in JSON */
};

struct kv {
	const char *key;
	const char *value;
};

typedef array_of(struct kv) kv_list;

struct bytes {
	const void *data;
	size_t n;
};

enum field_flags {
	FIELD_REQUIRED = 1 << 0, /* absent is an error */
	FIELD_ABS_PATH = 1 << 1, /* string must be an absolute path */
	FIELD_NONEMPTY = 1 << 2, /* string or list must not be empty */
	FIELD_SET_MASK = 1 << 3, /* FIELD_STR, or items of a FIELD_STRV, must be in `names` */
};

struct struct_desc;

struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	const struct struct_desc *sub; /* FIELD_OBJECT, FIELD_STRUCT, FIELD_ARRAY, FIELD_OBJECTS */
	const struct name *names; /* FIELD_ENUM, or what a FIELD_STR or FIELD_STRV may say */
	unsigned flags; /* enum field_flags */
	int64_t min, max; /* numbers: range, both 0 = that of the type */
};

struct struct_desc {
	const char *name;
	size_t size;
	const struct field *fields; /* key NULL ends the list */
};

#endif
