// SPDX-License-Identifier: Apache-2.0
/*
 * The phases of a launch as a table: what is done, and how it is undone. In: a plan. Out: a
 * container, or nothing. Front end.
 */
#include "launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "kernel/ns.h"
#include "kernel/proc.h"
#include "kernel/socket.h"
#include "launch/notify.h"
#include "plan/codec.h"

static int open_namespaces(struct launch *l, struct err *e)
{
	size_t n = l->plan->joins.n;

	l->ns_fds = arena_calloc(l->arena, n + 1, sizeof(int));
	for (size_t i = 0; i < n; i++)
		l->ns_fds[i] = -1;
	for (size_t i = 0; i < n; i++) {
		const struct plan_join *join = &l->plan->joins.v[i];
		int fd = ns_open(join->path, join->flag);

		if (fd == -EINVAL) {
			err_object(e, "%s", join->path);
			return err_set(e, ERR_CONFIG_VALUE, EINVAL, "%s: %s is not a %s namespace",
				join->from, join->path, ns_flag_name(join->flag));
		}
		if (fd < 0) {
			err_object(e, "%s", join->path);
			return err_sys(e, ERR_CONFIG_VALUE, fd, "%s: %s namespace %s", join->from,
				ns_flag_name(join->flag), join->path);
		}
		l->ns_fds[i] = fd;
	}
	return 0;
}

static int connect_console(struct launch *l, struct err *e)
{
	if (!l->console_socket)
		return 0;
	l->console_sock = socket_connect(l->console_socket);
	if (l->console_sock >= 0)
		return 0;
	err_object(e, "%s", l->console_socket);
	return err_sys(e, ERR_USAGE, l->console_sock, "--console-socket %s", l->console_socket);
}

static int connect_pidfd(struct launch *l, struct err *e)
{
	if (!l->pidfd_socket)
		return 0;
	l->pidfd_sock = socket_connect(l->pidfd_socket);
	if (l->pidfd_sock >= 0)
		return 0;
	err_object(e, "%s", l->pidfd_socket);
	return err_sys(e, ERR_USAGE, l->pidfd_sock, "--pidfd-socket %s", l->pidfd_socket);
}

/* The words that come with the descriptor are what runc sends. */
static int send_pidfd(struct launch *l, struct err *e)
{
	const char *name = l->plan->exec ? "setns" : "standard";
	int r;

	if (l->pidfd_sock < 0)
		return 0;
	r = socket_send(l->pidfd_sock, name, strlen(name), l->pidfd);
	close_fd(&l->pidfd_sock);
	if (r == 0)
		return 0;
	err_object(e, "%s", l->pidfd_socket);
	return err_sys(e, ERR_USAGE, r, "sending the pidfd to --pidfd-socket %s", l->pidfd_socket);
}

static int make_notify(struct launch *l, struct err *e)
{
	int r = l->notify ? notify_make(l->dir.fd) : 0;

	/* Where start is to be waited for, it is start that listens. */
	if (r == 0 && l->notify && !l->plan->init.wait_start)
		r = notify_bind(l->dir.fd, &l->notify_sock);
	return r < 0 ? err_sys(e, ERR_STATE_DIR, r, "making the container's notify socket") : 0;
}

