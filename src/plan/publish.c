// SPDX-License-Identifier: Apache-2.0
/*
 * --publish. In: text. Out: a row for each port, or an error that names the word. Part of the
 * planner: pure. Whether a port is free is for who binds it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>

#include "base/json.h"
#include "base/names.h"
#include "base/num.h"
#include "plan/network.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/* The words of a text, cut at its separators; each is NULL where it is not there. */
struct words {
	const char *address;
	const char *host;
	const char *ct;
	const char *proto;
};

struct reader {
	struct arena *a;
	const char *text;
	const char *from;
	struct err *e;
};

static int fail(const struct reader *r, const char *why)
{
	err_object(r->e, "%s", r->from);
	return err_set(
		r->e, ERR_USAGE, EINVAL, "%s %s: %s", r->from, json_quoted(r->text).text, why);
}

static int fail_word(const struct reader *r, const char *word, const char *why)
{
	return fail(r, arena_printf(r->a, "%s %s", json_quoted(word).text, why));
}

/* "[ADDRESS]:REST" or "ADDRESS:REST": the address, and the rest in `*text`. */
static int cut_address(const struct reader *r, const char **text, const char **ret)
{
	const char *end = strchr(*text, ']');

	if ((*text)[0] == '[') {
		if (!end || end[1] != ':')
			return fail(
				r, "an address in brackets is followed by a colon and the ports");
		*ret = arena_strndup(r->a, *text + 1, (size_t)(end - *text - 1));
		*text = end + 2;
		return net_is_address(*ret, AF_INET6)
			       ? 0
			       : fail_word(r, *ret, "is not an IPv6 address");
	}
	end = strchr(*text, ':');
	*ret = arena_strndup(r->a, *text, (size_t)(end - *text));
	*text = end + 1;
	return net_is_address(*ret, AF_INET) ? 0 : fail_word(r, *ret, "is not an IPv4 address");
}

static unsigned count_colons(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += *s == ':';
	return n;
}

static int cut_words(const struct reader *r, struct words *w)
{
	const char *slash = strrchr(r->text, '/');
	const char *rest = r->text, *colon;
	int rc = 0;

	if (slash) {
		w->proto = slash + 1;
		rest = arena_strndup(r->a, r->text, (size_t)(slash - r->text));
	}
	if (rest[0] != '[' && count_colons(rest) > 2)
		return fail(r, "an IPv6 address is written in brackets: [::1]:8080:80");
	if (rest[0] == '[' || count_colons(rest) == 2)
		rc = cut_address(r, &rest, &w->address);
	if (rc < 0)
		return rc;
	if (count_colons(rest) > 1)
		return fail(r, "must be [[IP:]HOST:]CONTAINER[/tcp|udp]");
	colon = strchr(rest, ':');
	w->ct = colon ? colon + 1 : rest;
	if (colon)
		w->host = arena_strndup(r->a, rest, (size_t)(colon - rest));
	else if (w->address)
		return fail(r, "must be [[IP:]HOST:]CONTAINER[/tcp|udp]");
	return 0;
}

static int read_port(const struct reader *r, const char *word, uint32_t min, uint32_t *ret)
{
	if (num_u32(word, ret) < 0 || *ret > UINT16_MAX || *ret < min)
		return fail_word(r, word,
			min ? "is not a port, a number from 1 to 65535"
			    : "is not a port, a number from 0 to 65535");
	return 0;
}

static int read_range(const struct reader *r, const char *word, uint32_t min, struct range *ret)
{
	const char *dash = strchr(word, '-');
	const char *first = dash ? arena_strndup(r->a, word, (size_t)(dash - word)) : word;
	int rc = read_port(r, first, dash ? 1 : min, &ret->first);

	ret->last = ret->first;
	if (rc == 0 && dash)
		rc = read_port(r, dash + 1, 1, &ret->last);
	if (rc == 0 && ret->last < ret->first)
		return fail_word(r, word, "ends before it begins");
	return rc;
}

static int read_proto(const struct reader *r, const char *word, int32_t *ret)
{
	const struct name *proto = word ? names_find(net_proto_names, word) : net_proto_names;

	if (!proto)
		return fail_word(r, word, "is not a protocol: tcp or udp");
	*ret = (int32_t)proto->value;
	return 0;
}

static void add_rows(struct arena *a, net_forwards *list, struct net_forward row,
	const struct range *host, const struct range *ct)
{
	uint32_t count = ct->last - ct->first + 1;
	struct net_forward *rows = arena_calloc(a, list->n + count, sizeof(*rows));

	if (list->n)
		memcpy(rows, list->v, list->n * sizeof(*rows));
	for (uint32_t i = 0; i < count; i++) {
		row.host_port = host->first ? host->first + i : 0;
		row.ct_port = ct->first + i;
		rows[list->n + i] = row;
	}
	list->v = rows;
	list->n += count;
}

int net_parse_publish(struct arena *a, const char *text, const char *from, const char *address,
	net_forwards *ret, struct err *e)
{
	const struct reader r = {a, text, from, e};
	struct words w = {.address = address};
	struct range host = {0}, ct = {0};
	struct net_forward row = {0};
	int rc = cut_words(&r, &w);

	if (rc == 0)
		rc = read_proto(&r, w.proto, &row.proto);
	if (rc == 0 && !str_is_empty(w.host))
		rc = read_range(&r, w.host, 0, &host);
	if (rc == 0)
		rc = read_range(&r, w.ct, 1, &ct);
	if (rc < 0)
		return rc;
	if (host.first && host.last - host.first != ct.last - ct.first)
		return fail(&r, "the two ranges have different lengths");
	row.host_addr = w.address ? w.address : "";
	add_rows(a, ret, row, &host, &ct);
	return 0;
}

const char *net_forward_text(struct arena *a, const struct net_forward *f)
{
	bool v6 = strchr(f->host_addr, ':');

	return arena_printf(a, "%s%s%s%s%" PRIu32 ":%" PRIu32 "/%s", v6 ? "[" : "", f->host_addr,
		v6 ? "]" : "", *f->host_addr ? ":" : "", f->host_port, f->ct_port,
		names_of(net_proto_names, (uint64_t)f->proto));
}
