// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel work that `run /bin/true` with the config.json of `runc spec` cannot avoid, and
 * nothing else: new namespaces, id maps, the default mounts and devices, pivot_root, exec, wait.
 * In: an order (see `orders`) and the path of a root filesystem with a /bin/true. Out: the status
 * of /bin/true. Run by tests/bench/run as an unprivileged user. Parses nothing, keeps no state and
 * protects nothing: it is a measure for lodger, not a model of it.
 *
 * With LOWERBOUND_TRACE in the environment it writes one line per step to stderr: microseconds
 * since boot, process, what has just been done. Sorted they are the timeline.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_REST (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* Fixed numbers, since init is exec'd in some orders. */
enum {
	FD_SYNC = 20, /* where init waits for the maps */
	FD_ROOT, /* O_PATH of the root filesystem */
	FD_SYNC_WRITE
};

#ifndef __GLIBC__
/* musl has no wrappers for the mount API. */
#include <linux/mount.h>
#define open_tree(...)     (int)syscall(SYS_open_tree, __VA_ARGS__)
#define move_mount(...)    (int)syscall(SYS_move_mount, __VA_ARGS__)
#define mount_setattr(...) (int)syscall(SYS_mount_setattr, __VA_ARGS__)
#define fsopen(...)        (int)syscall(SYS_fsopen, __VA_ARGS__)
#define fsconfig(...)      (int)syscall(SYS_fsconfig, __VA_ARGS__)
#define fsmount(...)       (int)syscall(SYS_fsmount, __VA_ARGS__)
#endif

extern char **environ;

struct order {
	const char *name;
	bool helpers; /* newuidmap and newgidmap, both at once; else one id, written directly */
	bool overlap; /* init works while the maps are being written */
	bool reexec; /* init is exec'd from a read-only handle before it works, as a runtime's is */
};

static const struct order orders[] = {
	{"one-id", false, false, false},
	{"helpers", true, false, false},
	{"helpers-overlap", true, true, false},
	{"helpers-init", true, false, true},
	{"helpers-overlap-init", true, true, true},
};

/* A file system of the default config.json, made detached and attached at `target`. */
struct default_mount {
	const char *fstype;
	const char *target;
	const char *option[4][2];
	unsigned attr;
	bool needs_maps; /* creates inodes, which EOVERFLOW refuses as long as its ids are unmapped
			  */
};

enum { M_PROC, M_DEV, M_DEVPTS, M_SHM, M_MQUEUE, M_SYSFS, M_CGROUP, M_COUNT };

#define NSND (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static const struct default_mount mounts[M_COUNT] = {
	{"proc", "proc", {}, 0, false},
	{"tmpfs", "dev", {{"mode", "755"}, {"size", "65536k"}}, MOUNT_ATTR_NOSUID, false},
	{"devpts", "dev/pts", {{"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}},
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, true},
	{"tmpfs", "dev/shm", {{"mode", "1777"}, {"size", "65536k"}}, NSND | MOUNT_ATTR_NOEXEC,
		false},
	{"mqueue", "dev/mqueue", {}, NSND | MOUNT_ATTR_NOEXEC, false},
	{"sysfs", "sys", {}, NSND | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, false},
	{"cgroup2", "sys/fs/cgroup", {}, NSND | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, false},
};

static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
#define DEV_COUNT (sizeof(devices) / sizeof(devices[0]))

static struct {
	uint64_t ns;
	const char *what;
} trace[64];
static unsigned trace_len;
static bool tracing;

static void mark(const char *what)
{
	struct timespec t;

	if (!tracing || trace_len == sizeof(trace) / sizeof(trace[0]))
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	trace[trace_len].ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	trace[trace_len++].what = what;
}

static void trace_write(const char *who)
{
	for (unsigned i = 0; i < trace_len; i++)
		dprintf(2, "%llu.%03u %s %s\n", (unsigned long long)(trace[i].ns / 1000),
			(unsigned)(trace[i].ns % 1000), who, trace[i].what);
	trace_len = 0;
}

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	dprintf(2, "lowerbound: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	check(fd >= 0, path);
	check(write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

/* The detached mount of a row, or a bind of the host's where this user may not make a new one.
 * With one id there is no group 5 for devpts. */
static int mount_make(const struct default_mount *m, bool all_ids)
{
	struct statfs host;
	int fs, fd;

	if (strcmp(m->fstype, "cgroup2") == 0 &&
		(statfs("/sys/fs/cgroup", &host) < 0 || host.f_type != CGROUP2_SUPER_MAGIC)) {
		struct mount_attr ro = {.attr_set = m->attr};

		fd = open_tree(AT_FDCWD, "/sys/fs/cgroup",
			OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		check(fd >= 0, "open_tree /sys/fs/cgroup");
		check(mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro, sizeof(ro)) == 0,
			"mount_setattr /sys/fs/cgroup");
		return fd;
	}
	fs = fsopen(m->fstype, FSOPEN_CLOEXEC);
	check(fs >= 0, m->fstype);
	for (unsigned i = 0; i < 4 && m->option[i][0]; i++) {
		if (!all_ids && strcmp(m->option[i][0], "gid") == 0)
			continue;
		check(fsconfig(fs, FSCONFIG_SET_STRING, m->option[i][0], m->option[i][1], 0) == 0,
			m->option[i][0]);
	}
	check(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0, m->target);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, m->attr);
	check(fd >= 0, m->target);
	close(fs);
	return fd;
}

static void mount_attach(int fd, int dir, const char *target)
{
	check(move_mount(fd, "", dir, target, MOVE_MOUNT_F_EMPTY_PATH) == 0, target);
	close(fd);
}

static void devices_open(int fd[DEV_COUNT])
{
	char path[32];

	for (unsigned i = 0; i < DEV_COUNT; i++) {
		snprintf(path, sizeof(path), "/dev/%s", devices[i]);
		fd[i] = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		check(fd[i] >= 0, path);
	}
	mark("devices opened");
}

static void maps_wait(void)
{
	char c;

	check(read(FD_SYNC, &c, 1) == 1, "sync");
	mark("maps are there");
}

/* All that creates no inode on a file system of this user namespace and names no id. */
static int root_build(int fd[M_COUNT], const char *rootfs)
{
	/* By path: a descriptor from the old mount namespace gives EINVAL. */
	int root = open_tree(AT_FDCWD, rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	check(root >= 0, "open_tree of the root");
	check(move_mount(root, "", AT_FDCWD, rootfs, MOVE_MOUNT_F_EMPTY_PATH) == 0, rootfs);
	mark("root bound on itself");
	for (unsigned i = 0; i < M_COUNT; i++)
		if (!mounts[i].needs_maps)
			fd[i] = mount_make(&mounts[i], false);
	mark("file systems made");
	mount_attach(fd[M_PROC], root, "proc");
	mount_attach(fd[M_SYSFS], root, "sys");
	mount_attach(fd[M_CGROUP], root, "sys/fs/cgroup");
	check(move_mount(fd[M_DEV], "", root, "dev", MOVE_MOUNT_F_EMPTY_PATH) == 0, "dev");
	mark("file systems attached");
	return root;
}

/* What is inside the tmpfs at /dev, which refuses new inodes (EOVERFLOW) before the maps. */
static void dev_fill(int fd[M_COUNT], int dev_fd[DEV_COUNT], bool all_ids)
{
	static const int inner[] = {M_DEVPTS, M_SHM, M_MQUEUE};
	int dev = fd[M_DEV];

	fd[M_DEVPTS] = mount_make(&mounts[M_DEVPTS], all_ids);
	for (unsigned i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		const char *name = mounts[inner[i]].target + strlen("dev/");

		check(mkdirat(dev, name, 0755) == 0, name);
		mount_attach(fd[inner[i]], dev, name);
	}
	mark("file systems in /dev");
	for (unsigned i = 0; i < DEV_COUNT; i++) {
		check(mknodat(dev, devices[i], S_IFREG | 0666, 0) == 0, devices[i]);
		mount_attach(dev_fd[i], dev, devices[i]);
	}
	mark("devices attached");
	close(dev);
}

static void root_enter(int root)
{
	check(fchdir(root) == 0, "fchdir");
	check(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
	mark("pivot_root");
	check(umount2(".", MNT_DETACH) == 0, "umount2");
	check(chdir("/") == 0, "chdir");
	mark("old root detached");
}

/* The container side, in the user and pid namespaces of clone3; an order with overlap makes the
 * others here. Ends in /bin/true. */
__attribute__((noreturn)) static void init(const struct order *o, const char *rootfs)
{
	static const char *const argv[] = {"/bin/true", NULL};
	int fd[M_COUNT], dev_fd[DEV_COUNT], root;

	mark("init runs");
	if (o->overlap) {
		/* An exec'd init has its mount namespace: it was exec'd from a mount in it. */
		check(unshare(NS_REST & (o->reexec ? ~CLONE_NEWNS : ~0)) == 0, "unshare");
		mark("namespaces unshared");
	} else {
		maps_wait();
	}
	if (!o->reexec)
		check(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0, "slave");
	devices_open(dev_fd);
	root = root_build(fd, rootfs);
	root_enter(root);
	if (o->overlap)
		maps_wait();
	dev_fill(fd, dev_fd, o->helpers);
	trace_write("init");
	execve(argv[0], (char *const *)argv, environ);
	check(false, argv[0]);
	_exit(125);
}

/* Before the maps no id is root, so an exec keeps of the capabilities only the ambient ones. */
static void caps_keep(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];

	check(syscall(SYS_capget, &h, d) == 0, "capget");
	d[0].inheritable = d[0].permitted;
	d[1].inheritable = d[1].permitted;
	check(syscall(SYS_capset, &h, d) == 0, "capset");
	for (unsigned long c = 0; c < 64; c++)
		if (d[c / 32].permitted & (1u << (c % 32)))
			check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0) == 0, "ambient");
}

__attribute__((noreturn)) static void init_exec(const struct order *o, const char *rootfs)
{
	const char *argv[] = {"lowerbound-init", o->name, rootfs, NULL};
	char self[4096];
	ssize_t n;
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	int exe;

	caps_keep();
	mark("ambient capabilities raised");
	check(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0, "slave");
	/* The link leads to the old mount namespace, its text to the new one. */
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	check(n > 0, "/proc/self/exe");
	self[n] = 0;
	exe = open_tree(AT_FDCWD, self, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	check(exe >= 0, "open_tree of init");
	check(mount_setattr(exe, "", AT_EMPTY_PATH, &ro, sizeof(ro)) == 0, "mount_setattr of init");
	mark("read-only handle of init");
	if (tracing)
		trace_write("clone");
	syscall(SYS_execveat, exe, "", argv, environ, AT_EMPTY_PATH);
	check(false, "execveat");
	_exit(125);
}

static void map_one(pid_t pid)
{
	char path[64], map[64];

	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	file_write(path, "deny");
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
	file_write(path, map);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)getegid());
	file_write(path, map);
	mark("maps written");
}

/* Both helpers at once. LOWERBOUND_SUBUID and _SUBGID are "START COUNT", as /etc/subuid has. */
static void map_helpers(pid_t pid)
{
	const char *range[] = {getenv("LOWERBOUND_SUBUID"), getenv("LOWERBOUND_SUBGID")};
	char helper[2][32] = {"/usr/bin/newuidmap", "/usr/bin/newgidmap"};
	unsigned own[] = {(unsigned)geteuid(), (unsigned)getegid()};
	pid_t child[2];
	int status;

	for (int i = 0; i < 2; i++) {
		char pid_text[16], own_text[16], zero[] = "0", one[] = "1", sub[2][16];
		char *argv[] = {
			helper[i], pid_text, zero, own_text, one, one, sub[0], sub[1], NULL};

		check(range[i] && sscanf(range[i], "%15s %15s", sub[0], sub[1]) == 2,
			"LOWERBOUND_SUBUID, LOWERBOUND_SUBGID");
		snprintf(pid_text, sizeof(pid_text), "%d", pid);
		snprintf(own_text, sizeof(own_text), "%u", own[i]);
		errno = posix_spawn(&child[i], helper[i], NULL, NULL, argv, environ);
		check(errno == 0, helper[i]);
		mark(i ? "newgidmap started" : "newuidmap started");
	}
	for (int i = 0; i < 2; i++) {
		check(waitpid(child[i], &status, 0) == child[i] && status == 0, helper[i]);
		mark(i ? "newgidmap done" : "newuidmap done");
	}
}

static int run(const struct order *o, const char *rootfs)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .flags = CLONE_NEWUSER | CLONE_NEWPID};
	int sync[2], status;
	pid_t pid;

	mark("begin");
	check(pipe2(sync, O_CLOEXEC) == 0, "pipe");
	check(dup2(sync[0], FD_SYNC) == FD_SYNC &&
			dup3(sync[1], FD_SYNC_WRITE, O_CLOEXEC) == FD_SYNC_WRITE,
		"dup");
	close(sync[1]);
	if (!o->overlap)
		args.flags |= NS_REST;
	if (o->reexec)
		args.flags |= CLONE_NEWNS;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	check(pid >= 0, "clone3");
	if (pid == 0) {
		trace_len = 0;
		if (o->reexec)
			init_exec(o, rootfs);
		init(o, rootfs);
	}
	mark("clone3");
	if (o->helpers)
		map_helpers(pid);
	else
		map_one(pid);
	check(write(FD_SYNC_WRITE, "", 1) == 1, "sync");
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	mark("init reaped");
	trace_write("front");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	tracing = getenv("LOWERBOUND_TRACE") != NULL;
	for (size_t i = 0; argc > 1 && i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(argv[1], orders[i].name) != 0)
			continue;
		if (argc == 3 && strcmp(argv[0], "lowerbound-init") == 0)
			init(&orders[i], argv[2]);
		if (argc == 3)
			return run(&orders[i], argv[2]);
	}
	fprintf(stderr, "usage: lowerbound ORDER ROOTFS, with ORDER one of");
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		fprintf(stderr, " %s", orders[i].name);
	fprintf(stderr, "\n");
	return 125;
}
