// SPDX-License-Identifier: Apache-2.0
/* Texts of /proc and /etc → members of struct facts. Pure; unknown lines are passed over. */
#ifndef LODGER_HOST_PARSE_H
#define LODGER_HOST_PARSE_H

#include "host/facts.h"

/* The name of a uid in the text of passwd(5), in the arena; NULL if it has none. */
const char *parse_passwd(struct arena *a, const char *text, uint32_t uid);

/* /proc/PID/uid_map or gid_map. */
void parse_id_map(struct arena *a, const char *text, id_extents *ret);

/* The value after "KEY:\t" in /proc/PID/status, hexadecimal. False if the line is not there. */
bool parse_status_hex(const char *text, const char *key, uint64_t *ret);

/* The path of the cgroup v2 hierarchy ("0::PATH") in /proc/PID/cgroup; NULL if there is none. */
const char *parse_cgroup_unified(struct arena *a, const char *proc_cgroup);

/*
 * The hierarchies that are mounted, in mount order, each once: /proc/PID/mountinfo joined with
 * /proc/PID/cgroup. `path` is below the mount point; NULL where the process is outside of what is
 * mounted there.
 */
void parse_cgroup_mounts(
	struct arena *a, const char *mountinfo, const char *proc_cgroup, cgroup_hierarchies *ret);

/* Where /proc/PID/mountinfo has the first mount of a file system type, in the arena; or NULL. */
const char *parse_mount_point(struct arena *a, const char *mountinfo, const char *fstype);

#endif
