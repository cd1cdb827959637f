// SPDX-License-Identifier: Apache-2.0
/*
 * The record of a container. In: a struct, or state.json. Out: the other. Runs in the front end.
 * Must not leave a half-written file to a reader, and must not act on what it only half
 * understands.
 */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/num.h"
#include "base/record.h"

#define RECORD_FILE "state.json"

/* The annotations come from a config.json of at most 4 MiB, and may grow when they are quoted. */
#define RECORD_MAX (32u << 20)

#define ROW(name, type_, member)                                                                   \
	.key = name, .type = type_, .offset = offsetof(struct state_record, member)

#define NETWORK_ROW(name, type_, member)                                                           \
	.key = name, .type = type_, .offset = offsetof(struct state_network, member)

static const struct field network_fields[] = {
	{NETWORK_ROW("mode", FIELD_STR, mode), .flags = FIELD_REQUIRED},
	{NETWORK_ROW("pid", FIELD_I32, pid)},
	{NETWORK_ROW("startTime", FIELD_U64, start_time)},
	{NETWORK_ROW("ports", FIELD_STRV, ports)},
	{0},
};

static const struct struct_desc network_desc = {
	"network", sizeof(struct state_network), network_fields};

static const struct field fields[] = {
	{ROW("version", FIELD_U32, version), .flags = FIELD_REQUIRED},
	{ROW("ociVersion", FIELD_STR, oci_version), .flags = FIELD_REQUIRED},
	{ROW("id", FIELD_STR, id), .flags = FIELD_REQUIRED},
	{ROW("pid", FIELD_I32, pid), .flags = FIELD_REQUIRED},
	{ROW("startTime", FIELD_U64, start_time), .flags = FIELD_REQUIRED},
	{ROW("bootId", FIELD_STR, boot_id), .flags = FIELD_REQUIRED},
	{ROW("bundle", FIELD_STR, bundle), .flags = FIELD_REQUIRED},
	{ROW("rootfs", FIELD_STR, rootfs), .flags = FIELD_REQUIRED},
	{ROW("created", FIELD_STR, created), .flags = FIELD_REQUIRED},
	{ROW("owner", FIELD_U32, owner), .flags = FIELD_REQUIRED},
	{ROW("ownerName", FIELD_STR, owner_name)},
	{ROW("annotations", FIELD_MAP, annotations)},
	{ROW("systemdCgroup", FIELD_BOOL, systemd_cgroup)},
	{ROW("cgroupManager", FIELD_STR, cgroup_manager)},
	{ROW("cgroups", FIELD_MAP, cgroups)},
	{ROW("cgroupUnit", FIELD_STR, cgroup_unit)},
	{ROW("cgroupScope", FIELD_STR, cgroup_scope)},
	{ROW("cgroupBus", FIELD_STR, cgroup_bus)},
	{ROW("resctrl", FIELD_STRV, resctrl)},
	{ROW("resctrlMade", FIELD_STRV, resctrl_made)},
	{ROW("ownPidNamespace", FIELD_BOOL, own_pidns)},
	{ROW("noNewKeyring", FIELD_BOOL, no_new_keyring)},
	{ROW("execAffinity", FIELD_STR, exec_affinity)},
	{ROW("network", FIELD_OBJECT, network), .sub = &network_desc},
	{0},
};

const struct struct_desc state_record_desc = {"state", sizeof(struct state_record), fields};

/* What a reader will demand must be there when it is written. */
static int check_complete(const struct state_record *r, struct err *e)
{
	for (const struct field *f = fields; f->key; f++) {
		const char *const *member = (const void *)((const char *)r + f->offset);

		if (f->type == FIELD_STR && f->flags & FIELD_REQUIRED && !*member)
			return err_set(e, ERR_BUG, EINVAL, "state record without %s", f->key);
	}
	return 0;
}

static int fail_write(const struct state_dir *d, int r, struct err *e)
{
	err_sys(e, ERR_SYSTEM, r, "write the state of container \"%s\"", d->id);
	err_object(e, "%s", RECORD_FILE);
	return r;
}

