// SPDX-License-Identifier: Apache-2.0
/*
 * The real lodger-init with a front end that misbehaves. Every plan here is made of the steps in
 * question alone, so that nothing but the protocol decides what comes of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "kernel/socket.h"
#include "plan/codec.h"
#include "protocol_test.h"

/* Init, and our ends of what it was given. */
struct peer {
	pid_t pid;
	int plan;
	int sync;
	int err; /* its standard error, a file */
};

static char no_leaks[] = "ASAN_OPTIONS=detect_leaks=0"; /* ptrace is not to be had there */

static void exec_init(const struct place *place, int plan, int sync, int err, int log)
{
	/* Without close-on-exec from here on, at numbers that are in nobody's way. */
	int plan_fd = fcntl(plan, F_DUPFD, 100), sync_fd = fcntl(sync, F_DUPFD, 100);
	int log_fd = fcntl(log, F_DUPFD, 100);
	char plan_env[64], sync_env[64], log_env[64];
	char title[] = "lodger:[1:INIT]", *const argv[] = {title, NULL};
	char *const envp[] = {plan_env, sync_env, log_env, no_leaks, NULL};

	snprintf(plan_env, sizeof(plan_env), PROTOCOL_ENV_INITPIPE "=%d", plan_fd);
	snprintf(sync_env, sizeof(sync_env), PROTOCOL_ENV_SYNCPIPE "=%d", sync_fd);
	snprintf(log_env, sizeof(log_env), PROTOCOL_ENV_LOGPIPE "=%d", log_fd);
	dup2(err, STDERR_FILENO);
	execve(place->init, argv, envp);
	_exit(127);
}

static struct peer peer_start(const struct place *place)
{
	struct peer p = {.err = memfd_create("stderr", MFD_CLOEXEC)};
	auto_fd int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int plan[2], sync[2];

	if (pipe2(plan, O_CLOEXEC) < 0 || socket_pair(sync) < 0)
		check(false, "no pipes: %s", strerror(errno));
	p.pid = fork();
	if (p.pid == 0)
		exec_init(place, plan[0], sync[1], p.err, log);
	close(plan[0]);
	close(sync[1]);
	p.plan = plan[1];
	p.sync = sync[0];
	return p;
}

static void peer_send_bytes(struct peer *p, const void *data, size_t n)
{
	int r = n ? file_write_all(p->plan, data, n) : 0;

	check(r == 0, "writing the plan: %s", strerror(-r));
	close_fd(&p->plan);
}

static void peer_send_plan(struct peer *p, const struct plan_init *plan)
{
	auto_strbuf struct strbuf bytes = {0};

	codec_put_plan(&bytes, plan);
	peer_send_bytes(p, bytes.s, bytes.len);
}

/*
 * Every process that was started has ended; what init ended with. Where it forked, the first one
 * ends with 0, before or after the second.
 */
static int reap_all(void)
{
	int status = 0, failed = 0;

	while (waitpid(-1, &status, 0) > 0)
		failed = status ? status : failed;
	return failed;
}

/* Init has ended with status 1, and all of its descriptors with it. */
static void peer_end(struct peer *p)
{
	int status;

	close_fd(&p->plan);
	close_fd(&p->sync);
	status = reap_all();
	check(WIFEXITED(status) && WEXITSTATUS(status) == 1, "init ended with wait status 0x%x",
		status);
	close_fd(&p->err);
}

/* A procError of that code, and then the end of the stream. */
static void expect_error(struct peer *p, enum err_code code, const char *part)
{
	struct err e = {0};
	struct message m = {.fd = -1};

	if (message_recv(p->sync, FROM_INIT, &m, &e) < 0)
		check(false, "%s", e.msg);
	check(m.type == MSG_ERROR, "%s instead of procError", message_name(m.type));
	check(m.err.code == code, "code %s instead of %s: %s", err_code_name(m.err.code),
		err_code_name(code), m.err.msg);
	check(strstr(m.err.msg, part) != NULL, "\"%s\" does not say \"%s\"", m.err.msg, part);
	close_fd(&m.fd);
	check(message_recv(p->sync, FROM_INIT, &m, &e) == 0 && m.type == MSG_NONE,
		"something comes after procError");
	close_fd(&m.fd);
}

