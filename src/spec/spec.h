// SPDX-License-Identifier: Apache-2.0
/*
 * config.json as types: runtime-spec 1.3.0, the part that applies to Linux.
 *
 * Everything lives in the arena that spec_load() was given. Absent members are NULL, {0} or
 * .set == false; a member whose absence means something has one of the opt_ types. Names follow
 * the specification, in snake case. The tables in spec/fields.c tie members to JSON keys.
 */
#ifndef LODGER_SPEC_SPEC_H
#define LODGER_SPEC_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"
#include "base/mem.h"
#include "base/str.h"

#define SPEC_VERSION "1.3.0"

struct spec_id_map {
	uint32_t container_id;
	uint32_t host_id;
	uint32_t size;
};
typedef array_of(struct spec_id_map) spec_id_maps;

struct spec_mount {
	const char *source;
	const char *destination;
	const char *type;
	struct strv options;
	spec_id_maps uid_mappings;
	spec_id_maps gid_mappings;
};
typedef array_of(struct spec_mount) spec_mount_list;

struct spec_hook {
	const char *path;
	struct strv args; /* args[0] included, as the specification has it */
	struct strv env;
	struct opt_i64 timeout; /* seconds, > 0 */
};
typedef array_of(struct spec_hook) spec_hook_list;

struct spec_hooks {
	spec_hook_list prestart;
	spec_hook_list create_runtime;
	spec_hook_list create_container;
	spec_hook_list start_container;
	spec_hook_list poststart;
	spec_hook_list poststop;
};

struct spec_user {
	uint32_t uid;
	uint32_t gid;
	struct opt_u64 umask; /* 0 to 0777 */
	array_of(uint32_t) additional_gids;
	const char *username; /* Windows; refused or resolved by the planner */
};

struct spec_capabilities {
	struct strv bounding;
	struct strv effective;
	struct strv inheritable;
	struct strv permitted;
	struct strv ambient;
};

struct spec_rlimit {
	const char *type; /* "RLIMIT_NOFILE" */
	struct opt_u64 soft;
	struct opt_u64 hard;
};

struct spec_console_size {
	struct opt_u64 height;
	struct opt_u64 width;
};

struct spec_scheduler {
	const char *policy;
	struct opt_i64 nice;
	struct opt_i64 priority;
	struct strv flags;
	struct opt_u64 runtime; /* ns */
	struct opt_u64 deadline; /* ns */
	struct opt_u64 period; /* ns */
};

struct spec_io_priority {
	const char *class_;
	int64_t priority;
};

struct spec_exec_cpu_affinity {
	const char *initial; /* "0-3,7" */
	const char *final;
};

struct spec_process {
	bool terminal;
	struct spec_console_size *console_size;
	struct spec_user user;
	struct strv args;
	struct strv env;
	const char *cwd;
	struct spec_capabilities *capabilities;
	array_of(struct spec_rlimit) rlimits;
	bool no_new_privileges;
	const char *apparmor_profile;
	struct opt_i64 oom_score_adj;
	const char *selinux_label;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_exec_cpu_affinity *exec_cpu_affinity;
};

struct spec_root {
	const char *path;
	bool readonly;
};

enum spec_ns {
	SPEC_NS_NONE, /* absent */
	SPEC_NS_USER,
	SPEC_NS_MOUNT,
	SPEC_NS_PID,
	SPEC_NS_NETWORK,
	SPEC_NS_IPC,
	SPEC_NS_UTS,
	SPEC_NS_CGROUP,
	SPEC_NS_TIME,
	SPEC_NS_NR
};

struct spec_namespace {
	int32_t type; /* enum spec_ns */
	const char *path; /* NULL or "": a new one */
};

struct spec_device {
	const char *path;
	const char *type; /* "c", "b", "u", "p" */
	struct opt_i64 major;
	struct opt_i64 minor;
	struct opt_u64 file_mode; /* permission bits, decimal in the JSON */
	struct opt_u64 uid;
	struct opt_u64 gid;
};

struct spec_device_rule {
	bool allow;
	const char *type; /* "a", "c", "b"; NULL = "a" */
	struct opt_i64 major; /* absent or -1: any */
	struct opt_i64 minor;
	const char *access; /* of "rwm"; NULL = all */
};

struct spec_memory {
	struct opt_i64 limit; /* bytes, -1 = unlimited; so for the next three */
	struct opt_i64 reservation;
	struct opt_i64 swap; /* memory + swap */
	struct opt_i64 kernel;
	struct opt_i64 kernel_tcp;
	struct opt_u64 swappiness; /* 0 to 100 */
	struct opt_bool disable_oom_killer;
	struct opt_bool use_hierarchy;
	struct opt_bool check_before_update;
};

struct spec_cpu {
	struct opt_u64 shares;
	struct opt_i64 quota; /* us a period, -1 = unlimited */
	struct opt_u64 burst; /* us */
	struct opt_u64 period; /* us */
	struct opt_i64 realtime_runtime; /* us */
	struct opt_u64 realtime_period; /* us */
	const char *cpus;
	const char *mems;
	struct opt_i64 idle;
};

struct spec_weight_device {
	int64_t major, minor;
	struct opt_u64 weight;
	struct opt_u64 leaf_weight;
};

struct spec_throttle_device {
	int64_t major, minor;
	uint64_t rate;
};
typedef array_of(struct spec_throttle_device) spec_throttle_list;

