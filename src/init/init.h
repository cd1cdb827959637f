// SPDX-License-Identifier: Apache-2.0
/*
 * Private to src/init/: init's state while it runs the plan, and one function per kind of step.
 * Init is `lodger:[1:INIT]` until it has the identity and the namespaces of the container, then
 * `lodger:[2:INIT]`, then the payload. It reads no config, no state, no bus.
 */
#ifndef LODGER_INIT_INIT_H
#define LODGER_INIT_INIT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "plan/plan.h"

struct init {
	struct arena *arena;
	const struct plan_init *plan;
	char *title; /* argv[0], rewritten for ps(1) */
	int sync; /* messages with the front end, -1 once closed */
	int fifo; /* exec.fifo, O_PATH, or -1 */
	int started; /* its end for writing while `start` waits for hooks, or -1 */
	int ns_first; /* descriptor of the first namespace to join */
	int mount_first; /* of the first mount that the front end made */
	int proc; /* own procfs, mounted nowhere; else the host's /proc */
	int root_dir; /* the directory on the host over which the root is attached */
	int root; /* the root mount: detached, then attached, then "/" */
	int devpts; /* root of the container's devpts, -1 if it has none */
	int tty; /* the container's terminal, -1 if it has none */
	int empty_dir; /* mount of a read-only empty directory, for masks; -1 until needed */
	int null_device; /* mount of the host's /dev/null, for masks; -1 if none is needed */
	bool null_attached; /* it covers something already, and can be cloned */
	const char *root_late; /* the root's path, if only the container's root can reach it */
	bool needs_host; /* a step to come looks up a path of the host */
	bool pivoted;
	int *fallbacks; /* per step: what is bound where the kernel refuses a file system, or -1 */
	int *prepared; /* per step: what was opened early, or -1 */
	bool made_userns; /* init made the user namespace itself and asked for its maps */
	bool setgroups_denied; /* in a user namespace that was joined */
	const char *exe; /* what will be executed, found by find-executable */
	const char *const *env; /* of the payload, set by payload-context */
};

/*
 * Run the plan to the end, which is execve(2): returns only on failure, with `e` written and the
 * step named in it.
 */
int init_run(struct init *in, struct err *e);

/* Rewrite the title that ps(1) shows: stage 1 or 2. */
void init_title(struct init *in, int stage);

/* Open what a step needs while init still has the caller's identity; only some kinds do. */
int prepare_mount(struct init *in, size_t i, struct err *e);
int prepare_device(struct init *in, size_t i, struct err *e);
int prepare_mask(struct init *in, size_t i, struct err *e);

/* As the container's root: open and attach the root filesystem where that was not possible before.
 */
int root_open_late(struct init *in, struct err *e);

/*
 * The environment `from`, with HOME by the root filesystem's /etc/passwd where it has none, in the
 * arena, NULL-terminated.
 */
const char *const *init_env(struct init *in, const struct strv *from);

/* One function per kind of step; `i` is the step's place in the plan. */
typedef int step_fn(struct init *in, size_t i, struct err *e);

/* enter.c */
step_fn step_join, step_enter, step_fork, step_unshare, step_maps, step_become, step_time_offsets;
step_fn step_cgroup, step_cgroup_ns, step_keyring, step_hostname, step_domainname, step_loopback;
step_fn step_network;
/* root.c */
step_fn step_propagation, step_root_open, step_root_attach, step_root_flags, step_pivot;
step_fn step_root_propagation, step_readonly_mount, step_make_cwd, step_sysctl, step_readonly_path,
	step_mask;
/* mount.c, device.c, console.c */
step_fn step_mount, step_device, step_symlink, step_console;
/* hook.c */
step_fn step_hook;
/* process.c */
step_fn step_rlimit, step_oom_score, step_scheduler, step_io_priority, step_personality;
step_fn step_memory_policy, step_label, step_session, step_seccomp, step_user, step_caps;
step_fn step_no_new_privs, step_cwd, step_umask, step_affinity;
/* start.c */
step_fn step_prepare, step_net_devices, step_hooks, step_ready, step_payload, step_lookup,
	step_start, step_started, step_exec;

/* live.c */
step_fn step_unmount, step_end;

/* Take away what the first `n` steps have mounted in a container that runs. */
void live_undo(struct init *in, size_t n);

static inline const struct step *init_step(const struct init *in, size_t i)
{
	return &in->plan->steps.v[i];
}

#endif
