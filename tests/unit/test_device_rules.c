// SPDX-License-Identifier: Apache-2.0
/*
 * Device rules: what the program for cgroup v2 answers, by a small machine that runs it, and what
 * cgroup v1 is told. Both must say the same of every device.
 */
#include <linux/bpf.h>

#include "plan/resources.h"
#include "spec/decode.h"
#include "spec/fields.h"
#include "spec_patch.h"

#define ALL  "{\"allow\": true, \"access\": \"rwm\"}"
#define NONE "{\"allow\": false, \"access\": \"rwm\"}"

static const struct spec_resources *rules(struct arena *a, const char *list)
{
	struct spec_resources *r = arena_new_of(a, struct spec_resources);
	const char *json = arena_printf(a, "{\"devices\": [%s]}", list);
	struct err e = {0};

	if (decode_text(a, "test", json, strlen(json), &spec_resources_desc, r, &e) < 0)
		fail_msg("%s: %s", json, e.msg);
	return r;
}

/* ---------------------------------------------------------------- the machine */

static uint64_t source(const struct bpf_insn *i, const uint64_t *reg)
{
	return i->code & BPF_X ? reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
}

static bool jumps(const struct bpf_insn *i, const uint64_t *reg)
{
	uint32_t x = (uint32_t)reg[i->dst_reg], y = (uint32_t)source(i, reg);

	switch (i->code & 0xf0) {
	case BPF_JNE:
		return x != y;
	case BPF_JSET:
		return x & y;
	default:
		fail_msg("unknown jump %#x", i->code);
		return false;
	}
}

static uint64_t compute(const struct bpf_insn *i, const uint64_t *reg)
{
	uint64_t x = reg[i->dst_reg], y = source(i, reg), result = 0;

	switch (i->code & 0xf0) {
	case BPF_MOV:
		result = y;
		break;
	case BPF_AND:
		result = x & y;
		break;
	case BPF_RSH:
		result = (uint32_t)x >> y;
		break;
	default:
		fail_msg("unknown operation %#x", i->code);
	}
	return (i->code & 7) == BPF_ALU ? (uint32_t)result : result;
}

/* Runs it; a jump backwards or past the end is one that the verifier would refuse. */
static bool answers(const struct bytes *program, const struct bpf_cgroup_dev_ctx *ctx)
{
	const struct bpf_insn *code = program->data;
	size_t n = program->n / sizeof(*code), at = 0;
	uint64_t reg[16] = {0};

	for (;; at++) {
		const struct bpf_insn *i = &code[at];

		assert_true(at < n && i->off >= 0);
		switch (i->code & 7) {
		case BPF_LDX:
			reg[i->dst_reg] = *(const uint32_t *)((const char *)ctx + i->off);
			break;
		case BPF_ALU:
		case BPF_ALU64:
			reg[i->dst_reg] = compute(i, reg);
			break;
		case BPF_JMP:
			if ((i->code & 0xf0) == BPF_EXIT)
				return reg[0];
			assert_int_equal(i->code & 0xf0, BPF_JA);
			at += (size_t)i->off;
			break;
		default:
			at += jumps(i, reg) ? (size_t)i->off : 0;
		}
	}
}

static bool allowed(struct arena *a, const struct spec_resources *r, char type, uint32_t major,
	uint32_t minor, const char *access)
{
	struct bpf_cgroup_dev_ctx ctx = {.major = major, .minor = minor};
	struct bytes program = {0};
	struct err e = {0};
	uint32_t bits = 0;

	assert_int_equal(resources_device_program(a, r, &program, &e), 0);
	for (; *access; access++)
		bits |= *access == 'r'   ? BPF_DEVCG_ACC_READ
			: *access == 'w' ? BPF_DEVCG_ACC_WRITE
					 : BPF_DEVCG_ACC_MKNOD;
	ctx.access_type = bits << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	return answers(&program, &ctx);
}

/* ---------------------------------------------------------------- cases */

#define C(allow, major, minor, access)                                                             \
	"{\"allow\": " allow ", \"type\": \"c\", \"major\": " major ", \"minor\": " minor          \
	", \"access\": \"" access "\"}"

