// SPDX-License-Identifier: Apache-2.0
/* linux.resources by itself: a file of `update`, joined with what was in force before. */
#ifndef LODGER_SPEC_RESOURCES_H
#define LODGER_SPEC_RESOURCES_H

#include "spec/spec.h"

/*
 * Decode and check a text that is a "linux.resources" object by itself; `name` begins the errors,
 * whose objects are "linux.resources…" as those of config.json are. Codes: ERR_CONFIG_*.
 */
int resources_parse(struct arena *a, const char *name, const char *text, size_t len,
	struct spec_resources **ret, struct err *e);

/* The checks alone, for resources that were put together by the command line. */
int resources_check(const struct spec_resources *r, struct err *e);

/*
 * `old` (may be NULL) with everything that `change` says: members replace members, lists lists, and
 * keys of maps keys of maps. Where 0 means "unset" it changes nothing, since callers written in Go
 * send it for all that they do not mean. A memory limit without a swap limit keeps the amount of
 * swap, and without limit takes that of swap away too. The result shares strings with both.
 */
struct spec_resources *resources_merge(
	struct arena *a, const struct spec_resources *old, const struct spec_resources *change);

/* As JSON text in the arena, which resources_parse() reads. */
char *resources_text(struct arena *a, const struct spec_resources *r);

#endif
