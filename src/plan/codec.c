// SPDX-License-Identifier: Apache-2.0
/* Structs as bytes; see codec.h. The front end encodes, init decodes. */
#include "plan/codec.h"

#include <errno.h>

struct reader {
	struct arena *arena;
	const unsigned char *data;
	size_t n;
	size_t pos;
};

static void put_u32(struct strbuf *out, size_t n)
{
	uint32_t v = (uint32_t)n;

	strbuf_addn(out, &v, sizeof(v));
}

static int get(struct reader *r, void *v, size_t n)
{
	if (r->n - r->pos < n)
		return -EBADMSG;
	memcpy(v, r->data + r->pos, n);
	r->pos += n;
	return 0;
}

/* A count of things of at least `min_bytes` each: what cannot be there is not allocated for. */
static int get_count(struct reader *r, size_t min_bytes, size_t *ret)
{
	uint32_t n;

	if (get(r, &n, sizeof(n)) < 0 || (r->n - r->pos) / min_bytes < n)
		return -EBADMSG;
	*ret = n;
	return 0;
}

/* Length + 1, so that NULL (0) differs from "" (1); then the text and its NUL. */
static void put_str(struct strbuf *out, const char *s)
{
	put_u32(out, s ? strlen(s) + 1 : 0);
	if (s)
		strbuf_addn(out, s, strlen(s) + 1);
}

static int get_str(struct reader *r, const char **ret)
{
	const char *s;
	size_t n;

	if (get_count(r, 1, &n) < 0)
		return -EBADMSG;
	if (n == 0) {
		*ret = NULL;
		return 0;
	}
	s = (const char *)r->data + r->pos;
	if (memchr(s, '\0', n) != s + n - 1)
		return -EBADMSG;
	r->pos += n;
	*ret = s;
	return 0;
}

static void put_strv(struct strbuf *out, const struct strv *list)
{
	put_u32(out, list->n);
	for (size_t i = 0; i < list->n; i++)
		put_str(out, list->v[i]);
}

static int get_strv(struct reader *r, struct strv *ret)
{
	size_t n;

	if (get_count(r, sizeof(uint32_t), &n) < 0)
		return -EBADMSG;
	ret->v = arena_calloc(r->arena, n + 1, sizeof(*ret->v));
	ret->n = n;
	for (size_t i = 0; i < n; i++)
		if (get_str(r, &ret->v[i]) < 0)
			return -EBADMSG;
	return 0;
}

static void put_raw(struct strbuf *out, const void *data, size_t n, size_t size)
{
	put_u32(out, n);
	if (n)
		strbuf_addn(out, data, n * size);
}

/* Numbers and blobs, copied out because the buffer is not aligned for them. */
static int get_raw(struct reader *r, size_t size, const void **ret, size_t *ret_n)
{
	void *copy;

	if (get_count(r, size, ret_n) < 0)
		return -EBADMSG;
	copy = arena_calloc(r->arena, *ret_n + 1, size);
	*ret = copy;
	return get(r, copy, *ret_n * size);
}

static size_t scalar_size(enum field_type type)
{
	switch (type) {
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_I32:
	case FIELD_U32:
	case FIELD_ENUM:
		return sizeof(uint32_t);
	case FIELD_I64:
	case FIELD_U64:
		return sizeof(uint64_t);
	default:
		return 0;
	}
}

static void put_struct(struct strbuf *out, const struct struct_desc *desc, const void *object);

static void put_field(struct strbuf *out, const struct field *f, const void *member)
{
	const struct array *array = member;
	const struct bytes *bytes = member;

	switch (f->type) {
	case FIELD_STR:
		put_str(out, *(const char *const *)member);
		break;
	case FIELD_STRV:
		put_strv(out, member);
		break;
	case FIELD_U32S:
		put_raw(out, array->v, array->n, sizeof(uint32_t));
		break;
	case FIELD_BYTES:
		put_raw(out, bytes->data, bytes->n, 1);
		break;
	case FIELD_STRUCT:
		put_struct(out, f->sub, member);
		break;
	case FIELD_ARRAY:
		put_u32(out, array->n);
		for (size_t i = 0; i < array->n; i++)
			put_struct(out, f->sub, (const char *)array->v + i * f->sub->size);
		break;
	default:
		strbuf_addn(out, member, scalar_size(f->type));
	}
}

