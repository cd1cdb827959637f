// SPDX-License-Identifier: Apache-2.0
/* For tests: RFC 7396 merge patches of JSON values. */
#ifndef TESTS_UNIT_JSON_MERGE_H
#define TESTS_UNIT_JSON_MERGE_H

#include "base/json.h"

/* Objects are merged, null removes, anything else replaces. `base` may be NULL. */
static inline void write_merged(
	struct json_writer *w, const struct json *base, const struct json *patch)
{
	if (patch->type != JSON_OBJECT || !base || base->type != JSON_OBJECT) {
		json_value(w, patch);
		return;
	}
	json_open_object(w);
	for (size_t i = 0; i < base->object.n; i++) {
		const struct json_member *m = &base->object.v[i];
		const struct json *p = json_get(patch, m->key);

		if (p && p->type == JSON_NULL)
			continue;
		json_key(w, m->key);
		if (p)
			write_merged(w, m->value, p);
		else
			json_value(w, m->value);
	}
	for (size_t i = 0; i < patch->object.n; i++) {
		const struct json_member *m = &patch->object.v[i];

		if (json_get(base, m->key))
			continue;
		json_key(w, m->key);
		json_value(w, m->value);
	}
	json_close_object(w);
}

#endif
