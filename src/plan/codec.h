// SPDX-License-Identifier: Apache-2.0
/*
 * Structs as bytes, for lodger's own processes on one machine: native byte order, lengths before
 * what they count, strings with their NUL so that the reader can point into the buffer.
 */
#ifndef LODGER_PLAN_CODEC_H
#define LODGER_PLAN_CODEC_H

#include "base/str.h"
#include "plan/plan.h"

/* Append a struct that `desc` describes. */
void codec_put(struct strbuf *out, const struct struct_desc *desc, const void *object);

/*
 * Read a struct back. Strings and bytes point into `data`, arrays are in the arena. Advances
 * `*pos`. -EBADMSG where the data are too short or malformed; never reads beyond `n`.
 */
int codec_get(struct arena *a, const struct struct_desc *desc, const void *data, size_t n,
	size_t *pos, void *object);

/* The part of the plan that init gets, steps included. */
void codec_put_plan(struct strbuf *out, const struct plan_init *plan);
int codec_get_plan(struct arena *a, const void *data, size_t n, struct plan_init *ret);

#endif
