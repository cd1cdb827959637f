// SPDX-License-Identifier: Apache-2.0
/*
 * Groups of resctrl: made, filled, joined, removed. In: the plan's part for linux.intelRdt, or the
 * record. Out: directories and files of the kernel. Front end; policy is in src/plan/resctrl.c.
 */
#include "cgroup/resctrl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define TEXT_MAX (1u << 20)

static int open_group(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int fail(struct err *e, const char *path, int r, const char *what)
{
	err_object(e, "%s", path);
	return err_sys(e, ERR_SYSTEM, r, "linux.intelRdt: %s %s", what, path);
}

int resctrl_lock(const char *mount, struct err *e)
{
	auto_fd int fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, mount, errno, "opening");
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail(e, mount, errno, "locking");
	return take_fd(&fd);
}

/* ---------------------------------------------------------------- lines */

/* A number as it is compared: without leading zeros, "0x" and the case of its letters. */
static const char *digits(const char *s, size_t *len)
{
	if (*len > 2 && s[0] == '0' && (s[1] | 0x20) == 'x') {
		s += 2;
		*len -= 2;
	}
	while (*len > 1 && *s == '0') {
		s++;
		(*len)--;
	}
	return s;
}

static bool same_number(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *x = digits(a, &a_len), *y = digits(b, &b_len);

	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++)
		if (tolower((unsigned char)x[i]) != tolower((unsigned char)y[i]))
			return false;
	return true;
}

/* The kernel pads what it prints. */
static const char *without_blanks(struct arena *a, const char *s, size_t len)
{
	char *out = arena_strndup(a, s, len), *to = out;

	for (const char *p = out; *p; p++)
		if (!isspace((unsigned char)*p))
			*to++ = *p;
	*to = '\0';
	return out;
}

/* "MB:0=20;1=70" → "MB:"; the length of that, 0 where there is none. */
static size_t resource_len(const char *line)
{
	const char *colon = strchr(line, ':');

	return colon ? (size_t)(colon + 1 - line) : 0;
}

/* The line of `text` that is about the same resource, without blanks; NULL if there is none. */
static const char *find_line(struct arena *a, const char *text, const char *wanted)
{
	size_t n = resource_len(wanted);

	while (n && *text) {
		size_t len = strcspn(text, "\n");
		const char *line = without_blanks(a, text, len);

		if (strncmp(line, wanted, n) == 0)
			return line;
		text += len + (text[len] == '\n');
	}
	return NULL;
}

/* The value after "ID=" in a line; NULL if it has no such domain. */
static const char *find_value(const char *line, const char *id, size_t id_len, size_t *ret_len)
{
	const char *p = line + resource_len(line);

	while (*p) {
		size_t len = strcspn(p, ";");
		const char *is = memchr(p, '=', len);

		if (is && same_number(p, (size_t)(is - p), id, id_len)) {
			*ret_len = len - (size_t)(is + 1 - p);
			return is + 1;
		}
		p += len + (p[len] == ';');
	}
	return NULL;
}

/* Whether every value of `wanted` is in force. What it leaves open may be anything. */
static bool in_force(const char *line, const char *wanted)
{
	const char *p = wanted + resource_len(wanted);

	while (*p) {
		size_t len = strcspn(p, ";"), value_len = 0;
		const char *is = memchr(p, '=', len);
		const char *value = is ? find_value(line, p, (size_t)(is - p), &value_len) : NULL;

		if (len && (!value || !same_number(is + 1, len - (size_t)(is + 1 - p), value,
					      value_len)))
			return false;
		p += len + (p[len] == ';');
	}
	return true;
}

static int read_schemata(struct arena *a, const char *group, char **ret, struct err *e)
{
	const char *path = arena_printf(a, "%s/schemata", group);
	int r = file_read(a, AT_FDCWD, path, TEXT_MAX, ret, NULL);

	return r < 0 ? fail(e, path, r, "reading") : 0;
}

static int compare(const struct plan_resctrl *plan, struct err *e)
{
	auto_arena struct arena *a = arena_new();
	const struct kv *kv;
	char *text;
	int r = plan->schemas.n ? read_schemata(a, plan->group, &text, e) : 0;

	if (r < 0)
		return r;
	array_foreach (kv, &plan->schemas) {
		const char *wanted = without_blanks(a, kv->value, strlen(kv->value));
		const char *line = find_line(a, text, wanted);

		if (line && in_force(line, wanted))
			continue;
		err_object(e, "%s", kv->key);
		return err_set(e, ERR_CONFIG_CONFLICT, EEXIST,
			"%s: %s is there already and has %s instead of %s", kv->key, plan->group,
			line ? line : "no such line", wanted);
	}
	return 0;
}

/* ---------------------------------------------------------------- groups */

static int is_there(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail(e, path, errno, "looking at");
	return S_ISDIR(st.st_mode) ? 1 : fail(e, path, ENOTDIR, "looking at");
}

