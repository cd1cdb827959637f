// SPDX-License-Identifier: Apache-2.0
/*
 * update: new limits for a container that lives. In: a file of resources, and options. Out: the
 * cgroup's files and the unit's properties, and resources.json beside the record, which is what is
 * asked for from then on. Front end. A change that fails is taken back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "base/num.h"
#include "cgroup/resctrl.h"
#include "cgroup/scope.h"
#include "lodger/internal.h"
#include "plan/resources.h"
#include "spec/resources.h"

#define RESOURCES_MAX (4u << 20)

/* ---------------------------------------------------------------- options */

/* How an option's text is read. */
enum text_kind {
	TEXT_U64,
	TEXT_I64,
	TEXT_BYTES, /* with a suffix: 512m */
	TEXT_STRING,
};

/* Where an option goes: a group of spec_resources, and the member in it. */
static const struct option_target {
	const char *name;
	size_t option; /* in struct lodger_update */
	size_t group; /* of the pointer in struct spec_resources */
	size_t group_size;
	size_t member;
	enum text_kind kind;
} targets[] = {
#define TARGET(name, option, group, type, member, kind)                                            \
	{                                                                                          \
		name, offsetof(struct lodger_update, option),                                      \
			offsetof(struct spec_resources, group), sizeof(struct type),               \
			offsetof(struct type, member), kind                                        \
	}
	TARGET("blkio-weight", blkio_weight, block_io, spec_block_io, weight, TEXT_U64),
	TARGET("cpu-burst", cpu_burst, cpu, spec_cpu, burst, TEXT_U64),
	TARGET("cpu-idle", cpu_idle, cpu, spec_cpu, idle, TEXT_I64),
	TARGET("cpu-period", cpu_period, cpu, spec_cpu, period, TEXT_U64),
	TARGET("cpu-quota", cpu_quota, cpu, spec_cpu, quota, TEXT_I64),
	TARGET("cpu-rt-period", cpu_rt_period, cpu, spec_cpu, realtime_period, TEXT_U64),
	TARGET("cpu-rt-runtime", cpu_rt_runtime, cpu, spec_cpu, realtime_runtime, TEXT_I64),
	TARGET("cpu-share", cpu_share, cpu, spec_cpu, shares, TEXT_U64),
	TARGET("cpuset-cpus", cpuset_cpus, cpu, spec_cpu, cpus, TEXT_STRING),
	TARGET("cpuset-mems", cpuset_mems, cpu, spec_cpu, mems, TEXT_STRING),
	TARGET("kernel-memory", kernel_memory, memory, spec_memory, kernel, TEXT_BYTES),
	TARGET("kernel-memory-tcp", kernel_memory_tcp, memory, spec_memory, kernel_tcp, TEXT_BYTES),
	TARGET("memory", memory, memory, spec_memory, limit, TEXT_BYTES),
	TARGET("memory-reservation", memory_reservation, memory, spec_memory, reservation,
		TEXT_BYTES),
	TARGET("memory-swap", memory_swap, memory, spec_memory, swap, TEXT_BYTES),
	TARGET("pids-limit", pids_limit, pids, spec_pids, limit, TEXT_I64),
#undef TARGET
};

/* "-1", "1048576", "512m", "1.5 GiB" is not: whole numbers, and b, k, m, g, t, p with or without
 * a B or iB, in powers of 1024, as runc has it. */
static int parse_bytes(const char *text, int64_t *ret)
{
	static const char units[] = "kmgtp";
	size_t digits = strspn(text, "-0123456789");
	char number[24];
	const char *unit = text + digits;
	const char *found;
	int64_t value;
	int r;

	if (digits == 0 || digits >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, digits);
	number[digits] = '\0';
	r = num_i64(number, &value);
	if (r < 0)
		return r;
	if (*unit && *unit != 'b' && *unit != 'B') {
		char lower = (char)(*unit | 0x20);

		found = strchr(units, lower);
		if (!found)
			return -EINVAL;
		for (const char *u = units; u <= found; u++)
			if (__builtin_mul_overflow(value, 1024, &value))
				return -ERANGE;
		unit++;
	}
	if (*unit && !str_eq(unit, "b") && !str_eq(unit, "B") && !str_eq(unit, "iB") &&
		!str_eq(unit, "ib"))
		return -EINVAL;
	*ret = value;
	return 0;
}

