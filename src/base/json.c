// SPDX-License-Identifier: Apache-2.0
/*
 * JSON text → tree in an arena. In: bytes that may be hostile. Out: struct json, or an error with
 * line and column. The front end runs it; it reads no file and keeps nothing between calls. The
 * only user of yajl.
 *
 * The whole text goes to yajl as one chunk. In a callback yajl_get_bytes_consumed() is then the
 * offset just after the token at hand. Between two tokens that have callbacks there can only be
 * white space, commas and colons, so the first other byte after the previous token is where this
 * one starts.
 */
#include "base/json.h"

#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/utf8.h"

/* A finished value whose container is still open. Moved to the arena when the container closes. */
struct child {
	const char *key; /* NULL in an array */
	uint32_t key_offset;
	struct json *value;
};

struct level {
	struct json *container;
	size_t first_child; /* index in parser.children */
	const char *key; /* the key that waits for its value */
	uint32_t key_offset;
};

struct parser {
	struct arena *a;
	const char *name;
	const char *text;
	size_t len;
	struct json_limits limits;
	yajl_handle yajl;
	bool finishing; /* yajl works on the blank that yajl_complete_parse() feeds it */
	size_t token_end; /* offset after the last token that had a callback */
	size_t nodes;
	struct child *children;
	size_t n_children, size_children;
	struct level *levels;
	size_t depth, size_levels;
	struct json *root;
	struct err *e;
};

__attribute__((format(printf, 3, 4))) static int syntax_error(
	struct parser *p, size_t offset, const char *fmt, ...)
{
	char what[512];
	unsigned line, column;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	json_position(p->text, p->len, (uint32_t)offset, &line, &column);
	return err_set(p->e, ERR_CONFIG_SYNTAX, 0, "%s: %s (line %u, column %u)", p->name, what,
		line, column);
}

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':';
}

static size_t skip_separators(const struct parser *p)
{
	size_t at = p->token_end;

	while (at < p->len && is_separator(p->text[at]))
		at++;
	return at;
}

/* Where the token starts whose callback runs; moves on to its end. */
static size_t token_start(struct parser *p)
{
	size_t start = skip_separators(p);

	p->token_end = p->finishing ? p->len : yajl_get_bytes_consumed(p->yajl);
	return start;
}

/* The array with room for one more than its `n` elements. */
static void *grown(struct parser *p, void *old, size_t n, size_t *size, size_t elem_size)
{
	void *v;

	if (n < *size)
		return old;
	*size = n ? n * 2 : 32;
	v = arena_calloc(p->a, *size, elem_size);
	return n ? memcpy(v, old, n * elem_size) : v;
}

/* Attach a new value to what is open. NULL after an error. */
static struct json *add_value(struct parser *p, enum json_type type, size_t offset)
{
	struct level *top = p->depth ? &p->levels[p->depth - 1] : NULL;
	struct json *v;

	if (++p->nodes > p->limits.max_nodes) {
		syntax_error(p, offset, "more than %zu values", p->limits.max_nodes);
		return NULL;
	}
	v = arena_new_of(p->a, struct json);
	v->type = type;
	v->offset = (uint32_t)offset;
	if (!top) {
		p->root = v;
		return v;
	}
	p->children = grown(p, p->children, p->n_children, &p->size_children, sizeof(*p->children));
	p->children[p->n_children++] = (struct child){
		.key = top->key,
		.key_offset = top->key_offset,
		.value = v,
	};
	top->key = NULL;
	return v;
}

