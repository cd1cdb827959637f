// SPDX-License-Identifier: Apache-2.0
/* The planner for exec: one more process in a container. Pure, as plan_build() is. */
#ifndef LODGER_PLAN_EXEC_H
#define LODGER_PLAN_EXEC_H

#include "plan/plan.h"

/* What `exec` asks for beside the container's config. Members that are not given are NULL, empty.
 */
struct plan_exec_request {
	const struct spec_process *process; /* --process: all of it; what follows is left out */
	struct strv args;
	const char *cwd;
	const char *user; /* "UID[:GID]" */
	const char *apparmor;
	const char *selinux;
	struct strv env; /* NAME=VALUE, after those of the config */
	struct strv caps; /* added to those of the config */
	struct strv additional_gids; /* numbers, added to those of the config */
	bool tty;
	bool no_new_privs; /* set: yes; else as the config has it */
};

/*
 * The process that `exec` is to run: --process, or the config's with what the command line says put
 * over it, as runc has it: environment, capabilities and groups are added, the rest is replaced,
 * and there is a terminal only where one is asked for. In the arena; to be checked as part of a
 * spec. ERR_USAGE.
 */
int plan_exec_process(struct arena *a, const struct spec *spec, const struct plan_exec_request *req,
	struct spec_process **ret, struct err *e);

/*
 * The same for `exec`: how one more process gets into the container `target`. `spec` is the
 * container's, with the process to run in the place of its own. Of `req` the bundle and what
 * belongs to making a container are not looked at.
 */
int plan_exec(struct arena *a, const struct spec *spec, const struct facts *facts,
	const struct facts_target *target, const struct plan_request *req, struct plan *ret,
	struct err *e);

/*
 * Mounts for a container that runs, or with `remove` those to take away, of which the destination
 * alone is looked at: `spec` is the container's with these in the place of its own. `bundle` of
 * `req` is where relative sources begin. ERR_CONFIG_UNSUPPORTED for what cannot be added later,
 * ERR_CONFIG_CONFLICT for what config.json protects.
 */
int plan_live_mounts(struct arena *a, const struct spec *spec, const struct facts *facts,
	const struct facts_target *target, const struct plan_request *req, bool remove,
	struct plan *ret, struct err *e);

#endif
