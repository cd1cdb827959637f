// SPDX-License-Identifier: Apache-2.0
/* Tables: keys of config.json ↔ members of struct spec; "linux.resources". */
#include "spec/fields.h"

#include "spec/names.h"

#define THIS struct spec_device_rule
static const struct field device_rule_fields[] = {
	FIELD("allow", FIELD_BOOL, allow, .flags = FIELD_REQUIRED),
	FIELD("type", FIELD_STR, type, .flags = FIELD_SET_MASK,
		.names = spec_device_rule_type_names),
	FIELD("major", FIELD_OPT_I64, major, .min = -1, .max = UINT32_MAX),
	FIELD("minor", FIELD_OPT_I64, minor, .min = -1, .max = UINT32_MAX),
	FIELD("access", FIELD_STR, access),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc device_rule_desc = DESC(spec_device_rule, device_rule_fields);

/* Any negative number has meant "unlimited" to runc, not -1 alone. */
#define THIS struct spec_memory
static const struct field memory_fields[] = {
	FIELD("limit", FIELD_OPT_I64, limit),
	FIELD("reservation", FIELD_OPT_I64, reservation),
	FIELD("swap", FIELD_OPT_I64, swap),
	FIELD("kernel", FIELD_OPT_I64, kernel),
	FIELD("kernelTCP", FIELD_OPT_I64, kernel_tcp),
	FIELD("swappiness", FIELD_OPT_U64, swappiness, .min = 0, .max = 100),
	FIELD("disableOOMKiller", FIELD_OPT_BOOL, disable_oom_killer),
	FIELD("useHierarchy", FIELD_OPT_BOOL, use_hierarchy),
	FIELD("checkBeforeUpdate", FIELD_OPT_BOOL, check_before_update),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc memory_desc = DESC(spec_memory, memory_fields);

#define THIS struct spec_cpu
static const struct field cpu_fields[] = {
	FIELD("shares", FIELD_OPT_U64, shares),
	FIELD("quota", FIELD_OPT_I64, quota),
	FIELD("burst", FIELD_OPT_U64, burst),
	FIELD("period", FIELD_OPT_U64, period),
	FIELD("realtimeRuntime", FIELD_OPT_I64, realtime_runtime),
	FIELD("realtimePeriod", FIELD_OPT_U64, realtime_period),
	FIELD("cpus", FIELD_STR, cpus),
	FIELD("mems", FIELD_STR, mems),
	FIELD("idle", FIELD_OPT_I64, idle, .min = 0, .max = 1),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc cpu_desc = DESC(spec_cpu, cpu_fields);

#define THIS struct spec_weight_device
static const struct field weight_device_fields[] = {
	FIELD("major", FIELD_I64, major, .flags = FIELD_REQUIRED, .max = UINT32_MAX),
	FIELD("minor", FIELD_I64, minor, .flags = FIELD_REQUIRED, .max = UINT32_MAX),
	FIELD("weight", FIELD_OPT_U64, weight, .max = UINT16_MAX),
	FIELD("leafWeight", FIELD_OPT_U64, leaf_weight, .max = UINT16_MAX),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc weight_device_desc = DESC(spec_weight_device, weight_device_fields);

#define THIS struct spec_throttle_device
static const struct field throttle_device_fields[] = {
	FIELD("major", FIELD_I64, major, .flags = FIELD_REQUIRED, .max = UINT32_MAX),
	FIELD("minor", FIELD_I64, minor, .flags = FIELD_REQUIRED, .max = UINT32_MAX),
	FIELD("rate", FIELD_U64, rate),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc throttle_device_desc =
	DESC(spec_throttle_device, throttle_device_fields);

#define THIS struct spec_block_io
static const struct field block_io_fields[] = {
	FIELD("weight", FIELD_OPT_U64, weight, .max = UINT16_MAX),
	FIELD("leafWeight", FIELD_OPT_U64, leaf_weight, .max = UINT16_MAX),
	FIELD("weightDevice", FIELD_ARRAY, weight_device, .sub = &weight_device_desc),
	FIELD("throttleReadBpsDevice", FIELD_ARRAY, throttle_read_bps_device,
		.sub = &throttle_device_desc),
	FIELD("throttleWriteBpsDevice", FIELD_ARRAY, throttle_write_bps_device,
		.sub = &throttle_device_desc),
	FIELD("throttleReadIOPSDevice", FIELD_ARRAY, throttle_read_iops_device,
		.sub = &throttle_device_desc),
	FIELD("throttleWriteIOPSDevice", FIELD_ARRAY, throttle_write_iops_device,
		.sub = &throttle_device_desc),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc block_io_desc = DESC(spec_block_io, block_io_fields);

#define THIS struct spec_hugepage_limit
static const struct field hugepage_limit_fields[] = {
	FIELD("pageSize", FIELD_STR, page_size, .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD("limit", FIELD_U64, limit, .flags = FIELD_REQUIRED),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc hugepage_limit_desc =
	DESC(spec_hugepage_limit, hugepage_limit_fields);

#define THIS struct spec_if_priority
static const struct field if_priority_fields[] = {
	FIELD("name", FIELD_STR, name, .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD("priority", FIELD_U64, priority, .flags = FIELD_REQUIRED, .max = UINT32_MAX),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc if_priority_desc = DESC(spec_if_priority, if_priority_fields);

#define THIS struct spec_network
static const struct field network_fields[] = {
	FIELD("classID", FIELD_OPT_U64, class_id, .max = UINT32_MAX),
	FIELD("priorities", FIELD_ARRAY, priorities, .sub = &if_priority_desc),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc network_desc = DESC(spec_network, network_fields);

/* The key goes to the first member, device. */
#define THIS struct spec_rdma
static const struct field rdma_fields[] = {
	FIELD("hcaHandles", FIELD_OPT_U64, hca_handles, .max = UINT32_MAX),
	FIELD("hcaObjects", FIELD_OPT_U64, hca_objects, .max = UINT32_MAX),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc rdma_desc = DESC(spec_rdma, rdma_fields);

#define THIS struct spec_pids
static const struct field pids_fields[] = {
	FIELD("limit", FIELD_OPT_I64, limit),
	FIELDS_END,
};
#undef THIS
static const struct struct_desc pids_desc = DESC(spec_pids, pids_fields);

#define THIS struct spec_resources
static const struct field resources_fields[] = {
	FIELD("unified", FIELD_MAP, unified),
	FIELD("devices", FIELD_ARRAY, devices, .sub = &device_rule_desc),
	FIELD("memory", FIELD_OBJECT, memory, .sub = &memory_desc),
	FIELD("cpu", FIELD_OBJECT, cpu, .sub = &cpu_desc),
	FIELD("pids", FIELD_OBJECT, pids, .sub = &pids_desc),
	FIELD("blockIO", FIELD_OBJECT, block_io, .sub = &block_io_desc),
	FIELD("hugepageLimits", FIELD_ARRAY, hugepage_limits, .sub = &hugepage_limit_desc),
	FIELD("network", FIELD_OBJECT, network, .sub = &network_desc),
	FIELD("rdma", FIELD_OBJECTS, rdma, .sub = &rdma_desc),
	FIELDS_END,
};
#undef THIS
const struct struct_desc spec_resources_desc = DESC(spec_resources, resources_fields);
