// SPDX-License-Identifier: Apache-2.0
/*
 * Facts about this host and this user. In: /proc, /sys, /etc, system calls. Out: struct facts.
 * Runs in the front end, once per command. Must not decide anything (that is the planner's), must
 * not use NSS, and must not fail for what is merely absent.
 */
#include "host/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/rlimit.h"
#include "host/bus.h"
#include "host/cgroups.h"
#include "host/getent.h"
#include "host/helper.h"
#include "host/parse.h"
#include "host/read.h"
#include "host/session.h"
#include "host/subid.h"

#define SMALL_MAX  (64u << 10)
#define HOSTS_MAX  (4u << 20) /* lists of servers to block */
#define PASSWD_MAX (16u << 20)
#define MOUNTS_MAX (16u << 20)

#define GETENT_TIMEOUT_MS 2000

/* A whole file below the root; NULL where it is absent, unreadable or larger than `max`. */
static char *read_text(struct arena *a, int root_fd, const char *path, size_t max)
{
	char *text;

	return file_read(a, root_fd, path, max, &text, NULL) == 0 ? text : NULL;
}

/* The number in a file of one line, `otherwise` where it cannot be read. */
static int64_t read_number(struct arena *a, int root_fd, const char *path, int64_t otherwise)
{
	char *text = read_text(a, root_fd, path, SMALL_MAX);
	int64_t n;

	if (!text)
		return otherwise;
	text[strcspn(text, "\n")] = '\0';
	return num_i64(text, &n) == 0 ? n : otherwise;
}

static bool userns_is_initial(int root_fd)
{
	char ns[64];
	ssize_t n = readlinkat(root_fd, "proc/self/ns/user", ns, sizeof(ns) - 1);

	/* Without CONFIG_USER_NS there is no such file, and no other namespace to be in. */
	ns[n > 0 ? n : 0] = '\0';
	return n < 0 || str_eq(ns, FACTS_INITIAL_USERNS);
}

static int read_identity(struct arena *a, int root_fd, struct facts *f, struct err *e)
{
	scratch_arena(scratch);
	char *text;
	int r;

	f->euid = geteuid();
	f->egid = getegid();
	r = file_read(scratch, root_fd, "proc/self/status", SMALL_MAX, &text, NULL);
	if (r < 0) {
		r = err_sys(e, ERR_HOST_KERNEL, r, "read /proc/self/status");
		err_object(e, "/proc");
		err_fix(e, "mount procfs on /proc: mount -t proc proc /proc");
		return r;
	}
	parse_status_hex(text, "CapEff", &f->caps);
	parse_status_hex(text, "CapBnd", &f->caps_bounding);

	f->initial_userns = userns_is_initial(root_fd);
	/* There every id is itself, and setgroups is for whoever has CAP_SETGID. */
	if (f->initial_userns)
		return 0;
	text = read_text(scratch, root_fd, "proc/self/uid_map", SMALL_MAX);
	if (text)
		parse_id_map(a, text, &f->uid_map);
	text = read_text(scratch, root_fd, "proc/self/gid_map", SMALL_MAX);
	if (text)
		parse_id_map(a, text, &f->gid_map);
	text = read_text(scratch, root_fd, "proc/self/setgroups", SMALL_MAX);
	f->setgroups_denied = text && str_after(text, "deny");
	return 0;
}

static int read_groups(struct arena *a, struct facts *f, struct err *e)
{
	int n = getgroups(0, NULL);

	if (n > 0) {
		_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are read in place");
		f->groups.v = arena_calloc(a, (size_t)n, sizeof(*f->groups.v));
		n = getgroups(n, f->groups.v);
	}
	if (n < 0)
		return err_sys(e, ERR_SYSTEM, errno, "getgroups");
	f->groups.n = (size_t)n;
	return 0;
}

/* Whether any line names its owner by something else than a number. */
static bool subid_has_names(const char *text)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line && *line != '\n' && *line != '#' &&
			line[strspn(line, "0123456789")] != ':')
			return true;
	}
	return false;
}

