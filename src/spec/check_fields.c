// SPDX-License-Identifier: Apache-2.0
/*
 * What the field tables demand of strings and lists: present, not empty, absolute, one of some
 * words. In: struct spec, decoded or built. Out: the first error. Front end only.
 */
#include "spec/check.h"

#include <string.h>

static int check_struct(const struct spec_path *p, const struct struct_desc *desc,
	const void *value, struct err *e);

static int missing(const struct spec_path *p, struct err *e)
{
	return spec_path_fail(e, ERR_CONFIG_MISSING, spec_path_text(p).text, "is missing");
}

/* A string that is there: what its row says about its content. */
static int check_text(
	const struct spec_path *p, const struct field *f, const char *s, struct err *e)
{
	if (!*s) {
		if (!(f->flags & FIELD_NONEMPTY) &&
			!((f->flags & FIELD_REQUIRED) && (f->flags & FIELD_SET_MASK)))
			return 0; /* Go's encoder writes "" for what is absent */
		return spec_path_fail(e, ERR_CONFIG_VALUE, spec_path_text(p).text, "is empty");
	}
	if ((f->flags & FIELD_ABS_PATH) && *s != '/')
		return spec_path_fail(e, ERR_CONFIG_VALUE, spec_path_text(p).text,
			"%s is not an absolute path", json_quoted(s).text);
	if ((f->flags & FIELD_SET_MASK) && !names_find(f->names, s))
		return spec_path_fail_name(e, spec_path_text(p).text, s, f->names);
	return 0;
}

static int check_list(
	const struct spec_path *p, const struct field *f, const struct strv *list, struct err *e)
{
	/* NONEMPTY is about the list, and an item has no other place to say that it is required. */
	struct field item = *f;

	if ((f->flags & FIELD_REQUIRED) && !list->v)
		return missing(p, e);
	if ((f->flags & FIELD_NONEMPTY) && !list->n)
		return spec_path_fail(e, ERR_CONFIG_VALUE, spec_path_text(p).text, "is empty");
	item.flags &= FIELD_ABS_PATH | FIELD_SET_MASK;
	if (!item.flags)
		return 0;
	item.flags |= FIELD_NONEMPTY;
	for (size_t i = 0; i < list->n; i++) {
		struct spec_path at = {.up = p, .kind = SPEC_PATH_INDEX, .index = i};
		int r = check_text(&at, &item, list->v[i], e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_elements(
	const struct spec_path *p, const struct field *f, const struct array *arr, struct err *e)
{
	for (size_t i = 0; i < arr->n; i++) {
		const char *element = (const char *)arr->v + i * f->sub->size;
		struct spec_path at = {.up = p, .kind = SPEC_PATH_INDEX, .index = i};
		int r;

		if (f->type == FIELD_OBJECTS) {
			at.kind = SPEC_PATH_KEY;
			at.key = *(const char *const *)(const void *)element;
		}
		r = check_struct(&at, f->sub, element, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_member(
	const struct spec_path *p, const struct field *f, const void *member, struct err *e)
{
	bool required = f->flags & FIELD_REQUIRED;
	const void *pointer;
	struct array arr;

	switch (f->type) {
	case FIELD_STR:
		pointer = *(const char *const *)member;
		if (!pointer)
			return required ? missing(p, e) : 0;
		return check_text(p, f, pointer, e);
	case FIELD_STRV:
		return check_list(p, f, member, e);
	case FIELD_ENUM:
		return required && !*(const int32_t *)member ? missing(p, e) : 0;
	case FIELD_OPT_BOOL:
	case FIELD_OPT_I64:
	case FIELD_OPT_U64:
		/* `set` is the first member of each. */
		return required && !*(const bool *)member ? missing(p, e) : 0;
	case FIELD_OBJECT:
		pointer = *(const void *const *)member;
		if (!pointer)
			return required ? missing(p, e) : 0;
		return check_struct(p, f->sub, pointer, e);
	case FIELD_STRUCT:
		return check_struct(p, f->sub, member, e);
	case FIELD_ARRAY:
	case FIELD_OBJECTS:
		memcpy(&arr, member, sizeof(arr));
		return check_elements(p, f, &arr, e);
	default:
		return 0; /* plain numbers cannot be absent, and the decoder checked their range */
	}
}

static int check_struct(
	const struct spec_path *p, const struct struct_desc *desc, const void *value, struct err *e)
{
	for (const struct field *f = desc->fields; f->key; f++) {
		struct spec_path at = {.up = p, .kind = SPEC_PATH_MEMBER, .key = f->key};
		int r = check_member(&at, f, (const char *)value + f->offset, e);

		if (r < 0)
			return r;
	}
	return 0;
}

int check_fields(const struct spec *s, struct err *e)
{
	return check_struct(NULL, &spec_desc, s, e);
}
