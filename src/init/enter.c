// SPDX-License-Identifier: Apache-2.0
/*
 * Steps that give init its namespaces and its identity, and what is set inside namespaces. Runs in
 * init, at first still with the caller's identity.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "init/init.h"
#include "kernel/ns.h"
#include "protocol/message.h"

int step_join(struct init *in, size_t i, struct err *e)
{
	const struct step_join *s = &init_step(in, i)->join;
	int fd = in->ns_first + (int)s->slot;
	int r;

	/*
	 * Processes of a container may already live where we are going: they must not be able to
	 * trace init or use its descriptors (CVE-2016-9962).
	 */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = ns_join(fd, s->flag);
	/* Refused for want of rights over it: whoever is there already has joined. */
	if (r < 0 && ns_is_own(fd, s->flag))
		r = 0;
	close(fd);
	if (r == 0)
		return 0;
	err_sys(e, ERR_HOST_PERMISSION, r, "joining the %s namespace %s", ns_flag_name(s->flag),
		s->path);
	err_object(e, "%s", s->path);
	if (r == -EPERM)
		err_fix(e, "the namespace belongs to a user namespace in which you have no rights: "
			   "let "
			   "linux.namespaces name that user namespace's path too");
	return r;
}

/*
 * All namespaces of a running container at once, by the pidfd of its init: it cannot be taken for
 * another process, and there is no time in which some are joined and some are not. From here on the
 * container's processes are near: not dumpable, they can neither trace this one nor find its
 * descriptors (CVE-2016-9962), nor reach the binary (CVE-2019-5736).
 */
int step_enter(struct init *in, size_t i, struct err *e)
{
	const struct step_enter *s = &init_step(in, i)->enter;
	int fd = in->ns_first + (int)s->slot;
	int r;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = ns_join(fd, s->flags);
	/* Its user namespace may be joined first, by itself. */
	if (r == 0 && !(s->flags & CLONE_NEWNS))
		return 0;
	close(fd);
	if (r == 0) {
		/* setns(2) has made it the root of the container's mount namespace. */
		in->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = in->root < 0 ? -errno : 0;
	}
	if (r == 0)
		return 0;
	err_object(e, "%s", in->plan->id);
	if (r == -ESRCH)
		return err_set(e, ERR_STATE_STATUS, ESRCH,
			"cannot exec in a stopped container: \"%s\"", in->plan->id);
	err_sys(e, ERR_HOST_PERMISSION, r, "joining the namespaces of container \"%s\"",
		in->plan->id);
	if (r == -EPERM)
		err_fix(e, "call lodger as the user who made the container, or as root");
	return r;
}

/* Let the child begin only after the front end was told of it, or its messages would overtake. */
static int fork_second(struct init *in, uint64_t flags, struct err *e)
{
	int gate[2], pidfd;
	char c;
	pid_t pid;
	int r;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making a pipe");
	pid = ns_clone(flags | CLONE_PARENT, -1, &pidfd);
	if (pid < 0) {
		close(gate[0]);
		close(gate[1]);
		/* pid_namespaces(7): what a namespace whose first process has ended answers. */
		return pid == -ENOMEM && !(flags & CLONE_NEWPID)
			       ? err_set(e, ERR_SYSTEM, ENOMEM,
					 "forking init into its namespaces: the first process of "
					 "the pid namespace has ended, or there is no memory")
			       : err_sys(e, ERR_SYSTEM, pid, "forking init into its namespaces");
	}
	if (pid == 0) {
		close(gate[1]);
		while (read(gate[0], &c, 1) < 0 && errno == EINTR)
			;
		close(gate[0]);
		return 0;
	}
	r = message_send(in->sync, MSG_FORKED, pidfd);
	_exit(r < 0 ? 1 : 0);
}

/*
 * The id map helpers refuse a process that is not dumpable, because root owns its files. But root
 * of a container that we join has the uid that owns the new user namespace, so it could trace a
 * dumpable init and use the host's files through it (CVE-2016-9962). This process is not in a pid
 * namespace that was joined, the second init will be: maps first, then the fork.
 */
static int own_userns(struct init *in, struct err *e)
{
	int r = ns_unshare(CLONE_NEWUSER);

	if (r < 0)
		return err_sys(e, ERR_HOST_USERNS, r, "making the user namespace");
	in->made_userns = true;
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	r = message_call(in->sync, MSG_MAPS, -1, e);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return r;
}

int step_fork(struct init *in, size_t i, struct err *e)
{
	uint64_t flags = init_step(in, i)->flags.flags;
	int r = flags & CLONE_NEWUSER ? own_userns(in, e) : 0;

	return r < 0 ? r : fork_second(in, flags & ~(uint64_t)CLONE_NEWUSER, e);
}

int step_unshare(struct init *in, size_t i, struct err *e)
{
	int r = ns_unshare(init_step(in, i)->flags.flags);

	return r < 0 ? err_sys(e, ERR_HOST_KERNEL, r, "making the container's namespaces") : 0;
}

int step_maps(struct init *in, size_t i, struct err *e)
{
	struct message m;
	int r;

	(void)i;
	if (in->made_userns)
		return 0;
	r = message_recv(in->sync, FROM_FRONT, &m, e);
	if (r < 0)
		return r;
	if (m.type != MSG_MAPPED)
		return err_set(e, ERR_PROTOCOL, EPROTO, "%s instead of %s", message_name(m.type),
			message_name(MSG_MAPPED));
	return 0;
}

