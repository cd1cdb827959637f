// SPDX-License-Identifier: Apache-2.0
/*
 * liblodger: containers by verb. The one header that the command line uses. Every function gives 0
 * or -errno with `e` written; none prints (but for log_* lines) and none exits.
 */
#ifndef LODGER_LODGER_LODGER_H
#define LODGER_LODGER_LODGER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

/* What the global options say. Strings are borrowed. */
struct lodger {
	struct arena *arena;
	const char *root; /* --root, NULL = the default place */
	bool systemd_cgroup; /* --systemd-cgroup */
	const char *cgroup_manager; /* --cgroup-manager: "cgroupfs", "systemd", "session",
				       "disabled"; NULL = auto */
	enum log_level log_level; /* init logs at this level too */
	const char *criu; /* --criu, NULL = that of PATH */
	const char *notify_socket; /* NOTIFY_SOCKET of the caller, NULL = none: sd_notify(3) */
};

/*
 * Whether the caller of this program has handed down that descriptor: true for none that was opened
 * since. To be asked before the verbs below, which hide them all.
 */
bool lodger_fd_is_inherited(uint32_t fd);

struct launch_restore;

/* Of create and run. */
struct lodger_create {
	const char *id;
	const char *bundle; /* NULL = the working directory */
	const char *config; /* --config: file in place of BUNDLE/config.json; NULL = that */
	const char *console_socket; /* NULL = none */
	const char *pid_file; /* NULL = none */
	const char *pidfd_socket; /* gets a pidfd of the first process; NULL = none */
	bool no_pivot;
	bool no_new_keyring;
	uint32_t preserve_fds; /* 3 and those after it, socket activation's included; gaps stay */
	const char *listen_fds; /* LISTEN_FDS for the container, NULL = none */
	const char *network; /* --network; NULL = what config.json says */
	struct strv publish; /* --publish */
	bool detach; /* run only */
	bool keep; /* run only: leave the state of an ended container for delete */
	struct launch_restore *restore; /* of lodger_restore() alone */
};

/* Make the container up to the point where it waits for start. */
int lodger_create(struct lodger *l, const struct lodger_create *opts, struct err *e);

/* Let a created container execute its process. */
int lodger_start(struct lodger *l, const char *id, struct err *e);

/*
 * create and start in one; unless detached, stay until the container's process ends, forward
 * signals and the terminal, and clean up. `*ret_status`: its exit status, or 128 + N for signal N;
 * 0 when detached.
 */
int lodger_run(struct lodger *l, const struct lodger_create *opts, int *ret_status, struct err *e);

/*
 * Mounts for a container that lives, all of them or none, or with `remove` the end of those at the
 * same destinations. `file`: JSON, the mounts section of a config.json; "-" = standard input.
 */
int lodger_mounts(struct lodger *l, const char *id, const char *file, bool remove, struct err *e);

/* Of exec. What is not given is NULL, empty or false. */
struct lodger_exec {
	const char *id;
	struct strv args; /* the command; empty with `process` */
	const char *process; /* --process: file with the process as JSON, "-" = standard input */
	const char *console_socket;
	const char *pid_file;
	const char *pidfd_socket;
	const char *cwd;
	const char *user; /* "UID[:GID]" */
	const char *apparmor;
	const char *process_label;
	struct strv env;
	struct strv caps;
	struct strv additional_gids; /* each may be several, with commas between */
	struct strv cgroup; /* "[CONTROLLERS:]PATH" below the container's cgroup */
	uint32_t preserve_fds; /* 3 and those after it; a gap stays one */
	bool tty;
	bool detach;
	bool no_new_privs;
	bool ignore_paused;
};

/*
 * Run one more process in a container; unless detached, stay until it ends and pass signals and the
 * terminal on. `*ret_status`: its exit status, or 128 + N for signal N; 0 when detached.
 */
int lodger_exec(struct lodger *l, const struct lodger_exec *opts, int *ret_status, struct err *e);

/* The container's state as JSON text in the arena, with final newline. */
int lodger_state(struct lodger *l, const char *id, char **ret, struct err *e);

/* Send a signal to init, or with `all` to every process of the container. `sig`: name or number. */
int lodger_kill(struct lodger *l, const char *id, const char *sig, bool all, struct err *e);

/*
 * Remove what is left of a stopped container; with `force`, kill it first, and do nothing where
 * there is no container of that id.
 */
int lodger_delete(struct lodger *l, const char *id, bool force, struct err *e);

/*
 * Ids of the containers that an extended regular expression (regex(7)) matches anywhere, sorted;
 * none is no error. ERR_USAGE for what is no expression.
 */
int lodger_match(struct lodger *l, const char *pattern, struct strv *ret, struct err *e);