/* A string token that starts at `start`, decoded to `s`; NULL after an error. */
static const char *take_string(struct parser *p, size_t start, const unsigned char *s, size_t n)
{
	const char *str = (const char *)s;
	size_t raw_len = p->token_end - start - 2;
	bool escapes = raw_len != n; /* every escape is longer than what it stands for */
	size_t valid = utf8_valid(str, n), at;

	if (escapes && utf8_half_surrogate(p->text + start + 1, raw_len, &at)) {
		syntax_error(p, start + 1 + at, "a string contains half a surrogate pair");
		return NULL;
	}
	if (valid < n) {
		at = escapes ? start : start + 1 + valid;
		syntax_error(p, at, "a string is not valid UTF-8");
		return NULL;
	}
	if (n && memchr(str, '\0', n)) {
		syntax_error(p, start, "a string contains \\u0000");
		return NULL;
	}
	return arena_strndup(p->a, str, n);
}

static int on_null(void *ctx)
{
	struct parser *p = ctx;

	return add_value(p, JSON_NULL, token_start(p)) != NULL;
}

static int on_boolean(void *ctx, int boolean)
{
	struct parser *p = ctx;
	struct json *v = add_value(p, JSON_BOOL, token_start(p));

	if (v)
		v->boolean = boolean;
	return v != NULL;
}

static int on_number(void *ctx, const char *s, size_t n)
{
	struct parser *p = ctx;
	struct json *v = add_value(p, JSON_NUMBER, token_start(p));

	if (v)
		v->number = arena_strndup(p->a, s, n);
	return v != NULL;
}

static int on_string(void *ctx, const unsigned char *s, size_t n)
{
	struct parser *p = ctx;
	size_t start = token_start(p);
	const char *str = take_string(p, start, s, n);
	struct json *v = str ? add_value(p, JSON_STRING, start) : NULL;

	if (v)
		v->string = str;
	return v != NULL;
}

static int on_key(void *ctx, const unsigned char *s, size_t n)
{
	struct parser *p = ctx;
	struct level *top = &p->levels[p->depth - 1];
	size_t start = token_start(p);

	top->key = take_string(p, start, s, n);
	top->key_offset = (uint32_t)start;
	return top->key != NULL;
}

static int open_container(struct parser *p, enum json_type type)
{
	size_t start = token_start(p);
	struct json *v;

	if (p->depth == p->limits.max_depth) {
		syntax_error(p, start, "nested deeper than %u levels", p->limits.max_depth);
		return 0;
	}
	v = add_value(p, type, start);
	if (!v)
		return 0;
	p->levels = grown(p, p->levels, p->depth, &p->size_levels, sizeof(*p->levels));
	p->levels[p->depth++] = (struct level){.container = v, .first_child = p->n_children};
	return 1;
}

static int on_open_object(void *ctx)
{
	return open_container(ctx, JSON_OBJECT);
}

static int on_open_array(void *ctx)
{
	return open_container(ctx, JSON_ARRAY);
}

static int on_close_array(void *ctx)
{
	struct parser *p = ctx;
	struct level *top = &p->levels[--p->depth];
	size_t n = p->n_children - top->first_child;

	token_start(p);
	top->container->array.n = n;
	top->container->array.v = arena_calloc(p->a, n, sizeof(struct json *));
	for (size_t i = 0; i < n; i++)
		top->container->array.v[i] = p->children[top->first_child + i].value;
	p->n_children = top->first_child;
	return 1;
}

static int compare_keys(const void *a, const void *b)
{
	const struct child *x = a, *y = b;
	int r = strcmp(x->key, y->key);

	return r ? r : (x->key_offset > y->key_offset) - (x->key_offset < y->key_offset);
}

/* May reorder the children: their order has been copied to the arena by then. */
static bool has_duplicate_key(struct parser *p, struct child *c, size_t n)
{
	qsort(c, n, sizeof(*c), compare_keys);
	for (size_t i = 1; i < n; i++) {
		if (!str_eq(c[i - 1].key, c[i].key))
			continue;
		syntax_error(p, c[i].key_offset, "the key %s occurs twice in an object",
			json_quoted(c[i].key).text);
		return true;
	}
	return false;
}

