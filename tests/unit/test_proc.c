// SPDX-License-Identifier: Apache-2.0
/* kernel/proc.h against real processes: living, renamed, stopped, zombie, reaped, threaded. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "kernel/proc.h"

/* A child that runs `setup`, says that it has, and waits for a signal. */
static pid_t child_start(void (*setup)(void))
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setup)
			setup();
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void child_zombie_wait(pid_t pid)
{
	siginfo_t si;

	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
}

static void stat_of_self(void **state)
{
	uint64_t start = 0, again = 0;
	char letter = 0;

	(void)state;
	assert_int_equal(proc_stat(getpid(), &start, &letter), 0);
	assert_int_equal(letter, 'R');
	assert_true(start > 0);
	assert_int_equal(proc_stat(getpid(), &again, NULL), 0);
	assert_int_equal(start, again);
	assert_int_equal(proc_stat(getpid(), NULL, NULL), 0);
}

static void stat_start_time_is_now(void **state)
{
	pid_t pid = child_start(NULL);
	long hz = sysconf(_SC_CLK_TCK);
	struct timespec ts;
	uint64_t start, now;

	(void)state;
	assert_int_equal(proc_stat(pid, &start, NULL), 0);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = (uint64_t)ts.tv_sec * (uint64_t)hz +
	      (uint64_t)ts.tv_nsec / (1000000000ull / (uint64_t)hz);
	assert_true(start <= now + 1);
	assert_true(start + 60 * (uint64_t)hz > now);
	child_end(pid);
}

static void name_with_parentheses(void)
{
	prctl(PR_SET_NAME, "a) Z 1 (\n) 1 2");
}

static void name_empty(void)
{
	prctl(PR_SET_NAME, "");
}

static void stat_survives_names(void **state)
{
	void (*const setups[])(void) = {name_with_parentheses, name_empty};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(setups); i++) {
		pid_t pid = child_start(setups[i]), plain = child_start(NULL);
		uint64_t start, near;
		char letter;

		assert_int_equal(proc_stat(pid, &start, &letter), 0);
		assert_true(letter == 'S' || letter == 'R');
		/* The right field was taken: the sibling began at most a minute later. */
		assert_int_equal(proc_stat(plain, &near, NULL), 0);
		assert_true(near >= start && near - start < 6000);
		child_end(pid);
		child_end(plain);
	}
}

static void stat_of_zombie_and_reaped(void **state)
{
	pid_t pid = child_start(NULL);
	uint64_t start, zombie_start;
	char letter;

	(void)state;
	assert_int_equal(proc_stat(pid, &start, NULL), 0);
	kill(pid, SIGKILL);
	child_zombie_wait(pid);
	assert_int_equal(proc_stat(pid, &zombie_start, &letter), 0);
	assert_int_equal(letter, 'Z');
	assert_int_equal(start, zombie_start);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	letter = 'q';
	assert_int_equal(proc_stat(pid, NULL, &letter), -ESRCH);
	assert_int_equal(letter, 'q');
}

static void stat_of_impossible_pids(void **state)
{
	(void)state;
	assert_int_equal(proc_stat(0, NULL, NULL), -ESRCH);
	assert_int_equal(proc_stat(-1, NULL, NULL), -ESRCH);
	assert_int_equal(proc_stat(0x7fffffff, NULL, NULL), -ESRCH);
}

static void pidfd_life(void **state)
{
	pid_t pid = child_start(NULL), seen = 0;
	int fd = proc_pidfd(pid);

	(void)state;
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(proc_pidfd_pid(fd, &seen), 0);
	assert_int_equal(seen, pid);
	assert_int_equal(proc_pidfd_kill(fd, 0), 0);
	assert_int_equal(proc_pidfd_wait(fd, 0), -ETIMEDOUT);
	assert_int_equal(proc_pidfd_wait(fd, 20), -ETIMEDOUT);
	assert_int_equal(proc_pidfd_kill(fd, SIGKILL), 0);
	assert_int_equal(proc_pidfd_wait(fd, -1), 0);
	/* A zombie still has its pid. */
	assert_int_equal(proc_pidfd_pid(fd, &seen), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	seen = 42;
	assert_int_equal(proc_pidfd_pid(fd, &seen), -ESRCH);
	assert_int_equal(seen, 42);
	assert_int_equal(proc_pidfd_kill(fd, SIGKILL), -ESRCH);
	assert_int_equal(proc_pidfd_wait(fd, -1), 0);
	close(fd);
	assert_int_equal(proc_pidfd(pid), -ESRCH);
}

static void pidfd_of_other_descriptors(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	(void)state;
	assert_int_equal(proc_pidfd_pid(fd, &pid), -EBADF);
	close(fd);
	assert_int_equal(proc_pidfd_pid(fd, &pid), -EBADF);
	assert_int_equal(proc_pidfd_wait(fd, 0), -EBADF);
	assert_int_equal(proc_pidfd_kill(fd, 0), -EBADF);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal in the middle must neither end the wait early nor start its time anew. */
static void wait_survives_signals(void **state)
{
	struct sigaction sa = {.sa_handler = on_alarm}, old;
	struct itimerval every = {{0, 20000}, {0, 20000}}, off = {{0, 0}, {0, 0}};
	struct timespec a, b;
	pid_t pid = child_start(NULL);
	int fd = proc_pidfd(pid);
	int64_t ms;

	(void)state;
	sigaction(SIGALRM, &sa, &old);
	clock_gettime(CLOCK_MONOTONIC, &a);
	setitimer(ITIMER_REAL, &every, NULL);
	assert_int_equal(proc_pidfd_wait(fd, 200), -ETIMEDOUT);
	setitimer(ITIMER_REAL, &off, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	sigaction(SIGALRM, &old, NULL);
	ms = (int64_t)(b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	assert_true(ms >= 195 && ms < 10000);
	close(fd);
	child_end(pid);
}

static void *thread_stays(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

/* The leader of a process may end while its threads go on: /proc calls that a zombie. */
static void wait_looks_at_all_threads(void **state)
{
	pid_t pid = fork();
	char letter = 0;
	int fd;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		pthread_t t;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&t, NULL, thread_stays, NULL) != 0)
			_exit(1);
		syscall(SYS_exit, 0);
	}
	fd = proc_pidfd(pid);
	assert_true(fd >= 0);
	for (int i = 0; i < 1000000 && letter != 'Z'; i++) {
		assert_int_equal(proc_stat(pid, NULL, &letter), 0);
		sched_yield();
	}
	assert_int_equal(letter, 'Z');
	assert_int_equal(proc_pidfd_wait(fd, 0), -ETIMEDOUT);
	assert_int_equal(proc_pidfd_kill(fd, SIGKILL), 0);
	assert_int_equal(proc_pidfd_wait(fd, -1), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_of_self),
		cmocka_unit_test(stat_start_time_is_now),
		cmocka_unit_test(stat_survives_names),
		cmocka_unit_test(stat_of_zombie_and_reaped),
		cmocka_unit_test(stat_of_impossible_pids),
		cmocka_unit_test(pidfd_life),
		cmocka_unit_test(pidfd_of_other_descriptors),
		cmocka_unit_test(wait_survives_signals),
		cmocka_unit_test(wait_looks_at_all_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
