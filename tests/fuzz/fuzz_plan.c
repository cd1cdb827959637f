// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer: the planner and the codec. In: any bytes. Read as config.json, they are planned for
 * several callers, and each plan is encoded and decoded; read as an encoded plan, or as changes to
 * one, they are decoded.
 * Nothing may crash, leak or hang; an error must be complete, and a plan come out as it went in.
 */
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "plan/codec.h"
#include "plan/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
	if (!condition)
		abort();
}

static struct id_extent whole[] = {{0, 0, UINT32_MAX}};
static struct id_extent inner[] = {{0, 1000, 1}, {1, 100000, 65536}};
static struct id_range ranges[] = {{100000, 65536}, {300000, 10}};
static struct facts_rlimit limits[] = {{"RLIMIT_NOFILE", 1024, 4096}};
static struct cgroup_hierarchy v2[] = {{"", "/sys/fs/cgroup", "/"}};
static struct cgroup_hierarchy v1[] = {
	{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"}, {"", "/sys/fs/cgroup/unified", "/"}};

#define ALL_CAPS ((1ull << 41) - 1)

static const struct facts callers[] = {
	{.user_name = "root",
		.initial_userns = true,
		.caps = ALL_CAPS,
		.caps_bounding = ALL_CAPS,
		.uid_map = {whole, 1},
		.gid_map = {whole, 1},
		.cgroup_layout = CGROUP_LAYOUT_LEGACY,
		.cgroups = {v1, 2},
		.apparmor = true,
		.selinux = true,
		.cap_last = 40},
	{.user_name = "root",
		.caps = ALL_CAPS,
		.caps_bounding = ALL_CAPS,
		.uid_map = {inner, 2},
		.gid_map = {inner, 2},
		.rlimits = {limits, 1},
		.cgroup_layout = CGROUP_LAYOUT_UNIFIED,
		.cgroups = {v2, 1},
		.cap_last = 37},
	{.euid = 1000,
		.egid = 1000,
		.initial_userns = true,
		.caps_bounding = ALL_CAPS,
		.uid_map = {whole, 1},
		.gid_map = {whole, 1},
		.sub_uids = {ranges, 2},
		.sub_gids = {ranges, 1},
		.newuidmap = "/usr/bin/newuidmap",
		.newgidmap = "/usr/bin/newgidmap",
		.rlimits = {limits, 1},
		.cgroup_layout = CGROUP_LAYOUT_UNIFIED,
		.cgroups = {v2, 1},
		.cap_last = 40},
	{.euid = 1000, .egid = 1000, .initial_userns = true, .cap_last = 40},
};

static const struct plan_request requests[] = {
	{.id = "a", .bundle = "/b", .wait_start = true, .console_given = true, .detach = true},
	{.id = "a", .bundle = "/b", .no_pivot = true, .listen_fds = "2", .preserve_fds = 2},
};

static char *dump(struct arena *a, const struct plan *plan)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	plan_dump(w, plan);
	return arena_strdup(a, json_writer_text(w, NULL));
}

static const struct step *find(const struct plan *plan, enum step_kind kind)
{
	const struct step *s;

	array_foreach (s, &plan->init.steps)
		if (s->kind == kind)
			return s;
	return NULL;
}

/* What must hold for every plan, whatever the config. */
static void check_plan(const struct plan *plan)
{
	const step_list *steps = &plan->init.steps;
	const struct step *s;

	must(steps->n > 0 && steps->v[steps->n - 1].kind == STEP_EXEC);
	must(find(plan, STEP_ROOT_OPEN) < find(plan, STEP_PREPARE));
	must(find(plan, STEP_PREPARE) < find(plan, STEP_ROOT_ATTACH));
	must(find(plan, STEP_ROOT_ATTACH) < find(plan, STEP_PIVOT));
	must(find(plan, STEP_PIVOT) < find(plan, STEP_READY));
	must(find(plan, STEP_USER) < find(plan, STEP_CAPS));
	must(find(plan, STEP_CAPS) < find(plan, STEP_START));
	must(!find(plan, STEP_MAPS) == (plan->uid_map.writer == PLAN_MAP_NONE));
	must(plan->caller != PLAN_CALLER_USER || plan->init.in_userns);
	must(plan->init.args.n > 0);
	array_foreach (s, steps) {
		if (s->kind != STEP_MOUNT)
			continue;
		must(s->mount.dest && s->mount.dest[0] == '/');
		must(s->mount.flags & STEP_MOUNT_BIND ? s->mount.source[0] == '/'
						      : s->mount.fstype != NULL);
	}
}

static void check_round_trip(struct arena *a, const struct plan *plan)
{
	auto_strbuf struct strbuf bytes = {0};
	struct plan copy = *plan;

	codec_put_plan(&bytes, &plan->init);
	must(codec_get_plan(a, bytes.s, bytes.len, &copy.init) == 0);
	must(str_eq(dump(a, plan), dump(a, &copy)));
	must(codec_get_plan(a, bytes.s, bytes.len - 1, &copy.init) < 0);
}

static void plan_config(const char *text, size_t size)
{
	auto_arena struct arena *a = arena_new();
	struct spec *spec;

	if (spec_parse(a, "fuzz", text, size, &spec, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(requests); k++) {
			struct err e = {0};
			struct plan plan;

			if (plan_build(a, spec, &callers[i], &requests[k], &plan, &e) < 0) {
				must(err_is_set(&e) && e.msg[0] && !strchr(e.msg, '\n'));
				must(err_kind(&e) != ERR_KIND_HOST || e.fix[0]);
				continue;
			}
			must(!err_is_set(&e));
			check_plan(&plan);
			check_round_trip(a, &plan);
		}
	}
}

static void decode(const void *data, size_t size)
{
	auto_arena struct arena *a = arena_new();
	auto_strbuf struct strbuf again = {0};
	struct plan_init plan;

	if (codec_get_plan(a, data, size, &plan) < 0)
		return;
	codec_put_plan(&again, &plan);
	must(again.len == size && memcmp(again.s, data, size) == 0);
}

/* A plan with every kind of step, in which the input says which bytes to change. */
static void decode_changed(const uint8_t *data, size_t size)
{
	auto_strbuf struct strbuf bytes = {0};
	struct step steps[STEP_NR] = {0};
	const char *words[] = {"one", "two", NULL};
	struct plan_init plan = {
		.id = "id", .state_json = "{}", .args = {words, 2}, .steps = {steps, STEP_NR}};

	for (int i = 0; i < STEP_NR; i++)
		steps[i].kind = (enum step_kind)i;
	steps[STEP_MOUNT].mount.options = plan.args;
	steps[STEP_MOUNT].mount.uid_map = callers[1].uid_map;
	steps[STEP_SECCOMP].seccomp.filter = (struct bytes){"filter", 6};
	codec_put_plan(&bytes, &plan);
	for (; size >= 3; data += 3, size -= 3)
		bytes.s[(data[0] << 8 | data[1]) % bytes.len] = (char)data[2];
	decode(bytes.s, bytes.len - size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	log_setup(&(struct log_options){.level = LOG_LEVEL_ERROR, .quiet = true});
	plan_config((const char *)data, size);
	decode(data, size);
	decode_changed(data, size);
	return 0;
}