int resctrl_missing(
	struct arena *a, const struct plan_resctrl *plan, struct strv *ret, struct err *e)
{
	struct strv missing = {0};
	int there = is_there(plan->group, e);

	if (there < 0)
		return there;
	if (!there && plan->shared && !plan->schemas.n && !plan->schemata.n) {
		err_object(e, "linux.intelRdt.closID");
		return err_set(e, ERR_CONFIG_VALUE, ENOENT,
			"linux.intelRdt.closID: there is no %s, and neither l3CacheSchema, "
			"memBwSchema nor schemata say what it would be",
			plan->group);
	}
	if (there && plan->shared && compare(plan, e) < 0)
		return -EEXIST;
	if (!there)
		strv_add(a, &missing, plan->group);
	there = plan->monitor && there ? is_there(plan->monitor, e) : 0;
	if (there < 0)
		return there;
	if (plan->monitor && !there)
		strv_add(a, &missing, plan->monitor);
	*ret = missing;
	return 0;
}

int resctrl_make(const struct strv *missing, struct err *e)
{
	const char *path;

	strv_foreach (path, missing)
		if (mkdir(path, 0755) < 0) {
			int r = errno;

			fail(e, path, r, "making");
			if (r == ENOSPC)
				err_fix(e, "the processor has no more of them: remove groups that "
					   "nothing uses, or name one that is there by closID");
			return -r;
		}
	return 0;
}

int resctrl_fill(const struct plan_resctrl *plan, const struct strv *missing, struct err *e)
{
	bool ours = !plan->shared || strv_has(missing, plan->group);
	int r = ours ? resctrl_write(plan->group, &plan->schemas, e) : 0;

	return r < 0 ? r : resctrl_write(plan->group, &plan->schemata, e);
}

/* What the kernel has to say about the last write, "" where it says nothing. In the arena. */
static const char *kernel_words(struct arena *a, const char *group)
{
	static const char *const places[] = {"info", "../info"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *path = arena_printf(a, "%s/%s/last_cmd_status", group, places[i]);
		char *text;

		if (file_read(a, AT_FDCWD, path, TEXT_MAX, &text, NULL) < 0)
			continue;
		text[strcspn(text, "\n")] = '\0';
		return str_eq(text, "ok") ? "" : text;
	}
	return "";
}

int resctrl_write(const char *group, const kv_list *lines, struct err *e)
{
	auto_arena struct arena *a = arena_new();
	auto_fd int dir = lines->n ? open_group(group) : -ENOENT;
	const struct kv *kv;

	if (lines->n && dir < 0)
		return fail(e, group, dir, "opening");
	array_foreach (kv, lines) {
		int r = file_write_once(dir, "schemata", arena_printf(a, "%s\n", kv->value));
		const char *why = r < 0 ? kernel_words(a, group) : "";

		if (r == 0)
			continue;
		err_object(e, "%s", kv->key);
		return err_sys(e, ERR_CONFIG_VALUE, r, "%s: writing \"%s\" to %s/schemata%s%s",
			kv->key, kv->value, group, *why ? ": " : "", why);
	}
	return 0;
}

int resctrl_read(
	struct arena *a, const char *group, const kv_list *lines, kv_list *ret, struct err *e)
{
	kv_list found = {.v = arena_calloc(a, lines->n + 1, sizeof(*found.v))};
	const struct kv *kv;
	char *text;
	int r = read_schemata(a, group, &text, e);

	if (r < 0)
		return r;
	array_foreach (kv, lines) {
		const char *line =
			find_line(a, text, without_blanks(a, kv->value, strlen(kv->value)));

		if (line)
			found.v[found.n++] = (struct kv){kv->key, line};
	}
	*ret = found;
	return 0;
}

int resctrl_join(const struct strv *groups, pid_t pid, struct err *e)
{
	char text[16];
	const char *path;

	snprintf(text, sizeof(text), "%d", (int)pid);
	strv_foreach (path, groups) {
		auto_fd int dir = open_group(path);
		int r = dir < 0 ? dir : file_write_once(dir, "tasks", text);

		if (r < 0)
			return fail(e, path, r, "putting the container's process into");
	}
	return 0;
}

static bool has_tasks(const char *group)
{
	auto_arena struct arena *a = arena_new();
	char *text;

	return file_read(a, AT_FDCWD, arena_printf(a, "%s/tasks", group), TEXT_MAX, &text, NULL) ==
		       0 &&
	       *text;
}

int resctrl_remove(const struct strv *groups, bool unused, struct err *e)
{
	for (size_t i = groups->n; i-- > 0;) {
		const char *path = groups->v[i];

		if (unused && has_tasks(path))
			continue;
		if (rmdir(path) < 0 && errno != ENOENT)
			return fail(e, path, errno, "removing");
	}
	return 0;
}
