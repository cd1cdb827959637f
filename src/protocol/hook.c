// SPDX-License-Identifier: Apache-2.0
/*
 * One hook; see hook.h. Front end and init. The hook is config.json's and as trusted as that; what
 * it writes is only text here.
 */
#include "protocol/hook.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "kernel/capture.h"
#include "kernel/spawn.h"

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

/* Of one that failed: into the error goes what it has written, to standard error if it is long. */
static const char *last_words(int output, char line[CAPTURE_LINE_MAX])
{
	if (!capture_end(output, line))
		capture_copy(output, STDERR_FILENO);
	return *line ? ", stderr: " : "";
}

static int ended(const struct hook *h, int output, int status, struct err *e)
{
	char line[CAPTURE_LINE_MAX];
	const char *lead;

	if (!status) {
		capture_end(output, line);
		capture_copy(output, STDERR_FILENO);
		return 0;
	}
	lead = last_words(output, line);
	return err_set(e, ERR_HOOK, ECANCELED, "error running %s: %s %s %d%s%s", h->title, h->path,
		WIFEXITED(status) ? "ended with status" : "was killed by signal",
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), lead, line);
}

static int timed_out(const struct hook *h, int output, struct err *e)
{
	char line[CAPTURE_LINE_MAX];
	const char *lead = last_words(output, line);

	return err_set(e, ERR_HOOK, ETIMEDOUT,
		"error running %s: %s did not end within %d s and was killed%s%s", h->title,
		h->path, h->timeout_ms / 1000, lead, line);
}

int hook_run(const struct hook *h, struct err *e)
{
	const char *const only_path[] = {h->path, NULL};
	auto_fd int state = state_file(h->state);
	auto_fd int output = capture_open();
	const struct spawn spawn = {
		.path = h->path,
		.argv = h->argv && *h->argv ? h->argv : only_path,
		.envp = h->envp,
		.in = state,
		.out = -1,
		.err = output,
	};
	int status = 0, r;
	pid_t pid;

	r = state < 0 ? state : output < 0 ? output : spawn_start(&spawn, &pid);
	if (r == 0)
		r = spawn_wait(pid, h->timeout_ms, &status);
	if (r == -ETIMEDOUT)
		r = timed_out(h, output, e);
	else if (r < 0)
		err_sys(e, ERR_HOOK, r, "error running %s: %s", h->title, h->path);
	else
		r = ended(h, output, status, e);
	if (r < 0)
		err_object(e, "%s", h->json_path);
	return r;
}
