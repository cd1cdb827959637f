// SPDX-License-Identifier: Apache-2.0
/*
 * Which network a container is to get: the request, as --network, --publish, annotations and
 * lodger.conf write it, and the parsers of those. Pure: text in, structs out. What follows from a
 * request is decided in network.c.
 */
#ifndef LODGER_PLAN_NETWORK_H
#define LODGER_PLAN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"
#include "base/mem.h"
#include "base/str.h"

#define NETWORK_ANNOTATION "org.lodger.network"
#define PUBLISH_ANNOTATION "org.lodger.publish"

enum net_mode {
	NET_CONFIG, /* as config.json says: what runc does */
	NET_NONE, /* a network namespace with nothing but a loopback */
	NET_HOST, /* the caller's network namespace */
	NET_NS, /* a network namespace that is there: ns:PATH */
	NET_SLIRP, /* an own one, connected by lodger-net */
	NET_PASTA, /* an own one, connected by an installed pasta */
};

enum net_proto { NET_TCP = 1, NET_UDP };

extern const struct name net_mode_names[]; /* "slirp" */
extern const struct name net_proto_names[]; /* "tcp" */

/* A port of the host that leads to one of the container. */
struct net_forward {
	int32_t proto; /* enum net_proto */
	const char *host_addr; /* numeric, without brackets; "" = every IPv4 address */
	uint32_t host_port; /* 0 = any that is free */
	uint32_t ct_port;
};
typedef array_of(struct net_forward) net_forwards;

/* What a user-mode network can be told. Of lists, each word was checked. */
struct net_options {
	const char *cidr; /* "10.0.2.0/24"; NULL = not said */
	uint32_t mtu; /* 0 = not said */
	struct opt_bool ipv6;
	struct opt_bool host_loopback; /* the gateway's address leads to the host's loopback */
	struct strv outbound; /* addresses or an interface to send from */
	struct strv dns; /* resolvers in place of the host's */
};

/* lodger.conf. */
struct net_conf {
	const char *network; /* what --publish without --network means; NULL = "slirp" */
	const char *
		publish_address; /* where a published port listens unless said; NULL = everywhere */
	int32_t annotations; /* enum net_trust */
	struct net_options options; /* of slirp */
};

/* How far annotations are believed, which an engine may have copied from an image. */
enum net_trust {
	NET_TRUST_SAFE, /* what gives the container no more than an ordinary one has */
	NET_TRUST_IGNORE,
	NET_TRUST_ALL,
};

struct net_request {
	int32_t mode; /* enum net_mode */
	const char *from; /* "--network", "annotations[\"org.lodger.network\"]", for errors */
	const char *ns_path; /* NET_NS, absolute */
	struct net_options options; /* NET_SLIRP: complete once net_complete() was called */
	struct strv pasta_args; /* NET_PASTA: for pasta as they are */
	net_forwards forwards;
};

/* A file that the front end makes in the state directory, for a bind mount. */
struct plan_file {
	const char *name;
	const char *text;
};

/* What the plan has: the network that was asked for beside config.json. */
struct plan_network {
	int32_t mode; /* enum net_mode */
	const char *cidr; /* NET_SLIRP: all of its options */
	uint32_t mtu;
	bool ipv6;
	bool host_loopback;
	struct strv outbound;
	struct strv dns;
	struct strv pasta_args; /* NET_PASTA */
	net_forwards forwards;
	array_of(struct plan_file) files;
};

/*
 * `text` as --network takes it: none, host, ns:PATH, slirp[:KEY=VALUE,...], pasta[:ARG,...].
 * `from` is what errors call it; `safe` refuses what an annotation of an image may not ask for.
 * Sets mode, from, path, options and arguments of `*ret`. ERR_USAGE.
 */
int net_parse_network(struct arena *a, const char *text, const char *from, bool safe,
	struct net_request *ret, struct err *e);

/* One option of slirp. `from` goes before the key in errors. ERR_USAGE. */
int net_option_set(struct arena *a, struct net_options *o, const char *key, const char *value,
	const char *from, bool safe, struct err *e);

/* Of whatever `o` does not say, what `defaults` says, else what lodger has by itself. */
void net_complete(struct net_options *o, const struct net_options *defaults);

/*
 * `text` as --publish takes it: [[IP:]HOST:]CONTAINER[/tcp|udp], each of the ports a number or a
 * range FIRST-LAST, IPv6 addresses in brackets, HOST 0 or empty for any free port. A row for each
 * port is added to `*ret`; `address` (may be NULL) is for those without an address. ERR_USAGE.
 */
int net_parse_publish(struct arena *a, const char *text, const char *from, const char *address,
	net_forwards *ret, struct err *e);

/* "8080:80/tcp", "[::1]:8080:80/udp": as net_parse_publish() reads it. In the arena. */
const char *net_forward_text(struct arena *a, const struct net_forward *f);

/* Lines KEY = VALUE of lodger.conf; `name` is the file's. ERR_USAGE, with name and line. */
int net_parse_conf(
	struct arena *a, const char *name, const char *text, struct net_conf *ret, struct err *e);

/* Whether the text is an address of that family (AF_INET, AF_INET6), or of either where it is 0. */
bool net_is_address(const char *text, int family);

/* The N-th address of an IPv4 network such as "10.0.2.0/24": "10.0.2.3". In the arena. */
const char *net_address(struct arena *a, const char *cidr, uint32_t n);

/* Where things are in the network of slirp: slirp4netns's places. */
#define NET_GATEWAY        2u
#define NET_RESOLVER       3u
#define NET_CONTAINER      100u
#define NET_PASTA_RESOLVER "169.254.1.1"

extern const struct struct_desc net_forward_desc;

#endif
