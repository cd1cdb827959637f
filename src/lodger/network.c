// SPDX-License-Identifier: Apache-2.0
/*
 * Which network a container is to get. In: options, annotations, lodger.conf. Out: one request for
 * the planner, or none: the usual container asks for nothing, and then no file is read. Front end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "lodger/internal.h"

#define CONF_MAX (1u << 20)

static const char *annotation(const struct spec *spec, const char *key)
{
	const struct kv *kv;

	array_foreach (kv, &spec->annotations)
		if (str_eq(kv->key, key))
			return kv->value;
	return NULL;
}

/* XDG Base Directory Specification: a relative path in the variable is to be ignored. */
static const char *conf_path(struct arena *a)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (dir && dir[0] == '/')
		return arena_printf(a, "%s/lodger/lodger.conf", dir);
	return home && home[0] == '/' ? arena_printf(a, "%s/.config/lodger/lodger.conf", home)
				      : NULL;
}

int network_conf(struct lodger *l, struct net_conf *ret, struct err *e)
{
	const char *path = conf_path(l->arena);
	char *text = NULL;
	int r = path ? file_read(l->arena, AT_FDCWD, path, CONF_MAX, &text, NULL) : -ENOENT;

	*ret = (struct net_conf){0};
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0) {
		err_object(e, "%s", path);
		return err_sys(e, ERR_CONFIG_READ, r == -EMEDIUMTYPE ? -EINVAL : r, "%s", path);
	}
	return net_parse_conf(l->arena, path, text, ret, e);
}

/* What publishes a port may be an image's wish, and is then none of the host's. */
static const char *wished(const struct spec *spec, const char *key, const struct net_conf *conf)
{
	const char *text = annotation(spec, key);
	const struct spec_namespace *ns = spec_ns_find(spec, SPEC_NS_NETWORK);
	bool publish = str_eq(key, PUBLISH_ANNOTATION);

	if (!text || conf->annotations == NET_TRUST_IGNORE)
		return NULL;
	if (publish && conf->annotations != NET_TRUST_ALL) {
		log_warn("annotation %s is passed over: it can be an image's (lodger.conf: "
			 "annotations = trust)",
			key);
		return NULL;
	}
	/* Who shares or prepares a network has decided already. */
	if (!ns || !str_is_empty(ns->path)) {
		log_warn("annotation %s is passed over: config.json gives the container no network "
			 "namespace of its own",
			key);
		return NULL;
	}
	return text;
}

static int publish_all(struct lodger *l, const struct strv *specs, const char *from,
	const struct net_conf *conf, struct net_request *n, struct err *e)
{
	const char *text;
	int r = 0;

	for (size_t i = 0; i < specs->n && r == 0; i++) {
		text = specs->v[i];
		r = net_parse_publish(l->arena, text, from, conf->publish_address, &n->forwards, e);
	}
	return r;
}

/* From the option, else the annotation, else, for ports alone, what lodger.conf has for them. */
static int choose(struct lodger *l, const struct lodger_create *opts, const struct spec *spec,
	const struct net_conf *conf, bool ports, struct net_request *n, struct err *e)
{
	const char *wish = opts->network ? NULL : wished(spec, NETWORK_ANNOTATION, conf);

	if (opts->network)
		return net_parse_network(l->arena, opts->network, "--network", false, n, e);
	if (wish)
		return net_parse_network(l->arena, wish, "annotation " NETWORK_ANNOTATION,
			conf->annotations != NET_TRUST_ALL, n, e);
	if (ports)
		return net_parse_network(l->arena, conf->network ? conf->network : "slirp",
			"--publish", false, n, e);
	return 0;
}

int network_request(struct lodger *l, const struct lodger_create *opts, const struct spec *spec,
	const struct net_request **ret, struct err *e)
{
	struct net_request *n;
	struct net_conf conf;
	struct strv wishes = {0};
	const char *wish;
	int r;

	*ret = NULL;
	if (!opts->network && !opts->publish.n && !annotation(spec, NETWORK_ANNOTATION) &&
		!annotation(spec, PUBLISH_ANNOTATION))
		return 0;
	r = network_conf(l, &conf, e);
	if (r < 0)
		return r;
	n = arena_new_of(l->arena, struct net_request);
	wish = wished(spec, PUBLISH_ANNOTATION, &conf);
	if (wish)
		wishes = strv_split(l->arena, wish, ", ");
	r = choose(l, opts, spec, &conf, opts->publish.n || wishes.n, n, e);
	if (r == 0)
		r = publish_all(l, &opts->publish, "--publish", &conf, n, e);
	if (r == 0)
		r = publish_all(l, &wishes, "annotation " PUBLISH_ANNOTATION, &conf, n, e);
	if (r < 0 || n->mode == NET_CONFIG)
		return r;
	net_complete(&n->options, &conf.options);
	*ret = n;
	return 0;
}
