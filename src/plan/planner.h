// SPDX-License-Identifier: Apache-2.0
/* Private to src/plan/: the planner's working state and the parts that build.c puts together. */
#ifndef LODGER_PLAN_PLANNER_H
#define LODGER_PLAN_PLANNER_H

#include <errno.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>

#include "base/log.h"
#include "plan/plan.h"

/* CLONE_NEWTIME; libcs older than the kernel's 5.6 interface lack the name. */
#define PLAN_NEWTIME       0x00000080ull
#define PLAN_CAP_SYS_ADMIN 21u
/* Where the container finds its socket for sd_notify(3). */
#define PLAN_NOTIFY_DIR "/run/notify"
#define MS_REC_SLAVE    (MS_REC | MS_SLAVE)

struct planner {
	struct arena *arena;
	const struct spec *spec;
	const struct facts *facts;
	const struct plan_request *req;
	const struct facts_target *target; /* exec: the container to enter; else NULL */
	struct plan *plan;

	/* derived first, read by everything after */
	bool new_userns;
	bool joined_userns;
	bool in_userns; /* the container ends up outside the initial user namespace */
	bool setgroups_denied; /* in the container's user namespace */
	uint64_t ns_new; /* CLONE_NEW* of namespaces made for the container */
	uint64_t ns_joined;

	bool keep_groups; /* the caller's supplementary groups stay */
	const char *context_type; /* mount option that takes linux.mountLabel */
	bool cgroup_entered; /* the steps for it are in the plan */

	struct strv readonly_mounts; /* destinations that become read-only at the end */
};

/* For a plan that begins. `target`: the container to enter, NULL where one is made. */
static inline struct planner planner_begin(struct arena *a, const struct spec *spec,
	const struct facts *facts, const struct facts_target *target,
	const struct plan_request *req, struct plan *plan)
{
	return (struct planner){.arena = a,
		.spec = spec,
		.facts = facts,
		.target = target,
		.req = req,
		.plan = plan};
}

/* Append a zeroed step and return it; valid until the next one is added. */
struct step *planner_step(struct planner *p, enum step_kind kind);

/* Say something about the plan, as a debug line or a warning. */
void planner_note(struct planner *p, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether the container has a namespace of this type other than the caller's. */
static inline bool planner_own_ns(const struct planner *p, uint64_t flag)
{
	return (p->ns_new | p->ns_joined) & flag;
}

/* Whether an id of the container exists in its user namespace. True where that is not known. */
bool planner_uid_mapped(const struct planner *p, uint64_t uid);
bool planner_gid_mapped(const struct planner *p, uint64_t gid);

/* annotations.c: those that mean something to a runtime. First of all: what follows reads it. */
void plan_annotations(struct planner *p);

/* identity.c: caller, user namespace, id maps. */
int plan_identity(struct planner *p, struct err *e);
int plan_check_ids(struct planner *p, struct err *e); /* of the process: do they exist? */
void plan_become_root(struct planner *p); /* of the container, where there is a map */

/* namespaces.c */
int plan_namespaces(struct planner *p, struct err *e); /* which ones; before identity */
void plan_enter(struct planner *p); /* the steps that make and join them */
int plan_uts(struct planner *p, struct err *e);
int plan_net_devices(struct planner *p, struct err *e); /* before sysctls, which may name them */
int plan_sysctls(struct planner *p, struct err *e);

/* mntmap.c: the word carries a map ("idmap=..."); the map of a mount, where it is to have one. */
bool plan_is_mount_map(const char *word);
int plan_mount_map(struct planner *p, const struct spec_mount *spec, const char *option,
	struct step_mount *m, struct err *e);
/*
 * The steps after which init is in its cgroup, and its cgroup namespace begins there. As late as
 * possible, since systemd takes its time; before the first mount that shows the cgroup.
 */
void planner_enter_cgroup(struct planner *p);

/* network.c */
int plan_network(struct planner *p, struct err *e); /* which one, and whether it can be had */
void plan_network_offer(struct planner *p); /* the step that hands the namespace to a helper */
void plan_network_files(struct planner *p); /* /etc/resolv.conf and its like */
/* Whether there is a network namespace for the container; its path if it is joined, else NULL. */
bool plan_network_ns(const struct planner *p, const char **ret_path);

/* "/a//b/../c/" → "/a/c". Lexical: for comparing, symlinks are init's business. In the arena. */
const char *planner_clean_path(struct arena *a, const char *path);

/* rootfs.c, mounts.c, devices.c */
int plan_rootfs_open(struct planner *p, struct err *e);
int plan_mounts(struct planner *p, struct err *e);
int plan_devices(struct planner *p, struct err *e);
void plan_paths(struct planner *p); /* read-only and masked paths */
void plan_early_pivot(struct planner *p);
void plan_root_switch(struct planner *p);

void plan_console(struct planner *p, bool bind); /* the terminal, where there is one */

/* cgroup.c: who makes it and where; calls plan_resources(). After identity. */
int plan_cgroup(struct planner *p, struct err *e);

/* scope.c: its unit, slice, properties and places, where systemd makes it. */
int plan_scope(struct planner *p, struct err *e);

/* resources.c: what is put into force in it. */
int plan_resources(struct planner *p, struct err *e);

/* resctrl.c: linux.intelRdt. After identity. */
int plan_resctrl(struct planner *p, struct err *e);

/* process.c */
int plan_process(struct planner *p, struct err *e);
/* What exec does in another place: the parts of plan_process(), in their order. */
void plan_take_process(struct planner *p); /* args and environment */
void plan_limits_raised(struct planner *p);
void plan_oom_score(struct planner *p);
void plan_placement(struct planner *p); /* scheduling and memory */
int plan_payload(struct planner *p, struct err *e); /* session, identity, rights, exec */

/*
 * exec.c: of the container that is entered, with which namespaces. ERR_STATE_STATUS where that has
 * no mount namespace of its own.
 */
int plan_take_target(struct planner *p, struct err *e);

/* hooks.c */
void plan_hooks(struct planner *p);
void plan_late_hooks(struct planner *p);

#endif
