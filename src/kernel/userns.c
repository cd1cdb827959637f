// SPDX-License-Identifier: Apache-2.0
/*
 * A user namespace for its map alone; see userns.h. Front end and init. A process has to be in it
 * until its maps are written; after that, a descriptor keeps it.
 */
#include "kernel/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "kernel/ns.h"

/*
 * The child opens its own directory of /proc, since its pid may have another number in that procfs,
 * and tells the number of the descriptor: the table of descriptors is shared.
 */
static void child(int proc, int pipe, pid_t parent)
{
	int dir;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	dir = openat(proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		dir = -errno;
	if (write(pipe, &dir, sizeof(dir)) != sizeof(dir))
		_exit(1);
	for (;;)
		pause();
}

static int write_maps(int dir, const char *uid_map, const char *gid_map)
{
	int r = file_write_once(dir, "uid_map", uid_map);

	if (r == 0)
		r = file_write_once(dir, "gid_map", gid_map);
	return r;
}

/* The child's answer. Its end would not be that of the pipe, whose other end we have ourselves. */
static int open_child(int pipe, int pidfd)
{
	struct pollfd fds[] = {{.fd = pipe, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	int dir;

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (!(fds[0].revents & POLLIN) || read(pipe, &dir, sizeof(dir)) != sizeof(dir))
		return -ECHILD;
	return dir;
}

static int open_mapped(int pipe, int pidfd, const char *uid_map, const char *gid_map)
{
	auto_fd int dir = open_child(pipe, pidfd);
	int r, fd;

	if (dir < 0)
		return dir;
	r = write_maps(dir, uid_map, gid_map);
	if (r < 0)
		return r;
	fd = openat(dir, "ns/user", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int userns_make(int proc, const char *uid_map, const char *gid_map)
{
	pid_t self = getpid(), pid;
	int ends[2], fd, pidfd = -1, status;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = ns_clone(CLONE_NEWUSER | CLONE_FILES, -1, &pidfd);
	if (pid == 0)
		child(proc, ends[1], self);
	fd = pid < 0 ? pid : open_mapped(ends[0], pidfd, uid_map, gid_map);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		close(pidfd);
	}
	close(ends[0]);
	close(ends[1]);
	return fd;
}
