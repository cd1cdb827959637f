// SPDX-License-Identifier: Apache-2.0
/*
 * Writing the id maps of a new user namespace: directly, or by newuidmap(1) and newgidmap(1), both
 * at once. Front end. user_namespaces(7).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/spawn.h"
#include "launch/launch.h"

struct kind {
	const char *file; /* below /proc/PID */
	const char *helper; /* program name */
	const char *path; /* of the program */
	const struct plan_id_map *map;
	pid_t pid; /* of the running helper, 0 = none */
	int errors; /* its standard error */
};

static int write_direct(int proc, const struct kind *k, struct err *e)
{
	auto_strbuf struct strbuf text = {0};
	int r;

	plan_map_text(&k->map->extents, &text);
	r = file_write_once(proc, k->file, strbuf_str(&text));
	if (r == 0)
		return 0;
	err_sys(e, ERR_HOST_PERMISSION, r, "writing %s of the container", k->file);
	/* Ubuntu 24.04 lets the namespace be made and refuses it everything after. */
	if (r == -EPERM || r == -EACCES) {
		struct err why = {0};

		facts_explain_userns(-r, &why);
		if (why.fix[0])
			err_fix(e, "%s", why.fix);
	}
	return r;
}

static int start_helper(struct kind *k, pid_t target, struct err *e)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", NULL};
	scratch_arena(a);
	struct strv argv = {0};
	const struct id_extent *x;
	struct spawn spawn;
	int pipe[2], r;

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making a pipe");
	k->errors = pipe[0];
	strv_add(a, &argv, k->helper);
	strv_add(a, &argv, arena_printf(a, "%d", (int)target));
	array_foreach (x, &k->map->extents) {
		strv_add(a, &argv, arena_printf(a, "%" PRIu32, x->inside));
		strv_add(a, &argv, arena_printf(a, "%" PRIu32, x->outside));
		strv_add(a, &argv, arena_printf(a, "%" PRIu32, x->count));
	}
	spawn = (struct spawn){k->path, argv.v, env, -1, -1, pipe[1], NULL, 0};
	r = spawn_start(&spawn, &k->pid);
	close(pipe[1]);
	if (r == 0)
		return 0;
	err_object(e, "%s", k->path);
	return err_sys(e, ERR_HOST_IDMAP_HELPER, r, "running %s", k->path);
}

static void explain_helper(const struct kind *k, struct err *e)
{
	struct stat st;

	err_object(e, "%s", k->path);
	if (stat(k->path, &st) == 0 && st.st_uid == 0 && !(st.st_mode & S_ISUID))
		err_fix(e,
			"unless it has file capabilities, %s must be setuid root: sudo chmod u+s "
			"%s, or "
			"reinstall the package (on Debian: sudo apt-get install --reinstall "
			"uidmap)",
			k->path, k->path);
	else
		err_fix(e,
			"look at %s, /etc/subuid and /etc/subgid; a unit with NoNewPrivileges=yes "
			"or a "
			"nosuid mount also keeps it from working",
			k->path);
}

static int wait_helper(struct kind *k, struct err *e)
{
	scratch_arena(a);
	char *text = NULL;
	int status = 0;
	int r;

	if (k->pid <= 0)
		return 0;
	/* The end of its standard error is the end of the helper. */
	if (file_read_fd(a, k->errors, 4096, &text, NULL) < 0)
		text = NULL;
	r = spawn_wait(k->pid, -1, &status);
	close_fd(&k->errors);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "waiting for %s", k->helper);
	if (status == 0)
		return 0;
	if (text)
		text[strcspn(text, "\n")] = '\0';
	err_set(e, ERR_HOST_IDMAP_HELPER, EPERM, "%s failed: %s", k->helper,
		str_is_empty(text) ? "it gave no reason" : text);
	explain_helper(k, e);
	return -EPERM;
}

static int write_maps(
	const struct plan *plan, int proc, struct kind *kinds, pid_t pid, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < 2 && r == 0; i++)
		if (kinds[i].map->writer == PLAN_MAP_HELPER)
			r = start_helper(&kinds[i], pid, e);
	/* Denied for good before the gid map is there, or the kernel refuses the map. */
	if (r == 0 && plan->deny_setgroups) {
		r = file_write_once(proc, "setgroups", "deny");
		if (r < 0)
			err_sys(e, ERR_HOST_PERMISSION, r, "denying setgroups in the container");
	}
	for (size_t i = 0; i < 2 && r == 0; i++)
		if (kinds[i].map->writer == PLAN_MAP_DIRECT)
			r = write_direct(proc, &kinds[i], e);
	for (size_t i = 0; i < 2; i++) {
		int waited = wait_helper(&kinds[i], r < 0 ? NULL : e);

		if (r == 0)
			r = waited;
	}
	return r;
}

int launch_idmap(
	const struct plan *plan, const struct launch_helpers *helpers, pid_t pid, struct err *e)
{
	struct kind kinds[] = {
		{"uid_map", "newuidmap", helpers->newuidmap, &plan->uid_map, 0, -1},
		{"gid_map", "newgidmap", helpers->newgidmap, &plan->gid_map, 0, -1},
	};
	char path[32];
	auto_fd int proc = -1;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	proc = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return err_sys(e, ERR_CHILD_DIED, errno, "init is gone before its ids were mapped");
	return write_maps(plan, proc, kinds, pid, e);
}
