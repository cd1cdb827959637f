// SPDX-License-Identifier: Apache-2.0
/*
 * What golden plans cannot say of the planner: every mount option word, results that stay untouched
 * on failure, errors that nobody wants, and that a plan's text hides nothing.
 */
#include <errno.h>
#include <linux/mount.h>

#include "plan/codec.h"
#include "plan/dump.h"
#include "plan/mntopt.h"
#include "plan/planner.h"
#include "spec_patch.h"

static const struct facts root_facts = {
	.initial_userns = true,
	.caps = (1ull << 41) - 1,
	.caps_bounding = (1ull << 41) - 1,
	.cap_last = 40,
};
static const struct plan_request request = {.id = "c1", .bundle = "/bundle"};

/* Whether the word changed something that its group has. */
static void every_word_is_applied(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct strv words = mntopt_words(a);
	const char *word;

	(void)state;
	assert_true(words.n > 60);
	strv_foreach (word, &words) {
		struct step_mount m = {.json_path = "m"};
		bool superblock = mntopt_is_superblock(word);

		assert_int_equal(mntopt_apply(&m, word), !superblock);
		if (superblock)
			assert_int_equal(mntopt_propagation(word), 0);
		/* Setting and clearing one attribute at once means nothing to mount_setattr(2). */
		assert_int_equal(m.attr_set & m.attr_clear & ~(uint64_t)MOUNT_ATTR__ATIME, 0);
		assert_int_equal(
			m.rec_attr_set & m.rec_attr_clear & ~(uint64_t)MOUNT_ATTR__ATIME, 0);
		assert_int_equal(m.propagation, mntopt_propagation(word));
		assert_null(m.options.v);
	}
}

static void words_are_listed_once(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct strv words = mntopt_words(a);

	(void)state;
	for (size_t i = 0; i < words.n; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(words.v[i], words.v[k]);
}

/* runtime-spec config.md, "Linux mount options": those that a runtime must or should know. */
static void the_specification_is_covered(void **state)
{
	static const char *const wanted[] = {"async", "atime", "bind", "defaults", "dev",
		"diratime", "dirsync", "exec", "iversion", "lazytime", "loud", "mand", "noatime",
		"nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime",
		"nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev",
		"rdiratime", "relatime", "remount", "rexec", "rnoatime", "rnodev", "rnodiratime",
		"rnoexec", "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro",
		"rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid",
		"rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime",
		"suid", "symfollow", "sync", "tmpcopyup", "unbindable", "idmap", "ridmap"};
	auto_arena struct arena *a = arena_new();
	struct strv words = mntopt_words(a);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strv_has(&words, wanted[i]))
			fail_msg("%s is not known", wanted[i]);
}

static void foreign_words(void **state)
{
	static const char *const words[] = {
		"", "size=64k", "RO", "ro ", "bind=1", "rdefaults", "rr"};
	struct step_mount m = {0}, before = m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_false(mntopt_apply(&m, words[i]));
		assert_memory_equal(&m, &before, sizeof(m));
		assert_int_equal(mntopt_propagation(words[i]), 0);
	}
}

