// SPDX-License-Identifier: Apache-2.0
/*
 * What the single steps of starting a container cost on this machine: namespaces, id maps,
 * processes, mounts, exec. In: a path of a root filesystem to bind, a number of rounds, and
 * LABEL=PATH of programs to start. Out: a table of medians in microseconds. Run as an unprivileged
 * user by `tests/bench/run --facts`; docs/performance.md draws the conclusions. The rounds go
 * through all experiments in turn, so that a slow second of the machine hits each of them.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 1000
#define SERIES_MAX 160

#define NS_ALL                                                                                     \
	(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID)

extern char **environ;

struct series {
	char name[80];
	unsigned n;
	float us[ROUNDS_MAX];
};

/* Shared with the children, who measure most of it; only one process writes at a time. */
static struct shared {
	unsigned n;
	uint64_t stamp; /* handed from a child to the parent */
	struct series series[SERIES_MAX];
} * shared;

static const char *rootfs, *range_uid, *range_gid;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	dprintf(2, "facts: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void note(const char *group, const char *name, uint64_t ns)
{
	char full[80];
	unsigned i;

	snprintf(full, sizeof(full), "%-10s %s", group, name);
	for (i = 0; i < shared->n && strcmp(shared->series[i].name, full) != 0; i++)
		;
	if (i == shared->n) {
		errno = ENOSPC;
		check(i < SERIES_MAX, "series");
		memcpy(shared->series[i].name, full, sizeof(full));
		shared->n++;
	}
	if (shared->series[i].n < ROUNDS_MAX)
		shared->series[i].us[shared->series[i].n++] = (float)ns / 1000;
}

/* Time of EXPR, which must be true. */
#define TIMED(group, name, expr)                                                                   \
	do {                                                                                       \
		uint64_t timed_from = now_ns();                                                    \
		bool timed_ok = (expr);                                                            \
		uint64_t timed_to = now_ns();                                                      \
                                                                                                   \
		check(timed_ok, name);                                                             \
		note(group, name, timed_to - timed_from);                                          \
	} while (0)

static pid_t clone_ns(uint64_t flags)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .flags = flags};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static void reap(pid_t pid, const char *what)
{
	int status = 0;

	check(waitpid(pid, &status, 0) == pid, what);
	errno = ECHILD;
	check(status == 0, what);
}

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	check(fd >= 0, path);
	check(write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static const struct {
	const char *name;
	uint64_t flag;
} namespaces[] = {
	{"(user only)", 0},
	{"mount", CLONE_NEWNS},
	{"network", CLONE_NEWNET},
	{"ipc", CLONE_NEWIPC},
	{"uts", CLONE_NEWUTS},
	{"cgroup", CLONE_NEWCGROUP},
	{"pid", CLONE_NEWPID},
	{"all six", NS_ALL},
};
#define NS_COUNT (sizeof(namespaces) / sizeof(namespaces[0]))

/* clone3 with a new user namespace and one more; then the end of that process: from before its
 * _exit to the return of the parent's wait. */
static void facts_clone(void)
{
	uint64_t from;
	pid_t pid;

	from = now_ns();
	pid = clone_ns(0);
	if (pid == 0)
		_exit(0);
	note("clone3", "no namespace", now_ns() - from);
	reap(pid, "clone3");
	for (unsigned i = 0; i < NS_COUNT; i++) {
		from = now_ns();
		pid = clone_ns(CLONE_NEWUSER | namespaces[i].flag);
		check(pid >= 0, "clone3");
		if (pid == 0) {
			shared->stamp = now_ns();
			_exit(0);
		}
		note("clone3", namespaces[i].name, now_ns() - from);
		reap(pid, "clone3");
		note("end of", namespaces[i].name, now_ns() - shared->stamp);
	}
}

static void facts_unshare(void)
{
	for (unsigned i = 1; i < NS_COUNT; i++) {
		pid_t pid = clone_ns(CLONE_NEWUSER);

		check(pid >= 0, "clone3");
		if (pid == 0) {
			TIMED("unshare", namespaces[i].name, unshare((int)namespaces[i].flag) == 0);
			_exit(0);
		}
		reap(pid, "unshare");
	}
}

enum spawn_how { SPAWN_POSIX, SPAWN_FORK };

static pid_t helper_start(const char *path, pid_t target, enum spawn_how how)
{
	bool uid = strstr(path, "uid") != NULL;
	char helper[64], pid[16], own[16], zero[] = "0", one[] = "1", sub[2][16];
	char *argv[] = {helper, pid, zero, own, one, one, sub[0], sub[1], NULL};
	pid_t child;

	check(sscanf(uid ? range_uid : range_gid, "%15s %15s", sub[0], sub[1]) == 2, "range");
	snprintf(helper, sizeof(helper), "%s", path);
	snprintf(pid, sizeof(pid), "%d", target);
	snprintf(own, sizeof(own), "%u", (unsigned)(uid ? geteuid() : getegid()));
	if (how == SPAWN_POSIX) {
		errno = posix_spawn(&child, helper, NULL, NULL, argv, environ);
		check(errno == 0, helper);
		return child;
	}
	child = fork();
	if (child == 0) {
		execve(helper, argv, environ);
		_exit(127);
	}
	check(child > 0, "fork");
	return child;
}

#define UIDMAP "/usr/bin/newuidmap"
#define GIDMAP "/usr/bin/newgidmap"

/* A process in a new user namespace that sits in pause(), or that unshares the network meanwhile.
 */
static pid_t target_start(int unshare_flags)
{
	pid_t pid = clone_ns(CLONE_NEWUSER);

	check(pid >= 0, "clone3");
	if (pid == 0) {
		if (unshare_flags)
			TIMED("overlap", "unshare(network) beside the helpers",
				unshare(unshare_flags) == 0);
		shared->stamp = now_ns();
		for (;;)
			pause();
	}
	return pid;
}

static void target_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void facts_helpers(void)
{
	uint64_t from;
	pid_t target, u, g;

	target = target_start(0);
	from = now_ns();
	u = helper_start(UIDMAP, target, SPAWN_POSIX);
	note("helpers", "posix_spawn returns after", now_ns() - from);
	reap(u, UIDMAP);
	note("helpers", "newuidmap alone", now_ns() - from);
	reap(helper_start(GIDMAP, target, SPAWN_POSIX), GIDMAP);
	note("helpers", "newuidmap, then newgidmap", now_ns() - from);
	target_end(target);

	for (enum spawn_how how = SPAWN_POSIX; how <= SPAWN_FORK; how++) {
		target = target_start(0);
		from = now_ns();
		u = helper_start(UIDMAP, target, how);
		g = helper_start(GIDMAP, target, how);
		note("helpers",
			how == SPAWN_FORK ? "both started, fork" : "both started, posix_spawn",
			now_ns() - from);
		reap(u, UIDMAP);
		reap(g, GIDMAP);
		note("helpers",
			how == SPAWN_FORK ? "both at once, fork" : "both at once, posix_spawn",
			now_ns() - from);
		target_end(target);
	}

	from = now_ns();
	target = clone_ns(CLONE_NEWUSER | CLONE_NEWNET);
	if (target == 0)
		for (;;)
			pause();
	u = helper_start(UIDMAP, target, SPAWN_POSIX);
	g = helper_start(GIDMAP, target, SPAWN_POSIX);
	reap(u, UIDMAP);
	reap(g, GIDMAP);
	note("overlap", "clone3(user, network), then both helpers", now_ns() - from);
	target_end(target);

	from = now_ns();
	shared->stamp = 0;
	target = target_start(CLONE_NEWNET);
	u = helper_start(UIDMAP, target, SPAWN_POSIX);
	g = helper_start(GIDMAP, target, SPAWN_POSIX);
	reap(u, UIDMAP);
	reap(g, GIDMAP);
	note("overlap", "clone3(user); both helpers beside unshare(network)", now_ns() - from);
	target_end(target);
}

/* The same program through a sealed copy and through a read-only bind: time until the descriptor
 * can be executed. In a new user and mount namespace, before any map. */
static void facts_handle(const char *program)
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
static void before_maps(int tmpfs)
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
static int dev_mount(char *dir, size_t size)
{
	int fd = fs_make("tmpfs", "mode", "755");

	snprintf(dir, size, "%s/dev", rootfs);
	check(fd >= 0 && move_mount(fd, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH) == 0, dir);
	return fd;
}

__attribute__((noreturn)) static void mounts_measure(unsigned uid, unsigned gid)
{
	char dir[4200], option[64], name[80];
	int fd, tmpfs;

	TIMED("mounts", "make / rslave", mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0);
	tmpfs = fs_make("tmpfs", NULL, NULL);
	before_maps(tmpfs);
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
	fd = dev_mount(dir, sizeof(dir));
	TIMED("devices", "6 inodes made", devices_touch(fd));
	TIMED("devices", "6 x mount(2) MS_BIND", devices_bind_old(dir));
	fd = dev_mount(dir, sizeof(dir));
	check(devices_touch(fd), "devices");
	TIMED("devices", "6 x open_tree, move_mount", devices_bind_new(fd));
	TIMED("root", "bind of the root on itself",
		mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL) == 0);
	check(chdir(rootfs) == 0, rootfs);
	TIMED("root", "pivot_root(\".\", \".\")", syscall(SYS_pivot_root, ".", ".") == 0);
	TIMED("root", "umount2(MNT_DETACH) of the old root", umount2(".", MNT_DETACH) == 0);
	shared->stamp = now_ns();
	_exit(0);
}

