// SPDX-License-Identifier: Apache-2.0
/*
 * The coverage table (spec/coverage.h) against the list of the specification's members, the field
 * tables, the tests that it names, and docs/spec-coverage.md. With --update, which `make docs`
 * uses, the document is written instead. srcdir= names the top of the sources.
 */
#include "spec_patch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "spec/coverage.h"

#define DOCUMENT   "docs/spec-coverage.md"
#define FILE_MAX   (1u << 20)
#define MANY_WORDS 8u

static const char *source(struct arena *a, const char *path)
{
	const char *dir = getenv("srcdir");

	return arena_printf(a, "%s/%s", dir ? dir : ".", path);
}

/* NULL if the file cannot be read. */
static char *read_source(struct arena *a, const char *path)
{
	char *text;

	return file_read(a, AT_FDCWD, source(a, path), FILE_MAX, &text, NULL) < 0 ? NULL : text;
}

/* Both parts of the table as one. */
static const struct coverage *row(size_t i)
{
	if (i < coverage_common_n)
		return &coverage_common[i];
	i -= coverage_common_n;
	return i < coverage_linux_n ? &coverage_linux[i] : NULL;
}

/* ---------------------------------------------------------------- field tables */

/* The row of the field tables for a path of properties.txt, or NULL. */
static const struct field *find_field(const struct struct_desc *desc, const char *path)
{
	for (const struct field *f = desc->fields; f->key; f++) {
		const char *rest = str_after(path, f->key);

		if (!rest)
			continue;
		if (f->type == FIELD_ARRAY || f->type == FIELD_STRV || f->type == FIELD_U32S)
			rest = str_after(rest, "[]");
		else if (f->type == FIELD_MAP || f->type == FIELD_OBJECTS)
			rest = str_after(rest, ".*");
		if (rest && !*rest)
			return f;
		if (rest && *rest == '.' && f->sub)
			return find_field(f->sub, rest + 1);
	}
	return NULL;
}

