// SPDX-License-Identifier: Apache-2.0
/*
 * JSON paths: where in config.json a value stands, as errors name it. Members are joined by dots,
 * array elements are [N], members of a map whose keys are data are ["KEY"]:
 * linux.namespaces[2].type, linux.sysctl["net.ipv4.ip_forward"].
 */
#ifndef LODGER_SPEC_PATH_H
#define LODGER_SPEC_PATH_H

#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "base/names.h"

enum spec_path_kind { SPEC_PATH_MEMBER, SPEC_PATH_KEY, SPEC_PATH_INDEX };

/* A step down. Walkers chain them on the stack; NULL is the top of the text. */
struct spec_path {
	const struct spec_path *up;
	enum spec_path_kind kind;
	const char *key; /* SPEC_PATH_MEMBER, SPEC_PATH_KEY */
	size_t index; /* SPEC_PATH_INDEX */
};

struct spec_path_text {
	char text[256];
};

/* The path as text, "" for the top. For use as an argument: spec_path_text(p).text. */
struct spec_path_text spec_path_text(const struct spec_path *p);

/*
 * The value that a path's text names in a tree, or the nearest value above it where it does not
 * exist: the place to point at when a member is missing.
 */
const struct json *spec_path_find(const struct json *top, const char *text);

/* Write an error about the value at `object`, with that as object and before the text. */
int spec_path_fail(struct err *e, enum err_code code, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for a word that is not in a table: `"WORD" is not one of A, B, C`. ERR_CONFIG_VALUE. */
int spec_path_fail_name(
	struct err *e, const char *object, const char *word, const struct name *names);

#endif
