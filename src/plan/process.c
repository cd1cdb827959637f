// SPDX-License-Identifier: Apache-2.0
/*
 * process of config.json → the last steps: limits, session, identity, capabilities, seccomp, exec.
 * Part of the planner: pure.
 *
 * The order matters. What needs privilege comes before the capabilities go; what the seccomp filter
 * might forbid comes before the filter, as far as no_new_privs allows; limits that could starve
 * init itself (RLIMIT_NOFILE) come late; errors after `start` reach nobody, so hardly anything that
 * can fail comes after it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/rlimit.h"
#include "plan/planner.h"
#include "spec/names.h"

#define CAP_SYS_RESOURCE_NR 24u
#define CAP_SYS_ADMIN_BIT   (1ull << PLAN_CAP_SYS_ADMIN)

static bool may_raise_limits(const struct planner *p)
{
	return p->facts->initial_userns && facts_has_cap(p->facts, CAP_SYS_RESOURCE_NR);
}

/* setrlimit(2): the hard limit can be raised by CAP_SYS_RESOURCE of the initial namespace only. */
static void add_rlimits(struct planner *p, bool raising)
{
	const struct spec_rlimit *l;

	array_foreach (l, &p->spec->process->rlimits) {
		uint64_t hard = l->hard.v, soft = l->soft.v;
		uint64_t limit = facts_hard_limit(p->facts, l->type);
		bool raises = hard > limit;
		struct step *s;

		if (raises && !may_raise_limits(p)) {
			if (raising)
				planner_note(p, LOG_LEVEL_WARN,
					"process.rlimits: %s: hard limit %" PRIu64
					" lowered to %" PRIu64
					", the most that the caller may have",
					l->type, hard, limit);
			hard = limit;
			soft = soft < hard ? soft : hard;
			raises = false;
		}
		if (raises != raising)
			continue;
		s = planner_step(p, STEP_RLIMIT);
		s->rlimit.name = l->type;
		s->rlimit.resource = (uint32_t)names_find(rlimit_names, l->type)->value;
		s->rlimit.soft = soft;
		s->rlimit.hard = hard;
	}
}

/*
 * Init raises its own soft limit of descriptors to open all sources at once (init/start.c): a
 * payload whose config says nothing gets the caller's back.
 */
static void keep_descriptor_limit(struct planner *p)
{
	const struct spec_rlimit *l;
	const struct facts_rlimit *own;

	array_foreach (l, &p->spec->process->rlimits)
		if (str_eq(l->type, "RLIMIT_NOFILE"))
			return;
	array_foreach (own, &p->facts->rlimits) {
		struct step *s;

		if (!str_eq(own->name, "RLIMIT_NOFILE"))
			continue;
		s = planner_step(p, STEP_RLIMIT);
		s->rlimit.name = own->name;
		s->rlimit.resource = (uint32_t)names_find(rlimit_names, own->name)->value;
		s->rlimit.soft = own->soft;
		s->rlimit.hard = own->hard;
	}
}

static uint64_t or_names(const struct name *table, const struct strv *list)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < list->n; i++)
		bits |= names_find(table, list->v[i])->value;
	return bits;
}

static void add_scheduler(struct planner *p)
{
	const struct spec_scheduler *in = p->spec->process->scheduler;
	struct step *s;

	if (!in)
		return;
	s = planner_step(p, STEP_SCHEDULER);
	s->scheduler.policy = (uint32_t)names_find(spec_sched_policy_names, in->policy)->value;
	s->scheduler.flags = or_names(spec_sched_flag_names, &in->flags);
	s->scheduler.nice = in->nice.set ? in->nice.v : 0;
	s->scheduler.priority = in->priority.set ? (uint32_t)in->priority.v : 0;
	s->scheduler.runtime_ns = in->runtime.v;
	s->scheduler.deadline_ns = in->deadline.v;
	s->scheduler.period_ns = in->period.v;
}

