// SPDX-License-Identifier: Apache-2.0
/*
 * The host side of making a container: obeys a plan, in the phases of a table, and undoes what it
 * did where a phase fails. Runs in the front end; never mounts, never enters a namespace.
 */
#ifndef LODGER_LAUNCH_LAUNCH_H
#define LODGER_LAUNCH_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "cgroup/cgroup.h"
#include "cgroup/scope.h"
#include "kernel/sig.h"
#include "launch/criu.h"
#include "plan/plan.h"
#include "state/state.h"

/* Programs that write id maps, from the facts; used where the plan says so. */
struct launch_helpers {
	const char *newuidmap;
	const char *newgidmap;
};

/* Descriptors that the container is to have, by number. In the arena. */
struct launch_fds {
	int *v;
	size_t n;
};

/* A container that criu(8) restores from images. */
struct launch_restore {
	struct criu criu; /* with all but what is known at the launch alone */
	struct criu_options *options; /* the same; each launch completes a copy */
	const criu_place_list *places; /* of the plan */
};

struct launch {
	/* in */
	struct launch_restore *restore; /* NULL: the container begins with config.json's process */
	struct launch_helpers helpers;
	struct launch_fds keep; /* from 3 to 2 + plan->init.preserve_fds, without the gaps */
	struct arena *arena;
	struct plan *plan;
	const char *state_root;
	const char *init_path; /* lodger-init */
	const char *scope_path; /* lodger-scope */
	const char *console_socket; /* NULL: the terminal, if any, goes to `console` */
	const char *pid_file; /* NULL = none */
	const char *pidfd_socket; /* gets a pidfd of the process; NULL = none */
	bool stays; /* the caller stays until the container ends */
	bool notify; /* the container gets a socket for sd_notify(3) */
	int target; /* exec: pidfd of the container's init, -1 where a container is made */
	int cgroup; /* v2 directory that init is born in, -1 = the caller's; closed where refused */
	const sigset_t *signals; /* mask that the container starts with */
	const void *config; /* bytes of config.json, kept beside the state */
	size_t config_size;

	/* in and out: filled by the caller but for pid and start time; written when init is ready
	 */
	struct state_record record;

	/* out */
	struct state_dir dir; /* locked */
	pid_t pid;
	int pidfd;
	int console; /* master of the terminal, -1 if there is none or somebody else has it */

	/* between the phases */
	struct launch_network {
		const char *path; /* in: the helper's program, NULL where none is needed */
		pid_t pid; /* of the helper, 0 = none */
		int ready; /* where it says that it is; -1 once it has, or where there is none */
		int attach; /* where it waits for namespaces */
	} net;
	int notify_sock; /* out: bound, where nobody will call start; else -1 */
	int console_sock;
	int pidfd_sock;
	int init_pipe; /* front end's end of each */
	int sync;
	int log_pipe;
	char log_rest[4096]; /* of init's log: the beginning of a line */
	size_t log_len;
	int child_init_pipe;
	int child_sync;
	int child_log_pipe;
	int fifo;
	int *ns_fds; /* one per plan->joins */
	struct launch_net_device *net_devices; /* moved into the container so far */
	size_t net_devices_n;
	int net_host; /* netlink sockets of both sides */
	int net_inside;
	int *mount_fds; /* one per plan->mapped_mounts */
	struct cgroup cgroup_dirs;
	struct strv resctrl_made; /* by this launch */
	struct scope_request scope;
	bool scope_made;
	bool cgroup_made;
	bool cgroup_applied;
	bool dir_made;
	bool hooks_begun; /* some have run, or failed: a failure is followed by poststop */
	bool pid_file_made;
};

#define LAUNCH_NONE                                                                                \
	{                                                                                          \
		.dir = STATE_DIR_NONE, .target = -1, .cgroup = -1, .pidfd = -1, .console = -1,     \
		.console_sock = -1, .pidfd_sock = -1, .init_pipe = -1, .sync = -1, .log_pipe = -1, \
		.child_init_pipe = -1, .child_sync = -1, .child_log_pipe = -1, .fifo = -1,         \
		.notify_sock = -1, .net = {.ready = -1, .attach = -1}, .net_host = -1,             \
		.net_inside = -1, .scope = SCOPE_NONE,                                             \
	}

/*
 * Make the container. On success init waits at exec.fifo (plan->init.wait_start) or has executed
 * the payload; the record is on disk. On failure everything is undone: no process, no state.
 * ERR_HOST_IDMAP_HELPER: an id map helper failed; where plan->one_id_would_do, a plan without
 * helpers may work.
 */
int launch_run(struct launch *l, struct err *e);

/*
 * One more process in a container: `l->target` and `l->record` are its, `l->dir` stays closed. The
 * first half starts init, which needs nothing of the plan but preserve_fds: so the plan is made
 * while the kernel executes lodger-init. The second half takes the plan and ends when the payload
 * is executed. Where either fails, and where the caller gives up between them (launch_exec_undo()),
 * no process is left. ERR_STATE_STATUS where the container died meanwhile.
 */
int launch_exec_begin(struct launch *l, struct err *e);
int launch_exec(struct launch *l, struct err *e);
void launch_exec_undo(struct launch *l);

/* Release what launch_run() or launch_exec() left open. Accepts one that failed. */
void launch_done(struct launch *l);
#define auto_launch __attribute__((cleanup(launch_done)))

/* spawn.c: clone init and let it execute lodger-init. */
int launch_spawn(struct launch *l, struct err *e);

