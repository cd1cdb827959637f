// SPDX-License-Identifier: Apache-2.0
/*
 * What criu(8) is asked to do, as data. In: the plan of a container, what the command line asks
 * for, and for a checkpoint what the container's mounts are. Out: criu's options. Pure.
 *
 * A mount that comes from the host is "external": criu saves its place and a name for it, and at
 * restore is told which host path the name stands for. The name is the destination in config.json,
 * so that what is mounted is decided by the config of the restore and by nothing that the container
 * could have moved.
 */
#ifndef LODGER_PLAN_CRIU_H
#define LODGER_PLAN_CRIU_H

#include "plan/plan.h"

/* criu_req_type of criu's images/rpc.proto. */
enum criu_verb {
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_PRE_DUMP = 4,
};

/* A descriptor of criu's process that stands for something of the images. */
struct criu_fd {
	const char *key; /* "pipe:[4711]", "extRootNetNS" */
	int32_t fd;
};
typedef array_of(struct criu_fd) criu_fd_list;

#define CRIU_UNSET (-1)

/*
 * The options, with their numbers in criu_opts of rpc.proto. Kinds: BOOL (false is not sent), INT
 * (CRIU_UNSET is not), TEXT, TEXTS, PAIRS (a message of two texts), FDS (criu_fd).
 */
#define CRIU_OPTIONS(X)                                                                            \
	X(1, INT, images_dir_fd)                                                                   \
	X(2, INT, pid)                                                                             \
	X(3, BOOL, leave_running)                                                                  \
	X(4, BOOL, ext_unix_sk)                                                                    \
	X(5, BOOL, tcp_established)                                                                \
	X(6, BOOL, evasive_devices)                                                                \
	X(7, BOOL, shell_job)                                                                      \
	X(8, BOOL, file_locks)                                                                     \
	X(9, INT, log_level)                                                                       \
	X(10, TEXT, log_file)                                                                      \
	X(12, BOOL, notify_scripts)                                                                \
	X(13, TEXT, root)                                                                          \
	X(14, TEXT, parent_img)                                                                    \
	X(15, BOOL, track_mem)                                                                     \
	X(16, BOOL, auto_dedup)                                                                    \
	X(17, INT, work_dir_fd)                                                                    \
	X(18, BOOL, link_remap)                                                                    \
	X(23, PAIRS, ext_mnt)                                                                      \
	X(24, BOOL, manage_cgroups)                                                                \
	X(25, PAIRS, cg_root)                                                                      \
	X(26, BOOL, rst_sibling)                                                                   \
	X(27, FDS, inherit_fd)                                                                     \
	X(34, INT, manage_cgroups_mode)                                                            \
	X(37, TEXTS, external)                                                                     \
	X(38, INT, empty_ns)                                                                       \
	X(39, PAIRS, join_ns)                                                                      \
	X(44, TEXT, freeze_cgroup)                                                                 \
	X(46, BOOL, tcp_skip_in_flight)                                                            \
	X(48, BOOL, lazy_pages)                                                                    \
	X(50, BOOL, orphan_pts_master)                                                             \
	X(51, TEXT, config_file)                                                                   \
	X(52, BOOL, tcp_close)                                                                     \
	X(53, TEXT, lsm_profile)                                                                   \
	X(63, TEXT, lsm_mount_context)                                                             \
	X(64, INT, network_lock)

struct criu_options {
#define CRIU_MEMBER_BOOL(name)  bool name;
#define CRIU_MEMBER_INT(name)   int64_t name;
#define CRIU_MEMBER_TEXT(name)  const char *name;
#define CRIU_MEMBER_TEXTS(name) struct strv name;
#define CRIU_MEMBER_PAIRS(name) kv_list name;
#define CRIU_MEMBER_FDS(name)   criu_fd_list name;
#define X(number, kind, name)   CRIU_MEMBER_##kind(name)
	CRIU_OPTIONS(X)
#undef X
	const char *page_server; /* host of it, a message of its own; NULL = none */
	uint32_t page_server_port;
};

/* What the command line asks for. */
struct criu_wishes {
	const char *parent_path;
	const char *manage_cgroups_mode; /* NULL = soft */
	const char *network_lock;
	const char *lsm_profile;
	const char *lsm_mount_context;
	const char *page_server; /* "ADDRESS:PORT" */
	struct strv empty_ns;
	bool leave_running, tcp_established, tcp_close, tcp_skip_in_flight, ext_unix_sk, shell_job;
	bool file_locks, link_remap, lazy_pages, auto_dedup, pre_dump;
};

/* A line of /proc/PID/mountinfo. */
struct criu_mountinfo {
	int64_t id;
	int64_t parent;
	const char *root; /* within the file system */
	const char *point;
};
typedef array_of(struct criu_mountinfo) criu_mountinfo_list;

/* A file, by what cannot be moved; `dev` 0 where there is none. */
struct criu_file {
	uint64_t dev;
	uint64_t ino;
};

/* A place of the container's that something is mounted at, and what is there now. */
struct criu_place {
	const char *dest; /* as in config.json, clean */
	const char *source; /* host path; NULL: a file system of the container's own */
	bool recursive; /* with what is mounted below the source */
	bool mask; /* the null device over a file; a directory has a tmpfs there */
	bool optional; /* where there is no source, nothing is mounted */
	int64_t mount_id; /* facts: of the mount there, -1 = none */
	struct criu_file file; /* its root */
	struct criu_file source_file;
};
typedef array_of(struct criu_place) criu_place_list;

/* The places of a plan, in its order; facts unset. */
criu_place_list plan_criu_places(struct arena *a, const struct plan *plan);

/*
 * What a checkpoint has to name. `mounts`: of the container. ERR_CONFIG_UNSUPPORTED for a path that
 * criu would read as something else; ERR_CONFIG_CONFLICT where the container has exchanged places.
 */
int plan_criu_dump_mounts(struct arena *a, const criu_place_list *places,
	const criu_mountinfo_list *mounts, kv_list *ret, struct err *e);

/* The names and what they stand for now. `mounts`: of the host. ERR_CONFIG_UNSUPPORTED. */
int plan_criu_restore_mounts(struct arena *a, const criu_place_list *places,
	const criu_mountinfo_list *mounts, kv_list *ret, struct err *e);

/* /proc/PID/mountinfo. Lines that are none are passed over. */
criu_mountinfo_list plan_criu_mountinfo(struct arena *a, const char *text);

/* What both verbs have in common. ERR_USAGE. */
int plan_criu_options(struct arena *a, const struct criu_wishes *wishes, enum criu_verb verb,
	struct criu_options *ret, struct err *e);

/*
 * The first lines in criu's log that say what went wrong, "; " between them, cut at `max`
 * characters; NULL where there are none.
 */
const char *plan_criu_log_errors(struct arena *a, const char *log, size_t max);

#endif
