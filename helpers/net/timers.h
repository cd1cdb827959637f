// SPDX-License-Identifier: Apache-2.0
/* libslirp's timers, of which there are few. */
#ifndef LODGER_NET_TIMERS_H
#define LODGER_NET_TIMERS_H

#include <slirp/libslirp.h>
#include <stdbool.h>
#include <stdint.h>

#define TIMERS_MAX 4u

struct timer {
	bool used;
	SlirpTimerId id;
	void *arg;
	uint64_t at; /* CLOCK_MONOTONIC in ns, UINT64_MAX = not running */
};

/* Zero-initialise. */
struct timers {
	struct timer v[TIMERS_MAX];
};

/* NULL where there are too many. */
struct timer *timer_new(struct timers *t, SlirpTimerId id, void *arg);
void timer_end(struct timer *t); /* accepts NULL */
void timer_set(struct timer *t, int64_t at_ms); /* accepts NULL */

/* Tell libslirp of those that are due. Returns when the next one is. */
uint64_t timers_run(struct timers *t, Slirp *slirp);

#endif