static void facts_mounts(void)
{
	unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
	pid_t pid = clone_ns(CLONE_NEWUSER | NS_ALL);

	check(pid >= 0, "clone3");
	if (pid == 0)
		mounts_measure(uid, gid);
	reap(pid, "mounts");
	note("end of", "all six, with the mounts of a container", now_ns() - shared->stamp);
}

/* The price of a CPUID instruction, which a hypervisor traps, and of a system call. A C library
 * that picks its string functions by processor runs some dozens of them at each exec. */
static void facts_cpu(void)
{
	unsigned a, b, c, d;

	TIMED("cpu", "10 x cpuid", ({
		for (unsigned i = 0; i < 10; i++)
			__cpuid(0, a, b, c, d);
		(void)(a + b + c + d), true;
	}));
	TIMED("cpu", "getppid", syscall(SYS_getppid) >= 0);
}

static void facts_exec(char **programs)
{
	for (; *programs; programs++) {
		char *path = strchr(*programs, '='), label[64];
		char *argv[] = {path + 1, NULL};
		uint64_t from = now_ns();
		pid_t pid;

		check(path != NULL, "LABEL=PATH");
		snprintf(label, sizeof(label), "%.*s", (int)(path - *programs), *programs);
		errno = posix_spawn(&pid, path + 1, NULL, NULL, argv, environ);
		check(errno == 0, path + 1);
		reap(pid, path + 1);
		note("start+end", label, now_ns() - from);
	}
}

static int float_compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	long rounds = argc > 3 ? strtol(argv[2], NULL, 10) : 0;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: facts ROOTFS ROUNDS LABEL=PROGRAM...\n");
		return 2;
	}
	rootfs = argv[1];
	range_uid = getenv("LOWERBOUND_SUBUID");
	range_gid = getenv("LOWERBOUND_SUBGID");
	check(range_uid && range_gid, "LOWERBOUND_SUBUID, LOWERBOUND_SUBGID");
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED, "mmap");
	for (long i = 0; i < rounds; i++) {
		facts_cpu();
		facts_clone();
		facts_unshare();
		facts_helpers();
		facts_handle(strchr(argv[3], '=') + 1);
		facts_mounts();
		facts_exec(argv + 3);
	}
	printf("%10s %10s  step\n", "median", "best 10%");
	for (unsigned i = 0; i < shared->n; i++) {
		struct series *s = &shared->series[i];

		qsort(s->us, s->n, sizeof(s->us[0]), float_compare);
		printf("%10.1f %10.1f  %s\n", (double)s->us[s->n / 2], (double)s->us[s->n / 10],
			s->name);
	}
	return 0;
}
