// SPDX-License-Identifier: Apache-2.0
/*
 * Memory and ownership.
 *
 * An owning local says so by attribute (auto_free, auto_fd, auto_arena) and gives its value away
 * with take_ptr() or take_fd(). What is parsed or planned lives in an arena and is freed whole.
 *
 * Running out of memory ends the process with a message and status 70: nothing that lodger does
 * then could be more orderly than what a killed front end leaves behind, which `delete` clears.
 */
#ifndef LODGER_BASE_MEM_H
#define LODGER_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* malloc family that never returns NULL. Free with free(). */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));

/* A region whose allocations live until the region is freed. Not thread-safe. */
struct arena;

/* Memory for an arena's beginning: an array of ARENA_ROOM(bytes) of these. */
struct arena_room {
	_Alignas(max_align_t) unsigned char bytes[sizeof(max_align_t)];
};
#define ARENA_ROOM(bytes) ((bytes) / sizeof(struct arena_room))

struct arena *arena_new(void) __attribute__((returns_nonnull));
void arena_free(struct arena *a); /* accepts NULL */

/*
 * The same, with its beginning in the `size` bytes at `buf`, at least 256, which must outlive it:
 * no system call is made before those are used up.
 */
struct arena *arena_new_in(struct arena_room *buf, size_t size) __attribute__((returns_nonnull));

/* An arena `name` that ends with the block; what a short function needs fits on its stack. */
#define scratch_arena(name)                                                                        \
	struct arena_room name##_room[ARENA_ROOM(2048)];                                           \
	auto_arena struct arena *name = arena_new_in(name##_room, sizeof(name##_room))

/* Zeroed, aligned for any type, never NULL. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
void *arena_calloc(struct arena *a, size_t n, size_t size)
	__attribute__((returns_nonnull, alloc_size(2, 3)));
char *arena_strdup(struct arena *a, const char *s) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((returns_nonnull, format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((returns_nonnull, format(printf, 2, 0)));

/* A new array of `n + 1` elements with the old `n` copied in, for arrays that grow by one. */
void *arena_grow(struct arena *a, const void *old, size_t n, size_t elem_size)
	__attribute__((returns_nonnull));

#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type)))

static inline void mem_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void mem_close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void mem_arena_ptr(struct arena **a)
{
	arena_free(*a);
}

#define auto_free  __attribute__((cleanup(mem_free_ptr)))
#define auto_fd    __attribute__((cleanup(mem_close_fd)))
#define auto_arena __attribute__((cleanup(mem_arena_ptr)))

/* Hand ownership over: yields the value and leaves NULL or -1 behind. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Close now and forget. */
static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(take_fd(fd));
}

#endif
