// SPDX-License-Identifier: Apache-2.0
/* base/json.h: what is read, what is refused and where, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"

/* gcc defines a macro, clang answers a question. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#define assert_contains(text, part)                                                                \
	do {                                                                                       \
		if (!strstr((text), (part)))                                                       \
			fail_msg("\"%s\" does not contain \"%s\"", (text), (part));                \
	} while (0)

static struct json *parse(struct arena *a, const char *text)
{
	struct err e = {0};
	struct json *v = NULL;

	if (json_parse(a, "t", text, strlen(text), NULL, &v, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	return v;
}

static void test_values(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct json *v =
		parse(a, " {\"a\" : [1, -2.5e3, true,false , null,\"x\\u00e9\\n\"],\n \"b\":{} } ");
	struct json *arr = json_get(v, "a");

	(void)state;
	assert_int_equal(v->type, JSON_OBJECT);
	assert_int_equal(v->object.n, 2);
	assert_int_equal(arr->array.n, 6);
	assert_string_equal(arr->array.v[0]->number, "1");
	assert_string_equal(arr->array.v[1]->number, "-2.5e3");
	assert_true(arr->array.v[2]->boolean);
	assert_false(arr->array.v[3]->boolean);
	assert_int_equal(arr->array.v[4]->type, JSON_NULL);
	assert_string_equal(arr->array.v[5]->string, "x\xc3\xa9\n");
	assert_int_equal(json_get(v, "b")->type, JSON_OBJECT);
	assert_int_equal(json_get(v, "b")->object.n, 0);
	assert_null(json_get(v, "c"));
	assert_null(json_get(NULL, "c"));
	assert_null(json_get(arr, "c"));
}

/* Every value of a text that has each kind of token after each kind of separator. */
static void test_offsets(void **state)
{
	static const char text[] = "{ \"k\\\"1\" : [ 10 ,\n\t\"s\\u0041,:\",true,\nnull ],"
				   "\"e\":{},\"f\":[], \"g\" : -1.5}";
	auto_arena struct arena *a = arena_new();
	struct json *v = parse(a, text);
	struct json *arr = json_get(v, "k\"1");

	(void)state;
	assert_int_equal(v->offset, 0);
	assert_int_equal(text[arr->offset], '[');
	assert_memory_equal(text + arr->array.v[0]->offset, "10 ", 3);
	assert_memory_equal(text + arr->array.v[1]->offset, "\"s\\u", 4);
	assert_memory_equal(text + arr->array.v[2]->offset, "true", 4);
	assert_memory_equal(text + arr->array.v[3]->offset, "null", 4);
	assert_memory_equal(text + json_get(v, "e")->offset, "{}", 2);
	assert_memory_equal(text + json_get(v, "f")->offset, "[]", 2);
	assert_memory_equal(text + json_get(v, "g")->offset, "-1.5", 4);
	assert_int_equal(parse(a, "  12")->offset, 2);
	assert_int_equal(parse(a, "\n\"x\"")->offset, 1);
}

static void test_position(void **state)
{
	static const char text[] = "ab\n\xc3\xa9z\n";
	unsigned line, column;

	(void)state;
	json_position(text, strlen(text), 0, &line, &column);
	assert_int_equal(line, 1);
	assert_int_equal(column, 1);
	json_position(text, strlen(text), 5, &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 2);
	json_position(text, strlen(text), 1000, &line, &column);
	assert_int_equal(line, 3);
	assert_int_equal(column, 1);
}

