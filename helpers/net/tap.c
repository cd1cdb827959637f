// SPDX-License-Identifier: Apache-2.0
/*
 * The TAP device; see tap.h. tap_child_main() runs in a child that enters the container's
 * namespaces and therefore trusts nothing there: it is not dumpable, opens /dev/net/tun and
 * /proc/sys by the host's mount namespace, and ends as soon as it has sent the descriptor.
 */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "gather.h"
#include "kernel/ns.h"
#include "kernel/rtnl.h"
#include "kernel/socket.h"

#define LO_IFINDEX 1u /* the first device of every network namespace */

/* What the child sends: the error, or none and the descriptor. Both ends are one program. */
struct tap_result {
	struct err err;
	bool ipv6;
};

/* Whether the descriptor is the namespace that the caller is in: joining it again is an error. */
static bool is_own_userns(int fd)
{
	struct stat theirs, own;

	return fstat(fd, &theirs) == 0 && stat("/proc/self/ns/user", &own) == 0 &&
	       theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino;
}

static int open_ns(const char *path, uint64_t flag, const char *what, struct err *e)
{
	int fd = ns_open(path, flag);

	if (fd >= 0)
		return fd;
	err_object(e, "%s", path);
	if (fd == -EINVAL)
		return err_set(e, ERR_USAGE, EINVAL, "%s is not a %s namespace", path, what);
	return err_sys(e, ERR_HOST_PERMISSION, fd, "opening the %s namespace %s", what, path);
}

int tap_target_open(const struct net_options *o, struct tap_target *ret, struct err *e)
{
	auto_fd int netns = -1, userns = -1;
	char path[64];

	if (!o->netns_by_path)
		snprintf(path, sizeof(path), "/proc/%s/ns/net", o->target);
	netns = open_ns(o->netns_by_path ? o->target : path, CLONE_NEWNET, "network", e);
	if (netns < 0)
		return netns;
	if (!o->netns_by_path)
		snprintf(path, sizeof(path), "/proc/%s/ns/user", o->target);
	if (o->userns_path || !o->netns_by_path) {
		userns = open_ns(o->userns_path ? o->userns_path : path, CLONE_NEWUSER, "user", e);
		if (userns < 0)
			return userns;
	}
	ret->netns = take_fd(&netns);
	ret->userns = take_fd(&userns);
	return 0;
}

static int enter(const struct tap_target *t, struct err *e)
{
	int r = 0;

	/* Who is root in the container must not get at a process that has the host's descriptors.
	 */
	prctl(PR_SET_DUMPABLE, 0);
	if (t->userns >= 0 && !is_own_userns(t->userns))
		r = ns_join(t->userns, CLONE_NEWUSER);
	if (r < 0) {
		err_fix(e, "run lodger-net as the user who made the namespace");
		return err_sys(e, ERR_HOST_PERMISSION, r, "joining the user namespace");
	}
	r = ns_join(t->netns, CLONE_NEWNET);
	if (r < 0) {
		err_fix(e, "name the user namespace that owns it with --userns-path");
		return err_sys(e, ERR_HOST_PERMISSION, r, "joining the network namespace");
	}
	return 0;
}

static int make_tap(const char *name, struct err *e)
{
	auto_fd int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq req = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int header = GATHER_HEADER;

	if (fd < 0) {
		err_object(e, "/dev/net/tun");
		err_fix(e, "as root: modprobe tun; in a container, bind the host's /dev/net/tun");
		return err_sys(e, ERR_HOST_KERNEL, errno, "opening /dev/net/tun");
	}
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &req) < 0) {
		err_object(e, "%s", name);
		return err_sys(e, errno == EPERM ? ERR_HOST_PERMISSION : ERR_SYSTEM, errno,
			"making the TAP device %s", name);
	}
	/* Both are what a new device has, but one that was there may have been told otherwise. */
	if (ioctl(fd, TUNSETVNETHDRSZ, &header) < 0 || ioctl(fd, TUNSETOFFLOAD, 0) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "setting up the TAP device %s", name);
	return take_fd(&fd);
}

