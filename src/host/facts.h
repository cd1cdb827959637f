// SPDX-License-Identifier: Apache-2.0
/*
 * What this host and this user allow, as data. Read once from the kernel and /etc, then handed to
 * the planner; a test hands in its own. Identity comes from the kernel (the user namespace, its
 * maps, the capabilities held), never from uid == 0 alone.
 */
#ifndef LODGER_HOST_FACTS_H
#define LODGER_HOST_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"
#include "base/mem.h"

/* A line of /proc/self/uid_map: `count` ids from `inside`, seen by the parent as `outside`. */
struct id_extent {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};
typedef array_of(struct id_extent) id_extents;

/* A line of /etc/subuid that is ours. */
struct id_range {
	uint32_t start;
	uint32_t count;
};
typedef array_of(struct id_range) id_ranges;

enum cgroup_layout {
	CGROUP_LAYOUT_NONE, /* nothing at /sys/fs/cgroup */
	CGROUP_LAYOUT_UNIFIED, /* cgroup v2 alone */
	CGROUP_LAYOUT_LEGACY, /* v1 hierarchies, with or without a v2 one beside them */
};

/* A mounted cgroup hierarchy, and where in it this process is. */
struct cgroup_hierarchy {
	const char *controllers; /* "cpu,cpuacct", "name=systemd"; "" for v2 */
	const char *mountpoint;
	const char *path; /* of this process, below the mount point; NULL if it is outside */
};
typedef array_of(struct cgroup_hierarchy) cgroup_hierarchies;

/* A cgroup of v2 in which the caller may make another. */
struct facts_cgroup {
	const char *path; /* absolute */
	bool delegated; /* handed over, with all below it: so says systemd, or it is the topmost */
	bool populated; /* has processes of its own, so that no controller can be enabled in it */
	struct strv controllers; /* that could be enabled in it */
	struct strv enabled; /* for what is below it */
};

struct facts_rlimit {
	const char *name; /* "RLIMIT_NOFILE" */
	uint64_t soft; /* UINT64_MAX = unlimited */
	uint64_t hard;
};

struct facts {
	uint32_t euid; /* as seen in the current user namespace */
	uint32_t egid;
	const char *user_name; /* from /etc/passwd, else getent(1); NULL if the uid has no name */
	bool initial_userns; /* /proc/self/ns/user is the kernel's first */
	uint64_t caps; /* effective set, bit N = capability N */
	uint64_t caps_bounding;
	id_extents uid_map; /* of the current user namespace */
	id_extents gid_map;
	bool setgroups_denied; /* in the current user namespace */
	array_of(uint32_t) groups; /* supplementary */
	id_ranges sub_uids; /* in file order, ranges of this user by name and by uid */
	id_ranges sub_gids;
	const char *newuidmap; /* absolute path, NULL if it is not installed */
	const char *newgidmap;
	array_of(struct facts_rlimit) rlimits;
	int32_t cgroup_layout; /* enum cgroup_layout */
	cgroup_hierarchies cgroups; /* UNIFIED: the one; LEGACY: every mounted one, v2 with "" */
	array_of(struct facts_cgroup) cgroup_tree; /* UNIFIED: own one first, then those above it,
						      while they are the caller's to write to */
	const char *bus; /* D-Bus addresses of a systemd for the caller, in order, apart by ";" */
	bool systemd; /* there is one, by all that can be seen without asking */
	const char *session_dir; /* where it is noted which cgroup the user's session scope has */
	const char *session; /* that cgroup, absolute, if it is there; NULL = has to be made */
	bool apparmor; /* the module is active */
	bool selinux;
	const char *resctrl; /* where a resctrl file system is mounted; NULL = nowhere */
	uint32_t cap_last; /* /proc/sys/kernel/cap_last_cap */
	const char *resolv_conf; /* text of /etc/resolv.conf; NULL if it cannot be read */
	const char *hosts; /* text of /etc/hosts */
	uint32_t unprivileged_port; /* first port that needs no capability, ip(7) */
};

/* The description of struct facts, with which golden tests read facts.json. */
extern const struct struct_desc facts_desc;

/* Facts that cost something and that only some configs need. */
enum facts_want {
	FACTS_CGROUPS = 1 << 0, /* the hierarchies of cgroup v1 */
	FACTS_LABELS = 1 << 1, /* apparmor, selinux */
	FACTS_IDS = 1 << 2, /* user_name, sub_uids, sub_gids, newuidmap, newgidmap */
	FACTS_NETWORK = 1 << 3, /* resolv_conf, hosts, unprivileged_port */
	FACTS_CGROUP_TREE = 1 << 4, /* cgroup_tree; of v1 hierarchies, nothing */
	FACTS_BUS = 1 << 5, /* bus, systemd */
	FACTS_RESCTRL = 1 << 6, /* resctrl */
	FACTS_SESSION = 1 << 7, /* session_dir, session */
	FACTS_ALL = FACTS_CGROUPS | FACTS_LABELS | FACTS_IDS | FACTS_NETWORK | FACTS_CGROUP_TREE |
		    FACTS_BUS | FACTS_RESCTRL | FACTS_SESSION,
};

/*
 * Read the facts of the calling process, and of the others those of `want` (enum facts_want), into
 * `*ret`, whose members live in `a`. Missing files are facts (no ranges, no hierarchy), not errors.
 * Costs about twenty system calls and no process, unless the user is not in /etc/passwd and
 * subordinate ids are wanted by name (getent is run).
 */
int facts_read(struct arena *a, unsigned want, struct facts *ret, struct err *e);

/* A container that lives, as whoever wants to enter it sees it. */
struct facts_target {
	uint64_t namespaces; /* CLONE_NEW* of those that are not the caller's own */
	id_extents uid_map; /* of its user namespace, where that is another */
	id_extents gid_map;
	bool setgroups_denied; /* the same */
};

extern const struct struct_desc facts_target_desc;

/*
 * Read it from /proc/PID. The caller holds a pidfd of the process, by which it will enter: a number
 * that was used anew meanwhile then leads nowhere. ERR_HOST_PERMISSION.
 */
int facts_read_target(struct arena *a, int32_t pid, struct facts_target *ret, struct err *e);

/*
 * Whether the caller is uid 0 of the initial user namespace. One system call or two: for commands
 * that need no other fact.
 */
bool facts_real_root(void);

/* Whether the caller holds a capability (CAP_SYS_ADMIN, …) in its user namespace. */
bool facts_has_cap(const struct facts *f, unsigned cap);

/* The hard limit for a resource name, UINT64_MAX where unknown. */
uint64_t facts_hard_limit(const struct facts *f, const char *name);

/*
 * Why a user namespace cannot be made or used here: after clone3 with CLONE_NEWUSER, or the first
 * privileged step inside, failed with `errnum` (either sign). Reads the sysctls and AppArmor's
 * restriction and writes message and fix (ERR_HOST_USERNS). Returns -errnum.
 */
int facts_explain_userns(int errnum, struct err *e);

/*
 * If `e` has no fix and its errno is ENOSYS or EPERM: which of the system calls that lodger needs
 * are refused here, as its fix. Left alone where none is.
 */
void facts_explain_syscalls(struct err *e);

#endif
