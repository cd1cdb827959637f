// SPDX-License-Identifier: Apache-2.0
/* lodger-net's command line as one table; see options.h. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

struct row;
typedef int row_fn(const struct row *row, const char *value, struct net_options *o, struct err *e);

/* One option. `member` is where the plain setters below put the value. */
struct row {
	const char *name;
	char letter; /* 0 = none */
	const char *arg; /* what help calls the value; NULL = takes none */
	row_fn *set;
	size_t member;
	const char *help;
};

#define MEMBER(m) offsetof(struct net_options, m)

static void *member(const struct row *row, struct net_options *o)
{
	return (char *)o + row->member;
}

static int bad_value(const struct row *row, const char *value, const char *what, struct err *e)
{
	return err_set(e, ERR_USAGE, 0, "--%s: \"%s\" is not %s", row->name, value, what);
}

static int set_flag(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	(void)value, (void)e;
	*(bool *)member(row, o) = true;
	return 0;
}

static int set_text(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	if (!*value)
		return err_set(e, ERR_USAGE, 0, "--%s: the value is empty", row->name);
	*(const char **)member(row, o) = value;
	return 0;
}

static int set_fd(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	uint32_t fd;

	if (num_u32(value, &fd) < 0 || fd > INT32_MAX)
		return err_set(e, ERR_USAGE, 0, "%s must be a non-negative integer, not \"%s\"",
			row->name, value);
	*(int *)member(row, o) = (int)fd;
	return 0;
}

static int set_action(
	const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	(void)value, (void)e;
	o->action = row->letter == 'h' ? NET_HELP : NET_VERSION;
	return 0;
}

static int set_mtu(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	if (num_u32(value, &o->mtu) < 0 || o->mtu < 68 || o->mtu > NET_MTU_MAX)
		return bad_value(row, value, "an MTU from 68 to 65521", e);
	return 0;
}

static int set_cidr(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	(void)row;
	return subnet_parse4(value, &o->subnet4, e);
}

static int set_cidr6(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	(void)row;
	return subnet_parse6(value, &o->subnet6, e);
}

static int set_mac(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	if (mac_parse(value, o->mac) < 0)
		return bad_value(row, value, "the MAC address of an interface", e);
	o->has_mac = true;
	return 0;
}

static int add_dns(const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	if (o->resolvers_n == NET_RESOLVERS_MAX)
		return err_set(e, ERR_USAGE, 0, "--%s: more than %u resolvers", row->name,
			NET_RESOLVERS_MAX);
	if (addr_parse(value, 53, &o->resolvers[o->resolvers_n]) < 0)
		return bad_value(row, value, "an address", e);
	o->resolvers_n++;
	return 0;
}

static int set_netns_type(
	const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	if (!str_eq(value, "path") && !str_eq(value, "pid"))
		return bad_value(row, value, "\"path\" or \"pid\"", e);
	o->netns_by_path = str_eq(value, "path");
	return 0;
}

static int set_target_type(
	const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	(void)o;
	if (str_eq(value, "bess"))
		return err_set(e, ERR_USAGE, 0,
			"--target-type=bess: lodger-net serves network namespaces, "
			"not User Mode Linux: use slirp4netns for that");
	if (!str_eq(value, "netns"))
		return bad_value(row, value, "\"netns\"", e);
	return 0;
}

/* What slirp4netns has to be asked for and lodger-net always does. */
static int set_nothing(
	const struct row *row, const char *value, struct net_options *o, struct err *e)
{
	(void)row, (void)value, (void)o, (void)e;
	return 0;
}

static const struct row rows[] = {
	{"configure", 'c', NULL, set_flag, MEMBER(configure),
		"bring up the interface, with addresses and routes, and lo"},
	{"exit-fd", 'e', "FD", set_fd, MEMBER(exit_fd),
		"end when something happens on the descriptor (may be a pidfd)"},
	{"ready-fd", 'r', "FD", set_fd, MEMBER(ready_fd),
		"write \"1\" to the descriptor when the network can be used"},
	{"mtu", 'm', "MTU", set_mtu, 0, "MTU (default 65520, as slirp4netns 1500; at most 65521)"},
	{"enable-ipv6", '6', NULL, set_flag, MEMBER(ipv6), "IPv6 too"},
	{"api-socket", 'a', "PATH", set_text, MEMBER(api_socket),
		"socket for adding, listing and removing forwarded ports"},
	{"cidr", 0, "CIDR", set_cidr, 0, "IPv4 network (default 10.0.2.0/24)"},
	{"cidr6", 0, "CIDR", set_cidr6, 0, "IPv6 network (default fd00::/64)"},
	{"disable-host-loopback", 0, NULL, set_flag, MEMBER(no_host_loopback),
		"no connections to the host's loopback"},
	{"netns-type", 0, "TYPE", set_netns_type, 0, "what is given: path or pid (default pid)"},
	{"userns-path", 0, "PATH", set_text, MEMBER(userns_path), "user namespace to join first"},
	{"attach-fd", 0, "FD", set_fd, MEMBER(attach_fd),
		"socket that brings pidfd, network and user namespace instead"},
	{"enable-sandbox", 0, NULL, set_nothing, 0, "no effect: always in a sandbox"},
	{"enable-seccomp", 0, NULL, set_nothing, 0, "no effect: always with a filter"},
	{"outbound-addr", 0, "IPv4", set_text, MEMBER(outbound4),
		"address or interface to connect from"},
	{"outbound-addr6", 0, "IPv6", set_text, MEMBER(outbound6),
		"address or interface to connect from"},
	{"disable-dns", 0, NULL, set_flag, MEMBER(no_dns), "no DNS forwarder at network + 3"},
	{"dns", 0, "ADDR", add_dns, 0, "resolver to ask instead of the host's; repeatable"},
	{"enable-dhcp", 0, NULL, set_flag, MEMBER(dhcp), "answer DHCP requests"},
	{"macaddress", 0, "MAC", set_mac, 0, "MAC address of the interface (with -c)"},
	{"target-type", 0, "TYPE", set_target_type, 0, "netns (the default)"},
	{"help", 'h', NULL, set_action, 0, "show this help and exit"},
	{"version", 'v', NULL, set_action, 0, "show the versions and exit"},
};

