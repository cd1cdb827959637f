// SPDX-License-Identifier: Apache-2.0
/*
 * Descriptions of the plan's structs for the walkers: codec.c sends them to init, dump.c prints
 * them. A member that is missing here does not travel.
 */
#include "plan/plan.h"

#include <inttypes.h>

#include "base/str.h"

#define M(type_, T, member)                                                                        \
	{                                                                                          \
		.key = #member, .type = (type_), .offset = offsetof(struct T, member)              \
	}
#define SUB(type_, T, member, sub_)                                                                \
	{                                                                                          \
		.key = #member, .type = (type_), .offset = offsetof(struct T, member),             \
		.sub = (sub_)                                                                      \
	}
#define DESC(T, ...)                                                                               \
	static const struct struct_desc T##_desc = {                                               \
		.name = #T,                                                                        \
		.size = sizeof(struct T),                                                          \
		.fields = (const struct field[]){__VA_ARGS__, {.key = NULL}},                      \
	}

static const struct struct_desc step_none_desc = {
	.name = "step_none",
	.size = sizeof(struct step_none),
	.fields = (const struct field[]){{.key = NULL}},
};

DESC(id_extent, M(FIELD_U32, id_extent, inside), M(FIELD_U32, id_extent, outside),
	M(FIELD_U32, id_extent, count));
DESC(step_flags, M(FIELD_U64, step_flags, flags));
DESC(step_path, M(FIELD_STR, step_path, path));
DESC(step_text, M(FIELD_STR, step_text, text));
DESC(step_number, M(FIELD_I64, step_number, number));
DESC(step_join, M(FIELD_U64, step_join, flag), M(FIELD_U32, step_join, slot),
	M(FIELD_STR, step_join, path));
DESC(step_unmount, M(FIELD_STR, step_unmount, json_path), M(FIELD_STR, step_unmount, dest));
DESC(step_enter, M(FIELD_U64, step_enter, flags), M(FIELD_U32, step_enter, slot));
DESC(step_become, M(FIELD_U32, step_become, uid), M(FIELD_U32, step_become, gid),
	M(FIELD_BOOL, step_become, clear_groups));
DESC(step_mount, M(FIELD_STR, step_mount, json_path), M(FIELD_STR, step_mount, source),
	M(FIELD_STR, step_mount, dest), M(FIELD_STR, step_mount, fstype),
	M(FIELD_STRV, step_mount, options), M(FIELD_U32, step_mount, flags),
	M(FIELD_U64, step_mount, attr_set), M(FIELD_U64, step_mount, attr_clear),
	M(FIELD_U64, step_mount, rec_attr_set), M(FIELD_U64, step_mount, rec_attr_clear),
	M(FIELD_U64, step_mount, propagation),
	SUB(FIELD_ARRAY, step_mount, uid_map, &id_extent_desc),
	SUB(FIELD_ARRAY, step_mount, gid_map, &id_extent_desc), M(FIELD_U32, step_mount, slot),
	M(FIELD_STR, step_mount, fallback));
DESC(step_device, M(FIELD_STR, step_device, path), M(FIELD_STR, step_device, source),
	M(FIELD_U32, step_device, mode), M(FIELD_U32, step_device, major),
	M(FIELD_U32, step_device, minor), M(FIELD_U32, step_device, uid),
	M(FIELD_U32, step_device, gid), M(FIELD_BOOL, step_device, optional));
DESC(step_symlink, M(FIELD_STR, step_symlink, target), M(FIELD_STR, step_symlink, path));
DESC(step_console, M(FIELD_U32, step_console, height), M(FIELD_U32, step_console, width),
	M(FIELD_U32, step_console, uid), M(FIELD_BOOL, step_console, bind),
	M(FIELD_BOOL, step_console, find));
DESC(step_sysctl, M(FIELD_STR, step_sysctl, key), M(FIELD_STR, step_sysctl, value),
	M(FIELD_BOOL, step_sysctl, optional));
DESC(step_hook, M(FIELD_STR, step_hook, json_path), M(FIELD_STR, step_hook, title),
	M(FIELD_STR, step_hook, path), M(FIELD_STRV, step_hook, args),
	M(FIELD_STRV, step_hook, env), M(FIELD_BOOL, step_hook, home),
	M(FIELD_BOOL, step_hook, at_root), M(FIELD_I64, step_hook, timeout_s));
