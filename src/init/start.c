// SPDX-License-Identifier: Apache-2.0
/*
 * The barriers of the protocol, and the end of init: find the executable, wait for start, execute.
 * Runs in init.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "init/init.h"
#include "kernel/fds.h"
#include "kernel/inroot.h"
#include "kernel/mount.h"
#include "kernel/netdev.h"
#include "kernel/sig.h"
#include "protocol/message.h"

#define PASSWD_MAX (1u << 20)

/*
 * A procfs that nothing in the container can cover, for /proc/self and sysctls. Where the container
 * has no pid namespace of its own, or the kernel refuses, the host's /proc, opened before any
 * mount of the container exists, is as trustworthy.
 */
static int open_proc(const struct init *in)
{
	auto_fd int fs = in->plan->own_procfs ? mount_fs_open("proc") : -1;
	auto_fd int fd = -1;

	if (fs >= 0 && mount_fs_set(fs, "source", "proc") == 0)
		fd = mount_fs_create(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fd >= 0)
		return take_fd(&fd);
	fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return mount_is_fs(fd, PROC_SUPER_MAGIC) ? take_fd(&fd) : -ENODEV;
}

/*
 * Every mount's source is open at once. The soft limit is for programs that use select(2); the
 * plan sets the payload's own before the exec.
 */
static void raise_descriptor_limit(void)
{
	uint64_t limit[2];

	if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, limit) < 0)
		return;
	limit[0] = limit[1];
	if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, limit, NULL) < 0)
		log_debug("the soft limit of descriptors stays: %s", err_text(errno));
}

static step_fn *const prepare_step[STEP_NR] = {
	[STEP_MOUNT] = prepare_mount,
	[STEP_DEVICE] = prepare_device,
	[STEP_MASK] = prepare_mask,
};

