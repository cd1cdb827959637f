// SPDX-License-Identifier: Apache-2.0
/*
 * lodger.conf: a user's defaults, lines KEY = VALUE. In: its text. Out: a struct, or an error with
 * the line. Part of the planner: pure; the file is read by src/lodger/network.c.
 */
#include <errno.h>

#include "base/json.h"
#include "base/names.h"
#include "plan/network.h"

struct line {
	struct arena *a;
	const char *place; /* "FILE:LINE" */
	struct net_conf *conf;
	struct err *e;
};

static int fail(const struct line *l, const char *text)
{
	err_object(l->e, "%s", l->place);
	return err_set(l->e, ERR_USAGE, EINVAL, "%s: %s", l->place, text);
}

static int set_network(const struct line *l, const char *value)
{
	struct net_request request = {0};
	int r = net_parse_network(l->a, value, l->place, false, &request, l->e);

	if (r == 0 && request.mode != NET_SLIRP && request.mode != NET_PASTA)
		return fail(l, "network: slirp or pasta: it is what --publish needs");
	if (r == 0)
		l->conf->network = value;
	return r;
}

static int set_publish_address(const struct line *l, const char *value)
{
	if (!net_is_address(value, 0))
		return fail(l, arena_printf(l->a, "publish-address: %s is not an address",
				       json_quoted(value).text));
	l->conf->publish_address = value;
	return 0;
}

static int set_annotations(const struct line *l, const char *value)
{
	static const struct name words[] = {
		{"safe", NET_TRUST_SAFE},
		{"ignore", NET_TRUST_IGNORE},
		{"trust", NET_TRUST_ALL},
		{0},
	};

	const struct name *word = names_find(words, value);

	if (!word)
		return fail(l, arena_printf(l->a, "annotations: %s is not safe, ignore or trust",
				       json_quoted(value).text));
	l->conf->annotations = (int32_t)word->value;
	return 0;
}

static const struct key {
	const char *key;
	int (*set)(const struct line *l, const char *value);
} keys[] = {
	{"network", set_network},
	{"publish-address", set_publish_address},
	{"annotations", set_annotations},
};

static int set(const struct line *l, const char *key, const char *value)
{
	const char *option = str_after(key, "slirp.");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(keys[i].key, key))
			return keys[i].set(l, value);
	if (option)
		return net_option_set(
			l->a, &l->conf->options, option, value, l->place, false, l->e);
	return fail(l, arena_printf(l->a,
			       "there is no setting %s: there are network, publish-address, "
			       "annotations and those that begin with slirp.",
			       json_quoted(key).text));
}

/* Without the blanks around it, in the arena. */
static const char *trimmed(struct arena *a, const char *s, size_t n)
{
	while (n && strchr(" \t\r", s[0])) {
		s++;
		n--;
	}
	while (n && strchr(" \t\r", s[n - 1]))
		n--;
	return arena_strndup(a, s, n);
}

static int read_line(struct line *l, const char *text, size_t n)
{
	const char *line = trimmed(l->a, text, n);
	const char *equals = strchr(line, '=');

	if (line[0] == '\0' || line[0] == '#')
		return 0;
	if (!equals)
		return fail(l, arena_printf(l->a, "%s is not KEY = VALUE", json_quoted(line).text));
	return set(l, trimmed(l->a, line, (size_t)(equals - line)),
		trimmed(l->a, equals + 1, strlen(equals + 1)));
}

int net_parse_conf(
	struct arena *a, const char *name, const char *text, struct net_conf *ret, struct err *e)
{
	struct net_conf conf = {0};
	struct line l = {.a = a, .conf = &conf, .e = e};
	unsigned number = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");
		int r;

		l.place = arena_printf(a, "%s:%u", name, ++number);
		r = read_line(&l, text, n);
		if (r < 0)
			return r;
		text += n + (text[n] == '\n');
	}
	*ret = conf;
	return 0;
}
