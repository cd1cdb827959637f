// SPDX-License-Identifier: Apache-2.0
/*
 * Compiled seccomp programs, kept for the next container of this user with the same profile:
 * libseccomp takes longer for an engine's default profile than all the rest of a launch. In: a
 * profile. Out: its program, if it was kept. Front end; where nothing can be kept, nothing is said.
 *
 * A file holds the whole profile beside its program, and both are compared: what is returned was
 * compiled from exactly this by exactly this library. The directory is the caller's alone. The
 * name is one of a few, so that there is nothing to clear away.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "launch/launch.h"

#define SLOTS    64u
#define MAGIC    "lodger-seccomp-1\n"
#define KEPT_MAX (4u << 20)

static void put_text(struct strbuf *b, const char *text)
{
	strbuf_addf(b, "%zu:%s,", text ? strlen(text) : 0, text ? text : "");
}

static void put_opt(struct strbuf *b, const struct opt_u64 *n)
{
	strbuf_addf(b, "%d:%" PRIu64 ",", n->set, n->set ? n->v : 0);
}

static void put_list(struct strbuf *b, const struct strv *list)
{
	strbuf_addf(b, "%zu[", list->n);
	for (size_t i = 0; i < list->n; i++)
		put_text(b, list->v[i]);
}

/* Everything that the program depends on; not the flags, which go to the kernel beside it. */
static void describe(const struct spec_seccomp *s, const char *library, struct strbuf *b)
{
	const struct spec_seccomp_rule *rule;
	const struct spec_seccomp_arg *arg;

	strbuf_add(b, MAGIC);
	put_text(b, library);
	put_text(b, s->default_action);
	put_opt(b, &s->default_errno_ret);
	put_list(b, &s->architectures);
	array_foreach (rule, &s->syscalls) {
		put_list(b, &rule->names);
		put_text(b, rule->action);
		put_opt(b, &rule->errno_ret);
		array_foreach (arg, &rule->args)
			strbuf_addf(b, "%" PRIu32 ":%" PRIu64 ":%" PRIu64 ":%s,", arg->index,
				arg->value, arg->value_two, arg->op);
	}
	strbuf_addc(b, '\n');
}

/* FNV-1a: only to spread profiles over the slots. */
static unsigned slot_of(const struct strbuf *key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < key->len; i++)
		h = (h ^ (unsigned char)key->s[i]) * 16777619u;
	return h % SLOTS;
}

static int open_directory(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	auto_fd int base =
		runtime && *runtime == '/' ? open(runtime, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	auto_fd int fd = -1;
	struct stat st;

	if (base < 0)
		return -ENOENT;
	if (mkdirat(base, "lodger-seccomp", 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(base, "lodger-seccomp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid == geteuid() && !(st.st_mode & 077) ? take_fd(&fd) : -EPERM;
}

void filtercache_open(struct filtercache *c, const struct spec_seccomp *s, const char *library)
{
	*c = (struct filtercache){.dir = open_directory()};
	if (c->dir < 0)
		return;
	describe(s, library, &c->key);
	snprintf(c->name, sizeof(c->name), "%02u", slot_of(&c->key));
}

bool filtercache_find(const struct filtercache *c, struct arena *a, struct bytes *ret)
{
	char *text;
	size_t n;

	if (c->dir < 0 || file_read(a, c->dir, c->name, KEPT_MAX, &text, &n) < 0)
		return false;
	if (n <= c->key.len || (n - c->key.len) % sizeof(struct sock_filter) ||
		memcmp(text, c->key.s, c->key.len) != 0)
		return false;
	*ret = (struct bytes){text + c->key.len, n - c->key.len};
	return true;
}

void filtercache_keep(struct filtercache *c, const struct bytes *program)
{
	if (c->dir < 0 || c->key.len + program->n > KEPT_MAX)
		return;
	strbuf_addn(&c->key, program->data, program->n);
	file_replace(c->dir, c->name, c->key.s, c->key.len, 0600);
}

void filtercache_close(struct filtercache *c)
{
	close_fd(&c->dir);
	strbuf_done(&c->key);
}
