// SPDX-License-Identifier: Apache-2.0
/*
 * The half of `facts` that mounts: an init's own handle, file systems, devices, masked and
 * read-only paths, pivot_root; and what of it works before the id maps are written. Runs in child
 * processes in new user and mount namespaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "facts.h"

/* The same program through a sealed copy and through a read-only bind: time until the descriptor
 * can be executed. In a new user and mount namespace, before any map. */
void facts_handle(const char *program)
{
	pid_t pid = clone_ns(CLONE_NEWUSER | CLONE_NEWNS);
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	struct stat st;
	int in, out, tree;

	check(pid >= 0, "clone3");
	if (pid > 0) {
		reap(pid, "handle");
		return;
	}
	in = open(program, O_RDONLY | O_CLOEXEC);
	check(in >= 0 && fstat(in, &st) == 0, program);
	TIMED("handle", "memfd: copy and seal",
		(out = memfd_create("init", MFD_CLOEXEC | MFD_ALLOW_SEALING)) >= 0 &&
			sendfile(out, in, NULL, (size_t)st.st_size) == st.st_size &&
			fcntl(out, F_ADD_SEALS,
				F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
	TIMED("handle", "open_tree and mount_setattr(RDONLY)",
		(tree = open_tree(AT_FDCWD, program, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)) >= 0 &&
			mount_setattr(tree, "", AT_EMPTY_PATH, &ro, sizeof(ro)) == 0);
	_exit(0);
}

static int fs_make(const char *type, const char *key, const char *value)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC), fd;

	if (fs < 0 || (key && fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) < 0) ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	close(fs);
	return fd;
}

static const struct {
	const char *type;
	const char *key;
	const char *value;
} filesystems[] = {
	{"proc", NULL, NULL},
	{"sysfs", NULL, NULL},
	{"mqueue", NULL, NULL},
	{"tmpfs", "mode", "755"},
	{"devpts", "ptmxmode", "0666"},
};
#define FS_COUNT (sizeof(filesystems) / sizeof(filesystems[0]))