static int defaults(const char *argv0, struct net_options *o, struct err *e)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	const char *name = slash ? slash + 1 : argv0;
	int r;

	memset(o, 0, sizeof(*o));
	o->exit_fd = o->ready_fd = o->attach_fd = -1;
	o->mtu = name && str_eq(name, "slirp4netns") ? 1500 : NET_MTU_DEFAULT;
	r = subnet_parse4("10.0.2.0/24", &o->subnet4, e);
	return r < 0 ? r : subnet_parse6("fd00::/64", &o->subnet6, e);
}

static int check_target(int n, char **words, struct net_options *o, struct err *e)
{
	if (n < (o->attach_fd < 0 ? 1 : 0))
		return err_set(
			e, ERR_USAGE, 0, "the process id or the namespace's path is missing");
	if (o->attach_fd < 0) {
		uint32_t pid;

		o->target = *words++;
		n--;
		if (!o->netns_by_path && (num_u32(o->target, &pid) < 0 || pid == 0))
			return err_set(e, ERR_USAGE, 0,
				"PID must be a positive integer, not \"%s\"", o->target);
	} else if (o->exit_fd >= 0 || o->userns_path || o->netns_by_path) {
		return err_set(e, ERR_USAGE, 0,
			"--attach-fd brings what --exit-fd, --userns-path and --netns-type say");
	}
	if (n > 1)
		return err_set(e, ERR_USAGE, 0, "too many arguments: \"%s\"", words[1]);
	o->tap = n ? *words : "tap0";
	if (strlen(o->tap) > 15 || !*o->tap)
		return err_set(e, ERR_USAGE, 0,
			"\"%s\" is not the name of an interface: 1 to 15 characters", o->tap);
	if (o->has_mac && !o->configure)
		return err_set(e, ERR_USAGE, 0, "--macaddress needs --configure");
	if (o->ipv6 && o->mtu < 1280)
		return err_set(e, ERR_USAGE, 0, "--mtu: IPv6 needs at least 1280");
	return 0;
}

int net_options_parse(int argc, char **argv, struct net_options *ret, struct err *e)
{
	struct option longs[ARRAY_SIZE(rows) + 1] = {0};
	char letters[2 * ARRAY_SIZE(rows) + 2] = ":";
	size_t n = 1;
	int c, index, r = defaults(argv[0], ret, e);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		longs[i] = (struct option){rows[i].name,
			rows[i].arg ? required_argument : no_argument, NULL, (int)i + 256};
		if (!rows[i].letter)
			continue;
		letters[n++] = rows[i].letter;
		if (rows[i].arg)
			letters[n++] = ':';
	}
	letters[n] = '\0';
	optind = 0; /* getopt(3): start anew, whoever called it before */
	opterr = 0;
	while (r == 0 && (c = getopt_long(argc, argv, letters, longs, &index)) >= 0) {
		const struct row *row = NULL;

		if (c == '?' || c == ':')
			return err_set(e, ERR_USAGE, 0,
				c == ':' ? "%s: the value is missing"
					 : "%s: there is no such option",
				argv[optind - 1]);
		for (size_t i = 0; i < ARRAY_SIZE(rows) && !row; i++) {
			if (c == (int)i + 256 || c == rows[i].letter)
				row = &rows[i];
		}
		r = row->set(row, optarg, ret, e);
		if (ret->action != NET_RUN)
			return r;
	}
	return r < 0 ? r : check_target(argc - optind, argv + optind, ret, e);
}

void net_options_help(const char *name)
{
	printf("Usage: %s [OPTION]... PID|PATH [TAPNAME]\n"
	       "       %s [OPTION]... --attach-fd=FD [TAPNAME]\n"
	       "Network for a network namespace, without privileges on the host.\n\n",
		name, name);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char left[40];
		const struct row *row = &rows[i];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", row->letter ? "-" : " ",
			row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
			row->arg ? "=" : "", row->arg ? row->arg : "");
		printf("%-29s %s\n", left, row->help);
	}
}