/* What checkpoint and restore ask of criu(8). What is not given is NULL, empty or false. */
struct lodger_criu {
	const char *image_path; /* NULL = "checkpoint" */
	const char *work_path; /* for logs; NULL = the image path */
	const char *parent_path;
	const char *manage_cgroups_mode;
	const char *network_lock;
	const char *lsm_profile;
	const char *lsm_mount_context;
	const char *page_server;
	struct strv empty_ns;
	uint32_t status_fd; /* gets a byte when lazy pages can be served; 0 = none */
	bool leave_running, tcp_established, tcp_close, tcp_skip_in_flight, ext_unix_sk, shell_job;
	bool file_locks, link_remap, lazy_pages, auto_dedup, pre_dump;
};

/*
 * Save a container that runs; it ends by that and is deleted, unless `leave_running` or `pre_dump`
 * (memory alone) is set. Where it fails, the container goes on. ERR_HOST_PERMISSION for whoever is
 * not real root.
 */
int lodger_checkpoint(
	struct lodger *l, const char *id, const struct lodger_criu *opts, struct err *e);

/*
 * Make a container whose processes come from a checkpoint; for the rest as lodger_run(). Of
 * `create`, the bundle and what receives the terminal and the pid are used.
 */
int lodger_restore(struct lodger *l, const struct lodger_create *create,
	const struct lodger_criu *opts, int *ret_status, struct err *e);

/* Stop every process of a container, and let them go on. */
int lodger_pause(struct lodger *l, const char *id, struct err *e);
int lodger_resume(struct lodger *l, const char *id, struct err *e);

/* New limits: texts of options, NULL = not given. Bytes may have a suffix (512m). */
struct lodger_update {
	const char *resources; /* file with a linux.resources object, "-" = standard input */
	const char *blkio_weight;
	const char *cpu_burst;
	const char *cpu_idle;
	const char *cpu_period;
	const char *cpu_quota;
	const char *cpu_rt_period;
	const char *cpu_rt_runtime;
	const char *cpu_share;
	const char *cpuset_cpus;
	const char *cpuset_mems;
	const char *kernel_memory;
	const char *kernel_memory_tcp;
	const char *l3_cache_schema;
	const char *mem_bw_schema;
	const char *memory;
	const char *memory_reservation;
	const char *memory_swap;
	const char *pids_limit;
};

/* Put limits into force for a container that lives; all of them, or none and an error. */
int lodger_update(
	struct lodger *l, const char *id, const struct lodger_update *opts, struct err *e);

/* Gets a line of JSON without its newline; 0, or -errno, which ends what calls it. */
typedef int lodger_line_fn(const char *line, void *arg);

/*
 * With `stats`, one line: what the container uses now. Else such a line every `interval_ms`, and
 * one of type "oom" for each OOM kill, until the container ends.
 */
int lodger_events(struct lodger *l, const char *id, bool stats, uint32_t interval_ms,
	lodger_line_fn *line, void *arg, struct err *e);

/* The processes of a container that lives, as the caller's pid namespace has them, sorted. */
int lodger_ps(struct lodger *l, const char *id, const pid_t **ret, size_t *ret_n, struct err *e);

/* The lines that ps(1), with `words` or -ef, prints for them, its title first. In the arena. */
int lodger_ps_table(
	struct lodger *l, const char *id, const struct strv *words, char **ret, struct err *e);

struct lodger_entry {
	const char *id;
	int32_t pid; /* 0 unless it lives */
	const char *status; /* "created", "running", "stopped", … */
	const char *bundle;
	const char *created; /* RFC 3339 */
	const char *owner; /* user name, or "#UID" */
};

/* Every container of the root, sorted by id. What cannot be read is listed as "unknown". */
int lodger_list(struct lodger *l, struct lodger_entry **ret, size_t *ret_n, struct err *e);

/* The same as JSON text in the arena ("null" for none, as runc prints it), no final newline. */
int lodger_list_json(struct lodger *l, char **ret, struct err *e);

/* A port of the host that leads to a container. */
struct lodger_port {
	const char *proto; /* "tcp", "udp" */
	const char *host_addr; /* numeric, without brackets */
	uint32_t host_port;
	uint32_t ct_port;
};

/*
 * The published ports of a container that runs. ERR_STATE_STATUS where it has no network of
 * lodger's, ERR_HOST_NETWORK where the network's helper has ended.
 */
int lodger_ports(
	struct lodger *l, const char *id, struct lodger_port **ret, size_t *ret_n, struct err *e);

/* Remove some and add others, as --publish writes them. Of what is to be added, all or nothing. */
int lodger_port_change(struct lodger *l, const char *id, const struct strv *remove,
	const struct strv *add, struct err *e);

/* Write config.json into `bundle` (NULL = working directory); -EEXIST where there is one. */
int lodger_spec(struct lodger *l, const char *bundle, bool rootless, struct err *e);

/* The features document of the specification: JSON text in the arena, with final newline. */
char *lodger_features(struct lodger *l);

/* Lines of --version after the first: commit, spec, libseccomp. Text in the arena. */
char *lodger_version_details(struct lodger *l);

#endif
