// SPDX-License-Identifier: Apache-2.0
/*
 * Facts about a container that lives: which namespaces it has and which ids exist in it. In: /proc
 * of its init. Out: struct facts_target. Front end. Decides nothing, and trusts nothing that the
 * container could have written: all of this is the kernel's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "host/facts.h"
#include "host/parse.h"

#define MAP_MAX        (64u << 10)
#define CLONE_NEWTIME_ 0x00000080ull /* libcs older than Linux 5.6 lack the name */

static const struct {
	const char *file;
	uint64_t flag;
} kinds[] = {
	{"ns/user", CLONE_NEWUSER},
	{"ns/mnt", CLONE_NEWNS},
	{"ns/pid", CLONE_NEWPID},
	{"ns/net", CLONE_NEWNET},
	{"ns/ipc", CLONE_NEWIPC},
	{"ns/uts", CLONE_NEWUTS},
	{"ns/cgroup", CLONE_NEWCGROUP},
	{"ns/time", CLONE_NEWTIME_},
};

/* Namespaces are the same where device and inode of their files are (namespaces(7)). */
static int compare(int own, int other, struct facts_target *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct stat a, b;

		if (fstatat(other, kinds[i].file, &b, 0) < 0) {
			/* A kernel without a kind of namespace has no file for it. */
			if (errno == ENOENT && fstatat(own, kinds[i].file, &a, 0) < 0)
				continue;
			return -errno;
		}
		if (fstatat(own, kinds[i].file, &a, 0) < 0)
			return -errno;
		if (a.st_ino != b.st_ino || a.st_dev != b.st_dev)
			ret->namespaces |= kinds[i].flag;
	}
	return 0;
}

static int read_map(struct arena *a, int dir, const char *file, id_extents *ret)
{
	char *text;
	int r = file_read(a, dir, file, MAP_MAX, &text, NULL);

	if (r == 0)
		parse_id_map(a, text, ret);
	return r;
}

int facts_read_target(struct arena *a, int32_t pid, struct facts_target *ret, struct err *e)
{
	struct facts_target t = {0};
	char path[32], *text;
	auto_fd int own = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int other = -1;
	int r;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	other = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = own < 0 || other < 0 ? -errno : compare(own, other, &t);
	if (r == 0 && t.namespaces & CLONE_NEWUSER) {
		r = read_map(a, other, "uid_map", &t.uid_map);
		if (r == 0)
			r = read_map(a, other, "gid_map", &t.gid_map);
		if (r == 0)
			r = file_read(a, other, "setgroups", MAP_MAX, &text, NULL);
		if (r == 0)
			t.setgroups_denied = str_after(text, "deny") != NULL;
	}
	if (r == -ENOENT || r == -ESRCH) {
		err_object(e, "%s", path);
		return err_set(e, ERR_STATE_STATUS, ESRCH,
			"cannot exec in a stopped container: process %d has ended", pid);
	}
	if (r < 0) {
		err_object(e, "%s", path);
		err_sys(e, ERR_HOST_PERMISSION, r, "looking at the container's process %d", pid);
		if (r == -EACCES || r == -EPERM)
			err_fix(e, "call lodger as the user who made the container, or as root");
		return r;
	}
	*ret = t;
	return 0;
}
