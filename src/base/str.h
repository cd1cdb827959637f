// SPDX-License-Identifier: Apache-2.0
/* Strings: comparison, a growing buffer, and lists of strings that live in an arena. */
#ifndef LODGER_BASE_STR_H
#define LODGER_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Equal, where NULL equals only NULL. */
static inline bool str_eq_null(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

/* The rest of `s` after `prefix`, or NULL. */
static inline const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static inline bool str_is_empty(const char *s)
{
	return !s || !*s;
}

/* A growing, always NUL-terminated text. Zero-initialise; strbuf_done() frees. */
struct strbuf {
	char *s; /* NULL while empty */
	size_t len;
	size_t size;
};

#define auto_strbuf __attribute__((cleanup(strbuf_done)))

void strbuf_done(struct strbuf *b);
void strbuf_add(struct strbuf *b, const char *s);
void strbuf_addn(struct strbuf *b, const void *data, size_t n);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_addf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Never NULL: "" while empty. */
static inline const char *strbuf_str(const struct strbuf *b)
{
	return b->s ? b->s : "";
}

/* A list of strings in an arena. `v` is always NULL-terminated once anything was added. */
struct strv {
	const char **v;
	size_t n;
};

#define strv_foreach(item, list)                                                                   \
	for (size_t i_ = 0; i_ < (list)->n && ((item) = (list)->v[i_], true); i_++)

void strv_add(struct arena *a, struct strv *list, const char *s); /* borrows s */
bool strv_has(const struct strv *list, const char *s);

/* Split at any character of `seps`; empty fields are dropped. The pieces live in the arena. */
struct strv strv_split(struct arena *a, const char *s, const char *seps);

#endif
