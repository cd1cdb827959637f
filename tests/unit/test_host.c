// SPDX-License-Identifier: Apache-2.0
/*
 * host/: parsers on texts of many machines, facts read from a made-up root and from this machine,
 * and the explanation of refused user namespaces for each of the kernel's switches.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "host/explain.h"
#include "host/getent.h"
#include "host/helper.h"
#include "host/parse.h"
#include "host/read.h"
#include "host/subid.h"

struct fixture {
	struct arena *a;
	char dir[64];
	int root_fd;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->a = arena_new();
	snprintf(f->dir, sizeof(f->dir), "/tmp/lodger-test-host-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->root_fd = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->root_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", "--", f->dir, NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	close(f->root_fd);
	arena_free(f->a);
	free(f);
	return pid > 0 ? 0 : -1;
}

/* Write a file below the root, with its directories. */
static void put(struct fixture *f, const char *path, const char *text, mode_t mode)
{
	char *copy = arena_strdup(f->a, path);
	int fd;

	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(f->root_fd, copy, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
	fd = openat(f->root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* ---- subordinate ids */

static void check_ranges(
	struct fixture *f, const char *text, const char *name, uint32_t uid, const char *want)
{
	id_ranges got = {0};
	const struct id_range *r;
	char *s = arena_strdup(f->a, "");

	subid_parse(f->a, text, name, uid, &got);
	array_foreach (r, &got)
		s = arena_printf(f->a, "%s%u+%u ", s, r->start, r->count);
	assert_string_equal(s, want);
}

static void subid_takes_own_lines(void **state)
{
	static const char text[] = "root:500000:10\nalice:100000:65536\nbob:165536:65536\n"
				   "1000:300000:1000\nalice:400000:5\n";

	check_ranges(*state, text, "alice", 1000, "100000+65536 300000+1000 400000+5 ");
	check_ranges(*state, text, NULL, 1000, "300000+1000 ");
	check_ranges(*state, text, "bob", 7, "165536+65536 ");
	check_ranges(*state, text, "carol", 7, "");
	check_ranges(*state, text, "ali", 7, "");
	check_ranges(*state, text, "", 7, "");
	check_ranges(*state, "", "alice", 1000, "");
	check_ranges(*state, "alice:1:2", "alice", 1000, "1+2 ");
}

static void subid_leaves_out_malformed(void **state)
{
	static const char *const lines[] = {
		"alice",
		"alice:",
		"alice:1",
		"alice:1:",
		"alice::2",
		"alice:1:2:3",
		"alice:-1:2",
		"alice:+1:2",
		"alice:1:2 ",
		" alice:1:2",
		"alice:1:2\r",
		"alice:0x1:2",
		"alice:1:0",
		"alice:4294967296:1",
		"alice:1:4294967296",
		"alice:4294967295:1",
		"alice:1:4294967295",
		"#alice:1:2",
		":1:2",
		"alice:1:99999999999999999999999",
		"1000x:1:2",
		"01000:1:2:",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s\nalice:7:8\n\n\n%s", lines[i], lines[i]);
		check_ranges(*state, text, "alice", 1000, "7+8 ");
	}
	/* The largest that a 32-bit map can hold. */
	check_ranges(*state, "alice:0:4294967295\n", "alice", 1000, "0+4294967295 ");
	check_ranges(*state, "alice:4294967294:1\n", "alice", 1000, "4294967294+1 ");
}

static void subid_drops_overlaps(void **state)
{
	check_ranges(*state, "alice:100:10\n1000:100:10\n", "alice", 1000, "100+10 ");
	check_ranges(*state, "a:100:10\na:109:5\na:110:5\na:95:6\na:95:5\n", "a", 1,
		"100+10 110+5 95+5 ");
}

/* ---- texts of /proc and /etc */

static void passwd_names(void **state)
{
	struct fixture *f = *state;
	static const char text[] = "root:x:0:0:root:/root:/bin/bash\n+nis:x:7:7::/:\n:x:8:8::/:\n"
				   "short:x\nweird:x:abc:1::/:\nneg:x:-9:1::/:\n"
				   "first:x:1000:1000::/:/bin/sh\nsecond:x:1000:1000::/:\nend:x:5";

	assert_string_equal(parse_passwd(f->a, text, 0), "root");
	assert_string_equal(parse_passwd(f->a, text, 1000), "first");
	assert_string_equal(parse_passwd(f->a, text, 5), "end");
	assert_null(parse_passwd(f->a, text, 7));
	assert_null(parse_passwd(f->a, text, 8));
	assert_null(parse_passwd(f->a, text, 1));
	assert_null(parse_passwd(f->a, text, 4294967287u));
	assert_null(parse_passwd(f->a, "", 0));
}

static void id_maps(void **state)
{
	struct fixture *f = *state;
	id_extents m = {0};

	parse_id_map(
		f->a, "         0       1000          1\n         1     100000      65536\n", &m);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.v[0].outside, 1000);
	assert_int_equal(m.v[1].inside, 1);
	assert_int_equal(m.v[1].count, 65536);
	parse_id_map(f->a, "         0          0 4294967295\n", &m);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.v[0].count, 4294967295u);
	parse_id_map(f->a, "", &m);
	assert_int_equal(m.n, 0);
}

static void status_lines(void **state)
{
	static const char text[] = "Name:\tCapEff:\t1\nCapPrm:\t00000000000000ff\n"
				   "CapEff:\t000001ffffffffff\nSeccomp:\t2\nBad:\t\n";
	uint64_t n = 7;

	(void)state;
	assert_true(parse_status_hex(text, "CapEff", &n));
	assert_int_equal(n, 0x1ffffffffff);
	assert_true(parse_status_hex(text, "Seccomp", &n));
	assert_int_equal(n, 2);
	assert_false(parse_status_hex(text, "CapBnd", &n));
	assert_false(parse_status_hex("Bad:\tzz\n", "Bad", &n));
	assert_false(parse_status_hex(text, "Cap", &n));
	assert_int_equal(n, 2);
}

static void check_cgroups(
	struct fixture *f, const char *mounts, const char *cgroup, const char *want)
{
	cgroup_hierarchies got = {0};
	const struct cgroup_hierarchy *h;
	char *s = arena_strdup(f->a, "");

	parse_cgroup_mounts(f->a, mounts, cgroup, &got);
	array_foreach (h, &got)
		s = arena_printf(f->a, "%s[%s]%s|%s ", s, h->controllers, h->mountpoint,
			h->path ? h->path : "-");
	assert_string_equal(s, want);
}

static void cgroup_mounts_hybrid(void **state)
{
	check_cgroups(*state,
		"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
		"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		"35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 master:3 - cgroup cgroup "
		"rw,memory\n"
		"36 31 0:33 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		"40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
		"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		"42 31 0:39 / /mnt/cgroup rw - ext4 /dev/cgroup rw\n",
		"9:name=systemd:/user.slice/a b\n4:memory:/m\n2:cpu,cpuacct:/\n0::/u\n",
		"[cpu,cpuacct]/sys/fs/cgroup/cpu,cpuacct|/ [memory]/sys/fs/cgroup/memory|/m "
		"[name=systemd]/sys/fs/cgroup/systemd|/user.slice/a b "
		"[]/sys/fs/cgroup/unified|/u ");
}

static void cgroup_mounts_of_parts(void **state)
{
	/* A container without a cgroup namespace sees its own part at the mount point. */
	check_cgroups(*state,
		"1 2 0:3 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n",
		"1:pids:/docker/abc\n", "[pids]/sys/fs/cgroup/pids|/ ");
	check_cgroups(*state, "1 2 0:3 /docker/abc /p ro - cgroup cgroup rw,pids\n",
		"1:pids:/docker/abc/d\n", "[pids]/p|/d ");
	/* Not below what is mounted: no path, also where the name only begins alike. */
	check_cgroups(*state, "1 2 0:3 /docker/ab /p ro - cgroup cgroup rw,pids\n",
		"1:pids:/docker/abc\n", "[pids]/p|- ");
	check_cgroups(*state, "1 2 0:3 / /p ro - cgroup cgroup rw,pids\n", "1:pids:/../x\n",
		"[pids]/p|- ");
	check_cgroups(*state, "1 2 0:3 /../.. /p ro - cgroup cgroup rw,pids\n", "1:pids:/\n",
		"[pids]/p|- ");
	/* The mount that leads somewhere wins over an earlier one that does not, else the first. */
	check_cgroups(*state,
		"1 2 0:3 /other /a ro - cgroup cgroup rw,pids\n"
		"1 2 0:3 / /b ro - cgroup cgroup rw,pids\n"
		"1 2 0:3 / /c ro - cgroup cgroup rw,pids\n",
		"1:pids:/x\n", "[pids]/b|/x ");
}

static void cgroup_mounts_odd_lines(void **state)
{
	check_cgroups(*state, "1 2 0:3 / /a\\040b\\134c\\0x rw - cgroup2 cgroup2 rw\n", "0::/\n",
		"[]/a b\\c\\0x|/ ");
	check_cgroups(*state, "1 2 0:3 / /a - cgroup\n - cgroup\n1 - cgroup2\n", "0::/\n", "");
	check_cgroups(*state, "1 2 0:3 / /a rw - cgroup cgroup rw,pids", "pids\n:\n1:pids\n", "");
	check_cgroups(*state, "", "", "");
}

static void cgroup_unified_path(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(
		parse_cgroup_unified(f->a, "1:name=x:/y\n0::/user.slice/a:b\n"), "/user.slice/a:b");
	assert_string_equal(parse_cgroup_unified(f->a, "0::/"), "/");
	assert_null(parse_cgroup_unified(f->a, "10::/\n1:cpu:/\n"));
}

/* ---- programs */

static void helpers_found(void **state)
{
	struct fixture *f = *state;

	assert_null(helper_find(f->a, f->root_fd, "newuidmap", NULL));
	put(f, "opt/bin/newuidmap", "", 0755);
	put(f, "rel/newuidmap", "", 0755);
	assert_null(helper_find(f->a, f->root_fd, "newuidmap", "rel::opt/bin:."));
	assert_string_equal(helper_find(f->a, f->root_fd, "newuidmap", "rel:/nothing:/opt/bin"),
		"/opt/bin/newuidmap");
	/* Not executable, and not a file: passed over. */
	put(f, "usr/bin/newuidmap", "", 0644);
	put(f, "bin/newuidmap/file", "", 0644);
	assert_string_equal(
		helper_find(f->a, f->root_fd, "newuidmap", "/opt/bin"), "/opt/bin/newuidmap");
	put(f, "run/wrappers/bin/newuidmap", "", 0755);
	assert_string_equal(helper_find(f->a, f->root_fd, "newuidmap", "/opt/bin"),
		"/run/wrappers/bin/newuidmap");
	put(f, "usr/bin/newuidmap", "", 0755);
	assert_string_equal(helper_find(f->a, f->root_fd, "newuidmap", NULL), "/usr/bin/newuidmap");
}

static const char *script(struct fixture *f, const char *name, const char *body)
{
	put(f, name, arena_printf(f->a, "#!/bin/sh\n%s\n", body), 0755);
	return arena_printf(f->a, "%s/%s", f->dir, name);
}

static void getent_answers(void **state)
{
	struct fixture *f = *state;
	const char *name = NULL;

	assert_int_equal(
		getent_user_name(f->a,
			script(f, "good", "test $# = 2 && echo \"remote:*:$2:5::/:/bin/sh\""), 4711,
			10000, &name),
		0);
	assert_string_equal(name, "remote");
	name = NULL;
	assert_int_equal(
		getent_user_name(f->a, script(f, "none", "exit 2"), 4711, 10000, &name), -ENOENT);
	assert_int_equal(getent_user_name(f->a, script(f, "other", "echo root:x:0:0::/:"), 4711,
				 10000, &name),
		-ENOENT);
	assert_int_equal(
		getent_user_name(f->a, script(f, "long", "exec yes aaaaaaaa | tr -d '\\n'"), 4711,
			10000, &name),
		-ENOENT);
	assert_int_equal(
		getent_user_name(f->a, "/nonexistent/getent", 4711, 10000, &name), -ENOENT);
	assert_null(name);
}

static void getent_hangs(void **state)
{
	struct fixture *f = *state;
	const char *name = NULL;
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(
		getent_user_name(f->a, script(f, "hang", "exec sleep 60"), 4711, 200, &name),
		-ETIMEDOUT);
	/* It answers, but does not end. */
	assert_int_equal(
		getent_user_name(f->a, script(f, "late", "echo x:x:4711:1::/:; exec sleep 60"),
			4711, 20000, &name),
		0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_string_equal(name, "x");
	assert_true(b.tv_sec - a.tv_sec < 30);
}

/* ---- facts */

static void put_proc(struct fixture *f)
{
	put(f, "proc/self/status", "CapEff:\t0000000000200000\nCapBnd:\t000001ffffffffff\n", 0644);
	put(f, "proc/self/uid_map", "0 1000 1\n1 100000 65536\n", 0644);
	put(f, "proc/self/gid_map", "0 0 4294967295\n", 0644);
	put(f, "proc/self/setgroups", "deny\n", 0644);
	put(f, "proc/self/oom_score_adj", "-17\n", 0644);
	put(f, "proc/sys/kernel/cap_last_cap", "40\n", 0644);
	assert_int_equal(mkdirat(f->root_fd, "proc/self/ns", 0755), 0);
}

static void facts_of_made_up_root(void **state)
{
	struct fixture *f = *state;
	struct facts facts = {0};
	struct err e = {0};
	char line[128];

	put_proc(f);
	assert_int_equal(symlinkat("user:[4026532000]", f->root_fd, "proc/self/ns/user"), 0);
	snprintf(line, sizeof(line), "tester:x:%u:1::/:\n", geteuid());
	put(f, "etc/passwd", line, 0644);
	put(f, "etc/subuid", "tester:200000:10\n", 0644);
	snprintf(line, sizeof(line), "%u:300000:20\nother:1:1\n", geteuid());
	put(f, "etc/subgid", line, 0644);
	put(f, "usr/bin/newuidmap", "", 0755);
	put(f, "sys/module/apparmor/parameters/enabled", "Y\n", 0644);
	assert_int_equal(facts_read_at(f->a, f->root_fd, NULL, &facts, &e), 0);
	assert_string_equal(facts.user_name, "tester");
	assert_false(facts.initial_userns);
	assert_true(facts_has_cap(&facts, 21));
	assert_false(facts_has_cap(&facts, 20));
	assert_false(facts_has_cap(&facts, 64 + 21));
	assert_int_equal(facts.caps_bounding, 0x1ffffffffff);
	assert_int_equal(facts.uid_map.n, 2);
	assert_int_equal(facts.gid_map.n, 1);
	assert_true(facts.setgroups_denied);
	assert_int_equal(facts.sub_uids.n, 1);
	assert_int_equal(facts.sub_uids.v[0].start, 200000);
	assert_int_equal(facts.sub_gids.n, 1);
	assert_int_equal(facts.sub_gids.v[0].count, 20);
	assert_string_equal(facts.newuidmap, "/usr/bin/newuidmap");
	assert_null(facts.newgidmap);
	assert_int_equal(facts.oom_score_adj, -17);
	assert_int_equal(facts.cap_last, 40);
	assert_int_equal(facts.cgroup_layout, CGROUP_LAYOUT_NONE);
	assert_true(facts.apparmor);
	assert_false(facts.selinux);
}

/* An identity map does not make a namespace the initial one, nor does the lack of one. */
static void facts_initial_userns_by_inode(void **state)
{
	struct fixture *f = *state;
	struct facts facts = {0};

	put_proc(f);
	assert_int_equal(symlinkat("user:[4026531837]", f->root_fd, "proc/self/ns/user"), 0);
	assert_int_equal(facts_read_at(f->a, f->root_fd, NULL, &facts, NULL), 0);
	assert_true(facts.initial_userns);
	assert_int_equal(unlinkat(f->root_fd, "proc/self/ns/user", 0), 0);
	put(f, "proc/self/uid_map", "0 0 4294967295\n", 0644);
	assert_int_equal(symlinkat("user:[4026532837]", f->root_fd, "proc/self/ns/user"), 0);
	assert_int_equal(facts_read_at(f->a, f->root_fd, NULL, &facts, NULL), 0);
	assert_false(facts.initial_userns);
}

/* getent runs only for a user without a line in passwd, and only if a name could matter. */
static void facts_ask_getent_when_needed(void **state)
{
	struct fixture *f = *state;
	struct facts facts = {0};
	char line[128];

	put_proc(f);
	/* The name is looked up below the root, but run by its path: this one is real. */
	put(f, "usr/bin/getent", "", 0755);
	put(f, "etc/passwd", "nobody-at-all:x:4000000:1::/:\n", 0644);
	snprintf(line, sizeof(line), "%u:300000:20\n", geteuid());
	put(f, "etc/subuid", line, 0644);
	assert_int_equal(facts_read_at(f->a, f->root_fd, NULL, &facts, NULL), 0);
	assert_null(facts.user_name);
	assert_int_equal(facts.sub_uids.n, 1);
	if (access("/usr/bin/getent", X_OK) < 0 || !getpwuid(geteuid())) {
		print_message("skip: no /usr/bin/getent, or no name for uid %u\n", geteuid());
		skip();
	}
	snprintf(line, sizeof(line), "%u:300000:20\nsomebody:1:1\n", geteuid());
	put(f, "etc/subuid", line, 0644);
	assert_int_equal(facts_read_at(f->a, f->root_fd, NULL, &facts, NULL), 0);
	assert_non_null(facts.user_name);
	assert_int_equal(facts.sub_uids.n, 1);
}

static void facts_need_proc(void **state)
{
	struct fixture *f = *state;
	struct facts facts = {.euid = 77};
	struct err e = {0};

	assert_int_equal(facts_read_at(f->a, f->root_fd, NULL, &facts, &e), -ENOENT);
	assert_int_equal(e.code, ERR_HOST_KERNEL);
	assert_true(e.fix[0]);
	assert_int_equal(facts.euid, 77);
}

static void facts_of_this_machine(void **state)
{
	struct fixture *f = *state;
	struct facts facts = {0};
	struct err e = {0};
	struct rlimit rl;
	struct statfs fs;
	struct stat st;

	assert_int_equal(facts_read(f->a, &facts, &e), 0);
	assert_int_equal(facts.euid, geteuid());
	assert_int_equal(facts.egid, getegid());
	assert_int_equal(facts_real_root(), facts.initial_userns && geteuid() == 0);
	assert_int_equal(facts.groups.n, getgroups(0, NULL));
	assert_int_equal(stat("/proc/self/ns/user", &st), 0);
	assert_int_equal(facts.initial_userns, st.st_ino == 4026531837u);
	assert_true(facts.uid_map.n >= 1);
	assert_int_equal(facts.rlimits.n, 16);
	getrlimit(RLIMIT_NOFILE, &rl);
	assert_int_equal(facts_hard_limit(&facts, "RLIMIT_NOFILE"), rl.rlim_max);
	assert_int_equal(facts_hard_limit(&facts, "RLIMIT_NOTHING"), UINT64_MAX);
	assert_true(facts.cap_last >= 37 && facts.cap_last < 64);
	if (statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == 0x63677270)
		assert_int_equal(facts.cgroup_layout, CGROUP_LAYOUT_UNIFIED);
	else
		assert_int_not_equal(facts.cgroup_layout, CGROUP_LAYOUT_UNIFIED);
	if (facts.cgroup_layout != CGROUP_LAYOUT_NONE)
		assert_true(facts.cgroups.n >= 1);
	if (facts.newuidmap)
		assert_int_equal(access(facts.newuidmap, X_OK), 0);
	if (facts.initial_userns && geteuid() == 0)
		assert_true(facts_has_cap(&facts, 0));
}

/* ---- explanations */

/* Each letter of `flags` sets a member; "sim" is the ordinary case. */
static struct userns_policy policy(
	int64_t max, int64_t unprivileged_clone, int64_t apparmor, const char *flags)
{
	return (struct userns_policy){
		.supported = strchr(flags, 's'),
		.initial_userns = strchr(flags, 'i'),
		.mapped = strchr(flags, 'm'),
		.privileged = strchr(flags, 'p'),
		.chrooted = strchr(flags, 'c'),
		.seccomp = strchr(flags, 'f'),
		.selinux = strchr(flags, 'x'),
		.max_user_namespaces = max,
		.unprivileged_clone = unprivileged_clone,
		.apparmor_restrict = apparmor,
		.program = "/opt/lodger",
	};
}

static void explanations(void **state)
{
	static const struct {
		int64_t max, unprivileged_clone, apparmor;
		const char *flags;
		int errnum;
		const char *msg;
		const char *fix;
	} cases[] = {
		{-1, -1, -1, "im", EINVAL, "built without", "CONFIG_USER_NS=y"},
		{0, -1, -1, "sim", ENOSPC, "max_user_namespaces is 0", "/etc/sysctl.d/"},
		{9, 0, -1, "sim", EPERM, "unprivileged_userns_clone is 0", "userns_clone=1"},
		{9, 0, -1, "simp", EPERM, "refused", "dmesg"},
		{9, 1, -1, "sim", EPERM, "refused", "dmesg"},
		{9, 1, 1, "sim", EACCES, "AppArmor",
			"profile lodger /opt/lodger flags=(unconfined)"},
		{9, -1, 1, "sim", EPERM, "AppArmor", "restrict_unprivileged_userns=0"},
		{9, -1, 1, "simp", EPERM, "refused", "dmesg"},
		{9, -1, 0, "sim", EPERM, "refused", "dmesg"},
		{9, -1, -1, "si", EPERM, "no id in", "id map"},
		{9, -1, -1, "simc", EPERM, "chroot", "pivot_root"},
		{9, -1, -1, "simf", EPERM, "seccomp filter", "seccomp=unconfined"},
		{9, -1, -1, "simf", ENOSYS, "seccomp filter", "RestrictNamespaces=no"},
		{9, -1, -1, "simf", ENOSPC, "as many", "max_user_namespaces"},
		{9, -1, -1, "simx", EACCES, "SELinux", "ausearch"},
		{9, -1, -1, "sim", ENOSPC, "as many user namespaces", "namespaces=60000"},
		{9, -1, -1, "sm", EUSERS, "nested deeper than 32", "outermost"},
		{9, -1, -1, "sim", EAGAIN, "as many processes", "ulimit -u"},
		{9, -1, -1, "sim", EPERM, "refused", "dmesg"},
		{9, -1, -1, "sim", ENOSYS, "clone3", "5.11"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct userns_policy p = policy(cases[i].max, cases[i].unprivileged_clone,
			cases[i].apparmor, cases[i].flags);
		struct err e = {0}, negative = {0};
		int errnum = cases[i].errnum;

		assert_int_equal(userns_explain(&p, errnum, &e), -errnum);
		assert_int_equal(e.code, ERR_HOST_USERNS);
		assert_int_equal(e.errnum, errnum);
		if (!strstr(e.msg, cases[i].msg) || !strstr(e.fix, cases[i].fix))
			fail_msg("case %zu: \"%s\" fix \"%s\"", i, e.msg, e.fix);
		assert_true(e.object[0]);
		assert_null(strstr(e.fix, "%s"));
		assert_int_equal(userns_explain(&p, -errnum, &negative), -errnum);
		assert_string_equal(negative.msg, e.msg);
	}
}

static void explanation_of_other_errno(void **state)
{
	const struct userns_policy p = policy(9, -1, -1, "sim");
	struct err e = {0};

	(void)state;
	assert_int_equal(userns_explain(&p, ENOMEM, &e), -ENOMEM);
	assert_int_equal(e.code, ERR_HOST_USERNS);
	assert_string_equal(e.msg, "create user namespace: cannot allocate memory");
}

static void policy_is_read(void **state)
{
	struct fixture *f = *state;
	struct userns_policy p = {0};
	char line[64];

	userns_policy_read(f->a, f->root_fd, &p);
	assert_false(p.supported);
	assert_int_equal(p.max_user_namespaces, -1);
	assert_int_equal(p.unprivileged_clone, -1);
	assert_int_equal(p.apparmor_restrict, -1);
	assert_false(p.chrooted);

	put_proc(f);
	assert_int_equal(symlinkat("user:[4026531837]", f->root_fd, "proc/self/ns/user"), 0);
	assert_int_equal(symlinkat("/opt/lodger", f->root_fd, "proc/self/exe"), 0);
	put(f, "proc/self/status", "CapEff:\t0000000000200000\nSeccomp:\t2\n", 0644);
	put(f, "proc/self/mountinfo", "1 2 0:3 / /proc rw - proc proc rw\n2 2 0:3 / /a / rw", 0644);
	put(f, "proc/self/uid_map", "4000000 0 1\n", 0644);
	put(f, "proc/sys/user/max_user_namespaces", "0\n", 0644);
	put(f, "proc/sys/kernel/unprivileged_userns_clone", "0\n", 0644);
	put(f, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", 0644);
	userns_policy_read(f->a, f->root_fd, &p);
	assert_true(p.supported && p.initial_userns && p.privileged && p.seccomp && p.chrooted);
	assert_false(p.mapped);
	assert_int_equal(p.max_user_namespaces, 0);
	assert_int_equal(p.unprivileged_clone, 0);
	assert_int_equal(p.apparmor_restrict, 1);
	assert_string_equal(p.program, "/opt/lodger");

	put(f, "proc/self/mountinfo", "9 2 0:3 / /proc rw - a b rw\n1 1 0:3 /x / rw - a b rw\n",
		0644);
	snprintf(line, sizeof(line), "%u 0 1\n", geteuid());
	put(f, "proc/self/uid_map", line, 0644);
	userns_policy_read(f->a, f->root_fd, &p);
	assert_false(p.chrooted);
	assert_true(p.mapped);
}

static void policy_of_this_machine(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(facts_explain_userns(EPERM, &e), -EPERM);
	assert_int_equal(e.code, ERR_HOST_USERNS);
	assert_true(e.fix[0]);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(subid_takes_own_lines),
		T(subid_leaves_out_malformed),
		T(subid_drops_overlaps),
		T(passwd_names),
		T(id_maps),
		T(status_lines),
		T(cgroup_mounts_hybrid),
		T(cgroup_mounts_of_parts),
		T(cgroup_mounts_odd_lines),
		T(cgroup_unified_path),
		T(helpers_found),
		T(getent_answers),
		T(getent_hangs),
		T(facts_of_made_up_root),
		T(facts_initial_userns_by_inode),
		T(facts_ask_getent_when_needed),
		T(facts_need_proc),
		T(facts_of_this_machine),
		T(explanations),
		T(explanation_of_other_errno),
		T(policy_is_read),
		T(policy_of_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
