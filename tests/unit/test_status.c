// SPDX-License-Identifier: Apache-2.0
/* state/state.h: records that are good, bad or being replaced, and status by real processes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "kernel/proc.h"
#include "state/state.h"
#include "tree.h"

static struct state_record sample(const char *boot_id)
{
	return (struct state_record){
		.version = STATE_RECORD_VERSION,
		.oci_version = "1.3.0",
		.id = "c",
		.boot_id = boot_id,
		.bundle = "/bundle",
		.rootfs = "/bundle/rootfs",
		.created = "2026-01-02T03:04:05.000000006Z",
	};
}

static struct state_dir make(struct tree *t)
{
	struct state_dir d = STATE_DIR_NONE;

	assert_int_equal(state_dir_create(t->dir, "c", &d, NULL), 0);
	return d;
}

/* ---- records */

static void record_round_trip(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct kv kv[] = {{"org.example/k \"ey\"", "v\n\xc3\xa4\t\\"}, {"", ""}};
	struct state_record in = sample("b-o-o-t"), out;
	struct stat st;

	in.pid = INT32_MAX;
	in.start_time = UINT64_MAX;
	in.owner = 4294967294u;
	in.owner_name = "somebody";
	in.annotations.v = kv;
	in.annotations.n = ARRAY_SIZE(kv);
	in.systemd_cgroup = true;
	in.cgroup_unit = "x.scope";
	in.own_pidns = true;
	in.version = 77; /* The writer knows better. */
	assert_int_equal(state_record_write(&d, &in, NULL), 0);
	assert_int_equal(state_record_read(t->a, &d, &out, NULL), 0);
	assert_int_equal(out.version, STATE_RECORD_VERSION);
	assert_string_equal(out.id, "c");
	assert_string_equal(out.oci_version, in.oci_version);
	assert_int_equal(out.pid, INT32_MAX);
	assert_true(out.start_time == UINT64_MAX);
	assert_string_equal(out.boot_id, "b-o-o-t");
	assert_string_equal(out.bundle, in.bundle);
	assert_string_equal(out.rootfs, in.rootfs);
	assert_string_equal(out.created, in.created);
	assert_int_equal(out.owner, 4294967294u);
	assert_string_equal(out.owner_name, "somebody");
	assert_int_equal(out.annotations.n, 2);
	assert_string_equal(out.annotations.v[0].key, kv[0].key);
	assert_string_equal(out.annotations.v[0].value, kv[0].value);
	assert_string_equal(out.annotations.v[1].key, "");
	assert_true(out.systemd_cgroup && out.own_pidns);
	assert_string_equal(out.cgroup_unit, "x.scope");
	assert_int_equal(fstatat(d.fd, "state.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	in.cgroup_unit = in.owner_name = NULL;
	in.annotations.n = 0;
	assert_int_equal(state_record_write(&d, &in, NULL), 0);
	assert_int_equal(state_record_read(t->a, &d, &out, NULL), 0);
	assert_null(out.cgroup_unit);
	assert_string_equal(out.owner_name, "");
	assert_int_equal(out.annotations.n, 0);
}

static void record_absent(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct state_record r = {.pid = 7};
	struct err e = {0};

	assert_int_equal(state_record_read(t->a, &d, &r, &e), -ENOENT);
	assert_false(err_is_set(&e));
	assert_int_equal(r.pid, 7);
}

static void record_incomplete_is_not_written(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct state_record r = sample(NULL);
	struct err e = {0};

	assert_true(state_record_write(&d, &r, &e) < 0);
	assert_int_equal(e.code, ERR_BUG);
	assert_int_equal(faccessat(d.fd, "state.json", F_OK, 0), -1);
}

#define HEAD "{\"version\":1,\"ociVersion\":\"1\",\"id\":\"c\","
#define TAIL                                                                                       \
	",\"startTime\":1,\"bootId\":\"\",\"bundle\":\"/\",\"rootfs\":\"/\",\"created\":\"\","     \
	"\"owner\":0}"

static void record_malformed(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "damaged"},
		{"{", "damaged"},
		{"[]", "no version"},
		{"null", "no version"},
		{"{}", "no version"},
		{"{\"version\":\"1\"}", "no version"},
		{"{\"version\":-1}", "no version"},
		{"{\"version\":2,\"pid\":{}}", "has version 2, this lodger knows version 1"},
		{"{\"version\":0}", "has version 0"},
		{"{\"version\":99999999999}", "has version 99999999999"},
		{"{\"version\":1}", "state.ociVersion is missing"},
		{HEAD "\"pid\":0" TAIL "x", "damaged"},
		{HEAD "\"pid\":\"1\"" TAIL, "state.pid: must be a number, not a string"},
		{HEAD "\"pid\":null" TAIL, "state.pid is missing"},
		{HEAD "\"pid\":2147483648" TAIL, "state.pid"},
		{HEAD "\"pid\":1.5" TAIL, "state.pid"},
		{HEAD "\"pid\":-1" TAIL, "negative"},
		{HEAD "\"pid\":1,\"annotations\":[]" TAIL, "state.annotations"},
		{HEAD "\"pid\":1,\"annotations\":{\"a\":1}" TAIL, "state.annotations[\"a\"]"},
		{HEAD "\"pid\":1,\"pid\":2" TAIL, "damaged"},
		{"{\"version\":1,\"ociVersion\":\"1\",\"id\":\"d\",\"pid\":1" TAIL,
			"another container"},
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state_record r = {.pid = 7};
		struct state_dir d = make(t);
		struct err e = {0};

		tree_put(t, "c/state.json", cases[i].text, 0600);
		assert_true(state_record_read(t->a, &d, &r, &e) < 0);
		assert_int_equal(e.code, ERR_STATE_CORRUPT);
		if (!strstr(e.msg, cases[i].why) || !strstr(e.msg, "delete --force c"))
			fail_msg("case %zu: %s", i, e.msg);
		assert_int_equal(r.pid, 7);
		assert_int_equal(state_dir_remove(&d, NULL), 0);
		state_dir_close(&d);
	}
}