static void read_user(struct arena *a, int root_fd, const char *search_path, struct facts *f)
{
	scratch_arena(scratch);
	char *passwd = read_text(scratch, root_fd, "etc/passwd", PASSWD_MAX);
	char *subuid = read_text(scratch, root_fd, "etc/subuid", PASSWD_MAX);
	char *subgid = read_text(scratch, root_fd, "etc/subgid", PASSWD_MAX);

	if (passwd)
		f->user_name = parse_passwd(a, passwd, f->euid);
	if (!f->user_name &&
		((subuid && subid_has_names(subuid)) || (subgid && subid_has_names(subgid)))) {
		const char *getent = helper_find(scratch, root_fd, "getent", search_path);

		/* No name is a fact too: ranges by uid still count. */
		if (getent)
			getent_user_name(a, getent, f->euid, GETENT_TIMEOUT_MS, &f->user_name);
	}
	if (subuid)
		subid_parse(a, subuid, f->user_name, f->euid, &f->sub_uids);
	if (subgid)
		subid_parse(a, subgid, f->user_name, f->euid, &f->sub_gids);
}

static void read_rlimits(struct arena *a, struct facts *f)
{
	for (const struct name *n = rlimit_names; n->name; n++) {
		struct rlimit rl;

		if (getrlimit((int)n->value, &rl) < 0)
			continue;
		_Static_assert(RLIM_INFINITY == UINT64_MAX, "unlimited is all ones");
		f->rlimits.v = arena_grow(a, f->rlimits.v, f->rlimits.n, sizeof(*f->rlimits.v));
		f->rlimits.v[f->rlimits.n++] = (struct facts_rlimit){
			.name = n->name, .soft = rl.rlim_cur, .hard = rl.rlim_max};
	}
}

static void read_security_modules(struct arena *a, int root_fd, struct facts *f)
{
	auto_fd int fd = openat(root_fd, "sys/fs/selinux", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *text = read_text(a, root_fd, "sys/module/apparmor/parameters/enabled", SMALL_MAX);
	struct statfs fs;

	f->apparmor = text && *text == 'Y';
	f->selinux = fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == SELINUX_MAGIC;
}

static void read_resctrl(struct arena *a, int root_fd, struct facts *f)
{
	scratch_arena(scratch);
	char *mounts = read_text(scratch, root_fd, "proc/self/mountinfo", MOUNTS_MAX);

	f->resctrl = mounts ? parse_mount_point(a, mounts, "resctrl") : NULL;
}

static void read_network(struct arena *a, int root_fd, struct facts *f)
{
	f->resolv_conf = read_text(a, root_fd, "etc/resolv.conf", SMALL_MAX);
	f->hosts = read_text(a, root_fd, "etc/hosts", HOSTS_MAX);
	f->unprivileged_port = (uint32_t)read_number(
		a, root_fd, "proc/sys/net/ipv4/ip_unprivileged_port_start", 1024);
}

int facts_read_at(struct arena *a, int root_fd, const char *search_path, unsigned want,
	struct facts *ret, struct err *e)
{
	struct facts f = {0};
	int r;

	r = read_identity(a, root_fd, &f, e);
	if (r < 0)
		return r;
	r = read_groups(a, &f, e);
	if (r < 0)
		return r;
	if (want & FACTS_IDS) {
		read_user(a, root_fd, search_path, &f);
		f.newuidmap = helper_find(a, root_fd, "newuidmap", search_path);
		f.newgidmap = helper_find(a, root_fd, "newgidmap", search_path);
	}
	read_rlimits(a, &f);
	f.cap_last = (uint32_t)read_number(a, root_fd, "proc/sys/kernel/cap_last_cap", 63);
	cgroups_read(a, root_fd, want, &f);
	if (want & FACTS_BUS)
		bus_find(a, root_fd, &f);
	if (want & FACTS_SESSION)
		session_find(a, root_fd, &f);
	if (want & FACTS_LABELS)
		read_security_modules(a, root_fd, &f);
	if (want & FACTS_RESCTRL)
		read_resctrl(a, root_fd, &f);
	if (want & FACTS_NETWORK)
		read_network(a, root_fd, &f);
	*ret = f;
	return 0;
}

int facts_read(struct arena *a, unsigned want, struct facts *ret, struct err *e)
{
	auto_fd int root_fd = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0)
		return err_sys(e, ERR_SYSTEM, errno, "open /");
	return facts_read_at(a, root_fd, getenv("PATH"), want, ret, e);
}

bool facts_real_root(void)
{
	auto_fd int root_fd = -1;

	if (geteuid() != 0)
		return false;
	root_fd = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return userns_is_initial(root_fd);
}

bool facts_has_cap(const struct facts *f, unsigned cap)
{
	return cap < 64 && (f->caps >> cap & 1);
}

uint64_t facts_hard_limit(const struct facts *f, const char *name)
{
	const struct facts_rlimit *l;

	array_foreach (l, &f->rlimits)
		if (str_eq(l->name, name))
			return l->hard;
	return UINT64_MAX;
}
