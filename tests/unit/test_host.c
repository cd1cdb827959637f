// SPDX-License-Identifier: Apache-2.0
/*
 * host/: parsers on texts of many machines, facts read from a made-up root and from this machine.
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

#include "base/record.h"
#include "host/getent.h"
#include "host/helper.h"
#include "host/parse.h"
#include "host/read.h"
#include "tree.h"

/* ---- texts of /proc and /etc */

static void passwd_names(void **state)
{
	struct tree *f = *state;
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
	struct tree *f = *state;
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

static void check_cgroups(struct tree *f, const char *mounts, const char *cgroup, const char *want)
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
	struct tree *f = *state;

	assert_string_equal(
		parse_cgroup_unified(f->a, "1:name=x:/y\n0::/user.slice/a:b\n"), "/user.slice/a:b");
	assert_string_equal(parse_cgroup_unified(f->a, "0::/"), "/");
	assert_null(parse_cgroup_unified(f->a, "10::/\n1:cpu:/\n"));
}

/* ---- programs */

static void helpers_found(void **state)
{
	struct tree *f = *state;

	assert_null(helper_find(f->a, f->fd, "newuidmap", NULL));
	tree_put(f, "opt/bin/newuidmap", "", 0755);
	tree_put(f, "rel/newuidmap", "", 0755);
	assert_null(helper_find(f->a, f->fd, "newuidmap", "rel::opt/bin:."));
	assert_string_equal(helper_find(f->a, f->fd, "newuidmap", "rel:/nothing:/opt/bin"),
		"/opt/bin/newuidmap");
	/* Not executable, and not a file: passed over. */
	tree_put(f, "usr/bin/newuidmap", "", 0644);
	tree_put(f, "bin/newuidmap/file", "", 0644);
	assert_string_equal(
		helper_find(f->a, f->fd, "newuidmap", "/opt/bin"), "/opt/bin/newuidmap");
	tree_put(f, "run/wrappers/bin/newuidmap", "", 0755);
	assert_string_equal(
		helper_find(f->a, f->fd, "newuidmap", "/opt/bin"), "/run/wrappers/bin/newuidmap");
	tree_put(f, "usr/bin/newuidmap", "", 0755);
	assert_string_equal(helper_find(f->a, f->fd, "newuidmap", NULL), "/usr/bin/newuidmap");
}

static const char *script(struct tree *f, const char *name, const char *body)
{
	tree_put(f, name, arena_printf(f->a, "#!/bin/sh\n%s\n", body), 0755);
	return arena_printf(f->a, "%s/%s", f->dir, name);
}

