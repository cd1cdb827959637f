// SPDX-License-Identifier: Apache-2.0
/*
 * Mount steps. Runs in init. Each mount is made detached, given its attributes where nobody can see
 * it, and only then attached to a target that was resolved inside the root. Sources are opened
 * early (prepare_mount), with the caller's identity; those of binds are bind.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "init/copyup.h"
#include "init/init.h"
#include "init/mount.h"
#include "kernel/inroot.h"
#include "kernel/mount.h"
#include "kernel/userns.h"

int mount_fail(struct err *e, const struct step_mount *m, int r, const char *what)
{
	err_sys(e, ERR_MOUNT, r, "%s: mounting %s at %s: %s", m->json_path,
		m->source ? m->source : m->fstype, m->dest, what);
	err_object(e, "%s", m->json_path);
	return r;
}

/*
 * File systems whose set-up makes no inode that would need an owner: they can be made before the id
 * maps are written, while init has nothing better to do.
 */
static bool is_early_fs(const char *fstype)
{
	return str_eq(fstype, "proc") || str_eq(fstype, "sysfs") || str_eq(fstype, "mqueue");
}

static int set_options(int fs, const struct step_mount *m, struct err *e)
{
	char key[256], message[256];

	for (size_t i = 0; i < m->options.n; i++) {
		const char *word = m->options.v[i];
		const char *value = strchr(word, '=');
		size_t n = value ? (size_t)(value - word) : strlen(word);
		int r = -ENAMETOOLONG;

		if (n < sizeof(key)) {
			memcpy(key, word, n);
			key[n] = '\0';
			r = mount_fs_set(fs, key, value ? value + 1 : NULL);
		}
		if (r < 0) {
			mount_fs_message(fs, message, sizeof(message));
			err_sys(e, ERR_MOUNT, r, "%s: option \"%s\" of %s%s%s", m->json_path, word,
				m->fstype, *message ? ": " : "", message);
			err_object(e, "%s.options", m->json_path);
			return r;
		}
	}
	return 0;
}

/* Given a mode and content after it is made, so that it can become read-only only then. */
static bool is_filled(const struct step_mount *m)
{
	return m->fstype && str_eq(m->fstype, "tmpfs");
}

/* A detached mount of a file system. */
static int make_fs(const struct step_mount *m, struct err *e)
{
	uint64_t attrs = m->attr_set | m->rec_attr_set;
	auto_fd int fs = mount_fs_open(m->fstype);
	char message[256];
	int fd, r;

	if (fs == -ENODEV) {
		mount_fail(e, m, fs, "the kernel does not know this file system");
		return fs;
	}
	if (fs < 0)
		return mount_fail(e, m, fs, "opening the file system");
	/* File systems without a device ignore the source; procfs and others refuse an empty one.
	 */
	r = mount_fs_set(fs, "source", str_is_empty(m->source) ? m->fstype : m->source);
	if (r < 0)
		return mount_fail(e, m, r, "naming the source");
	r = set_options(fs, m, e);
	if (r < 0)
		return r;
	if (is_filled(m))
		attrs &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	fd = mount_fs_create(fs, attrs);
	if (fd < 0) {
		mount_fs_message(fs, message, sizeof(message));
		return mount_fail(e, m, fd, *message ? message : "making the file system");
	}
	return fd;
}

int prepare_mount(struct init *in, size_t i, struct err *e)
{
	const struct step_mount *m = &init_step(in, i)->mount;

	if (!(m->flags & STEP_MOUNT_BIND)) {
		/* A refusal may have a fallback, which the step itself deals with. */
		if (is_early_fs(m->fstype))
			in->prepared[i] = make_fs(m, NULL);
		if (in->prepared[i] < 0 && m->fallback && (m->flags & STEP_MOUNT_IN_USERNS))
			in->fallbacks[i] = mount_clone(AT_FDCWD, m->fallback, true, false);
		return 0;
	}
	return bind_prepare(in, i, e);
}

/*
 * procfs and sysfs go where the config says, not where a symlink of the image leads: else masks and
 * read-only paths could be steered elsewhere (CVE-2019-19921, CVE-2023-27561).
 */
static bool is_kernel_fs(const struct step_mount *m)
{
	return m->fstype && (str_eq(m->fstype, "proc") || str_eq(m->fstype, "sysfs"));
}

