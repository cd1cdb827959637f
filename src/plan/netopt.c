// SPDX-License-Identifier: Apache-2.0
/*
 * --network and the options of slirp. In: text. Out: a request, or an error that names the word.
 * Part of the planner: pure. It does not know what the host has; it decides what may be said.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>

#include "base/json.h"
#include "base/names.h"
#include "base/num.h"
#include "plan/network.h"

#define MTU_MIN      576u /* RFC 791: what every host must take */
#define MTU_MIN_IPV6 1280u /* RFC 8200, section 5 */
#define MTU_MAX      65520u /* the largest of a TAP device is 65521; 65520 keeps segments even */
#define PREFIX_MAX   25u /* the container is the hundredth address */

bool net_is_address(const char *text, int family)
{
	struct in6_addr addr;

	if (family == 0)
		return net_is_address(text, AF_INET) || net_is_address(text, AF_INET6);
	return inet_pton(family, text, &addr) == 1;
}

struct cidr {
	uint32_t network; /* host byte order */
	uint32_t prefix;
};

static bool read_cidr(struct arena *a, const char *text, struct cidr *ret)
{
	const char *slash = strchr(text, '/');
	struct in_addr addr;

	if (!slash ||
		inet_pton(AF_INET, arena_strndup(a, text, (size_t)(slash - text)), &addr) != 1)
		return false;
	ret->network = ntohl(addr.s_addr);
	return num_u32(slash + 1, &ret->prefix) == 0 && ret->prefix <= 32;
}

static const char *address_text(struct arena *a, uint32_t address)
{
	return arena_printf(a, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
		address >> 8 & 255, address & 255);
}

const char *net_address(struct arena *a, const char *cidr, uint32_t n)
{
	struct cidr c = {0};

	return read_cidr(a, cidr, &c) ? address_text(a, c.network + n) : NULL;
}

/* Each of these gives NULL, or why the value will not do, as the end of "KEY: \"VALUE\" ...". */
typedef const char *set_fn(struct arena *a, struct net_options *o, const char *value);

static const char *set_cidr(struct arena *a, struct net_options *o, const char *value)
{
	struct cidr c;

	if (!read_cidr(a, value, &c))
		return "is not an IPv4 network such as 10.0.2.0/24";
	if (c.prefix < 1 || c.prefix > PREFIX_MAX)
		return "must have a prefix of 1 to 25 bits: the container is the 100th address";
	if (c.network & (UINT32_MAX >> c.prefix))
		return arena_printf(a, "has bits behind its prefix: %s/%u is the network",
			address_text(a, c.network & ~(UINT32_MAX >> c.prefix)), c.prefix);
	o->cidr = value;
	return NULL;
}

static const char *set_mtu(struct arena *a, struct net_options *o, const char *value)
{
	uint32_t mtu;

	if (num_u32(value, &mtu) < 0 || mtu < MTU_MIN || mtu > MTU_MAX)
		return arena_printf(a, "is not a number from %u to %u", MTU_MIN, MTU_MAX);
	o->mtu = mtu;
	return NULL;
}

static const char *set_bool(struct opt_bool *to, const char *value)
{
	static const struct name words[] = {{"true", 1}, {"yes", 1}, {"false", 0}, {"no", 0}, {0}};

	const struct name *word = names_find(words, value);

	if (!word)
		return "must be true or false";
	*to = (struct opt_bool){true, word->value};
	return NULL;
}

static const char *set_ipv6(struct arena *a, struct net_options *o, const char *value)
{
	(void)a;
	return set_bool(&o->ipv6, value);
}

static const char *set_host_loopback(struct arena *a, struct net_options *o, const char *value)
{
	(void)a;
	return set_bool(&o->host_loopback, value);
}

static bool is_interface(const char *value)
{
	return *value && strlen(value) < IF_NAMESIZE && !strpbrk(value, "/ \t") &&
	       value[0] != '-' && !str_eq(value, ".") && !str_eq(value, "..");
}

static const char *set_outbound(struct arena *a, struct net_options *o, const char *value)
{
	if (!net_is_address(value, 0) && !is_interface(value))
		return "is neither an address nor the name of an interface";
	strv_add(a, &o->outbound, value);
	return NULL;
}

static const char *set_dns(struct arena *a, struct net_options *o, const char *value)
{
	if (!net_is_address(value, 0))
		return "is not an IPv4 or IPv6 address";
	strv_add(a, &o->dns, value);
	return NULL;
}

static const struct net_option {
	const char *key;
	set_fn *set;
	bool safe; /* changes nothing but the container's own side */
} net_options[] = {
	{"cidr", set_cidr, true},
	{"mtu", set_mtu, true},
	{"ipv6", set_ipv6, true},
	{"host-loopback", set_host_loopback, false},
	{"outbound", set_outbound, false},
	{"dns", set_dns, false},
};

static int fail(const char *from, struct err *e, const char *text)
{
	err_object(e, "%s", from);
	return err_set(e, ERR_USAGE, EINVAL, "%s: %s", from, text);
}

static const char *known_keys(struct arena *a)
{
	const char *list = net_options[0].key;

	for (size_t i = 1; i < ARRAY_SIZE(net_options); i++)
		list = arena_printf(a, "%s%s%s", list,
			i + 1 < ARRAY_SIZE(net_options) ? ", " : " and ", net_options[i].key);
	return list;
}