static void one_id_map(unsigned uid, unsigned gid)
{
	char map[32];

	file_write("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	file_write("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	file_write("/proc/self/gid_map", map);
}

/* What works before the maps: an errno, or 0, in the place of a time. */
static void before_maps(const char *rootfs, int tmpfs)
{
	int fd, e;

	for (unsigned i = 0; i < FS_COUNT; i++) {
		fd = fs_make(filesystems[i].type, filesystems[i].key, filesystems[i].value);
		e = fd < 0 ? errno : 0;
		note("errno", filesystems[i].type, (uint64_t)e * 1000);
		if (fd >= 0)
			close(fd);
	}
	e = mkdirat(tmpfs, "x", 0755) < 0 ? errno : 0;
	note("errno", "mkdir on a tmpfs", (uint64_t)e * 1000);
	e = mount(rootfs, rootfs, NULL, MS_BIND, NULL) < 0 ? errno : 0;
	note("errno", "bind mount", (uint64_t)e * 1000);
	e = sethostname("x", 1) < 0 ? errno : 0;
	note("errno", "sethostname", (uint64_t)e * 1000);
	fd = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	note("errno", "open_tree of a device", (uint64_t)(fd < 0 ? errno : 0) * 1000);
	close(fd);
}

static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
#define DEV_COUNT (sizeof(devices) / sizeof(devices[0]))

static bool devices_touch(int dev)
{
	for (unsigned i = 0; i < DEV_COUNT; i++)
		if (mknodat(dev, devices[i], S_IFREG | 0666, 0) < 0)
			return false;
	return true;
}

static bool devices_bind_old(const char *dir)
{
	char from[32], to[4300];

	for (unsigned i = 0; i < DEV_COUNT; i++) {
		snprintf(from, sizeof(from), "/dev/%s", devices[i]);
		snprintf(to, sizeof(to), "%s/%s", dir, devices[i]);
		if (mount(from, to, NULL, MS_BIND, NULL) < 0)
			return false;
	}
	return true;
}

static bool devices_bind_new(int dev)
{
	char from[32];

	for (unsigned i = 0; i < DEV_COUNT; i++) {
		int fd;

		snprintf(from, sizeof(from), "/dev/%s", devices[i]);
		fd = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (fd < 0 || move_mount(fd, "", dev, devices[i], MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return false;
		close(fd);
	}
	return true;
}

/* A tmpfs at `rootfs`/dev, detached or not, with its name in `dir`. */
static int dev_mount(const char *rootfs, char *dir, size_t size)
{
	int fd = fs_make("tmpfs", "mode", "755");

	snprintf(dir, size, "%s/dev", rootfs);
	check(fd >= 0 && move_mount(fd, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH) == 0, dir);
	return fd;
}

static bool bind_over(int from, const char *from_path, int to, const char *to_path, bool read_only)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	int fd = open_tree(from, from_path,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
			(*from_path ? 0 : AT_EMPTY_PATH));

	if (fd < 0 ||
		(read_only &&
			mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro, sizeof(ro)) < 0) ||
		move_mount(fd, "", to, to_path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return false;
	close(fd);
	return true;
}

/* Masked and read-only paths in a /proc. */
static void paths_measure(const char *rootfs)
{
	char dir[4200];
	int proc = fs_make("proc", NULL, NULL), empty;

	snprintf(dir, sizeof(dir), "%s/proc", rootfs);
	check(proc >= 0 && move_mount(proc, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH) == 0, dir);
	TIMED("paths", "a read-only path", bind_over(proc, "sys", proc, "sys", true));
	TIMED("paths", "a masked file", bind_over(AT_FDCWD, "/dev/null", proc, "keys", false));
	TIMED("paths", "a masked directory, tmpfs of its own",
		(empty = fs_make("tmpfs", "nr_inodes", "1")) >= 0 &&
			move_mount(empty, "", proc, "bus", MOVE_MOUNT_F_EMPTY_PATH) == 0);
	TIMED("paths", "a masked directory, one tmpfs for all",
		bind_over(empty, "", proc, "irq", false));
}

__attribute__((noreturn)) static void mounts_measure(const char *rootfs, unsigned uid, unsigned gid)
{
	char dir[4200], option[64], name[80];
	int fd, tmpfs;

	TIMED("mounts", "make / rslave", mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0);
	tmpfs = fs_make("tmpfs", NULL, NULL);
	before_maps(rootfs, tmpfs);
	TIMED("maps", "one id, written by init itself", (one_id_map(uid, gid), true));
	for (unsigned i = 0; i < FS_COUNT; i++) {
		uint64_t from = now_ns();

		snprintf(dir, sizeof(dir), "%s/dev", rootfs);
		fd = fs_make(filesystems[i].type, filesystems[i].key, filesystems[i].value);
		check(fd >= 0, filesystems[i].type);
		snprintf(name, sizeof(name), "%s: fsopen to fsmount", filesystems[i].type);
		note("mounts", name, now_ns() - from);
		from = now_ns();
		check(move_mount(fd, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH) == 0, dir);
		snprintf(name, sizeof(name), "%s: move_mount", filesystems[i].type);
		note("mounts", name, now_ns() - from);
		close(fd);
		TIMED("mounts", "umount2(MNT_DETACH) of one mount", umount2(dir, MNT_DETACH) == 0);
		snprintf(option, sizeof(option), "%s%s%s", filesystems[i].key ?: "",
			filesystems[i].key ? "=" : "", filesystems[i].value ?: "");
		from = now_ns();
		check(mount(filesystems[i].type, dir, filesystems[i].type, MS_NOSUID, option) == 0,
			filesystems[i].type);
		snprintf(name, sizeof(name), "%s: mount(2)", filesystems[i].type);
		note("mounts", name, now_ns() - from);
		check(umount2(dir, MNT_DETACH) == 0, dir);
	}
	fd = dev_mount(rootfs, dir, sizeof(dir));
	TIMED("devices", "6 inodes made", devices_touch(fd));
	TIMED("devices", "6 x mount(2) MS_BIND", devices_bind_old(dir));
	fd = dev_mount(rootfs, dir, sizeof(dir));
	check(devices_touch(fd), "devices");
	TIMED("devices", "6 x open_tree, move_mount", devices_bind_new(fd));
	paths_measure(rootfs);
	TIMED("root", "bind of the root on itself",
		mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL) == 0);
	check(chdir(rootfs) == 0, rootfs);
	TIMED("root", "pivot_root(\".\", \".\")", syscall(SYS_pivot_root, ".", ".") == 0);
	TIMED("root", "umount2(MNT_DETACH) of the old root", umount2(".", MNT_DETACH) == 0);
	stamp_set();
	_exit(0);
}

void facts_mounts(const char *rootfs)
{
	unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
	pid_t pid = clone_ns(CLONE_NEWUSER | NS_ALL);

	check(pid >= 0, "clone3");
	if (pid == 0)
		mounts_measure(rootfs, uid, gid);
	reap(pid, "mounts");
	note("end of", "all six, with the mounts of a container", now_ns() - stamp_get());
}