static const struct {
	const char *text;
	const char *expect;
} bad[] = {
	{"", "the text ends too early (line 1, column 1)"},
	{"  \n ", "the text ends too early (line 2, column 2)"},
	{"{", "the text ends too early (line 1, column 2)"},
	{"[1,", "the text ends too early"},
	{"\"abc", "the text ends too early"},
	{"tru", "the text ends too early"},
	{"-", "the text ends too early"},
	{"{\"a\":1}}", "found '}' (line 1, column 8)"},
	{"1 2", "found '2' (line 1, column 3)"},
	{"{} tru", "found 'tru' (line 1, column 4)"},
	{"{} \"a", "found a string (line 1, column 4)"},
	{"{} x", "found 'x' (line 1, column 4)"},
	{"[1,,2]", "found ',' (line 1, column 4)"},
	{"[1,\n 2,]", "found ']' (line 2, column 4)"},
	{"[1 2]", "found '2' (line 1, column 4)"},
	{"[1 \"a b\"]", "found a string (line 1, column 4)"},
	{"{\"a\" 1}", "found '1' (line 1, column 6)"},
	{"{\"a\":1 \"b\":2}", "found a string (line 1, column 8)"},
	{"{\"a\":1,}", "found '}' (line 1, column 8)"},
	{"{a:1}", "found 'a' (line 1, column 2)"},
	{"{1:1}", "found '1' (line 1, column 2)"},
	{"[}", "found '}' (line 1, column 2)"},
	{"[01]", "line 1, column"},
	{"[1.]", "line 1, column"},
	{"[+1]", "line 1, column 2"},
	{"[.5]", "line 1, column 2"},
	{"[NaN]", "line 1, column 2"},
	{"[truth]", "line 1, column"},
	{"\xef\xbb\xbf{}", "byte 0xef (line 1, column 1)"},
	{"// c\n{}", "comment"},
	{"{/* c */}", "comment"},
	{"[\"a\nb\"]", "line 1, column"},
	{"[\"\\x\"]", "line 1, column"},
	{"[\"\\u12g4\"]", "line 1, column"},
	{"[\"\\u0000\"]", "contains \\u0000 (line 1, column 2)"},
	{"{\"a\\u0000\":1}", "contains \\u0000 (line 1, column 2)"},
	{"[\"ab\xff\"]", "not valid UTF-8 (line 1, column 5)"},
	{"[\"\xc0\x80\"]", "not valid UTF-8"},
	{"[\"\xed\xa0\x80\"]", "not valid UTF-8"},
	{"[\"\xf5\x80\x80\x80\"]", "not valid UTF-8"},
	{"[\"\xe2\x82\"]", "not valid UTF-8"},
	{"[\"\\n\xff\"]", "not valid UTF-8 (line 1, column 2)"},
	{"[\"\\ud800\"]", "half a surrogate pair (line 1, column 3)"},
	{"[\"\\udc00\"]", "half a surrogate pair"},
	{"[\"x\\ud83dx\"]", "half a surrogate pair"},
	{"[\"\\ud83d\\u0041\"]", "half a surrogate pair"},
	{"{\"a\":1,\n\"b\":2,\"a\":3}",
		"the key \"a\" occurs twice in an object (line 2, column 7)"},
	{"{\"a\":1,\"\\u0061\":3}", "the key \"a\" occurs twice"},
	{"[{\"x\":{\"y\":1,\"y\":1}}]", "the key \"y\" occurs twice"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_arena struct arena *a = arena_new();
		struct json *v = (struct json *)&bad;
		struct err e = {0};
		int r = json_parse(a, "name", bad[i].text, strlen(bad[i].text), NULL, &v, &e);

		if (r >= 0)
			fail_msg("accepted: %s", bad[i].text);
		assert_int_equal(e.code, ERR_CONFIG_SYNTAX);
		assert_ptr_equal(v, &bad); /* untouched */
		assert_null(strchr(e.msg, '\n'));
		if (strncmp(e.msg, "name: ", 6) != 0 || !strstr(e.msg, bad[i].expect))
			fail_msg("%s: \"%s\" lacks \"%s\"", bad[i].text, e.msg, bad[i].expect);
	}
}

static void test_nul_byte(void **state)
{
	static const char text[] = "[\"a\0b\"]";
	auto_arena struct arena *a = arena_new();
	struct err e = {0};
	struct json *v;

	(void)state;
	assert_true(json_parse(a, "t", text, sizeof(text) - 1, NULL, &v, &e) < 0);
	assert_true(json_parse(a, "t", "{}\0", 3, NULL, &v, NULL) < 0);
}

static void test_surrogate_pair(void **state)
{
	auto_arena struct arena *a = arena_new();

	(void)state;
	assert_string_equal(
		parse(a, "\"\\ud83d\\ude00\\\\ud800\"")->string, "\xf0\x9f\x98\x80\\ud800");
}

