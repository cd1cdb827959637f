// SPDX-License-Identifier: Apache-2.0
/*
 * JSON → struct, by the tables of base/field.h. Types, ranges, enumerations and required members
 * are checked here; what needs more than one value to judge is checked by spec/check.c.
 *
 * Keys compare exactly. Unknown keys are passed over with a debug line, as the specification
 * demands. A member that is null counts as absent, since Go's encoder writes null for what is
 * empty; null in an array is an error; null in a map is an empty value.
 */
#ifndef LODGER_SPEC_DECODE_H
#define LODGER_SPEC_DECODE_H

#include "base/err.h"
#include "base/field.h"
#include "base/json.h"
#include "base/mem.h"

/*
 * Decode `v` into `ret`, a zeroed struct that `desc` describes. Strings are those of the tree, so
 * they live as long as its arena; arrays and objects are made in `a`. On failure `*ret` is partly
 * filled, and `*ret_at` (may be NULL) is the value that the error is about. Error texts begin with
 * the JSON path, which is the error's object too. Codes: ERR_CONFIG_TYPE, ERR_CONFIG_VALUE,
 * ERR_CONFIG_MISSING.
 */
int decode_struct(struct arena *a, const struct json *v, const struct struct_desc *desc, void *ret,
	const struct json **ret_at, struct err *e);

/*
 * Parse a text and decode it: "NAME: PATH: … (line L, column C)". `ret` as above. Also for other
 * files than config.json: a process for exec, resources for update, facts of a test.
 */
int decode_text(struct arena *a, const char *name, const char *text, size_t len,
	const struct struct_desc *desc, void *ret, struct err *e);

/* Put `name` before the error's text and the position of `at` (may be NULL: none) after it. */
void decode_locate(
	struct err *e, const char *name, const char *text, size_t len, const struct json *at);

#endif
