// SPDX-License-Identifier: Apache-2.0
/*
 * lodger-init: the container side. The front end executes it in the new user namespace; it gets its
 * descriptors by the environment, reads the plan from the init pipe and runs it. Its last act is
 * to execute the payload, so this binary must stay small: it is what waits in a created container.
 */
#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/num.h"
#include "init/init.h"
#include "plan/codec.h"
#include "protocol/message.h"

#define PLAN_MAX (64u << 20) /* a plan is about as long as its config.json */

/* A descriptor named by the environment, from now on close-on-exec; -1 if it is not given. */
static int env_fd(const char *name)
{
	const char *text = getenv(name);
	int32_t fd;

	if (!text || num_i32(text, &fd) < 0 || fd < 3 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return fd;
}

/* One write per line, level first: lines of several processes do not mix on a pipe. */
static void log_to_pipe(enum log_level level, const char *msg, const struct err *e, void *arg)
{
	char line[2048];
	int fd = *(int *)arg;
	int n = snprintf(line, sizeof(line), "%d%s", (int)level, msg);

	(void)e;
	if (fd < 0 || n < 0)
		return;
	if ((size_t)n >= sizeof(line))
		n = sizeof(line) - 1;
	/* Nobody may be there to read any more: a log that is lost must not stop the container. */
	if (write(fd, line, (size_t)n + 1) < 0)
		return;
}

static int read_plan(struct arena *a, int pipe, struct plan_init *ret, struct err *e)
{
	char *text;
	size_t len;
	int r = file_read_fd(a, pipe, PLAN_MAX, &text, &len);

	if (r < 0)
		return err_sys(e, ERR_PROTOCOL, r, "reading the plan");
	/* The front end died before it wrote a plan, or in the middle of it. */
	if (codec_get_plan(a, text, len, ret) < 0)
		return err_set(e, ERR_PROTOCOL, EBADMSG,
			"the plan on the init pipe is not whole (%zu bytes)", len);
	return 0;
}

/* `start` reads it: what is not "0" is the text of an error. */
static bool tell_start(int fifo, const struct err *e)
{
	return fifo >= 0 && dprintf(fifo, "1%s", e->msg) > 0;
}

static void report(const struct init *in, const struct err *e)
{
	int sync = in->sync;

	/*
	 * After start the sync socket is closed, and the container's standard error is the only
	 * place left: it reaches the container's log.
	 */
	if (!tell_start(in->started, e) && (sync < 0 || message_send_error(sync, e) < 0))
		dprintf(STDERR_FILENO, "lodger: %s\n%s%s%s", e->msg, e->fix[0] ? "fix: " : "",
			e->fix, e->fix[0] ? "\n" : "");
}

int main(int argc, char **argv)
{
	int log_fd = env_fd(PROTOCOL_ENV_LOGPIPE);
	auto_arena struct arena *arena = arena_new();
	struct plan_init plan = {0};
	struct init in = {
		.arena = arena,
		.plan = &plan,
		.title = argc > 0 ? argv[0] : NULL,
		.sync = env_fd(PROTOCOL_ENV_SYNCPIPE),
		.fifo = env_fd(PROTOCOL_ENV_FIFOFD),
		.ns_first = env_fd(PROTOCOL_ENV_NSFD),
		.mount_first = env_fd(PROTOCOL_ENV_MOUNTFD),
		.started = -1,
		.proc = -1,
		.root_dir = -1,
		.root = -1,
		.devpts = -1,
		.tty = -1,
		.empty_dir = -1,
		.null_device = -1,
	};
	struct log_options log = {
		.level = LOG_LEVEL_WARN, .quiet = true, .sink = log_to_pipe, .sink_arg = &log_fd};
	struct err e = {0};
	int pipe = env_fd(PROTOCOL_ENV_INITPIPE);

	if (pipe < 0 || in.sync < 0) {
		dprintf(STDERR_FILENO, "lodger-init is started by lodger, not by hand\n");
		return 1;
	}
	log_setup(&log);
	signal(SIGPIPE, SIG_IGN);
	init_title(&in, 1);
	if (read_plan(arena, pipe, &plan, &e) == 0) {
		close(pipe);
		log.level = (enum log_level)plan.log_level;
		log_setup(&log);
		in.prepared = arena_calloc(arena, plan.steps.n + 1, sizeof(int));
		in.fallbacks = arena_calloc(arena, plan.steps.n + 1, sizeof(int));
		for (size_t i = 0; i < plan.steps.n; i++)
			in.prepared[i] = in.fallbacks[i] = -1;
		init_run(&in, &e);
	}
	report(&in, &e);
	return 1;
}
