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

#include "base/log.h"
#include "base/str.h"
#include "kernel/socket.h"
#include "kernel/spawn.h"

#define OUTPUT_MAX (64u << 10)

/* `in`: where it gets to know what to ask for, -1 where its arguments say so. */
static int run(const char *helper, const struct strv *args, int in, struct scope_request *ret,
	struct err *e)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", NULL};
	struct spawn spawn;
	int pipe[2], r;

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return err_sys(e, ERR_SYSTEM, errno, "making a pipe");
	spawn = (struct spawn){
		.path = helper, .argv = args->v, .envp = env, .in = in, .out = -1, .err = pipe[1]};
	r = spawn_start(&spawn, &ret->pid);
	close(pipe[1]);
	ret->out = pipe[0];
	ret->asked = r == 0 && in < 0;
	if (r == 0)
		return 0;
	ret->pid = 0;
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

int scope_begin(const char *helper, struct scope_request *s, struct err *e)
{
	scratch_arena(a);
	struct strv args = {0};
	int pair[2], r;

	if (s->pid > 0)
		return 0;
	strv_add(a, &args, "lodger-scope");
	strv_add(a, &args, "start");
	r = socket_stream_pair(pair);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "making a socket");
	*s = SCOPE_NONE;
	s->in = pair[1];
	r = run(helper, &args, pair[0], s, e);
	close(pair[0]);
	return r;
}

/* What it says of its end, if it has ended, is read by scope_wait(). */
static void tell(struct scope_request *s, const struct strv *words)
{
	auto_strbuf struct strbuf text = {0};

	for (size_t i = 0; i < words->n; i++)
		strbuf_addn(&text, words->v[i], strlen(words->v[i]) + 1);
	socket_send(s->in, strbuf_str(&text), text.len, -1);
}

void scope_connect(struct scope_request *s, const char *bus)
{
	scratch_arena(a);
	struct strv words = {0};

	if (s->pid <= 0 || s->greeted)
		return;
	strv_add(a, &words, bus);
	tell(s, &words);
	s->greeted = true;
}

int scope_ask(const char *helper, const struct plan_cgroup *plan, pid_t pid, bool stays,
	struct scope_request *s, struct err *e)
{
	scratch_arena(a);
	struct strv words = {0};
	int r = scope_begin(helper, s, e);

	if (r < 0)
		return r;
	scope_connect(s, plan->bus);
	strv_add(a, &words, arena_printf(a, "%zu", 4 + 4 * plan->properties.n));
	strv_add(a, &words, plan->unit);
	strv_add(a, &words, plan->slice);
	strv_add(a, &words, plan->description);
	strv_add(a, &words, arena_printf(a, "%d", (int)pid));
	add_properties(a, &words, &plan->properties);
	tell(s, &words);
	if (!stays)
		close_fd(&s->in);
	s->asked = true;
	return 0;
}

/* Line by line: warnings; then that it is done, or why it failed and what helps. */
static void read_words(char *text, bool failed, struct err *e)
{
	bool said = false;
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *warning = str_after(line, "warning: ");

		if (!failed && str_eq(line, "done"))
			break;
		if (warning || !failed)
			log_warn("%s", warning ? warning : line);
		else if (!said)
			err_set(e, ERR_HOST_CGROUP, EIO, "%s", line);
		else
			err_fix(e, "%s", line);
		said |= !warning;
	}
}

static bool says_done(const struct strbuf *words)
{
	const char *text = strbuf_str(words);

	return str_eq(text, "done\n") ||
	       (words->len > 6 && str_eq(text + words->len - 6, "\ndone\n"));
}

/*
 * Its words up to the end of the helper, which has a deadline of its own, or until it says that it
 * is done: what it does after that is not worth waiting for.
 */
static void listen_to(const struct scope_request *s, struct strbuf *words)
{
	char part[1024];
	ssize_t n;

	while (words->len < OUTPUT_MAX && !says_done(words)) {
		n = read(s->out, part, sizeof(part));
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		if (n > 0)
			strbuf_addn(words, part, (size_t)n);
	}
}

int scope_wait(struct scope_request *s, struct err *e)
{
	auto_strbuf struct strbuf words = {0};
	scratch_arena(a);
	int status = 0, r;

	if (s->pid <= 0 || !s->asked)
		return 0;
	s->asked = false;
	listen_to(s, &words);
	s->done = says_done(&words);
	if (s->done) {
		read_words(arena_strdup(a, strbuf_str(&words)), false, e);
		return 0;
	}
	r = spawn_wait(s->pid, -1, &status);
	s->pid = 0;
	close_fd(&s->out);
	if (r < 0)
		return err_sys(e, ERR_SYSTEM, r, "waiting for lodger-scope");
	read_words(arena_strdup(a, strbuf_str(&words)), true, e);
	err_set(e, ERR_HOST_CGROUP, EIO, "lodger-scope ended with status %#x and gave no reason",
		(unsigned)status);
	return -EIO;
}

void scope_end(struct scope_request *s)
{
	static const char ended[] = "ended";

	if (s->in >= 0)
		socket_send(s->in, ended, sizeof(ended), -1);
	scope_cancel(s);
}

void scope_cancel(struct scope_request *s)
{
	int status;

	close_fd(&s->in);
	/* One that is done may have been waited for by whoever waits for any child. */
	if (s->pid > 0 && !s->done)
		kill(s->pid, SIGKILL);
	if (s->pid > 0)
		spawn_wait(s->pid, -1, &status);
	s->pid = 0;
	close_fd(&s->out);
}

/* What is done when the helper says so. */
static int wait_and_close(struct scope_request *s, struct err *e)
{
	int r = scope_wait(s, e);

	scope_cancel(s);
	return r;
}

static int run_and_wait(const char *helper, const struct strv *args, struct err *e)
{
	struct scope_request s = SCOPE_NONE;
	int r = run(helper, args, -1, &s, e);

	return r < 0 ? r : wait_and_close(&s, e);
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
	return run(helper, &args, -1, ret, e);
}

int scope_attach(const char *helper, const char *bus, const char *unit, const char *sub, pid_t pid,
	struct err *e)
{
	struct scope_request s = SCOPE_NONE;
	int r = scope_attach_start(helper, bus, unit, sub, pid, &s, e);

	return r < 0 ? r : wait_and_close(&s, e);
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
