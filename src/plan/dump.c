// SPDX-License-Identifier: Apache-2.0
/*
 * A plan as JSON; see dump.h. In: a plan. Out: calls of a JSON writer. Front end and tests; pure.
 * The descriptions in steps.c say what there is; the table here says which of it are words.
 */
#include "plan/dump.h"

#include <inttypes.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include "plan/planner.h"
#include "spec/names.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

static const struct name clone_words[] = {
	{"user", CLONE_NEWUSER},
	{"mount", CLONE_NEWNS},
	{"pid", CLONE_NEWPID},
	{"network", CLONE_NEWNET},
	{"ipc", CLONE_NEWIPC},
	{"uts", CLONE_NEWUTS},
	{"cgroup", CLONE_NEWCGROUP},
	{"time", PLAN_NEWTIME},
	{NULL, 0},
};

static const struct name propagation_words[] = {
	{"rec", MS_REC},
	{"private", MS_PRIVATE},
	{"shared", MS_SHARED},
	{"slave", MS_SLAVE},
	{"unbindable", MS_UNBINDABLE},
	{NULL, 0},
};

/* The atime attributes are one field: as something to clear it has a word of its own. */
static const struct name attr_words[] = {
	{"ro", MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC},
	{"nodiratime", MOUNT_ATTR_NODIRATIME},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW},
	{"atime-field", MOUNT_ATTR__ATIME},
	{"noatime", MOUNT_ATTR_NOATIME},
	{"strictatime", MOUNT_ATTR_STRICTATIME},
	{NULL, 0},
};

static const struct name mount_flag_words[] = {
	{"bind", STEP_MOUNT_BIND},
	{"rec", STEP_MOUNT_REC},
	{"copy-up", STEP_MOUNT_COPY_UP},
	{"src-nofollow", STEP_MOUNT_SRC_NOFOLLOW},
	{"dest-nofollow", STEP_MOUNT_DEST_NOFOLLOW},
	{"copy-symlink", STEP_MOUNT_COPY_SYMLINK},
	{"idmap", STEP_MOUNT_IDMAP},
	{"idmap-rec", STEP_MOUNT_IDMAP_REC},
	{"optional", STEP_MOUNT_OPTIONAL},
	{"in-userns", STEP_MOUNT_IN_USERNS},
	{"over-proc", STEP_MOUNT_OVER_PROC},
	{"cosmetic", STEP_MOUNT_COSMETIC},
	{"live", STEP_MOUNT_LIVE},
	{"source-in-root", STEP_MOUNT_SOURCE_IN_ROOT},
	{NULL, 0},
};

static const struct name caller_words[] = {
	{"root", PLAN_CALLER_ROOT},
	{"ns-root", PLAN_CALLER_NS_ROOT},
	{"user", PLAN_CALLER_USER},
	{NULL, 0},
};

static const struct name manager_words[] = {
	{"none", PLAN_CGROUP_NONE},
	{"cgroupfs", PLAN_CGROUP_FS},
	{"systemd", PLAN_CGROUP_SYSTEMD},
	{"session", PLAN_CGROUP_SESSION},
	{NULL, 0},
};

static const struct name write_words[] = {
	{"optional", PLAN_WRITE_OPTIONAL},
	{"else", PLAN_WRITE_ELSE},
	{"retry", PLAN_WRITE_RETRY},
	{"check", PLAN_WRITE_CHECK},
	{"lift", PLAN_WRITE_LIFT},
	{NULL, 0},
};

static const struct name writer_words[] = {
	{"none", PLAN_MAP_NONE},
	{"direct", PLAN_MAP_DIRECT},
	{"helper", PLAN_MAP_HELPER},
	{NULL, 0},
};

