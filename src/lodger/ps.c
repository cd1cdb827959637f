// SPDX-License-Identifier: Apache-2.0
/*
 * ps: the processes of a container. In: its name, and words for ps(1). Out: pids, or the lines that
 * ps(1) prints for them. Front end. They are those of the container's cgroup; without one, those of
 * its pid namespace.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/num.h"
#include "host/helper.h"
#include "kernel/proc.h"
#include "kernel/spawn.h"
#include "lodger/internal.h"

#define PS_OUTPUT_MAX (64u << 20)

/* ---------------------------------------------------------------- which */

static int compare_pids(const void *x, const void *y)
{
	pid_t p = *(const pid_t *)x, q = *(const pid_t *)y;

	return (p > q) - (p < q);
}

/* What /proc shows in a namespace: processes of an inner one have another inode there. */
static int namespace_pids(
	struct arena *a, const struct container *c, cgroup_pid_list *ret, struct err *e)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300];
	struct stat ns, st;
	int r = 0;

	if (!proc)
		return err_sys(e, ERR_SYSTEM, errno, "reading /proc");
	snprintf(path, sizeof(path), "%d/ns/pid", c->record.pid);
	if (fstatat(dirfd(proc), path, &ns, 0) < 0)
		r = -errno;
	/* Had init ended before, its pid could have been another's. */
	if (r == 0 && proc_pidfd_wait(c->pidfd, 0) == 0)
		r = -ESRCH;
	while (r == 0 && (entry = readdir(proc))) {
		int32_t pid;

		snprintf(path, sizeof(path), "%s/ns/pid", entry->d_name);
		if (num_i32(entry->d_name, &pid) < 0 || fstatat(dirfd(proc), path, &st, 0) < 0 ||
			st.st_ino != ns.st_ino)
			continue;
		ret->v = arena_grow(a, ret->v, ret->n, sizeof(*ret->v));
		ret->v[ret->n++] = pid;
	}
	closedir(proc);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_pids);
	/* Its end meanwhile leaves nothing to list. */
	return r == 0 || r == -ESRCH || r == -ENOENT
		       ? 0
		       : err_sys(e, ERR_HOST_PERMISSION, r,
				 "finding the processes of container \"%s\"", c->record.id);
}

static int list_pids(
	struct lodger *l, const struct container *c, cgroup_pid_list *ret, struct err *e)
{
	auto_cgroup struct cgroup cg = {0};
	int r;

	if (c->record.cgroups.n) {
		r = container_cgroup(l, c, &cg, e);
		return r < 0 ? r : cgroup_pids(l->arena, &cg, ret, e);
	}
	if (c->record.own_pidns)
		return namespace_pids(l->arena, c, ret, e);
	/* Neither cgroup nor namespace tells its processes from others. */
	log_warn("container \"%s\" shares its pid namespace and has no cgroup: only its first "
		 "process is known",
		c->record.id);
	ret->v = arena_new_of(l->arena, pid_t);
	ret->v[0] = c->record.pid;
	ret->n = 1;
	return 0;
}

static int open_and_list(struct lodger *l, const char *id, cgroup_pid_list *ret, struct err *e)
{
	auto_container struct container c = CONTAINER_NONE;
	int r = container_open(l, id, false, &c, e);

	if (r < 0)
		return r;
	if (c.pidfd < 0) {
		err_object(e, "%s", id);
		return err_set(e, ERR_STATE_STATUS, EINVAL, "container not running: \"%s\"", id);
	}
	return list_pids(l, &c, ret, e);
}

int lodger_ps(struct lodger *l, const char *id, const pid_t **ret, size_t *ret_n, struct err *e)
{
	cgroup_pid_list pids = {0};
	int r = open_and_list(l, id, &pids, e);

	if (r < 0)
		return r;
	*ret = pids.v;
	*ret_n = pids.n;
	return 0;
}

/* ---------------------------------------------------------------- ps(1) */

static int run_ps(struct lodger *l, const struct strv *words, char **ret, struct err *e)
{
	auto_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *program = helper_find(l->arena, root, "ps", getenv("PATH"));
	struct strv argv = {0};
	int fds[2], status = 0, r;
	const char *word;
	pid_t pid;

	if (!program) {
		err_fix(e, "install it (procps), or use --format json");
		return err_set(e, ERR_HOST_INSTALL, ENOENT, "ps: there is no ps(1) on this host");
	}
	strv_add(l->arena, &argv, "ps");
	strv_foreach (word, words)
		strv_add(l->arena, &argv, word);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "pipe2");
	r = spawn_start(&(struct spawn){.path = program,
				.argv = argv.v,
				.envp = (const char *const *)environ,
				.in = -1,
				.out = fds[1],
				.err = STDERR_FILENO},
		&pid);
	close(fds[1]);
	if (r == 0) {
		r = file_read_fd(l->arena, fds[0], PS_OUTPUT_MAX, ret, NULL);
		spawn_wait(pid, -1, &status);
	}
	close(fds[0]);
	if (r < 0)
		return err_sys(e, ERR_CHILD_DIED, r, "running %s", program);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(e, ERR_CHILD_DIED, 0, "%s failed", program);
	return 0;
}

static size_t column_of(struct arena *a, const char *title, const char *name)
{
	struct strv words = strv_split(a, title, " ");
	size_t i = 0;

	while (i < words.n && !str_eq(words.v[i], name))
		i++;
	return i < words.n ? i : SIZE_MAX;
}

static bool is_listed(const char *word, const cgroup_pid_list *pids)
{
	int32_t pid;

	if (num_i32(word, &pid) < 0)
		return false;
	for (size_t i = 0; i < pids->n; i++)
		if (pids->v[i] == pid)
			return true;
	return false;
}

int lodger_ps_table(
	struct lodger *l, const char *id, const struct strv *words, char **ret, struct err *e)
{
	static const char *const usual[] = {"-ef", NULL};
	struct strv defaults = {(const char **)usual, 1};
	auto_strbuf struct strbuf out = {0};
	cgroup_pid_list pids = {0};
	struct strv lines;
	size_t column;
	char *text = NULL;
	int r = open_and_list(l, id, &pids, e);

	if (r == 0)
		r = run_ps(l, words->n ? words : &defaults, &text, e);
	if (r < 0)
		return r;
	lines = strv_split(l->arena, text, "\n");
	column = lines.n ? column_of(l->arena, lines.v[0], "PID") : SIZE_MAX;
	if (column == SIZE_MAX)
		return err_set(e, ERR_USAGE, EINVAL,
			"couldn't find PID field in ps output: ps's options must ask for it, as "
			"-o pid,args does");
	for (size_t i = 0; i < lines.n; i++) {
		struct strv cells = strv_split(l->arena, lines.v[i], " ");

		if (i == 0 || (column < cells.n && is_listed(cells.v[column], &pids)))
			strbuf_addf(&out, "%s\n", lines.v[i]);
	}
	*ret = arena_strdup(l->arena, strbuf_str(&out));
	return 0;
}
