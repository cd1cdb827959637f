// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer: what a user writes about networks. In: any text, read as --publish, as --network (by
 * the user and by an annotation) and as lodger.conf.
 * Nothing may crash, leak or hang; an error must be complete; what was taken must be in its bounds,
 * and a port must be read the same when it is written out.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "plan/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
	if (!condition)
		abort();
}

/* 0 without an error, or one that says where and what. */
static int settled(int r, const struct err *e)
{
	must(err_is_set(e) == (r < 0));
	must(r == 0 || (r < 0 && e->msg[0] && e->object[0]));
	return r;
}

static void read_back(struct arena *a, const struct net_forward *f)
{
	net_forwards again = {0};
	struct err e = {0};

	must(f->ct_port >= 1 && f->ct_port <= UINT16_MAX && f->host_port <= UINT16_MAX);
	must(settled(net_parse_publish(a, net_forward_text(a, f), "again", NULL, &again, &e), &e) ==
		0);
	must(again.n == 1 && again.v->proto == f->proto && again.v->host_port == f->host_port);
	must(again.v->ct_port == f->ct_port && str_eq(again.v->host_addr, f->host_addr));
}

static void publish(struct arena *a, const char *text)
{
	net_forwards ports = {0};
	struct err e = {0};

	if (settled(net_parse_publish(a, text, "--publish", "192.0.2.1", &ports, &e), &e) < 0)
		return;
	must(ports.n >= 1 && ports.n <= UINT16_MAX);
	read_back(a, &ports.v[0]);
	read_back(a, &ports.v[ports.n - 1]);
}

static void options(struct arena *a, struct net_options *o)
{
	net_complete(o, &(struct net_options){0});
	must(o->mtu >= 576 && o->mtu <= 65520);
	must(net_is_address(net_address(a, o->cidr, NET_CONTAINER), AF_INET));
	for (size_t i = 0; i < o->dns.n; i++)
		must(net_is_address(o->dns.v[i], 0));
}

static void network(struct arena *a, const char *text)
{
	struct net_request wish = {0}, safe = {0};
	struct err e = {0}, e_safe = {0};
	int r = settled(net_parse_network(a, text, "--network", false, &wish, &e), &e);
	int r_safe =
		settled(net_parse_network(a, text, "annotation", true, &safe, &e_safe), &e_safe);

	/* An image gets nothing that its user would not get, and nothing of the host's. */
	must(r == 0 || r_safe < 0);
	if (r == 0 && wish.mode == NET_SLIRP)
		options(a, &wish.options);
	if (r == 0 && wish.mode == NET_NS)
		must(wish.ns_path[0] == '/');
	if (r_safe < 0)
		return;
	must(safe.mode == NET_NONE || safe.mode == NET_SLIRP);
	must(!safe.options.host_loopback.set && !safe.options.outbound.n && !safe.options.dns.n);
}

static void conf(struct arena *a, const char *text)
{
	struct net_conf c = {0};
	struct err e = {0};

	if (settled(net_parse_conf(a, "lodger.conf", text, &c, &e), &e) < 0)
		return;
	must(!c.publish_address || net_is_address(c.publish_address, 0));
	options(a, &c.options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena *a = arena_new();
	const char *text = arena_strndup(a, (const char *)data, size);

	publish(a, text);
	network(a, text);
	conf(a, text);
	return 0;
}
