// SPDX-License-Identifier: Apache-2.0
/*
 * Requests of the control socket and their answers; see api.h. The connections are in
 * api_socket.c. Who can open the socket is the user who started lodger-net, but a request may
 * still be anything.
 */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "config.h"
#include "forward.h"
#include "stack.h"

/* Answer a call: write the value of "return", or set the error. */
typedef int call_fn(struct net *n, const struct json *args, struct json_writer *w, struct err *e);

static int bad_argument(const char *call, const char *name, struct err *e)
{
	return err_set(e, ERR_USAGE, 0, "bad request: %s: bad arguments.%s", call, name);
}

/* "tcp", "udp", and with the family behind it. */
static int parse_proto(const struct json *v, bool *ret_udp, int *ret_family)
{
	static const struct {
		const char *name;
		bool udp;
		int family;
	} protos[] = {
		{"tcp", false, AF_UNSPEC},
		{"udp", true, AF_UNSPEC},
		{"tcp4", false, AF_INET},
		{"udp4", true, AF_INET},
		{"tcp6", false, AF_INET6},
		{"udp6", true, AF_INET6},
	};

	for (size_t i = 0; v && v->type == JSON_STRING && i < ARRAY_SIZE(protos); i++) {
		if (!str_eq(v->string, protos[i].name))
			continue;
		*ret_udp = protos[i].udp;
		*ret_family = protos[i].family;
		return 0;
	}
	return -EINVAL;
}

