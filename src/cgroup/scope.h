// SPDX-License-Identifier: Apache-2.0
/*
 * systemd, by way of lodger-scope: a program of its own, since libsystemd would cost the front end
 * a millisecond at every start. A request is started and its outcome waited for later, so that the
 * front end and init can work meanwhile. Front end.
 */
#ifndef LODGER_CGROUP_SCOPE_H
#define LODGER_CGROUP_SCOPE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "plan/plan.h"

/* A request under way. SCOPE_NONE; scope_cancel() releases it. */
struct scope_request {
	pid_t pid; /* of the helper, 0 = none */
	int in; /* where it gets to know what to ask for */
	int out; /* its standard error: that it is done, or why not */
	bool greeted; /* it knows whom to ask */
	bool asked; /* and what */
	bool done; /* it has nothing left to do, and ends by itself */
};
#define SCOPE_NONE ((struct scope_request){.in = -1, .out = -1})

/*
 * The three steps of a request for a scope, each as soon as the front end can take it: start
 * `helper`, the path of lodger-scope; let it connect to `bus`, addresses as in the facts; ask for
 * the scope of `plan` with the process `pid` in it. `stays`: scope_end() may follow. A step that
 * was not taken before is taken by the next one; one that was, costs nothing. ERR_HOST_CGROUP where
 * there is no helper; that it ended is for scope_wait() to tell.
 */
int scope_begin(const char *helper, struct scope_request *s, struct err *e);
void scope_connect(struct scope_request *s, const char *bus);
int scope_ask(const char *helper, const struct plan_cgroup *plan, pid_t pid, bool stays,
	struct scope_request *s, struct err *e);

/* Wait until the process is in its scope, if that was asked. ERR_HOST_CGROUP, quoting systemd. */
int scope_wait(struct scope_request *s, struct err *e);

/*
 * The container has ended: where that was soon after its scope was made, systemd is told, so that
 * the name is free for the next. For one that was asked for with `stays`.
 */
void scope_end(struct scope_request *s);

/* Forget about a request: the helper is ended. */
void scope_cancel(struct scope_request *s);

/* Stop a unit and forget its failure; one that is not there is no error. `bus`: as in the record.
 */
int scope_stop(const char *helper, const char *bus, const char *unit, struct err *e);

/*
 * Let systemd move a process into a unit, with `sub` (NULL: none) into that cgroup below it: who
 * may not write to the common ancestor of two cgroups cannot move it there.
 */
int scope_attach(const char *helper, const char *bus, const char *unit, const char *sub, pid_t pid,
	struct err *e);

/* The same, to be waited for with scope_wait(). */
int scope_attach_start(const char *helper, const char *bus, const char *unit, const char *sub,
	pid_t pid, struct scope_request *ret, struct err *e);

/*
 * Have the scope of `plan` (bus, unit, slice, description, properties) kept by a process of the
 * program `holder`: made where there is none, given another holder where it has lost its own.
 * `link`: absolute path of a symbolic link that then leads to its cgroup.
 */
int scope_hold(const char *helper, const char *holder, const struct plan_cgroup *plan,
	const char *link, struct err *e);

/* SetUnitProperties, at run time only: for update. */
int scope_set(const char *helper, const char *bus, const char *unit,
	const plan_unit_properties *properties, struct err *e);

#endif
