// SPDX-License-Identifier: Apache-2.0
/*
 * The real front end (launch_run() and what is below it) with an init that misbehaves: fake_init.c,
 * in real namespaces. Whatever it does, the launch ends with an error that says so, and nothing of
 * it is left; the cases that go through the messages are made from their table.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "kernel/proc.h"
#include "launch/launch.h"
#include "protocol_test.h"

#define HEAD 12 /* what every message but procError consists of */

/* The lines that came up the log pipe. */
struct lines {
	unsigned whole; /* in their order, as fake_init.c writes them */
	unsigned other;
	size_t pad;
};

struct front_case {
	struct fake_order order;
	enum err_code code; /* ERR_NONE: the launch succeeds */
	enum err_code or_code; /* which of both, the kernel decides; ERR_NONE = no other */
	const char *part; /* of the message */
	bool fifo; /* init would wait at exec.fifo */
	bool forks; /* the plan has procForked first */
	bool foreground; /* run, not create */
	unsigned lines; /* of the log that must come through */
};

static void count_line(enum log_level level, const char *msg, const struct err *e, void *arg)
{
	struct lines *l = arg;
	char want[2048];

	(void)e;
	snprintf(want, sizeof(want), "line %u %0*d", l->whole, (int)l->pad, 0);
	if (level == LOG_LEVEL_WARN && str_eq(msg, want))
		l->whole++;
	else
		l->other++;
}

/* A plan of the messages alone: what the steps would do is no matter here. */
static void make_plan(struct plan *plan, const struct front_case *c, bool userns)
{
	static struct step steps[3];
	size_t n = 0;

	if (c->forks)
		steps[n++] = (struct step){.kind = STEP_FORK};
	steps[n++] = (struct step){.kind = STEP_READY};
	*plan = (struct plan){
		.rootfs = "/",
		.own_pidns = true,
		.clone_flags = CLONE_NEWPID | CLONE_NEWNS | (userns ? CLONE_NEWUSER : 0),
		.init = {.id = "c1", .preserve_fds = 1, .wait_start = c->fifo, .steps = {steps, n}},
	};
	if (userns) {
		static struct id_extent own_uid, own_gid;

		own_uid = (struct id_extent){0, (uint32_t)geteuid(), 1};
		own_gid = (struct id_extent){0, (uint32_t)getegid(), 1};
		plan->uid_map = (struct plan_id_map){PLAN_MAP_DIRECT, {&own_uid, 1}};
		plan->gid_map = (struct plan_id_map){PLAN_MAP_DIRECT, {&own_gid, 1}};
		plan->deny_setgroups = true;
	}
}

/* The order for the fake init, where the front end "preserves" a descriptor for the payload. */
static void place_order(struct fake_order order, bool userns)
{
	auto_fd int fd = memfd_create("order", MFD_CLOEXEC);

	order.mapped = userns;
	check(write(fd, &order, sizeof(order)) == sizeof(order), "the order: %s", strerror(errno));
	check(dup3(fd, FAKE_ORDER_FD, O_CLOEXEC) >= 0, "the order: %s", strerror(errno));
}

static unsigned entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

static void check_failure(const struct front_case *c, int r, const struct err *e, const char *root)
{
	check(r < 0, "the launch succeeded");
	check(e->code == c->code || (c->or_code && e->code == c->or_code),
		"code %s instead of %s: %s", err_code_name(e->code), err_code_name(c->code),
		e->msg);
	check(e->msg[0] && !strchr(e->msg, '\n'), "the message is no line: \"%s\"", e->msg);
	check(!c->part || strstr(e->msg, c->part), "\"%s\" does not say \"%s\"", e->msg, c->part);
	check(e->step[0], "no step is named: %s", e->msg);
	check(entries(root) == 0, "%u entries are left in the state root", entries(root));
}

static void check_success(struct launch *l, int r, const struct err *e)
{
	struct stat st;

	check(r == 0, "the launch failed: %s", e->msg);
	check(l->pid > 0 && kill(l->pid, 0) == 0, "init does not live");
	check(r < 0 || fstatat(l->dir.fd, "state.json", &st, 0) == 0, "no record was written");
	if (l->pid <= 0)
		return;
	kill(l->pid, SIGKILL);
	waitpid(l->pid, NULL, 0);
	state_dir_remove(&l->dir, NULL);
}