static int set_member(const struct option_target *t, const char *text, void *member)
{
	struct opt_i64 *i = member;
	struct opt_u64 *u = member;
	int r = 0;

	if (t->kind == TEXT_STRING)
		*(const char **)member = text;
	else if (t->kind == TEXT_U64)
		r = num_u64(text, &u->v);
	else
		r = t->kind == TEXT_I64 ? num_i64(text, &i->v) : parse_bytes(text, &i->v);
	if (t->kind != TEXT_STRING)
		i->set = true;
	return r;
}

static int read_options(
	struct arena *a, const struct lodger_update *opts, struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		const struct option_target *t = &targets[i];
		const char *text = *(const char *const *)((const char *)opts + t->option);
		void **group = (void **)((char *)r + t->group);
		int rc;

		if (!text)
			continue;
		if (!*group)
			*group = arena_alloc(a, t->group_size);
		rc = set_member(t, text, (char *)*group + t->member);
		if (rc < 0)
			return err_set(e, ERR_USAGE, -rc, "invalid value \"%s\" for --%s: %s", text,
				t->name,
				rc == -ERANGE ? "the number is too large" : "must be a number");
	}
	return 0;
}

/* ---------------------------------------------------------------- what is wanted */

static int read_file(struct arena *a, const char *path, struct spec_resources **ret, struct err *e)
{
	bool standard_input = str_eq(path, "-");
	const char *name = standard_input ? "standard input" : path;
	char *text;
	size_t len;
	int r = standard_input ? file_read_fd(a, STDIN_FILENO, RESOURCES_MAX, &text, &len)
			       : file_read(a, AT_FDCWD, path, RESOURCES_MAX, &text, &len);

	if (r < 0) {
		err_object(e, "%s", name);
		return err_sys(e, ERR_CONFIG_READ, r, "%s", name);
	}
	return resources_parse(a, name, text, len, ret, e);
}

static int read_change(struct arena *a, const struct lodger_update *opts,
	const struct spec_resources **ret, struct err *e)
{
	struct spec_resources *r = arena_new_of(a, struct spec_resources);
	int rc = opts->resources ? read_file(a, opts->resources, &r, e) : 0;

	if (rc == 0)
		rc = read_options(a, opts, r, e);
	if (rc == 0)
		rc = resources_check(r, e);
	if (rc == 0)
		*ret = r;
	return rc;
}

/* Whether anything is asked of the cgroup, and not of a resctrl group alone. */
static bool asks_cgroup(const struct lodger_update *opts)
{
	bool asked = opts->resources;

	for (size_t i = 0; i < ARRAY_SIZE(targets) && !asked; i++)
		asked = *(const char *const *)((const char *)opts + targets[i].option);
	return asked || (!opts->l3_cache_schema && !opts->mem_bw_schema);
}

/* The lines for the container's resctrl group, under the options' names. */
static int read_schemas(struct arena *a, const struct container *c,
	const struct lodger_update *opts, kv_list *ret, struct err *e)
{
	const struct kv options[] = {{"--l3-cache-schema", opts->l3_cache_schema},
		{"--mem-bw-schema", opts->mem_bw_schema}};

	*ret = (kv_list){.v = arena_calloc(a, ARRAY_SIZE(options), sizeof(*ret->v))};
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct kv *o = &options[i];

		if (!o->value)
			continue;
		err_object(e, "%s", o->key);
		if (!c->record.resctrl.n)
			return err_set(e, ERR_STATE_STATUS, ENOENT,
				"%s: container \"%s\" has no resctrl group: its config.json has no "
				"linux.intelRdt",
				o->key, c->record.id);
		if (!strchr(o->value, ':') || strchr(o->value, '\n'))
			return err_set(e, ERR_USAGE, EINVAL,
				"invalid value \"%s\" for %s: must be a line as \"L3:0=f\" is",
				o->value, o->key);
		ret->v[ret->n++] = *o;
	}
	return 0;
}

