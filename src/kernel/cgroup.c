// SPDX-License-Identifier: Apache-2.0
/* Cgroup directories and their files; see cgroup.h. Front end. */
#include "kernel/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

/* A container that got its cgroup delegated may nest as deep as it likes. */
#define DEPTH_MAX 256

int cgroup_file_read(struct arena *a, int dir, const char *file, char **ret)
{
	return file_read(a, dir, file, CGROUP_FILE_MAX, ret, NULL);
}

int cgroup_file_write(int dir, const char *file, const char *value)
{
	return file_write_once(dir, file, value);
}

int cgroup_text_key(const char *text, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);
	char number[24];

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (len > n && strncmp(line, key, n) == 0 && line[n] == ' ') {
			if (len - n > sizeof(number))
				return -ERANGE;
			memcpy(number, line + n + 1, len - n - 1);
			number[len - n - 1] = '\0';
			return num_u64(number, ret);
		}
		line += len + (line[len] == '\n');
	}
	return -ENOENT;
}

int cgroup_file_key(int dir, const char *file, const char *key, uint64_t *ret)
{
	scratch_arena(a);
	char *text;
	int r = cgroup_file_read(a, dir, file, &text);

	return r < 0 ? r : cgroup_text_key(text, key, ret);
}

static void add_pid(struct arena *a, cgroup_pid_list *list, pid_t pid)
{
	/* Grown by doubling: a fork bomb is a case to handle too. */
	if ((list->n & (list->n - 1)) == 0) {
		pid_t *more = arena_calloc(a, list->n ? 2 * list->n : 1, sizeof(*more));

		if (list->n)
			memcpy(more, list->v, list->n * sizeof(*more));
		list->v = more;
	}
	list->v[list->n++] = pid;
}

static int pids_here(struct arena *a, int dir, cgroup_pid_list *ret)
{
	auto_arena struct arena *scratch = arena_new();
	char *text;
	int r = cgroup_file_read(scratch, dir, "cgroup.procs", &text);

	/* A threaded cgroup has no processes to list: they are counted in its domain. */
	if (r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return r;
	for (char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		bool last = !line[n];
		int32_t pid;

		line[n] = '\0';
		/* 0 stands for a process that this pid namespace does not see. */
		if (num_i32(line, &pid) == 0 && pid > 0)
			add_pid(a, ret, pid);
		line += n + !last;
	}
	return 0;
}

/* Call for each child directory; stops at the first error but -ENOENT. */
static int for_children(
	int dir, int depth, int (*call)(int dir, const char *name, int depth, void *arg), void *arg)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!list) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(list))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		r = depth < DEPTH_MAX ? call(fd, entry->d_name, depth + 1, arg) : -ELOOP;
		if (r == -ENOENT)
			r = 0;
	}
	closedir(list);
	return r;
}

struct collect {
	struct arena *a;
	cgroup_pid_list *list;
};

static int collect_child(int parent, const char *name, int depth, void *arg)
{
	struct collect *c = arg;
	auto_fd int dir = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (dir < 0)
		return -errno;
	r = pids_here(c->a, dir, c->list);
	return r < 0 && r != -ENODEV ? r : for_children(dir, depth, collect_child, c);
}

int cgroup_file_pids(struct arena *a, int dir, bool below, cgroup_pid_list *ret)
{
	struct collect c = {a, ret};
	int r;

	*ret = (cgroup_pid_list){0};
	r = pids_here(a, dir, ret);
	if (r == 0 && below)
		r = for_children(dir, 0, collect_child, &c);
	/* Removed while it was read. */
	return r == -ENODEV ? -ENOENT : r;
}

int cgroup_file_attach(int dir, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return cgroup_file_write(dir, "cgroup.procs", text);
}

/* The name of some child directory; false if there is none. */
static bool first_child(int dir, char name[NAME_MAX + 1])
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool found = false;

	if (!list) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && (entry = readdir(list)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
			found = true;
		}
	closedir(list);
	return found;
}

/*
 * Remove one directory that has none below it: the first one that is found on the way down. Two
 * descriptors, however deep a container has nested.
 */
static int remove_leaf(int parent, const char *top)
{
	char name[NAME_MAX + 1], child[NAME_MAX + 1];
	auto_fd int above = openat(parent, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (above < 0)
		return -errno;
	snprintf(name, sizeof(name), "%s", top);
	for (;;) {
		int dir = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (dir < 0)
			return errno == ENOENT ? 0 : -errno;
		if (!first_child(dir, child)) {
			close(dir);
			break;
		}
		close(above);
		above = dir;
		memcpy(name, child, sizeof(name));
	}
	return unlinkat(above, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int cgroup_remove_tree(int parent, const char *name)
{
	for (;;) {
		char child[NAME_MAX + 1];
		auto_fd int dir = -1;
		int r;

		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		r = -errno;
		dir = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* Busy with processes of its own, not with directories. */
		if (dir < 0 || !first_child(dir, child))
			return dir < 0 && errno == ENOENT ? 0 : r;
		r = remove_leaf(parent, name);
		if (r < 0)
			return r;
	}
}