int state_record_stage(const struct state_dir *d, const struct state_record *r, struct err *e)
{
	auto_json_writer struct json_writer *w = NULL;
	struct state_record record = *r;
	const char *text;
	size_t len;
	int rc;

	record.version = STATE_RECORD_VERSION;
	rc = check_complete(&record, e);
	if (rc < 0)
		return rc;
	w = json_writer_new(0);
	record_write(w, &state_record_desc, &record);
	text = json_writer_text(w, &len);
	rc = file_stage(d->fd, RECORD_FILE, text, len, 0600);
	return rc < 0 ? fail_write(d, rc, e) : 0;
}

int state_record_commit(const struct state_dir *d, struct err *e)
{
	int rc = file_commit(d->fd, RECORD_FILE);

	return rc < 0 ? fail_write(d, rc, e) : 0;
}

int state_record_write(const struct state_dir *d, const struct state_record *r, struct err *e)
{
	int rc = state_record_stage(d, r, e);

	return rc < 0 ? rc : state_record_commit(d, e);
}

static int corrupt(const struct state_dir *d, const char *why, struct err *e)
{
	err_set(e, ERR_STATE_CORRUPT, EBADMSG,
		"state of container \"%s\" is damaged: %s; \"lodger delete --force %s\" clears it",
		d->id, why, d->id);
	err_object(e, "%s", RECORD_FILE);
	return -EBADMSG;
}

/* Before all else: what another version means by its members is not known here. */
static int check_version(const struct state_dir *d, const struct json *tree, struct err *e)
{
	const struct json *version = json_get(tree, "version");
	uint64_t n;

	if (!version || version->type != JSON_NUMBER || json_u64(version, &n) < 0)
		return corrupt(d, "it has no version number", e);
	if (n == STATE_RECORD_VERSION)
		return 0;
	err_set(e, ERR_STATE_CORRUPT, EBADMSG,
		"state of container \"%s\" has version %s, this lodger knows version %d: use the "
		"lodger that made it, or \"lodger delete --force %s\"",
		d->id, version->number, STATE_RECORD_VERSION, d->id);
	err_object(e, "%s", RECORD_FILE);
	return -EBADMSG;
}

static int read_text(
	struct arena *a, const struct state_dir *d, char **ret, size_t *ret_len, struct err *e)
{
	/* A FIFO or a device in its place must not make the reader wait. */
	auto_fd int fd = openat(
		d->fd, RECORD_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : file_read_fd(a, fd, RECORD_MAX, ret, ret_len);

	if (rc == 0 || rc == -ENOENT)
		return rc;
	if (rc == -ELOOP)
		return corrupt(d, RECORD_FILE " is a symbolic link", e);
	err_sys(e, ERR_SYSTEM, rc, "read the state of container \"%s\"", d->id);
	err_object(e, "%s", RECORD_FILE);
	return rc;
}

int state_record_read(
	struct arena *a, const struct state_dir *d, struct state_record *ret, struct err *e)
{
	const struct json_limits limits = {.max_bytes = RECORD_MAX};
	struct state_record record;
	struct err inner = {0};
	struct json *tree;
	char *text;
	size_t len;
	int rc;

	rc = read_text(a, d, &text, &len, e);
	if (rc < 0)
		return rc;
	if (json_parse(a, RECORD_FILE, text, len, &limits, &tree, &inner) < 0)
		return corrupt(d, inner.msg, e);
	rc = check_version(d, tree, e);
	if (rc < 0)
		return rc;
	if (record_read(a, &state_record_desc, "state", tree, &record, &inner) < 0)
		return corrupt(d, inner.msg, e);
	if (!str_eq(record.id, d->id))
		return corrupt(d, "it is the record of another container", e);
	/* kill(2) gives 0 and negative pids another meaning. */
	if (record.pid < 0)
		return corrupt(d, "its pid is negative", e);
	if (!record.owner_name)
		record.owner_name = "";
	*ret = record;
	return 0;
}