int container_resources(struct lodger *l, const struct container *c,
	const struct spec_resources **ret, struct err *e)
{
	struct spec_resources *updated;
	struct spec *spec;
	char *text;
	size_t len;
	int r = file_read(l->arena, c->dir.fd, "resources.json", RESOURCES_MAX, &text, &len);

	if (r == 0) {
		r = resources_parse(l->arena, "resources.json", text, len, &updated, e);
		if (r == 0)
			*ret = updated;
		return r;
	}
	if (r != -ENOENT)
		return err_sys(e, ERR_STATE_CORRUPT, r, "resources.json of container \"%s\"",
			c->record.id);
	r = container_spec(l, c, &spec, e);
	if (r == 0)
		*ret = spec->linux_.resources;
	return r;
}

/* ---------------------------------------------------------------- into force */

/*
 * Devices stay as they are: whoever added rules by other means (a hook, for a GPU) would lose them,
 * and runc does the same.
 */
static void drop_devices(plan_cgroup_writes *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->n; i++)
		if (!str_eq(w->v[i].controller, "devices"))
			w->v[kept++] = w->v[i];
	w->n = kept;
}

static int plan_change(struct lodger *l, const struct container *c, const struct cgroup *cg,
	const struct spec_resources *r, struct plan_cgroup *ret, struct err *e)
{
	const struct plan_note *note;
	plan_notes notes = {0};
	int rc;

	ret->unified = cgroup_is_unified(cg);
	ret->manager = c->record.cgroup_unit ? PLAN_CGROUP_SYSTEMD : PLAN_CGROUP_FS;
	rc = ret->unified ? resources_v2(l->arena, r, &ret->writes, &notes, e)
			  : resources_v1(l->arena, r, &ret->writes, &notes, e);
	if (rc == 0 && c->record.cgroup_unit)
		rc = resources_unit(l->arena, r, false, &ret->properties, e);
	array_foreach (note, &notes)
		log_msg((enum log_level)note->level, "%s", note->text);
	drop_devices(&ret->writes);
	ret->controllers = resources_controllers(l->arena, &ret->writes);
	return rc;
}

static int tell_systemd(struct lodger *l, const struct container *c, const struct cgroup *cg,
	const struct plan_cgroup *plan, struct err *e)
{
	const char *helper;
	int r = find_helper(l, "lodger-scope", &helper, e);

	if (r == 0)
		r = scope_set(
			helper, c->record.cgroup_bus, c->record.cgroup_unit, &plan->properties, e);
	/* It has written its own values by now, of which a quota is rounded to a percent. */
	return r < 0 ? r : cgroup_apply(cg, plan, e);
}

/*
 * Files first: whether the kernel takes the values is known then, and a unit that was told of
 * others cannot be made to forget them. A delegated unit has all its controllers from the start.
 */
static int put_into_force(struct lodger *l, const struct container *c, const struct cgroup *cg,
	const struct plan_cgroup *plan, struct err *e)
{
	int r = cgroup_apply(cg, plan, e);

	if (r == 0 && c->record.cgroup_unit && plan->properties.n)
		r = tell_systemd(l, c, cg, plan, e);
	return r;
}

/*
 * What the files hold that are about to be written, as writes. Lines of devices are left out: a
 * file has many, and those of before are in the old resources.
 */
static plan_cgroup_writes now_in_force(
	struct arena *a, const struct cgroup *cg, const plan_cgroup_writes *writes)
{
	plan_cgroup_writes list = {.v = arena_calloc(a, writes->n + 1, sizeof(*list.v))};
	const struct plan_cgroup_write *w;

