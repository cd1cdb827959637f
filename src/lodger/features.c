// SPDX-License-Identifier: Apache-2.0
/*
 * features: what this build can do, in the form of runtime-spec's features.md. In: the tables that
 * decoding, checks and the planner use, so that nothing is promised which they do not know; the
 * kernel where the specification lets a list depend on it. Out: JSON. Front end; changes nothing.
 */
#include <linux/seccomp.h>
#include <stdlib.h>

#include "commit.h"
#include "config.h"
#include "kernel/seccomp.h"
#include "lodger/internal.h"
#include "plan/annotations.h"
#include "plan/mntopt.h"
#include "spec/names.h"

/* Of config.json. Anything in between is accepted, and whatever else begins with "1.". */
#define VERSION_MIN "1.0.0"

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of the alphabet, so that two versions can be compared line by line. */
static void put_words(struct json_writer *w, const char *key, struct arena *a, struct strv words)
{
	const char **sorted = arena_calloc(a, words.n + 1, sizeof(*sorted));

	for (size_t i = 0; i < words.n; i++)
		sorted[i] = words.v[i];
	qsort(sorted, words.n, sizeof(*sorted), compare_words);
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < words.n; i++)
		json_string(w, sorted[i]);
	json_close_array(w);
}

/* The words of a table, or those whose value is `usable`. */
static void put_table(struct json_writer *w, const char *key, struct arena *a,
	const struct name *table, bool (*usable)(uint32_t value))
{
	struct strv words = {0};

	for (; table->name; table++)
		if (!usable || usable((uint32_t)table->value))
			strv_add(a, &words, table->name);
	put_words(w, key, a, words);
}

static void put_enabled(struct json_writer *w, const char *key, bool enabled)
{
	json_key(w, key);
	json_open_object(w);
	json_kv_bool(w, "enabled", enabled);
	json_close_object(w);
}

/* In the order of the table, which is the order in which they run. */
static void put_hooks(struct json_writer *w)
{
	const struct field *f = spec_desc.fields;

	while (!str_eq(f->key, "hooks"))
		f++;
	json_key(w, "hooks");
	json_open_array(w);
	for (f = f->sub->fields; f->key; f++)
		json_string(w, f->key);
	json_close_array(w);
}

/* By systemd where lodger-scope was built; what a host lacks is for the planner to say. */
static void put_cgroup(struct json_writer *w)
{
	static const char *const kinds[] = {"v1", "v2", "systemd", "systemdUser", "rdma"};

	json_key(w, "cgroup");
	json_open_object(w);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		json_kv_bool(w, kinds[i], HAVE_SCOPE || !str_after(kinds[i], "systemd"));
	json_close_object(w);
}

/*
 * Actions that the kernel lacks are left out: a filter with one of them could not do what it says.
 * Of flags, the specification has a list of either kind.
 */
static void put_seccomp(struct json_writer *w, struct arena *a)
{
	json_key(w, "seccomp");
	json_open_object(w);
	json_kv_bool(w, "enabled", seccomp_action_known(SECCOMP_RET_ALLOW));
	put_table(w, "actions", a, spec_seccomp_action_names, seccomp_action_known);
	put_table(w, "operators", a, spec_seccomp_op_names, NULL);
	put_table(w, "archs", a, spec_seccomp_arch_names, NULL);
	put_table(w, "knownFlags", a, spec_seccomp_flag_names, NULL);
	put_table(w, "supportedFlags", a, spec_seccomp_flag_names, seccomp_flag_known);
	json_close_object(w);
}

static void put_linux(struct json_writer *w, struct arena *a)
{
	json_key(w, "linux");
	json_open_object(w);
	put_table(w, "namespaces", a, spec_ns_names, NULL);
	put_table(w, "capabilities", a, spec_cap_names, NULL);
	put_cgroup(w);
	put_seccomp(w, a);
	put_enabled(w, "apparmor", true);
	put_enabled(w, "selinux", true);
	/* Known to this build, as runc means it: whether resctrl is mounted is the planner's to
	 * say. */
	put_enabled(w, "intelRdt", true);
	put_enabled(w, "netDevices", true);
	json_key(w, "memoryPolicy");
	json_open_object(w);
	put_table(w, "modes", a, spec_mempolicy_mode_names, NULL);
	put_table(w, "flags", a, spec_mempolicy_flag_names, NULL);
	json_close_object(w);
	json_key(w, "mountExtensions");
	json_open_object(w);
	put_enabled(w, "idmap", true);
	json_close_object(w);
	json_close_object(w);
}

static void put_annotations(struct json_writer *w, struct arena *a)
{
	json_key(w, "annotations");
	json_open_object(w);
	json_kv_string(w, "org.lodger.commit", GIT_COMMIT);
	json_kv_string(w, "org.lodger.libseccomp.version", filter_library_version(a));
	json_kv_string(w, "org.lodger.version", PACKAGE_VERSION);
	/* runc's name for it; whether there is a criu is seen when it is asked for. */
	json_kv_string(w, "org.opencontainers.runc.checkpoint.enabled", "true");
	json_close_object(w);
}

/* A container that has one of them may not be what its engine has decided. */
static void put_acted_on(struct json_writer *w)
{
	json_key(w, "potentiallyUnsafeConfigAnnotations");
	json_open_array(w);
	for (const struct plan_annotation *a = plan_annotation_table; a->name; a++)
		if (!a->instead)
			json_string(w, a->name);
	json_close_array(w);
}

char *lodger_features(struct lodger *l)
{
	auto_json_writer struct json_writer *w = json_writer_new(2);

	json_open_object(w);
	json_kv_string(w, "ociVersionMin", VERSION_MIN);
	json_kv_string(w, "ociVersionMax", SPEC_VERSION);
	put_hooks(w);
	put_words(w, "mountOptions", l->arena, mntopt_words(l->arena));
	put_linux(w, l->arena);
	put_annotations(w, l->arena);
	put_acted_on(w);
	json_close_object(w);
	return arena_printf(l->arena, "%s\n", json_writer_text(w, NULL));
}