/* Opposites: whatever came before, the later word alone decides. */
static void later_words_win(void **state)
{
	static const char *const pairs[][2] = {{"ro", "rw"}, {"nosuid", "suid"}, {"nodev", "dev"},
		{"noexec", "exec"}, {"nodiratime", "diratime"}, {"nosymfollow", "symfollow"},
		{"noatime", "relatime"}, {"relatime", "strictatime"}, {"strictatime", "noatime"},
		{"rro", "rrw"}, {"rnosuid", "rsuid"}, {"rnoatime", "rstrictatime"},
		{"private", "rshared"}, {"rslave", "unbindable"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		for (int turn = 0; turn < 2; turn++) {
			struct step_mount both = {0}, alone = {0};

			mntopt_apply(&both, pairs[i][turn]);
			mntopt_apply(&both, pairs[i][!turn]);
			mntopt_apply(&alone, pairs[i][!turn]);
			assert_memory_equal(&both, &alone, sizeof(both));
		}
	}
}

static void untouched_on_failure(void **state)
{
	static const char *const patches[] = {
		"{\"process\": null}",
		"{\"linux\": {\"namespaces\": [{\"type\": \"user\"}]}}",
		"{\"mounts\": [{\"destination\": \"/m\", \"type\": \"bind\"}]}",
		"{\"mounts\": [{\"destination\": \"/m\", \"options\": [\"ro\"]}]}",
		P("\"apparmorProfile\": \"p\""),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		auto_arena struct arena *a = arena_new();
		struct spec *s = accept(a, patches[i]);
		struct plan plan, before;
		struct err e = {0};

		memset(&plan, 0x33, sizeof(plan));
		memcpy(&before, &plan, sizeof(plan));
		assert_true(plan_build(a, s, &root_facts, &request, &plan, &e) < 0);
		assert_true(err_is_set(&e));
		assert_memory_equal(&plan, &before, sizeof(plan));
		/* Nobody wants to know why. */
		assert_true(plan_build(a, s, &root_facts, &request, &plan, NULL) < 0);
		assert_memory_equal(&plan, &before, sizeof(plan));
	}
}

static const char *dump_step(struct arena *a, const struct step *s)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	plan_dump_step(w, s);
	return arena_strdup(a, json_writer_text(w, NULL));
}

/* Each member of each payload, set alone, shows: a member that is not printed is not tested. */
static void dumps_hide_nothing(void **state)
{
	auto_arena struct arena *a = arena_new();

	(void)state;
	for (int kind = 0; kind < STEP_NR; kind++) {
		struct step s = {.kind = (enum step_kind)kind};
		const char *empty = dump_step(a, &s);

		parse(a, empty);
		for (const struct field *f = step_descs[kind]->fields; f->key; f++) {
			static uint32_t numbers[1] = {7};
			static const char *texts[2] = {"text", NULL};
			struct array list = {numbers, 1};
			char *member = (char *)&s.none + f->offset;

			s = (struct step){.kind = (enum step_kind)kind};
			if (f->type == FIELD_ARRAY)
				list.v = arena_alloc(a, f->sub->size);
			if (f->type == FIELD_STRV)
				list.v = texts;
			if (f->type == FIELD_STR)
				memcpy(member, &texts[0], sizeof(texts[0]));
			else if (f->type == FIELD_BOOL)
				*member = true;
			else if (f->type == FIELD_U32S || f->type == FIELD_ARRAY ||
				 f->type == FIELD_STRV || f->type == FIELD_BYTES)
				memcpy(member, &list, sizeof(list));
			else
				*member = 1;
			if (str_eq(dump_step(a, &s), empty))
				fail_msg("%s of %s does not show", f->key, step_name(s.kind));
			parse(a, dump_step(a, &s));
		}
	}
}

/* Bits without a word are numbers. */
static void dumps_of_unknown_values(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct step mount = {
		.kind = STEP_MOUNT, .mount = {.flags = 1u << 31, .attr_set = 1ull << 40}};
	struct step caps = {.kind = STEP_CAPS, .caps = {.bounding = 1ull << 63 | 1}};
	auto_json_writer struct json_writer *w = json_writer_new(0);
	struct plan plan = {.caller = 77, .clone_flags = 1ull << 50};

	(void)state;
	assert_contains(dump_step(a, &mount), "\"0x80000000\"");
	assert_contains(dump_step(a, &mount), "\"0x10000000000\"");
	assert_contains(dump_step(a, &caps), "[\"CAP_CHOWN\",63]");
	plan_dump(w, &plan);
	assert_contains(json_writer_text(w, NULL), "\"caller\":77");
	assert_contains(json_writer_text(w, NULL), "0x4000000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_is_applied),
		cmocka_unit_test(words_are_listed_once),
		cmocka_unit_test(the_specification_is_covered),
		cmocka_unit_test(foreign_words),
		cmocka_unit_test(later_words_win),
		cmocka_unit_test(untouched_on_failure),
		cmocka_unit_test(dumps_hide_nothing),
		cmocka_unit_test(dumps_of_unknown_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