static int make_state(struct launch *l, struct err *e)
{
	int r = state_dir_create(l->state_root, l->plan->init.id, &l->dir, e);

	if (r < 0)
		return r;
	l->dir_made = true;
	r = file_replace(l->dir.fd, "config.json", l->config, l->config_size, 0600);
	if (r < 0)
		return err_sys(e, ERR_STATE_DIR, r, "writing config.json to the state directory");
	r = launch_network_files(l, e);
	if (r == 0)
		r = make_notify(l, e);
	if (r < 0 || !l->plan->init.wait_start)
		return r;
	/* Init opens it as the container's user; the directory keeps everybody else out. */
	if (mkfifoat(l->dir.fd, "exec.fifo", 0622) < 0 ||
		fchmodat(l->dir.fd, "exec.fifo", 0622, 0) < 0)
		return err_sys(e, ERR_STATE_DIR, errno, "making exec.fifo");
	/* O_PATH opens no end of it: that would let `start` go ahead. */
	l->fifo = openat(l->dir.fd, "exec.fifo", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return l->fifo < 0 ? err_sys(e, ERR_STATE_DIR, errno, "opening exec.fifo") : 0;
}

static void undo_state(struct launch *l)
{
	/*
	 * runtime.md, "Lifecycle": after a hook that failed, the container is destroyed and the
	 * poststop hooks run; so do they undo what the hooks before some other failure have made.
	 */
	if (l->hooks_begun && l->plan->hooks)
		hooks_run_all(
			"poststop", &l->plan->hooks->poststop, launch_state_json(l, STATE_STOPPED));
	l->hooks_begun = false;
	if (l->dir_made)
		state_dir_remove(&l->dir, NULL);
	l->dir_made = false;
}

static int make_channels(struct launch *l, struct err *e)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making the init pipe");
	l->child_init_pipe = pair[0];
	l->init_pipe = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making the log pipe");
	l->log_pipe = pair[0];
	l->log_len = 0;
	l->child_log_pipe = pair[1];
	if (fcntl(l->log_pipe, F_SETFL, O_NONBLOCK) < 0 || socket_pair(pair) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making the sync socket");
	l->sync = pair[0];
	l->child_sync = pair[1];
	return 0;
}

static void undo_init(struct launch *l)
{
	int status;

	if (l->pid <= 0)
		return;
	proc_pidfd_kill(l->pidfd, SIGKILL);
	while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
		;
	l->pid = 0;
}

static int send_plan(struct launch *l, struct err *e)
{
	auto_strbuf struct strbuf bytes = {0};
	int r;

	/* For the hooks that init runs. */
	if (!l->plan->exec)
		l->plan->init.state_json = launch_state_json(l, STATE_CREATING);
	codec_put_plan(&bytes, &l->plan->init);
	/* One write; a plan beyond the pipe's size is read meanwhile. SIGPIPE is ignored by now. */
	r = file_write_all(l->init_pipe, bytes.s, bytes.len);
	close_fd(&l->init_pipe);
	return r == -EPIPE ? launch_child_died(l, "before it read the plan", e)
	       : r < 0     ? err_sys(e, ERR_PROTOCOL, r, "sending the plan to init")
			   : 0;
}

static int compile_filter(struct launch *l, struct err *e)
{
	return l->plan->seccomp ? filter_compile(l->arena, l->plan, e) : 0;
}

/* What is no file, as /dev/stdout or a FIFO, is written to; else root would replace /dev/null. */
static int write_into_device(const char *path, const char *text)
{
	auto_fd int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : file_write_all(fd, text, strlen(text));
}

/* Complete or absent: its readers wait for it to appear. */
static int replace_pid_file(const char *path, const char *text, bool *ret_made)
{
	char tmp[4096];
	auto_fd int fd = -1;
	int r = snprintf(tmp, sizeof(tmp), "%s.%d.tmp", path, (int)getpid());

	if (r < 0 || (size_t)r >= sizeof(tmp))
		return -ENAMETOOLONG;
	/* In a directory that others may write to, the name could be theirs already. */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = file_write_all(fd, text, strlen(text));
	if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	*ret_made = r == 0;
	if (r < 0)
		unlink(tmp);
	return r;
}

static int write_pid_file(struct launch *l, struct err *e)
{
	char text[16];
	struct stat st;
	int r;

	if (!l->pid_file)
		return 0;
	snprintf(text, sizeof(text), "%d", (int)l->pid);
	if (stat(l->pid_file, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		r = write_into_device(l->pid_file, text);
	else
		r = replace_pid_file(l->pid_file, text, &l->pid_file_made);
	if (r == 0)
		return 0;
	err_object(e, "%s", l->pid_file);
	return err_sys(e, ERR_USAGE, r, "--pid-file %s", l->pid_file);
}

static void undo_pid_file(struct launch *l)
{
	if (l->pid_file_made)
		unlink(l->pid_file);
	l->pid_file_made = false;
}

struct phase {
	const char *name;
	int (*run)(struct launch *l, struct err *e);
	void (*undo)(struct launch *l);
};

/*
 * The order: everything that can fail without having made anything comes first. Init is started
 * before its plan is finished (seccomp compiled, encoded), because the kernel takes its time for
 * namespaces on another processor; the map helpers run while init opens sources.
 */
static const struct phase create_phases[] = {
	{"open-namespaces", open_namespaces, NULL},
	{"map-mounts", launch_map_mounts, launch_close_mounts},
	{"console-socket", connect_console, NULL},
	{"pidfd-socket", connect_pidfd, NULL},
	{"state-directory", make_state, undo_state},
	{"resctrl", launch_resctrl_make, launch_resctrl_undo},
	{"channels", make_channels, NULL},
	{"cgroup", launch_cgroup_make, launch_cgroup_undo},
	{"clone-init", launch_spawn, undo_init},
	{"network", launch_network_start, launch_network_undo},
	{"ask-for-scope", launch_cgroup_ask, launch_cgroup_leave},
	{"compile-seccomp", compile_filter, NULL},
	{"send-plan", send_plan, NULL},
	{"join-cgroup", launch_cgroup_join, NULL},
	{"sync", launch_sync, launch_undo_net_devices},
	{"pidfd-socket", send_pidfd, NULL},
	{"pid-file", write_pid_file, undo_pid_file},
};

static const struct phase exec_phases[] = {
	{"console-socket", connect_console, NULL},
	{"pidfd-socket", connect_pidfd, NULL},
	{"channels", make_channels, NULL},
	{"clone-init", launch_spawn, undo_init},
#define EXEC_BEGIN 4
	{"compile-seccomp", compile_filter, NULL},
	{"send-plan", send_plan, NULL},
	{"sync", launch_sync, NULL},
	{"pidfd-socket", send_pidfd, NULL},
	{"pid-file", write_pid_file, undo_pid_file},
};

/* criu in the place of init: what it makes is born where it is, so it is put where init would be.
 */
static const struct phase restore_phases[] = {
	{"open-namespaces", open_namespaces, NULL},
	{"console-socket", connect_console, NULL},
	{"pidfd-socket", connect_pidfd, NULL},
	{"state-directory", make_state, undo_state},
	{"resctrl", launch_resctrl_make, launch_resctrl_undo},
	{"cgroup", launch_cgroup_make, launch_cgroup_undo},
	{"start-criu", launch_restore_start, launch_restore_undo},
	{"ask-for-scope", launch_cgroup_ask, launch_cgroup_leave},
	{"join-cgroup", launch_cgroup_join, NULL},
	{"place", launch_restore_placed, NULL},
	{"restore", launch_restore_talk, NULL},
	{"pidfd-socket", send_pidfd, NULL},
	{"pid-file", write_pid_file, undo_pid_file},
};

static void undo_from(struct launch *l, const struct phase *table, size_t n)
{
	while (n-- > 0)
		if (table[n].undo)
			table[n].undo(l);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Phases `from` to `to` of a table, or none of it. */
static int run_phases(
	struct launch *l, const struct phase *table, size_t from, size_t to, struct err *e)
{
	/* A dead init must be an error of write(2), not the end of the front end. */
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
	int r = 0;

	sigaction(SIGPIPE, &ignore, &old);
	for (size_t i = from; i < to && r == 0; i++) {
		int64_t begin = now_us();

		r = table[i].run(l, e);
		if (r < 0) {
			err_step(e, table[i].name);
			/* The failed phase may have done half of its work: it is undone too. */
			undo_from(l, table, i + 1);
		} else {
			log_debug("launch: %s: %lld us", table[i].name,
				(long long)(now_us() - begin));
		}
	}
	/* They would keep the network namespace of a container that has ended. */
	launch_close_net_devices(l);
	/*
	 * A signal that is blocked, as by `run`, stays pending though it is ignored, and would end
	 * us once both are over. Ignoring it anew discards it: sigaction(2), "SIG_IGN" in POSIX.
	 */
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGPIPE, &old, NULL);
	return r;
}

int launch_run(struct launch *l, struct err *e)
{
	int r = l->restore ? run_phases(l, restore_phases, 0, ARRAY_SIZE(restore_phases), e)
			   : run_phases(l, create_phases, 0, ARRAY_SIZE(create_phases), e);

	/* Nobody waited for its end so far: it had said what there was to say before. */
	if (!l->stays)
		scope_cancel(&l->scope);
	return r;
}

int launch_exec_begin(struct launch *l, struct err *e)
{
	return run_phases(l, exec_phases, 0, EXEC_BEGIN, e);
}

int launch_exec(struct launch *l, struct err *e)
{
	int r = run_phases(l, exec_phases, EXEC_BEGIN, ARRAY_SIZE(exec_phases), e);

	/*
	 * With the container's init, the kernel kills every process of its pid namespace, and lets
	 * none be born there: whatever that looked like from here, this is why.
	 */
	if (r < 0 && e && e->code != ERR_STATE_STATUS && proc_pidfd_wait(l->target, 0) == 0) {
		*e = (struct err){0};
		err_step(e, "sync");
		err_object(e, "%s", l->record.id);
		return err_set(e, ERR_STATE_STATUS, ESRCH,
			"cannot exec in a stopped container: \"%s\" ended meanwhile", l->record.id);
	}
	return r;
}

void launch_exec_undo(struct launch *l)
{
	undo_from(l, exec_phases, ARRAY_SIZE(exec_phases));
}

void launch_done(struct launch *l)
{
	int *const fds[] = {&l->target, &l->cgroup, &l->pidfd, &l->console, &l->console_sock,
		&l->pidfd_sock, &l->init_pipe, &l->sync, &l->log_pipe, &l->child_init_pipe,
		&l->child_sync, &l->child_log_pipe, &l->fifo, &l->net.ready, &l->net.attach,
		&l->notify_sock};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close_fd(fds[i]);
	for (size_t i = 0; l->ns_fds && i < l->plan->joins.n; i++)
		close_fd(&l->ns_fds[i]);
	launch_close_mounts(l);
	launch_close_net_devices(l);
	launch_restore_done(l);
	cgroup_close(&l->cgroup_dirs);
	scope_cancel(&l->scope);
	state_dir_close(&l->dir);
}
