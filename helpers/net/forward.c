// SPDX-License-Identifier: Apache-2.0
/* The forwarded ports; see forward.h. Runs in the sandbox, on orders of the control socket. */
#include "forward.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "intercept.h"
#include "stack.h"

#define FORWARDS_MAX 65536u

struct forwards {
	struct forward *v;
	size_t n;
	uint64_t last_id;
};

struct forwards *forwards_new(void)
{
	return xcalloc(1, sizeof(struct forwards));
}

static int refuse(const struct forward *f, int r, struct err *e)
{
	unsigned port = addr_port(&f->host);

	err_object(e, "%s:%u", addr_text(&f->host).s, port);
	if (r == -EACCES || r == -EPERM) {
		err_fix(e,
			"as root: sysctl net.ipv4.ip_unprivileged_port_start=%u (now and in "
			"/etc/sysctl.d), or choose a higher port",
			port);
		return err_set(e, ERR_HOST_PERMISSION, EACCES,
			"%s port %u is below net.ipv4.ip_unprivileged_port_start: "
			"only a privileged process may bind it",
			f->udp ? "UDP" : "TCP", port);
	}
	return err_sys(e, ERR_SYSTEM, r, "binding %s %s port %u", f->udp ? "UDP" : "TCP",
		addr_text(&f->host).s, port);
}

int forward_add(struct net *n, struct forward *f, struct err *e)
{
	struct forwards *all = n->forwards;
	socklen_t len = sizeof(f->host);
	int r;

	if (f->host.sa.sa_family == AF_INET6 && !n->ipv6)
		return err_set(e, ERR_USAGE, EAFNOSUPPORT,
			"the container has no IPv6: a port cannot be forwarded from %s",
			addr_text(&f->host).s);
	if (f->guest.sa.sa_family != f->host.sa.sa_family)
		return err_set(e, ERR_USAGE, EAFNOSUPPORT, "%s and %s are not of one family",
			addr_text(&f->host).s, addr_text(&f->guest).s);
	if (all->n == FORWARDS_MAX)
		return err_set(
			e, ERR_USAGE, ENOSPC, "%u ports are forwarded already", FORWARDS_MAX);
	r = stack_forward(n, f->udp, &f->host, &f->guest);
	if (r < 0)
		return refuse(f, r, e);
	if (addr_port(&f->host) == 0 && getsockname(intercept_bound(), &f->host.sa, &len) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "looking which port was free");
	f->id = ++all->last_id;
	all->v = xrealloc(all->v, (all->n + 1) * sizeof(*all->v));
	all->v[all->n++] = *f;
	return 0;
}

int forward_remove(struct net *n, uint64_t id)
{
	struct forwards *all = n->forwards;

	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].id != id)
			continue;
		stack_unforward(n, all->v[i].udp, &all->v[i].host);
		memmove(all->v + i, all->v + i + 1, (all->n - i - 1) * sizeof(*all->v));
		all->n--;
		return 0;
	}
	return -ENOENT;
}

void forward_list(const struct net *n, struct json_writer *w)
{
	json_open_array(w);
	for (size_t i = 0; i < n->forwards->n; i++) {
		const struct forward *f = &n->forwards->v[i];

		json_open_object(w);
		json_kv_uint(w, "id", f->id);
		json_kv_string(w, "proto", f->udp ? "udp" : "tcp");
		json_kv_string(w, "host_addr", addr_text(&f->host).s);
		json_kv_uint(w, "host_port", addr_port(&f->host));
		json_kv_string(w, "guest_addr", addr_text(&f->guest).s);
		json_kv_uint(w, "guest_port", addr_port(&f->guest));
		json_close_object(w);
	}
	json_close_array(w);
}
