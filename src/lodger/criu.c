// SPDX-License-Identifier: Apache-2.0
/*
 * What checkpoint and restore have in common: who may, which criu(8), with which options, in which
 * directories. Front end.
 */
#include "lodger/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/file.h"
#include "kernel/inroot.h"

#define CAP_CHECKPOINT_RESTORE_NR 40u /* Linux 5.9 */
#define DEFAULT_IMAGE_PATH        "checkpoint"
#define MOUNTINFO_MAX             (16u << 20)

void criu_dirs_close(struct criu_dirs *d)
{
	close_fd(&d->image);
}

int criu_check_caller(struct lodger *l, const char *id, struct err *e)
{
	struct facts f = {0};
	int r = state_id_check(id, e);

	if (r == 0)
		r = facts_read(l->arena, 0, &f, e);
	if (r < 0 || (f.initial_userns && f.euid == 0))
		return r;
	err_object(e, "%s", id);
	err_set(e, ERR_HOST_PERMISSION, EPERM,
		"container \"%s\": only root of the initial user namespace can save and restore "
		"containers: the kernel lets nobody else set pids and restore mounts, and what "
		"criu(8) does without root%s leaves out the namespaces that make a container",
		id,
		f.cap_last >= CAP_CHECKPOINT_RESTORE_NR ? ", with CAP_CHECKPOINT_RESTORE,"
							: ", for which this kernel is too old,");
	err_fix(e, "stop the container and start it anew; what has to survive belongs on a volume");
	return -EPERM;
}

static int find_criu(struct lodger *l, const char **ret, struct err *e)
{
	const char *search = getenv("PATH"), *dir;
	struct strv dirs = strv_split(l->arena, search ? search : "/usr/sbin:/usr/bin", ":");

	if (l->criu && strchr(l->criu, '/')) {
		*ret = l->criu;
		return 0;
	}
	strv_foreach (dir, &dirs) {
		*ret = arena_printf(l->arena, "%s/%s", dir, l->criu ? l->criu : "criu");
		if (*dir == '/' && access(*ret, X_OK) == 0)
			return 0;
	}
	err_object(e, "criu");
	err_set(e, ERR_HOST_INSTALL, ENOENT, "criu(8) is not installed: it is not in $PATH");
	err_fix(e, "install it (Debian, Fedora: the package criu), or name it with --criu");
	return -ENOENT;
}

static const char *absolute(struct lodger *l, const char *path)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return path;
	return arena_printf(l->arena, "%s/%s", cwd, path);
}

/* What is in memory may be secret: the directories are the caller's alone. */
static int open_dir(const char *path, bool make, int *ret, struct err *e)
{
	auto_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int made = make ? inroot_mkdirs(root, path, 0700) : 0;

	if (made > 0)
		close(made);
	*ret = made < 0 ? made : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret >= 0)
		return 0;
	err_object(e, "%s", path);
	return err_sys(e, ERR_USAGE, made < 0 ? made : errno, "%s", path);
}

static int open_dirs(struct lodger *l, const struct lodger_criu *opts, bool make,
	struct criu_dirs *dirs, const char **ret_work, struct err *e)
{
	auto_fd int work = -1;
	int r;

	dirs->image_path = absolute(l, opts->image_path ? opts->image_path : DEFAULT_IMAGE_PATH);
	*ret_work = opts->work_path ? absolute(l, opts->work_path) : dirs->image_path;
	r = open_dir(dirs->image_path, make, &dirs->image, e);
	if (r == 0 && opts->work_path)
		r = open_dir(*ret_work, true, &work, e);
	return r;
}

/* runc has one name for it, crun another; ours first. */
static const char *config_file(void)
{
	static const char *const files[] = {
		"/etc/criu/lodger.conf", "/etc/criu/runc.conf", "/etc/criu/crun.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}

static int check_parent(const struct criu_dirs *dirs, const char *parent, struct err *e)
{
	struct stat st;
	int r = 0;

	if (!parent)
		return 0;
	if (fstatat(dirs->image, parent, &st, 0) < 0)
		r = -errno;
	else if (!S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r == 0)
		return 0;
	err_object(e, "%s", parent);
	return err_sys(e, ERR_USAGE, r, "--parent-path %s, in %s", parent, dirs->image_path);
}

int criu_prepare(struct lodger *l, const struct lodger_criu *opts, enum criu_verb verb,
	struct criu_dirs *dirs, struct criu *ret, struct err *e)
{
	const struct criu_wishes wishes = {
		.parent_path = opts->parent_path,
		.manage_cgroups_mode = opts->manage_cgroups_mode,
		.network_lock = opts->network_lock,
		.lsm_profile = opts->lsm_profile,
		.lsm_mount_context = opts->lsm_mount_context,
		.page_server = opts->page_server,
		.empty_ns = opts->empty_ns,
		.leave_running = opts->leave_running,
		.tcp_established = opts->tcp_established,
		.tcp_close = opts->tcp_close,
		.tcp_skip_in_flight = opts->tcp_skip_in_flight,
		.ext_unix_sk = opts->ext_unix_sk,
		.shell_job = opts->shell_job,
		.file_locks = opts->file_locks,
		.link_remap = opts->link_remap,
		.lazy_pages = opts->lazy_pages,
		.auto_dedup = opts->auto_dedup,
		.pre_dump = opts->pre_dump,
	};
	struct criu_options *o = arena_new_of(l->arena, struct criu_options);
	const char *work = NULL;
	int r = plan_criu_options(l->arena, &wishes, verb, o, e);

	if (r == 0)
		r = find_criu(l, &ret->path, e);
	if (r == 0)
		r = open_dirs(l, opts, verb != CRIU_RESTORE, dirs, &work, e);
	if (r == 0)
		r = check_parent(dirs, opts->parent_path, e);
	if (r < 0)
		return r;
	o->images_dir_fd = CRIU_IMAGE_FD;
	o->work_dir_fd = CRIU_WORK_FD;
	o->config_file = config_file();
	ret->arena = l->arena;
	ret->verb = verb;
	ret->options = o;
	ret->image_path = dirs->image_path;
	ret->work_path = work;
	ret->log_path = arena_printf(l->arena, "%s/%s", work, o->log_file);
	return 0;
}

int criu_mounts(struct lodger *l, const char *pid, criu_mountinfo_list *ret, struct err *e)
{
	const char *path = arena_printf(l->arena, "/proc/%s/mountinfo", pid);
	char *text;
	int r = file_read(l->arena, AT_FDCWD, path, MOUNTINFO_MAX, &text, NULL);

	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "%s", path);
	*ret = plan_criu_mountinfo(l->arena, text);
	return 0;
}
