// SPDX-License-Identifier: Apache-2.0
/* The list of writes to a cgroup's files, and tables that fill it. Pure. */
#include "plan/writes.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void writes_add(struct writes *w, const char *controller, const char *file, const char *member,
	uint32_t flags, const char *fmt, ...)
{
	va_list ap;

	w->list->v = arena_grow(w->arena, w->list->v, w->list->n, sizeof(*w->list->v));
	va_start(ap, fmt);
	w->list->v[w->list->n++] = (struct plan_cgroup_write){
		.controller = controller,
		.file = file,
		.value = arena_vprintf(w->arena, fmt, ap),
		.json_path = member,
		.flags = flags,
	};
	va_end(ap);
}

void writes_note(struct writes *w, enum log_level level, const char *fmt, ...)
{
	va_list ap;

	w->notes->v = arena_grow(w->arena, w->notes->v, w->notes->n, sizeof(*w->notes->v));
	va_start(ap, fmt);
	w->notes->v[w->notes->n++] = (struct plan_note){level, arena_vprintf(w->arena, fmt, ap)};
	va_end(ap);
}

/* Whether the member of a group asks for the end of a limit. */
static uint32_t lift_flag(enum value_kind kind, const void *member)
{
	const struct opt_i64 *i = member;

	return (kind == VALUE_MAX || kind == VALUE_MINUS_ONE) && i->v < 0 ? PLAN_WRITE_LIFT : 0;
}

/* The text for a member, or NULL where it is unset. */
static const char *value_text(struct arena *a, enum value_kind kind, const void *member)
{
	const struct opt_i64 *i = member;
	const struct opt_u64 *u = member;
	const char *text;

	switch (kind) {
	case VALUE_TEXT:
		text = *(const char *const *)member;
		return str_is_empty(text) ? NULL : text;
	case VALUE_U64:
	case VALUE_U64_NOT_0:
		return !u->set || (kind == VALUE_U64_NOT_0 && !u->v)
			       ? NULL
			       : arena_printf(a, "%" PRIu64, u->v);
	case VALUE_I64:
		return i->set ? arena_printf(a, "%" PRId64, i->v) : NULL;
	default:
		if (!i->set || !i->v)
			return NULL;
		if (i->v < 0)
			return kind == VALUE_MAX ? "max" : "-1";
		return arena_printf(a, "%" PRId64, i->v);
	}
}

void writes_values(struct writes *w, const struct value_row *rows, size_t n, const void *group)
{
	for (size_t i = 0; i < n; i++) {
		const void *member = (const char *)group + rows[i].offset;
		const char *text = value_text(w->arena, rows[i].kind, member);

		if (text)
			writes_add(w, rows[i].controller, rows[i].file, rows[i].member,
				rows[i].flags | lift_flag(rows[i].kind, member), "%s", text);
	}
}

int resources_refuse(struct err *e, enum err_code code, const char *member, const char *fmt, ...)
{
	auto_arena struct arena *a = arena_new();
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = arena_vprintf(a, fmt, ap);
	va_end(ap);
	err_object(e, "%s", member);
	return err_set(e, code, code == ERR_CONFIG_UNSUPPORTED ? ENOTSUP : EINVAL,
		"config.json: %s: %s", member, why);
}

static int check_weight(struct err *e, const char *member, const struct opt_u64 *weight)
{
	if (!weight->set || !weight->v || (weight->v >= 10 && weight->v <= 1000))
		return 0;
	return resources_refuse(e, ERR_CONFIG_VALUE, member,
		"%" PRIu64 " is not a weight, which is 10 to 1000", weight->v);
}

int resources_check_weights(const struct spec_block_io *io, struct err *e)
{
	int r = check_weight(e, "linux.resources.blockIO.weight", &io->weight);

	if (r == 0)
		r = check_weight(e, "linux.resources.blockIO.leafWeight", &io->leaf_weight);
	for (size_t i = 0; r == 0 && i < io->weight_device.n; i++) {
		const struct spec_weight_device *d = &io->weight_device.v[i];
		char member[64];

		snprintf(member, sizeof(member), "linux.resources.blockIO.weightDevice[%zu]", i);
		r = check_weight(e, member, &d->weight);
		if (r == 0)
			r = check_weight(e, member, &d->leaf_weight);
	}
	return r;
}

struct strv resources_controllers(struct arena *a, const plan_cgroup_writes *w)
{
	struct strv list = {0};
	const struct plan_cgroup_write *item;

	array_foreach (item, w)
		if (!str_is_empty(item->controller) && !(item->flags & PLAN_WRITE_LIFT) &&
			!strv_has(&list, item->controller))
			strv_add(a, &list, item->controller);
	return list;
}

void writes_pids(struct writes *w, const struct spec_pids *pids)
{
	static const char member[] = "linux.resources.pids.limit";

	if (!pids->limit.set)
		return;
	if (pids->limit.v < 0)
		writes_add(w, "pids", "pids.max", member, PLAN_WRITE_LIFT, "max");
	else
		/* systemd takes no 0 and 1 is as good: the first process is there already. */
		writes_add(w, "pids", "pids.max", member, 0, "%" PRId64,
			pids->limit.v ? pids->limit.v : 1);
}

/*
 * A curve through the ends and the defaults of both scales (2, 1024, 262144 and 1, 100, 10000),
 * which a straight line misses: shares of 1024 became a weight of 39. With l for the logarithm of
 * shares to base 2, that of the weight to base 10 is (l * l + 125 * l) / 612 - 7 / 34.
 */
uint64_t resources_cpu_weight(uint64_t shares)
{
	double l;

	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

uint64_t resources_io_weight(uint64_t weight)
{
	return weight < 10 ? weight != 0 : 1 + (weight - 10) * 9999 / 990;
}
