// SPDX-License-Identifier: Apache-2.0
/*
 * Requests to lodger-scope: its arguments from a plan, its words into errors. Front end. What the
 * arguments are is said in helpers/scope/main.c.
 */
#include "cgroup/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/spawn.h"

#define OUTPUT_MAX (64u << 10)

static int run(
	const char *helper, const struct strv *args, struct scope_request *ret, struct err *e)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", NULL};
	struct spawn spawn;
	int pipe[2], r;

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making a pipe");
	spawn = (struct spawn){
		.path = helper, .argv = args->v, .envp = env, .in = -1, .out = -1, .err = pipe[1]};
	r = spawn_start(&spawn, &ret->pid);
	close(pipe[1]);
	ret->out = pipe[0];
	if (r == 0)
		return 0;
	scope_cancel(ret);
	err_object(e, "%s", helper);
	err_sys(e, ERR_HOST_CGROUP, r, "asking systemd by way of %s", helper);
	err_fix(e, "install lodger whole, built with libsystemd (configure --with-scope), or go "
		   "without: --cgroup-manager=cgroupfs");
	return r;
}

static void add_properties(struct arena *a, struct strv *args, const plan_unit_properties *list)
{
	const struct plan_unit_property *p;

	array_foreach (p, list) {
		strv_add(a, args, p->name);
		strv_add(a, args, p->signature);
		strv_add(a, args, p->value);
		strv_add(a, args, p->optional ? "optional" : "");
	}
}

static struct strv request(struct arena *a, const char *what, const char *bus, const char *unit)
{
	struct strv args = {0};

	strv_add(a, &args, "lodger-scope");
	strv_add(a, &args, what);
	strv_add(a, &args, bus);
	strv_add(a, &args, unit);
	return args;
}

int scope_start(const char *helper, const struct plan_cgroup *plan, pid_t pid,
	struct scope_request *ret, struct err *e)
{
	scratch_arena(a);
	struct strv args = request(a, "start", plan->bus, plan->unit);

	strv_add(a, &args, plan->slice);
	strv_add(a, &args, plan->description);
	strv_add(a, &args, arena_printf(a, "%d", (int)pid));
	add_properties(a, &args, &plan->properties);
	return run(helper, &args, ret, e);
}

/* Line by line: warnings, then why it failed, then what helps. */
static void read_words(char *text, bool failed, struct err *e)
{
	bool said = false;
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *warning = str_after(line, "warning: ");

		if (warning || !failed)
			log_warn("%s", warning ? warning : line);
		else if (!said)
			err_set(e, ERR_HOST_CGROUP, EIO, "%s", line);
		else
			err_fix(e, "%s", line);
		said |= !warning;
	}
}

int scope_wait(struct scope_request *s, struct err *e)
{
	scratch_arena(a);
	char *text = NULL;
	int status = 0, r;

	if (s->pid <= 0)
		return 0;
	/* The end of its standard error is the end of the helper, which has a deadline of its own.
	 */
	if (file_read_fd(a, s->out, OUTPUT_MAX, &text, NULL) < 0)
		text = NULL;
	r = spawn_wait(s->pid, -1, &status);
	s->pid = 0;
	close_fd(&s->out);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "waiting for lodger-scope");
	if (text)
		read_words(text, status != 0, e);
	if (status == 0)
		return 0;
	err_set(e, ERR_HOST_CGROUP, EIO, "lodger-scope ended with status %#x and gave no reason",
		(unsigned)status);
	return -EIO;
}

void scope_cancel(struct scope_request *s)
{
	int status;

	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		spawn_wait(s->pid, -1, &status);
	}
	s->pid = 0;
	close_fd(&s->out);
}

static int run_and_wait(const char *helper, const struct strv *args, struct err *e)
{
	struct scope_request s = SCOPE_NONE;
	int r = run(helper, args, &s, e);

	return r < 0 ? r : scope_wait(&s, e);
}

int scope_stop(const char *helper, const char *bus, const char *unit, struct err *e)
{
	scratch_arena(a);
	struct strv args = request(a, "stop", bus, unit);

	return run_and_wait(helper, &args, e);
}

int scope_set(const char *helper, const char *bus, const char *unit,
	const plan_unit_properties *properties, struct err *e)
{
	scratch_arena(a);
	struct strv args = request(a, "set", bus, unit);

	if (!properties->n)
		return 0;
	add_properties(a, &args, properties);
	return run_and_wait(helper, &args, e);
}

int scope_attach_start(const char *helper, const char *bus, const char *unit, const char *sub,
	pid_t pid, struct scope_request *ret, struct err *e)
{
	scratch_arena(a);
	struct strv args = request(a, "attach", bus, unit);

	strv_add(a, &args, sub && *sub ? arena_printf(a, "/%s", sub + (*sub == '/')) : "");
	strv_add(a, &args, arena_printf(a, "%d", (int)pid));
	return run(helper, &args, ret, e);
}

int scope_attach(const char *helper, const char *bus, const char *unit, const char *sub, pid_t pid,
	struct err *e)
{
	struct scope_request s = SCOPE_NONE;
	int r = scope_attach_start(helper, bus, unit, sub, pid, &s, e);

	return r < 0 ? r : scope_wait(&s, e);
}

int scope_hold(const char *helper, const char *holder, const struct plan_cgroup *plan,
	const char *link, struct err *e)
{
	scratch_arena(a);
	struct strv args = request(a, "hold", plan->bus, plan->unit);

	strv_add(a, &args, plan->slice);
	strv_add(a, &args, plan->description);
	strv_add(a, &args, holder);
	strv_add(a, &args, link);
	add_properties(a, &args, &plan->properties);
	return run_and_wait(helper, &args, e);
}
