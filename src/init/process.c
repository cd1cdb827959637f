// SPDX-License-Identifier: Apache-2.0
/* Steps that make init into the container's process: limits, identity, rights. Runs in init. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "init/init.h"
#include "kernel/cap.h"
#include "kernel/inroot.h"
#include "kernel/sched.h"
#include "protocol/message.h"

#define IOPRIO_WHO_PROCESS 1
#define MAX_NUMA_NODES     1024u

int step_rlimit(struct init *in, size_t i, struct err *e)
{
	const struct step_rlimit *s = &init_step(in, i)->rlimit;
	const uint64_t limit[2] = {s->soft, s->hard};

	/* By system call: libcs disagree about the type of the resource. */
	if (syscall(SYS_prlimit64, 0, s->resource, limit, NULL) == 0)
		return 0;
	err_object(e, "process.rlimits");
	return err_sys(e, ERR_CONFIG_VALUE, errno, "process.rlimits: %s", s->name);
}

/* Lowering it takes CAP_SYS_RESOURCE of the host; the container runs as well without. */
int step_oom_score(struct init *in, size_t i, struct err *e)
{
	int64_t score = init_step(in, i)->number.number;
	char text[32];
	int r;

	snprintf(text, sizeof(text), "%lld", (long long)score);
	r = file_write_once(in->proc, "self/oom_score_adj", text);
	if (r == -EACCES || r == -EPERM) {
		log_warn("process.oomScoreAdj: %s is lower than the caller may set: left alone",
			text);
		return 0;
	}
	if (r == 0)
		return 0;
	err_object(e, "process.oomScoreAdj");
	return err_sys(e, ERR_SYSTEM, r, "process.oomScoreAdj: %s", text);
}

/* sched_setattr(2) has no wrapper in libc, and its struct no libc header before glibc 2.41. */
struct sched_attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
	uint32_t util_min;
	uint32_t util_max;
};

int step_scheduler(struct init *in, size_t i, struct err *e)
{
	const struct step_scheduler *s = &init_step(in, i)->scheduler;
	struct sched_attributes attr = {
		.size = sizeof(attr),
		.policy = s->policy,
		.flags = s->flags,
		.nice = (int32_t)s->nice,
		.priority = s->priority,
		.runtime = s->runtime_ns,
		.deadline = s->deadline_ns,
		.period = s->period_ns,
	};

	if (syscall(SYS_sched_setattr, 0, &attr, 0) == 0)
		return 0;
	err_object(e, "process.scheduler");
	return err_sys(e, errno == EINVAL ? ERR_CONFIG_VALUE : ERR_HOST_PERMISSION, errno,
		"process.scheduler: setting the policy");
}

int step_io_priority(struct init *in, size_t i, struct err *e)
{
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, (int)init_step(in, i)->number.number) ==
		0)
		return 0;
	err_object(e, "process.ioPriority");
	return err_sys(e, ERR_HOST_PERMISSION, errno, "process.ioPriority: setting the priority");
}

int step_personality(struct init *in, size_t i, struct err *e)
{
	if (personality((unsigned long)init_step(in, i)->number.number) >= 0)
		return 0;
	err_object(e, "linux.personality");
	return err_sys(e, ERR_HOST_KERNEL, errno, "linux.personality");
}

/* "0-3,7" → bits. False where it is no such list or beyond what is supported. */
static bool parse_nodes(const char *text, unsigned long *bits)
{
	const unsigned width = 8 * sizeof(unsigned long);

	while (*text) {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (end == text)
			return false;
		if (*end == '-') {
			text = end + 1;
			last = strtoul(text, &end, 10);
			if (end == text)
				return false;
		}
		if (first > last || last >= MAX_NUMA_NODES || (*end && *end != ','))
			return false;
		for (unsigned long n = first; n <= last; n++)
			bits[n / width] |= 1ul << (n % width);
		text = *end ? end + 1 : end;
	}
	return true;
}

