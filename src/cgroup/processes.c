// SPDX-License-Identifier: Apache-2.0
/*
 * The processes of a container, by its cgroup: listed, frozen, signalled, killed. Front end. All of
 * them are the container's, so what they do meanwhile (fork, die, be frozen) is expected.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "kernel/proc.h"

#define TIMEOUT_MS 10000

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The directory whose processes are the container's: on v1 the freezer's, else any. */
static int process_dir(const struct cgroup *c)
{
	const struct cgroup_dir *d;
	int dir = cgroup_dir_for(c, "freezer");

	if (dir >= 0)
		return dir;
	array_foreach (d, &c->dirs)
		if (d->fd >= 0)
			return d->fd;
	return -ENOENT;
}

/* Wait until a key of cgroup.events has the value: the kernel says when the file has changed. */
static int wait_event(int dir, const char *key, uint64_t value, int timeout_ms)
{
	auto_fd int fd = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLPRI};
	int64_t end = now_ms() + timeout_ms;

	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	for (;;) {
		char text[256];
		uint64_t now = 0;
		/*
		 * A read through this descriptor arms the next poll, and is ENODEV when the cgroup
		 * is gone. To open the file again would be ENOENT, if it goes in between.
		 */
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
		int64_t left = end - now_ms();
		int r = n < 0 ? -errno : 0;

		text[n > 0 ? n : 0] = '\0';
		if (r == 0)
			r = cgroup_text_key(text, key, &now);

		if (r < 0 || now == value)
			return r;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

static bool legacy_state_is(int dir, const char *state)
{
	scratch_arena(a);
	char *text;

	return cgroup_file_read(a, dir, "freezer.state", &text) == 0 && str_after(text, state);
}

/*
 * v1: whether all are frozen shows when the file is read. A process that is forked at the wrong
 * moment can keep it at FREEZING for ever, which thawing and trying anew resolves.
 */
static int freeze_legacy(int dir, bool freeze)
{
	int64_t end = now_ms() + TIMEOUT_MS;
	struct timespec pause = {.tv_nsec = 100000};
	int r = cgroup_file_write(dir, "freezer.state", freeze ? "FROZEN" : "THAWED");

	for (int i = 1; r == 0 && freeze && !legacy_state_is(dir, "FROZEN"); i++) {
		if (now_ms() >= end)
			r = -ETIMEDOUT;
		else if (i % 32 == 0 && cgroup_file_write(dir, "freezer.state", "THAWED") < 0)
			r = -EIO;
		nanosleep(&pause, NULL);
		if (r == 0)
			r = cgroup_file_write(dir, "freezer.state", "FROZEN");
	}
	if (r < 0 && freeze)
		cgroup_file_write(dir, "freezer.state", "THAWED");
	return r;
}

static int freeze_unified(int dir, bool freeze)
{
	int r = cgroup_file_write(dir, "cgroup.freeze", freeze ? "1" : "0");

	if (r == 0)
		r = wait_event(dir, "frozen", freeze, TIMEOUT_MS);
	if (r < 0 && freeze)
		cgroup_file_write(dir, "cgroup.freeze", "0");
	return r;
}

int cgroup_freeze(const struct cgroup *c, bool freeze, struct err *e)
{
	bool unified = cgroup_is_unified(c);
	int dir = cgroup_dir_for(c, unified ? "" : "freezer");
	int r = dir < 0 ? dir : unified ? freeze_unified(dir, freeze) : freeze_legacy(dir, freeze);

	if (r == 0)
		return 0;
	err_object(e, "%s", c->dirs.n ? c->dirs.v[0].path : "cgroup");
	if (r == -ETIMEDOUT)
		return err_set(e, ERR_HOST_CGROUP, ETIMEDOUT,
			"the processes of the container do not %s within %d s",
			freeze ? "freeze" : "thaw", TIMEOUT_MS / 1000);
	return err_sys(e, ERR_HOST_CGROUP, r, "%s the container's cgroup",
		freeze ? "freezing" : "thawing");
}

bool cgroup_is_frozen(const struct cgroup *c)
{
	bool unified = cgroup_is_unified(c);
	scratch_arena(a);
	char *text;

	if (unified)
		return cgroup_read(a, c, "", "cgroup.freeze", &text) == 0 && *text == '1';
	return cgroup_read(a, c, "freezer", "freezer.state", &text) == 0 &&
	       (str_after(text, "FROZEN") || str_after(text, "FREEZING"));
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static int sorted_pids(struct arena *a, int dir, cgroup_pid_list *ret)
{
	int r = cgroup_file_pids(a, dir, true, ret);

	if (r == 0 && ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_pids);
	return r == -ENOENT ? 0 : r;
}

int cgroup_pids(struct arena *a, const struct cgroup *c, cgroup_pid_list *ret, struct err *e)
{
	int dir = process_dir(c);
	int r;

	*ret = (cgroup_pid_list){0};
	r = dir < 0 ? 0 : sorted_pids(a, dir, ret);
	if (r == 0)
		return 0;
	err_object(e, "%s", c->dirs.v[0].path);
	return err_sys(
		e, ERR_HOST_CGROUP, r, "listing the processes of cgroup %s", c->dirs.v[0].path);
}

/*
 * One round: every process that is there gets the signal. A pid that is used anew after it was
 * listed is not hit: what is in the second list is in the cgroup after its pidfd was opened.
 * `wait`: until each of them has ended. Gives the number that got it.
 */
static int signal_round(int dir, int sig, bool wait, int64_t end)
{
	scratch_arena(a);
	cgroup_pid_list first, second;
	int *pidfds;
	int r = sorted_pids(a, dir, &first);
	int hit = 0;

	if (r < 0)
		return r;
	pidfds = arena_calloc(a, first.n + 1, sizeof(*pidfds));
	for (size_t i = 0; i < first.n; i++)
		pidfds[i] = proc_pidfd(first.v[i]);
	r = sorted_pids(a, dir, &second);
	for (size_t i = 0; i < first.n; i++) {
		bool is_in = r == 0 && second.n && pidfds[i] >= 0 &&
			     bsearch(&first.v[i], second.v, second.n, sizeof(pid_t), compare_pids);

		if (is_in && proc_pidfd_kill(pidfds[i], sig) == 0)
			hit++;
		else
			close_fd(&pidfds[i]);
	}
	for (size_t i = 0; i < first.n; i++) {
		int64_t left = end - now_ms();

		if (wait && r == 0 && pidfds[i] >= 0)
			r = proc_pidfd_wait(pidfds[i], left > 0 ? (int)left : 0);
		close_fd(&pidfds[i]);
	}
	return r < 0 ? r : hit;
}

/*
 * Whose directory is gone has no process left: systemd removes a scope when its last one has ended,
 * which may be while it is looked at. Files that are always there are ENOENT then, or ENODEV.
 */
static int signal_failed(const struct cgroup *c, int sig, int r, struct err *e)
{
	if (r == -ENOENT || r == -ENODEV)
		return 0;
	err_object(e, "%s", c->dirs.v[0].path);
	return err_sys(e, ERR_HOST_CGROUP, r, "sending signal %d to the processes of cgroup %s",
		sig, c->dirs.v[0].path);
}

int cgroup_signal(const struct cgroup *c, int sig, struct err *e)
{
	int dir = process_dir(c);
	bool frozen = cgroup_is_frozen(c);
	struct err why = {0};
	int r;

	if (dir < 0)
		return 0;
	/* Nobody forks while they are frozen; where that fails, what is there is what gets it. */
	if (!frozen && cgroup_freeze(c, true, &why) < 0)
		log_debug("%s", why.msg);
	r = signal_round(dir, sig, false, 0);
	if (!frozen)
		cgroup_freeze(c, false, NULL);
	return r < 0 ? signal_failed(c, sig, r, e) : 0;
}

/* Where there is no cgroup.kill (Linux before 5.14, v1): round after round until nobody is left. */
static int kill_rounds(const struct cgroup *c, int dir)
{
	int64_t end = now_ms() + TIMEOUT_MS;
	bool unified = cgroup_is_unified(c);
	int r;

	do {
		/* Frozen, they fork nothing; on v1 they do not die either. */
		if (!unified && cgroup_dir_for(c, "freezer") >= 0)
			freeze_legacy(dir, true);
		r = signal_round(dir, SIGKILL, unified, end);
		if (!unified && cgroup_dir_for(c, "freezer") >= 0)
			freeze_legacy(dir, false);
		if (r > 0 && !unified && now_ms() < end)
			r = signal_round(dir, SIGKILL, true, end) < 0 ? -ETIMEDOUT : r;
	} while (r > 0 && now_ms() < end);
	return r > 0 ? -ETIMEDOUT : r;
}

int cgroup_kill(const struct cgroup *c, struct err *e)
{
	int dir = process_dir(c);
	int r = -ENOENT;

	if (dir < 0)
		return 0;
	if (cgroup_is_unified(c))
		r = cgroup_file_write(dir, "cgroup.kill", "1");
	if (r == 0)
		r = wait_event(dir, "populated", 0, TIMEOUT_MS);
	else if (r != -ENODEV)
		r = kill_rounds(c, dir);
	return r < 0 ? signal_failed(c, SIGKILL, r, e) : 0;
}