struct spec_block_io {
	struct opt_u64 weight;
	struct opt_u64 leaf_weight;
	array_of(struct spec_weight_device) weight_device;
	spec_throttle_list throttle_read_bps_device;
	spec_throttle_list throttle_write_bps_device;
	spec_throttle_list throttle_read_iops_device;
	spec_throttle_list throttle_write_iops_device;
};

struct spec_hugepage_limit {
	const char *page_size; /* "2MB" */
	uint64_t limit; /* bytes */
};

struct spec_if_priority {
	const char *name;
	uint64_t priority;
};

struct spec_network {
	struct opt_u64 class_id;
	array_of(struct spec_if_priority) priorities;
};

struct spec_rdma {
	const char *device; /* the key */
	struct opt_u64 hca_handles;
	struct opt_u64 hca_objects;
};

struct spec_pids {
	struct opt_i64 limit; /* negative: unlimited */
};

struct spec_resources {
	array_of(struct kv) unified;
	array_of(struct spec_device_rule) devices;
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	array_of(struct spec_hugepage_limit) hugepage_limits;
	struct spec_network *network;
	array_of(struct spec_rdma) rdma;
};

struct spec_seccomp_arg {
	uint32_t index; /* 0 to 5 */
	uint64_t value;
	uint64_t value_two;
	const char *op; /* "SCMP_CMP_EQ" */
};

struct spec_seccomp_rule {
	struct strv names;
	const char *action; /* "SCMP_ACT_ERRNO" */
	struct opt_u64 errno_ret;
	array_of(struct spec_seccomp_arg) args;
};

struct spec_seccomp {
	const char *default_action;
	struct opt_u64 default_errno_ret;
	struct strv flags;
	const char *listener_path;
	const char *listener_metadata;
	struct strv architectures;
	array_of(struct spec_seccomp_rule) syscalls;
};

struct spec_intel_rdt {
	const char *clos_id;
	struct strv schemata;
	const char *l3_cache_schema;
	const char *mem_bw_schema;
	bool enable_monitoring;
};

struct spec_memory_policy {
	const char *mode; /* "MPOL_BIND" */
	const char *nodes;
	struct strv flags;
};

struct spec_personality {
	const char *domain;
	struct strv flags;
};

struct spec_time_offset {
	int64_t secs;
	int64_t nanosecs;
};

struct spec_time_offsets {
	struct spec_time_offset *boottime;
	struct spec_time_offset *monotonic;
};

struct spec_net_device {
	const char *host_name; /* the key */
	const char *name; /* in the container; NULL = unchanged */
};

typedef array_of(struct spec_net_device) spec_net_device_list;

struct spec_linux {
	array_of(struct spec_device) devices;
	spec_net_device_list net_devices;
	spec_id_maps uid_mappings;
	spec_id_maps gid_mappings;
	array_of(struct spec_namespace) namespaces;
	struct spec_resources *resources;
	const char *cgroups_path;
	const char *rootfs_propagation; /* "private", "rslave", … */
	struct spec_seccomp *seccomp;
	array_of(struct kv) sysctl;
	struct strv masked_paths;
	struct strv readonly_paths;
	const char *mount_label;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct spec_personality *personality;
	struct spec_time_offsets *time_offsets;
};

struct spec {
	const char *oci_version;
	struct spec_process *process;
	struct spec_root *root;
	const char *hostname;
	const char *domainname;
	spec_mount_list mounts;
	struct spec_hooks *hooks;
	array_of(struct kv) annotations;
	struct spec_linux linux_; /* "linux" is a macro in GNU C */
};

/* The description of struct spec for the walkers of base/field.h. */
extern const struct struct_desc spec_desc;
extern const struct struct_desc spec_process_desc;

/*
 * Read and check config.json: bounded parse, decode by the tables, then every check of
 * spec/check.c. `dirfd`/`path`: the file. Errors carry the JSON path as object
 * ("linux.namespaces[2].type") and line and column in the text. On success `*ret` lives in `a`.
 * Codes: ERR_CONFIG_*.
 */
int spec_load(struct arena *a, int dirfd, const char *path, struct spec **ret, struct err *e);

/*
 * The mounts of a text that is an array of them or an object with the member "mounts", as a part of
 * config.json may be written for a container that runs. Decoded, for spec_check() to look at as
 * part of a spec. `name`: of the text, for errors.
 */
int spec_mounts_parse(struct arena *a, const char *name, const char *text, size_t len,
	spec_mount_list *ret, struct err *e);

/* The same from memory; `name` is what errors call the text. */
int spec_parse(struct arena *a, const char *name, const char *text, size_t len, struct spec **ret,
	struct err *e);

/*
 * Checks that need nothing but the config itself: required members, enumerations, ranges, members
 * that contradict each other. Part of spec_parse(); separate for a spec that was changed after.
 */
int spec_check(const struct spec *s, struct err *e);

/* The namespace entry of a type, or NULL if config.json does not list it. */
const struct spec_namespace *spec_ns_find(const struct spec *s, enum spec_ns type);

/* The name of a namespace type in config.json: "mount". */
const char *spec_ns_name(enum spec_ns type);

/* The value of an annotation, or NULL. */
const char *spec_annotation(const struct spec *s, const char *key);

/*
 * The config.json that `lodger spec` writes, as text in the arena, ending in a newline. `rootless`
 * adds a user namespace that maps container root to `host_uid` and `host_gid` and leaves out what
 * an unprivileged user cannot have (as `runc spec --rootless`). `cgroup_ns` adds a cgroup
 * namespace: as runc does where the host has cgroup v2 alone.
 */
char *spec_sample(
	struct arena *a, bool rootless, uint32_t host_uid, uint32_t host_gid, bool cgroup_ns);

#endif
