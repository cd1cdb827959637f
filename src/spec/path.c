// SPDX-License-Identifier: Apache-2.0
/* JSON paths; see path.h. In: steps or text. Out: text or a place in a tree. Front end only. */
#include "spec/path.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Returns how much of `buf` is used. Depth is that of the tables, not that of the text. */
static size_t add_step(const struct spec_path *p, char *buf, size_t size)
{
	size_t len;

	if (!p)
		return 0;
	len = add_step(p->up, buf, size);
	if (len >= size)
		return len;
	switch (p->kind) {
	case SPEC_PATH_MEMBER:
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "." : "", p->key);
		break;
	case SPEC_PATH_KEY:
		len += (size_t)snprintf(buf + len, size - len, "[%s]", json_quoted(p->key).text);
		break;
	case SPEC_PATH_INDEX:
		len += (size_t)snprintf(buf + len, size - len, "[%zu]", p->index);
		break;
	}
	return len;
}

struct spec_path_text spec_path_text(const struct spec_path *p)
{
	struct spec_path_text t = {""};

	add_step(p, t.text, sizeof(t.text));
	return t;
}

/* Each step_* returns the value one step down and moves `*text` past the step; NULL if none. */

static const struct json *step_index(const struct json *v, const char **text)
{
	char *end;
	unsigned long i;

	if (v->type != JSON_ARRAY || !isdigit((unsigned char)(*text)[1]))
		return NULL;
	i = strtoul(*text + 1, &end, 10);
	if (*end != ']' || i >= v->array.n)
		return NULL;
	*text = end + 1;
	return v->array.v[i];
}

static const struct json *step_key(const struct json *v, const char **text)
{
	if (v->type != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < v->object.n; i++) {
		struct json_quoted q = json_quoted(v->object.v[i].key);
		const char *rest = str_after(*text + 1, q.text);

		if (!rest || *rest != ']')
			continue;
		*text = rest + 1;
		return v->object.v[i].value;
	}
	return NULL;
}

static const struct json *step_member(const struct json *v, const char **text)
{
	size_t n = strcspn(*text, ".[");

	if (v->type != JSON_OBJECT || n == 0)
		return NULL;
	for (size_t i = 0; i < v->object.n; i++) {
		const char *key = v->object.v[i].key;

		if (strncmp(key, *text, n) != 0 || key[n])
			continue;
		*text += n;
		return v->object.v[i].value;
	}
	return NULL;
}

const struct json *spec_path_find(const struct json *top, const char *text)
{
	const struct json *v = top;

	while (*text) {
		const struct json *next;

		if (*text == '.')
			text++;
		if (text[0] == '[' && text[1] == '"')
			next = step_key(v, &text);
		else if (text[0] == '[')
			next = step_index(v, &text);
		else
			next = step_member(v, &text);
		if (!next)
			break;
		v = next;
	}
	return v;
}

int spec_path_fail(struct err *e, enum err_code code, const char *object, const char *fmt, ...)
{
	char what[1024];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	r = err_set(e, code, 0, "%s%s%s", object, *object ? ": " : "", what);
	err_object(e, "%s", object);
	return r;
}

int spec_path_fail_name(
	struct err *e, const char *object, const char *word, const struct name *names)
{
	auto_strbuf struct strbuf list = {0};

	for (const struct name *n = names; n->name; n++)
		strbuf_addf(&list, "%s%s", n == names ? "" : ", ", n->name);
	return spec_path_fail(e, ERR_CONFIG_VALUE, object, "%s is not one of %s",
		json_quoted(word).text, strbuf_str(&list));
}
