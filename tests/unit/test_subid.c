// SPDX-License-Identifier: Apache-2.0
/* host/subid.h: whose lines count, and what newuidmap(1) and the kernel would refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "host/subid.h"

static void check_ranges(const char *text, const char *name, uint32_t uid, const char *want)
{
	auto_arena struct arena *a = arena_new();
	id_ranges got = {0};
	const struct id_range *r;
	char *s = arena_strdup(a, "");

	subid_parse(a, text, name, uid, &got);
	array_foreach (r, &got)
		s = arena_printf(a, "%s%u+%u ", s, r->start, r->count);
	assert_string_equal(s, want);
}

static void subid_takes_own_lines(void **state)
{
	(void)state;
	static const char text[] = "root:500000:10\nalice:100000:65536\nbob:165536:65536\n"
				   "1000:300000:1000\nalice:400000:5\n";

	check_ranges(text, "alice", 1000, "100000+65536 300000+1000 400000+5 ");
	check_ranges(text, NULL, 1000, "300000+1000 ");
	check_ranges(text, "bob", 7, "165536+65536 ");
	check_ranges(text, "carol", 7, "");
	check_ranges(text, "ali", 7, "");
	check_ranges(text, "", 7, "");
	check_ranges("", "alice", 1000, "");
	check_ranges("alice:1:2", "alice", 1000, "1+2 ");
}

static void subid_leaves_out_malformed(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"alice",
		"alice:",
		"alice:1",
		"alice:1:",
		"alice::2",
		"alice:1:2:3",
		"alice:-1:2",
		"alice:+1:2",
		"alice:1:2 ",
		" alice:1:2",
		"alice:1:2\r",
		"alice:0x1:2",
		"alice:1:0",
		"alice:4294967296:1",
		"alice:1:4294967296",
		"alice:4294967295:1",
		"alice:1:4294967295",
		"#alice:1:2",
		":1:2",
		"alice:1:99999999999999999999999",
		"1000x:1:2",
		"01000:1:2:",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s\nalice:7:8\n\n\n%s", lines[i], lines[i]);
		check_ranges(text, "alice", 1000, "7+8 ");
	}
	/* The largest that a 32-bit map can hold. */
	check_ranges("alice:0:4294967295\n", "alice", 1000, "0+4294967295 ");
	check_ranges("alice:4294967294:1\n", "alice", 1000, "4294967294+1 ");
}

static void subid_drops_overlaps(void **state)
{
	(void)state;
	check_ranges("alice:100:10\n1000:100:10\n", "alice", 1000, "100+10 ");
	check_ranges("a:100:10\na:109:5\na:110:5\na:95:6\na:95:5\n", "a", 1, "100+10 110+5 95+5 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subid_takes_own_lines),
		cmocka_unit_test(subid_leaves_out_malformed),
		cmocka_unit_test(subid_drops_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