static const struct {
	const char *rules;
	char type;
	uint32_t major, minor;
	const char *access;
	bool want;
} cases[] = {
	/* nothing said: the default devices and any mknod, no more */
	{"", 'c', 1, 3, "rw", true},
	{"", 'c', 1, 3, "m", true},
	{"", 'c', 136, 77, "rw", true},
	{"", 'c', 5, 2, "rw", true},
	{"", 'c', 1, 1, "r", false},
	{"", 'c', 10, 229, "m", true},
	{"", 'c', 10, 229, "rm", false},
	{"", 'b', 8, 0, "r", false},
	{"", 'b', 8, 0, "m", true},
	{NONE, 'c', 1, 5, "rwm", true},
	{NONE, 'b', 1, 5, "r", false},
	{ALL, 'b', 8, 0, "rwm", true},
	{ALL ", " NONE, 'b', 8, 0, "r", false},
	{NONE ", " ALL, 'b', 8, 0, "r", true},
	/* an access at a time */
	{NONE ", " C("true", "10", "229", "r"), 'c', 10, 229, "r", true},
	{NONE ", " C("true", "10", "229", "r"), 'c', 10, 229, "rw", false},
	{NONE ", " C("true", "10", "229", "r") ", " C("true", "10", "229", "w"), 'c', 10, 229, "rw",
		true},
	{NONE ", " C("true", "10", "229", "rw") ", " C("false", "10", "229", "w"), 'c', 10, 229,
		"r", true},
	{NONE ", " C("true", "10", "229", "rw") ", " C("false", "10", "229", "w"), 'c', 10, 229,
		"w", false},
	{ALL ", " C("false", "1", "1", "w"), 'c', 1, 1, "r", true},
	{ALL ", " C("false", "1", "1", "w"), 'c', 1, 1, "rw", false},
	/* wildcards, written as -1 and by leaving it out */
	{NONE ", " C("true", "-1", "-1", "rwm"), 'c', 250, 9, "rwm", true},
	{NONE ", " C("true", "-1", "-1", "rwm"), 'b', 250, 9, "r", false},
	{NONE ", " C("true", "10", "-1", "rwm"), 'c', 10, 9, "rw", true},
	{NONE ", " C("true", "10", "-1", "rwm"), 'c', 11, 9, "rw", false},
	{NONE ", {\"allow\": true, \"type\": \"b\"}", 'b', 8, 0, "rw", true},
	/* the highest numbers, which are negative as an int */
	{NONE ", " C("true", "4294967295", "4294967295", "r"), 'c', UINT32_MAX, UINT32_MAX, "r",
		true},
	{NONE ", " C("true", "4294967295", "0", "r"), 'c', UINT32_MAX, 1, "r", false},
	/* the defaults cannot be taken away */
	{NONE ", " C("false", "1", "3", "rwm"), 'c', 1, 3, "rw", true},
};

static void the_program_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_arena struct arena *a = arena_new();
		bool got = allowed(a, rules(a, cases[i].rules), cases[i].type, cases[i].major,
			cases[i].minor, cases[i].access);

		if (got != cases[i].want)
			fail_msg("[%s]: %c %u:%u %s is %s", cases[i].rules, cases[i].type,
				cases[i].major, cases[i].minor, cases[i].access,
				got ? "allowed" : "denied");
	}
}

/* A hole in a wider rule: v2 has an order, v1 has none. */
static void holes(void **state)
{
	auto_arena struct arena *a = arena_new();
	const struct spec_resources *r =
		rules(a, NONE ", " C("true", "10", "-1", "rw") ", " C("false", "10", "232", "w"));
	plan_cgroup_writes list = {0};
	plan_notes notes = {0};
	struct err e = {0};

	(void)state;
	assert_true(allowed(a, r, 'c', 10, 229, "rw"));
	assert_true(allowed(a, r, 'c', 10, 232, "r"));
	assert_false(allowed(a, r, 'c', 10, 232, "w"));
	assert_true(resources_v1(a, r, &list, &notes, &e) < 0);
	assert_contains(e.msg, "cannot take \"c 10:232 w\" out of \"c 10:* rw\"");
}

