// SPDX-License-Identifier: Apache-2.0
/*
 * plan/codec.h: every kind of step with random content there and back, cut at every length, and
 * with bits changed. What the reader may not touch lies behind the end of an allocation, where the
 * address sanitizer sees it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/codec.h"

/* The same numbers in every run: xorshift64. */
struct dice {
	struct arena *a;
	uint64_t state;
};

static uint64_t roll(struct dice *d)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return d->state;
}

/* Long, short, empty, absent; any byte but NUL. */
static const char *random_text(struct dice *d, bool may_be_null)
{
	size_t n = roll(d) % 8 == 0 ? roll(d) % 5000 : roll(d) % 20;
	char *s;

	if (may_be_null && roll(d) % 4 == 0)
		return NULL;
	s = arena_alloc(d->a, n + 1);
	for (size_t i = 0; i < n; i++)
		s[i] = (char)(roll(d) % 255 + 1);
	return s;
}

static void random_struct(struct dice *d, const struct struct_desc *desc, void *object);

static void random_array(struct dice *d, const struct field *f, struct array *list)
{
	list->n = roll(d) % 4;
	list->v = arena_calloc(d->a, list->n + 1, f->sub->size);
	for (size_t i = 0; i < list->n; i++)
		random_struct(d, f->sub, (char *)list->v + i * f->sub->size);
}

static void random_field(struct dice *d, const struct field *f, void *member)
{
	struct array *list = member;
	struct bytes *bytes = member;
	size_t n = roll(d) % 5;

	switch (f->type) {
	case FIELD_STR:
		*(const char **)member = random_text(d, true);
		break;
	case FIELD_STRV:
		for (size_t i = 0; i < n; i++)
			strv_add(d->a, member, random_text(d, false));
		break;
	case FIELD_U32S:
		list->n = n;
		list->v = arena_calloc(d->a, n + 1, sizeof(uint32_t));
		for (size_t i = 0; i < n; i++)
			((uint32_t *)list->v)[i] = (uint32_t)roll(d);
		break;
	case FIELD_BYTES:
		bytes->data = random_text(d, false);
		bytes->n = strlen(bytes->data);
		break;
	case FIELD_ARRAY:
		random_array(d, f, list);
		break;
	case FIELD_BOOL:
		*(bool *)member = roll(d) % 2;
		break;
	case FIELD_I32:
	case FIELD_U32:
		*(uint32_t *)member = (uint32_t)roll(d);
		break;
	case FIELD_I64:
	case FIELD_U64:
		*(uint64_t *)member = roll(d);
		break;
	default:
		fail_msg("%s has a type that no step had so far: teach this test", f->key);
	}
}

static void random_struct(struct dice *d, const struct struct_desc *desc, void *object)
{
	for (const struct field *f = desc->fields; f->key; f++)
		random_field(d, f, (char *)object + f->offset);
}

static void assert_same(const struct struct_desc *desc, const void *a, const void *b);

static void assert_same_strv(const struct strv *x, const struct strv *y)
{
	assert_int_equal(x->n, y->n);
	for (size_t i = 0; i < x->n; i++)
		assert_string_equal(x->v[i], y->v[i]);
	if (y->v)
		assert_null(y->v[y->n]);
}