DESC(step_root_flags, M(FIELD_BOOL, step_root_flags, readonly));
DESC(step_pivot, M(FIELD_BOOL, step_pivot, no_pivot), M(FIELD_BOOL, step_pivot, early));
DESC(step_rlimit, M(FIELD_STR, step_rlimit, name), M(FIELD_U32, step_rlimit, resource),
	M(FIELD_U64, step_rlimit, soft), M(FIELD_U64, step_rlimit, hard));
DESC(step_scheduler, M(FIELD_U32, step_scheduler, policy), M(FIELD_U64, step_scheduler, flags),
	M(FIELD_I64, step_scheduler, nice), M(FIELD_U32, step_scheduler, priority),
	M(FIELD_U64, step_scheduler, runtime_ns), M(FIELD_U64, step_scheduler, deadline_ns),
	M(FIELD_U64, step_scheduler, period_ns));
DESC(step_memory_policy, M(FIELD_U32, step_memory_policy, mode),
	M(FIELD_STR, step_memory_policy, nodes));
DESC(step_label, M(FIELD_STR, step_label, apparmor), M(FIELD_STR, step_label, selinux));
DESC(step_seccomp, M(FIELD_BYTES, step_seccomp, filter), M(FIELD_U32, step_seccomp, flags),
	M(FIELD_BOOL, step_seccomp, notify), M(FIELD_BOOL, step_seccomp, no_new_privs));
DESC(step_user, M(FIELD_U32, step_user, uid), M(FIELD_U32, step_user, gid),
	M(FIELD_U32S, step_user, groups), M(FIELD_BOOL, step_user, set_groups));
DESC(step_caps, M(FIELD_U64, step_caps, bounding), M(FIELD_U64, step_caps, effective),
	M(FIELD_U64, step_caps, permitted), M(FIELD_U64, step_caps, inheritable),
	M(FIELD_U64, step_caps, ambient));

const struct struct_desc *const step_descs[STEP_NR] = {
#define X(kind, name, payload) [kind] = &payload##_desc,
	PLAN_STEPS(X)
#undef X
};

static const char *const step_names[STEP_NR] = {
#define X(kind, name, payload) [kind] = name,
	PLAN_STEPS(X)
#undef X
};

const char *step_name(enum step_kind kind)
{
	return (unsigned)kind < STEP_NR ? step_names[kind] : "unknown";
}

void plan_map_text(const id_extents *map, struct strbuf *out)
{
	const struct id_extent *x;

	array_foreach (x, map)
		strbuf_addf(out, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", x->inside, x->outside,
			x->count);
}

/* The steps themselves are a tagged list, which the walkers treat on their own. */
const struct struct_desc plan_init_desc = {
	.name = "plan_init",
	.size = sizeof(struct plan_init),
	.fields =
		(const struct field[]){
			M(FIELD_STR, plan_init, id),
			M(FIELD_U32, plan_init, log_level),
			M(FIELD_U32, plan_init, preserve_fds),
			M(FIELD_BOOL, plan_init, wait_start),
			M(FIELD_BOOL, plan_init, in_userns),
			M(FIELD_BOOL, plan_init, own_procfs),
			M(FIELD_BOOL, plan_init, keep_affinity),
			M(FIELD_STR, plan_init, state_json),
			M(FIELD_STRV, plan_init, args),
			M(FIELD_STRV, plan_init, env),
			{.key = NULL},
		},
};

DESC(plan_join, M(FIELD_U64, plan_join, flag), M(FIELD_STR, plan_join, path));
DESC(plan_file, M(FIELD_STR, plan_file, name), M(FIELD_STR, plan_file, text));
DESC(plan_network, M(FIELD_I32, plan_network, mode), M(FIELD_STR, plan_network, cidr),
	M(FIELD_U32, plan_network, mtu), M(FIELD_BOOL, plan_network, ipv6),
	M(FIELD_BOOL, plan_network, host_loopback), M(FIELD_STRV, plan_network, outbound),
	M(FIELD_STRV, plan_network, dns), M(FIELD_STRV, plan_network, pasta_args),
	SUB(FIELD_ARRAY, plan_network, forwards, &net_forward_desc),
	SUB(FIELD_ARRAY, plan_network, files, &plan_file_desc));
