// SPDX-License-Identifier: Apache-2.0
/* lodger-net's sandbox but for the filter, which is in filter.c; see sandbox.h. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "filter.h"
#include "kernel/cap.h"
#include "kernel/mount.h"
#include "kernel/ns.h"

#define CAP_SYS_ADMIN_BIT (1ull << 21)

/* <linux/landlock.h> of Linux 6.1 ends with its second version. */
#define ABI_SCOPE      6
#define SCOPE_ABSTRACT (1ull << 0)
#define SCOPE_SIGNAL   (1ull << 1)
#define FS_ALL(abi)                                                                                \
	((abi) >= 5 ? 0xffffull : (abi) >= 3 ? 0x7fffull : (abi) >= 2 ? 0x3fffull : 0x1fffull)

/* Since its sixth version; an older kernel takes the first member alone. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* One id is enough: nothing is ever owned by another. */
static int write_maps(uid_t uid, gid_t gid)
{
	char text[64];
	int r = file_write_once(AT_FDCWD, "/proc/self/setgroups", "deny");

	if (r == 0) {
		snprintf(text, sizeof(text), "%u %u 1", uid, uid);
		r = file_write_once(AT_FDCWD, "/proc/self/uid_map", text);
	}
	if (r == 0) {
		snprintf(text, sizeof(text), "%u %u 1", gid, gid);
		r = file_write_once(AT_FDCWD, "/proc/self/gid_map", text);
	}
	return r;
}

static int empty_root(void)
{
	auto_fd int fs = mount_fs_open("tmpfs");
	auto_fd int root = -1, tree = -1;
	int r = fs < 0 ? fs : 0;

	if (r == 0)
		r = mount_fs_set(fs, "mode", "0555");
	if (r == 0)
		r = mount_fs_set(fs, "nr_inodes", "2");
	if (r < 0)
		return r;
	tree = mount_fs_create(
		fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (tree < 0)
		return tree;
	/* On any directory: what it covers goes with the old root. */
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	r = mount_propagation("/", 0x4000 | (1 << 18)); /* MS_REC | MS_PRIVATE */
	if (r == 0)
		r = mount_attach(tree, root);
	return r < 0 ? r : mount_pivot(tree);
}

static int own_mounts(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct cap_sets caps;
	int r = cap_get(&caps);

	if (r < 0)
		return r;
	if (caps.effective & CAP_SYS_ADMIN_BIT) {
		r = ns_unshare(CLONE_NEWNS);
	} else {
		r = ns_unshare(CLONE_NEWUSER | CLONE_NEWNS);
		if (r == 0)
			r = write_maps(uid, gid);
	}
	return r < 0 ? r : empty_root();
}

int sandbox_enter(struct err *e)
{
	static const struct cap_sets none;
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "setting no_new_privs");
	r = own_mounts();
	if (r < 0)
		log_warn(
			"no empty root for the sandbox, which has its filter and Landlock left: %s",
			err_text(-r));
	r = cap_bound(0);
	if (r == 0 || r == -EPERM)
		r = cap_ambient(0);
	if (r == 0)
		r = cap_set(&none);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "dropping capabilities");
	/* Not before the maps are written: /proc/self would be root's. */
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int allow_reading(int ruleset, int dir)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = dir};

	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0
		       ? -errno
		       : 0;
}

static int landlock(const struct resolv *r)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset attr = {0};
	auto_fd int ruleset = -1;

	if (abi < 1)
		return -EOPNOTSUPP;
	attr.handled_access_fs = FS_ALL(abi);
	attr.scoped = abi >= ABI_SCOPE ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
		abi >= ABI_SCOPE ? sizeof(attr) : sizeof(attr.handled_access_fs), 0);
	if (ruleset < 0)
		return -errno;
	for (unsigned i = 0; i < r->dirs_n; i++) {
		int rc = allow_reading(ruleset, r->dirs[i].fd);

		if (rc < 0)
			return rc;
	}
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}

int sandbox_seal(const struct resolv *r, struct err *e)
{
	int rc = landlock(r);

	if (rc < 0)
		log_debug("no Landlock: %s", err_text(-rc));
	return filter_load(e);
}