int step_memory_policy(struct init *in, size_t i, struct err *e)
{
	const struct step_memory_policy *s = &init_step(in, i)->memory_policy;
	unsigned long nodes[MAX_NUMA_NODES / (8 * sizeof(unsigned long))] = {0};
	bool any = !str_is_empty(s->nodes);

	if (any && !parse_nodes(s->nodes, nodes)) {
		err_object(e, "linux.memoryPolicy.nodes");
		return err_set(e, ERR_CONFIG_VALUE, EINVAL,
			"linux.memoryPolicy.nodes: \"%s\" is not a list of nodes", s->nodes);
	}
	if (syscall(SYS_set_mempolicy, s->mode, any ? nodes : NULL, any ? MAX_NUMA_NODES : 0) == 0)
		return 0;
	err_object(e, "linux.memoryPolicy");
	return err_sys(e, ERR_HOST_KERNEL, errno, "linux.memoryPolicy");
}

static int write_label(
	struct init *in, const char *file, const char *text, const char *member, struct err *e)
{
	int r = file_write_once(in->proc, file, text);

	if (r == 0)
		return 0;
	err_object(e, "%s", member);
	return err_sys(e, ERR_HOST_PERMISSION, r, "%s: \"%s\"", member, text);
}

/* For the next exec. Kernels before 5.8 know attr/exec only, whichever module is active. */
int step_label(struct init *in, size_t i, struct err *e)
{
	const struct step_label *s = &init_step(in, i)->label;
	bool own_dir = faccessat(in->proc, "self/attr/apparmor/exec", F_OK, 0) == 0;
	int r = 0;

	if (s->apparmor)
		r = write_label(in, own_dir ? "self/attr/apparmor/exec" : "self/attr/exec",
			arena_printf(in->arena, "exec %s", s->apparmor), "process.apparmorProfile",
			e);
	if (r == 0 && s->selinux)
		r = write_label(in, "self/attr/exec", s->selinux, "process.selinuxLabel", e);
	return r;
}

int step_session(struct init *in, size_t i, struct err *e)
{
	(void)i;
	/* A session of its own: a terminal of the caller cannot be typed into (CVE-2017-5226). */
	if (setsid() < 0 && errno != EPERM)
		return err_sys(e, ERR_SYSTEM, errno, "making a session");
	if (in->tty < 0)
		return 0;
	if (ioctl(in->tty, TIOCSCTTY, 0) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "taking the terminal");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(in->tty, fd) < 0)
			return err_sys(e, ERR_SYSTEM, errno, "taking the terminal");
	close_fd(&in->tty);
	return 0;
}

static int load_filter(const struct step_seccomp *s, struct err *e)
{
	const struct sock_fprog_ {
		unsigned short len;
		const void *filter;
	} prog = {(unsigned short)(s->filter.n / 8), s->filter.data};
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, s->flags, &prog);

	if (r >= 0)
		return (int)r;
	err_object(e, "linux.seccomp");
	return err_sys(e, ERR_SECCOMP, errno, "linux.seccomp: loading the filter");
}

int step_seccomp(struct init *in, size_t i, struct err *e)
{
	const struct step_seccomp *s = &init_step(in, i)->seccomp;
	struct cap_sets sets;
	auto_fd int listener = -1;
	int r;

	if (!s->no_new_privs) {
		/* Becoming another user has emptied the effective set; the permitted one is there
		 * yet. */
		r = cap_get(&sets);
		sets.effective = sets.permitted;
		if (r < 0 || (r = cap_set(&sets)) < 0)
			return err_sys(
				e, ERR_SYSTEM, r, "raising capabilities for the seccomp filter");
	}
	r = load_filter(s, e);
	if (r < 0 || !s->notify)
		return r < 0 ? r : 0;
	listener = r;
	return message_call(in->sync, MSG_SECCOMP, listener, e);
}

/*
 * Pipes, sockets and terminals given as standard streams become the container user's, so that
 * /proc/self/fd/1 can be opened again. Never files or devices of the host (CVE-2026-88265).
 */