/* mounts.c: make the mounts whose ids only the caller may map; close them. */
int launch_map_mounts(struct launch *l, struct err *e);
void launch_close_mounts(struct launch *l);

/*
 * netdev.c: move the plan's network devices to where `*inside`, a netlink socket, is; it is taken.
 * Undone until the launch has succeeded: they go back to the host, with name and addresses.
 */
int launch_net_devices(struct launch *l, int *inside, struct err *e);
void launch_undo_net_devices(struct launch *l);
void launch_close_net_devices(struct launch *l);

/* idmap.c: write the maps of the user namespace that `pid` is in. */
int launch_idmap(
	const struct plan *plan, const struct launch_helpers *helpers, pid_t pid, struct err *e);

/*
 * network.c: the files that are bound into the container; the helper's start; its namespaces; until
 * it is ready and the ports are published, which costs nothing the second time. All do nothing
 * where no network was asked for. ERR_HOST_NETWORK, ERR_HOST_PORT.
 */
int launch_network_files(struct launch *l, struct err *e);
int launch_network_start(struct launch *l, struct err *e);
int launch_network_attach(struct launch *l, int netns, struct err *e);
int launch_network_ready(struct launch *l, struct err *e);
void launch_network_undo(struct launch *l);

/*
 * pasta.c: start pasta for these namespaces, `userns` -1 where that is ours, with who ends it with
 * the container, whose pid goes to `l->net`. Reports ready to `l->net.ready`.
 */
int pasta_start(struct launch *l, int netns, int userns, struct err *e);
/* cgroup.c: see there for the order. Make what init is born in; and remove it. */
int launch_cgroup_make(struct launch *l, struct err *e);
void launch_cgroup_undo(struct launch *l);

/* Ask systemd to put init into a scope; and stop what it has made. */
int launch_cgroup_ask(struct launch *l, struct err *e);
void launch_cgroup_leave(struct launch *l);

/* Make the directories of v1 and move init there. */
int launch_cgroup_join(struct launch *l, struct err *e);

/* The same for the second init, which has not been moved with the first. */
int launch_cgroup_forked(struct launch *l, struct err *e);

/* Wait until init is in its cgroup. */
int launch_cgroup_placed(struct launch *l, struct err *e);

/* Put the limits into force, once. */
int launch_cgroup_apply(struct launch *l, struct err *e);

/*
 * resctrl.c: make the container's groups and record them; put init into them; remove what was made.
 * All do nothing without linux.intelRdt.
 */
int launch_resctrl_make(struct launch *l, struct err *e);
int launch_resctrl_join(struct launch *l, struct err *e);
void launch_resctrl_undo(struct launch *l);

/* filter.c: compile linux.seccomp into the plan's seccomp steps. The only user of libseccomp. */
int filter_compile(struct arena *a, struct plan *plan, struct err *e);

/*
 * filtercache.c: programs that were compiled for this user before, in $XDG_RUNTIME_DIR. `library`:
 * what compiles. Where there is no directory that is the caller's alone, nothing is found or kept.
 */
struct filtercache {
	int dir;
	struct strbuf key;
	char name[8];
};
#define auto_filtercache __attribute__((cleanup(filtercache_close)))

void filtercache_open(struct filtercache *c, const struct spec_seccomp *s, const char *library);
bool filtercache_find(const struct filtercache *c, struct arena *a, struct bytes *ret);
void filtercache_keep(struct filtercache *c, const struct bytes *program); /* once, at the end */
void filtercache_close(struct filtercache *c);

/* "2.5.4" of the libseccomp in use. Text in the arena. */
char *filter_library_version(struct arena *a);

/* filter.c: hand a seccomp listener to the agent at listenerPath, with the container state. */
int filter_send_listener(struct launch *l, int listener, struct err *e);

/* hooks.c: run hooks of the runtime's namespaces, each with `state_json` on standard input. */
int hooks_run(const char *name, const spec_hook_list *hooks, const char *state_json, struct err *e);

/* The same where a failure is only logged and the next hook still runs: poststop. */
void hooks_run_all(const char *name, const spec_hook_list *hooks, const char *state_json);

/* sync.c: answer init's messages until it is done. */
int launch_sync(struct launch *l, struct err *e);

/*
 * What some of the answers are: the terminal's master, taken or passed on; the prestart and
 * createRuntime hooks; limits, and the state on disk. For restore, where criu is asked.
 */
int launch_console(struct launch *l, int *master, struct err *e);
int launch_hooks(struct launch *l, struct err *e);
int launch_record(struct launch *l, struct err *e);

/* Whether a pidfd is of a child of ours: only such a process can be the container's. */
bool launch_is_child(int pidfd);

/* restore.c: what takes the place of init's phases where the container comes from images. */
int launch_restore_start(struct launch *l, struct err *e);
int launch_restore_placed(struct launch *l, struct err *e);
int launch_restore_talk(struct launch *l, struct err *e);
void launch_restore_undo(struct launch *l);
void launch_restore_done(struct launch *l);

/* Why init ended, from its exit status; ERR_CHILD_DIED. Reaps it. */
int launch_child_died(struct launch *l, const char *when, struct err *e);

/* The state of the container as hooks get it (runtime-spec runtime.md, "State"). In the arena. */
char *launch_state_json(struct launch *l, enum state_status status);
void launch_state_write(struct launch *l, enum state_status status, struct json_writer *w);

#endif
