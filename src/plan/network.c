// SPDX-License-Identifier: Apache-2.0
/*
 * What the request for a network means for this container: which namespace, which helper, which
 * ports, and the files of /etc that tell programs about it. Part of the planner: pure.
 */
#include "base/names.h"
#include "plan/network.h"
#include "plan/planner.h"

static int32_t net_mode(const struct planner *p)
{
	return p->req->network ? p->req->network->mode : NET_CONFIG;
}

static bool has_helper(int32_t mode)
{
	return mode == NET_SLIRP || mode == NET_PASTA;
}

bool plan_network_ns(const struct planner *p, const char **ret_path)
{
	const struct spec_namespace *ns = spec_ns_find(p->spec, SPEC_NS_NETWORK);
	int32_t mode = net_mode(p);

	*ret_path = NULL;
	if (mode == NET_CONFIG && ns && !str_is_empty(ns->path))
		*ret_path = ns->path;
	if (mode == NET_NS)
		*ret_path = p->req->network->ns_path;
	return mode == NET_CONFIG ? ns != NULL : mode != NET_HOST;
}

/* The helper gives up every capability before it reads the first packet, root's too. */
static int check_low_port(struct planner *p, const struct net_forward *f, struct err *e)
{
	uint32_t first = p->facts->unprivileged_port;

	if (!f->host_port || f->host_port >= first)
		return 0;
	err_object(e, "%s", net_forward_text(p->arena, f));
	err_set(e, ERR_HOST_PORT, EACCES,
		"publishing %s: permission denied: ports below %u need a privilege, which the "
		"network's helper does not have, whoever calls",
		net_forward_text(p->arena, f), first);
	err_fix(e, "take a port from %u, or as root: sysctl net.ipv4.ip_unprivileged_port_start=%u",
		first, f->host_port);
	return -EACCES;
}

static int check_twice(struct planner *p, const net_forwards *all, size_t i, struct err *e)
{
	const struct net_forward *f = &all->v[i];

	for (size_t k = 0; f->host_port && k < i; k++) {
		const struct net_forward *other = &all->v[k];

		if (other->host_port != f->host_port || other->proto != f->proto ||
			!str_eq(other->host_addr, f->host_addr))
			continue;
		err_object(e, "%s", net_forward_text(p->arena, f));
		return err_set(e, ERR_USAGE, EINVAL, "--publish %s: %s takes the same port",
			net_forward_text(p->arena, f), net_forward_text(p->arena, other));
	}
	return 0;
}

static int check_forwards(struct planner *p, struct err *e)
{
	const net_forwards *all = &p->req->network->forwards;
	int32_t mode = net_mode(p);
	int r = 0;

	if (all->n && !has_helper(mode)) {
		err_object(e, "--publish");
		return err_set(e, ERR_USAGE, EINVAL,
			"--publish needs --network slirp or pasta: with %s, lodger forwards no "
			"ports",
			names_of(net_mode_names, (uint64_t)mode));
	}
	for (size_t i = 0; i < all->n && r == 0; i++) {
		r = check_low_port(p, &all->v[i], e);
		if (r == 0)
			r = check_twice(p, all, i, e);
		if (r == 0 && mode == NET_PASTA && !all->v[i].host_port) {
			err_object(e, "--publish");
			r = err_set(e, ERR_USAGE, EINVAL,
				"--publish: pasta cannot choose a free port: name one, or use "
				"--network slirp");
		}
	}
	return r;
}

/* Root's pasta would become nobody, who has no rights in the container's namespaces. */
static struct strv pasta_args(struct planner *p)
{
	const struct strv *given = &p->req->network->pasta_args;
	struct strv args = {0};
	const char *word;

	if (net_mode(p) == NET_PASTA && p->plan->caller == PLAN_CALLER_ROOT) {
		strv_add(p->arena, &args, "--runas");
		strv_add(p->arena, &args, "0:0");
	}
	strv_foreach (word, given)
		strv_add(p->arena, &args, word);
	return args;
}