DESC(plan_note, M(FIELD_I32, plan_note, level), M(FIELD_STR, plan_note, text));
DESC(plan_id_map, M(FIELD_I32, plan_id_map, writer),
	SUB(FIELD_ARRAY, plan_id_map, extents, &id_extent_desc));

DESC(kv, M(FIELD_STR, kv, key), M(FIELD_STR, kv, value));
DESC(plan_unit_property, M(FIELD_STR, plan_unit_property, name),
	M(FIELD_STR, plan_unit_property, signature), M(FIELD_STR, plan_unit_property, value),
	M(FIELD_STR, plan_unit_property, json_path), M(FIELD_BOOL, plan_unit_property, optional));
DESC(plan_cgroup_write, M(FIELD_STR, plan_cgroup_write, controller),
	M(FIELD_STR, plan_cgroup_write, file), M(FIELD_STR, plan_cgroup_write, value),
	M(FIELD_STR, plan_cgroup_write, json_path), M(FIELD_U32, plan_cgroup_write, flags));
DESC(plan_resctrl, M(FIELD_STR, plan_resctrl, mount), M(FIELD_STR, plan_resctrl, group),
	M(FIELD_STR, plan_resctrl, monitor), M(FIELD_BOOL, plan_resctrl, shared),
	SUB(FIELD_ARRAY, plan_resctrl, schemas, &kv_desc),
	SUB(FIELD_ARRAY, plan_resctrl, schemata, &kv_desc));
DESC(plan_cgroup, M(FIELD_I32, plan_cgroup, manager), M(FIELD_BOOL, plan_cgroup, unified),
	M(FIELD_BOOL, plan_cgroup, required), M(FIELD_BOOL, plan_cgroup, delegate),
	M(FIELD_U32, plan_cgroup, owner_uid), M(FIELD_U32, plan_cgroup, owner_gid),
	SUB(FIELD_ARRAY, plan_cgroup, places, &kv_desc), M(FIELD_STRV, plan_cgroup, controllers),
	M(FIELD_STR, plan_cgroup, session), M(FIELD_BOOL, plan_cgroup, moved),
	M(FIELD_STR, plan_cgroup, unit), M(FIELD_STR, plan_cgroup, slice),
	M(FIELD_STR, plan_cgroup, bus), M(FIELD_STR, plan_cgroup, description),
	SUB(FIELD_ARRAY, plan_cgroup, properties, &plan_unit_property_desc),
	SUB(FIELD_ARRAY, plan_cgroup, writes, &plan_cgroup_write_desc),
	M(FIELD_BYTES, plan_cgroup, devices));

const struct struct_desc plan_desc = {
	.name = "plan",
	.size = sizeof(struct plan),
	.fields =
		(const struct field[]){
			M(FIELD_I32, plan, caller),
			M(FIELD_U64, plan, clone_flags),
			M(FIELD_BOOL, plan, maps_on_request),
			SUB(FIELD_STRUCT, plan, uid_map, &plan_id_map_desc),
			SUB(FIELD_STRUCT, plan, gid_map, &plan_id_map_desc),
			M(FIELD_BOOL, plan, deny_setgroups),
			M(FIELD_BOOL, plan, one_id_would_do),
			SUB(FIELD_ARRAY, plan, joins, &plan_join_desc),
			SUB(FIELD_STRUCT, plan, cgroup, &plan_cgroup_desc),
			SUB(FIELD_OBJECT, plan, resctrl, &plan_resctrl_desc),
			M(FIELD_STR, plan, rootfs),
			M(FIELD_BOOL, plan, terminal),
			M(FIELD_BOOL, plan, own_pidns),
			M(FIELD_BOOL, plan, exec),
			M(FIELD_BOOL, plan, seccomp_strict),
			SUB(FIELD_OBJECT, plan, network, &plan_network_desc),
			SUB(FIELD_ARRAY, plan, notes, &plan_note_desc),
			{.key = NULL},
		},
};
