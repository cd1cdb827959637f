// SPDX-License-Identifier: Apache-2.0
/* lodger-net's command line: slirp4netns(1)'s, with a few options of its own. Pure. */
#ifndef LODGER_NET_OPTIONS_H
#define LODGER_NET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "base/err.h"

#define NET_MTU_MAX       65521u /* libslirp's IF_MTU_MAX */
#define NET_MTU_DEFAULT   65520u
#define NET_RESOLVERS_MAX 8u

enum net_action { NET_RUN, NET_HELP, NET_VERSION };

struct net_options {
	enum net_action action;
	bool configure; /* set up the TAP device and lo */
	bool ipv6;
	bool no_host_loopback;
	bool no_dns;
	bool dhcp;
	bool netns_by_path; /* target is a path; else a pid */
	int exit_fd; /* -1 = none; so with the next two */
	int ready_fd;
	int attach_fd;
	uint32_t mtu;
	bool has_mac;
	uint8_t mac[6];
	struct subnet subnet4;
	struct subnet subnet6;
	const char *api_socket; /* NULL = none */
	const char *userns_path; /* NULL = that of the pid, or none */
	const char *outbound4; /* address or interface as text; NULL = any */
	const char *outbound6;
	union addr resolvers[NET_RESOLVERS_MAX]; /* instead of the host's */
	unsigned resolvers_n;
	const char *target; /* pid or path; NULL with attach_fd */
	const char *tap;
};

/*
 * Parse argv, whose strings the result borrows. argv[0]'s last component decides the defaults that
 * differ: as "slirp4netns", the MTU is 1500. ERR_USAGE.
 */
int net_options_parse(int argc, char **argv, struct net_options *ret, struct err *e);

/* The text for --help, to standard output. */
void net_options_help(const char *name);

#endif
