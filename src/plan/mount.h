// SPDX-License-Identifier: Apache-2.0
/* The payloads of the steps that mount and unmount; a part of plan.h, which includes it. */
#ifndef LODGER_PLAN_MOUNT_H
#define LODGER_PLAN_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "host/facts.h"

enum step_mount_flags {
	STEP_MOUNT_BIND = 1 << 0,
	STEP_MOUNT_REC = 1 << 1, /* bind with everything below the source */
	STEP_MOUNT_COPY_UP = 1 << 2, /* tmpfs gets what the directory below held */
	STEP_MOUNT_SRC_NOFOLLOW = 1 << 3,
	STEP_MOUNT_DEST_NOFOLLOW = 1 << 4,
	STEP_MOUNT_COPY_SYMLINK = 1 << 5, /* a source that is a symlink is copied */
	STEP_MOUNT_IDMAP = 1 << 6, /* by the map of the container's user namespace or `id_map` */
	STEP_MOUNT_IDMAP_REC = 1 << 7,
	STEP_MOUNT_OPTIONAL = 1 << 8, /* a source that does not exist is skipped */
	STEP_MOUNT_IN_USERNS = 1 << 9, /* the kernel may refuse what it grants real root */
	STEP_MOUNT_OVER_PROC = 1 << 10, /* the destination may lie inside procfs */
	STEP_MOUNT_COSMETIC = 1 << 11, /* where it cannot be made, a warning says so */
	STEP_MOUNT_LIVE = 1 << 12, /* into a container that runs: undone where a later step fails */
	STEP_MOUNT_SOURCE_IN_ROOT = 1 << 13, /* source: a path in the root, when its turn comes */
};

struct step_mount {
	const char *json_path; /* "mounts[3]", for errors */
	const char *source; /* bind: host path, absolute; else the source string */
	const char *dest; /* inside the root filesystem, absolute, clean */
	const char *fstype;
	struct strv options; /* "size=64k", "newinstance": for the file system */
	uint32_t flags; /* enum step_mount_flags */
	uint64_t attr_set; /* MOUNT_ATTR_*: this mount */
	uint64_t attr_clear;
	uint64_t rec_attr_set; /* this mount and those below */
	uint64_t rec_attr_clear;
	uint64_t propagation; /* MS_PRIVATE … with or without MS_REC, 0 = leave */
	id_extents uid_map; /* of whoever maps; empty: that of the container's user namespace */
	id_extents gid_map;
	uint32_t slot; /* made by the front end as its mount number slot - 1; 0 = by init */
	const char *fallback; /* host path, bound where the kernel refuses the file system */
};

struct step_unmount {
	const char *json_path; /* "mounts[3]", for errors */
	const char *dest; /* inside the root filesystem, absolute, clean */
};

#endif
