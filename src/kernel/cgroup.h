// SPDX-License-Identifier: Apache-2.0
/*
 * Control groups as the kernel shows them: directories with files. cgroups(7),
 * Documentation/admin-guide/cgroup-v2.rst. -errno, no text.
 *
 * A container's cgroup is one directory on cgroup v2, and one per hierarchy on v1.
 */
#ifndef LODGER_KERNEL_CGROUP_H
#define LODGER_KERNEL_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/field.h"
#include "base/mem.h"

typedef array_of(pid_t) cgroup_pid_list;

/* Longest content of a file that is read: memory.stat has some 2 KiB, cgroup.procs may be long. */
#define CGROUP_FILE_MAX (4u << 20)

/* A whole file of the cgroup, NUL-terminated in the arena. */
int cgroup_file_read(struct arena *a, int dir, const char *file, char **ret);

/* Write a value in one write(2), as the kernel wants it. */
int cgroup_file_write(int dir, const char *file, const char *value);

/* The value after "KEY " in a flat keyed file such as cgroup.events. -ENOENT if it has no KEY. */
int cgroup_file_key(int dir, const char *file, const char *key, uint64_t *ret);

/* The same of a text that was read already. */
int cgroup_text_key(const char *text, const char *key, uint64_t *ret);

/* The processes of the cgroup, and with `below` of those below it, in the arena. */
int cgroup_file_pids(struct arena *a, int dir, bool below, cgroup_pid_list *ret);

/* Move a process here. */
int cgroup_file_attach(int dir, pid_t pid);

/*
 * Remove the directory `name` in `parent` with all below it, which must have no processes: -EBUSY
 * else. It is no error if it is not there.
 */
int cgroup_remove_tree(int parent, const char *name);

#endif
