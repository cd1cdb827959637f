// SPDX-License-Identifier: Apache-2.0
/*
 * The containers' state on disk: ROOT/ID/ with
 *   state.json   the record, versioned, replaced whole
 *   config.json  the config the container was made from (bytes as read)
 *   exec.fifo    exists from create until start
 *
 * The lock of a container is a flock(2) of its directory, held by whoever changes the container. A
 * lock file inside would be deleted with the rest, and then two could hold "the" lock. It lasts
 * until every copy of lock_fd is closed: a child that is forked and does not exec closes its own.
 *
 * Status is never stored: it is derived from the process (pid and start time, so that a reused pid
 * is never taken for the container) and from exec.fifo.
 */
#ifndef LODGER_STATE_STATE_H
#define LODGER_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/field.h"
#include "base/json.h"
#include "base/mem.h"

#define STATE_RECORD_VERSION 1

enum state_status {
	STATE_CREATING, /* a create is under way, or died before it recorded a process */
	STATE_CREATED,
	STATE_RUNNING,
	STATE_PAUSED,
	STATE_STOPPED,
	STATE_STATUS_NR
};

const char *state_status_name(enum state_status status); /* "created" */

/* The network that was asked for beside config.json, and who provides it. */
struct state_network {
	const char *mode; /* "slirp" */
	int32_t pid; /* of the helper; 0 = there is none */
	uint64_t start_time;
	struct strv ports; /* those that cannot be asked of the helper: "8080:80/tcp" */
};

struct state_record {
	uint32_t version; /* STATE_RECORD_VERSION */
	const char *oci_version; /* of config.json */
	const char *id;
	int32_t pid; /* of init, in the pid namespace of the creator; 0 = none yet */
	uint64_t start_time; /* field 22 of /proc/PID/stat, clock ticks since boot */
	const char *boot_id; /* state_boot_id() at creation */
	const char *bundle; /* absolute */
	const char *rootfs; /* absolute */
	const char *created; /* RFC 3339, UTC, nanoseconds */
	uint32_t owner; /* uid of the creator, outside */
	const char *owner_name; /* of that uid at creation, "" if it has none */
	array_of(struct kv) annotations;
	bool systemd_cgroup; /* the creator asked for the systemd manager */
	const char *cgroup_manager; /* "cgroupfs", "systemd", "session"; NULL = none of its own */
	kv_list cgroups; /* controllers ("" on v2) and absolute path of each directory */
	const char *cgroup_unit; /* systemd: "lodger-c1.scope" */
	const char *cgroup_scope; /* session: "lodger.scope", which others are in too */
	const char *cgroup_bus; /* address under which that systemd was asked */
	struct strv resctrl; /* groups that its processes belong to: class, then monitoring group */
	struct strv resctrl_made; /* those to remove with it, the last one first */
	bool own_pidns; /* killing init kills everything */
	bool no_new_keyring; /* of create: exec makes none either */
	const char *exec_affinity; /* process.execCPUAffinity.initial, NULL = none */
	struct state_network *network; /* NULL = what config.json says */
};

extern const struct struct_desc state_record_desc;

/*
 * Ids as runc has them: 1 to 1024 characters of [A-Za-z0-9_+.-], not "." or "..".
 * ERR_ID_INVALID.
 */
int state_id_check(const char *id, struct err *e);

/*
 * The state root: `option` (--root) if given, else /run/lodger for root of the initial user
 * namespace (`real_root`), else $XDG_RUNTIME_DIR/lodger, else /run/user/UID/lodger where
 * /run/user/UID is the caller's, else /tmp/lodger-UID. Made, mode 0700, if missing where `create`
 * is set; --root with its parents. A directory of a default place that somebody else owns, that
 * others may write to or that is a symlink is refused (ERR_STATE_DIR, with fix); what --root names
 * is the caller's business. `*ret_path` (arena) is absolute and need not exist without `create`.
 * `uid`: the caller's effective one. `xdg_runtime_dir` may be NULL and is passed over if not
 * absolute.
 */
