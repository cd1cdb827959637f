// SPDX-License-Identifier: Apache-2.0
/*
 * Directories for a container's cgroup: made with what the controllers need above them, given to
 * the container's root. In: a plan. Out: directories. Front end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup.h"

#define SMALL_MAX (64u << 10)

static const char *parent_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash || slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static struct strv read_words(struct arena *a, int dir, const char *file)
{
	char *text;

	if (cgroup_file_read(a, dir, file, &text) < 0)
		return (struct strv){0};
	return strv_split(a, text, " \n");
}

/*
 * Where there are processes, a controller of memory or io is refused; one of cpu or pids is not,
 * but makes the cgroup the root of threaded ones, and what is below it no place for a process any
 * more (cgroups(7), "Thread mode"). The root of all, which has no type, may have both.
 */
static bool has_processes(struct arena *a, int dir)
{
	char *procs;

	return faccessat(dir, "cgroup.type", F_OK, 0) == 0 &&
	       cgroup_file_read(a, dir, "cgroup.procs", &procs) == 0 && *procs;
}

/* All that there are, for statistics too; what must be there is looked at in the end. */
static void enable_controllers(struct arena *a, int dir)
{
	struct strv there = read_words(a, dir, "cgroup.controllers");
	struct strv enabled = read_words(a, dir, "cgroup.subtree_control");
	const char *name;

	if (has_processes(a, dir))
		return;
	strv_foreach (name, &there) {
		int r = 0;

		/* One by one: a controller that is refused must not cost the others. */
		if (!strv_has(&enabled, name))
			r = cgroup_file_write(
				dir, "cgroup.subtree_control", arena_printf(a, "+%s", name));
		if (r < 0)
			log_debug("cgroup: controller %s: %s", name, err_text(-r));
	}
}

static int open_dir(const char *path)
{
	/* By openat: musl's open(2) sets FD_CLOEXEC by a second system call. */
	int fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * cpuset of v1: a cgroup that nobody has told has neither processors nor memory, and takes no
 * process so. That may be true of those above as well, whoever has made them.
 */
static void inherit_cpuset(struct arena *a, const char *path)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	const char *parent = parent_of(a, path);
	auto_fd int dir = open_dir(path);
	auto_fd int above = -1;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *text;

		if (cgroup_file_read(a, dir, files[i], &text) < 0 || *text != '\n')
			continue;
		if (above < 0) {
			inherit_cpuset(a, parent);
			above = open_dir(parent);
		}
		if (cgroup_file_read(a, above, files[i], &text) == 0)
			cgroup_file_write(dir, files[i], text);
	}
}

/* What a directory needs before it can be used, once it is there. */
static void prepare(struct arena *a, const char *controllers, bool made, const char *path)
{
	if (strstr(controllers, "cpuset")) {
		inherit_cpuset(a, path);
	} else if (!*controllers && made) {
		auto_fd int above = open_dir(parent_of(a, path));

		if (above >= 0)
			enable_controllers(a, above);
	}
}

/*
 * The directory, with those above it that are missing, but for `base` (NULL: none), which is
 * somebody else's to make. `*ret_made`: it was not there before.
 */
static int make_path(struct arena *a, const char *controllers, const char *base, const char *path,
	bool *ret_made)
{
	const char *parent = parent_of(a, path);
	bool above;
	int r;

	*ret_made = mkdir(path, 0755) == 0;
	if (!*ret_made && errno == ENOENT && *parent && parent[1] && !str_eq_null(base, parent)) {
		r = make_path(a, controllers, base, parent, &above);
		if (r < 0)
			return r;
		*ret_made = mkdir(path, 0755) == 0;
	}
	if (!*ret_made && errno != EEXIST)
		return -errno;
	prepare(a, controllers, *ret_made, path);
	return 0;
}

/* Enable from the top of the tree down, where directories that were there lacked something. */
static void enable_above(struct arena *a, const char *path)
{
	const char *parent = parent_of(a, path);
	auto_fd int dir = open_dir(parent);

	if (dir < 0 || faccessat(dir, "cgroup.controllers", F_OK, 0) < 0)
		return;
	enable_above(a, parent);
	enable_controllers(a, dir);
}

static const char *missing_controller(
	struct arena *a, const struct cgroup *c, const struct strv *wanted)
{
	struct strv there = {0};
	const char *name;

	if (!wanted->n)
		return NULL;
	if (cgroup_is_unified(c))
		there = read_words(a, cgroup_dir_for(c, ""), "cgroup.controllers");
	strv_foreach (name, wanted)
		if (cgroup_is_unified(c) ? !strv_has(&there, name) : cgroup_dir_for(c, name) < 0)
			return name;
	return NULL;
}

/* Where the cgroups above are the user's systemd's, what that was not given has to be given to it.
 */
static void fix_missing(const struct cgroup *c, const struct plan_cgroup *plan, struct err *e)
{
	if ((plan->manager == PLAN_CGROUP_SYSTEMD || plan->manager == PLAN_CGROUP_SESSION) &&
		c->dirs.n && strstr(c->dirs.v[0].path, "/user@"))
		err_fix(e, "have it delegated: as root write \"[Service]\" and \"Delegate=cpu "
			   "cpuset io "
			   "memory pids\", two lines, to "
			   "/etc/systemd/system/user@.service.d/delegate.conf, then systemctl "
			   "daemon-reload, and log in anew");
	else
		err_fix(e, "it has to be enabled in cgroup.subtree_control of every cgroup above, "
			   "which "
			   "may have no processes of their own; and the kernel must have it, not "
			   "mounted "
			   "as cgroup v1");
}