static void run_front(const struct place *place, const void *arg)
{
	const struct front_case *c = arg;
	auto_arena struct arena *a = arena_new();
	struct lines lines = {.pad = c->order.bytes};
	struct launch l = LAUNCH_NONE;
	struct plan plan;
	struct err e = {0};
	char root[96];
	bool userns = geteuid() != 0;
	int r;

	snprintf(root, sizeof(root), "%s/state-XXXXXX", place->dir);
	check(mkdtemp(root) != NULL, "%s: %s", root, strerror(errno));
	log_setup(&(struct log_options){LOG_LEVEL_INFO, true, count_line, &lines});
	make_plan(&plan, c, userns);
	place_order(c->order, userns);
	l.arena = a;
	l.plan = &plan;
	l.state_root = root;
	l.keep = (struct launch_fds){(int[]){FAKE_ORDER_FD}, 1};
	l.init_path = place->fake;
	l.config = "{}";
	l.config_size = 2;
	l.record = (struct state_record){.version = STATE_RECORD_VERSION,
		.oci_version = "1.3.0",
		.id = "c1",
		.boot_id = "",
		.bundle = "/",
		.rootfs = "/",
		.created = "2026-01-01T00:00:00Z"};
	r = launch_run(&l, &e);
	if (c->code == ERR_NONE)
		check_success(&l, r, &e);
	else
		check_failure(c, r, &e, root);
	launch_done(&l);
	check(lines.whole == c->lines, "%u lines of %u came through, and %u others", lines.whole,
		c->lines, lines.other);
	check(lines.other == 0, "%u lines that nobody wrote", lines.other);
	check(rmdir(root) == 0, "%s: %s", root, strerror(errno));
	/* As it was. */
	check(dup3(STDIN_FILENO, FAKE_ORDER_FD, O_CLOEXEC) >= 0, "%s", strerror(errno));
}

/* ---------------------------------------------------------------- how init can end */

static const struct {
	enum fake_point point;
	const char *name;
} points[] = {
	{FAKE_AT_ONCE, "at once"},
	{FAKE_AFTER_PLAN, "with the plan"},
	{FAKE_AFTER_MAPS, "with its ids"},
};

static void end_cases(const struct place *place)
{
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		struct front_case c = {.code = ERR_CHILD_DIED, .fifo = true};
		const char *when = points[i].name;

		c.order = (struct fake_order){.point = points[i].point, .deed = FAKE_EXIT};
		c.part = "init ended with status 0";
		case_run(place, run_front, &c, "init ends with status 0, %s", when);
		c.order.number = 7;
		c.part = "init ended with status 7";
		case_run(place, run_front, &c, "init ends with status 7, %s", when);
		c.order.deed = FAKE_TRAP;
		c.part = "SIGILL";
		case_run(place, run_front, &c, "init is killed by a signal, %s", when);
		c.order.deed = FAKE_CLOSE_AND_STAY;
		c.code = ERR_PROTOCOL;
		c.part = "init";
		case_run(place, run_front, &c, "init closes its socket and stays, %s", when);
	}
}

/* After procReady, the end of the stream is what the front end waits for. */
static void ready_cases(const struct place *place)
{
	struct front_case c = {
		.order = {.point = FAKE_AFTER_READY, .deed = FAKE_GO_ON}, .fifo = true};

	case_run(place, run_front, &c, "init does everything right (create)");
	c.fifo = false;
	case_run(place, run_front, &c, "init does everything right (run)");
	c.fifo = true;
	c.order.deed = FAKE_EXIT;
	c.order.number = 3;
	c.code = ERR_CHILD_DIED;
	c.part = "status 3";
	case_run(place, run_front, &c, "init ends before it waits for start");
	c.order.deed = FAKE_TRAP;
	c.part = "SIGILL";
	case_run(place, run_front, &c, "init is killed before it waits for start");
	c.order.deed = FAKE_ERROR;
	c.order.number = SPOIL_NOTHING;
	c.code = ERR_MOUNT;
	c.part = "what went wrong";
	case_run(place, run_front, &c, "init fails after it was ready");
	c.fifo = false;
	case_run(place, run_front, &c, "init fails after it was ready (run)");
}

/* ---------------------------------------------------------------- messages */

static bool carries_fd(enum message_type type)
{
	static const bool carries[MSG_NR] = {
#define X(type_, name, from, fd, reply) [type_] = fd,
		MESSAGES(X)
#undef X
	};

	return carries[type];
}

/* A message where the plan gives no reason for it. */
static void turn_cases(const struct place *place, enum message_type type)
{
	struct front_case c = {.code = ERR_PROTOCOL, .part = "init sent", .fifo = true};
	const char *name = message_name(type);

	/* By itself it says nothing, and is as good as malformed. */
	c.order = (struct fake_order){
		.deed = FAKE_SEND, .number = type, .fds = carries_fd(type), .bytes = HEAD};
	if (type != MSG_READY) {
		c.order.point = FAKE_AFTER_MAPS;
		case_run(place, run_front, &c, "%s out of turn, before procReady", name);
	}
	c.order.point = FAKE_AFTER_READY;
	case_run(place, run_front, &c, "%s out of turn, after procReady", name);
	/* The same by one that is gone at once: what it sent must not pass for an orderly end. */
	c.order.deed = FAKE_SEND_AND_EXIT;
	case_run(place, run_front, &c, "%s out of turn, and the end", name);
}

