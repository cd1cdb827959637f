// SPDX-License-Identifier: Apache-2.0
/*
 * JSON → struct by tables; see decode.h. In: a tree that may be hostile. Out: filled structs. Front
 * end only. Recursion follows the tables, so the text cannot drive it.
 */
#include "spec/decode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "spec/path.h"

struct decoder {
	struct arena *a;
	const struct json *at; /* what the error is about */
	struct err *e;
};

typedef int decode_fn(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member);

static int decode_object(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct struct_desc *desc, void *ret);

__attribute__((format(printf, 5, 6))) static int fail(struct decoder *d, const struct spec_path *p,
	const struct json *at, enum err_code code, const char *fmt, ...)
{
	char what[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	d->at = at;
	return spec_path_fail(d->e, code, spec_path_text(p).text, "%s", what);
}

static int fail_type(
	struct decoder *d, const struct spec_path *p, const struct json *v, const char *wanted)
{
	return fail(
		d, p, v, ERR_CONFIG_TYPE, "must be %s, not %s", wanted, json_type_name(v->type));
}

static int decode_str(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	(void)f;
	if (v->type != JSON_STRING)
		return fail_type(d, p, v, "a string");
	*(const char **)member = v->string;
	return 0;
}

static int decode_bool(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	(void)f;
	if (v->type != JSON_BOOL)
		return fail_type(d, p, v, "true or false");
	*(bool *)member = v->boolean;
	return 0;
}

static int decode_opt_bool(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	struct opt_bool *o = member;
	int r = decode_bool(d, p, v, f, &o->v);

	o->set = r == 0;
	return r;
}

static int fail_number(struct decoder *d, const struct spec_path *p, const struct json *v, int r,
	const char *range)
{
	if (v->type != JSON_NUMBER)
		return fail_type(d, p, v, "an integer");
	if (r == -EINVAL)
		return fail(d, p, v, ERR_CONFIG_TYPE, "must be an integer, not %.40s", v->number);
	return fail(d, p, v, ERR_CONFIG_VALUE, "%.40s is out of range, allowed is %s", v->number,
		range);
}

/* min and max are those of the type where the row has none. */
static int read_signed(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, int64_t type_min, int64_t type_max, int64_t *ret)
{
	int64_t min = f->min || f->max ? f->min : type_min;
	int64_t max = f->min || f->max ? f->max : type_max;
	char range[64];
	int64_t n = 0;
	int r = json_i64(v, &n);

	if (r == 0 && n >= min && n <= max) {
		*ret = n;
		return 0;
	}
	snprintf(range, sizeof(range), "%" PRId64 " to %" PRId64, min, max);
	return fail_number(d, p, v, r, range);
}

static int read_unsigned(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, uint64_t type_max, uint64_t *ret)
{
	uint64_t min = (uint64_t)f->min;
	uint64_t max = f->min || f->max ? (uint64_t)f->max : type_max;
	char range[64];
	uint64_t n = 0;
	int r = json_u64(v, &n);

	if (r == 0 && n >= min && n <= max) {
		*ret = n;
		return 0;
	}
	snprintf(range, sizeof(range), "%" PRIu64 " to %" PRIu64, min, max);
	return fail_number(d, p, v, r, range);
}

static int decode_i64(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	return read_signed(d, p, v, f, INT64_MIN, INT64_MAX, member);
}

static int decode_u64(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	return read_unsigned(d, p, v, f, UINT64_MAX, member);
}

static int decode_i32(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	int64_t n = 0;
	int r = read_signed(d, p, v, f, INT32_MIN, INT32_MAX, &n);

	if (r == 0)
		*(int32_t *)member = (int32_t)n;
	return r;
}

static int decode_u32(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	uint64_t n = 0;
	int r = read_unsigned(d, p, v, f, UINT32_MAX, &n);

	if (r == 0)
		*(uint32_t *)member = (uint32_t)n;
	return r;
}

static int decode_opt_i64(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	struct opt_i64 *o = member;
	int r = decode_i64(d, p, v, f, &o->v);

	o->set = r == 0;
	return r;
}

static int decode_opt_u64(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	struct opt_u64 *o = member;
	int r = decode_u64(d, p, v, f, &o->v);

	o->set = r == 0;
	return r;
}

static int decode_enum(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	const struct name *n;

	if (v->type != JSON_STRING)
		return fail_type(d, p, v, "a string");
	n = names_find(f->names, v->string);
	if (!n) {
		d->at = v;
		return spec_path_fail_name(d->e, spec_path_text(p).text, v->string, f->names);
	}
	*(int32_t *)member = (int32_t)n->value;
	return 0;
}

static void set_array(void *member, void *v, size_t n)
{
	struct array arr = {.v = v, .n = n};

	/* The member has its own element type; only the layout is the same. */
	memcpy(member, &arr, sizeof(arr));
}

static int decode_strv(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	const char **out;

	(void)f;
	if (v->type != JSON_ARRAY)
		return fail_type(d, p, v, "an array of strings");
	out = arena_calloc(d->a, v->array.n + 1, sizeof(*out));
	for (size_t i = 0; i < v->array.n; i++) {
		struct spec_path item = {.up = p, .kind = SPEC_PATH_INDEX, .index = i};

		if (v->array.v[i]->type != JSON_STRING)
			return fail_type(d, &item, v->array.v[i], "a string");
		out[i] = v->array.v[i]->string;
	}
	*(struct strv *)member = (struct strv){.v = out, .n = v->array.n};
	return 0;
}

static int decode_u32s(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	uint32_t *out;

	if (v->type != JSON_ARRAY)
		return fail_type(d, p, v, "an array of integers");
	out = arena_calloc(d->a, v->array.n, sizeof(*out));
	for (size_t i = 0; i < v->array.n; i++) {
		struct spec_path item = {.up = p, .kind = SPEC_PATH_INDEX, .index = i};
		int r = decode_u32(d, &item, v->array.v[i], f, &out[i]);

		if (r < 0)
			return r;
	}
	set_array(member, out, v->array.n);
	return 0;
}

static int decode_pointer(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	void *out = arena_alloc(d->a, f->sub->size);
	int r = decode_object(d, p, v, f->sub, out);

	if (r == 0)
		*(void **)member = out;
	return r;
}

static int decode_in_place(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	return decode_object(d, p, v, f->sub, member);
}

static int decode_array(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	size_t size = f->sub->size;
	char *out;

	if (v->type != JSON_ARRAY)
		return fail_type(d, p, v, "an array of objects");
	out = arena_calloc(d->a, v->array.n, size);
	for (size_t i = 0; i < v->array.n; i++) {
		struct spec_path item = {.up = p, .kind = SPEC_PATH_INDEX, .index = i};
		int r = decode_object(d, &item, v->array.v[i], f->sub, out + i * size);

		if (r < 0)
			return r;
	}
	set_array(member, out, v->array.n);
	return 0;
}

static int decode_map(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	struct kv *out;

	(void)f;
	if (v->type != JSON_OBJECT)
		return fail_type(d, p, v, "an object whose values are strings");
	out = arena_calloc(d->a, v->object.n, sizeof(*out));
	for (size_t i = 0; i < v->object.n; i++) {
		const struct json_member *m = &v->object.v[i];
		struct spec_path item = {.up = p, .kind = SPEC_PATH_KEY, .key = m->key};

		if (m->value->type != JSON_STRING && m->value->type != JSON_NULL)
			return fail_type(d, &item, m->value, "a string");
		out[i].key = m->key;
		out[i].value = m->value->type == JSON_STRING ? m->value->string : "";
	}
	set_array(member, out, v->object.n);
	return 0;
}

static int decode_objects(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *member)
{
	size_t size = f->sub->size;
	char *out;

	if (v->type != JSON_OBJECT)
		return fail_type(d, p, v, "an object whose values are objects");
	out = arena_calloc(d->a, v->object.n, size);
	for (size_t i = 0; i < v->object.n; i++) {
		const struct json_member *m = &v->object.v[i];
		struct spec_path item = {.up = p, .kind = SPEC_PATH_KEY, .key = m->key};
		int r = 0;

		*(const char **)(void *)(out + i * size) = m->key;
		if (m->value->type != JSON_NULL)
			r = decode_object(d, &item, m->value, f->sub, out + i * size);
		if (r < 0)
			return r;
	}
	set_array(member, out, v->object.n);
	return 0;
}

static decode_fn *const decoders[] = {
	[FIELD_STR] = decode_str,
	[FIELD_BOOL] = decode_bool,
	[FIELD_OPT_BOOL] = decode_opt_bool,
	[FIELD_I64] = decode_i64,
	[FIELD_U64] = decode_u64,
	[FIELD_I32] = decode_i32,
	[FIELD_U32] = decode_u32,
	[FIELD_OPT_I64] = decode_opt_i64,
	[FIELD_OPT_U64] = decode_opt_u64,
	[FIELD_ENUM] = decode_enum,
	[FIELD_STRV] = decode_strv,
	[FIELD_U32S] = decode_u32s,
	[FIELD_OBJECT] = decode_pointer,
	[FIELD_STRUCT] = decode_in_place,
	[FIELD_ARRAY] = decode_array,
	[FIELD_MAP] = decode_map,
	[FIELD_OBJECTS] = decode_objects,
	[FIELD_BYTES] = NULL, /* has no JSON form */
};

static int decode_member(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct field *f, void *ret)
{
	decode_fn *fn = (size_t)f->type < ARRAY_SIZE(decoders) ? decoders[f->type] : NULL;

	if (!fn)
		return fail(d, p, v, ERR_BUG, "the type of this member has no JSON form");
	return fn(d, p, v, f, (char *)ret + f->offset);
}

static const struct field *find_field(
	const struct struct_desc *desc, const char *key, size_t *ret_index)
{
	for (const struct field *f = desc->fields; f->key; f++) {
		if (!str_eq(f->key, key))
			continue;
		*ret_index = (size_t)(f - desc->fields);
		return f;
	}
	return NULL;
}

static int check_required(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct struct_desc *desc, uint64_t seen)
{
	for (size_t i = 0; desc->fields[i].key; i++) {
		struct spec_path item = {
			.up = p, .kind = SPEC_PATH_MEMBER, .key = desc->fields[i].key};

		if ((desc->fields[i].flags & FIELD_REQUIRED) && !(seen >> i & 1))
			return fail(d, &item, v, ERR_CONFIG_MISSING, "is missing");
	}
	return 0;
}

static int decode_object(struct decoder *d, const struct spec_path *p, const struct json *v,
	const struct struct_desc *desc, void *ret)
{
	uint64_t seen = 0; /* bit N: field N is there; no struct has more than 64 */

	if (v->type != JSON_OBJECT)
		return fail_type(d, p, v, "an object");
	for (size_t i = 0; i < v->object.n; i++) {
		const struct json_member *m = &v->object.v[i];
		struct spec_path item = {.up = p, .kind = SPEC_PATH_MEMBER, .key = m->key};
		size_t index;
		const struct field *f = find_field(desc, m->key, &index);
		int r;

		if (!f) {
			log_debug("unknown key %s in %s is ignored", json_quoted(m->key).text,
				p ? spec_path_text(p).text : desc->name);
			continue;
		}
		if (m->value->type == JSON_NULL)
			continue;
		r = decode_member(d, &item, m->value, f, ret);
		if (r < 0)
			return r;
		seen |= UINT64_C(1) << index;
	}
	return check_required(d, p, v, desc, seen);
}

int decode_struct(struct arena *a, const struct json *v, const struct struct_desc *desc, void *ret,
	const struct json **ret_at, struct err *e)
{
	struct decoder d = {.a = a, .at = v, .e = e};
	int r = decode_object(&d, NULL, v, desc, ret);

	if (r < 0 && ret_at)
		*ret_at = d.at;
	return r;
}

void decode_locate(
	struct err *e, const char *name, const char *text, size_t len, const struct json *at)
{
	unsigned line, column;
	size_t used;

	if (!err_is_set(e))
		return;
	err_prefix(e, "%s", name);
	if (!at)
		return;
	json_position(text, len, at->offset, &line, &column);
	used = strlen(e->msg);
	snprintf(e->msg + used, sizeof(e->msg) - used, " (line %u, column %u)", line, column);
}

int decode_text(struct arena *a, const char *name, const char *text, size_t len,
	const struct struct_desc *desc, void *ret, struct err *e)
{
	const struct json *at = NULL;
	struct json *top;
	int r = json_parse(a, name, text, len, NULL, &top, e);

	if (r < 0)
		return r;
	r = decode_struct(a, top, desc, ret, &at, e);
	if (r < 0)
		decode_locate(e, name, text, len, at);
	return r;
}
