// SPDX-License-Identifier: Apache-2.0
/* base/record.h: every type of member there and back, and what a reader refuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/record.h"

struct inner {
	const char *name;
	uint32_t n;
};

struct all {
	const char *str;
	bool boolean;
	struct opt_bool opt_bool;
	int64_t i64;
	uint64_t u64;
	int32_t i32;
	uint32_t u32;
	struct opt_i64 opt_i64;
	struct opt_u64 opt_u64;
	int32_t choice;
	struct strv strv;
	array_of(uint32_t) u32s;
	struct inner *object;
	struct inner in_place;
	array_of(struct inner) array;
	array_of(struct kv) map;
};

#define ROW(type_, struct_, member)                                                                \
	.key = #member, .type = type_, .offset = offsetof(struct_, member)

static const struct field inner_fields[] = {
	{ROW(FIELD_STR, struct inner, name), .flags = FIELD_REQUIRED},
	{ROW(FIELD_U32, struct inner, n)},
	{0},
};
static const struct struct_desc inner_desc = {"inner", sizeof(struct inner), inner_fields};

static const struct name choices[] = {{"none", 0}, {"left", 1}, {"right", 2}, {0}};

static const struct field all_fields[] = {
	{ROW(FIELD_STR, struct all, str)},
	{ROW(FIELD_BOOL, struct all, boolean)},
	{ROW(FIELD_OPT_BOOL, struct all, opt_bool)},
	{ROW(FIELD_I64, struct all, i64)},
	{ROW(FIELD_U64, struct all, u64)},
	{ROW(FIELD_I32, struct all, i32)},
	{ROW(FIELD_U32, struct all, u32)},
	{ROW(FIELD_OPT_I64, struct all, opt_i64)},
	{ROW(FIELD_OPT_U64, struct all, opt_u64)},
	{ROW(FIELD_ENUM, struct all, choice), .names = choices},
	{ROW(FIELD_STRV, struct all, strv)},
	{ROW(FIELD_U32S, struct all, u32s)},
	{ROW(FIELD_OBJECT, struct all, object), .sub = &inner_desc},
	{ROW(FIELD_STRUCT, struct all, in_place), .sub = &inner_desc},
	{ROW(FIELD_ARRAY, struct all, array), .sub = &inner_desc},
	{ROW(FIELD_MAP, struct all, map)},
	{0},
};
static const struct struct_desc all_desc = {"all", sizeof(struct all), all_fields};

static int read_all(struct arena *a, const char *text, struct all *ret, struct err *e)
{
	struct json *tree;

	assert_int_equal(json_parse(a, "text", text, strlen(text), NULL, &tree, e), 0);
	return record_read(a, &all_desc, "all", tree, ret, e);
}

static const char full[] =
	"{\"str\":\"s\\n\",\"boolean\":true,\"opt_bool\":false,\"i64\":-9223372036854775808,"
	"\"u64\":18446744073709551615,\"i32\":-2147483648,\"u32\":4294967295,\"opt_i64\":0,"
	"\"opt_u64\":0,\"choice\":\"right\",\"strv\":[\"a\",\"\"],\"u32s\":[0,7],"
	"\"object\":{\"name\":\"o\",\"n\":1},\"in_place\":{\"name\":\"p\",\"n\":2},"
	"\"array\":[{\"name\":\"x\",\"n\":3},{\"name\":\"y\",\"n\":4}],\"map\":{\"k\":\"v\"}}";

static void there_and_back(void **state)
{
	auto_arena struct arena *a = arena_new();
	auto_json_writer struct json_writer *w = json_writer_new(0);
	struct all all = {0};

	(void)state;
	assert_int_equal(read_all(a, full, &all, NULL), 0);
	assert_true(all.opt_bool.set && !all.opt_bool.v);
	assert_true(all.i64 == INT64_MIN && all.u64 == UINT64_MAX);
	assert_true(all.i32 == INT32_MIN && all.u32 == UINT32_MAX);
	assert_true(all.opt_i64.set && all.opt_u64.set);
	assert_int_equal(all.choice, 2);
	assert_int_equal(all.strv.n, 2);
	assert_null(all.strv.v[2]);
	assert_int_equal(all.u32s.v[1], 7);
	assert_string_equal(all.object->name, "o");
	assert_string_equal(all.in_place.name, "p");
	assert_int_equal(all.array.v[1].n, 4);
	record_write(w, &all_desc, &all);
	assert_string_equal(json_writer_text(w, NULL), full);
}

static void absent_members(void **state)
{
	auto_arena struct arena *a = arena_new();
	auto_json_writer struct json_writer *w = json_writer_new(0);
	struct all all = {.str = "old", .opt_bool = {true, true}}, zero = {0};

	(void)state;
	assert_int_equal(
		read_all(a, "{\"str\":null,\"object\":null,\"unknown\":[{}]}", &all, NULL), 0);
	assert_memory_equal(&all, &zero, sizeof(all));
	record_write(w, &all_desc, &all);
	assert_string_equal(json_writer_text(w, NULL),
		"{\"boolean\":false,\"i64\":0,\"u64\":0,\"i32\":0,\"u32\":0,\"choice\":\"none\","
		"\"in_place\":{\"n\":0}}");
}

static void refusals(void **state)
{
	static const struct {
		const char *text, *object;
		enum err_code code;
	} cases[] = {
		{"[]", "all", ERR_CONFIG_TYPE},
		{"{\"str\":1}", "all.str", ERR_CONFIG_TYPE},
		{"{\"boolean\":\"true\"}", "all.boolean", ERR_CONFIG_TYPE},
		{"{\"opt_bool\":0}", "all.opt_bool", ERR_CONFIG_TYPE},
		{"{\"i64\":\"1\"}", "all.i64", ERR_CONFIG_TYPE},
		{"{\"i64\":9223372036854775808}", "all.i64", ERR_CONFIG_VALUE},
		{"{\"u64\":-1}", "all.u64", ERR_CONFIG_VALUE},
		{"{\"u64\":1.5}", "all.u64", ERR_CONFIG_VALUE},
		{"{\"i32\":2147483648}", "all.i32", ERR_CONFIG_VALUE},
		{"{\"i32\":-2147483649}", "all.i32", ERR_CONFIG_VALUE},
		{"{\"u32\":4294967296}", "all.u32", ERR_CONFIG_VALUE},
		{"{\"opt_i64\":{}}", "all.opt_i64", ERR_CONFIG_TYPE},
		{"{\"opt_u64\":-1}", "all.opt_u64", ERR_CONFIG_VALUE},
		{"{\"choice\":\"up\"}", "all.choice", ERR_CONFIG_VALUE},
		{"{\"choice\":1}", "all.choice", ERR_CONFIG_TYPE},
		{"{\"strv\":\"a\"}", "all.strv", ERR_CONFIG_TYPE},
		{"{\"strv\":[\"a\",null]}", "all.strv[1]", ERR_CONFIG_TYPE},
		{"{\"u32s\":[1,-1]}", "all.u32s[1]", ERR_CONFIG_VALUE},
		{"{\"object\":[]}", "all.object", ERR_CONFIG_TYPE},
		{"{\"object\":{}}", "all.object.name", ERR_CONFIG_MISSING},
		{"{\"in_place\":{\"name\":null}}", "all.in_place.name", ERR_CONFIG_MISSING},
		{"{\"array\":{}}", "all.array", ERR_CONFIG_TYPE},
		{"{\"array\":[{\"name\":\"x\",\"n\":-1}]}", "all.array[0].n", ERR_CONFIG_VALUE},
		{"{\"map\":[]}", "all.map", ERR_CONFIG_TYPE},
		{"{\"map\":{\"k\":2}}", "all.map[\"k\"]", ERR_CONFIG_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_arena struct arena *a = arena_new();
		struct all all = {.u32 = 7};
		struct err e = {0};

		assert_true(read_all(a, cases[i].text, &all, &e) < 0);
		assert_int_equal(e.code, cases[i].code);
		assert_string_equal(e.object, cases[i].object);
		assert_ptr_equal(strstr(e.msg, cases[i].object), e.msg);
		assert_int_equal(all.u32, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(absent_members),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