static void shape_cases(const struct place *place, enum message_type type)
{
	static const size_t sizes[] = {
		1, 3, 4, HEAD - 1, HEAD + 1, MESSAGE_MAX, MESSAGE_MAX + 1, 2 * MESSAGE_MAX};
	struct front_case c = {.code = ERR_PROTOCOL, .fifo = true};
	const char *name = message_name(type);
	bool fd = carries_fd(type);

	c.order = (struct fake_order){
		.point = FAKE_AFTER_MAPS, .deed = FAKE_SEND, .number = type, .bytes = HEAD};
	c.order.fds = !fd;
	case_run(place, run_front, &c, "%s %s a descriptor", name, fd ? "without" : "with");
	c.order.fds = 2;
	case_run(place, run_front, &c, "%s with two descriptors", name);
	c.order.fds = fd;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		c.order.bytes = sizes[i];
		case_run(place, run_front, &c, "%s of %zu bytes", name, sizes[i]);
	}
}

static void type_cases(const struct place *place)
{
	static const uint32_t beyond[] = {0, MSG_NR, 1000, UINT32_MAX};
	struct front_case c = {.code = ERR_PROTOCOL, .part = "none of its own", .fifo = true};

	c.order = (struct fake_order){.point = FAKE_AFTER_MAPS, .deed = FAKE_SEND, .bytes = HEAD};
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		c.order.number = beyond[i];
		case_run(place, run_front, &c, "a message of type %u", beyond[i]);
	}
	c.order.deed = FAKE_RAW;
	case_run(place, run_front, &c, "a message of noise");
	/* Nothing at all is the end of the stream to recvmsg(2), but not of the process. */
	c.order.bytes = 0;
	c.part = "init";
	case_run(place, run_front, &c, "an empty message");
}

static void error_cases(const struct place *place)
{
	static const struct {
		uint32_t how;
		const char *name;
	} spoilt[] = {
		{SPOIL_CODE_NONE, "without a code"},
		{SPOIL_CODE_BEYOND, "with an unknown code"},
		{SPOIL_CUT, "that is cut off"},
		{SPOIL_LONG, "whose step is too long"},
		{SPOIL_MORE, "with more behind it"},
	};
	struct front_case c = {.code = ERR_MOUNT, .part = "what went wrong", .fifo = true};

	c.order = (struct fake_order){.point = FAKE_AT_ONCE, .deed = FAKE_ERROR};
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		c.order.point = points[i].point;
		case_run(place, run_front, &c, "procError, %s", points[i].name);
	}
	c.code = ERR_PROTOCOL;
	c.part = "none of its own";
	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		c.order.number = spoilt[i].how;
		case_run(place, run_front, &c, "a procError %s", spoilt[i].name);
	}
}

/* ---------------------------------------------------------------- the second init, the log */

static void forked_cases(const struct place *place)
{
	struct front_case c = {.code = ERR_PROTOCOL, .fifo = true, .forks = true};

	c.order = (struct fake_order){.point = FAKE_AFTER_MAPS, .deed = FAKE_FORKED};
	c.order.number = PIDFD_OWN;
	case_run(place, run_front, &c, "procForked by an init that does not end");
	c.order.number = PIDFD_STRANGER;
	case_run(place, run_front, &c, "procForked with a process that is not ours");
	c.order.number = PIDFD_NONE;
	case_run(place, run_front, &c, "procForked with something else than a process");
}

static void log_cases(const struct place *place)
{
	struct front_case c = {.fifo = true};

	c.order = (struct fake_order){
		.point = FAKE_AFTER_MAPS, .deed = FAKE_FLOOD, .number = 1024, .bytes = 1000};
	c.lines = 1024;
	case_run(place, run_front, &c, "1 MiB of log lines before procReady");
	c.order.point = FAKE_AFTER_READY;
	case_run(place, run_front, &c, "1 MiB of log lines after procReady");
	c.order.point = FAKE_AT_ONCE;
	c.order.number = c.lines = 20;
	c.order.bytes = 2000;
	case_run(place, run_front, &c, "log lines as long as they may be, before the plan is read");
	c.order.number = c.lines = 3000;
	c.order.bytes = 1;
	c.order.point = FAKE_AFTER_PLAN;
	case_run(place, run_front, &c, "many short log lines");
	c.order.deed = FAKE_NOISE;
	c.order.bytes = 1 << 20;
	c.lines = 0;
	case_run(place, run_front, &c, "1 MiB of log without an end of line");
}

/* ---------------------------------------------------------------- before there is an init */

static void no_binary(const struct place *place, const void *arg)
{
	struct place other = *place;

	snprintf(other.fake, sizeof(other.fake), "%s", (const char *)arg);
	run_front(
		&other, &(struct front_case){.code = ERR_HOST_INSTALL, .part = arg, .fifo = true});
}

void front_cases(const struct place *place)
{
	end_cases(place);
	ready_cases(place);
	type_cases(place);
	for (int type = 1; type < MSG_NR; type++) {
		if (type != MSG_ERROR)
			turn_cases(place, (enum message_type)type);
		shape_cases(place, (enum message_type)type);
	}
	error_cases(place);
	forked_cases(place);
	log_cases(place);
	case_run(place, no_binary, "/nonexistent/lodger-init", "there is no lodger-init");
	case_run(place, no_binary, "/etc/passwd", "lodger-init is not a program");
}
