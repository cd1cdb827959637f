// SPDX-License-Identifier: Apache-2.0
/* Memory: checked allocation and arenas. Any process; see mem.h for what happens when it runs out.
 */
#include "base/mem.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#define ARENA_FIRST_BLOCK 4000u /* with its header, a page */
#define EXIT_NO_MEMORY    70

struct block {
	struct block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *head;
	struct block *borrowed; /* the first block, where it is the caller's, with this struct */
};

__attribute__((noreturn)) static void out_of_memory(void)
{
	static const char text[] = "lodger: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EXIT_NO_MEMORY);
	_exit(EXIT_NO_MEMORY);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

struct arena *arena_new_in(struct arena_room *buf, size_t size)
{
	struct arena_room *rest = buf + (sizeof(struct arena) + sizeof(*buf) - 1) / sizeof(*buf);
	struct arena *a = (struct arena *)(void *)buf;

	a->head = a->borrowed = (struct block *)(void *)rest;
	a->head->next = NULL;
	a->head->used = 0;
	a->head->size = size - (size_t)(a->head->data - buf->bytes);
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct block *b = a->head, *next; b != a->borrowed; b = next) {
		next = b->next;
		free(b);
	}
	if (!a->borrowed)
		free(a);
}

static struct block *block_for(struct arena *a, size_t size)
{
	size_t want = a->head ? a->head->size * 2 : ARENA_FIRST_BLOCK;
	struct block *b;

	if (want > (1u << 20))
		want = 1u << 20;
	if (want < size)
		want = size;
	/* Not calloc: pages that are never used are never touched. */
	b = xmalloc(sizeof(*b) + want);
	b->used = 0;
	b->size = want;
	b->next = a->head;
	a->head = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct block *b = a->head;
	void *p;

	if (need < size)
		out_of_memory();
	if (!b || b->size - b->used < need)
		b = block_for(a, need);
	p = b->data + b->used;
	b->used += need;
	return memset(p, 0, need);
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory();
	return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		out_of_memory();
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void *arena_grow(struct arena *a, const void *old, size_t n, size_t elem_size)
{
	/* Doubles at powers of two, so that a loop of n appends copies O(n) elements. */
	if (n && (n & (n - 1)) != 0)
		return (void *)(uintptr_t)old;
	void *p = arena_calloc(a, n ? n * 2 : 1, elem_size);

	if (n)
		memcpy(p, old, n * elem_size);
	return p;
}
