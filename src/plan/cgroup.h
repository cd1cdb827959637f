// SPDX-License-Identifier: Apache-2.0
/* The part of a plan that is about the container's cgroup. Data; see plan.h. */
#ifndef LODGER_PLAN_CGROUP_H
#define LODGER_PLAN_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/field.h"

/* Who makes the container's cgroup. */
enum plan_cgroup_manager {
	PLAN_CGROUP_AUTO, /* of a request: whoever can, where there is a use for one */
	PLAN_CGROUP_NONE, /* the container stays in its caller's cgroup */
	PLAN_CGROUP_FS, /* lodger, as directories */
	PLAN_CGROUP_SYSTEMD, /* systemd, as a scope */
	PLAN_CGROUP_SESSION, /* lodger, as directories in the scope of the user's session */
};

enum plan_cgroup_write_flags {
	/* The file may be missing: a debug line. Any other refusal is an error. */
	PLAN_WRITE_OPTIONAL = 1 << 0,
	/* Done only if the file of the write before does not exist; that is then no error. */
	PLAN_WRITE_ELSE = 1 << 1,
	/* EINVAL puts it off until all others are done: limits that bound each other. */
	PLAN_WRITE_RETRY = 1 << 2,
	/* Nothing is written: the number that the file holds must be below the value, else an
	   error. */
	PLAN_WRITE_CHECK = 1 << 3,
	/* No limit: where the controller is missing there is none to lift, so it is not needed. */
	PLAN_WRITE_LIFT = 1 << 4,
};

/* A file of the container's cgroup and what is written to it. */
struct plan_cgroup_write {
	const char *controller; /* "memory", …: names the hierarchy on v1; "" for v2's cgroup.* */
	const char *file; /* "memory.max" */
	const char *value;
	const char *json_path; /* "linux.resources.memory.limit" */
	uint32_t flags; /* enum plan_cgroup_write_flags */
};
typedef array_of(struct plan_cgroup_write) plan_cgroup_writes;

/*
 * A property of the unit. Value by signature: "t" and "i" decimal ("infinity" is UINT64_MAX for
 * "t"), "b" "true" or "false", "s" text, "as" words apart by blanks, "ay" hexadecimal, "a(st)" and
 * "a(ss)" a line for each pair.
 */
struct plan_unit_property {
	const char *name; /* "MemoryMax" */
	const char *signature;
	const char *value;
	const char *json_path; /* what asked for it */
	bool optional; /* an older systemd that does not know it goes without */
};
typedef array_of(struct plan_unit_property) plan_unit_properties;

/*
 * The container's cgroup. Who makes it and where is decided in src/plan/cgroup.c; what is put into
 * force in src/plan/resources.c, knowing manager and layout.
 */
struct plan_cgroup {
	int32_t manager; /* enum plan_cgroup_manager, never AUTO */
	bool unified; /* cgroup v2 */
	bool required; /* asked for: a container without it would not be what was asked for */
	bool delegate; /* the container's root may make cgroups of its own in it */
	uint32_t owner_uid; /* to whom it is given then, seen from the caller; UINT32_MAX = as is */
	uint32_t owner_gid;
	kv_list places; /* controllers ("" on v2) and absolute path of each directory to make;
			   SYSTEMD: where it will be is not known before */
	struct strv controllers; /* that have to be there, "memory" …: those of `writes` */
	const char *session; /* SESSION: the cgroup of its scope, which is not lodger's to make */
	bool moved; /* SESSION: init cannot be born there from where the caller is: by systemd */
	const char *unit; /* SYSTEMD: "lodger-c1.scope"; SESSION: the scope that all share */
	const char *slice; /* "user.slice"; "" = systemd's default */
	const char *bus; /* address */
	const char *description; /* of the unit */
	plan_unit_properties properties;
	plan_cgroup_writes writes;
	struct bytes devices; /* v2: struct bpf_insn[] of a BPF_PROG_TYPE_CGROUP_DEVICE program */
};

#endif
