// SPDX-License-Identifier: Apache-2.0
/*
 * The front end of exec (launch_exec_begin() and launch_exec()) with an init that misbehaves, and
 * with a container that ends meanwhile. Nothing of either is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "kernel/proc.h"
#include "launch/launch.h"
#include "protocol_test.h"

#define HEAD 12 /* what every message but procError consists of */

struct exec_case {
	struct fake_order order;
	enum err_code code;
	const char *part; /* of the message */
	bool forks; /* the plan has procForked, as for a pid namespace that is joined */
	bool container_ends; /* before init gets its plan */
};

static void place_order(const struct fake_order *order)
{
	auto_fd int fd = memfd_create("order", MFD_CLOEXEC);

	check(write(fd, order, sizeof(*order)) == sizeof(*order), "the order: %s", strerror(errno));
	check(dup3(fd, FAKE_ORDER_FD, O_CLOEXEC) >= 0, "the order: %s", strerror(errno));
}

/* A process in the place of the container's init. */
static pid_t container_start(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void container_end(pid_t pid)
{
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid, "the container: %s", strerror(errno));
}

static void run_exec(const struct place *place, const void *arg)
{
	const struct exec_case *c = arg;
	auto_arena struct arena *a = arena_new();
	struct step steps[] = {{.kind = STEP_FORK}};
	struct plan plan = {.exec = true,
		.init = {.id = "c1", .preserve_fds = 1, .steps = {steps, c->forks ? 1 : 0}}};
	struct launch l = LAUNCH_NONE;
	pid_t container = container_start();
	struct err e = {0};
	int r;

	log_setup(&(struct log_options){.level = LOG_LEVEL_ERROR, .quiet = true});
	place_order(&c->order);
	l.arena = a;
	l.plan = &plan;
	l.keep = (struct launch_fds){(int[]){FAKE_ORDER_FD}, 1};
	l.init_path = place->fake;
	l.record.id = "c1";
	l.target = proc_pidfd(container);
	r = launch_exec_begin(&l, &e);
	check(r == 0, "the begin failed: %s", e.msg);
	if (c->container_ends)
		container_end(container);
	r = launch_exec(&l, &e);
	check(r < 0, "the exec succeeded");
	check(e.code == c->code, "code %s instead of %s: %s", err_code_name(e.code),
		err_code_name(c->code), e.msg);
	check(strstr(e.msg, c->part) != NULL, "\"%s\" does not say \"%s\"", e.msg, c->part);
	check(e.step[0], "no step is named: %s", e.msg);
	check(l.pid == 0, "init is still there");
	launch_done(&l);
	if (!c->container_ends)
		container_end(container);
	/* As it was. */
	check(dup3(STDIN_FILENO, FAKE_ORDER_FD, O_CLOEXEC) >= 0, "%s", strerror(errno));
}

/* Between the halves the caller may give up. */
static void run_undo(const struct place *place, const void *arg)
{
	auto_arena struct arena *a = arena_new();
	const struct fake_order order = {.point = FAKE_AFTER_PLAN, .deed = FAKE_CLOSE_AND_STAY};
	struct plan plan = {.exec = true, .init = {.id = "c1", .preserve_fds = 1}};
	struct launch l = LAUNCH_NONE;
	pid_t container = container_start();
	struct err e = {0};

	(void)arg;
	place_order(&order);
	l.arena = a;
	l.plan = &plan;
	l.keep = (struct launch_fds){(int[]){FAKE_ORDER_FD}, 1};
	l.init_path = place->fake;
	l.target = proc_pidfd(container);
	check(launch_exec_begin(&l, &e) == 0, "the begin failed: %s", e.msg);
	launch_exec_undo(&l);
	check(l.pid == 0, "init is still there");
	launch_done(&l);
	container_end(container);
	check(dup3(STDIN_FILENO, FAKE_ORDER_FD, O_CLOEXEC) >= 0, "%s", strerror(errno));
}

static void message_cases(const struct place *place)
{
	static const bool carries[MSG_NR] = {
#define X(type_, name, from, fd, reply) [type_] = fd,
		MESSAGES(X)
#undef X
	};

	for (int type = 1; type < MSG_NR; type++) {
		struct exec_case c = {.code = ERR_PROTOCOL, .part = "init sent"};

		if (type == MSG_ERROR)
			continue;
		c.order = (struct fake_order){.point = FAKE_AFTER_MAPS,
			.deed = FAKE_SEND,
			.number = (uint32_t)type,
			.fds = carries[type],
			.bytes = HEAD};
		case_run(place, run_exec, &c, "exec: %s, which no plan of exec has",
			message_name((enum message_type)type));
	}
}

void exec_cases(const struct place *place)
{
	struct exec_case c = {.code = ERR_CHILD_DIED, .forks = true};

	c.order = (struct fake_order){.point = FAKE_AT_ONCE, .deed = FAKE_EXIT, .number = 7};
	c.part = "status 7";
	case_run(place, run_exec, &c, "exec: init ends before it reads the plan");
	c.order.point = FAKE_AFTER_PLAN;
	case_run(place, run_exec, &c, "exec: init ends with the plan");
	c.order.deed = FAKE_TRAP;
	c.part = "SIGILL";
	case_run(place, run_exec, &c, "exec: init is killed");
	c.order.deed = FAKE_ERROR;
	c.order.number = SPOIL_NOTHING;
	c.code = ERR_MOUNT;
	c.part = "what went wrong";
	case_run(place, run_exec, &c, "exec: init says what went wrong");
	c.container_ends = true;
	c.code = ERR_STATE_STATUS;
	c.part = "stopped container";
	case_run(place, run_exec, &c, "exec: the container ends, and init sees it as an error");
	c.order.deed = FAKE_EXIT;
	case_run(place, run_exec, &c, "exec: the container ends, and init with it");
	c.container_ends = false;
	c.code = ERR_PROTOCOL;
	c.order = (struct fake_order){.point = FAKE_AFTER_PLAN, .deed = FAKE_FORKED};
	c.part = "second init";
	c.order.number = PIDFD_OWN;
	case_run(place, run_exec, &c, "exec: procForked by an init that does not end");
	c.order.number = PIDFD_STRANGER;
	case_run(place, run_exec, &c, "exec: procForked with a process that is not ours");
	message_cases(place);
	case_run(place, run_undo, NULL, "exec: the caller gives up between the halves");
}
