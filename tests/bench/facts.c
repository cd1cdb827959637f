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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"

#define ROUNDS_MAX 1000
#define SERIES_MAX 160

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

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void stamp_set(void)
{
	shared->stamp = now_ns();
}

uint64_t stamp_get(void)
{
	return shared->stamp;
}

void check(bool ok, const char *what)
{
	if (ok)
		return;
	dprintf(2, "facts: %s: %s\n", what, strerror(errno));
	_exit(1);
}

void note(const char *group, const char *name, uint64_t ns)
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

pid_t clone_ns(uint64_t flags)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .flags = flags};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

void reap(pid_t pid, const char *what)
{
	int status = 0;

	check(waitpid(pid, &status, 0) == pid, what);
	errno = ECHILD;
	check(status == 0, what);
}

void file_write(const char *path, const char *text)
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
			stamp_set();
			_exit(0);
		}
		note("clone3", namespaces[i].name, now_ns() - from);
		reap(pid, "clone3");
		note("end of", namespaces[i].name, now_ns() - stamp_get());
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

/* A child that only is there, and not longer than its parent. */
__attribute__((noreturn)) static void linger(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void target_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* With a process kept alive in a namespace that has all the ids, nothing needs the helpers: who has
 * entered it may write the maps of a namespace below it. `keeper` is such a process. */
static void facts_keeper(pid_t keeper)
{
	char path[64];
	pid_t pid = clone_ns(0), inner;
	uint64_t from;
	int fd;

	check(pid >= 0, "clone3");
	if (pid > 0) {
		reap(pid, "keeper");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/user", keeper);
	from = now_ns();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	check(fd >= 0 && setns(fd, CLONE_NEWUSER) == 0, path);
	inner = clone_ns(CLONE_NEWUSER);
	check(inner >= 0, "clone3");
	if (inner == 0)
		linger();
	snprintf(path, sizeof(path), "/proc/%d/uid_map", inner);
	file_write(path, "0 0 1\n1 1 999\n");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", inner);
	file_write(path, "0 0 1\n1 1 999\n");
	note("maps", "setns to a kept namespace, clone3, both maps", now_ns() - from);
	target_end(inner);
	_exit(0);
}

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
		stamp_set();
		linger();
	}
	return pid;
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
	facts_keeper(target);
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
		linger();
	u = helper_start(UIDMAP, target, SPAWN_POSIX);
	g = helper_start(GIDMAP, target, SPAWN_POSIX);
	reap(u, UIDMAP);
	reap(g, GIDMAP);
	note("overlap", "clone3(user, network), then both helpers", now_ns() - from);
	target_end(target);

	from = now_ns();
	target = target_start(CLONE_NEWNET);
	u = helper_start(UIDMAP, target, SPAWN_POSIX);
	g = helper_start(GIDMAP, target, SPAWN_POSIX);
	reap(u, UIDMAP);
	reap(g, GIDMAP);
	note("overlap", "clone3(user); both helpers beside unshare(network)", now_ns() - from);
	target_end(target);
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
		facts_mounts(rootfs);
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