static void record_of_a_later_writer(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct state_record r;

	tree_put(t, "c/state.json", HEAD "\"pid\":5,\"novelty\":{\"a\":[1]}" TAIL, 0600);
	assert_int_equal(state_record_read(t->a, &d, &r, NULL), 0);
	assert_int_equal(r.pid, 5);
}

static void record_is_a_plain_file(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct state_record r;
	struct err e = {0};

	tree_put(t, "real", HEAD "\"pid\":5" TAIL, 0600);
	tree_link(t, "c/state.json", "../real");
	assert_true(state_record_read(t->a, &d, &r, &e) < 0);
	assert_int_equal(e.code, ERR_STATE_CORRUPT);
	assert_int_equal(unlinkat(d.fd, "state.json", 0), 0);
	/* Nobody writes into it: a blocking open would wait for ever. */
	assert_int_equal(mkfifoat(d.fd, "state.json", 0600), 0);
	memset(&e, 0, sizeof(e));
	assert_true(state_record_read(t->a, &d, &r, &e) < 0);
	assert_int_equal(e.code, ERR_STATE_CORRUPT);
}

/* The members of each record written belong together; sizes go up and down. */
static void write_many(const struct state_dir *d, int rounds)
{
	static char filler[20000];

	memset(filler, 'f', sizeof(filler) - 1);
	for (int i = 1; i <= rounds; i++) {
		struct kv kv = {"k", filler + (i % 3) * 9000};
		struct state_record r = sample("b");

		r.pid = i;
		r.start_time = (uint64_t)i * 1000003;
		r.annotations.v = &kv;
		r.annotations.n = 1;
		if (state_record_write(d, &r, NULL) < 0)
			_exit(1);
	}
	_exit(0);
}

