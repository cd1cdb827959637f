// SPDX-License-Identifier: Apache-2.0
/*
 * Structs as JSON and back; see record.h. In: a description and a struct, or a JSON tree. Out: the
 * other. Runs in the front end and in tests; reads no file. One row for each type of member.
 */
#include "base/record.h"

#include <errno.h>

typedef array_of(uint32_t) u32_array;
typedef array_of(struct kv) kv_array;

struct reader {
	struct arena *a;
	struct err *e;
};

typedef void write_fn(struct json_writer *w, const struct field *f, const void *member);
typedef int read_fn(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *member);

static int read_object(const struct reader *r, const struct struct_desc *d, const char *path,
	const struct json *v, void *object);

/* ---- writing */

static void write_str(struct json_writer *w, const struct field *f, const void *m)
{
	json_kv_string_opt(w, f->key, *(const char *const *)m);
}

static void write_bool(struct json_writer *w, const struct field *f, const void *m)
{
	json_kv_bool(w, f->key, *(const bool *)m);
}

static void write_opt_bool(struct json_writer *w, const struct field *f, const void *m)
{
	const struct opt_bool *o = m;

	if (o->set)
		json_kv_bool(w, f->key, o->v);
}

static void write_i64(struct json_writer *w, const struct field *f, const void *m)
{
	json_kv_int(w, f->key, *(const int64_t *)m);
}

static void write_u64(struct json_writer *w, const struct field *f, const void *m)
{
	json_kv_uint(w, f->key, *(const uint64_t *)m);
}

static void write_i32(struct json_writer *w, const struct field *f, const void *m)
{
	json_kv_int(w, f->key, *(const int32_t *)m);
}

static void write_u32(struct json_writer *w, const struct field *f, const void *m)
{
	json_kv_uint(w, f->key, *(const uint32_t *)m);
}

static void write_opt_i64(struct json_writer *w, const struct field *f, const void *m)
{
	const struct opt_i64 *o = m;

	if (o->set)
		json_kv_int(w, f->key, o->v);
}

static void write_opt_u64(struct json_writer *w, const struct field *f, const void *m)
{
	const struct opt_u64 *o = m;

	if (o->set)
		json_kv_uint(w, f->key, o->v);
}

static void write_enum(struct json_writer *w, const struct field *f, const void *m)
{
	const int32_t *value = m;

	json_kv_string_opt(w, f->key, names_of(f->names, (uint64_t)*value));
}

static void write_strv(struct json_writer *w, const struct field *f, const void *m)
{
	const struct strv *list = m;
	const char *s;

	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_array(w);
	strv_foreach (s, list)
		json_string(w, s);
	json_close_array(w);
}

static void write_u32s(struct json_writer *w, const struct field *f, const void *m)
{
	const u32_array *list = m;
	const uint32_t *n;

	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_array(w);
	array_foreach (n, list)
		json_uint(w, *n);
	json_close_array(w);
}

static void write_struct(struct json_writer *w, const struct field *f, const void *m)
{
	json_key(w, f->key);
	record_write(w, f->sub, m);
}

static void write_pointer(struct json_writer *w, const struct field *f, const void *m)
{
	const void *object = *(const void *const *)m;

	if (object)
		write_struct(w, f, object);
}

static void write_array(struct json_writer *w, const struct field *f, const void *m)
{
	const struct array *list = m;

	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_array(w);
	for (size_t i = 0; i < list->n; i++)
		record_write(w, f->sub, (const char *)list->v + i * f->sub->size);
	json_close_array(w);
}

/* The first member of each element is its key. */
static void write_objects(struct json_writer *w, const struct field *f, const void *m)
{
	const struct array *list = m;

	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_object(w);
	for (size_t i = 0; i < list->n; i++) {
		const char *element = (const char *)list->v + i * f->sub->size;

		json_key(w, *(const char *const *)element);
		record_write(w, f->sub, element);
	}
	json_close_object(w);
}

