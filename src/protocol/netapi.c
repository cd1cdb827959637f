// SPDX-License-Identifier: Apache-2.0
/*
 * Requests to the network helper; see netapi.h. In: a forward. Out: a JSON request on the control
 * socket, and what the answer says. Front end. Believes nothing that does not fit.
 */
#include "protocol/netapi.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/file.h"
#include "base/json.h"
#include "kernel/socket.h"

#define ANSWER_MAX    (16u << 20) /* 65535 forwards of two protocols */
#define ANSWER_WAIT_S 10

static const char helper_fix[] = "look at \"lodger state\"; a network whose helper has ended comes "
				 "back with a new container";

static int fail(struct err *e, int r, const char *what)
{
	err_object(e, "%s", NETAPI_SOCKET);
	err_fix(e, "%s", helper_fix);
	return err_sys(e, ERR_HOST_NETWORK, r, "network helper: %s", what);
}

static int fail_answer(struct err *e)
{
	return fail(e, EPROTO, "the answer makes no sense");
}

static int connect_helper(int dir_fd)
{
	const struct timeval limit = {.tv_sec = ANSWER_WAIT_S};
	char path[64];
	auto_fd int sock = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/" NETAPI_SOCKET, dir_fd);
	sock = socket_connect(path);
	if (sock >= 0 &&
		(setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
			setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0))
		return -errno;
	return sock < 0 ? sock : take_fd(&sock);
}

/* One request on a connection of its own, as slirp4netns has it. */
static int ask(struct arena *a, int dir_fd, const char *request, char **ret, struct err *e)
{
	auto_fd int sock = connect_helper(dir_fd);
	int r = sock < 0 ? sock : file_write_all(sock, request, strlen(request));

	if (r < 0)
		return fail(e, r, "its control socket does not answer");
	if (shutdown(sock, SHUT_WR) < 0)
		return fail(e, errno, "closing the request");
	r = file_read_fd(a, sock, ANSWER_MAX, ret, NULL);
	return r < 0 ? fail(e, r == -EAGAIN ? -ETIMEDOUT : r, "reading its answer") : 0;
}

static int parse(struct arena *a, const char *text, struct json **ret, struct err *e)
{
	const struct json_limits limits = {.max_bytes = ANSWER_MAX, .max_nodes = 2000000};
	struct err why = {0};

	if (json_parse(a, "answer", text, strlen(text), &limits, ret, &why) < 0 ||
		(*ret)->type != JSON_OBJECT)
		return fail_answer(e);
	return 0;
}

static const char *text_of(const struct json *object, const char *key)
{
	const struct json *v = json_get(object, key);

	return v && v->type == JSON_STRING ? v->string : NULL;
}

static uint64_t number_of(const struct json *object, const char *key)
{
	const struct json *v = json_get(object, key);
	uint64_t n = 0;

	return v && v->type == JSON_NUMBER && json_u64(v, &n) == 0 ? n : 0;
}

/* What a refused port is about, in words of ours where the reason is a usual one. */
static int refused(
	struct arena *a, const struct json *error, const struct net_forward *f, struct err *e)
{
	const char *desc = text_of(error, "desc"), *fix = text_of(error, "fix");
	const char *port = net_forward_text(a, f);
	uint64_t errnum = number_of(error, "errno");

	err_object(e, "%s", port);
	if (errnum == EADDRINUSE) {
		err_fix(e, "stop what listens there (ss -ltunp), or publish another port");
		return err_set(e, ERR_HOST_PORT, EADDRINUSE,
			"publishing %s: port %u of the host is in use", port, f->host_port);
	}
	err_fix(e, "%s", fix ? fix : "publish another port or address");
	return err_set(e, ERR_HOST_PORT, errnum < 4096 ? (int)errnum : 0, "publishing %s: %s", port,
		desc ? desc : "the helper refuses");
}

