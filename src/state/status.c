// SPDX-License-Identifier: Apache-2.0
/*
 * What a container is doing. In: its record and its directory. Out: the status, and a pidfd of
 * init. Runs in the front end. Must not take another process for the container's, whatever pids
 * were reused since.
 */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "kernel/proc.h"

static const char *const names[STATE_STATUS_NR] = {
	[STATE_CREATING] = "creating",
	[STATE_CREATED] = "created",
	[STATE_RUNNING] = "running",
	[STATE_PAUSED] = "paused",
	[STATE_STOPPED] = "stopped",
};

const char *state_status_name(enum state_status status)
{
	return (unsigned)status < STATE_STATUS_NR ? names[status] : "unknown";
}

const char *state_boot_id(struct arena *a)
{
	char *text;

	if (file_read(a, AT_FDCWD, "/proc/sys/kernel/random/boot_id", 256, &text, NULL) < 0)
		return "";
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Whether another than the owner of `d` holds the container's lock. */
static int locked_by_other(const struct state_dir *d, bool *ret)
{
	auto_fd int fd = -1;

	*ret = false;
	if (d->lock_fd >= 0)
		return 0;
	fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	/* Shared: two that only look do not take each other for a create. */
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	*ret = errno == EWOULDBLOCK;
	return *ret ? 0 : -errno;
}

/* Whether the record is from an earlier boot, where pids and start times began anew. */
static bool boot_is_over(const char *boot_id)
{
	scratch_arena(a);
	const char *now = state_boot_id(a);

	return boot_id && *boot_id && *now && !str_eq(boot_id, now);
}

/*
 * A pidfd of the process that the record means. -ESRCH if it has ended.
 *
 * The pidfd is opened before the start time is read. If the time is right, the process was there
 * without a break since the record was written, so the pidfd, which is younger, means the same.
 */
static int open_init(const struct state_record *r)
{
	auto_fd int fd = proc_pidfd(r->pid);
	uint64_t start;
	char state;
	int rc;

	/* -EINVAL, -ENOENT: the pid is now that of a thread. */
	if (fd == -ESRCH || fd == -EINVAL || fd == -ENOENT)
		return -ESRCH;
	if (fd < 0)
		return fd;
	rc = proc_stat(r->pid, &start, &state);
	if (rc < 0)
		return rc;
	if (start != r->start_time)
		return -ESRCH;
	/*
	 * Z is said of a process too whose first thread has ended while others run; its pidfd
	 * becomes readable only when all have.
	 */
	if (strchr("ZXx", state) && proc_pidfd_wait(fd, 0) == 0)
		return -ESRCH;
	return take_fd(&fd);
}

int state_status(const struct state_dir *d, const struct state_record *r, enum state_status *ret,
	int *ret_pidfd, struct err *e)
{
	auto_fd int pidfd = -1;
	enum state_status status = STATE_STOPPED;
	struct stat st;
	bool locked;
	int rc = 0;

	if (r->pid == 0) {
		rc = locked_by_other(d, &locked);
		if (rc == 0 && locked)
			status = STATE_CREATING;
	} else if (!boot_is_over(r->boot_id)) {
		pidfd = open_init(r);
		if (pidfd < 0 && pidfd != -ESRCH)
			rc = pidfd;
		else if (pidfd >= 0)
			status = fstatat(d->fd, "exec.fifo", &st, AT_SYMLINK_NOFOLLOW) == 0
					 ? STATE_CREATED
					 : STATE_RUNNING;
	}
	if (rc < 0) {
		err_sys(e, ERR_SYSTEM, rc, "find the process of container \"%s\"", d->id);
		err_object(e, "pid %d", r->pid);
		return rc;
	}
	*ret = status;
	if (ret_pidfd)
		*ret_pidfd = pidfd < 0 ? -1 : take_fd(&pidfd);
	return 0;
}