static int parse_port(const struct json *v, uint64_t min, uint16_t *ret)
{
	uint64_t port;

	if (!v || json_u64(v, &port) < 0 || port < min || port > 65535)
		return -EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

/* An address, "" or nothing, for which `fallback` stands. */
static int parse_address(const struct json *v, const union addr *fallback, union addr *ret)
{
	if (!v || v->type == JSON_NULL || (v->type == JSON_STRING && !*v->string)) {
		*ret = *fallback;
		return 0;
	}
	return v->type == JSON_STRING ? addr_parse(v->string, 0, ret) : -EINVAL;
}

static int call_add(struct net *n, const struct json *args, struct json_writer *w, struct err *e)
{
	struct forward f = {0};
	union addr any = {.sa = {.sa_family = AF_INET}};
	uint16_t host_port, guest_port;
	int family, r;

	if (parse_proto(json_get(args, "proto"), &f.udp, &family) < 0)
		return bad_argument("add_hostfwd", "proto", e);
	if (family == AF_INET6)
		any.sa.sa_family = AF_INET6;
	if (parse_address(json_get(args, "host_addr"), &any, &f.host) < 0 ||
		(family != AF_UNSPEC && f.host.sa.sa_family != family))
		return bad_argument("add_hostfwd", "host_addr", e);
	if (parse_port(json_get(args, "host_port"), 0, &host_port) < 0)
		return bad_argument("add_hostfwd", "host_port", e);
	if (parse_address(json_get(args, "guest_addr"),
		    f.host.sa.sa_family == AF_INET6 ? &n->opts.subnet6.guest
						    : &n->opts.subnet4.guest,
		    &f.guest) < 0)
		return bad_argument("add_hostfwd", "guest_addr", e);
	if (parse_port(json_get(args, "guest_port"), 1, &guest_port) < 0)
		return bad_argument("add_hostfwd", "guest_port", e);
	addr_set_port(&f.host, host_port);
	addr_set_port(&f.guest, guest_port);
	r = forward_add(n, &f, e);
	if (r < 0) {
		err_prefix(e, "bad request: add_hostfwd");
		return r;
	}
	json_open_object(w);
	json_kv_uint(w, "id", f.id);
	if (host_port == 0)
		json_kv_uint(w, "host_port", addr_port(&f.host));
	json_close_object(w);
	return 0;
}

static int call_list(struct net *n, const struct json *args, struct json_writer *w, struct err *e)
{
	(void)args, (void)e;
	json_open_object(w);
	json_key(w, "entries");
	forward_list(n, w);
	json_close_object(w);
	return 0;
}

static int call_remove(struct net *n, const struct json *args, struct json_writer *w, struct err *e)
{
	const struct json *v = json_get(args, "id");
	uint64_t id;

	if (!v || json_u64(v, &id) < 0 || forward_remove(n, id) < 0)
		return bad_argument("remove_hostfwd", "id", e);
	json_open_object(w);
	json_close_object(w);
	return 0;
}

static void write_subnet(struct json_writer *w, const char *key, const struct subnet *s, bool dns)
{
	json_key(w, key);
	json_open_object(w);
	json_kv_string(w, "network", addr_text(&s->net).s);
	json_kv_uint(w, "prefix", s->prefix_len);
	json_kv_string(w, "address", addr_text(&s->guest).s);
	json_kv_string(w, "gateway", addr_text(&s->gateway).s);
	if (dns)
		json_kv_string(w, "dns", addr_text(&s->dns).s);
	json_close_object(w);
}

static int call_info(struct net *n, const struct json *args, struct json_writer *w, struct err *e)
{
	const struct stack_counters *c = stack_counters(n);

	(void)args, (void)e;
	json_open_object(w);
	json_kv_int(w, "pid", getpid());
	json_kv_string(w, "version", PACKAGE_VERSION);
	json_kv_string(w, "libslirp", slirp_version_string());
	json_kv_string(w, "tap", n->opts.tap);
	json_kv_uint(w, "mtu", n->opts.mtu);
	json_kv_bool(w, "host_loopback", !n->opts.no_host_loopback);
	write_subnet(w, "ipv4", &n->opts.subnet4, n->dns);
	if (n->ipv6)
		write_subnet(w, "ipv6", &n->opts.subnet6, n->dns);
	json_key(w, "resolvers");
	json_open_array(w);
	for (unsigned i = 0; n->dns && i < n->resolv.n; i++)
		json_string(w, addr_text(&n->resolv.list[i]).s);
	json_close_array(w);
	json_key(w, "counters");
	json_open_object(w);
	json_kv_uint(w, "frames_in", c->frames_in);
	json_kv_uint(w, "bytes_in", c->bytes_in);
	json_kv_uint(w, "frames_out", c->frames_out);
	json_kv_uint(w, "bytes_out", c->bytes_out);
	json_kv_uint(w, "dropped", c->dropped);
	json_kv_uint(w, "sockets", c->sockets);
	json_close_object(w);
	json_close_object(w);
	return 0;
}

static const struct {
	const char *name;
	call_fn *fn;
	/* Its manual page has the list in "return", slirp4netns itself beside it: here it is in
	 * both. */
	bool list_beside;
} calls[] = {
	{"add_hostfwd", call_add, false},
	{"list_hostfwd", call_list, true},
	{"remove_hostfwd", call_remove, false},
	{"info", call_info, false},
};

static int dispatch(struct net *n, const struct json *request, struct json_writer *w, struct err *e)
{
	const struct json *name = json_get(request, "execute");

	if (!name || name->type != JSON_STRING)
		return err_set(e, ERR_USAGE, 0, "bad request: no execute found");
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int r;

		if (!str_eq(name->string, calls[i].name))
			continue;
		r = calls[i].fn(n, json_get(request, "arguments"), w, e);
		if (r == 0 && calls[i].list_beside) {
			json_key(w, "entries");
			forward_list(n, w);
		}
		return r;
	}
	return err_set(e, ERR_USAGE, 0, "bad request: unknown execute");
}

static char *error_text(const struct err *e)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	json_open_object(w);
	json_key(w, "error");
	json_open_object(w);
	json_kv_string(w, "desc", e->msg);
	if (e->errnum)
		json_kv_int(w, "errno", e->errnum);
	json_kv_string_opt(w, "fix", *e->fix ? e->fix : NULL);
	json_close_object(w);
	json_close_object(w);
	return xstrdup(json_writer_text(w, NULL));
}

char *api_answer(struct net *n, const char *text, size_t len)
{
	static const struct json_limits limits = {
		.max_bytes = API_REQUEST_MAX, .max_depth = 8, .max_nodes = 256};
	auto_arena struct arena *a = arena_new();
	auto_json_writer struct json_writer *w = json_writer_new(0);
	struct json *request = NULL;
	struct err e = {0}, syntax = {0};

	if (len >= API_REQUEST_MAX)
		err_set(&e, ERR_USAGE, 0, "bad request: too large message");
	else if (json_parse(a, "request", text, len, &limits, &request, &syntax) < 0)
		err_set(&e, ERR_USAGE, 0, "bad request: cannot parse JSON");
	if (err_is_set(&e))
		return error_text(&e);
	json_open_object(w);
	json_key(w, "return");
	if (dispatch(n, request, w, &e) < 0)
		return error_text(&e);
	json_close_object(w);
	return xstrdup(json_writer_text(w, NULL));
}
