// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources.devices: spelled out, and as writes to devices.allow and devices.deny of cgroup
 * v1. In: checked rules. Out: a list that ends with the default devices, which a container always
 * has (runtime-spec config-linux.md, "Default Devices"). Pure.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>

#include "plan/writes.h"

#define ACC_ALL (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)
#define ANY     (-1)

static const char member[] = "linux.resources.devices";

/* Any node may be made, which is not to say that it may be opened; the rest as runc has it. */
static const struct device_rule defaults[] = {
	{true, 'c', ANY, ANY, BPF_DEVCG_ACC_MKNOD}, {true, 'b', ANY, ANY, BPF_DEVCG_ACC_MKNOD},
	{true, 'c', 1, 3, ACC_ALL}, /* null */
	{true, 'c', 1, 5, ACC_ALL}, /* zero */
	{true, 'c', 1, 7, ACC_ALL}, /* full */
	{true, 'c', 1, 8, ACC_ALL}, /* random */
	{true, 'c', 1, 9, ACC_ALL}, /* urandom */
	{true, 'c', 5, 0, ACC_ALL}, /* tty */
	{true, 'c', 5, 2, ACC_ALL}, /* ptmx */
	{true, 'c', 136, ANY, ACC_ALL}, /* pts/N */
};

static unsigned access_bits(const char *text)
{
	unsigned bits = 0;

	if (str_is_empty(text))
		return ACC_ALL;
	for (; *text; text++)
		bits |= *text == 'r'   ? BPF_DEVCG_ACC_READ
			: *text == 'w' ? BPF_DEVCG_ACC_WRITE
				       : BPF_DEVCG_ACC_MKNOD;
	return bits;
}

const char *device_access_text(unsigned access)
{
	static const char *const texts[] = {"", "m", "r", "rm", "w", "wm", "rw", "rwm"};

	return texts[access & ACC_ALL];
}

static struct device_rule spell_out(const struct spec_device_rule *r)
{
	struct device_rule rule = {
		.allow = r->allow,
		.type = str_is_empty(r->type) ? 'a' : r->type[0],
		.major = r->major.set ? r->major.v : ANY,
		.minor = r->minor.set ? r->minor.v : ANY,
		.access = access_bits(r->access),
	};

	/* v1 looks at nothing but the letter: "a" has always meant all devices, all access. */
	if (rule.type == 'a')
		rule.major = rule.minor = ANY;
	return rule;
}

static bool is_for_all(const struct device_rule *r)
{
	return r->type == 'a' && r->access == ACC_ALL;
}

struct device_rules resources_device_rules(struct arena *a, const struct spec_resources *r)
{
	size_t n = r ? r->devices.n : 0;
	struct device_rules list = {
		.v = arena_calloc(a, n + ARRAY_SIZE(defaults) + 1, sizeof(*list.v))};

	list.v[list.n++] = (struct device_rule){false, 'a', ANY, ANY, ACC_ALL};
	for (size_t i = 0; i < n; i++) {
		struct device_rule rule = spell_out(&r->devices.v[i]);

		if (is_for_all(&rule))
			list.n = 0;
		list.v[list.n++] = rule;
	}
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		list.v[list.n++] = defaults[i];
	return list;
}

bool resources_devices_default(const struct spec_resources *r)
{
	auto_arena struct arena *a = arena_new();
	struct device_rules rules = resources_device_rules(a, r);

	return rules.n == 1 + ARRAY_SIZE(defaults) && !rules.v[0].allow;
}

/* ---------------------------------------------------------------- v1 */

static bool same_device(const struct device_rule *x, const struct device_rule *y)
{
	return x->type == y->type && x->major == y->major && x->minor == y->minor;
}

static bool overlap(const struct device_rule *x, const struct device_rule *y)
{
	return (x->type == y->type || x->type == 'a' || y->type == 'a') &&
	       (x->major == y->major || x->major == ANY || y->major == ANY) &&
	       (x->minor == y->minor || x->minor == ANY || y->minor == ANY) &&
	       x->access & y->access;
}

static const char *number(struct arena *a, int64_t n)
{
	return n == ANY ? "*" : arena_printf(a, "%" PRId64, n);
}

static const char *rule_text(struct arena *a, const struct device_rule *r)
{
	return arena_printf(a, "%c %s:%s %s", r->type, number(a, r->major), number(a, r->minor),
		device_access_text(r->access));
}

/* v1 keeps a list of exceptions to one answer for all; it has no order. */
static void add_exception(struct device_rules *list, const struct device_rule *rule)
{
	for (size_t i = 0; i < list->n; i++)
		if (same_device(&list->v[i], rule)) {
			list->v[i].access |= rule->access;
			return;
		}
	list->v[list->n++] = *rule;
}

/* What says again what holds for all anyway can only take an exception back, whole. */
static int take_back(
	struct writes *w, struct device_rules *list, const struct device_rule *rule, struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		if (same_device(&list->v[i], rule))
			list->v[i].access &= ~rule->access;
		else if (overlap(&list->v[i], rule) && !rule->allow)
			return resources_refuse(e, ERR_CONFIG_UNSUPPORTED, member,
				"cgroup v1 cannot take \"%s\" out of \"%s\"",
				rule_text(w->arena, rule), rule_text(w->arena, &list->v[i]));
	}
	return 0;
}

int resources_v1_devices(struct writes *w, const struct spec_resources *r, struct err *e)
{
	struct device_rules rules = resources_device_rules(w->arena, r);
	struct device_rules exceptions = {
		.v = arena_calloc(w->arena, rules.n, sizeof(*exceptions.v))};
	bool allow_all = rules.v[0].type == 'a' && rules.v[0].allow;
	const char *file = allow_all ? "devices.deny" : "devices.allow";
	int rc;

	for (size_t i = 1; i < rules.n; i++) {
		if (rules.v[i].allow != allow_all) {
			add_exception(&exceptions, &rules.v[i]);
			continue;
		}
		rc = take_back(w, &exceptions, &rules.v[i], e);
		if (rc < 0)
			return rc;
	}
	writes_add(w, "devices", allow_all ? "devices.allow" : "devices.deny", member, 0, "a");
	for (size_t i = 0; i < exceptions.n; i++)
		if (exceptions.v[i].access)
			writes_add(w, "devices", file, member, 0, "%s",
				rule_text(w->arena, &exceptions.v[i]));
	return 0;
}
