// SPDX-License-Identifier: Apache-2.0
/*
 * events: what a container uses, again and again, and word of OOM kills, as lines of JSON. In: a
 * container's name. Out: one call of the caller's function a line. Front end. Waits for the
 * container's end, the kernel's word and the clock at once; nothing is asked for in between.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "cgroup/oom.h"
#include "cgroup/stats.h"
#include "kernel/proc.h"
#include "lodger/internal.h"

struct stream {
	const char *id;
	const struct cgroup *cg;
	lodger_line_fn *line;
	void *arg;
};

static int put(const struct stream *s, const char *type, bool stats)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	json_open_object(w);
	json_kv_string(w, "type", type);
	json_kv_string(w, "id", s->id);
	if (stats) {
		json_key(w, "data");
		cgroup_stats_write(w, s->cg);
	}
	json_close_object(w);
	return s->line(json_writer_text(w, NULL), s->arg);
}

static int put_kills(const struct stream *s, struct oom_watch *oom)
{
	int r = 0;

	for (uint64_t n = oom_new_kills(oom); r == 0 && n > 0; n--)
		r = put(s, "oom", false);
	return r;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the container has ended, or nobody listens any more. */
static int follow(const struct stream *s, int pidfd, struct oom_watch *oom, uint32_t interval_ms)
{
	int64_t next = now_ms() + interval_ms;

	for (;;) {
		struct pollfd fds[] = {
			{.fd = pidfd, .events = POLLIN}, {.fd = oom->fd, .events = POLLIN}};
		int64_t left = next - now_ms();
		int r = poll(fds, ARRAY_SIZE(fds), left > 0 ? (int)left : 0);

		if (r < 0 && errno != EINTR)
			return -errno;
		/* Of a container that the kernel ended, this is the last word: before the end. */
		r = put_kills(s, oom);
		if (r < 0 || proc_pidfd_wait(pidfd, 0) == 0)
			return r;
		if (now_ms() < next)
			continue;
		r = put(s, "stats", true);
		if (r < 0)
			return r;
		next += interval_ms;
	}
}

int lodger_events(struct lodger *l, const char *id, bool stats, uint32_t interval_ms,
	lodger_line_fn *line, void *arg, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	auto_cgroup struct cgroup cg = {0};
	auto_oom struct oom_watch oom = OOM_NONE;
	struct stream s = {id, &cg, line, arg};
	int r = container_open(l, id, false, &c, e);

	if (r < 0)
		return r;
	if (c.pidfd < 0) {
		err_object(e, "%s", id);
		return err_set(
			e, ERR_STATE_STATUS, EINVAL, "container with id %s is not running", id);
	}
	r = container_cgroup(l, &c, &cg, e);
	if (r == 0 && !stats)
		r = oom_open(&cg, &oom, e);
	if (r < 0)
		return r;
	r = stats ? put(&s, "stats", true) : follow(&s, c.pidfd, &oom, interval_ms);
	/* A reader that has gone has seen enough. */
	return r == 0 || r == -EPIPE ? 0 : err_sys(e, ERR_SYSTEM, r, "writing events");
}