static int on_close_object(void *ctx)
{
	struct parser *p = ctx;
	struct level *top = &p->levels[--p->depth];
	struct child *c = p->children + top->first_child;
	size_t n = p->n_children - top->first_child;
	struct json_member *m;

	token_start(p);
	m = arena_calloc(p->a, n, sizeof(*m));
	for (size_t i = 0; i < n; i++)
		m[i] = (struct json_member){.key = c[i].key, .value = c[i].value};
	top->container->object.v = m;
	top->container->object.n = n;
	p->n_children = top->first_child;
	return n < 2 || !has_duplicate_key(p, c, n);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_open_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close_object,
	.yajl_start_array = on_open_array,
	.yajl_end_array = on_close_array,
};

/*
 * What yajl asks for is little and lives with the tree; each piece knows its size, for realloc.
 * yajl does not look at what its allocator returns: these never return NULL.
 */
struct piece {
	alignas(max_align_t) size_t size;
	unsigned char data[];
};

static void *yajl_malloc_in_arena(void *ctx, size_t size)
{
	struct parser *p = ctx;
	struct piece *piece = arena_alloc(p->a, sizeof(*piece) + size);

	piece->size = size;
	return piece->data;
}

static void *yajl_realloc_in_arena(void *ctx, void *ptr, size_t size)
{
	const struct piece *old;

	if (!ptr)
		return yajl_malloc_in_arena(ctx, size);
	old = (const struct piece *)(const void *)((unsigned char *)ptr -
						   offsetof(struct piece, data));
	if (size <= old->size)
		return ptr;
	return memcpy(yajl_malloc_in_arena(ctx, size), ptr, old->size);
}

static void yajl_free_nothing(void *ctx, void *ptr)
{
	(void)ctx, (void)ptr;
}

/* What stands at an offset, for "found …". */
static void describe_found(const struct parser *p, size_t at, char *buf, size_t size)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_+-.";
	size_t n = 0;
	unsigned char c;

	while (at + n < p->len && n < 24 && p->text[at + n] && strchr(word, p->text[at + n]))
		n++;
	c = at < p->len ? (unsigned char)p->text[at] : 0;
	if (at >= p->len)
		snprintf(buf, size, "the end of the text");
	else if (n)
		snprintf(buf, size, "'%.*s'", (int)n, p->text + at);
	else if (c == '"')
		snprintf(buf, size, "a string");
	else if (c > ' ' && c < 0x7f)
		snprintf(buf, size, "'%c'", c);
	else
		snprintf(buf, size, "byte 0x%02x", c);
}

/*
 * Where yajl gave up. For most lexical errors the bytes consumed end before the bad byte; for a
 * byte that starts no token, after it; for a misplaced token, after the token (with one exception,
 * where yajl winds back to its start).
 */
static size_t error_offset(const struct parser *p, const char *message, bool lexical)
{
	size_t consumed = yajl_get_bytes_consumed(p->yajl);

	if (p->finishing && p->root && !p->depth)
		return skip_separators(p); /* a word or string after the value that has no end */
	if (p->finishing || consumed > p->len)
		return p->len;
	if (lexical)
		return consumed && str_after(message, "invalid char in json") ? consumed - 1
									      : consumed;
	if (consumed && strchr("{}[],:", p->text[consumed - 1]) &&
		!str_after(message, "after key and value"))
		return consumed - 1;
	return skip_separators(p);
}

/* yajl's texts that do not read well. Where one is unknown, yajl's own is used. */
static const struct {
	const char *yajl;
	const char *ours;
} rewordings[] = {
	{"unallowed token", "unexpected token"},
	{"trailing garbage", "text after the end of the value"},
	{"invalid char in json", "no JSON value begins like this"},
	{"invalid string in json", "unknown word"},
	{"probable comment", "comments are not part of JSON"},
	{"inside a string, '\\'", "unknown escape sequence in a string"},
	{"invalid character inside", "unescaped control character in a string"},
	{"invalid (non-hex)", "\\u without four hexadecimal digits in a string"},
	{"after array element", "expected ',' or ']' after an element"},
	{"after key and value", "expected ',' or '}' after a member"},
	{"object key and value", "expected ':' after a key"},
	{"invalid object key", "expected a string as key"},
};