static int check_target(const struct step_mount *m, int target, struct err *e)
{
	struct stat st;

	if (is_kernel_fs(m) && (fstat(target, &st) < 0 || S_ISLNK(st.st_mode)))
		return mount_fail(e, m, -ELOOP,
			"it must be mounted on ordinary directory, and the mount point is a "
			"symlink in the root filesystem");
	/* An image's own volume must not cover what the kernel says about processes
	 * (CVE-2019-16884). */
	if (mount_is_fs(target, PROC_SUPER_MAGIC) && !(m->flags & STEP_MOUNT_OVER_PROC))
		return mount_fail(e, m, -EPERM, "the mount point is inside procfs");
	return 0;
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static int open_target(struct init *in, const struct step_mount *m, int fd, struct err *e)
{
	struct stat st;
	auto_fd int target = -1;
	int r;

	if (fstat(fd, &st) < 0)
		return mount_fail(e, m, -errno, "reading the source");
	if (is_kernel_fs(m) || m->flags & STEP_MOUNT_DEST_NOFOLLOW)
		target = inroot_open_nofollow(in->root, m->dest, O_PATH, 0);
	if (target < 0) {
		target = inroot_target(in->root, m->dest, S_ISDIR(st.st_mode), 0755);
		/* Another container with this root may have put a symlink there just now. */
		if (target >= 0 && is_kernel_fs(m)) {
			close(target);
			target = inroot_open_nofollow(in->root, m->dest, O_PATH, 0);
		}
	}
	if (target < 0)
		return mount_fail(e, m, target, "opening the mount point");
	r = check_target(m, target, e);
	if (r < 0)
		return r;
	/* The kernel would say EINVAL. docker looks for "not a directory", and explains it. */
	if (is_directory(target) != S_ISDIR(st.st_mode))
		return mount_fail(e, m, -ENOTDIR,
			S_ISDIR(st.st_mode) ? "a directory onto a file"
					    : "a file onto a directory");
	return take_fd(&target);
}

/* A namespace of the container's, whose map is that of the mount. */
static int map_of(const struct init *in, const struct step_mount *m)
{
	auto_strbuf struct strbuf uids = {0}, gids = {0};
	int fd;

	if (!m->uid_map.n) {
		fd = openat(in->proc, "self/ns/user", O_RDONLY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	plan_map_text(&m->uid_map, &uids);
	plan_map_text(&m->gid_map, &gids);
	return userns_make(in->proc, strbuf_str(&uids), strbuf_str(&gids));
}

static int idmap(const struct init *in, int fd, const struct step_mount *m, struct err *e)
{
	auto_fd int userns = -1;
	int r;

	if (!(m->flags & STEP_MOUNT_IDMAP) || m->slot)
		return 0;
	userns = map_of(in, m);
	if (userns < 0)
		return mount_fail(e, m, userns, "making a user namespace with its id map");
	r = mount_set_idmap(fd, m->flags & STEP_MOUNT_IDMAP_REC, userns);
	if (r == 0)
		return 0;
	if (r == -EINVAL)
		mount_fail(e, m, r, "the kernel maps no ids of this file system");
	else
		mount_fail(e, m, r, "mapping its ids");
	if (r == -EPERM)
		err_fix(e, "the kernel lets only the owner of a file system map its ids, which for "
			   "file systems of the host is root: leave out idmap, uidMappings and "
			   "gidMappings");
	return r;
}

/* Where the kernel refuses a file system to a user namespace, the host's own is bound, read-only.
 */
static int make_fallback(struct init *in, size_t i, int refused, struct err *e)
{
	const struct step_mount *m = &init_step(in, i)->mount;
	struct step_mount bind = *m;
	auto_fd int fd = in->fallbacks[i];
	int r;

	in->fallbacks[i] = -1;
	log_debug("%s: %s refused (%s): the host's %s is bound read-only", m->json_path, m->fstype,
		err_text(-refused), m->fallback);
	bind.source = m->fallback;
	bind.rec_attr_set |= MOUNT_ATTR_RDONLY;
	/* "rw" was meant for the container's own file system, not for the host's. */
	bind.rec_attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	bind.attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	if (fd < 0)
		return mount_fail(e, &bind, fd, "opening the source");
	r = bind_set_attrs(fd, &bind, e);
	return r < 0 ? r : take_fd(&fd);
}

/*
 * A tmpfs without mode= gets that of the directory it covers, as with runc and crun, not the
 * kernel's 1777.
 */
static int inherit_mode(const struct init *in, const struct step_mount *m, int fd, struct err *e)
{
	auto_fd int target = -1;
	struct stat st;

	for (size_t i = 0; i < m->options.n; i++)
		if (str_after(m->options.v[i], "mode="))
			return 0;
	target = inroot_open(in->root, m->dest, O_PATH | O_DIRECTORY, 0);
	if (target < 0)
		return 0;
	if (fstat(target, &st) < 0 || fchmodat(fd, ".", st.st_mode & 07777, 0) < 0)
		return mount_fail(e, m, -errno, "giving it the mode of its mount point");
	return 0;
}

static int make_source(struct init *in, size_t i, struct err *e)
{
	const struct step_mount *m = &init_step(in, i)->mount;
	struct err why = {0};
	int fd, r;

	if (m->flags & STEP_MOUNT_BIND) {
		fd = in->prepared[i];
		r = idmap(in, fd, m, e);
		return r < 0 ? r : (r = bind_set_attrs(fd, m, e)) < 0 ? r : fd;
	}
	fd = in->prepared[i] >= 0 ? in->prepared[i] : make_fs(m, &why);
	if (fd < 0 && m->fallback && (m->flags & STEP_MOUNT_IN_USERNS))
		return make_fallback(in, i, fd, e);
	if (fd < 0) {
		if (fd == -EPERM && str_eq(m->fstype, "proc"))
			err_fix(&why, "the kernel mounts a new procfs only where the old one is "
				      "wholly visible: "
				      "this is a container whose /proc is masked, let its maker "
				      "unmask it "
				      "(podman: --security-opt unmask=/proc/*)");
		*e = why;
		return fd;
	}
	r = idmap(in, fd, m, e);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int finish(struct init *in, const struct step_mount *m, int fd, struct err *e)
{
	int r = 0;

	if (is_filled(m) && ((m->attr_set | m->rec_attr_set) & MOUNT_ATTR_RDONLY))
		r = mount_set_attr(fd, "", false, MOUNT_ATTR_RDONLY, 0, 0);
	if (r == 0 && m->propagation)
		r = mount_set_attr(
			fd, "", m->propagation & MS_REC, 0, 0, m->propagation & ~(uint64_t)MS_REC);
	if (r < 0)
		return mount_fail(e, m, r, "setting mount flags");
	/* The terminal comes from this very mount, whatever the image puts at /dev/pts. */
	if (m->fstype && str_eq(m->fstype, "devpts")) {
		close_fd(&in->devpts);
		in->devpts = fd;
		return 0;
	}
	/* A mount at "/" is the root filesystem from here on; what it covers is not seen again. */
	if (str_eq(m->dest, "/")) {
		close_fd(&in->root);
		in->root = fd;
		return 0;
	}
	close(fd);
	return 0;
}

static int do_mount(struct init *in, size_t i, struct err *e)
{
	const struct step_mount *m = &init_step(in, i)->mount;
	auto_fd int fd = -1;
	auto_fd int target = -1;
	int r;

	if ((m->flags & STEP_MOUNT_BIND) && in->prepared[i] < 0) {
		if (bind_is_symlink(m))
			return bind_copy_symlink(in, m, e);
		r = bind_open_late(in, i, e);
		if (r <= 0)
			return r;
	}
	r = make_source(in, i, e);
	in->prepared[i] = -1;
	if (r < 0)
		return r;
	fd = r;
	if (is_filled(m)) {
		r = inherit_mode(in, m, fd, e);
		if (r < 0)
			return r;
	}
	target = open_target(in, m, fd, e);
	if (target < 0)
		return target;
	if (m->flags & STEP_MOUNT_COPY_UP) {
		r = copyup_tree(target, fd);
		if (r < 0)
			return mount_fail(e, m, r, "copying what is below the mount point");
	}
	r = mount_attach(fd, target);
	if (r < 0)
		return mount_fail(e, m, r, "attaching it");
	if (m->flags & STEP_MOUNT_LIVE)
		in->prepared[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* for live_undo() */
	return finish(in, m, take_fd(&fd), e);
}

int step_mount(struct init *in, size_t i, struct err *e)
{
	bool cosmetic = init_step(in, i)->mount.flags & STEP_MOUNT_COSMETIC;
	struct err why = {0};
	int r = do_mount(in, i, cosmetic ? &why : e);

	if (r >= 0 || !cosmetic)
		return r;
	log_warn("%s", why.msg);
	return 0;
}
