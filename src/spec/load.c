// SPDX-License-Identifier: Apache-2.0
/*
 * config.json → struct spec. In: a file or its text, written by the caller of the runtime. Out: the
 * decoded and checked config, or an error that names place and reason. Front end only; changes
 * nothing on the host.
 */
#include "spec/spec.h"

#include <errno.h>

#include "base/file.h"
#include "base/json.h"
#include "spec/decode.h"
#include "spec/fields.h"
#include "spec/names.h"
#include "spec/path.h"

int spec_parse(struct arena *a, const char *name, const char *text, size_t len, struct spec **ret,
	struct err *e)
{
	const struct json *at = NULL;
	struct spec *s = arena_new_of(a, struct spec);
	struct err local = {0};
	struct json *top;
	int r;

	/* The text is completed with name and position below, also where the caller wants none. */
	e = e ? e : &local;
	r = json_parse(a, name, text, len, NULL, &top, e);
	if (r < 0)
		return r;
	r = decode_struct(a, top, &spec_desc, s, &at, e);
	if (r == 0) {
		r = spec_check(s, e);
		if (r < 0)
			at = spec_path_find(top, e->object);
	}
	if (r < 0) {
		decode_locate(e, name, text, len, at);
		return r;
	}
	*ret = s;
	return 0;
}

int spec_load(struct arena *a, int dirfd, const char *path, struct spec **ret, struct err *e)
{
	size_t len;
	char *text;
	int r = file_read(a, dirfd, path, JSON_MAX_BYTES, &text, &len);

	if (r == -EFBIG)
		r = err_set(e, ERR_CONFIG_READ, EFBIG, "%s: larger than %u bytes", path,
			JSON_MAX_BYTES);
	else if (r < 0)
		r = err_sys(e, ERR_CONFIG_READ, r, "cannot read %s", path);
	if (r < 0) {
		err_object(e, "%s", path);
		return r;
	}
	return spec_parse(a, path, text, len, ret, e);
}

int spec_mounts_parse(struct arena *a, const char *name, const char *text, size_t len,
	spec_mount_list *ret, struct err *e)
{
	struct spec spec = {0};
	size_t blank = strspn(text, " \t\r\n");
	int r;

	/* On the same line, so that an error's line is that of the text. */
	if (text[blank] == '[') {
		text = arena_printf(a, "{\"mounts\":%s}", text);
		len = strlen(text);
	}
	r = decode_text(a, name, text, len, &spec_mounts_desc, &spec, e);
	if (r == 0)
		*ret = spec.mounts;
	return r;
}

const struct spec_namespace *spec_ns_find(const struct spec *s, enum spec_ns type)
{
	const struct spec_namespace *ns;

	array_foreach (ns, &s->linux_.namespaces)
		if (ns->type == (int32_t)type)
			return ns;
	return NULL;
}

const char *spec_ns_name(enum spec_ns type)
{
	return names_of(spec_ns_names, (uint64_t)type);
}

const char *spec_annotation(const struct spec *s, const char *key)
{
	const struct kv *kv;

	array_foreach (kv, &s->annotations)
		if (str_eq(kv->key, key))
			return kv->value;
	return NULL;
}
