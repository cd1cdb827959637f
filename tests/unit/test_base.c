// SPDX-License-Identifier: Apache-2.0
/* Errors, strings, numbers, names, arenas, the log: base/err.h and its neighbours. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/names.h"
#include "base/num.h"
#include "base/str.h"

/* ---------------------------------------------------------------- err */

static void err_is_written_once(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_is_set(NULL));
	assert_false(err_is_set(&e));
	assert_int_equal(err_set(&e, ERR_MOUNT, EBUSY, "one %d", 1), -EBUSY);
	assert_int_equal(err_set(&e, ERR_EXEC, ENOENT, "two"), -ENOENT);
	assert_int_equal(err_sys(&e, ERR_EXEC, -EIO, "three"), -EIO);
	assert_int_equal(e.code, ERR_MOUNT);
	assert_int_equal(e.errnum, EBUSY);
	assert_string_equal(e.msg, "one 1");
	err_object(&e, "a%c", 'b');
	err_object(&e, "other");
	err_fix(&e, "do %s", "this");
	err_fix(&e, "or that");
	err_step(&e, "first");
	err_step(&e, "second");
	assert_string_equal(e.object, "ab");
	assert_string_equal(e.fix, "do this");
	assert_string_equal(e.step, "first");
	err_prefix(&e, "at %s", "home");
	err_prefix(&e, "here");
	assert_string_equal(e.msg, "here: at home: one 1");
}

static void err_accepts_null(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_BUG, 0, "x"), -EINVAL);
	assert_int_equal(err_set(NULL, ERR_BUG, EPERM, "x"), -EPERM);
	assert_int_equal(err_sys(NULL, ERR_BUG, -EPERM, "x"), -EPERM);
	err_object(NULL, "x");
	err_fix(NULL, "x");
	err_step(NULL, "x");
	err_prefix(NULL, "x");
	assert_int_equal(err_kind(NULL), ERR_KIND_NONE);
	assert_int_equal(err_exit_status(NULL), 0);
}

static void err_texts(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_sys(&e, ERR_SYSTEM, -ENOENT, "open %s", "f"), -ENOENT);
	assert_string_equal(e.msg, "open f: no such file or directory");
	assert_string_equal(err_text(EPERM), "operation not permitted");
	assert_string_equal(err_text(EIO), "input/output error");
	/* Only the first letter is made small. */
	assert_string_equal(err_text(EBFONT), "bad font file format");
	assert_string_equal(err_text(EADV), "advertise error");
	assert_string_equal(err_text(4711), "errno 4711");
	e = (struct err){0};
	/* Neither sign nor absence of the number may give success. */
	assert_int_equal(err_sys(&e, ERR_SYSTEM, EACCES, "x"), -EACCES);
	assert_int_equal(e.errnum, EACCES);
}

static void assert_cut(const char *text, size_t size)
{
	assert_int_equal(strlen(text), size - 1);
	assert_string_equal(text + size - 4, "...");
}

