// SPDX-License-Identifier: Apache-2.0
/* kill and delete. Front end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/num.h"
#include "kernel/proc.h"
#include "kernel/sig.h"
#include "lodger/internal.h"

static int not_running(const char *id, struct err *e)
{
	err_object(e, "%s", id);
	return err_set(e, ERR_STATE_STATUS, ESRCH, "container not running: \"%s\"", id);
}

static int signal_init(const struct container *c, int sig, struct err *e)
{
	int r = c->pidfd < 0 ? -ESRCH : proc_pidfd_kill(c->pidfd, sig);

	if (r == -ESRCH)
		return not_running(c->record.id, e);
	return r < 0 ? err_sys(e, ERR_HOST_PERMISSION, r, "sending signal %d to container \"%s\"",
			       sig, c->record.id)
		     : 0;
}

static int pid_namespace(int proc, const char *pid, struct stat *ret)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/ns/pid", pid);
	return fstatat(proc, path, ret, 0) < 0 ? -errno : 0;
}

/*
 * One process by number: opened as a pidfd first and looked at again after, so that a number that
 * is used anew meanwhile is not hit.
 */
static void signal_member(int proc, const char *name, const struct stat *ns, int sig)
{
	auto_fd int pidfd = -1;
	struct stat st;
	int32_t pid;

	if (num_i32(name, &pid) < 0 || pid_namespace(proc, name, &st) < 0 ||
		st.st_ino != ns->st_ino)
		return;
	pidfd = proc_pidfd(pid);
	if (pidfd < 0 || pid_namespace(proc, name, &st) < 0 || st.st_ino != ns->st_ino)
		return;
	proc_pidfd_kill(pidfd, sig);
}

static int signal_namespace(const struct container *c, int sig, struct err *e)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct stat ns;
	char init[16];
	int r;

	if (!dir)
		return err_sys(e, ERR_SYSTEM, errno, "reading /proc");
	snprintf(init, sizeof(init), "%d", c->record.pid);
	r = pid_namespace(dirfd(dir), init, &ns);
	/* Had init ended before, its pid could have been another's: that of the host, say. */
	if (r == 0 && proc_pidfd_wait(c->pidfd, 0) == 0)
		r = -ENOENT;
	if (r == 0)
		while ((entry = readdir(dir)))
			signal_member(dirfd(dir), entry->d_name, &ns, sig);
	closedir(dir);
	return r == -ENOENT ? not_running(c->record.id, e)
	       : r < 0      ? err_sys(e, ERR_HOST_PERMISSION, r,
				      "finding the processes of container \"%s\"", c->record.id)
			    : 0;
}

/* Also of a container whose first process has ended: without a pid namespace the others live on. */
static int signal_cgroup(struct lodger *l, const struct container *c, int sig, struct err *e)
{
	auto_cgroup struct cgroup cgroup = {0};
	int r = container_cgroup(l, c, &cgroup, e);

	return r < 0            ? r
	       : sig == SIGKILL ? cgroup_kill(&cgroup, e)
				: cgroup_signal(&cgroup, sig, e);
}

/* On v1, what is frozen does not even die. */
static void thaw_killed(struct lodger *l, const struct container *c)
{
	auto_cgroup struct cgroup cgroup = {0};
	struct err why = {0};

	if (container_cgroup(l, c, &cgroup, &why) < 0 ||
		(!cgroup_is_unified(&cgroup) && cgroup_freeze(&cgroup, false, &why) < 0))
		log_warn("%s", why.msg);
}

/*
 * Without a pid namespace of its own, SIGKILL for the first process would leave the others of the
 * container running, and nothing would be left to stop them by: they all get it, as with runc.
 */
static bool must_kill_all(const struct container *c, int sig)
{
	return sig == SIGKILL && !c->record.own_pidns && c->record.cgroup_manager;
}

/* Whether any is left; of what cannot be read, there is none. */
static bool has_members(struct lodger *l, const struct container *c)
{
	auto_cgroup struct cgroup cgroup = {0};
	cgroup_pid_list pids = {0};
	struct err why = {0};

	return container_cgroup(l, c, &cgroup, &why) == 0 &&
	       cgroup_pids(l->arena, &cgroup, &pids, &why) == 0 && pids.n;
}

int lodger_kill(struct lodger *l, const char *id, const char *sig, bool all, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	int number;
	int r = sig_parse(sig, &number);

	if (r < 0) {
		err_object(e, "%s", sig);
		return err_set(e, ERR_USAGE, EINVAL, "unknown signal \"%s\"", sig);
	}
	r = container_open(l, id, false, &c, e);
	if (r < 0)
		return r;
	if (must_kill_all(&c, number) && !all)
		all = has_members(l, &c);
	if (all && c.record.cgroup_manager)
		return signal_cgroup(l, &c, number, e);
	/* SIGKILL for the init of a pid namespace is SIGKILL for all that is in it. */
	if (all && c.record.own_pidns && number != SIGKILL && c.pidfd >= 0)
		return signal_namespace(&c, number, e);
	if (all && c.status == STATE_STOPPED)
		return 0;
	if (all && !c.record.own_pidns)
		log_warn("container \"%s\" shares its pid namespace and has no cgroup: only its "
			 "first "
			 "process gets the signal",
			id);
	r = signal_init(&c, number, e);
	if (r == 0 && number == SIGKILL && c.status == STATE_PAUSED)
		thaw_killed(l, &c);
	if (r < 0 && e)
		facts_explain_syscalls(e);
	return r;
}

static int check_deletable(const struct container *c, const char *id, bool force, struct err *e)
{
	if (force || c->status == STATE_STOPPED || c->status == STATE_CREATED)
		return 0;
	err_object(e, "%s", id);
	return err_set(e, ERR_STATE_STATUS, EBUSY,
		"cannot delete container %s that is not stopped: %s", id,
		state_status_name(c->status));
}

int lodger_delete(struct lodger *l, const char *id, bool force, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	struct err why = {0};
	int r = container_open(l, id, true, &c, &why);

	if (force && why.code == ERR_STATE_MISSING)
		return 0;
	/* A record that nobody can read is still somebody's to clear away. */
	if (r < 0 && why.code == ERR_STATE_CORRUPT && force) {
		log_warn("%s", why.msg);
		return state_dir_remove(&c.dir, e);
	}
	if (r < 0) {
		*e = why;
		return r;
	}
	r = check_deletable(&c, id, force, e);
	if (r == 0)
		r = container_kill(l, &c, e);
	return r < 0 ? r : container_remove(l, &c, e);
}