void plan_oom_score(struct planner *p)
{
	const struct spec_process *in = p->spec->process;

	if (in->oom_score_adj.set)
		planner_step(p, STEP_OOM_SCORE)->number.number = in->oom_score_adj.v;
}

void plan_placement(struct planner *p)
{
	const struct spec_process *in = p->spec->process;
	const struct spec_linux *l = &p->spec->linux_;

	add_scheduler(p);
	if (in->io_priority) {
		uint64_t class_ =
			names_find(spec_ioprio_class_names, in->io_priority->class_)->value;

		/* ioprio_set(2): IOPRIO_PRIO_VALUE(class, data). */
		planner_step(p, STEP_IO_PRIORITY)->number.number =
			(int64_t)(class_ << 13) | in->io_priority->priority;
	}
	if (l->personality && l->personality->domain)
		planner_step(p, STEP_PERSONALITY)->number.number =
			(int64_t)names_find(spec_personality_names, l->personality->domain)->value;
	if (l->memory_policy) {
		struct step *s = planner_step(p, STEP_MEMORY_POLICY);

		s->memory_policy.nodes = l->memory_policy->nodes;
		s->memory_policy.mode =
			(uint32_t)(names_find(spec_mempolicy_mode_names, l->memory_policy->mode)
					   ->value |
				   or_names(spec_mempolicy_flag_names, &l->memory_policy->flags));
	}
}

static int need_lsm(bool active, const char *member, const char *name, struct err *e)
{
	if (active)
		return 0;
	err_set(e, ERR_HOST_KERNEL, ENOTSUP, "config.json: %s: %s is not enabled on this host",
		member, name);
	err_object(e, "%s", member);
	err_fix(e, "enable %s in the kernel (security= and lsm= parameters) or remove %s", name,
		member);
	return -ENOTSUP;
}

static int add_label(struct planner *p, struct err *e)
{
	const struct spec_process *in = p->spec->process;
	const char *apparmor = str_is_empty(in->apparmor_profile) ? NULL : in->apparmor_profile;
	const char *selinux = str_is_empty(in->selinux_label) ? NULL : in->selinux_label;
	struct step *s;
	int r = 0;

	if (apparmor && str_eq(apparmor, "unconfined") && !p->facts->apparmor)
		apparmor = NULL;
	if (apparmor)
		r = need_lsm(p->facts->apparmor, "process.apparmorProfile", "AppArmor", e);
	if (r == 0 && selinux)
		r = need_lsm(p->facts->selinux, "process.selinuxLabel", "SELinux", e);
	if (r < 0 || (!apparmor && !selinux))
		return r;
	s = planner_step(p, STEP_LABEL);
	s->label.apparmor = apparmor;
	s->label.selinux = selinux;
	return 0;
}

static uint64_t cap_bits(const struct strv *names)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < names->n; i++) {
		const struct name *row = names_find(spec_cap_names, names->v[i]);

		bits |= row ? 1ull << row->value : 0;
	}
	return bits;
}

/* Without a new user namespace the container gets at most what the caller has. */
static uint64_t available_caps(const struct planner *p)
{
	uint64_t known =
		p->facts->cap_last >= 63 ? UINT64_MAX : (1ull << (p->facts->cap_last + 1)) - 1;

	return p->new_userns || p->joined_userns ? known : known & p->facts->caps_bounding;
}

/*
 * What no kernel, or not this one, can grant is a warning, not an error: config.json may come from
 * an engine that knows more capabilities than we do (runtime-spec config.md, "capabilities").
 */
static void note_unknown_caps(struct planner *p, const char *set, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!names_find(spec_cap_names, names->v[i]))
			planner_note(p, LOG_LEVEL_WARN,
				"process.capabilities.%s[%zu]: %s is not the name of a "
				"capability and is left out",
				set, i, json_quoted(names->v[i]).text);
}

