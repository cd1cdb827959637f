// SPDX-License-Identifier: Apache-2.0
/*
 * Facts about cgroups: which hierarchies there are, where this process is, and where it may make
 * one. In: /proc, /sys/fs/cgroup. Out: members of struct facts. Front end; changes nothing.
 */
#include "host/cgroups.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "host/parse.h"

#define SMALL_MAX  (64u << 10)
#define MOUNTS_MAX (16u << 20)

/* A whole file below the directory; NULL where it is absent, unreadable or larger than `max`. */
static char *read_text(struct arena *a, int dir, const char *path, size_t max)
{
	char *text;

	return file_read(a, dir, path, max, &text, NULL) == 0 ? text : NULL;
}

static struct strv read_words(struct arena *a, int dir, const char *file)
{
	char *text = read_text(a, dir, file, SMALL_MAX);

	return text ? strv_split(a, text, " \n") : (struct strv){0};
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && str_eq(s + n - k, end);
}

/*
 * What PID 1 has handed over, it marks (systemd 251 and newer). The user's own manager does not:
 * below it, every unit is the user's, while its slices are the manager's to divide.
 */
static bool is_handed_over(int root_fd, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char value[8];
	ssize_t n;
	auto_fd int fd = -1;

	if (str_after(name, "user@"))
		return false;
	if (strstr(path, "/user@") && (ends_with(name, ".scope") || ends_with(name, ".service")))
		return true;
	fd = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = fgetxattr(fd, "user.delegate", value, sizeof(value));
	return n == 1 && *value == '1';
}

static bool may_write(int dir)
{
	return faccessat(dir, ".", W_OK, AT_EACCESS) == 0 &&
	       faccessat(dir, "cgroup.procs", W_OK, AT_EACCESS) == 0;
}

/* The process's own cgroup, then those above it, as far as they are the caller's to write to. */
static void read_tree(struct arena *a, int root_fd, struct facts *f)
{
	const char *below = f->cgroups.v->path;
	char *path;

	if (!below || str_after(below, "/.."))
		return;
	path = arena_printf(a, "sys/fs/cgroup%s", str_eq(below, "/") ? "" : below);
	for (;;) {
		bool top = str_eq(path, "sys/fs/cgroup");
		auto_fd int dir = openat(root_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct facts_cgroup *c;
		char *procs;

		if (dir < 0 || !may_write(dir))
			return;
		f->cgroup_tree.v = arena_grow(
			a, f->cgroup_tree.v, f->cgroup_tree.n, sizeof(*f->cgroup_tree.v));
		c = &f->cgroup_tree.v[f->cgroup_tree.n++];
		procs = read_text(a, dir, "cgroup.procs", SMALL_MAX);
		*c = (struct facts_cgroup){
			.path = arena_printf(a, "/%s", path),
			.delegated = top || is_handed_over(root_fd, path),
			.populated = !procs || *procs,
			.controllers = read_words(a, dir, "cgroup.controllers"),
			.enabled = read_words(a, dir, "cgroup.subtree_control"),
		};
		if (top)
			return;
		*strrchr(path, '/') = '\0';
	}
}

static void read_legacy_cgroups(
	struct arena *a, int root_fd, const char *proc_cgroup, struct facts *f)
{
	scratch_arena(scratch);
	char *mounts = read_text(scratch, root_fd, "proc/self/mountinfo", MOUNTS_MAX);

	if (!mounts)
		return;
	parse_cgroup_mounts(a, mounts, proc_cgroup, &f->cgroups);
	/* Only what hangs in /sys/fs/cgroup makes a layout; an empty tmpfs there is none. */
	if (f->cgroups.n)
		f->cgroup_layout = CGROUP_LAYOUT_LEGACY;
}

void cgroups_read(struct arena *a, int root_fd, unsigned want, struct facts *f)
{
	auto_fd int fd = openat(root_fd, "sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
	scratch_arena(scratch);
	char *proc_cgroup;
	struct statfs fs;

	f->cgroup_layout = CGROUP_LAYOUT_NONE;
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return;
	if (!(want & FACTS_CGROUPS) &&
		!(want & FACTS_CGROUP_TREE && fs.f_type == CGROUP2_SUPER_MAGIC)) {
		f->cgroup_layout = fs.f_type == CGROUP2_SUPER_MAGIC ? CGROUP_LAYOUT_UNIFIED
								    : CGROUP_LAYOUT_LEGACY;
		return;
	}
	proc_cgroup = read_text(scratch, root_fd, "proc/self/cgroup", SMALL_MAX);
	if (!proc_cgroup)
		return;
	if (fs.f_type == CGROUP2_SUPER_MAGIC) {
		f->cgroup_layout = CGROUP_LAYOUT_UNIFIED;
		f->cgroups.v = arena_new_of(a, struct cgroup_hierarchy);
		f->cgroups.n = 1;
		f->cgroups.v->controllers = "";
		f->cgroups.v->mountpoint = "/sys/fs/cgroup";
		f->cgroups.v->path = parse_cgroup_unified(a, proc_cgroup);
		if (want & FACTS_CGROUP_TREE)
			read_tree(a, root_fd, f);
	} else if ((fs.f_type == TMPFS_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC)) {
		read_legacy_cgroups(a, root_fd, proc_cgroup, f);
	}
}
