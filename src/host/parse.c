// SPDX-License-Identifier: Apache-2.0
/*
 * Texts of /proc and /etc. In: a text, read by facts.c. Out: members of struct facts. Pure: opens
 * nothing, so that a test hands in the text of any machine.
 */
#include "host/parse.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/str.h"

/* The next line of `*text`, its length in `*len`; NULL at the end. */
static const char *line_next(const char **text, size_t *len)
{
	const char *line = *text;

	if (!*line)
		return NULL;
	*len = strcspn(line, "\n");
	*text = line + *len + (line[*len] == '\n');
	return line;
}

const char *parse_passwd(struct arena *a, const char *text, uint32_t uid)
{
	const char *line;
	size_t len;

	while ((line = line_next(&text, &len))) {
		const char *end = line + len;
		const char *name_end = memchr(line, ':', len);
		const char *uid_text =
			name_end ? memchr(name_end + 1, ':', (size_t)(end - name_end - 1)) : NULL;
		char number[16];
		uint32_t n;
		size_t digits;

		/* A name that begins with + or - is an instruction of nsswitch's compat module. */
		if (!uid_text || name_end == line || *line == '+' || *line == '-')
			continue;
		uid_text++;
		digits = strcspn(uid_text, ":\n");
		if (digits >= sizeof(number))
			continue;
		memcpy(number, uid_text, digits);
		number[digits] = '\0';
		if (num_u32(number, &n) == 0 && n == uid)
			return arena_strndup(a, line, (size_t)(name_end - line));
	}
	return NULL;
}

void parse_id_map(struct arena *a, const char *text, id_extents *ret)
{
	id_extents out = {0};
	const char *line;
	size_t len;

	while ((line = line_next(&text, &len))) {
		struct id_extent x;

		if (sscanf(line, "%u %u %u", &x.inside, &x.outside, &x.count) != 3)
			continue;
		out.v = arena_grow(a, out.v, out.n, sizeof(*out.v));
		out.v[out.n++] = x;
	}
	*ret = out;
}

bool parse_status_hex(const char *text, const char *key, uint64_t *ret)
{
	const char *line;
	size_t len, key_len = strlen(key);

	while ((line = line_next(&text, &len))) {
		const char *value = line + key_len + 1;
		unsigned long long n;

		if (strncmp(line, key, key_len) != 0 || line[key_len] != ':')
			continue;
		if (sscanf(value, "%llx", &n) != 1)
			return false;
		*ret = n;
		return true;
	}
	return false;
}

const char *parse_cgroup_unified(struct arena *a, const char *proc_cgroup)
{
	const char *line;
	size_t len;

	while ((line = line_next(&proc_cgroup, &len))) {
		const char *path = str_after(line, "0::");

		if (path)
			return arena_strndup(a, path, len - 3);
	}
	return NULL;
}

/* mountinfo writes blank, tab, newline and backslash as octal: proc_pid_mountinfo(5). */
static char *unescape(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s), *to = out;

	for (const char *p = out; *p; to++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
			p[3] >= '0' && p[3] <= '7') {
			*to = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
	return out;
}

struct cgroup_mount {
	char *root; /* the part of the hierarchy that is mounted */
	char *point;
	bool unified;
	struct strv options; /* of the superblock: controllers among them */
};

/* ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAG…] - TYPE SOURCE SUPER-OPTIONS */
static bool parse_mount(struct arena *a, const char *line, size_t len, struct cgroup_mount *ret)
{
	struct strv f = strv_split(a, arena_strndup(a, line, len), " ");
	size_t dash = 6;

	while (dash < f.n && !str_eq(f.v[dash], "-"))
		dash++;
	if (dash + 3 >= f.n)
		return false;
	ret->unified = str_eq(f.v[dash + 1], "cgroup2");
	if (!ret->unified && !str_eq(f.v[dash + 1], "cgroup"))
		return false;
	ret->root = unescape(a, f.v[3]);
	ret->point = unescape(a, f.v[4]);
	ret->options = strv_split(a, f.v[dash + 3], ",");
	return true;
}

/* What of `path` lies below `root`, or NULL. Both begin with a slash. */
static const char *path_below(const char *root, const char *path)
{
	const char *rest = str_eq(root, "/") ? path : str_after(path, root);

	/* "/..": outside of the cgroup namespace, so that no name here leads to it. */
	if (!rest || str_after(path, "/.."))
		return NULL;
	if (!*rest)
		return "/";
	return *rest == '/' ? rest : NULL;
}

/* Whether a line of /proc/PID/cgroup, "N:CONTROLLERS:PATH", is about this mount. */
static bool line_is_of_mount(struct arena *a, const char *controllers, const struct cgroup_mount *m)
{
	struct strv names = strv_split(a, controllers, ",");

	if (m->unified || !names.n)
		return m->unified && !names.n;
	for (size_t i = 0; i < names.n; i++)
		if (!strv_has(&m->options, names.v[i]))
			return false;
	return true;
}

/* Join a mount with its line; false if this process is in no such hierarchy. */
static bool join_mount(struct arena *a, const char *proc_cgroup, const struct cgroup_mount *m,
	struct cgroup_hierarchy *ret)
{
	const char *line;
	size_t len;

	while ((line = line_next(&proc_cgroup, &len))) {
		char *copy = arena_strndup(a, line, len);
		char *controllers = strchr(copy, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		controllers++;
		if (!line_is_of_mount(a, controllers, m))
			continue;
		ret->controllers = controllers;
		ret->mountpoint = m->point;
		ret->path = path_below(m->root, path);
		return true;
	}
	return false;
}

static struct cgroup_hierarchy *find_hierarchy(const cgroup_hierarchies *list, const char *name)
{
	struct cgroup_hierarchy *h;

	array_foreach (h, list)
		if (str_eq(h->controllers, name))
			return h;
	return NULL;
}

void parse_cgroup_mounts(
	struct arena *a, const char *mountinfo, const char *proc_cgroup, cgroup_hierarchies *ret)
{
	scratch_arena(scratch);
	cgroup_hierarchies out = {0};
	const char *line;
	size_t len;

	while ((line = line_next(&mountinfo, &len))) {
		struct cgroup_mount m;
		struct cgroup_hierarchy h, *known;

		/* Most mounts are of other kinds: do not split those. */
		if (!memmem(line, len, " - cgroup", 9) || !parse_mount(scratch, line, len, &m))
			continue;
		if (!join_mount(scratch, proc_cgroup, &m, &h))
			continue;
		known = find_hierarchy(&out, h.controllers);
		/* A second mount of a hierarchy is of use only where the first leads nowhere. */
		if (known && (known->path || !h.path))
			continue;
		if (!known) {
			out.v = arena_grow(a, out.v, out.n, sizeof(*out.v));
			known = &out.v[out.n++];
		}
		known->controllers = arena_strdup(a, h.controllers);
		known->mountpoint = arena_strdup(a, h.mountpoint);
		known->path = h.path ? arena_strdup(a, h.path) : NULL;
	}
	*ret = out;
}

const char *parse_mount_point(struct arena *a, const char *mountinfo, const char *fstype)
{
	scratch_arena(scratch);
	const char *sign = arena_printf(scratch, " - %s ", fstype);
	const char *line;
	size_t len;

	while ((line = line_next(&mountinfo, &len))) {
		struct strv f;

		if (!memmem(line, len, sign, strlen(sign)))
			continue;
		f = strv_split(scratch, arena_strndup(scratch, line, len), " ");
		/* A blank in a path is \040 here, so the sign is where the type is. */
		if (f.n > 5)
			return unescape(a, f.v[4]);
	}
	return NULL;
}
