// SPDX-License-Identifier: Apache-2.0
/* port: the ports of a container's user-mode network: list, add, remove. Front end. */
#include <errno.h>

#include "base/json.h"
#include "base/names.h"
#include "lodger/internal.h"
#include "protocol/netapi.h"

static int no_ports(const char *id, const char *why, struct err *e)
{
	err_object(e, "%s", id);
	return err_set(e, ERR_STATE_STATUS, EINVAL, "container \"%s\" %s", id, why);
}

/* A container that lives, with a user-mode network whose helper does too. */
static int open_network(
	struct lodger *l, const char *id, bool lock, struct container *c, struct err *e)
{
	int r = container_open(l, id, lock, c, e);
	const struct state_network *n;

	if (r < 0)
		return r;
	n = c->record.network;
	if (c->pidfd < 0)
		return no_ports(id, "is not running", e);
	if (!n || !n->pid)
		return no_ports(id,
			"has no published ports: it was not made with --network slirp "
			"or pasta",
			e);
	if (state_network_lives(n))
		return 0;
	err_object(e, "%s", id);
	err_fix(e, "read net.log in the container's state directory; a network comes back with a "
		   "new container");
	return err_set(e, ERR_HOST_NETWORK, ECHILD,
		"the network helper of container \"%s\" (process %d) has ended: its ports lead "
		"nowhere",
		id, n->pid);
}

static bool is_pasta(const struct container *c)
{
	const struct state_network *n = c->record.network;

	return n && str_eq(n->mode, names_of(net_mode_names, NET_PASTA));
}

/* pasta has no control socket: what it was told is what there is. */
static int pasta_ports(
	struct lodger *l, const struct container *c, netapi_forwards *ret, struct err *e)
{
	const struct strv *ports = &c->record.network->ports;
	net_forwards forwards = {0};
	int r = 0;

	for (size_t i = 0; i < ports->n && r == 0; i++)
		r = net_parse_publish(l->arena, ports->v[i], "port", NULL, &forwards, e);
	ret->v = arena_calloc(l->arena, forwards.n + 1, sizeof(*ret->v));
	ret->n = forwards.n;
	for (size_t i = 0; i < forwards.n; i++)
		ret->v[i].forward = forwards.v[i];
	return r;
}

static int read_ports(
	struct lodger *l, const struct container *c, netapi_forwards *ret, struct err *e)
{
	return is_pasta(c) ? pasta_ports(l, c, ret, e) : netapi_list(l->arena, c->dir.fd, ret, e);
}

int lodger_ports(
	struct lodger *l, const char *id, struct lodger_port **ret, size_t *ret_n, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	netapi_forwards list;
	int r = open_network(l, id, false, &c, e);

	if (r == 0)
		r = read_ports(l, &c, &list, e);
	if (r < 0)
		return r;
	*ret = arena_calloc(l->arena, list.n + 1, sizeof(**ret));
	*ret_n = list.n;
	for (size_t i = 0; i < list.n; i++) {
		const struct net_forward *f = &list.v[i].forward;

		(*ret)[i] = (struct lodger_port){
			.proto = names_of(net_proto_names, (uint64_t)f->proto),
			.host_addr = *f->host_addr ? f->host_addr : "0.0.0.0",
			.host_port = f->host_port,
			.ct_port = f->ct_port,
		};
	}
	return 0;
}

static bool same(const struct net_forward *a, const struct net_forward *b)
{
	return a->proto == b->proto && a->ct_port == b->ct_port &&
	       (!b->host_port || a->host_port == b->host_port) &&
	       str_eq(a->host_addr, b->host_addr);
}

static int parse_all(struct lodger *l, const struct strv *specs, const char *from,
	net_forwards *ret, struct err *e)
{
	struct net_conf conf;
	int r = specs->n ? network_conf(l, &conf, e) : 0;

	for (size_t i = 0; i < specs->n && r == 0; i++)
		r = net_parse_publish(l->arena, specs->v[i], from, conf.publish_address, ret, e);
	return r;
}

static int remove_one(
	struct lodger *l, const struct container *c, const struct net_forward *f, struct err *e)
{
	const struct netapi_forward *found;
	netapi_forwards list;
	int r = netapi_list(l->arena, c->dir.fd, &list, e);

	if (r < 0)
		return r;
	array_foreach (found, &list)
		if (same(&found->forward, f))
			return netapi_remove(l->arena, c->dir.fd, found->id, e);
	err_object(e, "%s", net_forward_text(l->arena, f));
	return err_set(e, ERR_USAGE, ENOENT, "container \"%s\" does not publish %s", c->record.id,
		net_forward_text(l->arena, f));
}

/* All or nothing: what was added before one fails is taken back. */
static int add_all(struct lodger *l, const struct container *c, net_forwards *list, struct err *e)
{
	size_t done = 0;
	int r = 0;

	while (done < list->n && r == 0) {
		struct net_forward *f = &list->v[done];

		r = netapi_add(l->arena, c->dir.fd, f, &f->host_port, e);
		done += r == 0;
	}
	while (r < 0 && done-- > 0)
		remove_one(l, c, &list->v[done], NULL);
	return r;
}

int lodger_port_change(struct lodger *l, const char *id, const struct strv *remove,
	const struct strv *add, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	net_forwards gone = {0}, new = {0};
	int r = parse_all(l, remove, "--remove", &gone, e);

	if (r == 0)
		r = parse_all(l, add, "--add", &new, e);
	if (r == 0)
		r = open_network(l, id, true, &c, e);
	if (r < 0)
		return r;
	if (is_pasta(&c))
		return no_ports(id,
			"is connected by pasta, which is told its ports when it "
			"starts: use --network slirp to change them later",
			e);
	for (size_t i = 0; i < gone.n && r == 0; i++)
		r = remove_one(l, &c, &gone.v[i], e);
	return r < 0 ? r : add_all(l, &c, &new, e);
}
