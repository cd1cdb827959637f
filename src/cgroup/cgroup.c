// SPDX-License-Identifier: Apache-2.0
/*
 * A container's cgroup as a whole: opened, read, limited, left. In: the places of a record, a plan.
 * Out: files of the kernel written. Front end; decides nothing.
 */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define REMOVE_TIMEOUT_MS 5000

void cgroup_close(struct cgroup *c)
{
	for (size_t i = 0; i < c->dirs.n; i++)
		close_fd(&c->dirs.v[i].fd);
	c->dirs.n = 0;
}

int cgroup_open(struct arena *a, const kv_list *places, struct cgroup *ret, struct err *e)
{
	const struct kv *place;

	*ret = (struct cgroup){0};
	ret->dirs.v = arena_calloc(a, places->n + 1, sizeof(*ret->dirs.v));
	array_foreach (place, places) {
		int fd = openat(
			AT_FDCWD, place->value, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && errno != ENOENT) {
			int r = -errno;

			cgroup_close(ret);
			err_object(e, "%s", place->value);
			return err_sys(e, ERR_HOST_CGROUP, r, "opening cgroup %s", place->value);
		}
		ret->dirs.v[ret->dirs.n++] = (struct cgroup_dir){place->key, place->value, fd};
	}
	return 0;
}

bool cgroup_is_unified(const struct cgroup *c)
{
	return c->dirs.n == 1 && !*c->dirs.v[0].controllers;
}

static bool has_controller(const char *list, const char *controller)
{
	size_t n = strlen(controller);

	for (const char *word = list; *word;) {
		size_t len = strcspn(word, ",");

		if (len == n && memcmp(word, controller, n) == 0)
			return true;
		word += len + (word[len] == ',');
	}
	return n == 0 && !*list;
}

int cgroup_dir_for(const struct cgroup *c, const char *controller)
{
	const struct cgroup_dir *d;

	if (cgroup_is_unified(c))
		return c->dirs.v[0].fd < 0 ? -ENOENT : c->dirs.v[0].fd;
	array_foreach (d, &c->dirs)
		if (has_controller(d->controllers, controller))
			return d->fd < 0 ? -ENOENT : d->fd;
	return -ENOENT;
}

int cgroup_read(struct arena *a, const struct cgroup *c, const char *controller, const char *file,
	char **ret)
{
	int dir = cgroup_dir_for(c, controller);
	int r = dir < 0 ? dir : cgroup_file_read(a, dir, file, ret);

	return r == -ENODEV ? -ENOENT : r;
}

int cgroup_attach(const struct cgroup *c, const char *sub, pid_t pid, struct err *e)
{
	const struct cgroup_dir *d;

	array_foreach (d, &c->dirs) {
		auto_fd int below = -1;
		int dir = d->fd, r;

		if (sub && dir >= 0) {
			below = openat(d->fd, sub, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			dir = below;
		}
		r = dir < 0 ? -ENOENT : cgroup_file_attach(dir, pid);
		if (r == 0)
			continue;
		err_object(e, "%s", d->path);
		return err_sys(e, ERR_HOST_CGROUP, r, "moving process %d to cgroup %s%s%s",
			(int)pid, d->path, sub ? "/" : "", sub ? sub : "");
	}
	return 0;
}

int cgroup_clone_fd(const struct cgroup *c, const char *sub, struct err *e)
{
	int dir = cgroup_is_unified(c) ? cgroup_dir_for(c, "") : -ENOENT;
	int fd;

	if (dir < 0)
		return -ENOENT;
	fd = openat(dir, sub ? sub : ".", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	err_object(e, "%s/%s", c->dirs.v[0].path, sub ? sub : "");
	return err_sys(e, ERR_HOST_CGROUP, errno, "opening cgroup %s/%s", c->dirs.v[0].path,
		sub ? sub : "");
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What has just died may be counted a moment longer, and there is nothing to wait for it with. */
static int remove_dir(const char *path)
{
	struct timespec pause = {.tv_nsec = 500000};
	int64_t end = now_ms() + REMOVE_TIMEOUT_MS;
	int r;

	while ((r = cgroup_remove_tree(AT_FDCWD, path)) == -EBUSY && now_ms() < end) {
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 50000000)
			pause.tv_nsec *= 2;
	}
	return r;
}

bool cgroup_remove_empty(const struct cgroup *c)
{
	return cgroup_is_unified(c) && c->dirs.v[0].fd >= 0 && rmdir(c->dirs.v[0].path) == 0;
}

int cgroup_remove(const struct cgroup *c, struct err *e)
{
	const struct cgroup_dir *d;
	int failed = 0;

	array_foreach (d, &c->dirs) {
		int r = d->fd < 0 ? 0 : remove_dir(d->path);

		if (r == 0 || failed)
			continue;
		failed = r;
		err_object(e, "%s", d->path);
		err_sys(e, ERR_HOST_CGROUP, r, "removing cgroup %s", d->path);
	}
	return failed;
}
