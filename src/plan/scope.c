// SPDX-License-Identifier: Apache-2.0
/*
 * The scope that the user's systemd is asked for: its name, its slice and its properties. Part of
 * the planner: pure. Resources are made into properties in resources_unit.c.
 */
#include "plan/planner.h"

#define UNIT_NAME_MAX 255

/* Characters of unit names, systemd.unit(5); an id may hold a "+", which is none of them. */
static const char *escape_unit(struct arena *a, const char *name)
{
	auto_strbuf struct strbuf b = {0};

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr(":-_.\\@", c);

		if (plain)
			strbuf_addc(&b, *name);
		else
			strbuf_addf(&b, "\\x%02x", c);
	}
	return arena_strdup(a, strbuf_str(&b));
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && str_eq(s + n - k, end);
}

static int bad_path(const char *why, struct err *e)
{
	err_object(e, "linux.cgroupsPath");
	err_set(e, ERR_CONFIG_VALUE, EINVAL, "config.json: linux.cgroupsPath: %s", why);
	err_fix(e, "with the systemd manager it is SLICE:PREFIX:NAME, as in user.slice:lodger:c1");
	return -EINVAL;
}

static int unit_names(struct planner *p, struct plan_cgroup *g, struct err *e)
{
	const char *path = p->spec->linux_.cgroups_path;
	const char *slice = "", *prefix = "lodger", *name = p->req->id;
	const char *first, *second;

	if (!str_is_empty(path) && strchr(path, '/')) {
		if (p->req->cgroup_manager == PLAN_CGROUP_SYSTEMD)
			return bad_path("a path is for the cgroupfs manager", e);
		/* containerd's "/default/NAME", which without root nobody can make. */
		planner_note(p, LOG_LEVEL_WARN,
			"linux.cgroupsPath: \"%s\" is not made: the limits are held by a scope of "
			"systemd's",
			path);
		path = NULL;
	}
	if (!str_is_empty(path)) {
		first = strchr(path, ':');
		second = first ? strchr(first + 1, ':') : NULL;
		if (first)
			slice = arena_strndup(p->arena, path, (size_t)(first - path));
		prefix = second ? arena_strndup(p->arena, first + 1, (size_t)(second - first - 1))
				: "";
		name = second ? second + 1 : first ? first + 1 : path;
	}
	if (!*name)
		return bad_path("the NAME is empty", e);
	if (*slice && !ends_with(slice, ".slice"))
		return bad_path("SLICE does not end in \".slice\"", e);
	if (!*slice)
		slice = p->plan->caller == PLAN_CALLER_ROOT ? "system.slice" : "user.slice";
	g->slice = slice;
	g->unit =
		escape_unit(p->arena, arena_printf(p->arena, "%s%s%s%s", prefix, *prefix ? "-" : "",
					      name, ends_with(name, ".scope") ? "" : ".scope"));
	if (strlen(g->unit) > UNIT_NAME_MAX)
		return bad_path("the name is too long for a unit of systemd", e);
	return 0;
}

static void add_property(struct planner *p, const char *name, const char *signature,
	const char *value, const char *json_path)
{
	plan_unit_properties *list = &p->plan->cgroup.properties;

	list->v = arena_grow(p->arena, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = (struct plan_unit_property){
		.name = name, .signature = signature, .value = value, .json_path = json_path};
}

/*
 * Annotations come from an image as well as from an engine: of a scope's properties these are
 * harmless, whoever sets them. What they take is said in GVariant's text form.
 */
static const struct {
	const char *name;
	const char *signature;
	const char *type_word; /* that may stand before a number */
} allowed_annotations[] = {
	{"CollectMode", "s", NULL},
	{"Description", "s", NULL},
	{"KillSignal", "i", "int32"},
	{"RuntimeMaxUSec", "t", "uint64"},
	{"SendSIGHUP", "b", NULL},
	{"SendSIGKILL", "b", NULL},
	{"TimeoutStopUSec", "t", "uint64"},
};

/* The value of an annotation as a property has it in the plan; NULL if it is not of that type. */
static const char *annotation_value(
	struct arena *a, const char *text, const char *signature, const char *word)
{
	size_t n = strlen(text);
	const char *rest = word ? str_after(text, word) : NULL;

	if (*signature == 's')
		return n >= 2 && (*text == '\'' || *text == '"') && text[n - 1] == *text &&
				       !strpbrk(text, "\\\n")
			       ? arena_strndup(a, text + 1, n - 2)
			       : NULL;
	if (*signature == 'b')
		return str_eq(text, "true") || str_eq(text, "false") ? text : NULL;
	if (rest)
		text = rest + strspn(rest, " ");
	return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 20 ? text
											: NULL;
}

static void annotation_properties(struct planner *p)
{
	const struct kv *kv;

	array_foreach (kv, &p->spec->annotations) {
		const char *name = str_after(kv->key, "org.systemd.property."), *value = NULL;
		size_t i = 0;

		if (!name)
			continue;
		while (i < ARRAY_SIZE(allowed_annotations) &&
			!str_eq(allowed_annotations[i].name, name))
			i++;
		if (i < ARRAY_SIZE(allowed_annotations))
			value = annotation_value(p->arena, kv->value,
				allowed_annotations[i].signature, allowed_annotations[i].type_word);
		if (value)
			add_property(p, name, allowed_annotations[i].signature, value,
				arena_printf(p->arena, "annotations[\"%s\"]", kv->key));
		else
			planner_note(p, LOG_LEVEL_WARN, "annotations[\"%s\"]: ignored: %s", kv->key,
				i < ARRAY_SIZE(allowed_annotations)
					? "the value is not of the property's type"
					: "not a property that an annotation may set");
	}
}

int plan_scope(struct planner *p, struct err *e)
{
	struct plan_cgroup *g = &p->plan->cgroup;
	const struct cgroup_hierarchy *h;
	int r = unit_names(p, g, e);

	if (r < 0)
		return r;
	g->bus = p->facts->bus;
	g->description = arena_printf(p->arena, "lodger container %s", p->req->id);
	add_property(p, "Delegate", "b", "true", NULL);
	/* A container that was killed, by the kernel for its memory, say, is no failed unit. */
	add_property(p, "CollectMode", "s", "inactive-or-failed", NULL);
	add_property(p, "DefaultDependencies", "b", "false", NULL);
	annotation_properties(p);
	array_foreach (h, &p->facts->cgroups)
		if (!g->unified || !*h->controllers) {
			g->places.v = arena_grow(
				p->arena, g->places.v, g->places.n, sizeof(*g->places.v));
			g->places.v[g->places.n++] = (struct kv){h->controllers, h->mountpoint};
		}
	return 0;
}
