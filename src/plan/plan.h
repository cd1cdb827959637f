// SPDX-License-Identifier: Apache-2.0
/*
 * The plan: what is to be done to make one container, as data.
 *
 * plan_build() decides everything, from the config, the facts about host and user, and the
 * request; it touches nothing. The front end (src/launch/) obeys the host side of the plan, init
 * (src/init/) runs the steps, in order. What is different for an unprivileged user is decided
 * here and nowhere else.
 */
#ifndef LODGER_PLAN_PLAN_H
#define LODGER_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/facts.h"
#include "plan/cgroup.h"
#include "plan/mount.h"
#include "plan/network.h"
#include "plan/resctrl.h"
#include "spec/spec.h"

/* What the command line and the caller's environment ask for, beside config.json. */
struct plan_request {
	const char *id;
	const char *bundle; /* absolute */
	bool wait_start; /* create: block at exec.fifo until start */
	bool no_pivot;
	bool no_new_keyring;
	bool console_given; /* a console socket receives the terminal */
	bool detach; /* nobody stays to relay a terminal */
	bool no_cgroup; /* none could be made, and none was asked for */
	int32_t cgroup_manager; /* enum plan_cgroup_manager, PLAN_CGROUP_AUTO unless asked for */
	uint32_t preserve_fds; /* descriptors 3 to 3 + n - 1 are kept for the container */
	const char *listen_fds; /* value of LISTEN_FDS for the container, NULL = unset */
	const char *state_dir; /* of the container, absolute */
	const struct net_request *network; /* NULL = what config.json says */
	const char *notify_dir; /* host directory with a socket for sd_notify(3), NULL = none */
};

/* Who calls, as far as it changes what can be done. */
enum plan_caller {
	PLAN_CALLER_ROOT, /* CAP_SYS_ADMIN in the initial user namespace */
	PLAN_CALLER_NS_ROOT, /* CAP_SYS_ADMIN in another one: podman, rootlesskit */
	PLAN_CALLER_USER, /* no CAP_SYS_ADMIN: a user namespace has to be made first */
};

/* Who writes an id map. */
enum plan_map_writer {
	PLAN_MAP_NONE, /* no new user namespace */
	PLAN_MAP_DIRECT, /* the front end writes /proc/PID/uid_map */
	PLAN_MAP_HELPER, /* newuidmap or newgidmap does */
};

struct plan_id_map {
	int32_t writer; /* enum plan_map_writer */
	id_extents extents;
};

/* A namespace to join by path. The front end opens it, init gets the descriptor by slot. */
struct plan_join {
	uint64_t flag; /* CLONE_NEW* */
	const char *path;
	const char *from; /* who names it: "linux.namespaces", "--network" */
};

/*
 * Steps of init. One row: enumerator, name (in --debug, errors, golden plans), payload type.
 * Rows stand in the order in which a plan usually has them.
 */
