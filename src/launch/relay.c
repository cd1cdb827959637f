// SPDX-License-Identifier: Apache-2.0
/* Staying with a container in the foreground; see relay.h. Front end. */
#include "launch/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/proc.h"

#define BUF_SIZE 16384

/* One direction of the terminal. What a slow reader does not take yet stays here. */
struct stream {
	int from;
	int to;
	size_t begin;
	size_t end;
	bool eof;
	char *buf; /* BUF_SIZE; only where there is a terminal */
};

struct relay {
	pid_t pid;
	int pidfd;
	int console;
	int signals;
	bool exited;
	int status;
	bool raw; /* our own terminal was changed */
	struct termios saved;
	struct stream in;
	struct stream out;
	struct relay_side *side; /* NULL = none, or no more */
};

enum { POLL_SIGNALS, POLL_IN_FROM, POLL_IN_TO, POLL_OUT_FROM, POLL_OUT_TO, POLL_SIDE, POLL_NR };

void relay_block(sigset_t *ret_old)
{
	sig_block_all(ret_old);
}

static void copy_size(int console)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(console, TIOCSWINSZ, &size);
}

static void make_raw(struct relay *r)
{
	struct termios raw;

	if (r->console < 0 || tcgetattr(STDIN_FILENO, &r->saved) < 0)
		return;
	raw = r->saved;
	cfmakeraw(&raw);
	r->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
	copy_size(r->console);
}

static void restore(struct relay *r)
{
	if (r->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &r->saved);
}

static size_t pending(const struct stream *s)
{
	return s->end - s->begin;
}

/*
 * At the end of a terminal's slave side reads fail with EIO. Standard input that is no terminal may
 * end; the container then gets no more, but stays.
 */
static void fill(struct stream *s)
{
	ssize_t n = read(s->from, s->buf, BUF_SIZE);

	if (n > 0) {
		s->begin = 0;
		s->end = (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		s->eof = true;
	}
}

static void flush(struct stream *s)
{
	ssize_t n = write(s->to, s->buf + s->begin, pending(s));

	if (n > 0)
		s->begin += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR) {
		/* Nobody reads any more: what comes is dropped, the container is not held up. */
		s->begin = s->end = 0;
	}
}

static void reap(struct relay *r)
{
	pid_t pid;

	/* Other children there may be (what a hook left, adopted processes): not ours to report. */
	while ((pid = waitpid(-1, &r->status, WNOHANG)) > 0) {
		if (pid == r->pid) {
			r->exited = true;
			return;
		}
	}
}

static void on_signal(struct relay *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap(r);
			break;
		case SIGWINCH:
			if (r->console >= 0) {
				copy_size(r->console);
				break;
			}
			proc_pidfd_kill(r->pidfd, SIGWINCH);
			break;
		case SIGPIPE:
		case SIGURG:
			break;
		default:
			/* From the keyboard the group got it already, the container among it. */
			if (info.ssi_code == SI_KERNEL && r->console < 0)
				break;
			proc_pidfd_kill(r->pidfd, (int)info.ssi_signo);
		}
	}
}

static void watch(const struct relay *r, struct pollfd *fds)
{
	bool tty = r->console >= 0;
	const bool in_room = tty && !r->in.eof && !pending(&r->in) && !r->exited;
	const bool out_room = tty && !r->out.eof && !pending(&r->out);

	fds[POLL_SIGNALS] = (struct pollfd){r->signals, POLLIN, 0};
	fds[POLL_IN_FROM] = (struct pollfd){in_room ? r->in.from : -1, POLLIN, 0};
	fds[POLL_IN_TO] =
		(struct pollfd){pending(&r->in) && !r->exited ? r->in.to : -1, POLLOUT, 0};
	fds[POLL_OUT_FROM] = (struct pollfd){out_room ? r->out.from : -1, POLLIN, 0};
	fds[POLL_OUT_TO] = (struct pollfd){pending(&r->out) ? r->out.to : -1, POLLOUT, 0};
	fds[POLL_SIDE] = (struct pollfd){r->side ? r->side->fd : -1, POLLIN, 0};
}

/* After the end of init, its output is complete when nothing more can be read at once. */
static bool drained(const struct relay *r)
{
	struct pollfd fd = {r->out.from, POLLIN, 0};

	if (r->console < 0 || (r->out.eof && !pending(&r->out)))
		return true;
	return !pending(&r->out) && poll(&fd, 1, 0) == 0;
}

static int loop(struct relay *r, struct err *e)
{
	struct pollfd fds[POLL_NR];

	while (!r->exited || !drained(r)) {
		watch(r, fds);
		if (poll(fds, POLL_NR, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, ERR_SYSTEM, errno, "waiting for the container");
		}
		if (fds[POLL_SIGNALS].revents)
			on_signal(r);
		if (fds[POLL_SIDE].revents && !r->side->run(r->side))
			r->side = NULL;
		if (fds[POLL_IN_FROM].revents)
			fill(&r->in);
		if (fds[POLL_IN_TO].revents)
			flush(&r->in);
		if (fds[POLL_OUT_FROM].revents)
			fill(&r->out);
		if (fds[POLL_OUT_TO].revents)
			flush(&r->out);
	}
	return 0;
}

int relay_run(
	pid_t pid, int pidfd, int console, struct relay_side *side, int *ret_status, struct err *e)
{
	auto_free char *in = console >= 0 ? xmalloc(BUF_SIZE) : NULL;
	auto_free char *out = console >= 0 ? xmalloc(BUF_SIZE) : NULL;
	auto_fd int terminal = console;
	auto_fd int signals = -1;
	struct relay r = {
		.pid = pid,
		.pidfd = pidfd,
		.console = console,
		.side = side,
		.in = {.from = STDIN_FILENO, .to = console, .buf = in},
		.out = {.from = console, .to = STDOUT_FILENO, .buf = out},
	};
	sigset_t all;
	int rc;

	sigfillset(&all);
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return err_sys(e, ERR_SYSTEM, errno, "watching signals");
	r.signals = signals;
	/* Only the master: standard input and output may be shared with others, who expect
	 * blocking.
	 */
	if (terminal >= 0)
		fcntl(terminal, F_SETFL, O_NONBLOCK);
	make_raw(&r);
	/* It may have ended before its signal could be watched. */
	reap(&r);
	rc = loop(&r, e);
	restore(&r);
	*ret_status = r.status;
	return rc;
}