/* An own comparison: encoding both and comparing that would not see what the codec leaves out. */
static void assert_same_field(const struct field *f, const void *a, const void *b)
{
	const struct array *x = a, *y = b;
	const struct bytes *bx = a, *by = b;

	switch (f->type) {
	case FIELD_STR:
		assert_true(str_eq_null(*(const char *const *)a, *(const char *const *)b));
		break;
	case FIELD_STRV:
		assert_same_strv(a, b);
		break;
	case FIELD_U32S:
		assert_int_equal(x->n, y->n);
		assert_memory_equal(x->v, y->v, x->n * sizeof(uint32_t));
		break;
	case FIELD_BYTES:
		assert_int_equal(bx->n, by->n);
		assert_memory_equal(bx->data, by->data, bx->n);
		break;
	case FIELD_ARRAY:
		assert_int_equal(x->n, y->n);
		for (size_t i = 0; i < x->n; i++)
			assert_same(f->sub, (const char *)x->v + i * f->sub->size,
				(const char *)y->v + i * f->sub->size);
		break;
	case FIELD_BOOL:
		assert_int_equal(*(const bool *)a, *(const bool *)b);
		break;
	case FIELD_I32:
	case FIELD_U32:
		assert_int_equal(*(const uint32_t *)a, *(const uint32_t *)b);
		break;
	default:
		assert_true(*(const uint64_t *)a == *(const uint64_t *)b);
	}
}

static void assert_same(const struct struct_desc *desc, const void *a, const void *b)
{
	for (const struct field *f = desc->fields; f->key; f++)
		assert_same_field(f, (const char *)a + f->offset, (const char *)b + f->offset);
}

/* Bytes at the end of an allocation of their own. */
static int decode_exact(
	struct arena *a, const void *data, size_t n, struct plan_init *ret, void **ret_copy)
{
	*ret_copy = malloc(n ? n : 1);
	memcpy(*ret_copy, data, n);
	return codec_get_plan(a, *ret_copy, n, ret);
}

static void random_plan(struct dice *d, enum step_kind kind, size_t steps, struct plan_init *ret)
{
	memset(ret, 0, sizeof(*ret));
	random_struct(d, &plan_init_desc, ret);
	ret->steps.n = steps;
	ret->steps.v = arena_calloc(d->a, steps + 1, sizeof(struct step));
	for (size_t i = 0; i < steps; i++) {
		ret->steps.v[i].kind = kind;
		random_struct(d, step_descs[kind], &ret->steps.v[i].none);
	}
}

static void assert_same_plan(const struct plan_init *a, const struct plan_init *b)
{
	assert_same(&plan_init_desc, a, b);
	assert_int_equal(a->steps.n, b->steps.n);
	for (size_t i = 0; i < a->steps.n; i++) {
		assert_int_equal(a->steps.v[i].kind, b->steps.v[i].kind);
		assert_same(
			step_descs[a->steps.v[i].kind], &a->steps.v[i].none, &b->steps.v[i].none);
	}
}

static void every_kind(void **state)
{
	(void)state;
	for (int kind = 0; kind < STEP_NR; kind++) {
		struct dice d = {.state = 88172645463325252ull + (uint64_t)kind};

		for (int round = 0; round < 20; round++) {
			auto_arena struct arena *a = arena_new();
			auto_strbuf struct strbuf bytes = {0};
			struct plan_init plan, got;
			auto_free void *copy = NULL;

			d.a = a;
			random_plan(&d, (enum step_kind)kind, 1 + roll(&d) % 3, &plan);
			codec_put_plan(&bytes, &plan);
			assert_int_equal(decode_exact(a, bytes.s, bytes.len, &got, &copy), 0);
			assert_same_plan(&plan, &got);
		}
	}
}

static void every_length(void **state)
{
	struct plan_init before;

	(void)state;
	memset(&before, 0x77, sizeof(before));
	for (int kind = 0; kind < STEP_NR; kind++) {
		auto_arena struct arena *a = arena_new();
		struct dice d = {a, 4101842887655102017ull + (uint64_t)kind};
		auto_strbuf struct strbuf bytes = {0};
		struct plan_init plan;

		random_plan(&d, (enum step_kind)kind, 1, &plan);
		/* Every position of a long text is the same position. */
		plan.state_json = plan.id = "id";
		plan.args = plan.env = (struct strv){0};
		codec_put_plan(&bytes, &plan);
		for (size_t n = 0; n<bytes.len; n += bytes.len> 2000 ? 7 : 1) {
			auto_arena struct arena *scratch = arena_new();
			struct plan_init got = before;
			auto_free void *copy = NULL;

			assert_int_equal(decode_exact(scratch, bytes.s, n, &got, &copy), -EBADMSG);
			assert_memory_equal(&got, &before, sizeof(got));
		}
		strbuf_addc(&bytes, '\0');
		assert_int_equal(codec_get_plan(a, bytes.s, bytes.len, &plan), -EBADMSG);
	}
}