/* For good, in the user namespace of a container with one id that was joined: the groups stay. */
static bool setgroups_denied(const struct init *in)
{
	char text[8] = "";
	auto_fd int fd = openat(in->proc, "self/setgroups", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && str_after(text, "deny");
}

int step_become(struct init *in, size_t i, struct err *e)
{
	const struct step_become *s = &init_step(in, i)->become;

	/* By system call: libc's wrappers would look for other threads to change with us. */
	if (s->clear_groups && syscall(SYS_setgroups, 0, NULL) < 0) {
		int r = errno;

		/* A user namespace that was joined may deny it, which only its own files tell. */
		in->setgroups_denied = r == EPERM && setgroups_denied(in);
		if (!in->setgroups_denied)
			return err_sys(e, ERR_SYSTEM, r, "dropping the caller's groups");
	}
	if (s->gid != STEP_BECOME_KEEP && syscall(SYS_setresgid, s->gid, s->gid, s->gid) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "becoming group %u of the container", s->gid);
	if (s->uid != STEP_BECOME_KEEP && syscall(SYS_setresuid, s->uid, s->uid, s->uid) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "becoming user %u of the container", s->uid);
	return root_open_late(in, e);
}

/* time_namespaces(7): offsets are fixed once a process is inside, so they are written before. */
int step_time_offsets(struct init *in, size_t i, struct err *e)
{
	const char *text = init_step(in, i)->text.text;
	auto_fd int ns = -1;
	int r = *text ? file_write_once(in->proc, "self/timens_offsets", text) : 0;

	if (r < 0)
		return err_sys(e, ERR_CONFIG_VALUE, r, "linux.timeOffsets: writing the offsets");
	ns = openat(in->proc, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	r = ns < 0 ? -errno : ns_join(ns, CLONE_NEWTIME);
	return r < 0 ? err_sys(e, ERR_HOST_KERNEL, r, "entering the time namespace") : 0;
}

int step_cgroup(struct init *in, size_t i, struct err *e)
{
	(void)i;
	return message_call(in->sync, MSG_CGROUP, -1, e);
}

int step_cgroup_ns(struct init *in, size_t i, struct err *e)
{
	int r = ns_unshare(CLONE_NEWCGROUP);

	(void)in;
	(void)i;
	return r < 0 ? err_sys(e, ERR_HOST_KERNEL, r, "making the cgroup namespace") : 0;
}

/* A new session keyring without a name: one that has a name could be another container's to join.
 */
static int join_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ? -errno : 0;
}

/*
 * A user may have 200 keys (kernel.keys.maxkeys), and running out of them must not stop a
 * container; nor may it leave the container with the caller's keyring, if that can be helped: the
 * quota is counted for the real uid, so another uid of the container is tried.
 */
static int join_keyring_as_other(void)
{
	uid_t own = getuid();
	int r = syscall(SYS_setresuid, own + 1, -1, -1) < 0 ? -EDQUOT : join_keyring();

	return syscall(SYS_setresuid, own, -1, -1) < 0 ? -errno : r;
}

int step_keyring(struct init *in, size_t i, struct err *e)
{
	int r = join_keyring();

	(void)i;
	if (r == -EDQUOT && in->plan->in_userns)
		r = join_keyring_as_other();
	if (r == -ENOSYS)
		log_debug("no session keyring: the kernel has none");
	else if (r < 0)
		log_warn("the container keeps the caller's session keyring: %s", err_text(-r));
	(void)e;
	return 0;
}

int step_hostname(struct init *in, size_t i, struct err *e)
{
	const char *name = init_step(in, i)->text.text;

	if (sethostname(name, strlen(name)) == 0)
		return 0;
	err_object(e, "hostname");
	return err_sys(e, ERR_CONFIG_VALUE, errno, "hostname: \"%s\"", name);
}

int step_domainname(struct init *in, size_t i, struct err *e)
{
	const char *name = init_step(in, i)->text.text;

	if (setdomainname(name, strlen(name)) == 0)
		return 0;
	err_object(e, "domainname");
	return err_sys(e, ERR_CONFIG_VALUE, errno, "domainname: \"%s\"", name);
}

int step_loopback(struct init *in, size_t i, struct err *e)
{
	struct ifreq req = {.ifr_name = "lo"};
	auto_fd int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)in;
	(void)i;
	/* A kernel without IPv4 has other sockets that take the same request. */
	if (sock < 0)
		sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	req.ifr_flags = IFF_UP | IFF_RUNNING;
	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &req) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "bringing up the loopback interface");
	return 0;
}

/*
 * The namespace goes to the front end as a descriptor: its number of /proc/PID could be another's
 * by the time it is looked at, and init may be not dumpable. No answer: the helper sets up
 * meanwhile.
 */
int step_network(struct init *in, size_t i, struct err *e)
{
	auto_fd int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	(void)i;
	if (ns < 0)
		return err_sys(e, ERR_SYSTEM, errno, "opening the network namespace");
	r = message_send(in->sync, MSG_NETWORK, ns);
	return r < 0 ? err_sys(e, ERR_PROTOCOL, r, "sending the network namespace") : 0;
}
