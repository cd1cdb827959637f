// SPDX-License-Identifier: Apache-2.0
/* Private to src/plan/: the growing list of writes, and tables that fill it. */
#ifndef LODGER_PLAN_WRITES_H
#define LODGER_PLAN_WRITES_H

#include "plan/resources.h"

struct writes {
	struct arena *arena;
	plan_cgroup_writes *list;
	plan_notes *notes;
};

/* Append a write; `file` and `member` are borrowed, the value is formatted into the arena. */
void writes_add(struct writes *w, const char *controller, const char *file, const char *member,
	uint32_t flags, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

void writes_note(struct writes *w, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* How the number of a member is written. */
enum value_kind {
	VALUE_MAX, /* opt_i64: negative is "max", 0 is unset */
	VALUE_MINUS_ONE, /* opt_i64: negative is "-1", 0 is unset */
	VALUE_I64, /* opt_i64, whatever it is */
	VALUE_U64, /* opt_u64, whatever it is */
	VALUE_U64_NOT_0, /* opt_u64, 0 is unset: Go's zero value, which callers send */
	VALUE_TEXT, /* const char *, NULL and "" are unset */
};

/* A member that becomes the content of a file without more ado. */
struct value_row {
	const char *member; /* "linux.resources.memory.limit" */
	size_t offset; /* in the struct of its group */
	enum value_kind kind;
	const char *controller;
	const char *file;
	uint32_t flags; /* enum plan_cgroup_write_flags */
};

#define VALUE_ROW(type, member_, key, kind, controller, file, flags)                               \
	{                                                                                          \
		"linux.resources." key, offsetof(type, member_), kind, controller, file, flags     \
	}

/* Those of the rows whose members are set in `group`. */
void writes_values(struct writes *w, const struct value_row *rows, size_t n, const void *group);

/* linux.resources.pids: both versions of cgroups have the file. */
void writes_pids(struct writes *w, const struct spec_pids *pids);

/* Refuse a member: "config.json: MEMBER: WHY". */
int resources_refuse(struct err *e, enum err_code code, const char *member, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What v1 and v2 ask of blkio weights alike: 0 for unset, or 10 to 1000. */
int resources_check_weights(const struct spec_block_io *io, struct err *e);

/* resources_devices.c: the rules as writes to devices.allow and devices.deny. */
int resources_v1_devices(struct writes *w, const struct spec_resources *r, struct err *e);

/* A device rule with everything spelled out. */
struct device_rule {
	bool allow;
	char type; /* 'a', 'b', 'c' */
	int64_t major; /* -1 = any */
	int64_t minor;
	unsigned access; /* of BPF_DEVCG_ACC_* */
};

struct device_rules {
	struct device_rule *v;
	size_t n;
};

/*
 * The rules of config.json, then those for the default devices. Those before the last that is for
 * every device and access have no effect and are left out; without such a rule, the first is one
 * that denies everything.
 */
struct device_rules resources_device_rules(struct arena *a, const struct spec_resources *r);

/* "rwm" in that order, of BPF_DEVCG_ACC_* bits. */
const char *device_access_text(unsigned access);

#endif