#define PLAN_STEPS(X)                                                                              \
	X(STEP_JOIN, "join-namespace", step_join)                                                  \
	X(STEP_ENTER, "enter-container", step_enter)                                               \
	X(STEP_FORK, "fork-init", step_flags)                                                      \
	X(STEP_UNSHARE, "unshare", step_flags)                                                     \
	X(STEP_LOOPBACK, "loopback-up", step_none)                                                 \
	X(STEP_NETWORK, "offer-network", step_none)                                                \
	X(STEP_PROPAGATION, "host-propagation", step_flags)                                        \
	X(STEP_ROOT_OPEN, "open-rootfs", step_path)                                                \
	X(STEP_PREPARE, "open-sources", step_none)                                                 \
	X(STEP_MAPS, "wait-id-maps", step_none)                                                    \
	X(STEP_BECOME_ROOT, "become-container-root", step_become)                                  \
	X(STEP_TIME_OFFSETS, "time-offsets", step_text)                                            \
	X(STEP_CGROUP, "wait-cgroup", step_none)                                                   \
	X(STEP_CGROUP_NS, "cgroup-namespace", step_none)                                           \
	X(STEP_KEYRING, "session-keyring", step_none)                                              \
	X(STEP_AFFINITY, "cpu-affinity", step_text)                                                \
	X(STEP_HOSTNAME, "hostname", step_text)                                                    \
	X(STEP_DOMAINNAME, "domainname", step_text)                                                \
	X(STEP_ROOT_ATTACH, "attach-rootfs", step_none)                                            \
	X(STEP_MOUNT, "mount", step_mount)                                                         \
	X(STEP_DEVICE, "device", step_device)                                                      \
	X(STEP_SYMLINK, "symlink", step_symlink)                                                   \
	X(STEP_CONSOLE, "console", step_console)                                                   \
	X(STEP_MAKE_CWD, "make-cwd", step_path)                                                    \
	X(STEP_NET_DEVICES, "net-devices", step_none)                                              \
	X(STEP_SYSCTL, "sysctl", step_sysctl)                                                      \
	X(STEP_HOOKS, "runtime-hooks", step_none)                                                  \
	X(STEP_HOOK, "container-hook", step_hook)                                                  \
	X(STEP_READONLY_PATH, "readonly-path", step_path)                                          \
	X(STEP_MASK, "mask-path", step_path)                                                       \
	X(STEP_READONLY_MOUNT, "readonly-mount", step_path)                                        \
	X(STEP_ROOT_FLAGS, "rootfs-flags", step_root_flags)                                        \
	X(STEP_PIVOT, "pivot-root", step_pivot)                                                    \
	X(STEP_ROOT_PROPAGATION, "rootfs-propagation", step_flags)                                 \
	X(STEP_RLIMIT, "rlimit", step_rlimit)                                                      \
	X(STEP_OOM_SCORE, "oom-score-adj", step_number)                                            \
	X(STEP_SCHEDULER, "scheduler", step_scheduler)                                             \
	X(STEP_IO_PRIORITY, "io-priority", step_number)                                            \
	X(STEP_PERSONALITY, "personality", step_number)                                            \
	X(STEP_MEMORY_POLICY, "memory-policy", step_memory_policy)                                 \
	X(STEP_LABEL, "exec-label", step_label)                                                    \
	X(STEP_SESSION, "session", step_none)                                                      \
	X(STEP_READY, "ready", step_none)                                                          \
	X(STEP_SECCOMP, "seccomp", step_seccomp)                                                   \
	X(STEP_USER, "user", step_user)                                                            \
	X(STEP_CAPS, "capabilities", step_caps)                                                    \
	X(STEP_NO_NEW_PRIVS, "no-new-privileges", step_none)                                       \
	X(STEP_PAYLOAD, "payload-context", step_none)                                              \
	X(STEP_CWD, "cwd", step_path)                                                              \
	X(STEP_UMASK, "umask", step_number)                                                        \
	X(STEP_LOOKUP, "find-executable", step_none)                                               \
	X(STEP_START, "wait-start", step_none)                                                     \
	X(STEP_STARTED, "tell-start", step_none)                                                   \
	X(STEP_EXEC, "exec", step_none)                                                            \
	X(STEP_UNMOUNT, "unmount", step_unmount)                                                   \
	X(STEP_END, "end", step_none)

enum step_kind {
#define X(kind, name, payload) kind,
	PLAN_STEPS(X)
#undef X
		STEP_NR
};

struct step_none {
	char unused;
};

struct step_flags {
	uint64_t flags; /* CLONE_NEW* or MS_* */
};

struct step_path {
	const char *path; /* inside the root filesystem, but for open-rootfs */
};

struct step_text {
	const char *text;
};

struct step_number {
	int64_t number;
};

struct step_join {
	uint64_t flag;
	uint32_t slot; /* which of the descriptors that the front end opened */
	const char *path;
};

struct step_enter {
	uint64_t flags; /* CLONE_NEW* of all namespaces that are joined at once */
	uint32_t slot; /* where the pidfd of the container's init is, as for step_join */
};

#define STEP_BECOME_KEEP UINT32_MAX

struct step_become {
	uint32_t uid; /* 0, or STEP_BECOME_KEEP where the container has no root */
	uint32_t gid;
	bool clear_groups; /* setgroups(2) is allowed: drop the caller's supplementary groups */
};

struct step_device {
	const char *path; /* inside the root filesystem */
	const char *source; /* host node to bind, NULL: mknod */
	uint32_t mode; /* type and permission bits */
	uint32_t major;
	uint32_t minor;
	uint32_t uid;
	uint32_t gid;
	bool optional; /* a default device: skipped where the host has none */
};

struct step_symlink {
	const char *target;
	const char *path;
};

struct step_console {
	uint32_t height; /* rows, 0 = unset */
	uint32_t width;
	uint32_t uid; /* owner of the terminal, in the container */
	bool bind; /* make /dev/console */
	bool find; /* the container has its devpts at /dev/pts already */
};

struct step_sysctl {
	const char *key; /* path below /proc/sys */
	const char *value;
	bool optional; /* refusal is a warning: the value names ids that may be unmapped */
};

struct step_hook {
	const char *json_path;
	const char *title; /* for errors: runc's words, which engines pass on */
	const char *path;
	struct strv args;
	struct strv env;
	bool home; /* HOME is looked for, as for the payload, whose environment it is */
	bool at_root; /* its working directory is the root filesystem */
	int64_t timeout_s; /* 0 = none */
};

struct step_root_flags {
	bool readonly;
};