static void err_cuts(void **state)
{
	struct err e = {0};
	char longer[3000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_set(&e, ERR_BUG, 0, "%s", longer);
	err_object(&e, "%s", longer);
	err_fix(&e, "%s", longer);
	err_step(&e, longer);
	assert_cut(e.msg, sizeof(e.msg));
	assert_cut(e.object, sizeof(e.object));
	assert_cut(e.fix, sizeof(e.fix));
	assert_int_equal(strlen(e.step), sizeof(e.step) - 1);
	err_prefix(&e, "begin");
	assert_int_equal(strncmp(e.msg, "begin: xxx", 10), 0);
	assert_cut(e.msg, sizeof(e.msg));
	err_prefix(&e, "%s", longer);
	assert_cut(e.msg, sizeof(e.msg));
	/* One byte at the border. */
	for (size_t n = sizeof(e.msg) - 3; n <= sizeof(e.msg); n++) {
		e = (struct err){0};
		err_set(&e, ERR_BUG, 0, "%.*s", (int)n, longer);
		assert_int_equal(strlen(e.msg), n < sizeof(e.msg) ? n : sizeof(e.msg) - 1);
		assert_int_equal(e.msg[sizeof(e.msg) - 2] == '.', n >= sizeof(e.msg));
		e = (struct err){0};
		err_sys(&e, ERR_BUG, EPERM, "%.*s", (int)n, longer);
		assert_cut(e.msg, sizeof(e.msg));
	}
}

static void err_codes(void **state)
{
	(void)state;
	for (int code = 0; code < ERR_CODE_NR; code++) {
		struct err e = {.code = (enum err_code)code};
		const char *name = err_code_name(e.code);

		assert_int_equal(err_code_from_name(name), code);
		assert_string_not_equal(err_kind_name(err_kind(&e)), "");
		assert_int_equal(err_kind(&e) == ERR_KIND_NONE, code == ERR_NONE);
		assert_int_equal(err_exit_status(&e), code == ERR_NONE  ? 0
						      : code == ERR_BUG ? 70
									: 1);
		for (const char *c = name; *c; c++)
			assert_true((*c >= 'a' && *c <= 'z') || *c == '-');
	}
	assert_int_equal(err_code_from_name("no such code"), ERR_BUG);
	assert_string_equal(err_code_name(ERR_CODE_NR), "none");
	assert_string_equal(err_kind_name((enum err_kind)99), "none");
}

/* ---------------------------------------------------------------- num */

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int u64, i64, u32, i32;
	} cases[] = {
		{"0", 0, 0, 0, 0},
		{"007", 0, 0, 0, 0},
		{"2147483647", 0, 0, 0, 0},
		{"2147483648", 0, 0, 0, -ERANGE},
		{"4294967295", 0, 0, 0, -ERANGE},
		{"4294967296", 0, 0, -ERANGE, -ERANGE},
		{"9223372036854775807", 0, 0, -ERANGE, -ERANGE},
		{"9223372036854775808", 0, -ERANGE, -ERANGE, -ERANGE},
		{"18446744073709551615", 0, -ERANGE, -ERANGE, -ERANGE},
		{"18446744073709551616", -ERANGE, -ERANGE, -ERANGE, -ERANGE},
		{"99999999999999999999999", -ERANGE, -ERANGE, -ERANGE, -ERANGE},
		{"-1", -EINVAL, 0, -EINVAL, 0},
		{"-0", -EINVAL, 0, -EINVAL, 0},
		{"-2147483648", -EINVAL, 0, -EINVAL, 0},
		{"-2147483649", -EINVAL, 0, -EINVAL, -ERANGE},
		{"-9223372036854775808", -EINVAL, 0, -EINVAL, -ERANGE},
		{"-9223372036854775809", -EINVAL, -ERANGE, -EINVAL, -ERANGE},
		{"", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"-", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"--1", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"+1", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{" 1", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"1 ", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"1\n", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"0x10", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"1e3", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
		{"\xd9\xa1", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t u64 = 42;
		int64_t i64 = 42;
		uint32_t u32 = 42;
		int32_t i32 = 42;

		assert_int_equal(num_u64(cases[i].text, &u64), cases[i].u64);
		assert_int_equal(num_i64(cases[i].text, &i64), cases[i].i64);
		assert_int_equal(num_u32(cases[i].text, &u32), cases[i].u32);
		assert_int_equal(num_i32(cases[i].text, &i32), cases[i].i32);
		assert_true(u64 == (cases[i].u64 ? 42 : strtoull(cases[i].text, NULL, 10)));
		assert_true(i64 == (cases[i].i64 ? 42 : strtoll(cases[i].text, NULL, 10)));
		assert_true(u32 == (cases[i].u32 ? 42 : strtoull(cases[i].text, NULL, 10)));
		assert_true(i32 == (cases[i].i32 ? 42 : strtoll(cases[i].text, NULL, 10)));
	}
}

static void modes(void **state)
{
	uint32_t mode = 1;

	(void)state;
	assert_int_equal(num_mode("0", &mode), 0);
	assert_int_equal(mode, 0);
	assert_int_equal(num_mode("0755", &mode), 0);
	assert_int_equal(mode, 0755);
	assert_int_equal(num_mode("7777", &mode), 0);
	assert_int_equal(mode, 07777);
	assert_int_equal(num_mode("10000", &mode), -ERANGE);
	assert_int_equal(num_mode("77777777777777777777777", &mode), -ERANGE);
	assert_int_equal(num_mode("8", &mode), -EINVAL);
	assert_int_equal(num_mode("", &mode), -EINVAL);
	assert_int_equal(num_mode("-1", &mode), -EINVAL);
	assert_int_equal(mode, 07777);
}

/* ---------------------------------------------------------------- str, names, mem */

static void strings(void **state)
{
	(void)state;
	assert_true(str_eq("", "") && !str_eq("a", "ab"));
	assert_true(str_eq_null(NULL, NULL) && !str_eq_null("", NULL) && !str_eq_null(NULL, ""));
	assert_true(str_is_empty(NULL) && str_is_empty("") && !str_is_empty(" "));
	assert_string_equal(str_after("prefix-rest", "prefix-"), "rest");
	assert_string_equal(str_after("abc", ""), "abc");
	assert_string_equal(str_after("abc", "abc"), "");
	assert_null(str_after("ab", "abc"));
}

static void buffers(void **state)
{
	auto_strbuf struct strbuf b = {0};
	char expected[4096] = "";

	(void)state;
	assert_string_equal(strbuf_str(&b), "");
	strbuf_addf(&b, "%s", "");
	assert_string_equal(strbuf_str(&b), "");
	for (int i = 0; i < 200; i++) {
		size_t len = strlen(expected);

		strbuf_addf(&b, "%d,", i);
		strbuf_addc(&b, 'c');
		strbuf_add(&b, "ab");
		snprintf(expected + len, sizeof(expected) - len, "%d,cab", i);
		assert_string_equal(strbuf_str(&b), expected);
		assert_int_equal(b.len, strlen(expected));
	}
	strbuf_addn(&b, "\0x", 2);
	assert_int_equal(b.len, strlen(expected) + 2);
	assert_int_equal(b.s[b.len], '\0');
	strbuf_done(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(strbuf_str(&b), "");
}

static void lists(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct strv list = {0}, copy, split;
	const char *item;
	size_t seen = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		strv_add(a, &list, arena_printf(a, "%d", i));
		assert_int_equal(list.n, i + 1);
		assert_null(list.v[list.n]);
	}
	strv_foreach (item, &list)
		assert_string_equal(item, list.v[seen++]);
	assert_int_equal(seen, 100);
	assert_true(strv_has(&list, "42") && !strv_has(&list, "100"));
	/* The copy of a list keeps its own length and end. */
	copy = list;
	strv_add(a, &list, "more");
	assert_int_equal(copy.n, 100);
	assert_string_equal(list.v[100], "more");

	split = strv_split(a, ",a,,b;c;", ",;");
	assert_int_equal(split.n, 3);
	assert_string_equal(split.v[0], "a");
	assert_string_equal(split.v[2], "c");
	assert_null(split.v[3]);
	assert_int_equal(strv_split(a, "", ",").n, 0);
	assert_int_equal(strv_split(a, ",,,", ",").n, 0);
}

static void name_tables(void **state)
{
	static const struct name table[] = {{"one", 1}, {"uno", 1}, {"two", 2}, {NULL, 0}};

	(void)state;
	assert_int_equal(names_find(table, "uno")->value, 1);
	assert_null(names_find(table, "One"));
	assert_null(names_find(table, "on"));
	assert_null(names_find(table, ""));
	assert_string_equal(names_of(table, 1), "one");
	assert_null(names_of(table, 3));
	assert_null(names_of(table, 0));
}

/* The caller's memory first, then more; what does not fit leaves the caller's memory usable. */
static void arena_in_room(void **state)
{
	struct arena_room room[ARENA_ROOM(1024)];
	struct arena *a = arena_new_in(room, sizeof(room));
	const unsigned char *begin = room->bytes, *end = begin + sizeof(room);
	unsigned char *in, *out;

	(void)state;
	in = arena_alloc(a, 600);
	assert_true(in >= begin && in + 600 <= end);
	memset(in, 'x', 600);
	out = arena_alloc(a, 5000);
	assert_false(out >= begin && out < end);
	memset(out, 'y', 5000);
	for (int i = 0; i < 600; i++)
		assert_int_equal(in[i], 'x');
	arena_free(a);
	a = arena_new_in(room, sizeof(room));
	/* Memory that was used before is zeroed again. */
	in = arena_alloc(a, 600);
	for (int i = 0; i < 600; i++)
		assert_int_equal(in[i], 0);
	arena_free(a);
}

static void arenas(void **state)
{
	auto_arena struct arena *a = arena_new();
	char *before = NULL;
	uint32_t *list = NULL;

	(void)state;
	for (size_t size = 0; size < 40000; size = size * 2 + 1) {
		char *p = arena_alloc(a, size);

		assert_true((uintptr_t)p % _Alignof(max_align_t) == 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
		assert_true(p != before);
		before = size ? p : NULL;
	}
	for (uint32_t n = 0; n < 1000; n++) {
		list = arena_grow(a, list, n, sizeof(*list));
		list[n] = n * 3;
		for (uint32_t i = 0; i <= n; i += 37)
			assert_int_equal(list[i], i * 3);
	}
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
	arena_free(NULL);
}

static void ownership(void **state)
{
	char *p = xstrdup("x");
	auto_free char *q = take_ptr(p);
	int fd = 7, none = -1;

	(void)state;
	assert_null(p);
	assert_string_equal(q, "x");
	assert_int_equal(take_fd(&fd), 7);
	assert_int_equal(fd, -1);
	close_fd(&none);
	assert_int_equal(none, -1);
}

/* ---------------------------------------------------------------- log */

struct heard {
	int n;
	enum log_level level;
	char msg[4096];
	const struct err *e;
};

static void listen(enum log_level level, const char *msg, const struct err *e, void *arg)
{
	struct heard *h = arg;

	h->n++;
	h->level = level;
	h->e = e;
	snprintf(h->msg, sizeof(h->msg), "%s", msg);
}

static void logging(void **state)
{
	struct heard h = {0};
	struct err e = {.code = ERR_MOUNT, .msg = "what", .fix = "how"};
	char longer[5000];

	(void)state;
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		log_setup(&(struct log_options){(enum log_level)level, true, listen, &h});
		h.n = 0;
		for (int msg = LOG_LEVEL_ERROR; msg <= LOG_LEVEL_DEBUG; msg++) {
			assert_int_equal(log_enabled((enum log_level)msg), msg <= level);
			log_msg((enum log_level)msg, "%d", msg);
		}
		assert_int_equal(h.n, level + 1);
		assert_int_equal(h.level, level);
		assert_null(h.e);
		/* What ends the command is told at every level. */
		log_err(&e);
		assert_ptr_equal(h.e, &e);
		assert_string_equal(h.msg, "what");
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_warn("%s", longer);
	assert_true(strlen(h.msg) > 1000 && strlen(h.msg) < sizeof(longer));
	assert_string_equal(log_level_name(LOG_LEVEL_WARN), "warning");
	log_setup(&(struct log_options){.level = LOG_LEVEL_WARN});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_is_written_once),
		cmocka_unit_test(err_accepts_null),
		cmocka_unit_test(err_texts),
		cmocka_unit_test(err_cuts),
		cmocka_unit_test(err_codes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(modes),
		cmocka_unit_test(strings),
		cmocka_unit_test(buffers),
		cmocka_unit_test(lists),
		cmocka_unit_test(name_tables),
		cmocka_unit_test(arenas),
		cmocka_unit_test(arena_in_room),
		cmocka_unit_test(ownership),
		cmocka_unit_test(logging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
