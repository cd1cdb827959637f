// SPDX-License-Identifier: Apache-2.0
/* resolv.conf of the host, followed; see resolv.h. Its content is the host's and trusted. */
#include "resolv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define FILE_MAX_BYTES (64u << 10)
#define HOPS_MAX       8
#define EVENTS         (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM)

/* Where systemd-resolved, NetworkManager, resolvconf and ConnMan keep theirs. */
static const char *const usual_dirs[] = {
	"/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf", "/run/connman"};

unsigned resolv_parse(const char *text, union addr *ret, unsigned max)
{
	auto_arena struct arena *a = arena_new();
	struct strv lines = strv_split(a, text, "\n");
	const char *line;
	unsigned n = 0;

	strv_foreach (line, &lines) {
		struct strv words = strv_split(a, line, " \t\r");

		if (words.n < 2 || n == max || !str_eq(words.v[0], "nameserver"))
			continue;
		if (addr_parse(words.v[1], 53, &ret[n]) == 0)
			n++;
	}
	return n;
}

/* The open directory of that path; before the sandbox, one is opened and watched if need be. */
static const struct resolv_dir *find_dir(struct resolv *r, const char *path)
{
	struct resolv_dir *d;

	for (unsigned i = 0; i < r->dirs_n; i++) {
		if (str_eq(r->dirs[i].path, path))
			return &r->dirs[i];
	}
	if (r->sealed || r->dirs_n == RESOLV_DIRS_MAX || strlen(path) >= sizeof(d->path))
		return NULL;
	d = &r->dirs[r->dirs_n];
	d->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		return NULL;
	snprintf(d->path, sizeof(d->path), "%s", path);
	d->watch = r->inotify < 0 ? -1 : inotify_add_watch(r->inotify, path, EVENTS | IN_ONLYDIR);
	r->dirs_n++;
	return d;
}

/* "/etc" and "../run/x/y" → "/run/x/y"; by text, as the links that are met here are written. */
static int join_path(const char *dir, const char *target, char *ret, size_t size)
{
	auto_arena struct arena *a = arena_new();
	const char *joined = *target == '/' ? target : arena_printf(a, "%s/%s", dir, target);
	struct strv parts = strv_split(a, joined, "/");
	const char *part;
	size_t len = 0;

	*ret = '\0';
	strv_foreach (part, &parts) {
		if (str_eq(part, "."))
			continue;
		if (str_eq(part, "..")) {
			while (len > 0 && ret[len] != '/')
				len--;
			ret[len] = '\0';
			continue;
		}
		if (len + strlen(part) + 2 > size)
			return -ENAMETOOLONG;
		len += (size_t)snprintf(ret + len, size - len, "/%s", part);
	}
	return len ? 0 : -EINVAL;
}

/* Open the file at the end of the links. The descriptor, or -errno. */
static int open_followed(struct resolv *r, const char *path)
{
	char at[PATH_MAX], target[PATH_MAX];

	if (join_path("/", path, at, sizeof(at)) < 0)
		return -EINVAL;
	for (int hop = 0; hop < HOPS_MAX; hop++) {
		char *name = strrchr(at, '/') + 1;
		const struct resolv_dir *dir;
		ssize_t n;
		int fd;

		name[-1] = '\0';
		dir = find_dir(r, *at ? at : "/");
		if (!dir)
			return -ENOENT;
		fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 || errno != ELOOP)
			return fd >= 0 ? fd : -errno;
		n = readlinkat(dir->fd, name, target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		if (join_path(dir->path, target, at, sizeof(at)) < 0)
			return -ELOOP;
	}
	return -ELOOP;
}

static bool reload(struct resolv *r)
{
	auto_arena struct arena *a = arena_new();
	auto_fd int fd = open_followed(r, r->path);
	union addr list[NET_RESOLVERS_MAX];
	unsigned n = 0;
	char *text;
	bool same;

	if (fd >= 0 && file_read_fd(a, fd, FILE_MAX_BYTES, &text, NULL) == 0)
		n = resolv_parse(text, list, ARRAY_SIZE(list));
	/* While a program is about to replace the file, the last list is the best there is. */
	if (n == 0 && r->n > 0)
		return false;
	if (n == 0)
		n = addr_parse("127.0.0.1", 53, &list[0]) == 0;
	same = n == r->n;
	for (unsigned i = 0; same && i < n; i++)
		same = addr_same_host(&list[i], &r->list[i]);
	memcpy(r->list, list, n * sizeof(*list));
	r->n = n;
	return !same;
}

void resolv_open(struct resolv *r, const char *path)
{
	memset(r, 0, sizeof(*r));
	r->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	r->path = path;
	reload(r);
	for (size_t i = 0; i < ARRAY_SIZE(usual_dirs); i++)
		find_dir(r, usual_dirs[i]);
}

void resolv_fixed(struct resolv *r, const union addr *list, unsigned n)
{
	memset(r, 0, sizeof(*r));
	r->inotify = -1;
	memcpy(r->list, list, n * sizeof(*list));
	r->n = n;
}

bool resolv_changed(struct resolv *r)
{
	char events[4096];

	while (read(r->inotify, events, sizeof(events)) > 0)
		;
	return reload(r);
}
