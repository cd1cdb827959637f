// SPDX-License-Identifier: Apache-2.0
/* kernel/sig.h: names and numbers, dispositions. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "kernel/sig.h"

static void known(void **state)
{
	static const struct {
		const char *text;
		int sig;
	} cases[] = {
		{"TERM", SIGTERM},
		{"term", SIGTERM},
		{"SIGTERM", SIGTERM},
		{"sigterm", SIGTERM},
		{"SiGtErM", SIGTERM},
		{"KILL", SIGKILL},
		{"CLD", SIGCHLD},
		{"IOT", SIGABRT},
		{"POLL", SIGIO},
		{"STKFLT", 16},
		{"UNUSED", SIGSYS},
		{"0", 0},
		{"1", 1},
		{"15", 15},
		{"015", 15},
		{"33", 33},
		{"64", 64},
		{"RTMIN", 34},
		{"SIGRTMIN", 34},
		{"rtmin+3", 37},
		{"RTMIN+30", 64},
		{"RTMIN+0", 34},
		{"RTMAX", 64},
		{"SIGRTMAX-1", 63},
		{"RTMAX-30", 34},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int sig = -1;

		if (sig_parse(cases[i].text, &sig) != 0 || sig != cases[i].sig)
			fail_msg("%s: %d", cases[i].text, sig);
	}
}

static void unknown(void **state)
{
	static const char *const cases[] = {"", "SIG", "sig", "SIGSIGTERM", "TERMINATE", "TER",
		"65", "-1", "-15", "+15", " 15", "15 ", "0x0f", "1.5", "99999999999999999999",
		"RTMIN-1", "RTMAX+1", "RTMIN+31", "RTMAX-31", "RTMIN+", "RTMIN+-1", "RTMIN+x",
		"RTMIN3", "RTMIN+4294967296", "SIGKILLSIGKILLSIGKILLSIGKILLSIGKILL", "TERM\n",
		"SIG15", "\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int sig = 77;

		if (sig_parse(cases[i], &sig) != -EINVAL)
			fail_msg("%s: %d", cases[i], sig);
		assert_int_equal(sig, 77);
	}
}

static void names(void **state)
{
	(void)state;
	for (int sig = -1; sig <= 70; sig++) {
		const char *name = sig_name(sig);
		int again;

		if (!name) {
			assert_true(sig <= 0 || sig >= 32);
			continue;
		}
		assert_int_equal(sig_parse(name, &again), 0);
		assert_int_equal(again, sig);
		assert_int_equal(sig_parse(name + 3, &again), 0);
		assert_int_equal(again, sig);
	}
	/* Of two names, the one that people know. */
	assert_string_equal(sig_name(SIGCHLD), "SIGCHLD");
	assert_string_equal(sig_name(SIGABRT), "SIGABRT");
	assert_string_equal(sig_name(SIGSYS), "SIGSYS");
}

static void dispositions(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		sigset_t now;
		struct sigaction act;

		signal(SIGPIPE, SIG_IGN);
		signal(SIGRTMAX, SIG_IGN);
		sig_block_all(NULL);
		sigprocmask(SIG_BLOCK, NULL, &now);
		if (!sigismember(&now, SIGTERM) || !sigismember(&now, SIGRTMIN))
			_exit(1);
		sig_reset();
		sigprocmask(SIG_BLOCK, NULL, &now);
		for (int sig = 1; sig <= 64; sig++) {
			if (sigismember(&now, sig) == 1)
				_exit(2);
			if (sigaction(sig, NULL, &act) == 0 && act.sa_handler != SIG_DFL)
				_exit(3);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void old_mask(void **state)
{
	sigset_t before, old, now;

	(void)state;
	sigprocmask(SIG_BLOCK, NULL, &before);
	sig_block_all(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigprocmask(SIG_BLOCK, NULL, &now);
	for (int sig = 1; sig <= 64; sig++) {
		assert_int_equal(sigismember(&before, sig), sigismember(&old, sig));
		assert_int_equal(sigismember(&before, sig), sigismember(&now, sig));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(unknown),
		cmocka_unit_test(names),
		cmocka_unit_test(dispositions),
		cmocka_unit_test(old_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
