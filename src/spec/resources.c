// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources by itself, for update. In: a text, or two of them decoded. Out: one that holds
 * what is wanted now. Front end. What a member means for the kernel is none of its business.
 */
#include "spec/resources.h"

#include <errno.h>

#include "base/json.h"
#include "base/record.h"
#include "spec/check.h"
#include "spec/decode.h"
#include "spec/fields.h"

int resources_check(const struct spec_resources *r, struct err *e)
{
	struct spec spec = {.linux_.resources = (struct spec_resources *)r};

	return check_resources(&spec, e);
}

int resources_parse(struct arena *a, const char *name, const char *text, size_t len,
	struct spec_resources **ret, struct err *e)
{
	struct spec_resources *r = arena_new_of(a, struct spec_resources);
	int rc = decode_text(a, name, text, len, &spec_resources_desc, r, e);

	if (rc == 0)
		rc = resources_check(r, e);
	if (rc == 0)
		*ret = r;
	return rc;
}

char *resources_text(struct arena *a, const struct spec_resources *r)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	record_write(w, &spec_resources_desc, r);
	return arena_strdup(a, json_writer_text(w, NULL));
}

/* ---------------------------------------------------------------- merge */

/* Members for which 0 is a value of its own. */
static const struct {
	const char *object, *key;
} zero_counts[] = {
	{"spec_pids", "limit"},
	{"spec_cpu", "idle"},
	{"spec_cpu", "burst"},
	{"spec_memory", "swappiness"},
};

static bool zero_is_a_value(const struct struct_desc *d, const struct field *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(zero_counts); i++)
		if (str_eq(zero_counts[i].object, d->name) && str_eq(zero_counts[i].key, f->key))
			return true;
	return false;
}

typedef array_of(struct kv) kv_array;

static void merge_map(struct arena *a, kv_array *to, const kv_array *from)
{
	const struct kv *kv;

	to->v = memcpy(arena_calloc(a, to->n + from->n + 1, sizeof(*to->v)),
		to->n ? to->v : from->v, to->n * sizeof(*to->v));
	array_foreach (kv, from) {
		size_t i = 0;

		while (i < to->n && !str_eq(to->v[i].key, kv->key))
			i++;
		to->v[i] = *kv;
		to->n += i == to->n;
	}
}

static void merge_struct(struct arena *a, const struct struct_desc *d, void *to, const void *from);

static void merge_object(
	struct arena *a, const struct struct_desc *d, void **to, const void *const *from)
{
	void *copy;

	if (!*from)
		return;
	copy = arena_alloc(a, d->size);
	if (*to)
		memcpy(copy, *to, d->size);
	merge_struct(a, d, copy, *from);
	*to = copy;
}

static void merge_member(struct arena *a, const struct struct_desc *d, const struct field *f,
	void *to, const void *from)
{
	const struct opt_i64 *i = from; /* and opt_u64 */
	const struct opt_bool *b = from;
	const struct array *list = from;

	switch (f->type) {
	case FIELD_OPT_I64:
	case FIELD_OPT_U64:
		if (i->set && (i->v || zero_is_a_value(d, f)))
			memcpy(to, i, sizeof(*i));
		break;
	case FIELD_OPT_BOOL:
		if (b->set)
			memcpy(to, b, sizeof(*b));
		break;
	case FIELD_STR:
		if (!str_is_empty(*(const char *const *)from))
			memcpy(to, from, sizeof(const char *));
		break;
	case FIELD_OBJECT:
		merge_object(a, f->sub, to, from);
		break;
	case FIELD_MAP:
		if (list->n)
			merge_map(a, to, from);
		break;
	default:
		if (list->n)
			memcpy(to, list, sizeof(*list));
	}
}

static void merge_struct(struct arena *a, const struct struct_desc *d, void *to, const void *from)
{
	for (const struct field *f = d->fields; f->key; f++)
		merge_member(a, d, f, (char *)to + f->offset, (const char *)from + f->offset);
}

/* Memory and swap are one number in config.json: half of it does not change by itself. */
static void keep_swap(
	struct spec_memory *m, const struct spec_memory *old, const struct spec_memory *change)
{
	if (!change || !change->limit.set || !change->limit.v ||
		(change->swap.set && change->swap.v))
		return;
	if (change->limit.v < 0)
		m->swap = (struct opt_i64){true, -1};
	else if (old && old->limit.v > 0 && old->swap.v >= old->limit.v)
		m->swap.v = old->swap.v - old->limit.v > INT64_MAX - change->limit.v
				    ? INT64_MAX
				    : old->swap.v - old->limit.v + change->limit.v;
	else if (m->swap.v > 0 && m->swap.v < change->limit.v)
		m->swap = (struct opt_i64){0};
}

struct spec_resources *resources_merge(
	struct arena *a, const struct spec_resources *old, const struct spec_resources *change)
{
	struct spec_resources *r = arena_new_of(a, struct spec_resources);

	if (old)
		*r = *old;
	merge_struct(a, &spec_resources_desc, r, change);
	if (r->memory)
		keep_swap(r->memory, old ? old->memory : NULL, change->memory);
	return r;
}
