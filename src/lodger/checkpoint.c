// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint: criu(8) saves what runs in the container. In: options, a container. Out: images, and
 * what a restore has to know beside them. Front end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "kernel/inroot.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "launch/notify.h"
#include "lodger/criu.h"

#define MEMORY_MAJOR 1 /* of /dev/null and its like, devices.txt */
#define NULL_MINOR   3

struct checkpoint {
	const struct lodger_criu *opts;
	struct container container;
	struct plan plan;
	struct criu_dirs dirs;
	struct criu criu;
	criu_mountinfo_list mounts; /* of the container */
	int status_fd;
};

static int check_status(const struct checkpoint *k, struct err *e)
{
	const struct state_record *record = &k->container.record;
	enum state_status status = k->container.status;

	err_object(e, "%s", record->id);
	if (status != STATE_RUNNING && status != STATE_PAUSED)
		return err_set(e, ERR_STATE_STATUS, EINVAL,
			"container \"%s\" cannot be checkpointed: it is %s", record->id,
			state_status_name(status));
	if (record->network && !str_eq(record->network->mode, "none"))
		return err_set(e, ERR_CONFIG_UNSUPPORTED, ENOTSUP,
			"container \"%s\" has a network of lodger's (%s), which cannot be saved",
			record->id, record->network->mode);
	if (e)
		e->object[0] = '\0';
	return 0;
}

/* The plan that made the container says what was mounted from where: it is made once more. */
static int make_plan(struct lodger *l, struct checkpoint *k, struct err *e)
{
	const struct state_record *record = &k->container.record;
	struct plan_request req = {
		.id = record->id,
		.bundle = record->bundle,
		.cgroup_manager = PLAN_CGROUP_NONE,
	};
	struct facts facts;
	struct spec *spec;
	int r = container_spec(l, &k->container, &spec, e);

	if (r == 0)
		r = facts_read(l->arena, FACTS_ALL & ~(unsigned)FACTS_NETWORK, &facts, e);
	if (r < 0)
		return r;
	if (record->cgroup_manager)
		req.cgroup_manager = str_eq(record->cgroup_manager, "systemd") ? PLAN_CGROUP_SYSTEMD
									       : PLAN_CGROUP_FS;
	req.no_cgroup = !record->cgroup_manager;
	req.console_given = spec->process->terminal;
	if (faccessat(k->container.dir.fd, NOTIFY_DIR, F_OK, 0) == 0)
		req.notify_dir = NOTIFY_DIR;
	return plan_build(l->arena, spec, &facts, &req, &k->plan, e);
}

static struct criu_file file_of(const struct stat *st)
{
	return (struct criu_file){st->st_dev, st->st_ino};
}

static int64_t mount_id(struct lodger *l, int fd)
{
	const char *path = arena_printf(l->arena, "/proc/self/fdinfo/%d", fd), *line;
	struct strv lines;
	char *text;
	long long id;

	if (file_read(l->arena, AT_FDCWD, path, 4096, &text, NULL) < 0)
		return -1;
	lines = strv_split(l->arena, text, "\n");
	strv_foreach (line, &lines)
		if (sscanf(line, "mnt_id: %lld", &id) == 1)
			return id;
	return -1;
}

/* What is at a place now, if it is a mount of its own. */
static void look_at(struct lodger *l, int root, struct criu_place *p)
{
	auto_fd int fd = inroot_open(root, p->dest, O_PATH, 0);
	struct stat st;

	if (p->source && stat(p->source, &st) == 0)
		p->source_file = file_of(&st);
	if (fd < 0 || fstat(fd, &st) < 0 || !mount_is_root(fd))
		return;
	p->file = file_of(&st);
	if (!p->mask || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(MEMORY_MAJOR, NULL_MINOR)))
		p->mount_id = mount_id(l, fd);
}

/* The mounts that criu is to take from the host at restore. */
static int find_mounts(struct lodger *l, struct checkpoint *k, struct err *e)
{
	const char *pid = arena_printf(l->arena, "%d", (int)k->container.record.pid);
	const char *path = arena_printf(l->arena, "/proc/%s/root", pid);
	auto_fd int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	criu_place_list places = plan_criu_places(l->arena, &k->plan);
	struct criu_place *p;
	int r;

	if (root < 0)
		return err_sys(e, ERR_SYSTEM, errno, "%s", path);
	array_foreach (p, &places)
		look_at(l, root, p);
	r = criu_mounts(l, pid, &k->mounts, e);
	return r < 0 ? r
		     : plan_criu_dump_mounts(
			       l->arena, &places, &k->mounts, &k->criu.options->ext_mnt, e);
}