static void reader_sees_whole_records(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct state_record r = sample("b");
	int32_t last = 0;
	int status, reads = 0;
	pid_t pid;
	struct strv rest;

	assert_int_equal(state_record_write(&d, &r, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_many(&d, 1500);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		auto_arena struct arena *a = arena_new();
		struct err e = {0};

		if (state_record_read(a, &d, &r, &e) < 0)
			fail_msg("read %d: %s", reads, e.msg);
		assert_true(r.start_time == (uint64_t)r.pid * 1000003);
		assert_true(r.pid >= last);
		if (r.pid)
			assert_int_equal(
				strlen(r.annotations.v[0].value), 19999 - (r.pid % 3) * 9000);
		last = r.pid;
		reads++;
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(reads > 0);
	/* Nothing but the record is left; the list is of directories, so ask for one by name. */
	assert_int_equal(unlinkat(d.fd, "state.json", 0), 0);
	assert_int_equal(unlinkat(d.root_fd, "c", AT_REMOVEDIR), 0);
	assert_int_equal(state_list(t->a, t->dir, &rest, NULL), 0);
	assert_int_equal(rest.n, 0);
}

/* ---- status */

static pid_t start_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_range(3, ~0U, 0);
		for (;;)
			pause();
	}
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct state_record record_of(struct tree *t, pid_t pid)
{
	struct state_record r = sample(state_boot_id(t->a));

	r.pid = pid;
	assert_int_equal(proc_stat(pid, &r.start_time, NULL), 0);
	return r;
}

/* The status; with a pidfd exactly where it should have one, and of the right process. */
static enum state_status status_of(const struct state_dir *d, const struct state_record *r)
{
	enum state_status status, again;
	int pidfd = -2;
	pid_t pid;

	assert_int_equal(state_status(d, r, &status, &pidfd, NULL), 0);
	if (status == STATE_CREATED || status == STATE_RUNNING) {
		assert_int_equal(proc_pidfd_pid(pidfd, &pid), 0);
		assert_int_equal(pid, r->pid);
		assert_true(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
		close(pidfd);
	} else {
		assert_int_equal(pidfd, -1);
	}
	assert_int_equal(state_status(d, r, &again, NULL, NULL), 0);
	assert_int_equal(again, status);
	return status;
}

static void status_without_process(void **state)
{
	struct tree *t = *state;
	struct state_dir d = make(t), other = STATE_DIR_NONE;
	struct state_record none = {0};

	/* Whoever holds the lock is the create itself, or cleans up after a dead one. */
	assert_int_equal(status_of(&d, &none), STATE_STOPPED);
	assert_int_equal(state_dir_open(t->dir, "c", false, &other, NULL), 0);
	assert_int_equal(status_of(&other, &none), STATE_CREATING);
	state_dir_close(&d);
	assert_int_equal(status_of(&other, &none), STATE_STOPPED);
	/* Somebody who looks at the same moment holds it shared, and is no create. */
	assert_int_equal(flock(other.fd, LOCK_SH), 0);
	assert_int_equal(status_of(&other, &none), STATE_STOPPED);
	state_dir_close(&other);
}

static void status_of_living(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	pid_t pid = start_child();
	struct state_record r = record_of(t, pid);

	assert_int_equal(status_of(&d, &r), STATE_RUNNING);
	assert_int_equal(mkfifoat(d.fd, "exec.fifo", 0600), 0);
	assert_int_equal(status_of(&d, &r), STATE_CREATED);
	assert_int_equal(unlinkat(d.fd, "exec.fifo", 0), 0);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(status_of(&d, &r), STATE_RUNNING);
	end_child(pid);
}

static void status_of_dead(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	pid_t pid = start_child();
	struct state_record r = record_of(t, pid);
	siginfo_t si;

	assert_int_equal(mkfifoat(d.fd, "exec.fifo", 0600), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	assert_int_equal(status_of(&d, &r), STATE_STOPPED);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(status_of(&d, &r), STATE_STOPPED);
}

static void status_of_reused_pid(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	pid_t pid = start_child();
	struct state_record r = record_of(t, pid);

	assert_int_equal(status_of(&d, &r), STATE_RUNNING);
	r.start_time++;
	assert_int_equal(status_of(&d, &r), STATE_STOPPED);
	r.start_time -= 2;
	assert_int_equal(status_of(&d, &r), STATE_STOPPED);
	r.start_time++;
	r.boot_id = "00000000-0000-0000-0000-000000000000";
	assert_int_equal(status_of(&d, &r), STATE_STOPPED);
	/* Where the boot was not known, the start time has to do. */
	r.boot_id = "";
	assert_int_equal(status_of(&d, &r), STATE_RUNNING);
	end_child(pid);
}

struct tid_box {
	pid_t tid;
	int gate[2];
};

static void *thread_waits(void *arg)
{
	struct tid_box *box = arg;
	char c;

	__atomic_store_n(&box->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	return read(box->gate[0], &c, 1) == 0 ? NULL : box;
}

/* The number of a thread has a /proc directory and a start time like that of a process. */
static void status_of_thread_id(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct tid_box box = {0};
	struct state_record r;
	pthread_t thread;

	assert_int_equal(pipe2(box.gate, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&thread, NULL, thread_waits, &box), 0);
	while (!__atomic_load_n(&box.tid, __ATOMIC_SEQ_CST))
		sched_yield();
	r = record_of(t, box.tid);
	assert_int_equal(status_of(&d, &r), STATE_STOPPED);
	close(box.gate[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(box.gate[0]);
}

static void *thread_stays(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

/* The payload's first thread may end before the others: /proc says Z, but the container runs. */
static void status_of_process_without_leader(void **state)
{
	struct tree *t = *state;
	auto_state_dir struct state_dir d = make(t);
	struct state_record r;
	char letter = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		pthread_t thread;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&thread, NULL, thread_stays, NULL) != 0)
			_exit(1);
		syscall(SYS_exit, 0);
	}
	for (int i = 0; i < 1000000 && letter != 'Z'; i++) {
		assert_int_equal(proc_stat(pid, NULL, &letter), 0);
		sched_yield();
	}
	assert_int_equal(letter, 'Z');
	r = record_of(t, pid);
	assert_int_equal(status_of(&d, &r), STATE_RUNNING);
	end_child(pid);
	assert_int_equal(status_of(&d, &r), STATE_STOPPED);
}

static void status_names(void **state)
{
	static const char *const want[] = {"creating", "created", "running", "paused", "stopped"};

	(void)state;
	_Static_assert(ARRAY_SIZE(want) == STATE_STATUS_NR, "every status has its name");
	for (int i = 0; i < STATE_STATUS_NR; i++)
		assert_string_equal(state_status_name((enum state_status)i), want[i]);
	assert_string_equal(state_status_name(STATE_STATUS_NR), "unknown");
}

static void boot_id_is_one_line(void **state)
{
	struct tree *t = *state;
	const char *id = state_boot_id(t->a);

	assert_int_equal(strlen(id), 36);
	assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(record_round_trip),
		tree_test(record_absent),
		tree_test(record_incomplete_is_not_written),
		tree_test(record_malformed),
		tree_test(record_of_a_later_writer),
		tree_test(record_is_a_plain_file),
		tree_test(reader_sees_whole_records),
		tree_test(status_without_process),
		tree_test(status_of_living),
		tree_test(status_of_dead),
		tree_test(status_of_reused_pid),
		tree_test(status_of_thread_id),
		tree_test(status_of_process_without_leader),
		cmocka_unit_test(status_names),
		tree_test(boot_id_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
