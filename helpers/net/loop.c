// SPDX-License-Identifier: Apache-2.0
/* The event loop; see loop.h. Knows nothing of networks. */
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define EVENTS_MAX   256
#define NUMBERED_BIT 1ull /* pointers to a struct watch are even */

struct loop {
	int epoll;
	numbered_fn *fn;
	void *arg;
	bool no_pwait2; /* Linux before 5.11, or a filter */
	int n; /* events that are being handled */
	struct epoll_event events[EVENTS_MAX];
};

uint64_t loop_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

struct loop *loop_new(numbered_fn *fn, void *arg)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->fn = fn;
	l->arg = arg;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return NULL;
	}
	return l;
}

int loop_epoll(const struct loop *l)
{
	return l->epoll;
}

int loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};

	if (epoll_ctl(l->epoll, w->active ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &ev) < 0)
		return -errno;
	w->active = true;
	return 0;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	if (!w->active)
		return;
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->active = false;
	/* What is being handled may hold an event of it, and its memory may be gone by then. */
	for (int i = 0; i < l->n; i++) {
		if (l->events[i].data.ptr == w)
			l->events[i].events = 0;
	}
}

int loop_number(struct loop *l, int fd, uint32_t events)
{
	struct epoll_event ev = {
		.events = events, .data.u64 = (uint64_t)(unsigned)fd << 1 | NUMBERED_BIT};

	if (!events)
		return epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
	if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &ev) == 0 ||
		(errno == ENOENT && epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) == 0))
		return 0;
	return -errno;
}

static int wait_until(struct loop *l, uint64_t deadline)
{
	uint64_t now = deadline == UINT64_MAX ? 0 : loop_now();
	uint64_t left = deadline > now ? deadline - now : 0;
	int n;

	if (!l->no_pwait2) {
		struct timespec t = {.tv_sec = (time_t)(left / 1000000000ull),
			.tv_nsec = (long)(left % 1000000000ull)};

		n = epoll_pwait2(
			l->epoll, l->events, EVENTS_MAX, deadline == UINT64_MAX ? NULL : &t, NULL);
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return n < 0 ? -errno : n;
		l->no_pwait2 = true;
	}
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	n = epoll_wait(l->epoll, l->events, EVENTS_MAX,
		deadline == UINT64_MAX ? -1
		: left > 60000         ? 60000
				       : (int)left);
	return n < 0 ? -errno : n;
}

int loop_wait(struct loop *l, uint64_t deadline_ns)
{
	int n = wait_until(l, deadline_ns);

	if (n < 0)
		return n == -EINTR ? 0 : n;
	l->n = n;
	for (int i = 0; i < n; i++) {
		const struct epoll_event *ev = &l->events[i];
		struct watch *w = ev->data.ptr;

		if (!ev->events)
			continue;
		if (ev->data.u64 & NUMBERED_BIT)
			l->fn(l->arg, (int)(ev->data.u64 >> 1), ev->events);
		else
			w->fn(w->arg, ev->events);
	}
	l->n = 0;
	return n;
}
