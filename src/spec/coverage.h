// SPDX-License-Identifier: Apache-2.0
/*
 * What lodger does with each member of config.json that the specification has for Linux, and which
 * test proves it: the source of docs/spec-coverage.md. How a member is read and checked is not
 * repeated here, the field tables say it; tests/unit/test_coverage.c sees to it that both have the
 * same members, that the tests are there, and that the document is what the tables say.
 *
 * Data for the document and the tests. No program that is installed refers to it, so the linker
 * leaves it in the archive.
 */
#ifndef LODGER_SPEC_COVERAGE_H
#define LODGER_SPEC_COVERAGE_H

#include <stddef.h>

enum coverage_kind {
	COVERAGE_NONE, /* a cell that nobody has filled */
	COVERAGE_DOES,
	COVERAGE_OTHERWISE, /* the effect is had in another way, or as far as can be */
	COVERAGE_REFUSED, /* an error that names the member, for good */
	COVERAGE_NOT_YET, /* the specification asks for more */
};

struct coverage_cell {
	enum coverage_kind kind;
	const char *text; /* how, why, what; NULL = there is nothing to add */
};

struct coverage_test {
	const char *file; /* from the top of the sources; NULL = none */
	const char *name; /* of a bats test; NULL: the file is that of a golden test */
};

#define COVERAGE_TESTS 3
struct coverage {
	const char *property; /* as tests/unit/properties.txt writes it */
	struct coverage_cell root; /* for real root */
	struct coverage_cell user; /* for an unprivileged user */
	struct coverage_test tests[COVERAGE_TESTS];
};

/* For the rows. */
#define DOES                                                                                       \
	{                                                                                          \
		COVERAGE_DOES, NULL                                                                \
	}
#define DOES_SO(text)                                                                              \
	{                                                                                          \
		COVERAGE_DOES, text                                                                \
	}
#define OTHERWISE(text)                                                                            \
	{                                                                                          \
		COVERAGE_OTHERWISE, text                                                           \
	}
#define REFUSED(text)                                                                              \
	{                                                                                          \
		COVERAGE_REFUSED, text                                                             \
	}
#define NOT_YET(text)                                                                              \
	{                                                                                          \
		COVERAGE_NOT_YET, text                                                             \
	}
#define BATS(file, name)                                                                           \
	{                                                                                          \
		"tests/bats/" file ".bats", name                                                   \
	}
#define SESSION(file, name)                                                                        \
	{                                                                                          \
		"tests/session/" file ".bats", name                                                \
	}
#define GOLDEN(name)                                                                               \
	{                                                                                          \
		"tests/golden/" name "/case.json", NULL                                            \
	}

/* In the order of properties.txt: all but "linux", then "linux". */
extern const struct coverage coverage_common[];
extern const size_t coverage_common_n;
extern const struct coverage coverage_linux[];
extern const size_t coverage_linux_n;

#endif