/* Nobody hears it any more but the standard error that init got. */
static void expect_last_words(struct peer *p, const char *part)
{
	char text[4096];
	ssize_t n;

	close_fd(&p->sync);
	reap_all();
	n = pread(p->err, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	check(str_after(text, "lodger: ") && strstr(text, part),
		"standard error is \"%s\", without \"%s\"", text, part);
	close_fd(&p->plan);
	close_fd(&p->err);
}

/* ---------------------------------------------------------------- environment and plan */

static void by_hand(const struct place *place, const void *arg)
{
	char title[] = "lodger-init", *const argv[] = {title, NULL};
	char *const envp[] = {*(char *const *)arg, no_leaks, NULL};
	auto_fd int err = memfd_create("stderr", MFD_CLOEXEC);
	char text[256];
	ssize_t n;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(err, STDERR_FILENO);
		execve(place->init, argv, envp);
		_exit(127);
	}
	status = reap_all();
	check(WIFEXITED(status) && WEXITSTATUS(status) == 1, "wait status 0x%x", status);
	n = pread(err, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	check(strstr(text, "not by hand") != NULL, "standard error is \"%s\"", text);
}

static void bad_plan(const struct place *place, const void *arg)
{
	const struct bytes *bytes = arg;
	struct peer p = peer_start(place);

	peer_send_bytes(&p, bytes->data, bytes->n);
	expect_error(&p, ERR_PROTOCOL, "not whole");
	peer_end(&p);
}

static void no_front_end(const struct place *place, const void *arg)
{
	const struct bytes *bytes = arg;
	struct peer p = peer_start(place);

	/* Both ends at once, as when the front end is killed. */
	shutdown(p.sync, SHUT_RDWR);
	peer_send_bytes(&p, bytes->data, bytes->n);
	expect_last_words(&p, "not whole");
}

static void plan_without_exec(const struct place *place, const void *arg)
{
	struct peer p = peer_start(place);

	(void)arg;
	peer_send_plan(&p, &(struct plan_init){.id = "x"});
	expect_error(&p, ERR_BUG, "without an exec");
	peer_end(&p);
}

static void environment_cases(const struct place *place)
{
	static const char *const envs[] = {
		"NOTHING=1",
		PROTOCOL_ENV_SYNCPIPE "=3",
		PROTOCOL_ENV_INITPIPE "=",
		PROTOCOL_ENV_INITPIPE "=x",
		PROTOCOL_ENV_INITPIPE "=2",
		PROTOCOL_ENV_INITPIPE "=-1",
		PROTOCOL_ENV_INITPIPE "=3000000000",
		PROTOCOL_ENV_INITPIPE "=99999999999999999999",
	};

	for (size_t i = 0; i < ARRAY_SIZE(envs); i++)
		case_run(place, by_hand, &envs[i], "init started with %s", envs[i]);
}

static void plan_cases(const struct place *place)
{
	static const char garbage[] = "{\"not\": \"a plan\"}";
	struct step steps[] = {
		{.kind = STEP_HOSTNAME, .text = {"name"}},
		{.kind = STEP_EXEC},
	};
	struct plan_init plan = {.id = "x", .steps = {steps, ARRAY_SIZE(steps)}};
	auto_strbuf struct strbuf good = {0};
	uint32_t wrong[] = {STEP_NR, UINT32_MAX};
	struct bytes bytes;

	codec_put_plan(&good, &plan);
	bytes = (struct bytes){"", 0};
	case_run(place, bad_plan, &bytes, "init gets the end of the pipe for a plan");
	case_run(place, no_front_end, &bytes, "init without plan and front end");
	for (size_t n = 1; n < good.len; n += good.len / 8) {
		bytes = (struct bytes){good.s, n};
		case_run(place, bad_plan, &bytes, "init gets %zu of %zu bytes of a plan", n,
			good.len);
	}
	bytes = (struct bytes){good.s, good.len - 1};
	case_run(place, no_front_end, &bytes, "init whose front end died while it wrote the plan");
	strbuf_addc(&good, 'x');
	bytes = (struct bytes){good.s, good.len};
	case_run(place, bad_plan, &bytes, "init gets more than a plan");
	bytes = (struct bytes){garbage, sizeof(garbage)};
	case_run(place, bad_plan, &bytes, "init gets something else than a plan");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		/* The last step's kind is the last word before its payload's one byte. */
		auto_strbuf struct strbuf bad = {0};

		steps[1].kind = STEP_EXEC;
		codec_put_plan(&bad, &plan);
		memcpy(bad.s + bad.len - sizeof(wrong[i]), &wrong[i], sizeof(wrong[i]));
		bytes = (struct bytes){bad.s, bad.len};
		case_run(place, bad_plan, &bytes, "init gets a step of kind %u", wrong[i]);
	}
	case_run(place, plan_without_exec, NULL, "init gets a plan without an exec");
}

