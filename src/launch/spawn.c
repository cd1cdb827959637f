// SPDX-License-Identifier: Apache-2.0
/*
 * Starting init: one clone3 into the new user, pid and mount namespaces, then lodger-init is
 * executed from a handle that nobody can write to. Front end; the child between clone and exec.
 *
 * A runtime in the user's home belongs to that user, who is root in the container: a process there
 * that gets hold of /proc/PID/exe could overwrite it (CVE-2019-5736). So what is executed is a
 * read-only clone of the mount the file is on, or, where that cannot be made, a sealed copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "kernel/cap.h"
#include "kernel/fds.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "launch/launch.h"
#include "protocol/message.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#define INIT_TITLE "lodger:[1:INIT]"
#define FIXED_FDS  4 /* init pipe, sync socket, log pipe, exec.fifo */

/* Where init finds each descriptor: consecutive numbers after those that the container keeps. */
struct fd_map {
	int *from;
	int *safe; /* room for as many */
	int n;
	int base;
	const struct launch_fds *keep; /* below base, as they are */
};

static int map_add(struct fd_map *map, int fd)
{
	map->from[map->n] = fd;
	return map->base + map->n++;
}

/* Two passes: a source may sit on a number that is another's target. */
static int map_apply(const struct fd_map *map)
{
	int *safe = map->safe;
	int end = map->base + map->n;

	for (int i = 0; i < map->n; i++) {
		safe[i] = fcntl(map->from[i], F_DUPFD_CLOEXEC, end);
		if (safe[i] < 0)
			return -errno;
	}
	for (int i = 0; i < map->n; i++)
		if (dup2(safe[i], map->base + i) < 0)
			return -errno;
	for (size_t i = 0; i < map->keep->n; i++)
		if (fcntl(map->keep->v[i], F_SETFD, 0) < 0)
			return -errno;
	/* What the caller left open without close-on-exec is none of init's business. */
	return fds_close_on_exec(-1, (unsigned)end);
}

static int readonly_handle(const char *path)
{
	auto_fd int fd = mount_clone(AT_FDCWD, path, false, false);
	int r = fd < 0 ? fd : mount_set_attr(fd, "", false, MOUNT_ATTR_RDONLY, 0, 0);

	return r < 0 ? r : take_fd(&fd);
}

