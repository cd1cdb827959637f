// SPDX-License-Identifier: Apache-2.0
/* Signals; see sig.h. Front end and init. */
#include "kernel/sig.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/names.h"
#include "base/num.h"
#include "base/str.h"

static const struct name signals[] = {
	{"SIGHUP", SIGHUP},
	{"SIGINT", SIGINT},
	{"SIGQUIT", SIGQUIT},
	{"SIGILL", SIGILL},
	{"SIGTRAP", SIGTRAP},
	{"SIGABRT", SIGABRT},
	{"SIGIOT", SIGIOT},
	{"SIGBUS", SIGBUS},
	{"SIGFPE", SIGFPE},
	{"SIGKILL", SIGKILL},
	{"SIGUSR1", SIGUSR1},
	{"SIGSEGV", SIGSEGV},
	{"SIGUSR2", SIGUSR2},
	{"SIGPIPE", SIGPIPE},
	{"SIGALRM", SIGALRM},
	{"SIGTERM", SIGTERM},
	{"SIGSTKFLT", SIGSTKFLT},
	{"SIGCHLD", SIGCHLD},
	{"SIGCLD", SIGCHLD},
	{"SIGCONT", SIGCONT},
	{"SIGSTOP", SIGSTOP},
	{"SIGTSTP", SIGTSTP},
	{"SIGTTIN", SIGTTIN},
	{"SIGTTOU", SIGTTOU},
	{"SIGURG", SIGURG},
	{"SIGXCPU", SIGXCPU},
	{"SIGXFSZ", SIGXFSZ},
	{"SIGVTALRM", SIGVTALRM},
	{"SIGPROF", SIGPROF},
	{"SIGWINCH", SIGWINCH},
	{"SIGIO", SIGIO},
	{"SIGPOLL", SIGIO},
	{"SIGPWR", SIGPWR},
	{"SIGSYS", SIGSYS},
	{"SIGUNUSED", SIGSYS},
	{NULL, 0},
};

/* The kernel's numbers: libc keeps two real-time signals for itself, other processes do not. */
#define KERNEL_RTMIN 34
#define KERNEL_RTMAX 64

static int parse_realtime(const char *name, int *ret)
{
	const char *rest;
	int base, sign;
	uint32_t offset = 0;

	if ((rest = str_after(name, "SIGRTMIN"))) {
		base = KERNEL_RTMIN;
		sign = 1;
	} else if ((rest = str_after(name, "SIGRTMAX"))) {
		base = KERNEL_RTMAX;
		sign = -1;
	} else {
		return -EINVAL;
	}
	if (*rest) {
		if (*rest != (sign > 0 ? '+' : '-') || num_u32(rest + 1, &offset) < 0)
			return -EINVAL;
	}
	if (offset > KERNEL_RTMAX - KERNEL_RTMIN)
		return -EINVAL;
	*ret = base + sign * (int)offset;
	return 0;
}

int sig_parse(const char *text, int *ret)
{
	char name[32] = "SIG";
	size_t len = strlen(text);
	const struct name *row;
	uint32_t number;

	if (num_u32(text, &number) == 0) {
		if (number > KERNEL_RTMAX)
			return -EINVAL;
		*ret = (int)number;
		return 0;
	}
	if (len == 0 || len > sizeof(name) - 4)
		return -EINVAL;
	if (strncasecmp(text, "SIG", 3) == 0) {
		text += 3;
		len -= 3;
	}
	for (size_t i = 0; i <= len; i++)
		name[3 + i] = (char)toupper((unsigned char)text[i]);
	row = names_find(signals, name);
	if (!row)
		return parse_realtime(name, ret);
	*ret = (int)row->value;
	return 0;
}

const char *sig_name(int sig)
{
	return names_of(signals, (uint64_t)sig);
}

void sig_reset(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int sig = 1; sig <= KERNEL_RTMAX; sig++)
		sigaction(sig, &dfl, NULL); /* EINVAL for SIGKILL, SIGSTOP and libc's own */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void end(int sig)
{
	_exit(128 + sig);
}

void sig_end_when_asked(bool ask)
{
	static const int asking[] = {SIGINT, SIGQUIT, SIGTERM};
	struct sigaction action = {.sa_handler = ask ? end : SIG_DFL};

	for (size_t i = 0; i < ARRAY_SIZE(asking); i++)
		sigaction(asking[i], &action, NULL);
}

void sig_block_all(sigset_t *ret_old)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, ret_old);
}