static void put_struct(struct strbuf *out, const struct struct_desc *desc, const void *object)
{
	for (const struct field *f = desc->fields; f->key; f++)
		put_field(out, f, (const char *)object + f->offset);
}

static int get_struct(struct reader *r, const struct struct_desc *desc, void *object);

static int get_array(struct reader *r, const struct struct_desc *sub, struct array *ret)
{
	if (get_count(r, 1, &ret->n) < 0)
		return -EBADMSG;
	ret->v = arena_calloc(r->arena, ret->n ? ret->n : 1, sub->size);
	for (size_t i = 0; i < ret->n; i++)
		if (get_struct(r, sub, (char *)ret->v + i * sub->size) < 0)
			return -EBADMSG;
	return 0;
}

static int get_bool(struct reader *r, bool *ret)
{
	unsigned char v;

	if (get(r, &v, 1) < 0 || v > 1)
		return -EBADMSG;
	*ret = v;
	return 0;
}

static int get_field(struct reader *r, const struct field *f, void *member)
{
	struct array *array = member;
	struct bytes *bytes = member;

	switch (f->type) {
	case FIELD_STR:
		return get_str(r, member);
	case FIELD_STRV:
		return get_strv(r, member);
	case FIELD_U32S:
		return get_raw(r, sizeof(uint32_t), (const void **)&array->v, &array->n);
	case FIELD_BYTES:
		return get_raw(r, 1, &bytes->data, &bytes->n);
	case FIELD_STRUCT:
		return get_struct(r, f->sub, member);
	case FIELD_ARRAY:
		return get_array(r, f->sub, member);
	case FIELD_BOOL:
		return get_bool(r, member);
	default:
		return get(r, member, scalar_size(f->type));
	}
}

static int get_struct(struct reader *r, const struct struct_desc *desc, void *object)
{
	for (const struct field *f = desc->fields; f->key; f++)
		if (get_field(r, f, (char *)object + f->offset) < 0)
			return -EBADMSG;
	return 0;
}

void codec_put(struct strbuf *out, const struct struct_desc *desc, const void *object)
{
	put_struct(out, desc, object);
}

int codec_get(struct arena *a, const struct struct_desc *desc, const void *data, size_t n,
	size_t *pos, void *object)
{
	struct reader r = {.arena = a, .data = data, .n = n, .pos = *pos};

	if (get_struct(&r, desc, object) < 0)
		return -EBADMSG;
	*pos = r.pos;
	return 0;
}

void codec_put_plan(struct strbuf *out, const struct plan_init *plan)
{
	put_struct(out, &plan_init_desc, plan);
	put_u32(out, plan->steps.n);
	for (size_t i = 0; i < plan->steps.n; i++) {
		const struct step *s = &plan->steps.v[i];

		put_u32(out, s->kind);
		put_struct(out, step_descs[s->kind], &s->none);
	}
}

int codec_get_plan(struct arena *a, const void *data, size_t n, struct plan_init *ret)
{
	struct reader r = {.arena = a, .data = data, .n = n};
	struct plan_init plan = {0};
	size_t steps;

	if (get_struct(&r, &plan_init_desc, &plan) < 0 ||
		get_count(&r, sizeof(uint32_t), &steps) < 0)
		return -EBADMSG;
	plan.steps.v = arena_calloc(a, steps ? steps : 1, sizeof(struct step));
	plan.steps.n = steps;
	for (size_t i = 0; i < steps; i++) {
		struct step *s = &plan.steps.v[i];
		uint32_t kind;

		if (get(&r, &kind, sizeof(kind)) < 0 || kind >= STEP_NR)
			return -EBADMSG;
		s->kind = (enum step_kind)kind;
		if (get_struct(&r, step_descs[kind], &s->none) < 0)
			return -EBADMSG;
	}
	if (r.pos != n)
		return -EBADMSG;
	*ret = plan;
	return 0;
}