static int sealed_copy(const char *path)
{
	const unsigned seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	auto_fd int in = open(path, O_RDONLY | O_CLOEXEC);
	auto_fd int out = memfd_create("lodger-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	ssize_t n;

	/* Kernels before 6.3 do not know the flag, and make executable files without it. */
	if (out < 0 && errno == EINVAL)
		out = memfd_create("lodger-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (in < 0 || out < 0)
		return -errno;
	while ((n = sendfile(out, in, NULL, 1 << 24)) != 0)
		if (n < 0 && errno != EINTR)
			return -errno;
	if (fcntl(out, F_ADD_SEALS, seals) < 0)
		return -errno;
	return take_fd(&out);
}

/* Text such as "_LODGER_SYNCPIPE=4" for the environment of lodger-init. */
static char *env_entry(struct launch *l, const char *name, int fd)
{
	return arena_printf(l->arena, "%s=%d", name, fd);
}

struct child {
	struct fd_map map;
	char *env[8];
	bool keep_caps; /* the exec would cost a process without a mapped uid its capabilities */
};

static void prepare_child(struct launch *l, struct child *c)
{
	size_t max = FIXED_FDS + l->plan->joins.n + l->plan->mapped_mounts;
	int n = 0;

	*c = (struct child){.map = {.keep = &l->keep,
				    .base = 3 + (int)l->plan->init.preserve_fds,
				    .from = arena_calloc(l->arena, max, sizeof(int)),
				    .safe = arena_calloc(l->arena, max, sizeof(int))}};
	c->keep_caps = l->plan->clone_flags & CLONE_NEWUSER;
	c->env[n++] = env_entry(l, PROTOCOL_ENV_INITPIPE, map_add(&c->map, l->child_init_pipe));
	c->env[n++] = env_entry(l, PROTOCOL_ENV_SYNCPIPE, map_add(&c->map, l->child_sync));
	c->env[n++] = env_entry(l, PROTOCOL_ENV_LOGPIPE, map_add(&c->map, l->child_log_pipe));
	if (l->fifo >= 0)
		c->env[n++] = env_entry(l, PROTOCOL_ENV_FIFOFD, map_add(&c->map, l->fifo));
	if (l->target >= 0)
		c->env[n++] = env_entry(l, PROTOCOL_ENV_NSFD, map_add(&c->map, l->target));
	for (size_t i = 0; i < l->plan->joins.n; i++) {
		int fd = map_add(&c->map, l->ns_fds[i]);

		if (i == 0)
			c->env[n++] = env_entry(l, PROTOCOL_ENV_NSFD, fd);
	}
	for (size_t i = 0; i < l->plan->mapped_mounts; i++) {
		int fd = map_add(&c->map, l->mount_fds[i]);

		if (i == 0)
			c->env[n++] = env_entry(l, PROTOCOL_ENV_MOUNTFD, fd);
	}
}

/* In the child: everything that follows the clone, up to the exec. Returns only on failure. */
static int run_child(const struct launch *l, const struct child *c, int *sync, struct err *e)
{
	char *const argv[] = {(char *)INIT_TITLE, NULL};
	int handle, r;

	if (l->signals)
		sigprocmask(SIG_SETMASK, l->signals, NULL);
	r = map_apply(&c->map);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "handing descriptors to init");
	*sync = c->map.base + 1;
	if (c->keep_caps) {
		r = cap_keep_over_exec();
		if (r < 0)
			return err_sys(e, ERR_SYSTEM, r, "keeping capabilities for init");
	}
	handle = readonly_handle(l->init_path);
	if (handle < 0)
		handle = sealed_copy(l->init_path);
	if (handle < 0)
		return err_sys(e, ERR_HOST_INSTALL, handle, "opening %s", l->init_path);
	syscall(SYS_execveat, handle, "", argv, c->env, AT_EMPTY_PATH);
	return err_sys(e, ERR_HOST_INSTALL, errno, "executing %s", l->init_path);
}

int launch_spawn(struct launch *l, struct err *e)
{
	struct child child;
	pid_t pid;

	prepare_child(l, &child);
	pid = ns_clone(l->plan->clone_flags, l->cgroup, &l->pidfd);
	if (pid < 0 && pid != -EAGAIN && l->cgroup >= 0 && l->plan->exec) {
		/* Not allowed there, or no room: the caller moves it, or learns why not. */
		close_fd(&l->cgroup);
		pid = ns_clone(l->plan->clone_flags, -1, &l->pidfd);
	}
	if (pid < 0) {
		/* clone3(2) names these for CLONE_INTO_CGROUP alone. */
		if (l->cgroup >= 0 && (pid == -EACCES || pid == -EBUSY || pid == -EOPNOTSUPP)) {
			err_object(e, "%s", l->plan->cgroup.places.v[0].value);
			return err_sys(e, ERR_HOST_CGROUP, pid, "starting init in cgroup %s",
				l->plan->cgroup.places.v[0].value);
		}
		if (l->plan->clone_flags & CLONE_NEWUSER)
			return facts_explain_userns(pid, e);
		return err_sys(e, ERR_HOST_KERNEL, pid, "cloning init");
	}
	if (pid == 0) {
		struct err why = {0};
		int sync = l->child_sync;

		run_child(l, &child, &sync, &why);
		err_step(&why, "execute-init");
		message_send_error(sync, &why);
		_exit(1);
	}
	l->pid = pid;
	close_fd(&l->child_init_pipe);
	close_fd(&l->child_sync);
	close_fd(&l->child_log_pipe);
	launch_close_mounts(l);
	return 0;
}