static void own_stdio(uint32_t uid)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || st.st_uid == uid)
			continue;
		if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
			(S_ISCHR(st.st_mode) && isatty(fd)))
			if (fchown(fd, uid, (gid_t)-1) < 0)
				log_debug("standard stream %d keeps its owner: %s", fd,
					err_text(errno));
	}
}

int step_user(struct init *in, size_t i, struct err *e)
{
	const struct step_user *s = &init_step(in, i)->user;

	own_stdio(s->uid);
	/* Capabilities are still needed for what follows; step_caps makes them what they shall be.
	 */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "keeping capabilities");
	if (s->set_groups && !in->setgroups_denied &&
		syscall(SYS_setgroups, s->groups.n, s->groups.v) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "process.user.additionalGids");
	if (syscall(SYS_setresgid, s->gid, s->gid, s->gid) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "process.user.gid: %u", s->gid);
	if (syscall(SYS_setresuid, s->uid, s->uid, s->uid) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "process.user.uid: %u", s->uid);
	return 0;
}

int step_caps(struct init *in, size_t i, struct err *e)
{
	const struct step_caps *s = &init_step(in, i)->caps;
	struct cap_sets sets;
	int r = cap_get(&sets);

	if (r == 0) {
		/* Dropping from the bounding set takes CAP_SETPCAP, which only now goes. */
		sets.effective = sets.permitted;
		r = cap_set(&sets);
	}
	if (r == 0)
		r = cap_ambient(0);
	if (r == 0)
		r = cap_bound(s->bounding);
	if (r == 0) {
		sets = (struct cap_sets){s->effective, s->permitted, s->inheritable};
		r = cap_set(&sets);
	}
	if (r == 0)
		r = cap_ambient(s->ambient);
	if (r == 0)
		return 0;
	err_object(e, "process.capabilities");
	return err_sys(e, ERR_CONFIG_VALUE, r, "process.capabilities");
}

int step_no_new_privs(struct init *in, size_t i, struct err *e)
{
	(void)in;
	(void)i;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return 0;
	err_object(e, "process.noNewPrivileges");
	return err_sys(e, ERR_SYSTEM, errno, "process.noNewPrivileges");
}

static int enter_cwd(struct init *in, const char *path)
{
	/* Not by chdir(2): "/proc/self/fd/7" would lead to the host (CVE-2024-21626). */
	auto_fd int fd = inroot_open(in->root, path, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	return fchdir(fd) < 0 ? -errno : 0;
}

int step_cwd(struct init *in, size_t i, struct err *e)
{
	const char *path = init_step(in, i)->path.path;
	char now[PATH_MAX];
	struct cap_sets sets;
	int r = enter_cwd(in, path);

	if (r == -EACCES && cap_get(&sets) == 0) {
		/* A directory that only root may enter, as runc has it: the payload starts there.
		 */
		sets.effective = sets.permitted;
		cap_set(&sets);
		r = enter_cwd(in, path);
	}
	/* "(unreachable)/…" is what the kernel says of a directory outside the root. */
	if (r == 0 && (syscall(SYS_getcwd, now, sizeof(now)) < 0 || now[0] != '/'))
		r = -ENOENT;
	if (r == 0)
		return 0;
	err_object(e, "process.cwd");
	return err_sys(e, ERR_CONFIG_VALUE, r, "process.cwd: chdir to \"%s\"", path);
}

/* "0-3,7": the rest of what the container may use is not for this process. */
int step_affinity(struct init *in, size_t i, struct err *e)
{
	const char *list = init_step(in, i)->text.text;
	int r = sched_pin(list);

	if (r == 0)
		return 0;
	err_object(e, "process.execCPUAffinity.final");
	return err_sys(e, ERR_CONFIG_VALUE, r, "process.execCPUAffinity.final: \"%s\"", list);
}

int step_umask(struct init *in, size_t i, struct err *e)
{
	(void)e;
	umask((mode_t)init_step(in, i)->number.number);
	return 0;
}
