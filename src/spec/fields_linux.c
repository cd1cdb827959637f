// SPDX-License-Identifier: Apache-2.0
/* Tables: keys of config.json ↔ members of struct spec; "linux" without "resources". */
#include "spec/fields.h"

#include "spec/names.h"

#define THIS struct spec_namespace
static const struct field namespace_fields[] = {
	FIELD("type", FIELD_ENUM, type, .flags = FIELD_REQUIRED, .names = spec_ns_names),
	FIELD("path", FIELD_STR, path, .flags = FIELD_ABS_PATH),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc namespace_desc = DESC(spec_namespace, namespace_fields);

/*
 * fileMode may carry the file type bits that stat(2) gave some caller: the range is that of a
 * mode_t, and the planner takes the permission bits.
 */
#define THIS struct spec_device
static const struct field device_fields[] = {
	FIELD("path", FIELD_STR, path, .flags = FIELD_REQUIRED | FIELD_NONEMPTY | FIELD_ABS_PATH),
	FIELD("type", FIELD_STR, type, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_device_type_names),
	FIELD("major", FIELD_OPT_I64, major, .max = UINT32_MAX),
	FIELD("minor", FIELD_OPT_I64, minor, .max = UINT32_MAX),
	FIELD("fileMode", FIELD_OPT_U64, file_mode, .max = UINT32_MAX),
	FIELD("uid", FIELD_OPT_U64, uid, .max = SPEC_ID_MAX),
	FIELD("gid", FIELD_OPT_U64, gid, .max = SPEC_ID_MAX),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc device_desc = DESC(spec_device, device_fields);

/* The key goes to the first member, host_name. */
#define THIS struct spec_net_device
static const struct field net_device_fields[] = {
	FIELD("name", FIELD_STR, name),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc net_device_desc = DESC(spec_net_device, net_device_fields);

#define THIS struct spec_seccomp_arg
static const struct field seccomp_arg_fields[] = {
	FIELD("index", FIELD_U32, index, .flags = FIELD_REQUIRED, .max = 5),
	FIELD("value", FIELD_U64, value, .flags = FIELD_REQUIRED),
	FIELD("valueTwo", FIELD_U64, value_two),
	FIELD("op", FIELD_STR, op, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_seccomp_op_names),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc seccomp_arg_desc = DESC(spec_seccomp_arg, seccomp_arg_fields);

/* The kernel has 16 bits for an action's value: SECCOMP_RET_DATA, seccomp(2). */
#define THIS struct spec_seccomp_rule
static const struct field seccomp_rule_fields[] = {
	FIELD("names", FIELD_STRV, names, .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD("action", FIELD_STR, action, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_seccomp_action_names),
	FIELD("errnoRet", FIELD_OPT_U64, errno_ret, .max = UINT16_MAX),
	FIELD("args", FIELD_ARRAY, args, .sub = &seccomp_arg_desc),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc seccomp_rule_desc = DESC(spec_seccomp_rule, seccomp_rule_fields);

#define THIS struct spec_seccomp
static const struct field seccomp_fields[] = {
	FIELD("defaultAction", FIELD_STR, default_action, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_seccomp_action_names),
	FIELD("defaultErrnoRet", FIELD_OPT_U64, default_errno_ret, .max = UINT16_MAX),
	FIELD("flags", FIELD_STRV, flags, .flags = FIELD_SET_MASK,
		.names = spec_seccomp_flag_names),
	FIELD("listenerPath", FIELD_STR, listener_path),
	FIELD("listenerMetadata", FIELD_STR, listener_metadata),
	FIELD("architectures", FIELD_STRV, architectures, .flags = FIELD_SET_MASK,
		.names = spec_seccomp_arch_names),
	FIELD("syscalls", FIELD_ARRAY, syscalls, .sub = &seccomp_rule_desc),
	FIELDS_END,
};
#undef THIS
const struct struct_desc spec_seccomp_desc = DESC(spec_seccomp, seccomp_fields);

#define THIS struct spec_intel_rdt
static const struct field intel_rdt_fields[] = {
	FIELD("closID", FIELD_STR, clos_id),
	FIELD("schemata", FIELD_STRV, schemata),
	FIELD("l3CacheSchema", FIELD_STR, l3_cache_schema),
	FIELD("memBwSchema", FIELD_STR, mem_bw_schema),
	FIELD("enableMonitoring", FIELD_BOOL, enable_monitoring),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc intel_rdt_desc = DESC(spec_intel_rdt, intel_rdt_fields);

#define THIS struct spec_memory_policy
static const struct field memory_policy_fields[] = {
	FIELD("mode", FIELD_STR, mode, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_mempolicy_mode_names),
	FIELD("nodes", FIELD_STR, nodes),
	FIELD("flags", FIELD_STRV, flags, .flags = FIELD_SET_MASK,
		.names = spec_mempolicy_flag_names),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc memory_policy_desc = DESC(spec_memory_policy, memory_policy_fields);

#define THIS struct spec_personality
static const struct field personality_fields[] = {
	FIELD("domain", FIELD_STR, domain, .flags = FIELD_REQUIRED | FIELD_SET_MASK,
		.names = spec_personality_names),
	FIELD("flags", FIELD_STRV, flags),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc personality_desc = DESC(spec_personality, personality_fields);

#define THIS struct spec_time_offset
static const struct field time_offset_fields[] = {
	FIELD("secs", FIELD_I64, secs),
	FIELD("nanosecs", FIELD_I64, nanosecs, .min = 0, .max = 999999999),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc time_offset_desc = DESC(spec_time_offset, time_offset_fields);

#define THIS struct spec_time_offsets
static const struct field time_offsets_fields[] = {
	FIELD("boottime", FIELD_OBJECT, boottime, .sub = &time_offset_desc),
	FIELD("monotonic", FIELD_OBJECT, monotonic, .sub = &time_offset_desc),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc time_offsets_desc = DESC(spec_time_offsets, time_offsets_fields);

#define THIS struct spec_linux
static const struct field linux_fields[] = {
	FIELD("devices", FIELD_ARRAY, devices, .sub = &device_desc),
	FIELD("netDevices", FIELD_OBJECTS, net_devices, .sub = &net_device_desc),
	FIELD("uidMappings", FIELD_ARRAY, uid_mappings, .sub = &spec_id_map_desc),
	FIELD("gidMappings", FIELD_ARRAY, gid_mappings, .sub = &spec_id_map_desc),
	FIELD("namespaces", FIELD_ARRAY, namespaces, .sub = &namespace_desc),
	FIELD("resources", FIELD_OBJECT, resources, .sub = &spec_resources_desc),
	FIELD("cgroupsPath", FIELD_STR, cgroups_path),
	FIELD("rootfsPropagation", FIELD_STR, rootfs_propagation, .flags = FIELD_SET_MASK,
		.names = spec_propagation_names),
	FIELD("seccomp", FIELD_OBJECT, seccomp, .sub = &spec_seccomp_desc),
	FIELD("sysctl", FIELD_MAP, sysctl),
	FIELD("maskedPaths", FIELD_STRV, masked_paths, .flags = FIELD_ABS_PATH),
	FIELD("readonlyPaths", FIELD_STRV, readonly_paths, .flags = FIELD_ABS_PATH),
	FIELD("mountLabel", FIELD_STR, mount_label),
	FIELD("intelRdt", FIELD_OBJECT, intel_rdt, .sub = &intel_rdt_desc),
	FIELD("memoryPolicy", FIELD_OBJECT, memory_policy, .sub = &memory_policy_desc),
	FIELD("personality", FIELD_OBJECT, personality, .sub = &personality_desc),
	FIELD("timeOffsets", FIELD_OBJECT, time_offsets, .sub = &time_offsets_desc),
	FIELDS_END,
};
#undef THIS
const struct struct_desc spec_linux_desc = DESC(spec_linux, linux_fields);