/*
 * The container's addresses are known: no router advertisements, and no duplicate address
 * detection for the link-local one either. Cosmetic: where /proc/sys is read-only, the addresses
 * that are set work all the same. These files are the network namespace's that the reader is in.
 */
static void settle_ipv6(const char *name)
{
	static const char *const settings[] = {"accept_ra", "accept_dad", "router_solicitations"};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char path[96];

		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, settings[i]);
		file_write_once(AT_FDCWD, path, "0");
	}
}

/* All in one message to the kernel. IPv6 comes last: where it fails, IPv4 is complete. */
static int configure(const struct net_options *o, bool *ret_ipv6, struct err *e)
{
	enum { LO, LINK, ADDRESS4, ROUTE4, ADDRESS6 };
	static const char *const what[] = {"bringing lo up", "bringing the TAP device up",
		"setting the IPv4 address", "setting the IPv4 route", "setting the IPv6 address",
		"setting the IPv6 route"};
	struct rtnl_batch b = {0};
	unsigned ifindex = if_nametoindex(o->tap), nr = 0;
	int r;

	if (o->ipv6)
		settle_ipv6(o->tap);
	rtnl_link_up(&b, LO_IFINDEX, 0, NULL);
	rtnl_link_up(&b, ifindex, o->mtu, o->has_mac ? o->mac : NULL);
	rtnl_address(&b, ifindex, AF_INET, &o->subnet4.guest.in.sin_addr, o->subnet4.prefix_len);
	rtnl_default_route(&b, ifindex, AF_INET, &o->subnet4.gateway.in.sin_addr);
	if (o->ipv6) {
		rtnl_address(&b, ifindex, AF_INET6, &o->subnet6.guest.in6.sin6_addr,
			o->subnet6.prefix_len);
		rtnl_default_route(&b, ifindex, AF_INET6, &o->subnet6.gateway.in6.sin6_addr);
	}
	r = rtnl_commit(&b, &nr);
	*ret_ipv6 = o->ipv6 && (r == 0 || nr < ADDRESS6);
	if (r < 0 && nr < ADDRESS6)
		return err_sys(e, ERR_SYSTEM, r, "%s (%s)", what[nr], o->tap);
	return 0;
}

static _Noreturn void tap_child_main(
	const struct net_options *o, const struct tap_target *target, int channel)
{
	struct tap_result result = {.ipv6 = o->ipv6};
	int fd = -1, r = enter(target, &result.err);

	if (r == 0)
		r = fd = make_tap(o->tap, &result.err);
	if (r >= 0 && o->configure)
		r = configure(o, &result.ipv6, &result.err);
	socket_send(channel, &result, sizeof(result), r < 0 ? -1 : fd);
	_exit(r < 0);
}

int tap_start(const struct net_options *o, const struct tap_target *target, struct tap_child *ret,
	struct err *e)
{
	int pair[2], r = socket_pair(pair);
	pid_t pid;

	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "making a socket pair");
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		tap_child_main(o, target, pair[1]);
	}
	r = -errno;
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_sys(e, ERR_SYSTEM, r, "starting the process that makes the TAP device");
	}
	ret->channel = pair[0];
	ret->pid = pid;
	return 0;
}

int tap_finish(struct tap_child *child, int *ret_fd, bool *ret_ipv6, struct err *e)
{
	struct tap_result result;
	auto_fd int fd = -1;
	ssize_t n = socket_recv(child->channel, &result, sizeof(result), &fd);
	int status = 0;

	close_fd(&child->channel);
	waitpid(child->pid, &status, 0);
	if (n != sizeof(result))
		return err_set(e, ERR_CHILD_DIED, EPROTO,
			"the process that makes the TAP device died (wait status 0x%x)", status);
	if (err_is_set(&result.err)) {
		*e = result.err;
		return -(result.err.errnum ? result.err.errnum : EINVAL);
	}
	if (fd < 0)
		return err_set(e, ERR_BUG, EPROTO, "no TAP descriptor came");
	*ret_fd = take_fd(&fd);
	*ret_ipv6 = result.ipv6;
	return 0;
}
