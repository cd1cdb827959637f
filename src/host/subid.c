// SPDX-License-Identifier: Apache-2.0
/*
 * Subordinate ids. In: the text of /etc/subuid or /etc/subgid. Out: the ranges of one user. Pure.
 * Must not be more generous than newuidmap(1), which reads the file again and has the last word.
 */
#include "host/subid.h"

#include "base/num.h"
#include "base/str.h"

/* The kernel refuses a map whose ranges overlap outside (map_write() in user_namespace.c). */
static bool range_overlaps(const id_ranges *list, uint32_t start, uint32_t count)
{
	const struct id_range *r;

	array_foreach (r, list)
		if (start < r->start + r->count && r->start < start + count)
			return true;
	return false;
}

/* Cut `s` at its first `c` and give the rest, or NULL if there is none. */
static char *cut(char *s, char c)
{
	char *end = strchr(s, c);

	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

static bool owner_matches(const char *owner, const char *name, uint32_t uid)
{
	uint32_t n;

	if (name && str_eq(owner, name))
		return true;
	return num_u32(owner, &n) == 0 && n == uid;
}

static void parse_line(struct arena *a, char *line, const char *name, uint32_t uid, id_ranges *out)
{
	char *start_text = cut(line, ':');
	char *count_text = start_text ? cut(start_text, ':') : NULL;
	uint32_t start, count, end;

	if (!count_text || !owner_matches(line, name, uid))
		return;
	if (num_u32(start_text, &start) < 0 || num_u32(count_text, &count) < 0 || count == 0)
		return;
	if (__builtin_add_overflow(start, count, &end) || range_overlaps(out, start, count))
		return;
	out->v = arena_grow(a, out->v, out->n, sizeof(*out->v));
	out->v[out->n++] = (struct id_range){.start = start, .count = count};
}

void subid_parse(struct arena *a, const char *text, const char *name, uint32_t uid, id_ranges *ret)
{
	id_ranges out = {0};
	char *copy = arena_strdup(a, text);

	for (char *line = copy, *next; line; line = next) {
		next = cut(line, '\n');
		parse_line(a, line, name, uid, &out);
	}
	*ret = out;
}
