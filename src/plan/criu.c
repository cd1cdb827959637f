// SPDX-License-Identifier: Apache-2.0
/*
 * The planner of checkpoint and restore; see criu.h. Pure: no system call, no file, no clock.
 */
#include "plan/criu.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "base/names.h"
#include "base/num.h"

#define NULL_DEVICE "/dev/null"

static void add_place(struct arena *a, criu_place_list *list, struct criu_place place)
{
	place.mount_id = -1;
	list->v = arena_grow(a, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = place;
}

static struct criu_place mount_place(const struct step_mount *m)
{
	bool bind = m->flags & STEP_MOUNT_BIND;

	return (struct criu_place){
		.dest = m->dest,
		.source = bind ? m->source : NULL,
		.recursive = bind && m->flags & STEP_MOUNT_REC,
		.optional = m->flags & STEP_MOUNT_OPTIONAL,
	};
}

criu_place_list plan_criu_places(struct arena *a, const struct plan *plan)
{
	criu_place_list list = {0};
	const struct step *s;

	array_foreach (s, &plan->init.steps) {
		if (s->kind == STEP_MOUNT)
			add_place(a, &list, mount_place(&s->mount));
		else if (s->kind == STEP_DEVICE && s->device.source)
			add_place(a, &list,
				(struct criu_place){.dest = s->device.path,
					.source = s->device.source,
					.optional = s->device.optional});
		else if (s->kind == STEP_MASK)
			add_place(a, &list,
				(struct criu_place){
					.dest = s->path.path, .source = NULL_DEVICE, .mask = true});
	}
	return list;
}

static void add_pair(struct arena *a, kv_list *list, const char *key, const char *value)
{
	list->v = arena_grow(a, list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = (struct kv){key, value};
}

/*
 * criu keeps what it is told as "mnt[KEY]:VALUE" and looks for the first "mnt[KEY" that ends in
 * "]:": a path with that in it would be taken for another path and another value, which the
 * container could choose (CVE-2026-119101, CVE-2026-115520).
 */
static int check_name(const char *path, struct err *e)
{
	if (!strstr(path, "]:"))
		return 0;
	err_object(e, "%s", path);
	return err_set(e, ERR_CONFIG_UNSUPPORTED, EINVAL,
		"the mount at %s cannot be told to criu: \"]:\" ends a name there", path);
}

static int add_mount(
	struct arena *a, kv_list *list, const char *key, const char *value, struct err *e)
{
	int r = check_name(key, e);

	if (r == 0)
		r = check_name(value, e);
	if (r == 0)
		add_pair(a, list, key, value);
	return r;
}

/* One name does for all masks: the one that runc gives them. */
static const char *place_name(const struct criu_place *p)
{
	return p->mask ? NULL_DEVICE : p->dest;
}

static bool same_file(struct criu_file a, struct criu_file b)
{
	return a.dev && a.dev == b.dev && a.ino == b.ino;
}

static const struct criu_place *find_place(const criu_place_list *places, int64_t mount_id)
{
	const struct criu_place *found = NULL, *p;

	/* The last one covers what was there before. */
	array_foreach (p, places)
		if (p->mount_id == mount_id)
			found = p;
	return found;
}

/*
 * By symlinks, or by renaming directories with mounts in them, a container can have two of its
 * volumes change places: each would come back under the other's name, and one that was read-only
 * with the flags of one that was not.
 */
static int check_exchange(
	const criu_place_list *places, const struct criu_place *place, struct err *e)
{
	const struct criu_place *p;

	if (place->mask || same_file(place->file, place->source_file))
		return 0;
	array_foreach (p, places) {
		if (p == place || !p->source || p->mask || !same_file(place->file, p->source_file))
			continue;
		err_object(e, "%s", place->dest);
		return err_set(e, ERR_CONFIG_CONFLICT, EXDEV,
			"the container has exchanged its mounts: what was mounted at %s is found "
			"at %s",
			p->dest, place->dest);
	}
	return 0;
}

/* The part of `path` below `dir` ("" or "/…"), NULL where it is not there. */
static const char *below(const char *path, const char *dir)
{
	const char *rest = str_eq(dir, "/") ? path : str_after(path, dir);

	return rest && (*rest == '/' || *rest == '\0') ? rest : NULL;
}

static const struct criu_mountinfo *find_mount(const criu_mountinfo_list *mounts, int64_t id)
{
	const struct criu_mountinfo *m;

	array_foreach (m, mounts)
		if (m->id == id)
			return m;
	return NULL;
}

/* The name of a mount that came along with a recursive bind: the place's, and the rest. */
static const char *name_below(struct arena *a, const criu_place_list *places,
	const criu_mountinfo_list *mounts, const struct criu_mountinfo *mount)
{
	const struct criu_mountinfo *m = mount;
	const struct criu_place *p;
	const char *rest;

	/* No longer than there are mounts: the root's parent is outside, or the root itself. */
	for (size_t i = 0; i < mounts->n && m; i++) {
		m = m->parent == m->id ? NULL : find_mount(mounts, m->parent);
		p = m ? find_place(places, m->id) : NULL;
		if (!p)
			continue;
		rest = p->source && p->recursive ? below(mount->point, m->point) : NULL;
		return rest ? arena_printf(a, "%s%s", p->dest, rest) : NULL;
	}
	return NULL;
}

int plan_criu_dump_mounts(struct arena *a, const criu_place_list *places,
	const criu_mountinfo_list *mounts, kv_list *ret, struct err *e)
{
	const struct criu_mountinfo *m;
	kv_list list = {0};
	int r = 0;

	array_foreach (m, mounts) {
		const struct criu_place *p = find_place(places, m->id);
		const char *name = p ? NULL : name_below(a, places, mounts, m);

		if (p && p->source) {
			r = check_exchange(places, p, e);
			name = place_name(p);
		}
		if (r == 0 && name)
			r = add_mount(a, &list, m->point, name, e);
		if (r < 0)
			return r;
	}
	*ret = list;
	return 0;
}

static bool has_key(const kv_list *list, const char *key)
{
	const struct kv *kv;

	array_foreach (kv, list)
		if (str_eq(kv->key, key))
			return true;
	return false;
}

static int add_below(struct arena *a, const struct criu_place *p, const criu_mountinfo_list *mounts,
	kv_list *list, struct err *e)
{
	const struct criu_mountinfo *m;

	array_foreach (m, mounts) {
		const char *rest = below(m->point, p->source), *name;
		int r;

		if (!rest || !*rest)
			continue;
		name = arena_printf(a, "%s%s", str_eq(p->dest, "/") ? "" : p->dest, rest);
		r = has_key(list, name) ? 0 : add_mount(a, list, name, m->point, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int plan_criu_restore_mounts(struct arena *a, const criu_place_list *places,
	const criu_mountinfo_list *mounts, kv_list *ret, struct err *e)
{
	const struct criu_place *p;
	kv_list list = {0};
	int r = 0;

	/* Those that are named first: what a recursive bind brings along must not replace them. */
	array_foreach (p, places) {
		if (r == 0 && p->source && !has_key(&list, place_name(p)))
			r = add_mount(a, &list, place_name(p), p->source, e);
	}
	array_foreach (p, places) {
		if (r == 0 && p->source && p->recursive)
			r = add_below(a, p, mounts, &list, e);
	}
	if (r == 0)
		*ret = list;
	return r;
}

/* mountinfo writes blank, tab, newline and backslash as octal: proc_pid_mountinfo(5). */
static const char *unescape(struct arena *a, const char *s)
{
	char *text = arena_strdup(a, s), *to = text;

	for (; *s; to++) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
	return text;
}

criu_mountinfo_list plan_criu_mountinfo(struct arena *a, const char *text)
{
	struct strv lines = strv_split(a, text, "\n");
	criu_mountinfo_list list = {0};
	const char *line;

	list.v = arena_calloc(a, lines.n + 1, sizeof(*list.v));
	strv_foreach (line, &lines) {
		struct strv f = strv_split(a, line, " ");
		int64_t id, parent;

		if (f.n < 6 || num_i64(f.v[0], &id) < 0 || num_i64(f.v[1], &parent) < 0)
			continue;
		list.v[list.n++] = (struct criu_mountinfo){
			id, parent, unescape(a, f.v[3]), unescape(a, f.v[4])};
	}
	return list;
}

/* criu_cg_mode and criu_network_lock_method of rpc.proto. */
static const struct name cgroup_modes[] = {
	{"ignore", 0}, {"soft", 3}, {"full", 4}, {"strict", 5}, {NULL, 0}};
static const struct name network_locks[] = {
	{"iptables", 1}, {"nftables", 2}, {"skip", 3}, {NULL, 0}};

static int take_page_server(
	struct arena *a, const char *text, struct criu_options *o, struct err *e)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	uint32_t port;

	if (!text)
		return 0;
	if (!colon || colon == text || num_u32(colon + 1, &port) < 0 || !port || port > 65535)
		return err_set(e, ERR_USAGE, 0, "--page-server %s: must be ADDRESS:PORT", text);
	o->page_server = arena_strndup(a, text, (size_t)(colon - text));
	o->page_server_port = port;
	return 0;
}

/* Of the namespaces, criu can leave the network empty. */
static int check_empty_ns(const struct strv *names, struct err *e)
{
	const char *name;

	strv_foreach (name, names)
		if (!str_eq(name, "network"))
			return err_set(e, ERR_USAGE, 0,
				"--empty-ns %s: only \"network\" can be left empty", name);
	return 0;
}

static int check_parent(const struct criu_wishes *w, struct err *e)
{
	if (w->parent_path && w->parent_path[0] == '/')
		return err_set(e, ERR_USAGE, 0,
			"--parent-path %s: must be relative to the image path", w->parent_path);
	return 0;
}

static int64_t word_value(const struct name *table, const char *word, int64_t otherwise)
{
	const struct name *n = word ? names_find(table, word) : NULL;

	return n ? (int64_t)n->value : otherwise;
}

int plan_criu_options(struct arena *a, const struct criu_wishes *w, enum criu_verb verb,
	struct criu_options *ret, struct err *e)
{
	struct criu_options o = {
		.pid = CRIU_UNSET,
		.images_dir_fd = CRIU_UNSET,
		.work_dir_fd = CRIU_UNSET,
		.log_level = 4, /* all that criu's makers ask for */
		.log_file = verb == CRIU_RESTORE ? "restore.log" : "dump.log",
		.notify_scripts = true,
		.evasive_devices = true,
		.manage_cgroups = true,
		.manage_cgroups_mode = word_value(cgroup_modes, w->manage_cgroups_mode, 3),
		/* What is in it is made by engines, by hooks of theirs, as it was at the start. */
		.empty_ns = CLONE_NEWNET,
		.orphan_pts_master = true,
		.rst_sibling = verb == CRIU_RESTORE,
		.leave_running = w->leave_running,
		.ext_unix_sk = w->ext_unix_sk,
		.tcp_established = w->tcp_established,
		.tcp_close = w->tcp_close,
		.tcp_skip_in_flight = w->tcp_skip_in_flight,
		.shell_job = w->shell_job,
		.file_locks = w->file_locks,
		.link_remap = w->link_remap,
		.lazy_pages = w->lazy_pages,
		.auto_dedup = w->auto_dedup,
		.parent_img = w->parent_path,
		.track_mem = w->parent_path || verb == CRIU_PRE_DUMP,
		.lsm_profile = w->lsm_profile,
		.lsm_mount_context = w->lsm_mount_context,
		.network_lock = word_value(network_locks, w->network_lock, CRIU_UNSET),
	};
	int r = check_empty_ns(&w->empty_ns, e);

	if (r == 0)
		r = check_parent(w, e);
	if (r == 0)
		r = take_page_server(a, w->page_server, &o, e);
	if (r == 0)
		*ret = o;
	return r;
}

/* "(00.012345)   4711: Error (criu/mount.c:1234): mnt: ..." is worth what follows the colon. */
const char *plan_criu_log_errors(struct arena *a, const char *log, size_t max)
{
	struct strv lines = strv_split(a, log, "\n");
	auto_strbuf struct strbuf b = {0};
	const char *line;

	strv_foreach (line, &lines) {
		const char *text = strstr(line, "Error (");

		text = text ? strstr(text, "): ") : NULL;
		if (!text || (b.len && b.len + strlen(text) > max))
			continue;
		strbuf_addf(&b, "%s%s", b.len ? "; " : "", text + 3);
	}
	return b.len ? arena_strndup(a, b.s, b.len < max ? b.len : max) : NULL;
}