/* Whatever is accepted is a plan: it can be sent on, and comes out the same. */
static void changed_bits(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct dice d = {a, 2685821657736338717ull};

	(void)state;
	for (int round = 0; round < 4000; round++) {
		auto_arena struct arena *scratch = arena_new();
		auto_strbuf struct strbuf bytes = {0}, again = {0};
		struct plan_init plan, got;
		auto_free void *copy = NULL;

		d.a = scratch;
		random_plan(&d, (enum step_kind)(roll(&d) % STEP_NR), 1, &plan);
		codec_put_plan(&bytes, &plan);
		for (uint64_t flips = 1 + roll(&d) % 4; flips; flips--)
			bytes.s[roll(&d) % bytes.len] ^= (char)(1u << roll(&d) % 8);
		if (decode_exact(scratch, bytes.s, bytes.len, &got, &copy) < 0)
			continue;
		codec_put_plan(&again, &got);
		assert_int_equal(again.len, bytes.len);
		assert_memory_equal(again.s, bytes.s, bytes.len);
	}
}

/* Counts that memory could not hold must be refused before it is asked for. */
static void huge_counts(void **state)
{
	static const uint32_t counts[] = {UINT32_MAX, UINT32_MAX - 1, 1u << 31, 1u << 30, 1u << 20};
	auto_arena struct arena *a = arena_new();
	struct plan_init plan = {.id = "x"}, got;
	auto_strbuf struct strbuf bytes = {0};

	(void)state;
	codec_put_plan(&bytes, &plan);
	for (size_t at = 0; at + 4 <= bytes.len; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
			uint32_t old;

			memcpy(&old, bytes.s + at, 4);
			memcpy(bytes.s + at, &counts[i], 4);
			/* Some of these are numbers of the plan, where anything goes. */
			if (codec_get_plan(a, bytes.s, bytes.len, &got) == 0)
				assert_int_equal(got.steps.n, 0);
			memcpy(bytes.s + at, &old, 4);
		}
	}
}

static void single_structs(void **state)
{
	auto_arena struct arena *a = arena_new();
	auto_strbuf struct strbuf bytes = {0};
	const struct step_path one = {"/a"}, two = {NULL};
	struct step_path got = {"old"};
	size_t pos = 0;

	(void)state;
	codec_put(&bytes, step_descs[STEP_CWD], &one);
	codec_put(&bytes, step_descs[STEP_CWD], &two);
	assert_int_equal(codec_get(a, step_descs[STEP_CWD], bytes.s, bytes.len, &pos, &got), 0);
	assert_string_equal(got.path, "/a");
	assert_int_equal(codec_get(a, step_descs[STEP_CWD], bytes.s, bytes.len, &pos, &got), 0);
	assert_null(got.path);
	assert_int_equal(pos, bytes.len);
	assert_int_equal(
		codec_get(a, step_descs[STEP_CWD], bytes.s, bytes.len, &pos, &got), -EBADMSG);
	assert_int_equal(pos, bytes.len);
}

static void names_of_steps(void **state)
{
	(void)state;
	for (int i = 0; i < STEP_NR; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
				step_name((enum step_kind)i), step_name((enum step_kind)k));
	assert_string_equal(step_name(STEP_EXEC), "exec");
	assert_string_equal(step_name(STEP_NR), "unknown");
	assert_string_equal(step_name((enum step_kind) - 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
		cmocka_unit_test(every_length),
		cmocka_unit_test(changed_bits),
		cmocka_unit_test(huge_counts),
		cmocka_unit_test(single_structs),
		cmocka_unit_test(names_of_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
