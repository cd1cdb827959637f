// SPDX-License-Identifier: Apache-2.0
/* Private to src/lodger/: what several verbs share. */
#ifndef LODGER_LODGER_INTERNAL_H
#define LODGER_LODGER_INTERNAL_H

#include "cgroup/cgroup.h"
#include "host/facts.h"
#include "launch/launch.h"
#include "lodger/lodger.h"
#include "spec/spec.h"
#include "state/state.h"

/* A container that exists: its directory, record and status. */
struct container {
	struct state_dir dir;
	struct state_record record; /* zeroed where none was written yet */
	enum state_status status;
	int pidfd; /* of init where it lives, else -1 */
};

#define CONTAINER_NONE                                                                             \
	{                                                                                          \
		.dir = STATE_DIR_NONE, .pidfd = -1                                                 \
	}
void container_close(struct container *c);
#define auto_container __attribute__((cleanup(container_close)))

/*
 * Open a container by id and find out its status; with `lock`, nobody else changes it until it is
 * closed. ERR_ID_INVALID, ERR_STATE_MISSING; a record that cannot be read is ERR_STATE_CORRUPT,
 * with the directory left open in `ret` so that `delete --force` can remove it.
 */
int container_open(
	struct lodger *l, const char *id, bool lock, struct container *ret, struct err *e);

/* The state root; made if missing where `create` is set. */
int container_root(struct lodger *l, bool create, const char **ret, struct err *e);

/*
 * The container's cgroup, for cgroup_close(). ERR_STATE_STATUS, with fix, where it has none of its
 * own.
 */
int container_cgroup(
	struct lodger *l, const struct container *c, struct cgroup *ret, struct err *e);

/*
 * Let systemd put a process into the container's unit, or into `sub` (NULL: none) below it, where
 * the kernel does not let the caller. -ENOENT without text where the container has no unit.
 */
int container_move(
	struct lodger *l, const struct container *c, const char *sub, pid_t pid, struct err *e);

/*
 * Kill what is left in the cgroup of a record and remove it, and its groups of resctrl. `in_time`:
 * a unit that systemd will unload by itself is left to it.
 */
int container_remove_cgroup(
	struct lodger *l, const struct state_record *record, bool in_time, struct err *e);

/* The path of another program of lodger's, "lodger-init". ERR_HOST_INSTALL. */
int find_helper(struct lodger *l, const char *name, const char **ret, struct err *e);

/* The config that the container was made from, from its state directory. */
int container_spec(struct lodger *l, const struct container *c, struct spec **ret, struct err *e);

/* The state as hooks get it, in the arena. */
char *container_state_json(struct lodger *l, const struct container *c, enum state_status status);

/* What is asked of the container's cgroup: by config.json, or by the last update. May be NULL. */
int container_resources(struct lodger *l, const struct container *c,
	const struct spec_resources **ret, struct err *e);

/* Kill init and wait for its end; ERR_STATE_STATUS where it does not end within ten seconds. */
int container_kill(struct lodger *l, const struct container *c, struct err *e);

/* Run the poststop hooks (a failure is logged) and remove the state. */
int container_remove(struct lodger *l, struct container *c, struct err *e);

/*
 * What the caller left open is for nobody: not for hooks, not for helpers. Init gets `ret`, which
 * is what is open of `preserve` descriptors from 3 on, and none that lodger itself has opened in a
 * gap between them.
 */
void hide_descriptors(struct arena *a, uint32_t preserve, struct launch_fds *ret);

/* What the planner found worth saying. */
void log_notes(const struct plan *plan);

/*
 * Stay with a process that was launched, pass its terminal and signals on, until it ends: its exit
 * status, or 128 + N for signal N. READY=1 of the launch's notify socket goes to `notify_socket`.
 */
int stay(struct launch *launch, const char *notify_socket, int *ret_status, struct err *e);

/* network.c: lodger.conf of the user; zeroed where there is none. ERR_USAGE, ERR_CONFIG_READ. */
int network_conf(struct lodger *l, struct net_conf *ret, struct err *e);

/*
 * The network that options, annotations and lodger.conf ask for; NULL where none does: then the
 * container gets what config.json says. ERR_USAGE, ERR_CONFIG_READ.
 */
int network_request(struct lodger *l, const struct lodger_create *opts, const struct spec *spec,
	const struct net_request **ret, struct err *e);

/* restore.c: of a launch with a plan, what criu has to be told of it. */
int restore_plan(struct lodger *l, struct launch *launch, struct err *e);

/* Make a container for create or run; see lodger.h. `*out` is to be released by launch_done(). */
int make_container(struct lodger *l, const struct lodger_create *opts, bool wait_start,
	const sigset_t *signals, struct launch *out, struct spec **ret_spec, struct err *e);

#endif
