// SPDX-License-Identifier: Apache-2.0
/*
 * linux.netDevices: network devices of the host, moved into the container. In: the plan's list, and
 * a netlink socket of the container's network namespace, which init sends. Front end. It enters no
 * namespace: that socket acts on the container's side, one of its own on the host's. runtime-spec
 * config-linux.md, "Network Devices".
 *
 * The kernel takes the addresses off a device that moves, those of IPv6 when it goes down: they are
 * read before, and given again to the device or, where something fails later, to the host's.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "base/log.h"
#include "kernel/netdev.h"
#include "launch/launch.h"

#define FIRST_FREE_INDEX 1000

/* A device that is in the container now, and what it takes to bring it back. */
struct launch_net_device {
	const char *host_name;
	int inside; /* its index in the container */
	bool was_up;
	struct netdev_addr *addrs; /* all those that it had; freed by undo and close */
	size_t addrs_n;
};

static int fail(struct err *e, const struct spec_net_device *d, int r, const char *what)
{
	err_object(e, "linux.netDevices[%s]", json_quoted(d->host_name).text);
	return err_sys(e, ERR_HOST_PERMISSION, r, "linux.netDevices[%s]: %s",
		json_quoted(d->host_name).text, what);
}

static int find_on_host(
	struct launch *l, const struct spec_net_device *d, struct netdev *ret, struct err *e)
{
	int r = netdev_find(l->net_host, d->host_name, 0, ret);

	if (r != -ENODEV)
		return r < 0 ? fail(e, d, r, "looking for the device") : 0;
	err_object(e, "linux.netDevices[%s]", json_quoted(d->host_name).text);
	return err_sys(e, ERR_CONFIG_VALUE, r, "linux.netDevices[%s]: the host has no such device",
		json_quoted(d->host_name).text);
}

/* A name without "%d" must be free: the kernel would move the device first and complain then. */
static int check_name(
	struct launch *l, const struct spec_net_device *d, const char *name, struct err *e)
{
	struct netdev there;

	if (strchr(name, '%') || netdev_find(l->net_inside, name, 0, &there) < 0)
		return 0;
	err_object(e, "linux.netDevices[%s]", json_quoted(d->host_name).text);
	return err_sys(e, ERR_CONFIG_VALUE, EEXIST,
		"linux.netDevices[%s]: a device %s in the container",
		json_quoted(d->host_name).text, json_quoted(name).text);
}

/* By its index the device is found again, whatever the kernel makes of its name. */
static int free_index(struct launch *l, int index)
{
	struct netdev there;

	for (int i = index; netdev_find(l->net_inside, NULL, i, &there) == 0;
		i = i < FIRST_FREE_INDEX ? FIRST_FREE_INDEX : i + 1)
		index = i < FIRST_FREE_INDEX ? FIRST_FREE_INDEX : i + 1;
	return index;
}

/* config-linux.md: permanent addresses with global scope, of any family. */
static bool is_kept(const struct netdev_addr *a)
{
	return (a->flags & IFA_F_PERMANENT) && a->scope == RT_SCOPE_UNIVERSE;
}

static int give_addresses(int sock, int index, const struct launch_net_device *dev, bool all)
{
	for (size_t i = 0; i < dev->addrs_n; i++) {
		int r;

		if (!is_kept(&dev->addrs[i]) && !(all && (dev->addrs[i].flags & IFA_F_PERMANENT)))
			continue;
		r = netdev_addr_add(sock, index, &dev->addrs[i]);
		/* A link-local one is the kernel's own again by now. */
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

static int explain_move(const struct spec_net_device *d, int r, struct err *e)
{
	if (r == -EINVAL)
		return fail(
			e, d, r, "the kernel moves no such device to another network namespace");
	fail(e, d, r, "moving the device");
	if (r == -EPERM)
		err_fix(e, "moving a device takes CAP_NET_ADMIN over the network namespace that it "
			   "is in: run lodger as root, or leave out linux.netDevices");
	return r;
}

static int move_in(struct launch *l, const struct spec_net_device *d, int netns, struct err *e)
{
	const char *name = str_is_empty(d->name) ? d->host_name : d->name;
	struct launch_net_device *dev = &l->net_devices[l->net_devices_n];
	struct netdev link;
	int r = find_on_host(l, d, &link, e);

	if (r == 0)
		r = check_name(l, d, name, e);
	if (r < 0)
		return r;
	*dev = (struct launch_net_device){.host_name = d->host_name,
		.inside = free_index(l, link.index),
		.was_up = link.flags & IFF_UP};
	r = netdev_addrs(l->net_host, link.index, &dev->addrs, &dev->addrs_n);
	if (r < 0)
		return fail(e, d, r, "reading its addresses");
	r = netdev_move(
		l->net_host, link.index, netns, name, dev->inside == link.index ? 0 : dev->inside);
	if (r < 0) {
		free(dev->addrs);
		return explain_move(d, r, e);
	}
	l->net_devices_n++;
	r = give_addresses(l->net_inside, dev->inside, dev, false);
	if (r < 0)
		return fail(e, d, r, "giving it its addresses in the container");
	r = netdev_set_up(l->net_inside, dev->inside, true);
	return r < 0 ? fail(e, d, r, "setting it up in the container") : 0;
}

int launch_net_devices(struct launch *l, int *inside, struct err *e)
{
	const struct spec_net_device *d;
	auto_fd int netns = netdev_namespace(*inside);
	int r = netns < 0 ? netns : 0;

	l->net_inside = take_fd(inside);
	l->net_host = netdev_open();
	if (r == 0 && l->net_host < 0)
		r = l->net_host;
	if (r < 0) {
		err_object(e, "linux.netDevices");
		return err_sys(e, ERR_SYSTEM, r, "linux.netDevices: opening netlink sockets");
	}
	l->net_devices = arena_calloc(l->arena, l->plan->net_devices->n, sizeof(*l->net_devices));
	array_foreach (d, l->plan->net_devices) {
		r = move_in(l, d, netns, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The socket keeps the container's network namespace there, even where all its processes ended. */
static int move_back(struct launch *l, const struct launch_net_device *dev, int netns)
{
	struct netdev link = {0};
	int r = netdev_move(l->net_inside, dev->inside, netns, dev->host_name, 0);

	if (r == 0)
		r = netdev_find(l->net_host, dev->host_name, 0, &link);
	if (r == 0 && dev->was_up)
		r = netdev_set_up(l->net_host, link.index, true);
	return r < 0 ? r : give_addresses(l->net_host, link.index, dev, true);
}

void launch_undo_net_devices(struct launch *l)
{
	auto_fd int netns = l->net_devices_n ? netdev_namespace(l->net_host) : -1;

	for (size_t i = l->net_devices_n; i-- > 0;) {
		int r = netns < 0 ? netns : move_back(l, &l->net_devices[i], netns);

		if (r < 0)
			log_warn("linux.netDevices[%s]: the device is not back as it was: %s",
				json_quoted(l->net_devices[i].host_name).text, err_text(-r));
	}
	launch_close_net_devices(l);
}

void launch_close_net_devices(struct launch *l)
{
	for (size_t i = 0; i < l->net_devices_n; i++)
		free(l->net_devices[i].addrs);
	l->net_devices_n = 0;
	close_fd(&l->net_inside);
	close_fd(&l->net_host);
}
