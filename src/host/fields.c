// SPDX-License-Identifier: Apache-2.0
/* The description of struct facts: a row for each member, under the member's own name. Data. */
#include "host/facts.h"

#define ROW(type_, struct_, member)                                                                \
	.key = #member, .type = type_, .offset = offsetof(struct_, member)

static const struct field id_extent_fields[] = {
	{ROW(FIELD_U32, struct id_extent, inside)},
	{ROW(FIELD_U32, struct id_extent, outside)},
	{ROW(FIELD_U32, struct id_extent, count)},
	{0},
};
static const struct struct_desc id_extent_desc = {
	"id_extent", sizeof(struct id_extent), id_extent_fields};

static const struct field id_range_fields[] = {
	{ROW(FIELD_U32, struct id_range, start)},
	{ROW(FIELD_U32, struct id_range, count)},
	{0},
};
static const struct struct_desc id_range_desc = {
	"id_range", sizeof(struct id_range), id_range_fields};

static const struct field hierarchy_fields[] = {
	{ROW(FIELD_STR, struct cgroup_hierarchy, controllers)},
	{ROW(FIELD_STR, struct cgroup_hierarchy, mountpoint)},
	{ROW(FIELD_STR, struct cgroup_hierarchy, path)},
	{0},
};
static const struct struct_desc hierarchy_desc = {
	"cgroup_hierarchy", sizeof(struct cgroup_hierarchy), hierarchy_fields};

static const struct field cgroup_fields[] = {
	{ROW(FIELD_STR, struct facts_cgroup, path)},
	{ROW(FIELD_BOOL, struct facts_cgroup, delegated)},
	{ROW(FIELD_BOOL, struct facts_cgroup, populated)},
	{ROW(FIELD_STRV, struct facts_cgroup, controllers)},
	{ROW(FIELD_STRV, struct facts_cgroup, enabled)},
	{0},
};
static const struct struct_desc cgroup_desc = {
	"cgroup", sizeof(struct facts_cgroup), cgroup_fields};

static const struct field rlimit_fields[] = {
	{ROW(FIELD_STR, struct facts_rlimit, name)},
	{ROW(FIELD_U64, struct facts_rlimit, soft)},
	{ROW(FIELD_U64, struct facts_rlimit, hard)},
	{0},
};
static const struct struct_desc rlimit_desc = {
	"rlimit", sizeof(struct facts_rlimit), rlimit_fields};

static const struct name layout_names[] = {
	{"none", CGROUP_LAYOUT_NONE},
	{"unified", CGROUP_LAYOUT_UNIFIED},
	{"legacy", CGROUP_LAYOUT_LEGACY},
	{0},
};

static const struct field facts_fields[] = {
	{ROW(FIELD_U32, struct facts, euid)},
	{ROW(FIELD_U32, struct facts, egid)},
	{ROW(FIELD_STR, struct facts, user_name)},
	{ROW(FIELD_BOOL, struct facts, initial_userns)},
	{ROW(FIELD_U64, struct facts, caps)},
	{ROW(FIELD_U64, struct facts, caps_bounding)},
	{ROW(FIELD_ARRAY, struct facts, uid_map), .sub = &id_extent_desc},
	{ROW(FIELD_ARRAY, struct facts, gid_map), .sub = &id_extent_desc},
	{ROW(FIELD_BOOL, struct facts, setgroups_denied)},
	{ROW(FIELD_U32S, struct facts, groups)},
	{ROW(FIELD_ARRAY, struct facts, sub_uids), .sub = &id_range_desc},
	{ROW(FIELD_ARRAY, struct facts, sub_gids), .sub = &id_range_desc},
	{ROW(FIELD_STR, struct facts, newuidmap)},
	{ROW(FIELD_STR, struct facts, newgidmap)},
	{ROW(FIELD_ARRAY, struct facts, rlimits), .sub = &rlimit_desc},
	{ROW(FIELD_ENUM, struct facts, cgroup_layout), .names = layout_names},
	{ROW(FIELD_ARRAY, struct facts, cgroups), .sub = &hierarchy_desc},
	{ROW(FIELD_ARRAY, struct facts, cgroup_tree), .sub = &cgroup_desc},
	{ROW(FIELD_STR, struct facts, bus)},
	{ROW(FIELD_BOOL, struct facts, systemd)},
	{ROW(FIELD_STR, struct facts, session_dir)},
	{ROW(FIELD_STR, struct facts, session)},
	{ROW(FIELD_BOOL, struct facts, apparmor)},
	{ROW(FIELD_BOOL, struct facts, selinux)},
	{ROW(FIELD_STR, struct facts, resctrl)},
	{ROW(FIELD_U32, struct facts, cap_last)},
	{ROW(FIELD_STR, struct facts, resolv_conf)},
	{ROW(FIELD_STR, struct facts, hosts)},
	{ROW(FIELD_U32, struct facts, unprivileged_port)},
	{0},
};

static const struct field target_fields[] = {
	{ROW(FIELD_U64, struct facts_target, namespaces)},
	{ROW(FIELD_ARRAY, struct facts_target, uid_map), .sub = &id_extent_desc},
	{ROW(FIELD_ARRAY, struct facts_target, gid_map), .sub = &id_extent_desc},
	{ROW(FIELD_BOOL, struct facts_target, setgroups_denied)},
	{0},
};

const struct struct_desc facts_target_desc = {
	"facts_target", sizeof(struct facts_target), target_fields};

const struct struct_desc facts_desc = {"facts", sizeof(struct facts), facts_fields};