static void put_words(struct strbuf *b, const struct name *names)
{
	size_t n = 0;

	while (names[n].name)
		n++;
	if (n > MANY_WORDS) {
		strbuf_addf(b, "one of %zu words", n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		strbuf_addf(b, "%s`%s`", i ? ", " : "", names[i].name);
}

static void put_range(struct strbuf *b, const struct field *f)
{
	static const char *const whole[] = {
		[FIELD_I64] = "64 bits",
		[FIELD_OPT_I64] = "64 bits",
		[FIELD_U64] = "64 bits, not negative",
		[FIELD_OPT_U64] = "64 bits, not negative",
		[FIELD_I32] = "32 bits",
		[FIELD_U32] = "32 bits, not negative",
		[FIELD_U32S] = "32 bits, not negative",
	};

	if (f->max == INT64_MAX)
		strbuf_addf(b, "integer from %" PRId64, f->min);
	else if (f->min || f->max)
		strbuf_addf(b, "integer, %" PRId64 " to %" PRId64, f->min, f->max);
	else
		strbuf_addf(b, "integer, %s", whole[f->type]);
}

static void put_type(struct strbuf *b, const struct field *f)
{
	switch (f->type) {
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
		strbuf_add(b, "true or false");
		break;
	case FIELD_I64:
	case FIELD_U64:
	case FIELD_I32:
	case FIELD_U32:
	case FIELD_OPT_I64:
	case FIELD_OPT_U64:
	case FIELD_U32S:
		put_range(b, f);
		break;
	case FIELD_OBJECT:
	case FIELD_STRUCT:
	case FIELD_ARRAY:
	case FIELD_OBJECTS:
		strbuf_add(b, "object");
		break;
	default:
		if (f->names)
			put_words(b, f->names);
		else
			strbuf_add(b, f->flags & FIELD_ABS_PATH ? "absolute path" : "string");
	}
	if (f->flags & FIELD_REQUIRED)
		strbuf_add(b, "; required");
}

/* ---------------------------------------------------------------- the document */

static const char *const kinds[] = {
	[COVERAGE_NONE] = "",
	[COVERAGE_DOES] = "does it",
	[COVERAGE_OTHERWISE] = "another way",
	[COVERAGE_REFUSED] = "refused",
	[COVERAGE_NOT_YET] = "not yet",
};

static const char head[] =
	"# Coverage of the runtime specification\n"
	"\n"
	"What lodger does with each member of config.json that runtime-spec " SPEC_VERSION
	" has for Linux.\n"
	"Written by `make docs` from the field tables of src/spec, which decode and check the\n"
	"members, and the rows of src/spec/coverage.c and coverage_linux.c: change those, not "
	"this\n"
	"page. `[]` stands for each element of a list, `.*` for each key of an object. Tests are "
	"below\n"
	"tests/; those of bats/root run as root, the others of bats as an unprivileged user.\n"
	"\n"
	"| | |\n"
	"|---|---|\n"
	"| does it | what the specification says, at the moment that it says |\n"
	"| another way | the effect is had in another way, or as far as can be, as told |\n"
	"| refused | an error that names the member, and nothing is left |\n"
	"| not yet | the specification asks for more than lodger does |\n"
	"\n";

static void put_cell(struct strbuf *b, const struct coverage_cell *c)
{
	const char *separator = c->kind == COVERAGE_DOES ? "; " : ": ";

	strbuf_addf(
		b, " %s%s%s |", kinds[c->kind], c->text ? separator : "", c->text ? c->text : "");
}

/* "bats/process.bats: process: umask", "golden/label-both". */
static void put_tests(struct strbuf *b, const struct coverage *c)
{
	for (size_t i = 0; i < COVERAGE_TESTS && c->tests[i].file; i++) {
		const struct coverage_test *t = &c->tests[i];
		const char *path = str_after(t->file, "tests/");

		strbuf_add(b, i ? "; " : " ");
		if (t->name)
			strbuf_addf(b, "%s: %s", path, t->name);
		else
			strbuf_addf(b, "%.*s", (int)(strrchr(path, '/') - path), path);
	}
	strbuf_add(b, " |\n");
}

static void put_sums(struct strbuf *b)
{
	size_t root[ARRAY_SIZE(kinds)] = {0}, user[ARRAY_SIZE(kinds)] = {0};
	const struct coverage *c;

	for (size_t i = 0; (c = row(i)); i++) {
		root[c->root.kind]++;
		user[c->user.kind]++;
	}
	strbuf_addf(b,
		"Of the %zu members:\n\n| | as root | as an unprivileged user |\n|---|---|---|\n",
		coverage_common_n + coverage_linux_n);
	for (size_t k = COVERAGE_DOES; k < ARRAY_SIZE(kinds); k++)
		strbuf_addf(b, "| %s | %zu | %zu |\n", kinds[k], root[k], user[k]);
}

/* A heading for each first component of the paths. */
static bool same_section(const struct coverage *a, const struct coverage *b)
{
	size_t n = strcspn(a->property, ".[");

	return n == strcspn(b->property, ".[") && strncmp(a->property, b->property, n) == 0;
}

static void write_document(struct strbuf *b)
{
	const struct coverage *c, *before = NULL;

	strbuf_add(b, head);
	put_sums(b);
	for (size_t i = 0; (c = row(i)); before = c, i++) {
		if (!before || !same_section(before, c))
			strbuf_addf(b,
				"\n## %.*s\n\n"
				"| member | value | as root | as an unprivileged user | proved by "
				"|\n"
				"|---|---|---|---|---|\n",
				(int)strcspn(c->property, ".["), c->property);
		strbuf_addf(b, "| `%s` | ", c->property);
		put_type(b, find_field(&spec_desc, c->property));
		strbuf_add(b, " |");
		put_cell(b, &c->root);
		put_cell(b, &c->user);
		put_tests(b, c);
	}
}

/* ---------------------------------------------------------------- tests */

static void test_properties(void **state)
{
	auto_arena struct arena *a = arena_new();
	char *text = read_source(a, "tests/unit/properties.txt");
	struct strv listed;

	(void)state;
	assert_non_null(text);
	listed = strv_split(a, text, "\n");
	for (size_t i = 0; i < listed.n; i++) {
		if (!row(i) || !str_eq(row(i)->property, listed.v[i]))
			fail_msg("the coverage table has %s where properties.txt has %s",
				row(i) ? row(i)->property : "nothing", listed.v[i]);
	}
	if (row(listed.n))
		fail_msg("the specification has no %s", row(listed.n)->property);
}

static void test_fields(void **state)
{
	const struct coverage *c;

	(void)state;
	for (size_t i = 0; (c = row(i)); i++)
		if (!find_field(&spec_desc, c->property))
			fail_msg("no field table has %s", c->property);
	assert_null(find_field(&spec_desc, "process.user.name"));
	assert_null(find_field(&spec_desc, "mounts.source"));
}

static void check_cell(const struct coverage *c, const struct coverage_cell *cell)
{
	if (cell->kind == COVERAGE_NONE || (cell->kind != COVERAGE_DOES && !cell->text))
		fail_msg("%s has an empty cell", c->property);
	if (cell->text && strpbrk(cell->text, "|\n"))
		fail_msg("%s: a cell cannot hold \"%s\"", c->property, cell->text);
}

static void test_cells(void **state)
{
	const struct coverage *c;

	(void)state;
	for (size_t i = 0; (c = row(i)); i++) {
		check_cell(c, &c->root);
		check_cell(c, &c->user);
		if (!c->tests[0].file)
			fail_msg("%s has no test", c->property);
	}
}

static bool test_is_there(struct arena *a, const struct coverage_test *t)
{
	const char *text = read_source(a, t->file);

	if (!text || !t->name)
		return text;
	return strstr(text, arena_printf(a, "\n@test \"%s\" {\n", t->name));
}

static void test_tests_are_there(void **state)
{
	static const struct coverage_test absent[] = {BATS("process", "process: uma"),
		BATS("processes", "process: umask"), GOLDEN("no-such-plan")};
	const struct coverage *c;

	(void)state;
	for (size_t i = 0; (c = row(i)); i++) {
		auto_arena struct arena *a = arena_new();

		for (size_t k = 0; k < COVERAGE_TESTS && c->tests[k].file; k++)
			if (!test_is_there(a, &c->tests[k]))
				fail_msg("%s: there is no test \"%s\" in %s", c->property,
					c->tests[k].name ? c->tests[k].name : "", c->tests[k].file);
	}
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		auto_arena struct arena *a = arena_new();

		assert_false(test_is_there(a, &absent[i]));
	}
}

static void test_document(void **state)
{
	auto_arena struct arena *a = arena_new();
	auto_strbuf struct strbuf b = {0};
	const char *text = read_source(a, DOCUMENT);

	(void)state;
	write_document(&b);
	if (!text || !str_eq(text, strbuf_str(&b)))
		fail_msg("%s is not what the tables say (make docs)", DOCUMENT);
}

static int update(void)
{
	auto_arena struct arena *a = arena_new();
	auto_strbuf struct strbuf b = {0};
	const char *text = read_source(a, DOCUMENT);
	auto_fd int dir = open(source(a, "docs"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	write_document(&b);
	if (text && str_eq(text, strbuf_str(&b)))
		return 0;
	r = file_replace(dir, strrchr(DOCUMENT, '/') + 1, strbuf_str(&b), b.len, 0644);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", DOCUMENT, strerror(-r));
	else
		printf("  GENDOC   %s\n", DOCUMENT);
	return r < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_tests_are_there),
		cmocka_unit_test(test_document),
	};

	log_setup(&(struct log_options){.level = LOG_LEVEL_ERROR});
	if (argc > 1 && str_eq(argv[1], "--update"))
		return update();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