int cgroup_need_controllers(const struct cgroup *c, const struct plan_cgroup *plan, struct err *e)
{
	scratch_arena(a);
	const char *name = missing_controller(a, c, &plan->controllers);
	const struct plan_cgroup_write *w;
	const char *path = "linux.resources";

	/* systemd enables those that it knows: hugetlb and rdma are none of them. */
	if (name && cgroup_is_unified(c)) {
		enable_above(a, c->dirs.v[0].path);
		name = missing_controller(a, c, &plan->controllers);
	}
	if (!name)
		return 0;
	array_foreach (w, &plan->writes)
		if (str_eq(w->controller, name))
			path = w->json_path;
	err_object(e, "%s", path);
	err_set(e, ERR_HOST_CGROUP, ENOENT,
		"%s: cannot be put into force: the controller %s is not there in cgroup %s", path,
		name, c->dirs.n ? c->dirs.v[0].path : "");
	fix_missing(c, plan, e);
	return -ENOENT;
}

static int fail_make(const char *path, int r, struct err *e)
{
	err_object(e, "%s", path);
	err_sys(e, ERR_HOST_CGROUP, r, "making cgroup %s", path);
	if (r == -EACCES || r == -EPERM || r == -EROFS)
		err_fix(e, "call lodger in a cgroup that was delegated to you (systemd-run --user "
			   "--scope -p Delegate=yes lodger ...), or let systemd make it: lodger "
			   "--systemd-cgroup");
	return r;
}

/* A directory that was there already is ours to use only if nobody lives in it. */
static int check_empty(const struct cgroup_dir *d, struct err *e)
{
	scratch_arena(a);
	cgroup_pid_list pids;

	if (cgroup_file_pids(a, d->fd, true, &pids) < 0 || pids.n == 0)
		return 0;
	err_object(e, "%s", d->path);
	err_set(e, ERR_CONFIG_CONFLICT, EBUSY,
		"cgroup %s has processes already: linux.cgroupsPath must name one that is the "
		"container's alone",
		d->path);
	return -EBUSY;
}

/* In a frozen one, init would stop before it could say anything. */
static int check_thawed(struct cgroup_dir *d, struct err *e)
{
	const struct cgroup one = {.dirs = {.v = d, .n = 1}};

	if (!cgroup_is_frozen(&one))
		return 0;
	err_object(e, "%s", d->path);
	err_fix(e, "thaw it: write %s",
		*d->controllers ? "THAWED to its freezer.state" : "0 to its cgroup.freeze");
	return err_set(e, ERR_CONFIG_CONFLICT, EBUSY,
		"cgroup %s is frozen: the container would never start", d->path);
}

static int make_one(
	struct arena *a, const char *base, const struct kv *place, struct cgroup *c, struct err *e)
{
	struct cgroup_dir *d = &c->dirs.v[c->dirs.n];
	bool made;
	int r = make_path(a, place->key, base, place->value, &made);
	int fd = r < 0 ? r : open_dir(place->value);

	if (fd < 0)
		return fail_make(place->value, fd, e);
	*d = (struct cgroup_dir){place->key, place->value, fd};
	r = made ? 0 : check_empty(d, e);
	if (r == 0 && !made)
		r = check_thawed(d, e);
	if (r < 0)
		close_fd(&d->fd);
	else
		c->dirs.n++;
	return r;
}

int cgroup_make(struct arena *a, const struct plan_cgroup *plan, struct cgroup *ret, struct err *e)
{
	const struct kv *place;
	int r = 0;

	*ret = (struct cgroup){0};
	ret->dirs.v = arena_calloc(a, plan->places.n + 1, sizeof(*ret->dirs.v));
	array_foreach (place, &plan->places) {
		r = make_one(a, plan->session, place, ret, e);
		if (r < 0)
			return r;
	}
	return cgroup_need_controllers(ret, plan, e);
}

int cgroup_join_made(struct arena *a, const struct plan_cgroup *plan, pid_t pid, struct cgroup *ret,
	struct err *e)
{
	const struct kv *place;
	bool made;
	int r;

	array_foreach (place, &plan->places) {
		r = make_path(a, place->key, NULL, place->value, &made);
		if (r < 0)
			return fail_make(place->value, r, e);
	}
	r = cgroup_open(a, &plan->places, ret, e);
	return r < 0 ? r : cgroup_attach(ret, NULL, pid, e);
}

/*
 * What a process needs to own to make cgroups below and move its own into them; the kernel lists it
 * in /sys/kernel/cgroup/delegate, cgroups(7). The limits stay with who set them.
 */
int cgroup_give(const struct cgroup *c, uint32_t uid, uint32_t gid, struct err *e)
{
	scratch_arena(a);
	int dir = cgroup_dir_for(c, "");
	struct strv files;
	const char *name;
	char *text;

	if (dir < 0 || !cgroup_is_unified(c))
		return 0;
	if (file_read(a, AT_FDCWD, "/sys/kernel/cgroup/delegate", SMALL_MAX, &text, NULL) < 0)
		text = arena_strdup(a, "cgroup.procs cgroup.threads cgroup.subtree_control");
	files = strv_split(a, text, " \n");
	strv_add(a, &files, ".");
	strv_foreach (name, &files) {
		if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0 || errno == ENOENT)
			continue;
		err_object(e, "%s/%s", c->dirs.v[0].path, name);
		return err_sys(e, ERR_HOST_CGROUP, errno, "giving %s/%s to the container's root",
			c->dirs.v[0].path, name);
	}
	return 0;
}