static void note_caps(struct planner *p, const struct spec_capabilities *in)
{
	note_unknown_caps(p, "bounding", &in->bounding);
	note_unknown_caps(p, "effective", &in->effective);
	note_unknown_caps(p, "inheritable", &in->inheritable);
	note_unknown_caps(p, "permitted", &in->permitted);
	note_unknown_caps(p, "ambient", &in->ambient);
}

/* capabilities(7): only what is permitted and inheritable too can be raised. */
static void note_ambient(struct planner *p, uint64_t refused)
{
	for (unsigned i = 0; i < 64; i++)
		if (refused & 1ull << i)
			planner_note(p, LOG_LEVEL_WARN,
				"process.capabilities.ambient: can't raise ambient capability %s: "
				"it is not both permitted and inheritable",
				names_of(spec_cap_names, i));
}

static void add_caps(struct planner *p)
{
	static const struct spec_capabilities none;
	const struct spec_capabilities *in =
		p->spec->process->capabilities ? p->spec->process->capabilities : &none;
	uint64_t have = available_caps(p);
	uint64_t asked = cap_bits(&in->bounding) | cap_bits(&in->permitted) |
			 cap_bits(&in->effective) | cap_bits(&in->inheritable) |
			 cap_bits(&in->ambient);
	struct step_caps caps = {
		.bounding = cap_bits(&in->bounding) & have,
		.permitted = cap_bits(&in->permitted) & have,
		.inheritable = cap_bits(&in->inheritable) & have,
	};

	note_caps(p, in);
	for (unsigned i = 0; i < 64; i++)
		if (asked & ~have & 1ull << i)
			planner_note(p, LOG_LEVEL_WARN,
				"process.capabilities: %s is not available here and is left out",
				names_of(spec_cap_names, i));
	/* capabilities(7): effective is part of permitted, ambient part of both others. */
	caps.effective = cap_bits(&in->effective) & caps.permitted;
	caps.ambient = cap_bits(&in->ambient) & caps.permitted & caps.inheritable;
	note_ambient(p, cap_bits(&in->ambient) & have & ~caps.ambient);
	planner_step(p, STEP_CAPS)->caps = caps;
}

static void add_user(struct planner *p)
{
	const struct spec_user *in = &p->spec->process->user;
	struct step *s;

	/* runtime-spec config.md has it for Windows only. */
	if (in->username)
		planner_note(p, LOG_LEVEL_WARN,
			"process.user.username: \"%s\" is left out: on Linux uid and gid count",
			in->username);
	s = planner_step(p, STEP_USER);

	s->user.uid = in->uid;
	s->user.gid = in->gid;
	s->user.groups.v = in->additional_gids.v;
	s->user.groups.n = in->additional_gids.n;
	s->user.set_groups = !p->setgroups_denied && !p->keep_groups;
	if (in->additional_gids.n && !s->user.set_groups)
		planner_note(p, LOG_LEVEL_WARN, "process.user.additionalGids: left out: %s",
			p->keep_groups ? "run.oci.keep_original_groups keeps those of the caller"
				       : "setgroups(2) is denied in the container's user "
					 "namespace");
}

static bool seccomp_has_listener(const struct planner *p)
{
	const struct spec_seccomp *in = p->spec->linux_.seccomp;

	return in && !str_is_empty(in->listener_path);
}

static void add_seccomp(struct planner *p)
{
	const struct spec_seccomp *in = p->spec->linux_.seccomp;
	struct step *s;

	if (!in)
		return;
	p->plan->seccomp = in;
	s = planner_step(p, STEP_SECCOMP);
	s->seccomp.no_new_privs = p->spec->process->no_new_privileges;
}

struct env_entry {
	const char *text;
	size_t name_len;
	size_t place;
};

static int compare_entries(const void *a, const void *b)
{
	const struct env_entry *x = a, *y = b;
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int r = memcmp(x->text, y->text, n);

	if (r == 0)
		r = (x->name_len > y->name_len) - (x->name_len < y->name_len);
	return r ? r : (x->place > y->place) - (x->place < y->place);
}

