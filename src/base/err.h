// SPDX-License-Identifier: Apache-2.0
/*
 * Errors as values.
 *
 * A function that can fail returns 0 or a negative errno and takes `struct err *e` as its last
 * argument. `e` is written once, by the function that knows the object (a path, a JSON path, a
 * process), and prefixed at most once per stage on the way up. Outputs are untouched on failure.
 * Everything is held inside the struct, so an error needs no allocation and no release; a text
 * that does not fit is cut and ends in "...".
 *
 * The functions of src/kernel/ are the exception: they return -errno and write no text, because
 * only their caller knows what the object means.
 */
#ifndef LODGER_BASE_ERR_H
#define LODGER_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

/* What an error is about. The kind decides the exit code and the "kind" field of the JSON log. */
enum err_kind {
	ERR_KIND_NONE,
	ERR_KIND_USAGE, /* the command line */
	ERR_KIND_CONFIG, /* config.json, or a file that it names */
	ERR_KIND_STATE, /* the container's recorded state forbids the verb */
	ERR_KIND_HOST, /* the machine lacks or forbids something; carries a fix */
	ERR_KIND_SYSTEM, /* a system call failed where none should */
	ERR_KIND_CHILD, /* a process that lodger started failed or died */
	ERR_KIND_BUG, /* an invariant of lodger's own is broken */
};

/*
 * Every error has one of these stable codes. One row: enumerator, the name that programs see,
 * and the kind. A code is never renamed once released; new ones are added.
 */
#define ERR_CODES(X)                                                                               \
	X(ERR_NONE, "none", ERR_KIND_NONE)                                                         \
	X(ERR_USAGE, "usage", ERR_KIND_USAGE)                                                      \
	X(ERR_ID_INVALID, "id-invalid", ERR_KIND_USAGE)                                            \
	X(ERR_CONFIG_READ, "config-read", ERR_KIND_CONFIG)                                         \
	X(ERR_CONFIG_SYNTAX, "config-syntax", ERR_KIND_CONFIG)                                     \
	X(ERR_CONFIG_TYPE, "config-type", ERR_KIND_CONFIG)                                         \
	X(ERR_CONFIG_VALUE, "config-value", ERR_KIND_CONFIG)                                       \
	X(ERR_CONFIG_MISSING, "config-missing", ERR_KIND_CONFIG)                                   \
	X(ERR_CONFIG_CONFLICT, "config-conflict", ERR_KIND_CONFIG)                                 \
	X(ERR_CONFIG_UNSUPPORTED, "config-unsupported", ERR_KIND_CONFIG)                           \
	X(ERR_ROOTFS, "rootfs", ERR_KIND_CONFIG)                                                   \
	X(ERR_MOUNT, "mount", ERR_KIND_CONFIG)                                                     \
	X(ERR_EXEC, "exec", ERR_KIND_CONFIG)                                                       \
	X(ERR_SECCOMP, "seccomp", ERR_KIND_CONFIG)                                                 \
	X(ERR_HOOK, "hook", ERR_KIND_CHILD)                                                        \
	X(ERR_STATE_EXISTS, "state-exists", ERR_KIND_STATE)                                        \
	X(ERR_STATE_MISSING, "state-missing", ERR_KIND_STATE)                                      \
	X(ERR_STATE_STATUS, "state-status", ERR_KIND_STATE)                                        \
	X(ERR_STATE_CORRUPT, "state-corrupt", ERR_KIND_STATE)                                      \
	X(ERR_STATE_DIR, "state-dir", ERR_KIND_HOST)                                               \
	X(ERR_HOST_USERNS, "host-userns", ERR_KIND_HOST)                                           \
	X(ERR_HOST_SUBID, "host-subid", ERR_KIND_HOST)                                             \
	X(ERR_HOST_IDMAP_HELPER, "host-idmap-helper", ERR_KIND_HOST)                               \
	X(ERR_HOST_KERNEL, "host-kernel", ERR_KIND_HOST)                                           \
	X(ERR_HOST_CGROUP, "host-cgroup", ERR_KIND_HOST)                                           \
	X(ERR_HOST_PERMISSION, "host-permission", ERR_KIND_HOST)                                   \
	X(ERR_HOST_INSTALL, "host-install", ERR_KIND_HOST)                                         \
	X(ERR_HOST_NETWORK, "host-network", ERR_KIND_HOST)                                         \
	X(ERR_HOST_PORT, "host-port", ERR_KIND_HOST)                                               \
	X(ERR_SYSTEM, "system", ERR_KIND_SYSTEM)                                                   \
	X(ERR_CHILD_DIED, "child-died", ERR_KIND_CHILD)                                            \
	X(ERR_PROTOCOL, "protocol", ERR_KIND_CHILD)                                                \
	X(ERR_BUG, "bug", ERR_KIND_BUG)

enum err_code {
#define X(code, name, kind) code,
	ERR_CODES(X)
#undef X
		ERR_CODE_NR
};

struct err {
	enum err_code code;
	int errnum; /* positive errno that explains the failure, 0 if none does */
	char step[48]; /* launch phase or plan step that failed, "" if none */
	char object[256]; /* path, JSON path, process or unit the error is about, "" if none */
	char msg[2048]; /* one line, no final full stop or newline */
	char fix[768]; /* what the user can do, "" unless the host is at fault */
};

/*
 * Write the error: code, errno (0 if none) and text. The strerror text is NOT appended; use
 * err_sys() for that. A second err_set() on the same error is ignored, so that a clean-up on the
 * error path cannot hide the cause. `e` may be NULL. Returns -errnum, or -EINVAL where errnum is 0.
 */
int err_set(struct err *e, enum err_code code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * err_set() for a failed system call: appends ": " and the errno's text in lower case ("no such
 * file or directory"), the wording that callers of OCI runtimes look for. `rc` may be an errno of
 * either sign.
 */
int err_sys(struct err *e, enum err_code code, int rc, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Name the object (path, JSON path) the error is about. Keeps the first one given. */
void err_object(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Say what the user can do about it. Keeps the first one given. */
void err_fix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Name the step, unless one is named already. */
void err_step(struct err *e, const char *step);

/* Put text before the message: "TEXT: message". */
void err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Before an error is reported: where nobody knew better, the step is `step` (the command), the
 * object `object` (its argument), and an error of the host gets what can be said of its code in
 * general as its fix. So that every error has all that programs ask for.
 */
void err_complete(struct err *e, const char *step, const char *object);

bool err_is_set(const struct err *e);
enum err_kind err_kind(const struct err *e);

/* The stable names, "none" for an unknown value. Static strings. */
const char *err_code_name(enum err_code code);
const char *err_kind_name(enum err_kind kind);

/* The code for a stable name, ERR_BUG if there is none. For errors that arrive from another
 * process. */
enum err_code err_code_from_name(const char *name);

/* The exit status for the error: 1 for whatever callers of runc expect 1 for, 70 for a bug. */
int err_exit_status(const struct err *e);

/* strerror() in lower case where the first word is not an acronym. Static or thread-local text. */
const char *err_text(int errnum);

#endif
