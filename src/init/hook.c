// SPDX-License-Identifier: Apache-2.0
/*
 * createContainer and startContainer hooks, which run in the container's namespaces. Runs in init.
 * The first are found in the runtime's root filesystem, the second in the container's
 * (runtime-spec config.md); both get the state on standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "init/init.h"
#include "kernel/spawn.h"

/* The state as a file to read: a pipe could fill up before a hook that never reads ends. */
static int state_file(const char *json)
{
	auto_fd int fd = memfd_create("state", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write_all(fd, json, strlen(json));
	if (r < 0)
		return r;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : take_fd(&fd);
}

int step_hook(struct init *in, size_t i, struct err *e)
{
	static const char *const no_env[] = {NULL};
	const struct step_hook *h = &init_step(in, i)->hook;
	const char *const only_path[] = {h->path, NULL};
	auto_fd int state = state_file(in->plan->state_json ? in->plan->state_json : "{}");
	const struct spawn spawn = {
		.path = h->path,
		.argv = h->args.n ? h->args.v : only_path,
		.envp = h->env.n ? h->env.v : no_env,
		.in = state,
		.out = -1, /* standard output belongs to the payload */
		.err = STDERR_FILENO,
	};
	pid_t pid;
	int status = 0, r;

	r = state < 0 ? state : spawn_start(&spawn, &pid);
	if (r == 0)
		r = spawn_wait(pid, h->timeout_s ? (int)h->timeout_s * 1000 : -1, &status);
	if (r < 0)
		err_sys(e, ERR_HOOK, r, "%s: running %s", h->json_path, h->path);
	else if (status)
		r = err_set(e, ERR_HOOK, ECANCELED, "%s: %s %s %d", h->json_path, h->path,
			WIFEXITED(status) ? "ended with status" : "was killed by signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	if (r < 0)
		err_object(e, "%s", h->json_path);
	return r;
}