static void write_map(struct json_writer *w, const struct field *f, const void *m)
{
	const kv_array *list = m;
	const struct kv *kv;

	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_object(w);
	array_foreach (kv, list)
		json_kv_string(w, kv->key, kv->value);
	json_close_object(w);
}

/* ---- reading */

static int bad_type(
	const struct reader *r, const char *path, enum json_type want, const struct json *v)
{
	err_set(r->e, ERR_CONFIG_TYPE, EINVAL, "%s: must be %s, not %s", path, json_type_name(want),
		json_type_name(v->type));
	err_object(r->e, "%s", path);
	return -EINVAL;
}

static int bad_value(const struct reader *r, const char *path, const char *what)
{
	err_set(r->e, ERR_CONFIG_VALUE, EINVAL, "%s: %s", path, what);
	err_object(r->e, "%s", path);
	return -EINVAL;
}

static int read_str(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	(void)f;
	if (v->type != JSON_STRING)
		return bad_type(r, path, JSON_STRING, v);
	*(const char **)m = arena_strdup(r->a, v->string);
	return 0;
}

static int read_bool(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	(void)f;
	if (v->type != JSON_BOOL)
		return bad_type(r, path, JSON_BOOL, v);
	*(bool *)m = v->boolean;
	return 0;
}

static int read_opt_bool(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	struct opt_bool *o = m;

	o->set = true;
	return read_bool(r, f, path, v, &o->v);
}

static int read_signed(const struct reader *r, const char *path, const struct json *v, int64_t min,
	int64_t max, int64_t *ret)
{
	if (v->type != JSON_NUMBER)
		return bad_type(r, path, JSON_NUMBER, v);
	if (json_i64(v, ret) < 0 || *ret < min || *ret > max)
		return bad_value(r, path, "is not a whole number in range");
	return 0;
}

static int read_unsigned(
	const struct reader *r, const char *path, const struct json *v, uint64_t max, uint64_t *ret)
{
	if (v->type != JSON_NUMBER)
		return bad_type(r, path, JSON_NUMBER, v);
	if (json_u64(v, ret) < 0 || *ret > max)
		return bad_value(r, path, "is not a whole number in range");
	return 0;
}

static int read_i64(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	(void)f;
	return read_signed(r, path, v, INT64_MIN, INT64_MAX, m);
}

static int read_u64(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	(void)f;
	return read_unsigned(r, path, v, UINT64_MAX, m);
}

static int read_i32(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	int64_t n = 0;
	int rc = read_signed(r, path, v, INT32_MIN, INT32_MAX, &n);

	(void)f;
	*(int32_t *)m = (int32_t)n;
	return rc;
}

static int read_u32(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	uint64_t n = 0;
	int rc = read_unsigned(r, path, v, UINT32_MAX, &n);

	(void)f;
	*(uint32_t *)m = (uint32_t)n;
	return rc;
}

static int read_opt_i64(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	struct opt_i64 *o = m;

	o->set = true;
	return read_i64(r, f, path, v, &o->v);
}

static int read_opt_u64(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	struct opt_u64 *o = m;

	o->set = true;
	return read_u64(r, f, path, v, &o->v);
}

static int read_enum(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	const struct name *name;

	if (v->type != JSON_STRING)
		return bad_type(r, path, JSON_STRING, v);
	name = names_find(f->names, v->string);
	if (!name)
		return bad_value(r, path, "is none of the known names");
	*(int32_t *)m = (int32_t)name->value;
	return 0;
}

/* The elements of an array, each read by `read` into `size` bytes. */
static int read_elements(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, size_t size, read_fn *read, struct array *ret)
{
	int rc = 0;

	if (v->type != JSON_ARRAY)
		return bad_type(r, path, JSON_ARRAY, v);
	ret->v = arena_calloc(r->a, v->array.n + 1, size);
	ret->n = v->array.n;
	for (size_t i = 0; i < ret->n && rc == 0; i++)
		rc = read(r, f, arena_printf(r->a, "%s[%zu]", path, i), v->array.v[i],
			(char *)ret->v + i * size);
	return rc;
}

static int read_struct(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	return read_object(r, f->sub, path, v, m);
}