static const struct name level_words[] = {
	{"error", LOG_LEVEL_ERROR},
	{"warning", LOG_LEVEL_WARN},
	{"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
	{NULL, 0},
};

/* How a number is shown. */
enum show {
	SHOW_PLAIN,
	SHOW_FLAGS, /* a list of words, which have several bits or one */
	SHOW_BITS, /* a list of words, which are numbers of bits */
	SHOW_WORD,
	SHOW_MODE, /* type and octal permissions */
	SHOW_LIMIT,
	SHOW_BECOME,
	SHOW_SLOT, /* from 1; 0 = none */
};

static const struct view {
	const char *object; /* name of a description */
	const char *key;
	enum show show;
	const struct name *words;
} views[] = {
	{"plan", "caller", SHOW_WORD, caller_words},
	{"plan", "clone_flags", SHOW_FLAGS, clone_words},
	{"plan_cgroup", "manager", SHOW_WORD, manager_words},
	{"plan_cgroup_write", "flags", SHOW_FLAGS, write_words},
	{"plan_id_map", "writer", SHOW_WORD, writer_words},
	{"plan_join", "flag", SHOW_FLAGS, clone_words},
	{"plan_network", "mode", SHOW_WORD, net_mode_names},
	{"plan_note", "level", SHOW_WORD, level_words},
	{"plan_init", "log_level", SHOW_WORD, level_words},
	{"step_join", "flag", SHOW_FLAGS, clone_words},
	{"step_enter", "flags", SHOW_FLAGS, clone_words},
	{"step_become", "uid", SHOW_BECOME, NULL},
	{"step_become", "gid", SHOW_BECOME, NULL},
	{"step_mount", "flags", SHOW_FLAGS, mount_flag_words},
	{"step_mount", "attr_set", SHOW_FLAGS, attr_words},
	{"step_mount", "attr_clear", SHOW_FLAGS, attr_words},
	{"step_mount", "rec_attr_set", SHOW_FLAGS, attr_words},
	{"step_mount", "rec_attr_clear", SHOW_FLAGS, attr_words},
	{"step_mount", "propagation", SHOW_FLAGS, propagation_words},
	{"step_mount", "slot", SHOW_SLOT, NULL},
	{"step_device", "mode", SHOW_MODE, NULL},
	{"step_rlimit", "soft", SHOW_LIMIT, NULL},
	{"step_rlimit", "hard", SHOW_LIMIT, NULL},
	{"step_caps", "bounding", SHOW_BITS, spec_cap_names},
	{"step_caps", "effective", SHOW_BITS, spec_cap_names},
	{"step_caps", "permitted", SHOW_BITS, spec_cap_names},
	{"step_caps", "inheritable", SHOW_BITS, spec_cap_names},
	{"step_caps", "ambient", SHOW_BITS, spec_cap_names},
};

/* The same payload means something else for some kinds. */
static const struct kind_view {
	enum step_kind kind;
	struct view view;
} kind_views[] = {
	{STEP_FORK, {"step_flags", "flags", SHOW_FLAGS, clone_words}},
	{STEP_UNSHARE, {"step_flags", "flags", SHOW_FLAGS, clone_words}},
	{STEP_PROPAGATION, {"step_flags", "flags", SHOW_FLAGS, propagation_words}},
	{STEP_ROOT_PROPAGATION, {"step_flags", "flags", SHOW_FLAGS, propagation_words}},
	{STEP_UMASK, {"step_number", "number", SHOW_MODE, NULL}},
};

static const struct view *find_view(
	const struct struct_desc *desc, const struct field *f, const struct step *step)
{
	for (size_t i = 0; step && i < ARRAY_SIZE(kind_views); i++)
		if (kind_views[i].kind == step->kind &&
			str_eq(kind_views[i].view.object, desc->name))
			return &kind_views[i].view;
	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		if (str_eq(views[i].object, desc->name) && str_eq(views[i].key, f->key))
			return &views[i];
	return NULL;
}

static void put_hex(struct json_writer *w, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, n);
	json_string(w, text);
}

/* Bits that have no word are shown as a number: nothing of a plan is hidden. */
static void put_flags(struct json_writer *w, const struct name *words, uint64_t flags)
{
	json_open_array(w);
	for (; words->name; words++) {
		if ((flags & words->value) != words->value)
			continue;
		json_string(w, words->name);
		flags &= ~words->value;
	}
	if (flags)
		put_hex(w, flags);
	json_close_array(w);
}

static void put_bits(struct json_writer *w, const struct name *words, uint64_t bits)
{
	json_open_array(w);
	for (unsigned i = 0; i < 64; i++) {
		const char *word = names_of(words, i);

		if (!(bits & 1ull << i))
			continue;
		if (word)
			json_string(w, word);
		else
			json_uint(w, i);
	}
	json_close_array(w);
}

static void put_mode(struct json_writer *w, uint64_t mode)
{
	static const struct name types[] = {
		{"c ", S_IFCHR}, {"b ", S_IFBLK}, {"p ", S_IFIFO}, {"", 0}, {NULL, 0}};
	const char *type = names_of(types, mode & S_IFMT);
	char text[32];

	snprintf(text, sizeof(text), "%s%04o", type ? type : "? ", (unsigned)mode & 07777);
	json_string(w, text);
}