static int parse_limited(const char *text, size_t len, struct json_limits limits, struct err *e)
{
	auto_arena struct arena *a = arena_new();
	struct json *v;

	return json_parse(a, "t", text, len, &limits, &v, e);
}

static void test_limits(void **state)
{
	const size_t deep = 100000;
	auto_free char *text = xmalloc(deep);
	struct err e = {0};

	(void)state;
	memset(text, '[', deep);
	assert_true(parse_limited(text, deep, (struct json_limits){0}, &e) < 0);
	assert_contains(e.msg, "nested deeper than 128 levels (line 1, column 129)");
	assert_int_equal(parse_limited("[[]]", 4, (struct json_limits){.max_depth = 2}, NULL), 0);
	assert_true(parse_limited("[[[]]]", 6, (struct json_limits){.max_depth = 2}, NULL) < 0);
	assert_int_equal(parse_limited("[1,2]", 5, (struct json_limits){.max_nodes = 3}, NULL), 0);
	e = (struct err){0};
	assert_true(parse_limited("[1,2]", 5, (struct json_limits){.max_nodes = 2}, &e) < 0);
	assert_contains(e.msg, "more than 2 values");
	assert_int_equal(parse_limited("[1]", 3, (struct json_limits){.max_bytes = 3}, NULL), 0);
	e = (struct err){0};
	assert_true(parse_limited("[12]", 4, (struct json_limits){.max_bytes = 3}, &e) < 0);
	assert_int_equal(e.errnum, EFBIG);
}

static double seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6;
}

/* 100,000 keys: compared pair by pair this would be five thousand million comparisons. */
static void test_many_keys(void **state)
{
	auto_arena struct arena *a = arena_new();
	auto_strbuf struct strbuf b = {0};
	struct err e = {0};
	struct json *v;
	double before;

	(void)state;
	strbuf_addc(&b, '{');
	for (int i = 0; i < 100000; i++)
		strbuf_addf(&b, "\"key-with-a-long-prefix-%d\":0,", i);
	strbuf_add(&b, "\"last\":1}");
	before = seconds();
	assert_int_equal(json_parse(a, "t", b.s, b.len, NULL, &v, &e), 0);
	assert_int_equal(v->object.n, 100001);
	assert_string_equal(v->object.v[100000].key, "last"); /* order is kept */
	b.len -= strlen("\"last\":1}");
	strbuf_add(&b, "\"key-with-a-long-prefix-77\":1}");
	assert_true(json_parse(a, "t", b.s, b.len, NULL, &v, &e) < 0);
	assert_contains(e.msg, "\"key-with-a-long-prefix-77\" occurs twice");
	assert_true(seconds() - before < 5.0);
}

/* The promise of json.h: whatever the text, a process stays below 64 MiB. */
static void hostile_child(
	const char *open, const char *before, const char *after, const char *close)
{
	auto_strbuf struct strbuf b = {0};
	struct json_limits limits = {0};
	struct arena *a = arena_new();
	struct rusage u;
	struct json *v;

	strbuf_add(&b, open);
	for (int i = 0; b.len + 64 < JSON_MAX_BYTES; i++)
		strbuf_addf(&b, "%s%08d%s", before, i, after);
	strbuf_add(&b, close);
	json_parse(a, "t", b.s, b.len, &limits, &v, NULL);
	getrusage(RUSAGE_SELF, &u);
	fprintf(stderr, "hostile %s: %ld KiB\n", open, u.ru_maxrss);
	_exit(u.ru_maxrss < 64 * 1024 ? 0 : 1);
}

