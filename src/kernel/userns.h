// SPDX-License-Identifier: Apache-2.0
/* A user namespace that nobody lives in: what mount_setattr(2) takes a map of ids from. */
#ifndef LODGER_KERNEL_USERNS_H
#define LODGER_KERNEL_USERNS_H

/*
 * Make a user namespace below the current one, with the lines of `uid_map` and `gid_map`
 * (user_namespaces(7)). `proc`: the directory of a procfs in which the caller sees itself. Returns
 * a close-on-exec descriptor of the namespace or -errno: -EPERM where the caller may not map these
 * ids, -EINVAL where the kernel finds the lines malformed or overlapping. No process remains.
 */
int userns_make(int proc, const char *uid_map, const char *gid_map);

#endif