int plan_network(struct planner *p, struct err *e)
{
	const struct net_request *req = p->req->network;
	struct plan_network *n;
	int r;

	if (!req || req->mode == NET_CONFIG)
		return 0;
	r = check_forwards(p, e);
	if (r < 0)
		return r;
	n = arena_new_of(p->arena, struct plan_network);
	n->mode = req->mode;
	if (req->mode == NET_SLIRP) {
		n->cidr = req->options.cidr;
		n->mtu = req->options.mtu;
		n->ipv6 = req->options.ipv6.v;
		n->host_loopback = req->options.host_loopback.v;
		n->outbound = req->options.outbound;
		n->dns = req->options.dns;
	}
	n->pasta_args = pasta_args(p);
	n->forwards = req->forwards;
	p->plan->network = n;
	return 0;
}

void plan_network_offer(struct planner *p)
{
	if (has_helper(net_mode(p)))
		planner_step(p, STEP_NETWORK);
}

/* ---- files */

/* What the host says beside its resolvers: where to look for short names, and how. */
static void add_host_lines(struct strbuf *b, const char *host, bool nameservers)
{
	while (host && *host) {
		size_t n = strcspn(host, "\n");
		bool wanted = strncmp(host, "search", 6) == 0 || strncmp(host, "domain", 6) == 0 ||
			      strncmp(host, "options", 7) == 0 ||
			      (nameservers && strncmp(host, "nameserver", 10) == 0);

		if (wanted)
			strbuf_addf(b, "%.*s\n", (int)n, host);
		host += n + (host[n] == '\n');
	}
}

static const char *resolv_conf(struct planner *p)
{
	const struct net_options *o = &p->req->network->options;
	int32_t mode = net_mode(p);
	auto_strbuf struct strbuf b = {0};

	if (mode == NET_SLIRP)
		strbuf_addf(&b, "nameserver %s\n", net_address(p->arena, o->cidr, NET_RESOLVER));
	else if (mode == NET_PASTA)
		strbuf_addf(&b, "nameserver %s\n", NET_PASTA_RESOLVER);
	else if (mode != NET_HOST)
		return NULL;
	add_host_lines(&b, p->facts->resolv_conf, mode == NET_HOST);
	return arena_strdup(p->arena, strbuf_str(&b));
}

static const char *hosts(struct planner *p)
{
	const struct net_options *o = &p->req->network->options;
	const char *name = p->spec->hostname, *own = "127.0.1.1";
	int32_t mode = net_mode(p);
	auto_strbuf struct strbuf b = {0};

	if (mode == NET_NS)
		return NULL;
	if (mode == NET_HOST && p->facts->hosts)
		return p->facts->hosts;
	strbuf_addf(&b, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
	if (mode == NET_SLIRP) {
		own = net_address(p->arena, o->cidr, NET_CONTAINER);
		if (o->host_loopback.v)
			strbuf_addf(&b, "%s host.containers.internal\n",
				net_address(p->arena, o->cidr, NET_GATEWAY));
	}
	if (!str_is_empty(name))
		strbuf_addf(&b, "%s %s\n", own, name);
	return arena_strdup(p->arena, strbuf_str(&b));
}

/* Of config.json: at the file's place, or over all of /etc, which is then its author's business. */
static bool is_mounted(const struct planner *p, const char *path)
{
	for (size_t i = 0; i < p->spec->mounts.n; i++) {
		const char *dest = planner_clean_path(p->arena, p->spec->mounts.v[i].destination);

		if (str_eq(dest, path) || str_eq(dest, "/etc"))
			return true;
	}
	return false;
}

static void add_file(struct planner *p, const char *name, const char *text)
{
	struct plan_network *n = p->plan->network;
	const char *path = arena_printf(p->arena, "/etc/%s", name);
	struct step *s;

	if (!text || is_mounted(p, path))
		return;
	n->files.v = arena_grow(p->arena, n->files.v, n->files.n, sizeof(*n->files.v));
	n->files.v[n->files.n++] = (struct plan_file){name, text};
	s = planner_step(p, STEP_MOUNT);
	s->mount.json_path = p->req->network->from;
	s->mount.source = arena_printf(p->arena, "%s/%s", p->req->state_dir, name);
	s->mount.dest = path;
	s->mount.flags = STEP_MOUNT_BIND | STEP_MOUNT_COSMETIC;
	s->mount.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
}

void plan_network_files(struct planner *p)
{
	if (!p->plan->network)
		return;
	add_file(p, "resolv.conf", resolv_conf(p));
	add_file(p, "hosts", hosts(p));
}
