// SPDX-License-Identifier: Apache-2.0
/*
 * Which of the system calls that lodger cannot do without are refused here: by a kernel that is too
 * old, or by a seccomp filter around lodger. In: a failed step's errno. Out: the fix. Front end.
 *
 * Each is called with arguments that the kernel refuses before it does anything; what a filter
 * answers is another errno.
 */
#include <errno.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "host/facts.h"

#define NEWEST "5.12" /* mount_setattr(2) is the youngest of them */

static const struct needed {
	const char *name;
	long nr;
	bool privileged; /* EPERM is also what the kernel says to everybody but root */
} needed[] = {
	{"openat2", SYS_openat2, false},
	{"open_tree", SYS_open_tree, false},
	{"mount_setattr", SYS_mount_setattr, false},
	{"fsconfig", SYS_fsconfig, false},
	{"fsopen", SYS_fsopen, true},
	{"fsmount", SYS_fsmount, true},
	{"move_mount", SYS_move_mount, true},
	{"execveat", SYS_execveat, false},
	{"pidfd_open", SYS_pidfd_open, false},
	{"pidfd_send_signal", SYS_pidfd_send_signal, false},
};

static bool is_refused(const struct needed *n)
{
	/* No descriptor, no path, flags that do not exist. */
	if (syscall(n->nr, -1, NULL, -1L, NULL, -1L) >= 0)
		return false;
	return errno == ENOSYS || (errno == EPERM && !n->privileged);
}

void facts_explain_syscalls(struct err *e)
{
	auto_strbuf struct strbuf names = {0};

	if (e->fix[0] || (e->errnum != ENOSYS && e->errnum != EPERM))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (is_refused(&needed[i]))
			strbuf_addf(&names, "%s%s(2)", names.len ? ", " : "", needed[i].name);
	if (names.len)
		err_fix(e,
			"this kernel, or the seccomp filter of a container around lodger, refuses "
			"%s: "
			"lodger needs Linux " NEWEST
			" or later, and these calls allowed (podman and "
			"docker: --security-opt seccomp=unconfined, or a newer engine)",
			strbuf_str(&names));
}
