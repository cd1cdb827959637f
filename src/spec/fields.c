// SPDX-License-Identifier: Apache-2.0
/*
 * Tables: keys of config.json ↔ members of struct spec; all but "linux". Constants: nothing runs
 * here. One row adds a member to decoding, checking and the list of what lodger knows.
 */
#include "spec/fields.h"

#include "base/rlimit.h"
#include "spec/names.h"

#define THIS struct spec_id_map
static const struct field id_map_fields[] = {
	FIELD("containerID", FIELD_U32, container_id, .flags = FIELD_REQUIRED, .max = SPEC_ID_MAX),
	FIELD("hostID", FIELD_U32, host_id, .flags = FIELD_REQUIRED, .max = SPEC_ID_MAX),
	FIELD("size", FIELD_U32, size, .flags = FIELD_REQUIRED),
	FIELDS_END,
};
#undef THIS
const struct struct_desc spec_id_map_desc = DESC(spec_id_map, id_map_fields);

#define THIS struct spec_mount
static const struct field mount_fields[] = {
	FIELD("source", FIELD_STR, source),
	FIELD("destination", FIELD_STR, destination, .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD("type", FIELD_STR, type),
	FIELD("options", FIELD_STRV, options),
	FIELD("uidMappings", FIELD_ARRAY, uid_mappings, .sub = &spec_id_map_desc),
	FIELD("gidMappings", FIELD_ARRAY, gid_mappings, .sub = &spec_id_map_desc),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc mount_desc = DESC(spec_mount, mount_fields);

#define THIS struct spec_hook
static const struct field hook_fields[] = {
	FIELD("path", FIELD_STR, path, .flags = FIELD_REQUIRED | FIELD_NONEMPTY | FIELD_ABS_PATH),
	FIELD("args", FIELD_STRV, args),
	FIELD("env", FIELD_STRV, env),
	FIELD("timeout", FIELD_OPT_I64, timeout, .min = 1, .max = INT64_MAX),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc hook_desc = DESC(spec_hook, hook_fields);

#define THIS struct spec_hooks
static const struct field hooks_fields[] = {
	FIELD("prestart", FIELD_ARRAY, prestart, .sub = &hook_desc),
	FIELD("createRuntime", FIELD_ARRAY, create_runtime, .sub = &hook_desc),
	FIELD("createContainer", FIELD_ARRAY, create_container, .sub = &hook_desc),
	FIELD("startContainer", FIELD_ARRAY, start_container, .sub = &hook_desc),
	FIELD("poststart", FIELD_ARRAY, poststart, .sub = &hook_desc),
	FIELD("poststop", FIELD_ARRAY, poststop, .sub = &hook_desc),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc hooks_desc = DESC(spec_hooks, hooks_fields);

#define THIS struct spec_user
static const struct field user_fields[] = {
	FIELD("uid", FIELD_U32, uid, .max = SPEC_ID_MAX),
	FIELD("gid", FIELD_U32, gid, .max = SPEC_ID_MAX),
	FIELD("umask", FIELD_OPT_U64, umask, .max = 0777),
	FIELD("additionalGids", FIELD_U32S, additional_gids, .max = SPEC_ID_MAX),
	FIELD("username", FIELD_STR, username),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc user_desc = DESC(spec_user, user_fields);

#define THIS struct spec_capabilities
static const struct field capabilities_fields[] = {
	FIELD("bounding", FIELD_STRV, bounding),
	FIELD("effective", FIELD_STRV, effective),
	FIELD("inheritable", FIELD_STRV, inheritable),
	FIELD("permitted", FIELD_STRV, permitted),
	FIELD("ambient", FIELD_STRV, ambient),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc capabilities_desc = DESC(spec_capabilities, capabilities_fields);

#define THIS struct spec_rlimit
static const struct field rlimit_fields[] = {
	FIELD("type", FIELD_STR, type, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = rlimit_names),
	FIELD("soft", FIELD_OPT_U64, soft, .flags = FIELD_REQUIRED),
	FIELD("hard", FIELD_OPT_U64, hard, .flags = FIELD_REQUIRED),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc rlimit_desc = DESC(spec_rlimit, rlimit_fields);

/* struct winsize has 16 bits for each: ioctl_tty(2). */
#define THIS struct spec_console_size
static const struct field console_size_fields[] = {
	FIELD("height", FIELD_OPT_U64, height, .flags = FIELD_REQUIRED, .max = UINT16_MAX),
	FIELD("width", FIELD_OPT_U64, width, .flags = FIELD_REQUIRED, .max = UINT16_MAX),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc console_size_desc = DESC(spec_console_size, console_size_fields);

#define THIS struct spec_scheduler
static const struct field scheduler_fields[] = {
	FIELD("policy", FIELD_STR, policy, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_sched_policy_names),
	FIELD("nice", FIELD_OPT_I64, nice, .min = INT32_MIN, .max = INT32_MAX),
	FIELD("priority", FIELD_OPT_I64, priority, .min = INT32_MIN, .max = INT32_MAX),
	FIELD("flags", FIELD_STRV, flags, .flags = FIELD_SET_MASK, .names = spec_sched_flag_names),
	FIELD("runtime", FIELD_OPT_U64, runtime),
	FIELD("deadline", FIELD_OPT_U64, deadline),
	FIELD("period", FIELD_OPT_U64, period),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc scheduler_desc = DESC(spec_scheduler, scheduler_fields);

#define THIS struct spec_io_priority
static const struct field io_priority_fields[] = {
	FIELD("class", FIELD_STR, class_, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_ioprio_class_names),
	FIELD("priority", FIELD_I64, priority, .min = 0, .max = 7),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc io_priority_desc = DESC(spec_io_priority, io_priority_fields);

#define THIS struct spec_exec_cpu_affinity
static const struct field exec_cpu_affinity_fields[] = {
	FIELD("initial", FIELD_STR, initial),
	FIELD("final", FIELD_STR, final),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc exec_cpu_affinity_desc =
	DESC(spec_exec_cpu_affinity, exec_cpu_affinity_fields);

#define THIS struct spec_process
static const struct field process_fields[] = {
	FIELD("terminal", FIELD_BOOL, terminal),
	FIELD("consoleSize", FIELD_OBJECT, console_size, .sub = &console_size_desc),
	FIELD("user", FIELD_STRUCT, user, .sub = &user_desc),
	FIELD("args", FIELD_STRV, args, .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD("env", FIELD_STRV, env),
	FIELD("cwd", FIELD_STR, cwd, .flags = FIELD_REQUIRED | FIELD_NONEMPTY | FIELD_ABS_PATH),
	FIELD("capabilities", FIELD_OBJECT, capabilities, .sub = &capabilities_desc),
	FIELD("rlimits", FIELD_ARRAY, rlimits, .sub = &rlimit_desc),
	FIELD("noNewPrivileges", FIELD_BOOL, no_new_privileges),
	FIELD("apparmorProfile", FIELD_STR, apparmor_profile),
	FIELD("oomScoreAdj", FIELD_OPT_I64, oom_score_adj, .min = -1000, .max = 1000),
	FIELD("selinuxLabel", FIELD_STR, selinux_label),
	FIELD("scheduler", FIELD_OBJECT, scheduler, .sub = &scheduler_desc),
	FIELD("ioPriority", FIELD_OBJECT, io_priority, .sub = &io_priority_desc),
	FIELD("execCPUAffinity", FIELD_OBJECT, exec_cpu_affinity, .sub = &exec_cpu_affinity_desc),
	FIELDS_END,
};
#undef THIS
const struct struct_desc spec_process_desc = DESC(spec_process, process_fields);

#define THIS struct spec_root
static const struct field root_fields[] = {
	FIELD("path", FIELD_STR, path, .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD("readonly", FIELD_BOOL, readonly),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc root_desc = DESC(spec_root, root_fields);

#define THIS struct spec
static const struct field spec_fields[] = {
	FIELD("ociVersion", FIELD_STR, oci_version, .flags = FIELD_REQUIRED),
	FIELD("process", FIELD_OBJECT, process, .sub = &spec_process_desc),
	FIELD("root", FIELD_OBJECT, root, .sub = &root_desc, .flags = FIELD_REQUIRED),
	FIELD("hostname", FIELD_STR, hostname),
	FIELD("domainname", FIELD_STR, domainname),
	FIELD("mounts", FIELD_ARRAY, mounts, .sub = &mount_desc),
	FIELD("hooks", FIELD_OBJECT, hooks, .sub = &hooks_desc),
	FIELD("annotations", FIELD_MAP, annotations),
	FIELD("linux", FIELD_STRUCT, linux_, .sub = &spec_linux_desc),
	FIELDS_END,
};
#undef THIS
const struct struct_desc spec_desc = DESC(spec, spec_fields);

#define THIS struct spec
static const struct field mounts_fields[] = {
	FIELD("mounts", FIELD_ARRAY, mounts, .sub = &mount_desc, .flags = FIELD_REQUIRED),
	FIELDS_END,
};
#undef THIS
const struct struct_desc spec_mounts_desc = DESC(spec, mounts_fields);