/* No program at all, and one of no rules, deny alike. */
static void without_resources(void **state)
{
	auto_arena struct arena *a = arena_new();

	(void)state;
	assert_true(allowed(a, NULL, 'c', 1, 3, "rw"));
	assert_false(allowed(a, NULL, 'b', 8, 0, "r"));
}

static void too_many_rules(void **state)
{
	auto_arena struct arena *a = arena_new();
	auto_strbuf struct strbuf b = {0};
	struct bytes program = {0};
	struct err e = {0};

	(void)state;
	strbuf_add(&b, NONE);
	for (unsigned i = 0; i < 2000; i++)
		strbuf_addf(&b, ", {\"allow\": true, \"type\": \"b\", \"major\": %u}", i);
	assert_true(resources_device_program(a, rules(a, strbuf_str(&b)), &program, &e) < 0);
	assert_contains(e.msg, "linux.resources.devices");
	assert_null(program.data);
}

static void which_are_no_more_than_the_default(void **state)
{
	auto_arena struct arena *a = arena_new();

	(void)state;
	assert_true(resources_devices_default(NULL));
	assert_true(resources_devices_default(rules(a, "")));
	assert_true(resources_devices_default(rules(a, NONE)));
	assert_true(resources_devices_default(rules(a, ALL ", " NONE)));
	assert_false(resources_devices_default(rules(a, ALL)));
	assert_false(resources_devices_default(rules(a, NONE ", " C("true", "1", "1", "r"))));
}

/* ---------------------------------------------------------------- v1 */

static void writes_of_v1(void **state)
{
	static const char defaults[] =
		"allow c *:* m\nallow b *:* m\nallow c 1:3 rwm\nallow c 1:5 rwm\nallow c 1:7 rwm\n"
		"allow c 1:8 rwm\nallow c 1:9 rwm\nallow c 5:0 rwm\nallow c 5:2 rwm\n"
		"allow c 136:* rwm\n";
	static const struct {
		const char *rules, *want;
		bool then_defaults;
	} tests[] = {
		{"", "deny a\n", true},
		{NONE, "deny a\n", true},
		{NONE ", " C("true", "10", "229", "rw"), "deny a\nallow c 10:229 rw\n", true},
		{NONE ", " C("true", "10", "229", "r") ", " C("true", "10", "229", "w"),
			"deny a\nallow c 10:229 rw\n", true},
		{NONE ", " C("true", "10", "229", "rw") ", " C("false", "10", "229", "w"),
			"deny a\nallow c 10:229 r\n", true},
		{NONE ", " C("true", "10", "229", "rw") ", " C("false", "10", "229", "rw"),
			"deny a\n", true},
		{ALL, "allow a\n", false},
		{ALL ", " C("false", "1", "1", "w"), "allow a\ndeny c 1:1 w\n", false},
		/* a default device stays */
		{ALL ", " C("false", "1", "3", "w"), "allow a\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		auto_arena struct arena *a = arena_new();
		auto_strbuf struct strbuf got = {0};
		const struct plan_cgroup_write *w;
		plan_cgroup_writes list = {0};
		plan_notes notes = {0};
		struct err e = {0};

		if (resources_v1(a, rules(a, tests[i].rules), &list, &notes, &e) < 0)
			fail_msg("%s: %s", tests[i].rules, e.msg);
		array_foreach (w, &list)
			strbuf_addf(&got, "%s %s\n", str_after(w->file, "devices."), w->value);
		assert_string_equal(
			strbuf_str(&got), arena_printf(a, "%s%s", tests[i].want,
						  tests[i].then_defaults ? defaults : ""));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_answers),
		cmocka_unit_test(holes),
		cmocka_unit_test(without_resources),
		cmocka_unit_test(too_many_rules),
		cmocka_unit_test(which_are_no_more_than_the_default),
		cmocka_unit_test(writes_of_v1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
