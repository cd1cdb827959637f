// SPDX-License-Identifier: Apache-2.0
/* Namespaces and the processes made in them. -errno, no text. */
#ifndef LODGER_KERNEL_NS_H
#define LODGER_KERNEL_NS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/*
 * clone3(2) like fork(2), into new namespaces: `flags` are CLONE_NEW*, CLONE_PARENT. The child gets
 * 0, the parent the pid and in `*ret_pidfd` (may be NULL) a close-on-exec pidfd. The kernel makes
 * the user namespace first, so that it owns the others (user_namespaces(7)). With `cgroup` >= 0, a
 * directory of cgroup v2, the child is born in that cgroup; -EACCES where the caller may not move
 * processes there, -EBUSY where the cgroup has controllers enabled for those below it.
 */
pid_t ns_clone(uint64_t flags, int cgroup, int *ret_pidfd);

/* unshare(2). */
int ns_unshare(uint64_t flags);

/*
 * setns(2): `fd` is of a namespace, or a pidfd (Linux 5.8); then `flags` says which of the
 * process's namespaces are joined, all or none, the user namespace first. -ESRCH where the process
 * is dead.
 */
int ns_join(int fd, uint64_t flags);

/* Open a namespace file; -EINVAL if the path is something else than a namespace of that type. */
int ns_open(const char *path, uint64_t flag);

/*
 * The user namespace that a namespace belongs to, as an open descriptor. -EPERM where it is neither
 * the caller's nor below it (ioctl_ns(2), NS_GET_USERNS).
 */
int ns_owner(int fd);

/* Whether a descriptor is of the caller's own namespace of that type. */
bool ns_is_own(int fd, uint64_t flag);

/* "user" for CLONE_NEWUSER and so on, as in /proc/PID/ns; NULL if unknown. */
const char *ns_flag_name(uint64_t flag);

#endif