struct step_pivot {
	bool no_pivot; /* move the root and chroot(2), for initramfs */
	bool early; /* while ids are mapped: passed over where something of the host is needed */
};

struct step_rlimit {
	const char *name;
	uint32_t resource; /* RLIMIT_* */
	uint64_t soft;
	uint64_t hard;
};

struct step_scheduler {
	uint32_t policy;
	uint64_t flags;
	int64_t nice;
	uint32_t priority;
	uint64_t runtime_ns;
	uint64_t deadline_ns;
	uint64_t period_ns;
};

struct step_memory_policy {
	uint32_t mode; /* with flags */
	const char *nodes; /* "0-3,7" */
};

struct step_label {
	const char *apparmor; /* either or both may be NULL */
	const char *selinux;
};

struct step_seccomp {
	struct bytes filter; /* struct sock_filter[], compiled by the front end */
	uint32_t flags; /* SECCOMP_FILTER_FLAG_* */
	bool notify; /* hand the listener to the front end */
	bool no_new_privs; /* set already: no privilege is needed to load the filter */
};

struct step_user {
	uint32_t uid;
	uint32_t gid;
	array_of(uint32_t) groups;
	bool set_groups; /* setgroups(2) is allowed here */
};

struct step_caps {
	uint64_t bounding;
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t ambient;
};

struct step {
	enum step_kind kind;
	union {
		struct step_none none;
		struct step_flags flags;
		struct step_path path;
		struct step_text text;
		struct step_number number;
		struct step_join join;
		struct step_enter enter;
		struct step_become become;
		struct step_mount mount;
		struct step_unmount unmount;
		struct step_device device;
		struct step_symlink symlink;
		struct step_console console;
		struct step_sysctl sysctl;
		struct step_hook hook;
		struct step_root_flags root_flags;
		struct step_pivot pivot;
		struct step_rlimit rlimit;
		struct step_scheduler scheduler;
		struct step_memory_policy memory_policy;
		struct step_label label;
		struct step_seccomp seccomp;
		struct step_user user;
		struct step_caps caps;
	};
};
typedef array_of(struct step) step_list;

/* What the planner found worth saying: logged by the front end before anything happens. */
struct plan_note {
	int32_t level; /* enum log_level */
	const char *text;
};

/* The part that travels to init. */
struct plan_init {
	const char *id;
	uint32_t log_level;
	uint32_t preserve_fds;
	bool wait_start;
	bool in_userns; /* the container is not in the initial user namespace */
	bool own_procfs; /* a procfs of the container's pid namespace can be mounted */
	bool keep_affinity; /* init stays on the processors that it was started on */
	const char *state_json; /* the container's state, for hooks that init runs */
	struct strv args;
	struct strv env;
	step_list steps;
};

struct plan {
	/* host side */
	int32_t caller; /* enum plan_caller */
	uint64_t clone_flags; /* namespaces that clone3 makes at once */
	bool maps_on_request; /* init makes the user namespace itself and asks for the maps */
	struct plan_id_map uid_map;
	struct plan_id_map gid_map;
	bool deny_setgroups;
	bool one_id_would_do; /* where the helpers fail, a map of one id serves this config */
	array_of(struct plan_join) joins;
	uint32_t mapped_mounts; /* how many steps have a slot */
	const char *rootfs; /* absolute */
	bool terminal;
	bool own_pidns;
	bool exec; /* a process of a container that exists, not a container */
	const struct spec_seccomp *seccomp; /* for the step's filter, NULL = none */
	bool seccomp_strict; /* a system call that nobody knows is an error */
	const struct spec_hooks *hooks; /* those that the front end runs */
	const spec_net_device_list *net_devices; /* moved in at step net-devices */
	struct plan_cgroup cgroup;
	struct plan_resctrl *resctrl; /* NULL = linux.intelRdt is not there */
	struct plan_network *network; /* NULL = nothing beside config.json */
	array_of(struct plan_note) notes;
	/* container side */
	struct plan_init init;
};

/*
 * Decide. All strings live in `a` or in what was handed in. Errors are ERR_CONFIG_* and ERR_HOST_*
 * with object and, for the host, fix.
 */
int plan_build(struct arena *a, const struct spec *spec, const struct facts *facts,
	const struct plan_request *req, struct plan *ret, struct err *e);

/* Append an id map as the lines of /proc/PID/uid_map. */
void plan_map_text(const id_extents *map, struct strbuf *out);

const char *step_name(enum step_kind kind);

/* Descriptions for the walkers of base/field.h: the payload of each kind, and the plan. */
extern const struct struct_desc *const step_descs[STEP_NR];
extern const struct struct_desc plan_desc;
extern const struct struct_desc plan_init_desc;

#endif
