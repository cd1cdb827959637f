// SPDX-License-Identifier: Apache-2.0
/*
 * OOM kills. v2: inotify(7) tells when memory.events changes; v1: an eventfd that
 * cgroup.event_control ties to memory.oom_control. Either only says that something has happened;
 * how often is counted in the file. Front end.
 */
#include "cgroup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "base/num.h"
#include "base/str.h"

void oom_close(struct oom_watch *w)
{
	close_fd(&w->fd);
	close_fd(&w->events);
}

/* The counter "oom_kill N", which both files have. What cannot be read any more says nothing. */
static uint64_t count(int fd, uint64_t otherwise)
{
	auto_arena struct arena *a = arena_new();
	char text[1024];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	struct strv lines;
	const char *line;
	uint64_t kills;

	text[n > 0 ? n : 0] = '\0';
	lines = strv_split(a, text, "\n");
	strv_foreach (line, &lines) {
		const char *rest = str_after(line, "oom_kill ");

		if (rest && num_u64(rest, &kills) == 0)
			return kills;
	}
	return otherwise;
}

static int watch_unified(int dir, struct oom_watch *w)
{
	char path[64];

	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		return -errno;
	/* By the open directory, so that it is this cgroup and none of its name. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/memory.events", dir);
	return inotify_add_watch(w->fd, path, IN_MODIFY) < 0 ? -errno : 0;
}

static int watch_legacy(int dir, struct oom_watch *w)
{
	char line[64];

	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return -errno;
	snprintf(line, sizeof(line), "%d %d", w->fd, w->events);
	return cgroup_file_write(dir, "cgroup.event_control", line);
}

int oom_open(const struct cgroup *c, struct oom_watch *ret, struct err *e)
{
	bool unified = cgroup_is_unified(c);
	const char *file = unified ? "memory.events" : "memory.oom_control";
	int dir = cgroup_dir_for(c, "memory");
	auto_oom struct oom_watch w = OOM_NONE;
	int r;

	if (dir < 0)
		return 0;
	w.events = openat(dir, file, O_RDONLY | O_CLOEXEC);
	if (w.events < 0)
		return errno == ENOENT ? 0 : err_sys(e, ERR_SYSTEM, errno, "opening %s", file);
	r = unified ? watch_unified(dir, &w) : watch_legacy(dir, &w);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "watching %s", file);
	/* After the watch began: what happens between is seen by one of the two. */
	w.kills = count(w.events, 0);
	*ret = (struct oom_watch){take_fd(&w.fd), take_fd(&w.events), w.kills};
	return 0;
}

uint64_t oom_new_kills(struct oom_watch *w)
{
	char drain[1024];
	uint64_t now, before = w->kills;

	if (w->events < 0)
		return 0;
	while (read(w->fd, drain, sizeof(drain)) > 0)
		;
	now = count(w->events, before);
	w->kills = now;
	return now > before ? now - before : 0;
}
