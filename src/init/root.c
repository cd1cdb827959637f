// SPDX-License-Identifier: Apache-2.0
/*
 * Steps on the root filesystem as a whole, and on single paths in it. Runs in init. The root
 * filesystem is hostile: every path in it goes through kernel/inroot.h, every access to procfs
 * through init's own procfs, which nothing in the container can cover.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "init/init.h"
#include "kernel/inroot.h"
#include "kernel/mount.h"

#define MOUNTINFO_MAX (16u << 20)

int step_propagation(struct init *in, size_t i, struct err *e)
{
	int r = mount_propagation("/", init_step(in, i)->flags.flags);

	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "cutting mount propagation to the host") : 0;
}

static int open_root(struct init *in, const char *path)
{
	in->root_dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (in->root_dir < 0)
		return -errno;
	in->root = mount_clone(in->root_dir, "", true, false);
	return in->root < 0 ? in->root : 0;
}

static int open_failed(struct err *e, const char *path, int r)
{
	err_object(e, "root.path");
	return err_sys(e, ERR_ROOTFS, r, "root.path: %s", path);
}

static bool becomes_root_later(const struct init *in, size_t i)
{
	while (++i < in->plan->steps.n)
		if (in->plan->steps.v[i].kind == STEP_BECOME_ROOT)
			return true;
	return false;
}

int step_root_open(struct init *in, size_t i, struct err *e)
{
	const char *path = init_step(in, i)->path.path;
	int r = open_root(in, path);

	/*
	 * A caller who is root of a user namespace reaches what that namespace's ids own by
	 * capabilities, which init in its new one does not have. The container's root may: podman
	 * with --userns=keep-id has the root filesystem in a directory of the container root's.
	 */
	if (r == -EACCES && in->root_dir < 0 && becomes_root_later(in, i)) {
		in->root_late = path;
		in->needs_host = true;
		return 0;
	}
	return r < 0 ? open_failed(e, path, r) : 0;
}

static int attach_root(struct init *in, struct err *e)
{
	int r = mount_attach(in->root, in->root_dir);

	if (r < 0)
		return err_sys(e, ERR_ROOTFS, r, "attaching the root filesystem");
	close_fd(&in->root_dir);
	init_title(in, 2);
	return 0;
}

int step_root_attach(struct init *in, size_t i, struct err *e)
{
	(void)i;
	return in->root_late ? 0 : attach_root(in, e);
}

int root_open_late(struct init *in, struct err *e)
{
	int r = in->root_late ? open_root(in, in->root_late) : 0;

	if (r < 0)
		return open_failed(e, in->root_late, r);
	return in->root_late ? attach_root(in, e) : 0;
}

int step_root_flags(struct init *in, size_t i, struct err *e)
{
	int r;

	if (!init_step(in, i)->root_flags.readonly)
		return 0;
	r = mount_set_attr(in->root, "", false, MOUNT_ATTR_RDONLY, 0, 0);
	return r < 0 ? err_sys(e, ERR_ROOTFS, r,
			       "root.readonly: making the root filesystem read-only")
		     : 0;
}

/* mountinfo writes blank, tab, newline and backslash as octal: proc_pid_mountinfo(5). */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/* The mount point of a whole procfs or sysfs in a line of mountinfo; NULL if it is something else.
 */
static char *whole_kernel_fs(char *line)
{
	char *field[5], *type = strstr(line, " - ");

	if (!type || !(str_after(type, " - proc ") || str_after(type, " - sysfs ")))
		return NULL;
	for (size_t n = 0; n < ARRAY_SIZE(field); n++)
		if (!(field[n] = strsep(&line, " ")))
			return NULL;
	if (!str_eq(field[3], "/"))
		return NULL;
	unescape(field[4]);
	return field[4];
}

static bool is_below(const char *path, const char *dir)
{
	const char *rest = str_after(path, dir);

	return rest && (!*rest || *rest == '/');
}

/*
 * Without pivot_root the host's tree stays in the mount namespace. The kernel lets a user namespace
 * mount a procfs or sysfs where it finds one that is wholly visible, and the host's has no masks:
 * it has to go, or the container mounts one without masks for itself.
 */
