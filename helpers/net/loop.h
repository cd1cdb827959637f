// SPDX-License-Identifier: Apache-2.0
/* The event loop: descriptors that somebody watches, on one epoll(7) instance. */
#ifndef LODGER_NET_LOOP_H
#define LODGER_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define NS_PER_MS 1000000ull

struct loop;

/* Called with the EPOLL* bits that happened. */
typedef void watch_fn(void *arg, uint32_t events);

/* Somebody's interest in a descriptor. Zero-initialise; lives as long as it is watched. */
struct watch {
	int fd;
	watch_fn *fn;
	void *arg;
	bool active;
};

/* libslirp's descriptors come and go too often for a struct each: these have a number. */
typedef void numbered_fn(void *arg, int fd, uint32_t events);

struct loop *loop_new(numbered_fn *fn, void *arg); /* NULL: errno says why */
int loop_epoll(const struct loop *l);

/* Begin to watch, or change the events. 0 or -errno. */
int loop_watch(struct loop *l, struct watch *w, uint32_t events);
void loop_unwatch(struct loop *l, struct watch *w);

/*
 * The same for a numbered descriptor. One that was closed meanwhile, which epoll forgets by itself,
 * is taken for what it is. Events 0 = no longer.
 */
int loop_number(struct loop *l, int fd, uint32_t events);

/*
 * Wait until `deadline_ns` (CLOCK_MONOTONIC, UINT64_MAX = for ever) and call what has happened.
 * Returns the number of descriptors or -errno.
 */
int loop_wait(struct loop *l, uint64_t deadline_ns);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t loop_now(void);

#endif
