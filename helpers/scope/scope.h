// SPDX-License-Identifier: Apache-2.0
/* Private to lodger-scope: a connection to systemd, and the requests on it. */
#ifndef LODGER_SCOPE_SCOPE_H
#define LODGER_SCOPE_SCOPE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/mem.h"

#define SYSTEMD_NAME      "org.freedesktop.systemd1"
#define SYSTEMD_PATH      "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER   "org.freedesktop.systemd1.Manager"
#define SYSTEMD_UNIT      "org.freedesktop.systemd1.Unit"
#define SYSTEMD_UNIT_PATH "/org/freedesktop/systemd1/unit"

/* For all of a request. systemd under load has been seen to take many seconds for a job. */
#define SCOPE_TIMEOUT_US (30ull * 1000000)

/* Between two looks at what there is no signal for. */
#define RETRY_US 100000

struct scope {
	sd_bus *bus;
	bool direct; /* systemd's own socket, no bus in between */
	bool nobody; /* there is no systemd at this address: nothing was said about it yet */
	bool lost; /* systemd went away while it was asked: neither was there about that */
	bool met; /* it has answered */
	uint64_t deadline; /* CLOCK_MONOTONIC */
	const char *unit;
	char *job; /* object path of the job that is waited for, "" for any of the unit's */
	char *result; /* of that job, once it has ended */
	bool watched; /* for that: */
	bool removed; /* the unit was unloaded */
};

/* What is asked for: arguments after BUS. */
struct request {
	char **args; /* NULL: they are still to come on standard input */
	int n;
};

/* bus.c. Functions give 0 or -errno and have said on standard error why, unless it is `nobody` or
 * `lost`. */

/*
 * Run a request at the first of the addresses where there is a systemd. That there is none shows in
 * the first answer: asking for it before would be a round trip more. One that is lost meanwhile,
 * since it is restarted or executed anew, is waited for and asked again: a request must be one that
 * can be made twice.
 */
typedef int scope_fn(struct scope *s, struct request *q);
int scope_each(const char *addresses, scope_fn *ask, struct request *q);

/* Wait until the connection is made and what was to be sent on it so far has been. */
int scope_connect(struct scope *s);

/* What is left of the request takes no longer than that, in microseconds from now. */
void scope_limit(struct scope *s, uint64_t us);

/* A new call of a method of the manager. */
int scope_method(struct scope *s, const char *method, sd_bus_message **ret);

/* Send it and wait for the answer; `error` is the caller's to free and to report. */
int scope_call(struct scope *s, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret);

/*
 * Ask for a property of the unit; of one that is not there, systemd knows some. The answer is a
 * variant, the caller's to unref; `error` likewise.
 */
int scope_get(struct scope *s, const char *interface, const char *name, sd_bus_error *error,
	sd_bus_message **ret);

/* Remember how jobs end: before what causes it is asked for. */
int scope_watch(struct scope *s);

/* Remember when the unit goes. */
int scope_watch_unit(struct scope *s);

/* Wait until `*flag` says so; -ETIMEDOUT. With a limit in microseconds, UINT64_MAX = the deadline.
 */
int scope_wait_for(struct scope *s, bool (*done)(const struct scope *s), uint64_t limit_us);

/* Say that it is done: who waits for it need not wait for our end. */
void scope_done(void);

/* Say why: "WHAT: systemd's words", or those of errno. Returns r. */
int scope_fail(struct scope *s, int r, const sd_bus_error *error, const char *what);

/* property.c: append (NAME, VARIANT) for each property but those that are dropped. */
struct property {
	const char *name;
	const char *signature;
	const char *value;
	bool optional;
	bool dropped;
};
int property_append(sd_bus_message *m, const struct property *p);

/* The properties of the arguments; -EINVAL. The caller frees the list. */
int property_parse(char **args, int n, struct property **ret, int *ret_n);

/* Drop the optional property that an error is about; false if it is about no such. */
bool property_drop(struct property *list, int n, const sd_bus_error *error);

/*
 * input.c: the next word of standard input, which the caller frees; and the words of a request with
 * their number before them, once. -EPIPE without text: there is none, or not all of it.
 */
int input_word(char **ret);
int input_request(struct request *q);
void input_free(struct request *q);

/* request.c: what the arguments say. */
scope_fn scope_start_unit, scope_set_properties, scope_attach, scope_stop_unit;

/* Start a unit as `q` says; the process is in it then. */
int scope_start(struct scope *s, const struct request *q);

/* hold.c: a scope that outlives what is in it. */
scope_fn scope_hold_unit;

#endif
