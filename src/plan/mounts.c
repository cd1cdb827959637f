// SPDX-License-Identifier: Apache-2.0
/*
 * mounts[] of config.json → mount steps, and what stands in for a file system that the kernel
 * refuses here. Part of the planner: pure.
 */
#include <inttypes.h>

#include "base/json.h"
#include "base/num.h"
#include "plan/mntopt.h"
#include "plan/planner.h"

const char *planner_clean_path(struct arena *a, const char *path)
{
	char *out = arena_alloc(a, strlen(path) + 2);
	size_t len = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && memcmp(path, "..", 2) == 0) {
			while (len > 0 && out[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && *path == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n;
		path += strspn(path, "/");
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

static void make_bind(struct step_mount *m, const char *source)
{
	m->flags |= STEP_MOUNT_BIND | STEP_MOUNT_REC;
	m->source = source;
	m->fstype = NULL;
	m->options = (struct strv){0};
}

/* A bind of what belongs to the host: never writable through it, whatever the config says. */
static void make_readonly_bind(struct step_mount *m, const char *source)
{
	make_bind(m, source);
	m->rec_attr_set |= MOUNT_ATTR_RDONLY;
	m->rec_attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	m->attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
}

/* procfs shows a pid namespace and can be mounted by its owner only. */
static int special_proc(struct planner *p, struct step_mount *m)
{
	if (p->in_userns && !planner_own_ns(p, CLONE_NEWPID)) {
		planner_note(p, LOG_LEVEL_DEBUG,
			"%s: the host's /proc is bound: no own pid namespace", m->json_path);
		make_bind(m, "/proc");
	}
	return 0;
}

/* sysfs shows a network namespace and can be mounted by its owner only. */
static int special_sysfs(struct planner *p, struct step_mount *m)
{
	if (!p->in_userns)
		return 0;
	if (!planner_own_ns(p, CLONE_NEWNET)) {
		planner_note(p, LOG_LEVEL_DEBUG,
			"%s: the host's /sys is bound read-only: no own network namespace",
			m->json_path);
		make_readonly_bind(m, "/sys");
	} else {
		/* A network namespace joined by path may be owned by somebody else. */
		m->fallback = "/sys";
	}
	return 0;
}

static int special_mqueue(struct planner *p, struct step_mount *m)
{
	if (p->in_userns && !planner_own_ns(p, CLONE_NEWIPC)) {
		planner_note(p, LOG_LEVEL_DEBUG,
			"%s: the host's /dev/mqueue is bound: no own ipc namespace", m->json_path);
		make_bind(m, "/dev/mqueue");
		m->flags |= STEP_MOUNT_OPTIONAL;
	}
	return 0;
}

/* devpts(5): gid= must be mapped; 5 (tty) is not where only one id exists. */
static int special_devpts(struct planner *p, struct step_mount *m)
{
	struct strv kept = {0};

	for (size_t i = 0; i < m->options.n; i++) {
		const char *word = m->options.v[i], *id;
		uint64_t n = 0;
		bool drop = false;

		if ((id = str_after(word, "gid=")))
			drop = num_u64(id, &n) == 0 && !planner_gid_mapped(p, n);
		else if ((id = str_after(word, "uid=")))
			drop = num_u64(id, &n) == 0 && !planner_uid_mapped(p, n);
		if (drop)
			planner_note(p, LOG_LEVEL_DEBUG,
				"%s: option %s dropped: the id is not mapped", m->json_path, word);
		else
			strv_add(p->arena, &kept, word);
	}
	m->options = kept;
	return 0;
}

static int add_legacy_hierarchy(
	struct planner *p, const struct step_mount *parent, const struct cgroup_hierarchy *h)
{
	const char *slash = strrchr(h->mountpoint, '/');
	const char *name = slash ? slash + 1 : h->mountpoint;
	struct step *s = planner_step(p, STEP_MOUNT);

	s->mount = (struct step_mount){
		.json_path = parent->json_path,
		.source = "cgroup",
		.dest = arena_printf(
			p->arena, "%s/%s", str_eq(parent->dest, "/") ? "" : parent->dest, name),
		.fstype = *h->controllers ? "cgroup" : "cgroup2",
		.options = strv_split(p->arena, h->controllers, ","),
		.flags = parent->flags | (p->in_userns ? STEP_MOUNT_IN_USERNS : 0),
		.attr_set = parent->attr_set,
		.attr_clear = parent->attr_clear,
		.fallback = h->mountpoint,
	};
	/* Beside v1, v2 holds no cgroup of the container's: it would show what is the host's. */
	if (!*h->controllers) {
		s->mount.attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		s->mount.attr_set |= MOUNT_ATTR_RDONLY;
	}
	return 0;
}

/*
 * cgroup v1: a tmpfs with a directory per hierarchy. The tmpfs becomes read-only, where asked for,
 * after its directories were made.
 */
static int special_cgroup_legacy(struct planner *p, struct step_mount *m)
{
	const struct cgroup_hierarchy *h;
	struct step_mount asked;

	/* All of it is new, so "with everything below" means each mount of it. */
	m->attr_set |= m->rec_attr_set;
	m->rec_attr_set = 0;
	asked = *m;
	m->source = "tmpfs";
	m->fstype = "tmpfs";
	m->options = (struct strv){0};
	strv_add(p->arena, &m->options, "mode=755");
	m->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	array_foreach (h, &p->facts->cgroups)
		add_legacy_hierarchy(p, &asked, h);
	if (asked.attr_set & MOUNT_ATTR_RDONLY)
		planner_step(p, STEP_READONLY_PATH)->path.path = asked.dest;
	return 0;
}

/*
 * Without a cgroup namespace the host's whole tree would be seen, and what of it the user owns
 * could be written (CVE-2023-25809): read-only then, with everything below.
 */
static int special_cgroup(struct planner *p, struct step_mount *m)
{
	int32_t layout = p->facts->cgroup_layout;

	m->options = (struct strv){0};
	if (layout == CGROUP_LAYOUT_NONE) {
		planner_note(p, LOG_LEVEL_DEBUG, "%s: nothing mounted: the host has no cgroups",
			m->json_path);
		m->dest = NULL;
		return 0;
	}
	if (!planner_own_ns(p, CLONE_NEWCGROUP)) {
		planner_note(p, LOG_LEVEL_DEBUG,
			"%s: the host's cgroups are bound read-only: no own cgroup namespace",
			m->json_path);
		make_readonly_bind(m, "/sys/fs/cgroup");
		return 0;
	}
	/*
	 * Without one of its own, the container shares the caller's cgroup: what the caller may
	 * write there is not for the container, whether or not the config asks for "rw". A
	 * namespace that is joined begins wherever its maker was.
	 */
	if (p->plan->cgroup.manager == PLAN_CGROUP_NONE || !(p->ns_new & CLONE_NEWCGROUP)) {
		m->attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		m->attr_set |= MOUNT_ATTR_RDONLY;
	}
	if (layout == CGROUP_LAYOUT_LEGACY)
		return special_cgroup_legacy(p, m);
	m->fstype = "cgroup2";
	m->fallback = "/sys/fs/cgroup";
	return 0;
}

/* The kernel's own file systems label their files themselves; context= is an error for them. */
static const struct special {
	const char *fstype;
	int (*fn)(struct planner *p, struct step_mount *m);
	bool takes_label;
} specials[] = {
	{"proc", special_proc, false},
	{"sysfs", special_sysfs, false},
	{"mqueue", special_mqueue, false},
	{"devpts", special_devpts, true},
	{"cgroup", special_cgroup, false},
	{"cgroup2", special_cgroup, false},
};

/* One that config.json has among the options goes before. */
static void add_label(struct planner *p, struct step_mount *m)
{
	static const char *const keys[] = {"context=", "fscontext=", "defcontext=", "rootcontext="};
	const char *label = p->facts->selinux ? p->spec->linux_.mount_label : NULL;

	for (size_t i = 0; i < m->options.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (str_after(m->options.v[i], keys[k]))
				return;
	if (!str_is_empty(label))
		strv_add(p->arena, &m->options,
			arena_printf(p->arena, "%s=%s", p->context_type, label));
}

static void plan_file_system(struct planner *p, struct step_mount *m)
{
	const struct special *s = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(specials) && !s; i++)
		if (str_eq_null(specials[i].fstype, m->fstype))
			s = &specials[i];
	if (s)
		s->fn(p, m);
	if (!s || s->takes_label)
		add_label(p, m);
}

/*
 * What may be mounted over inside procfs: files that lxcfs and test set-ups replace. Anything else
 * there could hide the container's own process data from the runtime (CVE-2019-16884).
 */
static const char *const over_proc[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/loadavg",
	"/proc/meminfo",
	"/proc/net/dev",
	"/proc/slabinfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/sys/crypto/fips_enabled",
	"/proc/sys/kernel/ns_last_pid",
};

static bool may_cover_proc(const char *dest)
{
	for (size_t i = 0; i < ARRAY_SIZE(over_proc); i++)
		if (str_eq(over_proc[i], dest))
			return true;
	return false;
}

/* Returns the option that carries a map of its own, or NULL. */
static const char *take_options(
	struct planner *p, const struct spec_mount *spec, struct step_mount *m)
{
	const char *map = NULL;

	for (size_t i = 0; i < spec->options.n; i++) {
		const char *word = spec->options.v[i];

		if (plan_is_mount_map(word))
			map = word;
		/* podman writes an empty word into the tmpfs of --systemd=always. */
		else if (*word && !mntopt_apply(m, word))
			strv_add(p->arena, &m->options, word);
	}
	return map;
}

static int check_mount(const struct spec_mount *spec, const struct step_mount *m, struct err *e)
{
	bool bind = m->flags & STEP_MOUNT_BIND;

	err_object(e, "%s", m->json_path);
	if (bind && str_is_empty(spec->source))
		return err_set(e, ERR_CONFIG_MISSING, 0,
			"config.json: %s.source: is required for a bind mount", m->json_path);
	if (!bind && str_is_empty(spec->type))
		return err_set(e, ERR_CONFIG_MISSING, 0,
			"config.json: %s.type: is required unless options have bind or rbind",
			m->json_path);
	for (size_t i = 0; bind && i < m->options.n; i++)
		if (!mntopt_is_superblock(m->options.v[i]))
			return err_set(e, ERR_CONFIG_VALUE, 0,
				"config.json: %s.options: %s is not an option of a bind mount",
				m->json_path, json_quoted(m->options.v[i]).text);
	if ((m->flags & STEP_MOUNT_COPY_UP) && (bind || !str_eq(spec->type, "tmpfs")))
		return err_set(e, ERR_CONFIG_CONFLICT, 0,
			"config.json: %s.options: tmpcopyup needs a mount of type tmpfs",
			m->json_path);
	return 0;
}

/* A path of the host that lies below the root filesystem, as the container has it; else NULL. */
static const char *below_root(const struct planner *p, const char *path)
{
	const char *rest = path && p->plan->rootfs ? str_after(path, p->plan->rootfs) : NULL;

	return rest && *rest == '/' ? rest : NULL;
}

/*
 * A source in the root filesystem is what the container has there when its turn comes: mounts
 * before it are part of it, as with runc, and no symlink of the image leads out to the host.
 */
static void set_bind_source(struct planner *p, const char *source, struct step_mount *m)
{
	uint32_t elsewhere = STEP_MOUNT_LIVE | STEP_MOUNT_COPY_SYMLINK;
	const char *inside;

	m->source =
		source[0] == '/' ? source : arena_printf(p->arena, "%s/%s", p->req->bundle, source);
	inside = below_root(p, m->source);
	/* With a ".." in it, only the host can say where it leads. */
	if (!inside || !str_eq(inside, planner_clean_path(p->arena, inside)) || m->slot ||
		m->flags & elsewhere)
		return;
	m->source = inside;
	m->flags |= STEP_MOUNT_SOURCE_IN_ROOT;
}

/* Old callers prefix the root filesystem's own path, which runc takes off; so no path is lost. */
static const char *destination(struct planner *p, const struct spec_mount *spec)
{
	const char *path = planner_clean_path(p->arena, spec->destination);
	const char *inside = below_root(p, path);

	return inside ? inside : path;
}

/*
 * Devices and mount points below a read-only /dev or tmpfs have to be made in it first, as with
 * runc and crun: it becomes read-only when all is there. Two mounts at one place: only the upper
 * one could be found again by its path.
 */
static void postpone_readonly(struct planner *p, struct step_mount *m, size_t i)
{
	bool again = false;

	/* Into a container that runs, no device will follow. */
	if (p->target || !m->dest || (m->flags & STEP_MOUNT_BIND) ||
		!(m->attr_set & MOUNT_ATTR_RDONLY) ||
		!(str_eq(m->dest, "/dev") || str_eq_null(m->fstype, "tmpfs")))
		return;
	for (size_t k = i + 1; k < p->spec->mounts.n && !again; k++)
		again = str_eq(destination(p, &p->spec->mounts.v[k]), m->dest);
	if (again)
		return;
	m->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	strv_add(p->arena, &p->readonly_mounts, m->dest);
}

static int plan_mount(struct planner *p, size_t i, struct err *e)
{
	const struct spec_mount *spec = &p->spec->mounts.v[i];
	size_t at;
	struct step_mount m = {
		.json_path = arena_printf(p->arena, "mounts[%zu]", i),
		.source = spec->source,
		.dest = destination(p, spec),
		.fstype = spec->type,
	};
	struct err why = {0};
	const char *map = take_options(p, spec, &m);

	if (spec->type && str_eq(spec->type, "bind"))
		m.flags |= STEP_MOUNT_BIND;
	if (p->in_userns)
		m.flags |= STEP_MOUNT_IN_USERNS;
	if (p->target)
		m.flags |= STEP_MOUNT_LIVE;
	if (may_cover_proc(m.dest))
		m.flags |= STEP_MOUNT_OVER_PROC;
	if (check_mount(spec, &m, &why) < 0 || plan_mount_map(p, spec, map, &m, &why) < 0) {
		if (e)
			*e = why;
		return -EINVAL;
	}
	if (!(m.flags & STEP_MOUNT_BIND) && spec->type && str_after(spec->type, "cgroup"))
		planner_enter_cgroup(p);
	/* The step keeps its place before those that a special one adds behind it. */
	at = p->plan->init.steps.n;
	planner_step(p, STEP_MOUNT);
	if (m.flags & STEP_MOUNT_BIND) {
		set_bind_source(p, spec->source, &m);
		m.fstype = NULL;
		m.options = (struct strv){0};
	} else {
		plan_file_system(p, &m);
	}
	postpone_readonly(p, &m, i);
	if (m.dest)
		p->plan->init.steps.v[at].mount = m;
	else
		p->plan->init.steps.n = at;
	return 0;
}

/* Last, over whatever /run is by then; the socket can be written to, the directory cannot. */
static void plan_notify(struct planner *p)
{
	struct step *s;

	if (!p->req->notify_dir)
		return;
	s = planner_step(p, STEP_MOUNT);
	s->mount.json_path = "NOTIFY_SOCKET";
	s->mount.source = p->req->notify_dir;
	s->mount.dest = PLAN_NOTIFY_DIR;
	s->mount.flags = STEP_MOUNT_BIND;
	s->mount.attr_set =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	s->mount.propagation = MS_PRIVATE;
}

int plan_mounts(struct planner *p, struct err *e)
{
	for (size_t i = 0; i < p->spec->mounts.n; i++) {
		int r = plan_mount(p, i, e);

		if (r < 0)
			return r;
	}
	plan_notify(p);
	return 0;
}