/* ---------------------------------------------------------------- waiting for an answer */

static const struct sock_filter allow_all[] = {
	{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

/* Steps that bring init to where it waits for an answer, one recipe for each message of its. */
static const struct recipe {
	enum message_type asks; /* MSG_NONE: it waits without asking */
	enum message_type answer;
	bool forks; /* procForked comes after the answer */
	struct step steps[3];
	size_t n;
} recipes[] = {
	{MSG_NONE, MSG_MAPPED, false, {{.kind = STEP_MAPS}}, 1},
	{MSG_MAPS, MSG_MAPPED, true,
		{{.kind = STEP_FORK, .flags = {CLONE_NEWUSER}}, {.kind = STEP_MAPS}}, 2},
	{MSG_DEVICES, MSG_DEVICES_DONE, false, {{.kind = STEP_NET_DEVICES}}, 1},
	{MSG_CGROUP, MSG_PLACED, false, {{.kind = STEP_CGROUP}}, 1},
	{MSG_HOOKS, MSG_RESUME, false, {{.kind = STEP_HOOKS}}, 1},
	{MSG_READY, MSG_RUN, false, {{.kind = STEP_READY}}, 1},
	{MSG_SECCOMP, MSG_SECCOMP_DONE, false,
		{{.kind = STEP_NO_NEW_PRIVS},
			{.kind = STEP_SECCOMP,
				.seccomp = {.filter = {allow_all, sizeof(allow_all)},
					.flags = SECCOMP_FILTER_FLAG_NEW_LISTENER,
					.notify = true,
					.no_new_privs = true}}},
		2},
};

enum answer_kind { ANSWER_RIGHT, ANSWER_CLOSE, ANSWER_TYPE, ANSWER_BYTES, ANSWER_FDS };

struct answer {
	const struct recipe *recipe;
	enum answer_kind kind;
	uint32_t type;
	size_t bytes;
	int fds;
};

static void send_fds(int sock, const void *data, size_t n, int fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * 2)];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)data, n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	const int list[2] = {STDIN_FILENO, STDOUT_FILENO};

	if (fds) {
		struct cmsghdr *c;

		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fds);
		memcpy(CMSG_DATA(c), list, sizeof(int) * (size_t)fds);
	}
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) < 0)
		check(false, "sending %zu bytes: %s", n, strerror(errno));
}

static void expect_message(struct peer *p, enum message_type type)
{
	struct err e = {0};
	struct message m = {.fd = -1};

	if (message_recv(p->sync, FROM_INIT, &m, &e) < 0)
		check(false, "%s", e.msg);
	check(m.type == type, "%s instead of %s: %s", message_name(m.type), message_name(type),
		m.err.msg);
	close_fd(&m.fd);
}