/* yajl's message is "parse error: TEXT.\n", one line without the excerpt that it can add. */
static int report_yajl_error(struct parser *p)
{
	unsigned char *raw = yajl_get_error(p->yajl, 0, (const unsigned char *)p->text, p->len);
	const char *text = raw ? (const char *)raw : "syntax error";
	bool lexical = str_after(text, "lexical error") != NULL;
	const char *colon = strstr(text, ": ");
	char found[64];
	size_t at, n;
	int r;

	text = colon ? colon + 2 : text;
	at = error_offset(p, text, lexical);
	describe_found(p, at, found, sizeof(found));
	for (size_t i = 0; i < ARRAY_SIZE(rewordings); i++) {
		if (!str_after(text, rewordings[i].yajl))
			continue;
		text = rewordings[i].ours;
		break;
	}
	n = strcspn(text, ".\n");
	if (at >= p->len)
		r = syntax_error(p, at, "the text ends too early");
	else
		r = syntax_error(p, at, "%.*s, found %s", (int)n, text, found);
	if (raw)
		yajl_free_error(p->yajl, raw);
	return r;
}

/* yajl takes the beginning of a string after the value for the end of the text. */
static int check_rest(struct parser *p)
{
	size_t at = p->token_end;
	char found[64];

	while (at < p->len && is_separator(p->text[at]) && p->text[at] != ',' && p->text[at] != ':')
		at++;
	if (at >= p->len)
		return 0;
	describe_found(p, at, found, sizeof(found));
	return syntax_error(p, at, "text after the end of the value, found %s", found);
}

static int run_yajl(struct parser *p)
{
	yajl_alloc_funcs alloc = {
		.malloc = yajl_malloc_in_arena,
		.realloc = yajl_realloc_in_arena,
		.free = yajl_free_nothing,
		.ctx = p,
	};
	yajl_status status;
	int r = 0;

	p->yajl = yajl_alloc(&callbacks, &alloc, p);
	/* utf8_valid() is stricter than yajl's own check, which lets surrogates pass. */
	yajl_config(p->yajl, yajl_dont_validate_strings, 1);
	status = yajl_parse(p->yajl, (const unsigned char *)p->text, p->len);
	if (status == yajl_status_ok) {
		p->finishing = true;
		status = yajl_complete_parse(p->yajl);
	}
	if (status == yajl_status_client_canceled)
		r = -EINVAL; /* the callback has written the error */
	else if (status != yajl_status_ok)
		r = report_yajl_error(p);
	else
		r = check_rest(p);
	yajl_free(p->yajl);
	return r;
}

int json_parse(struct arena *a, const char *name, const char *text, size_t len,
	const struct json_limits *limits, struct json **ret, struct err *e)
{
	struct parser p = {.a = a, .name = name, .text = text, .len = len, .e = e};
	int r;

	if (limits)
		p.limits = *limits;
	if (!p.limits.max_bytes)
		p.limits.max_bytes = JSON_MAX_BYTES;
	if (p.limits.max_bytes > UINT32_MAX)
		p.limits.max_bytes = UINT32_MAX;
	if (!p.limits.max_depth)
		p.limits.max_depth = JSON_MAX_DEPTH;
	if (!p.limits.max_nodes)
		p.limits.max_nodes = JSON_MAX_NODES;
	if (len > p.limits.max_bytes)
		return err_set(e, ERR_CONFIG_SYNTAX, EFBIG, "%s: larger than %zu bytes", name,
			p.limits.max_bytes);
	/* Never NULL, with which even adding 0 is undefined. */
	p.children = grown(&p, NULL, 0, &p.size_children, sizeof(*p.children));
	r = run_yajl(&p);
	if (r < 0)
		return r;
	*ret = p.root;
	return 0;
}