int step_prepare(struct init *in, size_t i, struct err *e)
{
	const step_list *steps = &in->plan->steps;

	raise_descriptor_limit();
	in->proc = open_proc(in);
	if (in->proc < 0)
		return err_sys(e, ERR_HOST_KERNEL, in->proc, "opening procfs");
	for (size_t k = i + 1; k < steps->n; k++) {
		enum step_kind kind = steps->v[k].kind;
		int r = prepare_step[kind] ? prepare_step[kind](in, k, e) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* The socket acts on the network namespace in which it is opened, wherever its holder lives. */
int step_net_devices(struct init *in, size_t i, struct err *e)
{
	auto_fd int sock = netdev_open();

	(void)i;
	if (sock < 0)
		return err_sys(e, ERR_SYSTEM, sock, "opening a netlink socket");
	return message_call(in->sync, MSG_DEVICES, sock, e);
}

int step_hooks(struct init *in, size_t i, struct err *e)
{
	(void)i;
	return message_call(in->sync, MSG_HOOKS, -1, e);
}

int step_ready(struct init *in, size_t i, struct err *e)
{
	(void)i;
	/* From now on the container's other processes, if any, are none of our friends. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* They keep file systems of the container busy while init waits for start. */
	close_fd(&in->devpts);
	close_fd(&in->empty_dir);
	close_fd(&in->null_device);
	return message_call(in->sync, MSG_READY, -1, e);
}

static const char *env_get(const struct strv *env, const char *name)
{
	const char *value = NULL;
	size_t n = strlen(name);

	/* The last one wins, as it does for getenv(3) in a shell that read them all. */
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			value = env->v[i] + n + 1;
	return value;
}

/* 0, or why the kernel would not execute it, as far as can be told beforehand. */
static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	/* EPERM is a seccomp filter that does not know faccessat2(2): execve(2) will tell then. */
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 && errno != EPERM ? -errno : 0;
}

/* What errno alone does not say: the kernel gives the same for a program and for what it needs. */
static void explain_exec(struct err *e, int r)
{
	static const struct {
		int errnum;
		const char *fix;
	} hints[] = {
		{ENOENT, "if the file is there, its interpreter is not: the program of its #! "
			 "line, or the loader of a dynamically linked one, is missing in the "
			 "root filesystem"},
		{ENOEXEC, "it is a program for another architecture than this machine's, or a "
			  "script without a #! line"},
		{EACCES, "it has to be executable for the process's user (chmod +x), as has the "
			 "interpreter of a script, and not be in a mount with noexec"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (hints[i].errnum == r)
			err_fix(e, "%s", hints[i].fix);
}

/* runc's wording, which docker and podman turn into their exit codes 126 and 127. */
static int lookup_failed(struct err *e, const char *name, int r)
{
	bool bare = !strchr(name, '/');

	err_object(e, "process.args[0]");
	if (bare && (r == -ENOENT || r == -ENOTDIR))
		return err_set(e, ERR_EXEC, ENOENT,
			"unable to start container process: exec: \"%s\": executable file not "
			"found in $PATH",
			name);
	if (r == -ENOENT || r == -ENOTDIR)
		return err_sys(e, ERR_EXEC, r,
			"unable to start container process: exec: \"%s\": stat %s", name, name);
	explain_exec(e, -r);
	return err_sys(e, ERR_EXEC, r, "unable to start container process: exec: \"%s\"", name);
}

static int search_path(struct init *in, const char *name, const char *path)
{
	int result = -ENOENT;

	while (path) {
		size_t n = strcspn(path, ":");
		const char *file = n ? arena_printf(in->arena, "%.*s/%s", (int)n, path, name)
				     : arena_printf(in->arena, "./%s", name);
		int r = check_executable(file);

		if (r == 0) {
			in->exe = file;
			return 0;
		}
		/* "permission denied" says more than "not found", if nothing better comes. */
		if (r == -EACCES)
			result = r;
		path = path[n] ? path + n + 1 : NULL;
	}
	return result;
}

int step_lookup(struct init *in, size_t i, struct err *e)
{
	const char *name = in->plan->args.v[0];
	int r;

	(void)i;
	if (strchr(name, '/')) {
		in->exe = name;
		r = check_executable(name);
	} else {
		r = search_path(in, name, env_get(&in->plan->env, "PATH"));
	}
	return r < 0 ? lookup_failed(e, name, r) : 0;
}

/*
 * Opening the fifo for writing blocks until `start` opens it for reading. It is opened by its
 * descriptor through init's own procfs: no path of the host exists here any more.
 */
static int wait_fifo(struct init *in, struct err *e)
{
	char path[64];
	auto_fd int fd = -1;

	snprintf(path, sizeof(path), "self/fd/%d", in->fifo);
	do {
		fd = openat(in->proc, path, O_WRONLY | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	sig_end_when_asked(false);
	if (fd < 0)
		return err_sys(e, ERR_SYSTEM, errno, "opening exec.fifo");
	in->started = take_fd(&fd);
	close_fd(&in->fifo);
	return 0;
}

/* What `start` waits for: the byte that says that all went well. */
int step_started(struct init *in, size_t i, struct err *e)
{
	auto_fd int fd = take_fd(&in->started);

	(void)i;
	return write(fd, "0", 1) == 1 ? 0 : err_sys(e, ERR_SYSTEM, errno, "writing to exec.fifo");
}

static bool tells_later(const struct init *in, size_t i)
{
	while (++i < in->plan->steps.n)
		if (init_step(in, i)->kind == STEP_STARTED)
			return true;
	return false;
}

int step_start(struct init *in, size_t i, struct err *e)
{
	int r;

	if (!in->plan->wait_start)
		return 0;
	/*
	 * As long as there is no payload, init ends when it is asked to, as runc's does: `kill`,
	 * and a systemd that stops the scope, would else have to wait until they may use SIGKILL.
	 */
	sig_end_when_asked(true);
	/* The end of the stream tells the front end that the container is created. */
	close_fd(&in->sync);
	r = wait_fifo(in, e);
	return r < 0 || tells_later(in, i) ? r : step_started(in, i, e);
}

/* The home directory of a uid in the text of an /etc/passwd, which is the image's: only data. */
static const char *passwd_home(struct arena *a, char *text, uint32_t uid)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char *field[7];
		size_t n = 0;
		uint32_t line_uid;

		while (n < ARRAY_SIZE(field) && (field[n] = strsep(&line, ":")))
			n++;
		if (n >= 6 && num_u32(field[2], &line_uid) == 0 && line_uid == uid &&
			field[5][0] == '/')
			return arena_strdup(a, field[5]);
	}
	return NULL;
}

static const char *find_home(struct init *in)
{
	auto_fd int fd = inroot_open(in->root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	auto_free char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n;
	const char *home;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > PASSWD_MAX)
		return "/";
	text = xcalloc(1, (size_t)st.st_size + 1);
	while (len < (size_t)st.st_size && (n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	home = passwd_home(in->arena, text, (uint32_t)geteuid());
	return home ? home : "/";
}

const char *const *init_env(struct init *in, const struct strv *from)
{
	struct strv env = {0};

	for (size_t i = 0; i < from->n; i++)
		strv_add(in->arena, &env, from->v[i]);
	/* runc does so too, and shells are lost without it. */
	if (!env_get(from, "HOME"))
		strv_add(in->arena, &env, arena_printf(in->arena, "HOME=%s", find_home(in)));
	return env.v;
}

/*
 * What takes system calls that a seccomp filter written for runc or crun may not know (openat2,
 * close_range), so it comes before the filter.
 */
int step_payload(struct init *in, size_t i, struct err *e)
{
	unsigned first = 3 + in->plan->preserve_fds;
	int r;

	(void)i;
	in->env = init_env(in, &in->plan->env);
	/* Whatever a caller left open stays outside, but for what it asked to keep. */
	r = fds_close_on_exec(in->proc, first);
	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "closing descriptors") : 0;
}

int step_exec(struct init *in, size_t i, struct err *e)
{
	int r;

	(void)i;
	/*
	 * In the middle of execve(2) the kernel has given the process a new memory, which the
	 * container's root may look into, and not yet closed its descriptors: those that lead to
	 * the host are closed before.
	 */
	close_fd(&in->proc);
	close_fd(&in->root);
	/* Go programs ignore SIGPIPE and hand that down; a payload starts with the defaults. */
	sig_reset();
	execve(in->exe, (char *const *)(uintptr_t)in->plan->args.v,
		(char *const *)(uintptr_t)in->env);
	r = errno;
	err_object(e, "process.args[0]");
	explain_exec(e, r);
	return err_sys(e, ERR_EXEC, r, "unable to start container process: exec %s", in->exe);
}