static void put_number(struct json_writer *w, const struct view *v, uint64_t n)
{
	const char *word = v->show == SHOW_WORD ? names_of(v->words, n) : NULL;

	if (v->show == SHOW_FLAGS)
		put_flags(w, v->words, n);
	else if (v->show == SHOW_BITS)
		put_bits(w, v->words, n);
	else if (v->show == SHOW_MODE)
		put_mode(w, n);
	else if (v->show == SHOW_LIMIT && n == UINT64_MAX)
		json_string(w, "unlimited");
	else if (v->show == SHOW_BECOME && n == STEP_BECOME_KEEP)
		json_string(w, "keep");
	else if (word)
		json_string(w, word);
	else
		json_uint(w, n);
}

static uint64_t number_of(const struct field *f, const void *member)
{
	if (f->type == FIELD_U32)
		return *(const uint32_t *)member;
	if (f->type == FIELD_I32)
		return (uint64_t)(int64_t) * (const int32_t *)member;
	return *(const uint64_t *)member;
}

static void dump_number(
	struct json_writer *w, const struct field *f, const struct view *v, const void *member)
{
	uint64_t n = number_of(f, member);

	if (v && !n && (v->show == SHOW_FLAGS || v->show == SHOW_BITS || v->show == SHOW_SLOT))
		return;
	json_key(w, f->key);
	if (v)
		put_number(w, v, n);
	else if (f->type == FIELD_I32 || f->type == FIELD_I64)
		json_int(w, (int64_t)n);
	else
		json_uint(w, n);
}

static void dump_members(struct json_writer *w, const struct struct_desc *desc, const void *object,
	const struct step *step);

static void dump_object(struct json_writer *w, const struct struct_desc *desc, const void *object)
{
	json_open_object(w);
	dump_members(w, desc, object, NULL);
	json_close_object(w);
}

static void dump_array(struct json_writer *w, const struct field *f, const struct array *list)
{
	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_array(w);
	for (size_t i = 0; i < list->n; i++)
		dump_object(w, f->sub, (const char *)list->v + i * f->sub->size);
	json_close_array(w);
}

static void dump_strv(struct json_writer *w, const struct field *f, const struct strv *list)
{
	const char *item;

	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_array(w);
	strv_foreach (item, list)
		json_string(w, item);
	json_close_array(w);
}

static void dump_u32s(struct json_writer *w, const struct field *f, const struct array *list)
{
	const uint32_t *n = list->v;

	if (!list->n)
		return;
	json_key(w, f->key);
	json_open_array(w);
	for (size_t i = 0; i < list->n; i++)
		json_uint(w, n[i]);
	json_close_array(w);
}

static void dump_member(
	struct json_writer *w, const struct field *f, const struct view *v, const void *member)
{
	switch (f->type) {
	case FIELD_STR:
		json_kv_string_opt(w, f->key, *(const char *const *)member);
		break;
	case FIELD_BOOL:
		if (*(const bool *)member)
			json_kv_bool(w, f->key, true);
		break;
	case FIELD_STRV:
		dump_strv(w, f, member);
		break;
	case FIELD_U32S:
		dump_u32s(w, f, member);
		break;
	case FIELD_BYTES:
		/* A compiled filter is of no use to a reader; that there is one, is. */
		json_key(w, f->key);
		json_uint(w, ((const struct bytes *)member)->n);
		break;
	case FIELD_ENUM:
		json_kv_string_opt(
			w, f->key, names_of(f->names, (uint64_t) * (const int32_t *)member));
		break;
	case FIELD_OBJECT:
		if (!*(const void *const *)member)
			break;
		json_key(w, f->key);
		dump_object(w, f->sub, *(const void *const *)member);
		break;
	case FIELD_STRUCT:
		json_key(w, f->key);
		dump_object(w, f->sub, member);
		break;
	case FIELD_ARRAY:
		dump_array(w, f, member);
		break;
	default:
		dump_number(w, f, v, member);
	}
}

static void dump_members(struct json_writer *w, const struct struct_desc *desc, const void *object,
	const struct step *step)
{
	for (const struct field *f = desc->fields; f->key; f++)
		dump_member(w, f, find_view(desc, f, step), (const char *)object + f->offset);
}

void plan_dump_step(struct json_writer *w, const struct step *step)
{
	json_open_object(w);
	json_kv_string(w, "step", step_name(step->kind));
	dump_members(w, step_descs[step->kind], &step->none, step);
	json_close_object(w);
}

void plan_dump(struct json_writer *w, const struct plan *plan)
{
	const struct step *step;

	json_open_object(w);
	dump_members(w, &plan_desc, plan, NULL);
	json_key(w, "init");
	dump_object(w, &plan_init_desc, &plan->init);
	json_key(w, "steps");
	json_open_array(w);
	array_foreach (step, &plan->init.steps)
		plan_dump_step(w, step);
	json_close_array(w);
	json_close_object(w);
}