/* Namespaces that were there before the container are to be there after it. */
static int find_namespaces(struct lodger *l, struct checkpoint *k, struct err *e)
{
	const struct plan_join *join;

	array_foreach (join, &k->plan.joins) {
		const char *name = ns_flag_name(join->flag);
		const char *path = arena_printf(
			l->arena, "/proc/%d/ns/%s", (int)k->container.record.pid, name);
		struct stat st;

		if (!(join->flag & (CLONE_NEWNET | CLONE_NEWPID)))
			continue;
		if (stat(path, &st) < 0)
			return err_sys(e, ERR_SYSTEM, errno, "%s", path);
		strv_add(l->arena, &k->criu.options->external,
			arena_printf(l->arena, "%s[%llu]:%s", name, (unsigned long long)st.st_ino,
				join->flag & CLONE_NEWNET ? "extRootNetNS" : "extRootPidNS"));
	}
	return 0;
}

/* With the freezer, nothing is forked while criu looks for processes; without, it stops each. */
static const char *freezer(const struct state_record *record)
{
	const struct kv *kv;

	array_foreach (kv, &record->cgroups)
		if (str_eq(kv->key, "") || str_eq(kv->key, "freezer"))
			return kv->value;
	return NULL;
}

/*
 * A file of the host, or its null device, as a standard descriptor: the container has no mount that
 * it is on.
 */
static const char *outside_file(struct lodger *l, const struct checkpoint *k, const char *path)
{
	auto_fd int fd = open(path, O_PATH | O_CLOEXEC);
	const struct criu_mountinfo *m;
	struct stat st;
	int64_t id;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode) && !(S_ISCHR(st.st_mode) && major(st.st_rdev) == MEMORY_MAJOR))
		return NULL;
	id = mount_id(l, fd);
	array_foreach (m, &k->mounts)
		if (m->id == id)
			return NULL;
	return arena_printf(
		l->arena, "file[%llx:%llx]", (unsigned long long)id, (unsigned long long)st.st_ino);
}

/* What the standard descriptors are, for the restore to put its own in their place. */
static int save_descriptors(struct lodger *l, struct checkpoint *k, struct err *e)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);
	const char *text;
	size_t len;
	int r;

	json_open_array(w);
	for (int i = 0; i < 3; i++) {
		const char *path =
			arena_printf(l->arena, "/proc/%d/fd/%d", (int)k->container.record.pid, i);
		const char *file = outside_file(l, k, path);
		char link[4096];
		ssize_t n = readlink(path, link, sizeof(link) - 1);

		link[n < 0 ? 0 : n] = '\0';
		json_string(w, file ? file : link);
		if (file && !strv_has(&k->criu.options->external, file))
			strv_add(l->arena, &k->criu.options->external, file);
	}
	json_close_array(w);
	text = json_writer_text(w, &len);
	r = file_replace(k->dirs.image, CRIU_DESCRIPTORS, text, len, 0600);
	if (r == 0)
		return 0;
	err_object(e, "%s", k->dirs.image_path);
	return err_sys(e, ERR_USAGE, r, "writing %s/%s", k->dirs.image_path, CRIU_DESCRIPTORS);
}

/* The host's id of the container's root; UINT32_MAX where there is no map, or none of it. */
static uint32_t container_root_gid(const struct plan *plan)
{
	const struct id_extent *x;

	array_foreach (x, &plan->gid_map.extents)
		if (x->inside == 0)
			return x->outside;
	return UINT32_MAX;
}

