// SPDX-License-Identifier: Apache-2.0
/* start: open the other end of exec.fifo. Front end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "base/log.h"
#include "launch/notify.h"
#include "lodger/internal.h"
#include "protocol/message.h"

static int check_status(const struct container *c, const char *id, struct err *e)
{
	static const char *const why[STATE_STATUS_NR] = {
		[STATE_CREATING] = "cannot start a container that is still being created",
		[STATE_RUNNING] = "cannot start an already running container",
		[STATE_PAUSED] = "cannot start a paused container",
		[STATE_STOPPED] = "cannot start a container that has stopped",
	};

	if (c->status == STATE_CREATED)
		return 0;
	err_object(e, "%s", id);
	return err_set(e, ERR_STATE_STATUS, EBUSY, "%s: \"%s\"", why[c->status], id);
}

/*
 * Opened without blocking, so that an init that is dead or dies now is seen by its pidfd instead of
 * being waited for. The byte says that init has come through its own open.
 */
static int release_init(const struct container *c, struct err *e)
{
	auto_fd int fifo =
		openat(c->dir.fd, "exec.fifo", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct pollfd fds[] = {{.fd = fifo, .events = POLLIN}, {.fd = c->pidfd, .events = POLLIN}};
	char text[sizeof(e->msg) + 1];
	ssize_t n;

	if (fifo < 0)
		return err_sys(e, ERR_STATE_CORRUPT, errno, "opening exec.fifo");
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "waiting for init");
		n = fds[0].revents & POLLIN ? read(fifo, text, sizeof(text) - 1) : 0;
		if (n > 0)
			break;
		if (fds[1].revents)
			return err_set(e, ERR_CHILD_DIED, ESRCH,
				"container \"%s\" died before it could be started", c->record.id);
	}
	if (unlinkat(c->dir.fd, "exec.fifo", 0) < 0)
		return err_sys(e, ERR_STATE_DIR, errno, "removing exec.fifo");
	if (text[0] == '0')
		return 0;
	text[n] = '\0';
	message_clean(text);
	return err_set(e, ERR_HOOK, ECANCELED, "%s", text + 1);
}

/* A hook that fails stops the container and destroys it (runtime-spec runtime.md, "Lifecycle"). */
static void destroy(struct lodger *l, struct container *c)
{
	struct err why = {0};

	if (container_kill(l, c, &why) < 0 || container_remove(l, c, &why) < 0)
		log_warn("%s", why.msg);
}

static int poststart(struct lodger *l, struct container *c, struct err *e)
{
	struct spec *spec;
	int r = container_spec(l, c, &spec, e);

	if (r < 0 || !spec->hooks || !spec->hooks->poststart.n)
		return r;
	return hooks_run(
		"poststart", &spec->hooks->poststart, container_state_json(l, c, STATE_RUNNING), e);
}

/* Before init is released: what it says first must find somebody. */
static int bind_notify(struct lodger *l, const struct container *c, int *ret_sock, struct err *e)
{
	int r;

	if (!l->notify_socket || !notify_is_there(c->dir.fd))
		return 0;
	r = notify_bind(c->dir.fd, ret_sock);
	return r < 0 ? err_sys(e, ERR_STATE_DIR, r, "making the container's notify socket") : 0;
}

int lodger_start(struct lodger *l, const char *id, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	auto_fd int notify = -1;
	int r = container_open(l, id, true, &c, e);

	if (r == 0)
		r = check_status(&c, id, e);
	if (r == 0)
		r = bind_notify(l, &c, &notify, e);
	if (r == 0)
		r = release_init(&c, e);
	if (r == 0)
		r = poststart(l, &c, e);
	if (r < 0 && e->code == ERR_HOOK)
		destroy(l, &c);
	if (r < 0 || notify < 0)
		return r;
	/* Others may kill or delete it while we wait. */
	close_fd(&c.dir.lock_fd);
	notify_wait(notify, c.pidfd, l->notify_socket, c.record.pid);
	return 0;
}
