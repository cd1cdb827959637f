// SPDX-License-Identifier: Apache-2.0
/*
 * Why a user namespace was refused. In: an errno and the kernel's switches. Out: an error with a
 * cause and a fix that can be typed. Runs in the front end, after a failure only. Must not guess:
 * where nothing that can be read explains the errno, the text says what may.
 */
#include "host/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/str.h"
#include "host/facts.h"
#include "host/parse.h"
#include "host/read.h"

static bool no_support(const struct userns_policy *p)
{
	return !p->supported;
}

static bool limit_zero(const struct userns_policy *p)
{
	return p->max_user_namespaces == 0;
}

static bool clone_off(const struct userns_policy *p)
{
	return p->unprivileged_clone == 0 && !p->privileged;
}

static bool not_mapped(const struct userns_policy *p)
{
	return !p->mapped;
}

static bool in_chroot(const struct userns_policy *p)
{
	return p->chrooted;
}

static bool apparmor_on(const struct userns_policy *p)
{
	return p->apparmor_restrict > 0 && !p->privileged;
}

static bool selinux_on(const struct userns_policy *p)
{
	return p->selinux;
}

static bool seccomp_on(const struct userns_policy *p)
{
	return p->seccomp;
}

static bool nested(const struct userns_policy *p)
{
	return !p->initial_userns;
}

static bool always(const struct userns_policy *p)
{
	(void)p;
	return true;
}

/*
 * The first row that fits is the explanation: `errnums` ends in 0, empty = any. Switches come
 * before guesses, and the switch that is checked first in the kernel first. %s in a fix is the
 * program's path.
 */
static const struct cause {
	int errnums[4];
	bool (*holds)(const struct userns_policy *p);
	const char *object;
	const char *msg;
	const char *fix;
} causes[] = {
	{{0}, no_support, "CONFIG_USER_NS", "this kernel is built without user namespaces",
		"boot a kernel that has CONFIG_USER_NS=y"},
	{{ENOSPC, EUSERS, 0}, limit_zero, "/proc/sys/user/max_user_namespaces",
		"user namespaces are switched off: user.max_user_namespaces is 0",
		"sudo sysctl -w user.max_user_namespaces=15000; to keep it: echo "
		"user.max_user_namespaces=15000 | sudo tee /etc/sysctl.d/50-userns.conf"},
	{{EPERM, EACCES, 0}, clone_off, "/proc/sys/kernel/unprivileged_userns_clone",
		"user namespaces are for root only: kernel.unprivileged_userns_clone is 0",
		"sudo sysctl -w kernel.unprivileged_userns_clone=1; to keep it: echo "
		"kernel.unprivileged_userns_clone=1 | sudo tee /etc/sysctl.d/50-userns.conf"},
	/* clone(2), EPERM: the caller's ids have no mapping in the parent namespace. */
	{{EPERM, 0}, not_mapped, "/proc/self/uid_map",
		"the calling user has no id in the current user namespace",
		"write an id map for this namespace first, or leave it"},
	/* user_namespaces(7): a chroot could be escaped by way of a new namespace. */
	{{EPERM, 0}, in_chroot, "/", "a process in a chroot may not make a user namespace",
		"enter the tree with pivot_root, systemd-nspawn or a container instead of chroot"},
	/*
	 * Ubuntu since 23.10. From 24.04 on clone succeeds, the process is moved to the profile
	 * "unprivileged_userns", and the first use of a capability fails.
	 */
	{{EPERM, EACCES, 0}, apparmor_on, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		"AppArmor forbids user namespaces to programs without a profile that allows them",
		"printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile lodger %s "
		"flags=(unconfined) {\\n  userns,\\n}\\n' | sudo tee /etc/apparmor.d/lodger && "
		"sudo "
		"apparmor_parser -r /etc/apparmor.d/lodger; or for every program: sudo sysctl -w "
		"kernel.apparmor_restrict_unprivileged_userns=0"},
	{{EPERM, ENOSYS, 0}, seccomp_on, "seccomp",
		"a seccomp filter of the surrounding container or service may forbid user "
		"namespaces",
		"start the surrounding container with --security-opt seccomp=unconfined, or the "
		"systemd service with RestrictNamespaces=no and no SystemCallFilter="},
	{{EACCES, 0}, selinux_on, "selinux", "SELinux denies user namespaces to this process",
		"see what was denied: sudo ausearch -m avc -ts recent"},
	{{ENOSPC, EUSERS, 0}, nested, "/proc/sys/user/max_user_namespaces",
		"there are too many user namespaces, or they are nested deeper than 32",
		"end containers that are not needed, or in the outermost system: sudo sysctl -w "
		"user.max_user_namespaces=60000"},
	{{ENOSPC, EUSERS, 0}, always, "/proc/sys/user/max_user_namespaces",
		"this user has as many user namespaces as user.max_user_namespaces allows",
		"end containers that are not needed, or: sudo sysctl -w "
		"user.max_user_namespaces=60000"},
	{{EAGAIN, 0}, always, "RLIMIT_NPROC",
		"this user or its cgroup has as many processes as it may have",
		"end processes that are not needed, or raise `ulimit -u`, or TasksMax= of the "
		"systemd unit"},
	{{EPERM, EACCES, 0}, always, "user namespace",
		"the kernel or a security module refused a user namespace",
		"look for the reason in the kernel's log: sudo dmesg | tail"},
	{{EINVAL, ENOSYS, 0}, always, "user namespace",
		"this kernel cannot make a user namespace by clone3",
		"use Linux 5.11 or later with CONFIG_USER_NS=y"},
};