static void test_memory(void **state)
{
	static const struct {
		const char *open, *before, *after, *close;
	} texts[] = {
		{"[", "1", ",", "0]"},
		{"[\"", "", "\\n", "\"]"},
		{"{", "\"", "\":[],", "\"\":0}"},
		{"{\"a\":[", "{\"", "\":{}},", "0]}"},
		{"[1", "", "", "]"},
		{"[", "[1", "],", "0]"},
	};

	(void)state;
	if (SANITIZED) {
		print_message("SKIP: a sanitizer's own memory hides the parser's\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			hostile_child(
				texts[i].open, texts[i].before, texts[i].after, texts[i].close);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t v;
	} i64[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"0.000e5", 0, 0},
		{"12", 0, 12},
		{"-12", 0, -12},
		{"1200", 0, 1200},
		{"1e3", 0, 1000},
		{"1.0", 0, 1},
		{"1.50e1", 0, 15},
		{"1200e-2", 0, 12},
		{"1200.0e-2", 0, 12},
		{"100000000000000000000000000e-26", 0, 1},
		{"0.00000000000000000000012e23", 0, 12},
		{"1.5", -EINVAL, 0},
		{"1e-1", -EINVAL, 0},
		{"10e-2", -EINVAL, 0},
		{"1e999999999999999999999", -ERANGE, 0},
		{"1e-999999999999999999999", -EINVAL, 0},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0},
	};
	auto_arena struct arena *a = arena_new();
	uint64_t u = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(i64); i++) {
		int64_t n = 0;
		int r = json_i64(parse(a, i64[i].text), &n);

		if (r != i64[i].r || n != i64[i].v)
			fail_msg("%s: %d, %lld", i64[i].text, r, (long long)n);
	}
	assert_int_equal(json_u64(parse(a, "18446744073709551615"), &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(json_u64(parse(a, "18446744073709551616"), &u), -ERANGE);
	assert_int_equal(json_u64(parse(a, "-1"), &u), -ERANGE);
	assert_int_equal(json_u64(parse(a, "\"1\""), &u), -EINVAL);
	assert_true(u == UINT64_MAX);
}

static void test_writer(void **state)
{
	auto_json_writer struct json_writer *w = json_writer_new(2);
	auto_json_writer struct json_writer *flat = json_writer_new(0);
	auto_arena struct arena *a = arena_new();
	size_t len;

	(void)state;
	json_open_object(w);
	json_kv_string(w, "s", "a\"\\\n\x01/\xc3\xa9\xff\xed\xa0\x80");
	json_kv_string(w, "n", NULL);
	json_kv_string_opt(w, "gone", NULL);
	json_kv_int(w, "i", -5);
	json_kv_uint(w, "u", UINT64_MAX);
	json_kv_bool(w, "b", true);
	json_key(w, "e");
	json_open_object(w);
	json_close_object(w);
	json_key(w, "a");
	json_open_array(w);
	json_open_array(w);
	json_close_array(w);
	json_int(w, 1);
	json_close_array(w);
	json_close_object(w);
	assert_string_equal(json_writer_text(w, &len),
		"{\n"
		"  \"s\": "
		"\"a\\\"\\\\\\n\\u0001/\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		"\",\n"
		"  \"n\": null,\n"
		"  \"i\": -5,\n"
		"  \"u\": 18446744073709551615,\n"
		"  \"b\": true,\n"
		"  \"e\": {},\n"
		"  \"a\": [\n"
		"    [],\n"
		"    1\n"
		"  ]\n"
		"}");
	assert_int_equal(len, strlen(json_writer_text(w, NULL)));
	json_value(flat, parse(a, "{ \"a\" : [1e3, true, null, {}, \"\\u20ac\"] }"));
	assert_string_equal(
		json_writer_text(flat, NULL), "{\"a\":[1e3,true,null,{},\"\xe2\x82\xac\"]}");
}

static void test_quoted(void **state)
{
	char longer[500];
	struct json_quoted q;

	(void)state;
	assert_string_equal(json_quoted("a\nb\"").text, "\"a\\nb\\\"\"");
	for (size_t n = 0; n < sizeof(longer) - 1; n++) {
		/* Two-byte characters: a cut must not go through one. */
		memcpy(longer + n, "\xc3\xa9", 2);
		longer[n] = n % 2 ? '\xa9' : '\xc3';
		longer[n + 1] = '\0';
		q = json_quoted(longer);
		assert_true(strlen(q.text) < sizeof(q.text));
		assert_int_equal(utf8_valid(q.text, strlen(q.text)), strlen(q.text));
		assert_int_equal(q.text[strlen(q.text) - 1], '"');
	}
	assert_contains(q.text, "...\"");
	memset(longer, '\x01', sizeof(longer) - 1);
	assert_true(strlen(json_quoted(longer).text) < sizeof(q.text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_surrogate_pair),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
