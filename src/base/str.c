// SPDX-License-Identifier: Apache-2.0
/* Strings; see str.h. Any process. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

void strbuf_done(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf){0};
}

static void reserve(struct strbuf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->size)
		return;
	b->size = need < 64 ? 64 : need * 2;
	b->s = xrealloc(b->s, b->size);
}

void strbuf_addn(struct strbuf *b, const void *data, size_t n)
{
	reserve(b, n);
	memcpy(b->s + b->len, data, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void strbuf_add(struct strbuf *b, const char *s)
{
	strbuf_addn(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
	strbuf_addn(b, &c, 1);
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n > 0) {
		reserve(b, (size_t)n);
		vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
		b->len += (size_t)n;
	}
	va_end(ap);
}

void strv_add(struct arena *a, struct strv *list, const char *s)
{
	/* One element more than the list holds, for the terminating NULL. */
	const char **v = arena_grow(a, list->v, list->n ? list->n + 1 : 0, sizeof(*v));

	if (!list->n)
		v = arena_calloc(a, 2, sizeof(*v));
	v[list->n] = s;
	v[list->n + 1] = NULL;
	list->v = v;
	list->n++;
}

bool strv_has(const struct strv *list, const char *s)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], s))
			return true;
	return false;
}

struct strv strv_split(struct arena *a, const char *s, const char *seps)
{
	struct strv out = {0};

	while (*s) {
		size_t n = strcspn(s, seps);

		if (n)
			strv_add(a, &out, arena_strndup(a, s, n));
		s += n;
		if (*s)
			s++;
	}
	return out;
}
