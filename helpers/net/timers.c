// SPDX-License-Identifier: Apache-2.0
/* libslirp's timers; see timers.h. */
#include "timers.h"

#include <stddef.h>

#include "loop.h"

struct timer *timer_new(struct timers *t, SlirpTimerId id, void *arg)
{
	for (unsigned i = 0; i < TIMERS_MAX; i++) {
		if (t->v[i].used)
			continue;
		t->v[i] = (struct timer){.used = true, .id = id, .arg = arg, .at = UINT64_MAX};
		return &t->v[i];
	}
	return NULL;
}

void timer_end(struct timer *t)
{
	if (t)
		t->used = false;
}

void timer_set(struct timer *t, int64_t at_ms)
{
	if (t)
		t->at = (uint64_t)at_ms * NS_PER_MS;
}

uint64_t timers_run(struct timers *t, Slirp *slirp)
{
	uint64_t now = loop_now(), next = UINT64_MAX;

	for (unsigned i = 0; i < TIMERS_MAX; i++) {
		struct timer *one = &t->v[i];

		if (!one->used)
			continue;
		if (one->at <= now) {
			one->at = UINT64_MAX;
			slirp_handle_timer(slirp, one->id, one->arg);
		}
		if (one->at < next)
			next = one->at;
	}
	return next;
}