static bool cause_fits(const struct cause *c, const struct userns_policy *p, int errnum)
{
	if (!c->holds(p))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(c->errnums) && c->errnums[i]; i++)
		if (c->errnums[i] == errnum)
			return true;
	return !c->errnums[0];
}

/* A fix with the program's path in place of %s: the table is no format for printf. */
static void set_fix(const char *fix, const char *program, struct err *e)
{
	const char *at = strstr(fix, "%s");

	if (at)
		err_fix(e, "%.*s%s%s", (int)(at - fix), fix,
			program ? program : "/usr/local/bin/lodger", at + 2);
	else
		err_fix(e, "%s", fix);
}

int userns_explain(const struct userns_policy *p, int errnum, struct err *e)
{
	errnum = abs(errnum);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		const struct cause *c = &causes[i];

		if (!cause_fits(c, p, errnum))
			continue;
		err_sys(e, ERR_HOST_USERNS, errnum, "create user namespace: %s", c->msg);
		err_object(e, "%s", c->object);
		set_fix(c->fix, p->program, e);
		return -errnum;
	}
	return err_sys(e, ERR_HOST_USERNS, errnum, "create user namespace");
}

static int64_t read_switch(struct arena *a, int root_fd, const char *path)
{
	char *text;
	int64_t n;

	if (file_read(a, root_fd, path, 256, &text, NULL) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return num_i64(text, &n) == 0 ? n : -1;
}

/*
 * A root that is not a mount point is a chroot. One that was made on a mount point looks like any
 * other root; then the text for EPERM stays general.
 */
static bool read_chrooted(struct arena *a, int root_fd)
{
	char *mounts;
	const char *line;

	if (file_read(a, root_fd, "proc/self/mountinfo", 16u << 20, &mounts, NULL) < 0)
		return false;
	for (line = mounts; line; line = strchr(line, '\n')) {
		int skip = 0;

		line += *line == '\n';
		for (const char *p = line; *p && *p != '\n'; p++)
			if (*p == ' ' && ++skip == 4 && str_after(p, " / "))
				return false;
		if (!*line)
			break;
	}
	return true;
}

static bool id_is_mapped(struct arena *a, int root_fd, const char *path, uint32_t id)
{
	const struct id_extent *x;
	id_extents map = {0};
	char *text;

	if (file_read(a, root_fd, path, 64u << 10, &text, NULL) < 0)
		return true;
	parse_id_map(a, text, &map);
	array_foreach (x, &map)
		if (id - x->inside < x->count)
			return true;
	return false;
}

void userns_policy_read(struct arena *a, int root_fd, struct userns_policy *ret)
{
	struct userns_policy p = {0};
	auto_fd int selinux = openat(root_fd, "sys/fs/selinux", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t caps = 0, seccomp = 0;
	char ns[64], path[4096], *status;
	struct statfs fs;
	ssize_t n;

	n = readlinkat(root_fd, "proc/self/ns/user", ns, sizeof(ns) - 1);
	ns[n > 0 ? n : 0] = '\0';
	p.supported = n > 0;
	p.initial_userns = str_eq(ns, FACTS_INITIAL_USERNS);
	p.max_user_namespaces = read_switch(a, root_fd, "proc/sys/user/max_user_namespaces");
	p.unprivileged_clone = read_switch(a, root_fd, "proc/sys/kernel/unprivileged_userns_clone");
	p.apparmor_restrict =
		read_switch(a, root_fd, "proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	p.selinux = selinux >= 0 && fstatfs(selinux, &fs) == 0 && fs.f_type == SELINUX_MAGIC;
	if (file_read(a, root_fd, "proc/self/status", 64u << 10, &status, NULL) == 0) {
		parse_status_hex(status, "CapEff", &caps);
		parse_status_hex(status, "Seccomp", &seccomp);
	}
	p.privileged = caps >> CAP_SYS_ADMIN & 1;
	p.seccomp = seccomp != 0;
	p.mapped = id_is_mapped(a, root_fd, "proc/self/uid_map", geteuid()) &&
		   id_is_mapped(a, root_fd, "proc/self/gid_map", getegid());
	p.chrooted = read_chrooted(a, root_fd);
	n = readlinkat(root_fd, "proc/self/exe", path, sizeof(path) - 1);
	if (n > 0)
		p.program = arena_strndup(a, path, (size_t)n);
	*ret = p;
}

int facts_explain_userns(int errnum, struct err *e)
{
	auto_fd int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	scratch_arena(a);
	struct userns_policy p;

	userns_policy_read(a, root_fd, &p);
	return userns_explain(&p, errnum, e);
}
