// SPDX-License-Identifier: Apache-2.0
/*
 * Requested and effective limits; see limits.h. In: the writes that the planner makes of the
 * resources, and what the files hold now. Out: JSON. Front end.
 */
#include "cgroup/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>

#include "base/num.h"
#include "cgroup/stats.h"

#define CGROUP2_MAGIC 0x63677270
/* Deeper than the kernel lets cgroups be nested by default would be a loop. */
#define DEPTH_MAX 64

struct limit {
	const struct plan_cgroup_write *write;
	const char *effective; /* NULL = none */
	const char *why; /* NULL = as requested */
};

/* Numbers that also hold for all cgroups below. */
static bool is_bound(const char *file)
{
	static const char *const bounds[] = {
		"memory.max", "memory.high", "memory.swap.max", "pids.max"};

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
		if (str_eq(bounds[i], file))
			return true;
	return false;
}

static uint64_t to_number(const char *text)
{
	uint64_t n;

	return num_u64(text, &n) == 0 ? n : UINT64_MAX;
}

/* The lowest value of the cgroups above, up to where the kernel shows none. */
static void look_above(struct arena *a, int dir, struct limit *l)
{
	const char *file = l->write->file;
	auto_fd int at = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	uint64_t least = to_number(l->effective);

	for (int depth = 1; at >= 0 && depth < DEPTH_MAX; depth++) {
		int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct statfs fs;
		char *text;

		close_fd(&at);
		at = up;
		if (up < 0 || fstatfs(up, &fs) < 0 || fs.f_type != CGROUP2_MAGIC)
			return;
		/* The topmost cgroup has no limits. */
		if (cgroup_file_read(a, up, file, &text) < 0)
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (to_number(text) >= least)
			continue;
		least = to_number(text);
		l->effective = text;
		l->why = arena_printf(a, "a cgroup above has a lower %s (%d up)", file, depth);
	}
}

/* Values of a device or interface are lines of a file, "8:0 rbps=5"; a bandwidth is not. */
static bool is_keyed(const struct plan_cgroup_write *w)
{
	return strchr(w->value, ' ') && !str_eq(w->file, "cpu.max");
}

/* The line of the same first word. */
static const char *keyed_line(struct arena *a, const char *text, const char *value)
{
	struct strv lines = strv_split(a, text, "\n");
	size_t n = strcspn(value, " ");
	const char *line;

	strv_foreach (line, &lines)
		if (strncmp(line, value, n + 1) == 0)
			return line;
	return NULL;
}

/* Whether a line has every word that was written. */
static bool has_words(struct arena *a, const char *line, const char *value)
{
	struct strv have = strv_split(a, line, " ");
	struct strv wanted = strv_split(a, value, " ");
	const char *word;

	strv_foreach (word, &wanted)
		if (!strv_has(&have, word))
			return false;
	return true;
}

/* v1 shows "no limit" as the highest number of whole pages. */
static bool is_same(const char *requested, const char *effective)
{
	uint64_t n;

	if (str_eq(requested, effective))
		return true;
	return str_eq(requested, "-1") && num_u64(effective, &n) == 0 && n > INT64_MAX - 65536;
}

/* Of the CPUs that are asked for, those that the cgroups above have too. */
static void read_effective_set(
	struct arena *a, const struct cgroup *c, const struct plan_cgroup_write *w, char **text)
{
	char *effective;

	if (cgroup_read(
		    a, c, w->controller, arena_printf(a, "%s.effective", w->file), &effective) == 0)
		*text = effective;
}

static const char *explain(const struct plan_cgroup_write *w, const char *effective)
{
	uint64_t want = to_number(w->value), have = to_number(effective);

	if (str_eq(w->controller, "memory") && have < want && want - have < 65536)
		return "the kernel counts in whole pages";
	return "it was changed since, or the kernel rounded it";
}

static void examine(struct arena *a, const struct cgroup *c, struct limit *l)
{
	const struct plan_cgroup_write *w = l->write;
	char *text;
	int r = cgroup_read(a, c, w->controller, w->file, &text);

	if (r == -ENOENT && w->flags & PLAN_WRITE_LIFT) {
		/* No controller, no limit. */
		l->effective = w->value;
		return;
	}
	if (r < 0) {
		l->why = r == -ENOENT ? "there is no such file for this container" : err_text(-r);
		return;
	}
	if (is_keyed(w)) {
		l->effective = keyed_line(a, text, w->value);
		if (!l->effective || !has_words(a, l->effective, w->value))
			l->why = "the kernel does not list it so";
		return;
	}
	if (cgroup_is_unified(c) && str_after(w->file, "cpuset."))
		read_effective_set(a, c, w, &text);
	text[strcspn(text, "\n")] = '\0';
	l->effective = str_after(text, "default ") ? str_after(text, "default ") : text;
	if (!is_same(w->value, l->effective))
		l->why = explain(w, l->effective);
	if (cgroup_is_unified(c) && is_bound(w->file))
		look_above(a, cgroup_dir_for(c, w->controller), l);
}

static void put(struct json_writer *w, const struct limit *l)
{
	json_open_object(w);
	json_kv_string(w, "member", l->write->json_path);
	json_kv_string(w, "file", l->write->file);
	json_kv_string(w, "requested", l->write->value);
	json_kv_string_opt(w, "effective", l->effective);
	json_kv_string_opt(w, "why", l->why);
	json_close_object(w);
}

/* Device rules cannot be read back; a check is no limit. */
static bool is_limit(const struct plan_cgroup_write *w)
{
	return !(w->flags & PLAN_WRITE_CHECK) && !str_eq(w->controller, "devices");
}

bool limits_any(const plan_cgroup_writes *writes)
{
	const struct plan_cgroup_write *w;

	array_foreach (w, writes)
		if (is_limit(w))
			return true;
	return false;
}

void limits_write(struct json_writer *w, const struct cgroup *c, const plan_cgroup_writes *writes)
{
	auto_arena struct arena *a = arena_new();

	json_open_array(w);
	for (size_t i = 0; i < writes->n; i++) {
		struct limit l = {.write = &writes->v[i]};
		bool has_other = i + 1 < writes->n && writes->v[i + 1].flags & PLAN_WRITE_ELSE;

		if (!is_limit(l.write))
			continue;
		examine(a, c, &l);
		if (has_other && l.effective)
			i++; /* the file is there, so its other name was not used */
		else if (has_other)
			continue;
		put(w, &l);
	}
	json_close_array(w);
}
