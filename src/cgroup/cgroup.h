// SPDX-License-Identifier: Apache-2.0
/*
 * The cgroup of one container, by the places that its state record has: made, filled, limited,
 * examined, frozen, emptied, removed. Front end. What is to be written is the planner's to decide;
 * who speaks to systemd is cgroup/scope.h.
 */
#ifndef LODGER_CGROUP_CGROUP_H
#define LODGER_CGROUP_CGROUP_H

#include "base/err.h"
#include "kernel/cgroup.h"
#include "plan/plan.h"

struct cgroup_dir {
	const char *controllers; /* v1: "memory", "cpu,cpuacct", "name=systemd"; v2: "" */
	const char *path;
	int fd; /* O_PATH; -1 if the directory is gone */
};

/* Zero-initialise; cgroup_close() releases. */
struct cgroup {
	array_of(struct cgroup_dir) dirs; /* empty: the container has no cgroup of its own */
};
void cgroup_close(struct cgroup *c);
#define auto_cgroup __attribute__((cleanup(cgroup_close)))

/*
 * Open the directories: pairs of controllers and absolute path, as in the state record. One that is
 * not there is none of the container's any more: its descriptor is -1, which is no error.
 * ERR_HOST_CGROUP.
 */
int cgroup_open(struct arena *a, const kv_list *places, struct cgroup *ret, struct err *e);

/*
 * make.c: make the directories of a plan, with those above them, and enable the controllers along
 * the way. What was made is in `ret` on failure too, for cgroup_remove(). One that has processes
 * already is ERR_CONFIG_CONFLICT; a controller that is not to be had, ERR_HOST_CGROUP.
 */
int cgroup_make(struct arena *a, const struct plan_cgroup *plan, struct cgroup *ret, struct err *e);

/*
 * The same where systemd has made some of the directories and has the process in them: the others
 * are made, and the process is put into all.
 */
int cgroup_join_made(struct arena *a, const struct plan_cgroup *plan, pid_t pid, struct cgroup *ret,
	struct err *e);

/*
 * Have every controller that the plan needs in the cgroup: enabled in those above it, where that is
 * missing and the caller may. ERR_HOST_CGROUP, naming the one that is not to be had, with fix.
 */
int cgroup_need_controllers(const struct cgroup *c, const struct plan_cgroup *plan, struct err *e);

/* Give a cgroup of v2 to a user, so that they can make others below it; not its limits. */
int cgroup_give(const struct cgroup *c, uint32_t uid, uint32_t gid, struct err *e);

/* Whether it is one of cgroup v2. False for none. */
bool cgroup_is_unified(const struct cgroup *c);

/*
 * The directory in which a controller's files are, borrowed: on v2 the one there is, on v1 that of
 * the hierarchy of "memory", "freezer", …. -ENOENT if there is none.
 */
int cgroup_dir_for(const struct cgroup *c, const char *controller);

/*
 * A whole file ("memory.current") of a controller ("memory", "" for cgroup.* of v2) in the arena.
 * -errno without text: a file that is not there is an answer. -ENOENT for a cgroup that is gone.
 */
int cgroup_read(struct arena *a, const struct cgroup *c, const char *controller, const char *file,
	char **ret);

/*
 * Put into force what the plan says, in its order: files, then the device program. What is optional
 * and refused is a warning. ERR_HOST_CGROUP with the write's JSON path as object. Also for update,
 * with a struct plan_cgroup that has but `writes` (and `devices`).
 */
int cgroup_apply(const struct cgroup *c, const struct plan_cgroup *plan, struct err *e);

/*
 * devices.c: load a program and attach it to a cgroup of v2, in the place of the one there is.
 * ERR_HOST_CGROUP.
 */
int cgroup_attach_devices(const struct cgroup *c, const struct bytes *program, struct err *e);

/* Stop every process, or let them go on; waits until the kernel says that it is so. */
int cgroup_freeze(const struct cgroup *c, bool freeze, struct err *e);

/* Whether it is frozen, or on the way there. False where that cannot be read. */
bool cgroup_is_frozen(const struct cgroup *c);

/* The pids of all processes in it and below it, in the caller's pid namespace, sorted. */
int cgroup_pids(struct arena *a, const struct cgroup *c, cgroup_pid_list *ret, struct err *e);

/* Send a signal to every process in it and below it; those forked meanwhile get it too. */
int cgroup_signal(const struct cgroup *c, int sig, struct err *e);

/* SIGKILL for every process in it and below it, and wait for their end. Thaws what is frozen. */
int cgroup_kill(const struct cgroup *c, struct err *e);

/*
 * Move a process into it, with `sub` (NULL: none) into the cgroup of that path below it, which must
 * exist. For exec, where CLONE_INTO_CGROUP cannot be used.
 */
int cgroup_attach(const struct cgroup *c, const char *sub, pid_t pid, struct err *e);

/*
 * A descriptor for CLONE_INTO_CGROUP: of the v2 directory, or of `sub` below it. The caller closes
 * it. -ENOENT without text where the container has no directory of v2.
 */
int cgroup_clone_fd(const struct cgroup *c, const char *sub, struct err *e);

/*
 * Remove a cgroup of v2 that has no process and no cgroup below it, which the kernel alone knows
 * for sure: one call in the place of all that it takes to have it so. False: something is left, or
 * v1.
 */
bool cgroup_remove_empty(const struct cgroup *c);

/* Remove the directories and all below them. What is not there is no error; EBUSY is retried. */
int cgroup_remove(const struct cgroup *c, struct err *e);

#endif