int net_option_set(struct arena *a, struct net_options *o, const char *key, const char *value,
	const char *from, bool safe, struct err *e)
{
	const struct net_option *row = NULL;
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(net_options) && !row; i++)
		if (str_eq(net_options[i].key, key))
			row = &net_options[i];
	if (!row)
		return fail(from, e,
			arena_printf(a, "slirp has no option %s: there are %s",
				json_quoted(key).text, known_keys(a)));
	if (safe && !row->safe)
		return fail(from, e,
			arena_printf(a,
				"%s may not be asked for by an annotation, which can be an image's "
				"(lodger.conf: annotations = trust)",
				key));
	why = row->set(a, o, value);
	return why ? fail(from, e, arena_printf(a, "%s: %s %s", key, json_quoted(value).text, why))
		   : 0;
}

static void take_list(struct strv *to, const struct strv *from)
{
	if (!to->n)
		*to = *from;
}

static void take_bool(struct opt_bool *to, struct opt_bool from)
{
	if (!to->set)
		*to = from;
}

static void take(struct net_options *o, const struct net_options *from)
{
	o->cidr = o->cidr ? o->cidr : from->cidr;
	o->mtu = o->mtu ? o->mtu : from->mtu;
	take_bool(&o->ipv6, from->ipv6);
	take_bool(&o->host_loopback, from->host_loopback);
	take_list(&o->outbound, &from->outbound);
	take_list(&o->dns, &from->dns);
}

void net_complete(struct net_options *o, const struct net_options *defaults)
{
	static const struct net_options own = {
		.cidr = "10.0.2.0/24",
		.mtu = MTU_MAX,
		.ipv6 = {true, true},
		.host_loopback = {true, false},
	};

	take(o, defaults);
	take(o, &own);
}

/* ---- the modes */

typedef int mode_fn(
	struct arena *a, const char *rest, bool safe, struct net_request *ret, struct err *e);

static int mode_plain(
	struct arena *a, const char *rest, bool safe, struct net_request *ret, struct err *e)
{
	(void)safe;
	if (!rest)
		return 0;
	return fail(ret->from, e,
		arena_printf(
			a, "%s takes no options", names_of(net_mode_names, (uint64_t)ret->mode)));
}

static int mode_ns(
	struct arena *a, const char *rest, bool safe, struct net_request *ret, struct err *e)
{
	(void)a;
	(void)safe;
	if (str_is_empty(rest) || rest[0] != '/')
		return fail(ret->from, e,
			"ns needs the absolute path of a network namespace: ns:/run/netns/NAME");
	ret->ns_path = rest;
	return 0;
}

static int mode_slirp(
	struct arena *a, const char *rest, bool safe, struct net_request *ret, struct err *e)
{
	struct strv words = strv_split(a, rest ? rest : "", ",");
	const char *word;
	int r = 0;

	strv_foreach (word, &words) {
		const char *value = strchr(word, '=');

		if (!value)
			return fail(ret->from, e,
				arena_printf(a, "%s is not KEY=VALUE", json_quoted(word).text));
		r = net_option_set(a, &ret->options, arena_strndup(a, word, (size_t)(value - word)),
			value + 1, ret->from, safe, e);
		if (r < 0)
			break;
	}
	return r;
}

/* Its options are its own, and are its business to check. */
static int mode_pasta(
	struct arena *a, const char *rest, bool safe, struct net_request *ret, struct err *e)
{
	(void)safe;
	(void)e;
	ret->pasta_args = strv_split(a, rest ? rest : "", ",");
	return 0;
}

static const struct mode {
	int32_t mode;
	mode_fn *parse;
	bool safe; /* an annotation of an image may ask for it */
} modes[] = {
	{NET_NONE, mode_plain, true},
	{NET_HOST, mode_plain, false},
	{NET_NS, mode_ns, false},
	{NET_SLIRP, mode_slirp, true},
	{NET_PASTA, mode_pasta, false},
};

int net_parse_network(struct arena *a, const char *text, const char *from, bool safe,
	struct net_request *ret, struct err *e)
{
	size_t n = strcspn(text, ":");
	const char *rest = text[n] ? text + n + 1 : NULL;
	const char *word = arena_strndup(a, text, n);
	struct net_request parsed = *ret;
	const struct mode *m = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(modes) && !m; i++)
		if (str_eq(names_of(net_mode_names, (uint64_t)modes[i].mode), word))
			m = &modes[i];
	if (!m)
		return fail(from, e,
			arena_printf(a,
				"%s is not a network: none, host, slirp, pasta and ns:PATH are",
				json_quoted(word).text));
	if (safe && !m->safe)
		return fail(from, e,
			arena_printf(a,
				"%s may not be asked for by an annotation, which can be an "
				"image's: "
				"use --network",
				word));
	parsed.mode = m->mode;
	parsed.from = from;
	r = m->parse(a, rest, safe, &parsed, e);
	if (r == 0 && parsed.options.ipv6.set && parsed.options.ipv6.v && parsed.options.mtu &&
		parsed.options.mtu < MTU_MIN_IPV6)
		r = fail(from, e, "ipv6 needs an mtu of at least 1280");
	if (r == 0)
		*ret = parsed;
	return r;
}
