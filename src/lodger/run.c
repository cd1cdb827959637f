// SPDX-License-Identifier: Apache-2.0
/* run: create, stay, clean up. Front end. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "launch/notify.h"
#include "launch/relay.h"
#include "lodger/internal.h"

static int run_poststart(struct launch *launch, const struct spec *spec, struct err *e)
{
	if (!spec->hooks || !spec->hooks->poststart.n)
		return 0;
	return hooks_run(
		"poststart", &spec->hooks->poststart, launch_state_json(launch, STATE_RUNNING), e);
}

/*
 * Somebody may have deleted the container while we stayed with it, and even made another one of
 * the same name: what is not ours any more is left alone.
 */
static void remove_ended(struct lodger *l, struct launch *launch, const struct spec *spec)
{
	struct err why = {0};
	int r = state_dir_lock(&launch->dir, &why);

	if (r == -ENOENT)
		return;
	if (r == 0 && spec->hooks && spec->hooks->poststop.n) {
		launch->pid = 0;
		hooks_run_all("poststop", &spec->hooks->poststop,
			launch_state_json(launch, STATE_STOPPED));
	}
	if (launch->record.network)
		state_network_stop(launch->record.network);
	if (r == 0)
		r = container_remove_cgroup(l, &launch->record, true, &why);
	if (r == 0)
		scope_end(&launch->scope);
	if (r == 0)
		r = state_dir_remove(&launch->dir, &why);
	if (r < 0)
		log_warn("%s", why.msg);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* READY=1 of the container, while we stay with it: the service's main process is this one. */
struct notify_side {
	struct relay_side side;
	const char *socket;
};

static bool on_notify(struct relay_side *side)
{
	const struct notify_side *n = (const void *)side;

	if (!notify_take(side->fd))
		return true;
	notify_send_ready(n->socket, getpid());
	return false;
}

int stay(struct launch *launch, const char *notify_socket, int *ret_status, struct err *e)
{
	struct notify_side notify = {{launch->notify_sock, on_notify}, notify_socket};
	int status = 0;
	int console = take_fd(&launch->console);
	int r;

	/* Others may kill it or delete it from now on: only its making was ours alone. */
	close_fd(&launch->dir.lock_fd);
	r = relay_run(launch->pid, launch->pidfd, console,
		launch->notify_sock >= 0 ? &notify.side : NULL, &status, e);
	if (r == 0)
		*ret_status = exit_status(status);
	return r;
}

int lodger_run(struct lodger *l, const struct lodger_create *opts, int *ret_status, struct err *e)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	sigset_t old;
	struct spec *spec;
	int r;

	*ret_status = 0;
	relay_block(&old);
	/* Nobody has to call start, so init need not wait for it at a fifo. */
	r = make_container(l, opts, false, &old, &launch, &spec, e);
	if (r == 0)
		r = run_poststart(&launch, spec, e);
	if (r < 0 && launch.pid > 0) {
		kill(launch.pid, SIGKILL);
		stay(&launch, l->notify_socket, ret_status, NULL);
		remove_ended(l, &launch, spec);
	} else if (r == 0 && !opts->detach) {
		r = stay(&launch, l->notify_socket, ret_status, e);
		if (!opts->keep)
			remove_ended(l, &launch, spec);
	} else if (r == 0 && launch.notify_sock >= 0) {
		/* Others may kill or delete it while we wait, and our caller may end us. */
		sigprocmask(SIG_SETMASK, &old, NULL);
		close_fd(&launch.dir.lock_fd);
		notify_wait(launch.notify_sock, launch.pidfd, l->notify_socket, launch.pid);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}