int state_root_path(struct arena *a, const char *option, bool real_root, uint32_t uid,
	const char *xdg_runtime_dir, bool create, const char **ret_path, struct err *e);

/* An open container directory. Zero-initialise with STATE_DIR_NONE; state_dir_close() releases. */
struct state_dir {
	int root_fd; /* ROOT */
	int fd; /* ROOT/ID */
	int lock_fd; /* held lock, -1 if not locked */
	const char *id; /* borrowed from who opened it */
};
#define STATE_DIR_NONE ((struct state_dir){.root_fd = -1, .fd = -1, .lock_fd = -1})
void state_dir_close(struct state_dir *d);
#define auto_state_dir __attribute__((cleanup(state_dir_close)))

/*
 * Make ROOT/ID, mode 0700, and lock it. Of any number of callers exactly one succeeds.
 * ERR_STATE_EXISTS if it is there.
 */
int state_dir_create(const char *root, const char *id, struct state_dir *ret, struct err *e);

/*
 * Open ROOT/ID; with `lock`, wait for the lock and then make sure that the directory was not
 * deleted meanwhile. ERR_STATE_MISSING ("container \"ID\" does not exist").
 */
int state_dir_open(
	const char *root, const char *id, bool lock, struct state_dir *ret, struct err *e);

/*
 * Lock an open directory, again or for the first time: waits. -ENOENT without text if it was
 * deleted meanwhile, even if there is a new one of its name.
 */
int state_dir_lock(struct state_dir *d, struct err *e);

/*
 * Remove everything in ROOT/ID and the directory, through the descriptors. To be called with the
 * lock held. It is no error if somebody else has removed it.
 */
int state_dir_remove(struct state_dir *d, struct err *e);

/*
 * The name of something in ROOT/ID that lodger has not put there, or NULL. Without a record, such a
 * directory is no container's, whatever --root says: it is not to be removed.
 */
const char *state_dir_foreign(struct arena *a, const struct state_dir *d);

/* Ids below ROOT, sorted. A missing ROOT is an empty list. */
int state_list(struct arena *a, const char *root, struct strv *ret, struct err *e);

int state_record_write(const struct state_dir *d, const struct state_record *r, struct err *e);

/*
 * The same in two halves: write the record where nobody sees it, then show it. A second stage
 * replaces the first.
 */
int state_record_stage(const struct state_dir *d, const struct state_record *r, struct err *e);
int state_record_commit(const struct state_dir *d, struct err *e);

/*
 * -ENOENT without text if there is no record yet (a create that is under way or died early). A
 * record that cannot be understood, or of another version, is ERR_STATE_CORRUPT; the directory can
 * still be removed.
 */
int state_record_read(
	struct arena *a, const struct state_dir *d, struct state_record *ret, struct err *e);

/*
 * The state as programs see it (runtime-spec runtime.md, "State"), one JSON object: what the
 * specification has, then what runc adds: rootfs, created, owner. pid is 0 for a stopped container.
 */
void state_report(const struct state_record *r, enum state_status status, struct json_writer *w);

/* The members of the state alone, in an object that the caller opens, adds to and closes. */
void state_report_members(
	const struct state_record *r, enum state_status status, struct json_writer *w);

/* Whether the network's helper runs; true where there is none. */
bool state_network_lives(const struct state_network *n);

/*
 * End the helper of a container that has ended, if it has not ended by itself: asked first, killed
 * after a second. Returns when it is gone.
 */
void state_network_stop(const struct state_network *n);

/* The kernel's name for this boot, in the arena; "" where it cannot be read. */
const char *state_boot_id(struct arena *a);

/*
 * The status now, by a record or a zeroed one where there is none. `*ret_pidfd` (may be NULL): a
 * pidfd of init where it lives, else -1; it refers to the container's init for sure, since start
 * time is compared after it was opened.
 */
int state_status(const struct state_dir *d, const struct state_record *r, enum state_status *ret,
	int *ret_pidfd, struct err *e);

#endif