static bool same_name(const struct env_entry *a, const struct env_entry *b)
{
	return a->name_len == b->name_len && memcmp(a->text, b->text, a->name_len) == 0;
}

/*
 * The last of several entries with one name counts, as with runc and crun: getenv(3) would find the
 * first. An empty HOME is none; init then looks for one.
 */
static void take_env(struct planner *p, const struct strv *in, struct strv *out)
{
	struct env_entry *sorted = arena_calloc(p->arena, in->n + 1, sizeof(*sorted));
	bool *drop = arena_calloc(p->arena, in->n + 1, sizeof(*drop));

	for (size_t i = 0; i < in->n; i++)
		sorted[i] = (struct env_entry){in->v[i], strcspn(in->v[i], "="), i};
	qsort(sorted, in->n, sizeof(*sorted), compare_entries);
	for (size_t i = 0; i + 1 < in->n; i++)
		drop[sorted[i].place] = same_name(&sorted[i], &sorted[i + 1]);
	for (size_t i = 0; i < in->n; i++)
		if (!drop[i] && !str_eq(in->v[i], "HOME="))
			strv_add(p->arena, out, in->v[i]);
}

/* The environment as config.json has it; what the caller passes on is added, not overridden. */
void plan_take_process(struct planner *p)
{
	const struct spec_process *in = p->spec->process;
	struct plan_init *out = &p->plan->init;

	out->args = in->args;
	take_env(p, &in->env, &out->env);
	if (p->req->notify_dir)
		strv_add(p->arena, &out->env, "NOTIFY_SOCKET=" PLAN_NOTIFY_DIR "/notify.sock");
	if (p->req->listen_fds) {
		/* sd_listen_fds(3): the payload is the one meant, and it is process 1. */
		strv_add(p->arena, &out->env,
			arena_printf(p->arena, "LISTEN_FDS=%s", p->req->listen_fds));
		if (p->plan->own_pidns)
			strv_add(p->arena, &out->env, "LISTEN_PID=1");
	}
}

void plan_limits_raised(struct planner *p)
{
	add_rlimits(p, true);
}

int plan_payload(struct planner *p, struct err *e)
{
	const struct spec_process *in = p->spec->process;
	bool nnp = in->no_new_privileges;
	int r;

	planner_step(p, STEP_SESSION);
	if (!p->target)
		planner_step(p, STEP_READY);
	r = add_label(p, e);
	if (r < 0)
		return r;
	if (nnp)
		planner_step(p, STEP_NO_NEW_PRIVS);
	add_user(p);
	planner_step(p, STEP_CWD)->path.path = in->cwd;
	planner_step(p, STEP_PAYLOAD);
	/* seccomp(2): without no_new_privs it takes CAP_SYS_ADMIN, so the filter comes first. */
	if (!nnp)
		add_seccomp(p);
	add_caps(p);
	planner_step(p, STEP_UMASK)->number.number =
		in->user.umask.set ? (int64_t)in->user.umask.v : 022;
	planner_step(p, STEP_LOOKUP);
	/* A listener goes to the front end, which is gone after start. */
	if (nnp && seccomp_has_listener(p))
		add_seccomp(p);
	if (!p->target)
		planner_step(p, STEP_START);
	add_rlimits(p, false);
	keep_descriptor_limit(p);
	if (nnp && !seccomp_has_listener(p))
		add_seccomp(p);
	/* These are programs of the image: under its limits and its filter, like the payload. */
	if (!p->target)
		plan_late_hooks(p);
	planner_step(p, STEP_EXEC);
	return 0;
}

int plan_process(struct planner *p, struct err *e)
{
	plan_take_process(p);
	plan_limits_raised(p);
	plan_oom_score(p);
	plan_placement(p);
	return plan_payload(p, e);
}