/* To the group, what is the owner's to read; never to write: root will believe these files. */
static int share(int dir, const char *name, gid_t gid)
{
	struct stat st;
	mode_t mode;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return 0;
	mode = (st.st_mode & 07777 & ~(mode_t)S_IRWXG) | (st.st_mode & (S_IRUSR | S_IXUSR)) >> 3;
	if (fchownat(dir, name, (uid_t)-1, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
		fchmodat(dir, name, mode, 0) < 0)
		return -errno;
	return 0;
}

/* In a user namespace, criu reads the images as the container's root. */
static int share_images(const struct checkpoint *k, struct err *e)
{
	uint32_t gid = container_root_gid(&k->plan);
	struct dirent *entry;
	DIR *dir;
	int r = 0;

	if (gid == UINT32_MAX)
		return 0;
	dir = opendir(k->dirs.image_path);
	if (!dir)
		return err_sys(e, ERR_SYSTEM, errno, "%s", k->dirs.image_path);
	while (r == 0 && (entry = readdir(dir)))
		if (!str_eq(entry->d_name, ".."))
			r = share(k->dirs.image, entry->d_name, gid);
	closedir(dir);
	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "giving %s to the container's root to read",
			       k->dirs.image_path)
		     : 0;
}

static int on_notice(void *arg, const struct criu_answer *a, int *fd, struct err *e)
{
	struct checkpoint *k = arg;

	(void)fd;
	if (!str_eq(a->script, "status-ready") || k->status_fd < 0)
		return 0;
	/* Whoever waits there may have gone. */
	if (write(k->status_fd, "", 1) < 0)
		log_warn("--status-fd %d: %s", k->status_fd, err_text(errno));
	close_fd(&k->status_fd);
	(void)e;
	return 0;
}

/* A criu that was killed leaves behind what it has stopped. */
static void let_go_on(struct lodger *l, const struct checkpoint *k)
{
	auto_cgroup struct cgroup cgroup = {0};
	struct err why = {0};

	if (k->container.status == STATE_PAUSED || !freezer(&k->container.record))
		return;
	if (cgroup_open(l->arena, &k->container.record.cgroups, &cgroup, &why) < 0 ||
		cgroup_freeze(&cgroup, false, &why) < 0)
		log_warn("%s", why.msg);
}

static int dump(struct lodger *l, struct checkpoint *k, struct err *e)
{
	struct criu_options *o = k->criu.options;
	struct criu_answer answer;
	int r = 0;

	o->pid = k->container.record.pid;
	o->root = k->container.record.rootfs;
	o->freeze_cgroup = freezer(&k->container.record);
	if (!k->opts->pre_dump)
		r = make_plan(l, k, e);
	if (r == 0 && !k->opts->pre_dump)
		r = find_mounts(l, k, e);
	if (r == 0 && !k->opts->pre_dump)
		r = find_namespaces(l, k, e);
	if (r == 0 && !k->opts->pre_dump)
		r = save_descriptors(l, k, e);
	if (r == 0)
		r = criu_start(&k->criu, e);
	if (r < 0)
		return r;
	r = criu_talk(&k->criu, on_notice, k, &answer, e);
	criu_end(&k->criu);
	if (r < 0)
		let_go_on(l, k);
	return r < 0 ? r : share_images(k, e);
}

static int checkpoint(struct lodger *l, const char *id, struct checkpoint *k, struct err *e)
{
	const struct lodger_criu *o = k->opts;
	int r = container_open(l, id, true, &k->container, e);

	if (r == 0)
		r = check_status(k, e);
	if (r == 0)
		r = criu_prepare(
			l, o, o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP, &k->dirs, &k->criu, e);
	if (r == 0)
		r = dump(l, k, e);
	if (r < 0 || o->leave_running || o->pre_dump)
		return r;
	/* criu has ended its processes; the rest is what delete does. */
	r = container_kill(l, &k->container, e);
	return r < 0 ? r : container_remove(l, &k->container, e);
}

int lodger_checkpoint(
	struct lodger *l, const char *id, const struct lodger_criu *opts, struct err *e)
{
	struct checkpoint k = {
		.opts = opts,
		.container = CONTAINER_NONE,
		.dirs = CRIU_DIRS_NONE,
		.criu = CRIU_NONE,
		.status_fd = opts->status_fd > 2 ? (int)opts->status_fd : -1,
	};
	struct launch_fds none = {0};
	int r = criu_check_caller(l, id, e);

	hide_descriptors(l->arena, 0, &none);
	if (r == 0)
		r = checkpoint(l, id, &k, e);
	criu_end(&k.criu);
	criu_dirs_close(&k.dirs);
	container_close(&k.container);
	return r;
}