static void answer_init(const struct place *place, const void *arg)
{
	const struct answer *a = arg;
	const struct recipe *r = a->recipe;
	char buf[2 * MESSAGE_MAX] = {0};
	struct plan_init plan = {.id = "x", .steps = {(struct step *)(uintptr_t)r->steps, r->n}};
	struct peer p = peer_start(place);

	peer_send_plan(&p, &plan);
	if (r->asks != MSG_NONE)
		expect_message(&p, r->asks);
	memcpy(buf, &a->type, sizeof(a->type));
	if (a->kind == ANSWER_CLOSE) {
		expect_last_words(&p, "end of stream instead of");
		return;
	}
	send_fds(p.sync, buf, a->bytes, a->fds);
	if (a->kind == ANSWER_RIGHT && r->forks)
		expect_message(&p, MSG_FORKED);
	if (a->kind == ANSWER_RIGHT)
		expect_error(&p, ERR_BUG, "without an exec");
	else
		expect_error(&p, ERR_PROTOCOL, "");
	peer_end(&p);
}

/* Gone before init asks: it must not wait for an answer. */
static void nobody_to_ask(const struct place *place, const void *arg)
{
	const struct recipe *r = arg;
	struct plan_init plan = {.id = "x", .steps = {(struct step *)(uintptr_t)r->steps, r->n}};
	struct peer p = peer_start(place);

	close_fd(&p.sync);
	peer_send_plan(&p, &plan);
	expect_last_words(&p, "");
}

#define HEAD 12 /* what every message but procError consists of */

static void answer_cases(const struct place *place, const struct recipe *r)
{
	static const uint32_t beyond[] = {0, MSG_NR, UINT32_MAX};
	static const size_t sizes[] = {1, 3, 4, HEAD - 1, HEAD + 1, MESSAGE_MAX, MESSAGE_MAX + 1};
	const char *where = r->asks == MSG_NONE ? "without asking" : message_name(r->asks);
	struct answer a = {.recipe = r, .type = r->answer, .bytes = HEAD};

	case_run(place, answer_init, &a, "init waits (%s): the right answer", where);
	case_run(place, nobody_to_ask, r, "init waits (%s): the front end is gone before", where);
	a.kind = ANSWER_CLOSE;
	case_run(place, answer_init, &a, "init waits (%s): the front end closes", where);
	a.kind = ANSWER_TYPE;
	for (uint32_t type = 1; type < MSG_NR; type++) {
		a.type = type;
		if (type != r->answer)
			case_run(place, answer_init, &a, "init waits (%s): %s comes", where,
				message_name((enum message_type)type));
	}
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		a.type = beyond[i];
		case_run(place, answer_init, &a, "init waits (%s): type %u comes", where, a.type);
	}
	a.type = r->answer;
	a.kind = ANSWER_BYTES;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		a.bytes = sizes[i];
		case_run(place, answer_init, &a, "init waits (%s): %zu bytes come", where, a.bytes);
	}
	a.bytes = HEAD;
	a.kind = ANSWER_FDS;
	for (a.fds = 1; a.fds <= 2; a.fds++)
		case_run(place, answer_init, &a, "init waits (%s): %d descriptors come along",
			where, a.fds);
}

static bool has_recipe(enum message_type type)
{
	for (size_t i = 0; i < ARRAY_SIZE(recipes); i++)
		if (recipes[i].asks == type && recipes[i].answer == message_reply(type))
			return true;
	return false;
}

static void every_request_has_a_recipe(const struct place *place, const void *arg)
{
	(void)place;
	(void)arg;
	for (int type = 1; type < MSG_NR; type++) {
		enum message_type t = (enum message_type)type;

		check(message_sender(t) != FROM_INIT || message_reply(t) == MSG_NONE ||
				has_recipe(t),
			"%s waits for an answer: tests/protocol/init_cases.c needs a recipe",
			message_name(t));
	}
}

void init_cases(const struct place *place)
{
	environment_cases(place);
	plan_cases(place);
	case_run(place, every_request_has_a_recipe, NULL, "each request of init is tested");
	for (size_t i = 0; i < ARRAY_SIZE(recipes); i++)
		answer_cases(place, &recipes[i]);
}
