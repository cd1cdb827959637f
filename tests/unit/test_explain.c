// SPDX-License-Identifier: Apache-2.0
/* host/explain.h: one case for each switch of the kernel, and how the switches are read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/explain.h"
#include "host/facts.h"
#include "tree.h"

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
	struct tree *f = *state;
	struct userns_policy p = {0};
	char line[64];

	userns_policy_read(f->a, f->fd, &p);
	assert_false(p.supported);
	assert_int_equal(p.max_user_namespaces, -1);
	assert_int_equal(p.unprivileged_clone, -1);
	assert_int_equal(p.apparmor_restrict, -1);
	assert_false(p.chrooted);

	tree_put(f, "proc/self/gid_map", "0 0 4294967295\n", 0644);
	tree_link(f, "proc/self/ns/user", "user:[4026531837]");
	tree_link(f, "proc/self/exe", "/opt/lodger");
	tree_put(f, "proc/self/status", "CapEff:\t0000000000200000\nSeccomp:\t2\n", 0644);
	tree_put(f, "proc/self/mountinfo", "1 2 0:3 / /proc rw - proc proc rw\n2 2 0:3 / /a / rw",
		0644);
	tree_put(f, "proc/self/uid_map", "4000000 0 1\n", 0644);
	tree_put(f, "proc/sys/user/max_user_namespaces", "0\n", 0644);
	tree_put(f, "proc/sys/kernel/unprivileged_userns_clone", "0\n", 0644);
	tree_put(f, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", 0644);
	userns_policy_read(f->a, f->fd, &p);
	assert_true(p.supported && p.initial_userns && p.privileged && p.seccomp && p.chrooted);
	assert_false(p.mapped);
	assert_int_equal(p.max_user_namespaces, 0);
	assert_int_equal(p.unprivileged_clone, 0);
	assert_int_equal(p.apparmor_restrict, 1);
	assert_string_equal(p.program, "/opt/lodger");

	tree_put(f, "proc/self/mountinfo",
		"9 2 0:3 / /proc rw - a b rw\n1 1 0:3 /x / rw - a b rw\n", 0644);
	snprintf(line, sizeof(line), "%u 0 1\n", geteuid());
	tree_put(f, "proc/self/uid_map", line, 0644);
	userns_policy_read(f->a, f->fd, &p);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explanations),
		cmocka_unit_test(explanation_of_other_errno),
		tree_test(policy_is_read),
		cmocka_unit_test(policy_of_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