	array_foreach (w, writes) {
		char *text;

		if (w->flags & PLAN_WRITE_CHECK ||
			(strchr(w->value, ' ') && !str_eq(w->file, "cpu.max")) ||
			cgroup_read(a, cg, w->controller, w->file, &text) < 0)
			continue;
		text[strcspn(text, "\n")] = '\0';
		list.v[list.n] = *w;
		list.v[list.n].value = text;
		list.v[list.n++].flags = PLAN_WRITE_RETRY;
	}
	return list;
}

/* As it was: the lines that config.json or the last update asked for, then the files, literally. */
static void take_back(struct lodger *l, const struct container *c, const struct cgroup *cg,
	const struct spec_resources *old, const plan_cgroup_writes *before)
{
	struct plan_cgroup plan = {0}, files = {.writes = *before};
	struct err why = {0};
	int r = old ? plan_change(l, c, cg, old, &plan, &why) : 0;

	if (r == 0)
		r = cgroup_apply(cg, &plan, &why);
	if (r == 0)
		r = cgroup_apply(cg, &files, &why);
	if (r < 0)
		log_warn("the limits of before could not all be put back: %s", why.msg);
}

static int change(struct lodger *l, const struct container *c, const struct cgroup *cg,
	const struct spec_resources *by, struct err *e)
{
	const struct spec_resources *old = NULL, *wanted;
	struct plan_cgroup plan = {0};
	plan_cgroup_writes before;
	const char *text;
	int r = container_resources(l, c, &old, e);

	if (r < 0)
		return r;
	wanted = resources_merge(l->arena, old, by);
	r = plan_change(l, c, cg, wanted, &plan, e);
	if (r == 0)
		r = cgroup_need_controllers(cg, &plan, e);
	if (r < 0)
		return r;
	before = now_in_force(l->arena, cg, &plan.writes);
	r = put_into_force(l, c, cg, &plan, e);
	if (r == 0) {
		text = resources_text(l->arena, wanted);
		r = file_replace(c->dir.fd, "resources.json", text, strlen(text), 0600);
		if (r < 0)
			err_sys(e, ERR_SYSTEM, r, "recording the limits of container \"%s\"",
				c->record.id);
	}
	if (r < 0)
		take_back(l, c, cg, old, &before);
	return r;
}

/* Writes as before, for what the lines of resctrl were. */
static void restore_schemas(const char *group, const kv_list *before)
{
	struct err why = {0};

	if (resctrl_write(group, before, &why) < 0)
		log_warn("the resctrl group could not be put back: %s", why.msg);
}

static int change_cgroup(
	struct lodger *l, const struct container *c, const struct spec_resources *by, struct err *e)
{
	auto_cgroup struct cgroup cg = {0};
	int r = container_cgroup(l, c, &cg, e);

	return r < 0 ? r : change(l, c, &cg, by, e);
}

/* Both or neither: resctrl first, since what it held can be written back literally. */
static int change_all(struct lodger *l, const struct container *c, const struct lodger_update *opts,
	const struct spec_resources *by, struct err *e)
{
	const char *group = c->record.resctrl.n ? c->record.resctrl.v[0] : NULL;
	kv_list schemas, before = {0};
	int r = read_schemas(l->arena, c, opts, &schemas, e);

	if (r == 0 && schemas.n)
		r = resctrl_read(l->arena, group, &schemas, &before, e);
	if (r < 0)
		return r;
	r = schemas.n ? resctrl_write(group, &schemas, e) : 0;
	if (r == 0 && asks_cgroup(opts))
		r = change_cgroup(l, c, by, e);
	if (r < 0 && before.n)
		restore_schemas(group, &before);
	return r;
}

int lodger_update(struct lodger *l, const char *id, const struct lodger_update *opts, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	const struct spec_resources *by;
	int r = read_change(l->arena, opts, &by, e);

	if (r == 0)
		r = container_open(l, id, true, &c, e);
	if (r < 0)
		return r;
	if (c.pidfd < 0) {
		err_object(e, "%s", id);
		return err_set(e, ERR_STATE_STATUS, EINVAL, "container not running: \"%s\"", id);
	}
	return change_all(l, &c, opts, by, e);
}