static int hide_kernel_fs(struct init *in, struct err *e)
{
	char self[64], root[PATH_MAX], *text, *line;
	auto_fd int fd = openat(in->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int r;

	snprintf(self, sizeof(self), "self/fd/%d", in->root);
	n = readlinkat(in->proc, self, root, sizeof(root) - 1);
	r = fd < 0 || n < 0 ? -errno : file_read_fd(in->arena, fd, MOUNTINFO_MAX, &text, NULL);
	if (r < 0)
		return err_sys(e, ERR_ROOTFS, r, "reading the mount table");
	root[n] = '\0';
	while ((line = strsep(&text, "\n"))) {
		char *point = whole_kernel_fs(line);

		r = point && !is_below(point, root) ? mount_hide(point) : 0;
		if (r < 0)
			return err_sys(e, ERR_ROOTFS, r, "hiding the host's %s", point);
	}
	return 0;
}

static int move_root(struct init *in, struct err *e)
{
	int r = hide_kernel_fs(in, e);

	if (r < 0)
		return r;
	r = mount_move_root(in->root);
	return r < 0 ? err_sys(e, ERR_ROOTFS, r, "moving the root filesystem to /") : 0;
}

int step_pivot(struct init *in, size_t i, struct err *e)
{
	const struct step_pivot *s = &init_step(in, i)->pivot;
	int r;

	if (in->pivoted || (s->early && in->needs_host))
		return 0;
	if (s->no_pivot)
		return move_root(in, e);
	r = mount_pivot(in->root);
	/* Only the container's root may enter it: it comes to that later. Nothing was changed yet.
	 */
	if (r == -EACCES && s->early)
		return 0;
	in->pivoted = r == 0;
	if (r == -EINVAL) {
		err_sys(e, ERR_ROOTFS, r, "pivot_root");
		err_fix(e, "where the host runs from an initramfs, use --no-pivot");
		return r;
	}
	return r < 0 ? err_sys(e, ERR_ROOTFS, r, "pivot_root") : 0;
}

int step_root_propagation(struct init *in, size_t i, struct err *e)
{
	int r = mount_propagation("/", init_step(in, i)->flags.flags);

	return r < 0 ? err_sys(e, ERR_ROOTFS, r, "linux.rootfsPropagation") : 0;
}

/*
 * Best effort, as runc does it: a working directory that cannot be made here is reported by the
 * step that enters it. Magic links are not followed (CVE-2024-21626).
 */
int step_make_cwd(struct init *in, size_t i, struct err *e)
{
	const char *path = init_step(in, i)->path.path;
	auto_fd int fd = inroot_mkdirs(in->root, path, 0755);

	(void)e;
	if (fd < 0)
		log_debug("process.cwd: %s: %s", path, err_text(-fd));
	return 0;
}

int step_sysctl(struct init *in, size_t i, struct err *e)
{
	const struct step_sysctl *s = &init_step(in, i)->sysctl;
	char path[512];
	int r;

	snprintf(path, sizeof(path), "sys/%s", s->key);
	r = file_write_once(in->proc, path, s->value);
	if (r == 0)
		return 0;
	if (s->optional && r == -EINVAL) {
		log_warn("linux.sysctl: %s: \"%s\" names ids that the container does not have: "
			 "left alone",
			s->key, s->value);
		return 0;
	}
	err_object(e, "linux.sysctl.%s", s->key);
	return err_sys(
		e, ERR_CONFIG_VALUE, r, "linux.sysctl: writing \"%s\" to %s", s->value, s->key);
}

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

int step_readonly_path(struct init *in, size_t i, struct err *e)
{
	const char *path = init_step(in, i)->path.path;
	auto_fd int target = inroot_open(in->root, path, O_PATH, 0);
	auto_fd int tree = -1;
	int r;

	if (is_absent(target))
		return 0;
	tree = target < 0 ? target : mount_clone(target, "", true, false);
	r = tree < 0 ? tree : mount_set_attr(tree, "", true, MOUNT_ATTR_RDONLY, 0, 0);
	if (r == 0)
		r = mount_attach(tree, target);
	if (r == 0)
		return 0;
	err_object(e, "%s", path);
	return err_sys(e, ERR_MOUNT, r, "linux.readonlyPaths: %s", path);
}

/* One mount, without those on it: they have words of their own. */
int step_readonly_mount(struct init *in, size_t i, struct err *e)
{
	const char *path = init_step(in, i)->path.path;
	auto_fd int target = inroot_open(in->root, path, O_PATH, 0);
	int r = target;

	if (r >= 0)
		r = mount_set_attr(target, "", false, MOUNT_ATTR_RDONLY, 0, 0);
	if (r == 0)
		return 0;
	err_object(e, "%s", path);
	return err_sys(e, ERR_MOUNT, r, "making the mount at %s read-only", path);
}

/* A read-only directory with nothing in it. One file system for all masks: clones of one mount. */
static int empty_dir(struct init *in)
{
	const uint64_t attrs =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	auto_fd int fs = -1;
	int r;

	if (in->empty_dir >= 0)
		return mount_clone(in->empty_dir, "", false, false);
	fs = mount_fs_open("tmpfs");
	if (fs < 0)
		return fs;
	r = mount_fs_set(fs, "nr_inodes", "2");
	if (r == 0)
		r = mount_fs_set(fs, "mode", "555");
	return r < 0 ? r : mount_fs_create(fs, attrs);
}

/*
 * The host's /dev/null: the container's may be anything by now (CVE-2025-31133). That it is the
 * null device is checked on what was opened.
 */
static int open_null(void)
{
	auto_fd int fd = mount_clone(AT_FDCWD, "/dev/null", false, true);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return -ENODEV;
	return take_fd(&fd);
}

int prepare_mask(struct init *in, size_t i, struct err *e)
{
	(void)i;
	if (in->null_device < 0)
		in->null_device = open_null();
	if (in->null_device >= 0)
		return 0;
	err_object(e, "/dev/null");
	return err_sys(e, ERR_HOST_KERNEL, in->null_device, "linux.maskedPaths: opening /dev/null");
}

/* The first mask takes the mount itself; from then on it is attached and gives clones. */
static int null_cover(struct init *in)
{
	return in->null_attached ? mount_clone(in->null_device, "", false, false)
				 : fcntl(in->null_device, F_DUPFD_CLOEXEC, 3);
}

int step_mask(struct init *in, size_t i, struct err *e)
{
	const char *path = init_step(in, i)->path.path;
	auto_fd int target = inroot_open(in->root, path, O_PATH, 0);
	auto_fd int cover = -1;
	struct stat st;
	int r;

	if (is_absent(target))
		return 0;
	r = target < 0 ? target : fstat(target, &st) < 0 ? -errno : 0;
	if (r == 0) {
		cover = S_ISDIR(st.st_mode) ? empty_dir(in) : null_cover(in);
		r = cover < 0 ? cover : mount_attach(cover, target);
	}
	if (r < 0) {
		err_object(e, "%s", path);
		return err_sys(e, ERR_MOUNT, r, "linux.maskedPaths: %s", path);
	}
	/* Only an attached mount can be cloned, so the first one is kept for those to come. */
	if (S_ISDIR(st.st_mode) && in->empty_dir < 0)
		in->empty_dir = take_fd(&cover);
	in->null_attached |= !S_ISDIR(st.st_mode);
	return 0;
}
