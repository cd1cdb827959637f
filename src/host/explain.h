// SPDX-License-Identifier: Apache-2.0
/* Why a user namespace was refused: the kernel's policy as data, and the explanation of it. */
#ifndef LODGER_HOST_EXPLAIN_H
#define LODGER_HOST_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

/* What bears on the refusal. -1: the kernel has no such switch. */
struct userns_policy {
	bool supported; /* /proc/self/ns/user exists */
	int64_t max_user_namespaces; /* user.max_user_namespaces */
	int64_t unprivileged_clone; /* kernel.unprivileged_userns_clone (Debian, Arch) */
	int64_t apparmor_restrict; /* kernel.apparmor_restrict_unprivileged_userns (Ubuntu) */
	bool selinux;
	bool privileged; /* CAP_SYS_ADMIN in the current user namespace */
	bool initial_userns;
	bool mapped; /* the caller's ids are mapped in the current namespace */
	bool chrooted;
	bool seccomp; /* a filter is on the calling process */
	const char *program; /* absolute path of the caller's binary, NULL if unknown */
};

/* Write message and fix for `errnum` (either sign) under this policy. Pure. Returns -errnum. */
int userns_explain(const struct userns_policy *p, int errnum, struct err *e);

/* The policy that holds for the calling process, from the files below `root_fd`. */
void userns_policy_read(struct arena *a, int root_fd, struct userns_policy *ret);

#endif