static void getent_answers(void **state)
{
	struct tree *f = *state;
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
	struct tree *f = *state;
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

static void put_proc(struct tree *f)
{
	tree_put(f, "proc/self/status", "CapEff:\t0000000000200000\nCapBnd:\t000001ffffffffff\n",
		0644);
	tree_put(f, "proc/self/uid_map", "0 1000 1\n1 100000 65536\n", 0644);
	tree_put(f, "proc/self/gid_map", "0 0 4294967295\n", 0644);
	tree_put(f, "proc/self/setgroups", "deny\n", 0644);
	tree_put(f, "proc/sys/kernel/cap_last_cap", "40\n", 0644);
}

static void facts_of_made_up_root(void **state)
{
	struct tree *f = *state;
	struct facts facts = {0};
	struct err e = {0};
	char line[128];

	put_proc(f);
	tree_link(f, "proc/self/ns/user", "user:[4026532000]");
	snprintf(line, sizeof(line), "tester:x:%u:1::/:\n", geteuid());
	tree_put(f, "etc/passwd", line, 0644);
	tree_put(f, "etc/subuid", "tester:200000:10\n", 0644);
	snprintf(line, sizeof(line), "%u:300000:20\nother:1:1\n", geteuid());
	tree_put(f, "etc/subgid", line, 0644);
	tree_put(f, "usr/bin/newuidmap", "", 0755);
	tree_put(f, "sys/module/apparmor/parameters/enabled", "Y\n", 0644);
	tree_put(f, "proc/self/mountinfo",
		"30 24 0:27 / /a ro shared:5 - sysfs sysfs rw\n"
		"31 24 0:28 / /sys/fs/res\\040ctrl rw shared:6 master:1 - resctrl resctrl rw,cdp\n"
		"32 24 0:28 / /again rw - resctrl resctrl rw\n",
		0644);
	assert_int_equal(facts_read_at(f->a, f->fd, NULL, FACTS_ALL, &facts, &e), 0);
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
	assert_int_equal(facts.cap_last, 40);
	assert_int_equal(facts.cgroup_layout, CGROUP_LAYOUT_NONE);
	assert_true(facts.apparmor);
	assert_false(facts.selinux);
	assert_string_equal(facts.resctrl, "/sys/fs/res ctrl");
	/* Not looked for where nobody asks. */
	assert_int_equal(
		facts_read_at(f->a, f->fd, NULL, FACTS_ALL & ~FACTS_RESCTRL, &facts, &e), 0);
	assert_null(facts.resctrl);
}

/* An identity map does not make a namespace the initial one, nor does the lack of one. */
static void facts_initial_userns_by_inode(void **state)
{
	struct tree *f = *state;
	struct facts facts = {0};

	put_proc(f);
	tree_link(f, "proc/self/ns/user", "user:[4026531837]");
	assert_int_equal(facts_read_at(f->a, f->fd, NULL, FACTS_ALL, &facts, NULL), 0);
	assert_true(facts.initial_userns);
	tree_put(f, "proc/self/uid_map", "0 0 4294967295\n", 0644);
	tree_link(f, "proc/self/ns/user", "user:[4026532837]");
	assert_int_equal(facts_read_at(f->a, f->fd, NULL, FACTS_ALL, &facts, NULL), 0);
	assert_false(facts.initial_userns);
}

/* getent runs only for a user without a line in passwd, and only if a name could matter. */
static void facts_ask_getent_when_needed(void **state)
{
	struct tree *f = *state;
	struct facts facts = {0};
	char line[128];

	put_proc(f);
	/* The name is looked up below the root, but run by its path: this one is real. */
	tree_put(f, "usr/bin/getent", "", 0755);
	tree_put(f, "etc/passwd", "nobody-at-all:x:4000000:1::/:\n", 0644);
	snprintf(line, sizeof(line), "%u:300000:20\n", geteuid());
	tree_put(f, "etc/subuid", line, 0644);
	assert_int_equal(facts_read_at(f->a, f->fd, NULL, FACTS_ALL, &facts, NULL), 0);
	assert_null(facts.user_name);
	assert_int_equal(facts.sub_uids.n, 1);
	if (access("/usr/bin/getent", X_OK) < 0 || !getpwuid(geteuid())) {
		print_message("skip: no /usr/bin/getent, or no name for uid %u\n", geteuid());
		skip();
	}
	snprintf(line, sizeof(line), "%u:300000:20\nsomebody:1:1\n", geteuid());
	tree_put(f, "etc/subuid", line, 0644);
	assert_int_equal(facts_read_at(f->a, f->fd, NULL, FACTS_ALL, &facts, NULL), 0);
	assert_non_null(facts.user_name);
	assert_int_equal(facts.sub_uids.n, 1);
}

/* What golden tests rely on: facts go through JSON and come back the same. */
static void facts_as_json(void **state)
{
	struct tree *f = *state;
	auto_json_writer struct json_writer *w = json_writer_new(0), *again = json_writer_new(0);
	struct facts facts = {0}, back = {0};
	struct err e = {0};
	struct json *tree;
	const char *text;
	size_t len;

	put_proc(f);
	tree_link(f, "proc/self/ns/user", "user:[4026532000]");
	tree_put(f, "etc/subuid", "1:1:1\n", 0644);
	assert_int_equal(facts_read_at(f->a, f->fd, NULL, FACTS_ALL, &facts, &e), 0);
	facts.cgroup_layout = CGROUP_LAYOUT_LEGACY;
	parse_cgroup_mounts(
		f->a, "1 2 0:3 / /p ro - cgroup cgroup rw,pids\n", "1:pids:/x\n", &facts.cgroups);
	record_write(w, &facts_desc, &facts);
	text = json_writer_text(w, &len);
	assert_int_equal(json_parse(f->a, "facts", text, len, NULL, &tree, &e), 0);
	assert_int_equal(record_read(f->a, &facts_desc, "facts", tree, &back, &e), 0);
	record_write(again, &facts_desc, &back);
	assert_string_equal(text, json_writer_text(again, NULL));
	assert_int_equal(back.caps, 0x200000);
	assert_int_equal(back.uid_map.n, 2);
	assert_int_equal(back.uid_map.v[1].outside, 100000);
	assert_int_equal(back.cgroup_layout, CGROUP_LAYOUT_LEGACY);
	assert_string_equal(back.cgroups.v[0].path, "/x");
	assert_int_equal(back.rlimits.n, 16);
	assert_int_equal(
		facts_hard_limit(&back, "RLIMIT_AS"), facts_hard_limit(&facts, "RLIMIT_AS"));
}

static void facts_need_proc(void **state)
{
	struct tree *f = *state;
	struct facts facts = {.euid = 77};
	struct err e = {0};

	assert_int_equal(facts_read_at(f->a, f->fd, NULL, FACTS_ALL, &facts, &e), -ENOENT);
	assert_int_equal(e.code, ERR_HOST_KERNEL);
	assert_true(e.fix[0]);
	assert_int_equal(facts.euid, 77);
}

static void facts_of_this_machine(void **state)
{
	struct tree *f = *state;
	struct facts facts = {0};
	struct err e = {0};
	struct rlimit rl;
	struct statfs fs;
	struct stat st;

	assert_int_equal(facts_read(f->a, FACTS_ALL, &facts, &e), 0);
	assert_int_equal(facts.euid, geteuid());
	assert_int_equal(facts.egid, getegid());
	assert_int_equal(facts_real_root(), facts.initial_userns && geteuid() == 0);
	assert_int_equal(facts.groups.n, getgroups(0, NULL));
	assert_int_equal(stat("/proc/self/ns/user", &st), 0);
	assert_int_equal(facts.initial_userns, st.st_ino == 4026531837u);
	/* In the initial one every id is itself, and nothing is read. */
	assert_int_equal(facts.uid_map.n > 0, !facts.initial_userns);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(passwd_names),
		tree_test(id_maps),
		tree_test(status_lines),
		tree_test(cgroup_mounts_hybrid),
		tree_test(cgroup_mounts_of_parts),
		tree_test(cgroup_mounts_odd_lines),
		tree_test(cgroup_unified_path),
		tree_test(helpers_found),
		tree_test(getent_answers),
		tree_test(getent_hangs),
		tree_test(facts_of_made_up_root),
		tree_test(facts_initial_userns_by_inode),
		tree_test(facts_ask_getent_when_needed),
		tree_test(facts_as_json),
		tree_test(facts_need_proc),
		tree_test(facts_of_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
