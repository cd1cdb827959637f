// SPDX-License-Identifier: Apache-2.0
/*
 * hold: a scope for all of a user's containers, with a process that keeps it. Where there is none
 * of that name it is started with a new holder; where there is one, it gets a holder if it has lost
 * its own. The holder goes to a cgroup below the scope's, since one with processes can give no
 * controllers to those below it (cgroups(7), "no internal processes"). In the end LINK, a symbolic
 * link, leads to the scope's cgroup. The caller sees to it that there is one such request at a
 * time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "scope.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"
#define HOLDER       "holder"
#define SCOPE_TYPE   "org.freedesktop.systemd1.Scope"
#define FILE_MAX     (64u << 10)

struct hold {
	const char *program;
	const char *link;
	const char *group; /* absolute path of the scope's cgroup, in `arena` */
	struct arena *arena;
	pid_t pid; /* of the new holder, 0 = it has ended */
	int release; /* a byte here lets it stay */
};

/* ---------------------------------------------------------------- the holder */

static _Noreturn void become_holder(const char *program, int in)
{
	char *const argv[] = {(char *)"lodger-hold", NULL};
	char *const env[] = {NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Nothing of who happened to be the first: no terminal, no session, no directory. */
	if (null >= 0 && setsid() >= 0 && chdir("/") == 0 && dup2(in, 0) >= 0 &&
		dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
		execve(program, argv, env);
	_exit(127);
}

static int start_holder(struct hold *h)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	h->pid = fork();
	if (h->pid == 0)
		become_holder(h->program, ends[0]);
	close(ends[0]);
	h->release = ends[1];
	if (h->pid < 0) {
		h->pid = 0;
		return -errno;
	}
	return 0;
}

/* Without the byte it ends by itself, even if we are killed here. */
static void end_holder(struct hold *h)
{
	if (h->release >= 0)
		close(h->release);
	h->release = -1;
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	h->pid = 0;
}

static int release_holder(struct hold *h)
{
	/* Of one that is dead already the pipe has no reader: an error then, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	if (write(h->release, "+", 1) != 1)
		return -errno;
	close(h->release);
	h->release = -1;
	h->pid = 0;
	return 0;
}

/* ---------------------------------------------------------------- its cgroup */

static int fail_at(const char *what, const char *path, int r)
{
	fprintf(stderr, "%s %s: %s\n", what, path, strerror(-r));
	return r;
}

/* Where systemd has put it: "0::/…/lodger.scope" in /proc/PID/cgroup. */
static int find_group(struct scope *s, struct hold *h)
{
	const char *file = arena_printf(h->arena, "/proc/%d/cgroup", (int)h->pid);
	char *text, *line, *path = NULL;
	size_t n = strlen(s->unit), len;
	int r = file_read(h->arena, AT_FDCWD, file, FILE_MAX, &text, NULL);

	if (r < 0)
		return fail_at("reading", file, r);
	while (!path && (line = strsep(&text, "\n")))
		path = strncmp(line, "0::/", 4) == 0 ? line + 3 : NULL;
	len = path ? strlen(path) : 0;
	if (len <= n || path[len - n - 1] != '/' || strcmp(path + len - n, s->unit) != 0) {
		fprintf(stderr, "systemd has started %s, but the process is in cgroup %s\n",
			s->unit, path ? path : "of no name");
		return -ENOENT;
	}
	h->group = arena_printf(h->arena, CGROUP_MOUNT "%s", path);
	return 0;
}

static int make_subgroup(struct hold *h, const char **ret)
{
	*ret = arena_printf(h->arena, "%s/" HOLDER, h->group);
	return mkdir(*ret, 0755) < 0 && errno != EEXIST ? fail_at("making cgroup", *ret, -errno)
							: 0;
}

static int settle(struct hold *h)
{
	const char *sub, *pid = arena_printf(h->arena, "%d", (int)h->pid);
	int r = make_subgroup(h, &sub);

	if (r < 0)
		return r;
	r = file_write_once(AT_FDCWD, arena_printf(h->arena, "%s/cgroup.procs", sub), pid);
	return r < 0 ? fail_at("moving the holder to cgroup", sub, r) : 0;
}

/* ---------------------------------------------------------------- a scope that is there */

/* A property of the unit as text in the arena; of one that is not there, systemd knows the state.
 */
static int unit_text(
	struct scope *s, struct hold *h, const char *type, const char *name, const char **ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL;
	const char *text;
	int r = scope_get(s, type, name, &error, &answer);

	if (r >= 0)
		r = sd_bus_message_read(answer, "v", "s", &text);
	if (r >= 0)
		*ret = arena_strdup(h->arena, text);
	else
		scope_fail(s, r, &error, "asking for unit");
	sd_bus_error_free(&error);
	sd_bus_message_unref(answer);
	return r < 0 ? r : 0;
}

static bool is_populated(struct hold *h, const char *group)
{
	const char *file = arena_printf(h->arena, "%s/cgroup.events", group);
	char *text;

	return file_read(h->arena, AT_FDCWD, file, FILE_MAX, &text, NULL) == 0 &&
	       strstr(text, "populated 1");
}

/* It has a holder, or gets ours, by systemd: from a login session nobody else may move it there. */
static int adopt(struct scope *s, struct hold *h)
{
	char *args[3] = {(char *)(uintptr_t)s->unit, (char *)"/" HOLDER, NULL};
	struct request attach = {.args = args, .n = ARRAY_SIZE(args)};
	const char *group, *sub;
	int r = unit_text(s, h, SCOPE_TYPE, "ControlGroup", &group);

	if (r < 0)
		return r;
	h->group = arena_printf(h->arena, CGROUP_MOUNT "%s", group);
	r = make_subgroup(h, &sub);
	if (r < 0)
		return r;
	if (is_populated(h, sub)) {
		end_holder(h);
		return 0;
	}
	args[2] = arena_printf(h->arena, "%d", (int)h->pid);
	return scope_attach(s, &attach);
}

/* ---------------------------------------------------------------- */

static int make_link(struct hold *h)
{
	const char *new = arena_printf(h->arena, "%s.new", h->link);

	/* What a killed one has left. */
	unlink(new);
	if (symlink(h->group, new) < 0 || rename(new, h->link) < 0)
		return fail_at("making", h->link, -errno);
	return 0;
}

static int start_scope(struct scope *s, struct hold *h, const struct request *q)
{
	auto_free char **args = xcalloc((size_t)q->n, sizeof(*args));
	struct request start = {.args = args};
	int r;

	for (int i = 0; i < q->n; i++)
		if (i != 4)
			args[start.n++] =
				i == 3 ? arena_printf(h->arena, "%d", (int)h->pid) : q->args[i];
	r = scope_start(s, &start);
	if (r == 0)
		r = find_group(s, h);
	return r < 0 ? r : settle(h);
}

/* One that is being stopped is in the way until it is gone; nothing says when but the state. */
static int wait_until_stopped(struct scope *s, struct hold *h, const char **ret_state)
{
	int r;

	for (uint64_t tries = SCOPE_TIMEOUT_US / RETRY_US; tries > 0; tries--) {
		r = unit_text(s, h, SYSTEMD_UNIT, "ActiveState", ret_state);
		if (r < 0 || strcmp(*ret_state, "deactivating") != 0)
			return r;
		usleep(RETRY_US);
	}
	fprintf(stderr, "starting unit %s: the one that is being stopped does not go away\n",
		s->unit);
	return -EEXIST;
}

int scope_hold_unit(struct scope *s, struct request *q)
{
	auto_arena struct arena *arena = arena_new();
	struct hold h = {.program = q->args[3],
		.link = q->args[4],
		.group = "",
		.arena = arena,
		.release = -1};
	const char *state;
	int r;

	s->unit = q->args[0];
	r = wait_until_stopped(s, &h, &state);
	if (r < 0)
		return r;
	r = start_holder(&h);
	if (r < 0)
		return fail_at("starting", h.program, r);
	if (strcmp(state, "active") == 0)
		r = adopt(s, &h);
	else
		r = start_scope(s, &h, q);
	if (r == 0)
		r = make_link(&h);
	if (r == 0 && h.pid > 0)
		r = release_holder(&h);
	end_holder(&h);
	return r;
}
