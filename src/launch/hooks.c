// SPDX-License-Identifier: Apache-2.0
/*
 * Hooks of the runtime's namespaces, and the state that all hooks get. Front end. runtime-spec
 * config.md, "POSIX-platform Hooks".
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "kernel/spawn.h"
#include "launch/launch.h"

/* A file rather than a pipe: a hook that never reads its input cannot hold us up. */
static int state_file(const char *json)
{
	auto_fd int fd = memfd_create("state", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write_all(fd, json, strlen(json));
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

/* For poll(2), which counts in int; what is beyond that is no limit that anybody waits for. */
static int timeout_ms(const struct spec_hook *h)
{
	return h->timeout.set && h->timeout.v <= INT_MAX / 1000 ? (int)h->timeout.v * 1000 : -1;
}

static int run_hook(
	const char *name, size_t i, const struct spec_hook *h, const char *json, struct err *e)
{
	const char *const only_path[] = {h->path, NULL};
	auto_fd int state = state_file(json);
	const struct spawn spawn = {
		.path = h->path,
		.argv = h->args.n ? h->args.v : only_path,
		/* Without "env" the runtime's own, as with runc and crun: hooks expect a PATH. */
		.envp = h->env.v ? h->env.v : (const char *const *)(uintptr_t)environ,
		.in = state,
		.out = -1, /* standard output belongs to the container */
		.err = STDERR_FILENO,
	};
	int status = 0, r;
	pid_t pid;

	r = state < 0 ? state : spawn_start(&spawn, &pid);
	if (r == 0)
		r = spawn_wait(pid, timeout_ms(h), &status);
	if (r == -ETIMEDOUT)
		r = err_set(e, ERR_HOOK, ETIMEDOUT,
			"hooks.%s[%zu]: %s did not end within %lld s and was killed", name, i,
			h->path, (long long)h->timeout.v);
	else if (r < 0)
		err_sys(e, ERR_HOOK, r, "hooks.%s[%zu]: running %s", name, i, h->path);
	else if (status)
		r = err_set(e, ERR_HOOK, ECANCELED, "hooks.%s[%zu]: %s %s %d", name, i, h->path,
			WIFEXITED(status) ? "ended with status" : "was killed by signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	if (r < 0)
		err_object(e, "hooks.%s[%zu]", name, i);
	return r;
}

int hooks_run(const char *name, const spec_hook_list *hooks, const char *state_json, struct err *e)
{
	for (size_t i = 0; i < hooks->n; i++) {
		int r = run_hook(name, i, &hooks->v[i], state_json, e);

		if (r < 0)
			return r;
	}
	return 0;
}

void hooks_run_all(const char *name, const spec_hook_list *hooks, const char *state_json)
{
	for (size_t i = 0; i < hooks->n; i++) {
		struct err why = {0};

		if (run_hook(name, i, &hooks->v[i], state_json, &why) < 0)
			log_warn("%s", why.msg);
	}
}

void launch_state_write(struct launch *l, enum state_status status, struct json_writer *w)
{
	struct state_record now = l->record;

	now.pid = l->pid;
	state_report(&now, status, w);
}

char *launch_state_json(struct launch *l, enum state_status status)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	launch_state_write(l, status, w);
	return arena_strdup(l->arena, json_writer_text(w, NULL));
}