static int read_pointer(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	void *object = arena_alloc(r->a, f->sub->size);

	*(void **)m = object;
	return read_object(r, f->sub, path, v, object);
}

static int read_strv(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	_Static_assert(sizeof(struct strv) == sizeof(struct array), "a strv is an array");
	return read_elements(r, f, path, v, sizeof(char *), read_str, m);
}

static int read_u32s(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	return read_elements(r, f, path, v, sizeof(uint32_t), read_u32, m);
}

static int read_array(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	return read_elements(r, f, path, v, f->sub->size, read_struct, m);
}

static int read_map(const struct reader *r, const struct field *f, const char *path,
	const struct json *v, void *m)
{
	kv_array *list = m;
	int rc = 0;

	if (v->type != JSON_OBJECT)
		return bad_type(r, path, JSON_OBJECT, v);
	list->n = v->object.n;
	list->v = arena_calloc(r->a, list->n + 1, sizeof(*list->v));
	for (size_t i = 0; i < list->n && rc == 0; i++) {
		const struct json_member *member = &v->object.v[i];

		list->v[i].key = arena_strdup(r->a, member->key);
		rc = read_str(r, f, arena_printf(r->a, "%s[\"%s\"]", path, member->key),
			member->value, &list->v[i].value);
	}
	return rc;
}

/* ---- both */

static const struct {
	write_fn *write;
	read_fn *read;
} types[] = {
	[FIELD_STR] = {write_str, read_str},
	[FIELD_BOOL] = {write_bool, read_bool},
	[FIELD_OPT_BOOL] = {write_opt_bool, read_opt_bool},
	[FIELD_I64] = {write_i64, read_i64},
	[FIELD_U64] = {write_u64, read_u64},
	[FIELD_I32] = {write_i32, read_i32},
	[FIELD_U32] = {write_u32, read_u32},
	[FIELD_OPT_I64] = {write_opt_i64, read_opt_i64},
	[FIELD_OPT_U64] = {write_opt_u64, read_opt_u64},
	[FIELD_ENUM] = {write_enum, read_enum},
	[FIELD_STRV] = {write_strv, read_strv},
	[FIELD_U32S] = {write_u32s, read_u32s},
	[FIELD_OBJECT] = {write_pointer, read_pointer},
	[FIELD_STRUCT] = {write_struct, read_struct},
	[FIELD_ARRAY] = {write_array, read_array},
	[FIELD_MAP] = {write_map, read_map},
	[FIELD_OBJECTS] = {write_objects, NULL},
	[FIELD_BYTES] = {NULL, NULL},
};

void record_write(struct json_writer *w, const struct struct_desc *d, const void *object)
{
	json_open_object(w);
	for (const struct field *f = d->fields; f->key; f++)
		if (types[f->type].write)
			types[f->type].write(w, f, (const char *)object + f->offset);
	json_close_object(w);
}

static int read_object(const struct reader *r, const struct struct_desc *d, const char *path,
	const struct json *v, void *object)
{
	if (v->type != JSON_OBJECT)
		return bad_type(r, path, JSON_OBJECT, v);
	for (const struct field *f = d->fields; f->key; f++) {
		const struct json *member = json_get(v, f->key);
		const char *member_path = arena_printf(r->a, "%s.%s", path, f->key);
		int rc = 0;

		if (member && member->type != JSON_NULL && types[f->type].read) {
			rc = types[f->type].read(
				r, f, member_path, member, (char *)object + f->offset);
		} else if (f->flags & FIELD_REQUIRED) {
			err_set(r->e, ERR_CONFIG_MISSING, EINVAL, "%s is missing", member_path);
			err_object(r->e, "%s", member_path);
			rc = -EINVAL;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int record_read(struct arena *a, const struct struct_desc *d, const char *name,
	const struct json *v, void *ret, struct err *e)
{
	const struct reader r = {.a = a, .e = e};
	void *object = arena_alloc(a, d->size);
	int rc = read_object(&r, d, name, v, object);

	if (rc == 0)
		memcpy(ret, object, d->size);
	return rc;
}