char *netapi_add_request(struct arena *a, const struct net_forward *f)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	json_open_object(w);
	json_kv_string(w, "execute", "add_hostfwd");
	json_key(w, "arguments");
	json_open_object(w);
	json_kv_string(w, "proto", names_of(net_proto_names, (uint64_t)f->proto));
	json_kv_string(w, "host_addr", *f->host_addr ? f->host_addr : "0.0.0.0");
	json_kv_uint(w, "host_port", f->host_port);
	json_kv_uint(w, "guest_port", f->ct_port);
	json_close_object(w);
	json_close_object(w);
	return arena_printf(a, "%s\n", json_writer_text(w, NULL));
}

int netapi_read_added(struct arena *a, const char *text, const struct net_forward *f,
	uint32_t *ret_port, struct err *e)
{
	struct json *v, *result;
	uint64_t port;

	if (parse(a, text, &v, e) < 0)
		return -EPROTO;
	if (json_get(v, "error"))
		return refused(a, json_get(v, "error"), f, e);
	result = json_get(v, "return");
	if (!result || result->type != JSON_OBJECT)
		return fail_answer(e);
	port = f->host_port ? f->host_port : number_of(result, "host_port");
	if (port < 1 || port > UINT16_MAX)
		return fail_answer(e);
	*ret_port = (uint32_t)port;
	return 0;
}

int netapi_add(
	struct arena *a, int dir_fd, const struct net_forward *f, uint32_t *ret_port, struct err *e)
{
	char *text;
	int r = ask(a, dir_fd, netapi_add_request(a, f), &text, e);

	return r < 0 ? r : netapi_read_added(a, text, f, ret_port, e);
}

/* "tcp", or with the family behind it as newer versions of slirp4netns have it. */
static int32_t proto_of(struct arena *a, const char *text)
{
	const struct name *n =
		text ? names_find(net_proto_names, arena_strndup(a, text, strcspn(text, "46")))
		     : NULL;

	return n ? (int32_t)n->value : 0;
}

static bool read_entry(struct arena *a, const struct json *v, struct netapi_forward *ret)
{
	const char *addr = text_of(v, "host_addr");
	uint64_t host = number_of(v, "host_port"), guest = number_of(v, "guest_port");

	*ret = (struct netapi_forward){.id = number_of(v, "id"),
		.forward = {
			.proto = proto_of(a, text_of(v, "proto")),
			.host_addr = addr && !str_eq(addr, "0.0.0.0") ? addr : "",
			.host_port = (uint32_t)host,
			.ct_port = (uint32_t)guest,
		}};
	return v->type == JSON_OBJECT && ret->forward.proto && host <= UINT16_MAX && guest >= 1 &&
	       guest <= UINT16_MAX && (!*ret->forward.host_addr || net_is_address(addr, 0));
}

int netapi_read_list(struct arena *a, const char *text, netapi_forwards *ret, struct err *e)
{
	struct json *v, *entries;

	if (parse(a, text, &v, e) < 0)
		return -EPROTO;
	/* slirp4netns leaves out the "return" that its other answers have. */
	entries = json_get(json_get(v, "return") ? json_get(v, "return") : v, "entries");
	if (!entries || entries->type != JSON_ARRAY)
		return fail_answer(e);
	ret->v = arena_calloc(a, entries->array.n + 1, sizeof(*ret->v));
	ret->n = 0;
	for (size_t i = 0; i < entries->array.n; i++)
		if (!read_entry(a, entries->array.v[i], &ret->v[ret->n++]))
			return fail_answer(e);
	return 0;
}

int netapi_list(struct arena *a, int dir_fd, netapi_forwards *ret, struct err *e)
{
	char *text;
	int r = ask(a, dir_fd, "{\"execute\":\"list_hostfwd\"}\n", &text, e);

	return r < 0 ? r : netapi_read_list(a, text, ret, e);
}

int netapi_remove(struct arena *a, int dir_fd, uint64_t id, struct err *e)
{
	const char *request =
		arena_printf(a, "{\"execute\":\"remove_hostfwd\",\"arguments\":{\"id\":%llu}}\n",
			(unsigned long long)id);
	struct json *v;
	char *text;
	int r = ask(a, dir_fd, request, &text, e);

	if (r == 0)
		r = parse(a, text, &v, e);
	if (r < 0)
		return r;
	return json_get(v, "error") ? fail(e, ENOENT, "it does not know that port") : 0;
}
