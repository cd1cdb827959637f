// SPDX-License-Identifier: Apache-2.0
/*
 * What the integration tests need and a shell has not. In: a command word and its arguments. Out:
 * text and an exit status. Linked statically, because it also runs inside the test containers as
 * /bin/tool. It is the attacker in the security tests, so it must not depend on lodger's code.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* wait PID MS: until the process has ended; 1 if it has not after that time. */
static int cmd_wait(char **arg)
{
	struct pollfd p = {.events = POLLIN};

	p.fd = (int)syscall(SYS_pidfd_open, atoi(arg[0]), 0);
	if (p.fd < 0)
		return errno == ESRCH ? 0 : 1;
	return poll(&p, 1, atoi(arg[1])) == 1 ? 0 : 1;
}

/* openat2: whether the kernel has it. */
static int cmd_openat2(char **arg)
{
	struct open_how how = {.flags = O_PATH, .resolve = RESOLVE_IN_ROOT};

	(void)arg;
	return syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)) < 0;
}

static volatile sig_atomic_t told;

static void on_told(int sig)
{
	(void)sig;
	told = 1;
}

/* exchange A B: swap two names as fast as possible until SIGTERM, then leave A as it was. */
static int cmd_exchange(char **arg)
{
	long n = 0;

	signal(SIGTERM, on_told);
	alarm(120);
	while (!told)
		for (int i = 0; i < 2; i++, n++)
			if (renameat2(AT_FDCWD, arg[0], AT_FDCWD, arg[1], RENAME_EXCHANGE) < 0)
				return 1;
	printf("%ld\n", n);
	return 0;
}

/* openw PATH: try to open for writing without truncation; prints what happened. */
static int cmd_openw(char **arg)
{
	int fd = open(arg[0], O_WRONLY | O_CLOEXEC);

	printf("%s: %s\n", arg[0], fd < 0 ? strerror(errno) : "opened");
	return fd < 0;
}

/* The image's own programs are all in /bin, and no prey. */
static bool is_image_program(const char *link)
{
	char target[4096];
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	return n >= 5 && memcmp(target, "/bin/", 5) == 0;
}

/*
 * The program of a process, if it is prey, else -1. Looked at by its descriptor: between a look at
 * the name and the opening, the runtime's program may have executed one of the image's.
 */
static int open_prey(int pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = pid == getpid() ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && is_image_program(path)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/*
 * hunt TEXT: until SIGTERM, look for a process other than this one whose /proc/PID/exe can be
 * opened, reopen it for writing through /proc/self/fd until it succeeds, and write TEXT. The
 * reopening fails with ETXTBSY as long as the program runs, hence the loop.
 */
static int cmd_hunt(char **arg)
{
	int held = -1, opened = 0;

	signal(SIGTERM, on_told);
	while (!told) {
		char path[64];

		if (held < 0) {
			for (int pid = 1; pid < 200 && held < 0; pid++)
				held = open_prey(pid);
			if (held >= 0)
				opened++;
		} else {
			int fd;

			snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
			fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd >= 0) {
				printf("overwrote %zd bytes\n", write(fd, arg[0], strlen(arg[0])));
				return 0;
			}
			if (errno != ETXTBSY) {
				close(held);
				held = -1;
			}
		}
	}
	printf("opened %d, never overwritten\n", opened);
	return 1;
}

static bool is_init(int pid)
{
	char path[64], name[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && !fgets(name, sizeof(name), f))
		name[0] = '\0';
	if (f)
		fclose(f);
	return strncmp(name, "lodger:[", 8) == 0;
}

/*
 * Whether the descriptors in a /proc/PID/fd are more than the payload's: what is got in the middle
 * of an execve(2), when the runtime's are closed and its name is still there, is the payload's.
 */
static bool spied_at(int dir)
{
	for (int n = 3; n < 64; n++) {
		char name[16], target[4096];
		ssize_t len;

		snprintf(name, sizeof(name), "%d", n);
		len = readlinkat(dir, name, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		printf("spied: descriptor %d is %s\n", n, target);
		return true;
	}
	return false;
}

/*
 * spy MS: for that time, look for processes that are the runtime's init, and try what would give
 * their descriptors away: listing them, and tracing.
 */
static int cmd_spy(char **arg)
{
	struct timespec start, now;
	long ms = atol(arg[0]);
	int seen = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int pid = 2; pid < 400; pid++) {
			char path[64];
			int fd;

			if (pid == getpid() || !is_init(pid))
				continue;
			seen++;
			snprintf(path, sizeof(path), "/proc/%d/fd", pid);
			fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (fd >= 0 && spied_at(fd))
				return 0;
			if (fd >= 0)
				close(fd);
			if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0) {
				if (is_init(pid)) {
					printf("spied: traced init\n");
					return 0;
				}
				kill(pid, SIGKILL);
			}
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
	printf("%s, nothing got\n", seen ? "saw init" : "saw no init");
	return 1;
}

/* notify SOCKET TEXT: one datagram, as sd_notify(3) sends it. */
static int cmd_notify(char **arg)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", arg[0]);
	if (sendto(sock, arg[1], strlen(arg[1]), 0, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		printf("notify: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}

/* tiocsti TEXT: push text into the input queue of the terminal on stdin. */
static int cmd_tiocsti(char **arg)
{
	for (const char *c = arg[0]; *c; c++)
		if (ioctl(STDIN_FILENO, TIOCSTI, c) < 0) {
			printf("TIOCSTI: %s\n", strerror(errno));
			return 1;
		}
	puts("TIOCSTI: pushed");
	return 0;
}

/* ctty: whether this process has a controlling terminal. */
static int cmd_ctty(char **arg)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	(void)arg;
	puts(fd < 0 ? "no controlling terminal" : "controlling terminal");
	return fd < 0;
}

/*
 * winch N: say "ready", then for N changes of the window's size the size that stdin has. A shell's
 * trap would miss a signal that comes before its read(2) blocks.
 */
static int cmd_winch(char **arg)
{
	struct winsize size;
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("ready");
	for (int i = 0; i < atoi(arg[0]); i++) {
		fflush(stdout);
		if (sigwait(&set, &sig) != 0 || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
			return 1;
		printf("%d %d\n", size.ws_row, size.ws_col);
	}
	return 0;
}

/* fds: the open descriptors and what they are, one a line, the one for the listing left out. */
static int cmd_fds(char **arg)
{
	(void)arg;
	for (int fd = 0; fd < 1024; fd++) {
		char path[64], target[4096];
		ssize_t n;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		printf("%d %s\n", fd, n < 0 ? "?" : target);
	}
	return 0;
}

/* with-fds N PATH COMMAND...: run it with N more descriptors of PATH open, inheritable. */
static int cmd_with_fds(char **arg)
{
	for (int i = 0; i < atoi(arg[0]); i++)
		if (open(arg[1], O_RDONLY) < 0)
			return 1;
	execvp(arg[2], arg + 2);
	return 127;
}

/* ignore SIGNAL COMMAND...: run it with a signal ignored and SIGUSR1 blocked. */
static int cmd_ignore(char **arg)
{
	sigset_t set;

	signal(atoi(arg[0]), SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	execvp(arg[1], arg + 1);
	return 127;
}

/* rw-mounts PREFIX: the mount points at and below it that can be reached and are not read-only. */
static int cmd_rw_mounts(char **arg)
{
	char line[8192], path[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t n = strlen(arg[0]);

	while (f && fgets(line, sizeof(line), f)) {
		struct statvfs v;

		if (sscanf(line, "%*s %*s %*s %*s %4095s", path) != 1 ||
			strncmp(path, arg[0], n) != 0 || (path[n] != '/' && path[n] != '\0'))
			continue;
		if (statvfs(path, &v) == 0 && !(v.f_flag & ST_RDONLY))
			puts(path);
	}
	if (f)
		fclose(f);
	return 0;
}

/* keyring [COMMAND...]: the number of the session keyring; run the command in a new one. */
static int cmd_keyring(char **arg)
{
	if (!*arg) {
		long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

		printf("%ld\n", id);
		return id < 0;
	}
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return 2;
	execvp(arg[0], arg);
	return 127;
}

/* peak FILE COMMAND...: run it, and write its greatest resident set, in KiB, to the file. */
static int cmd_peak(char **arg)
{
	struct rusage usage;
	int status;
	FILE *f;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(arg[1], arg + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return 2;
	f = fopen(arg[0], "we");
	if (!f || fprintf(f, "%ld\n", usage.ru_maxrss) < 0 || fclose(f) != 0)
		return 2;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * without ERRNO NAME... -- COMMAND...: run it where system calls fail with this errno, as under the
 * seccomp filter of an engine that does not know them. Not root: with no_new_privs.
 */
static int cmd_without(char **arg)
{
	static const struct {
		const char *name;
		unsigned nr;
	} calls[] = {{"clone3", SYS_clone3}, {"close_range", SYS_close_range},
		{"openat2", SYS_openat2}, {"open_tree", SYS_open_tree},
		{"mount_setattr", SYS_mount_setattr}, {"fsopen", SYS_fsopen},
		{"fsconfig", SYS_fsconfig}, {"fsmount", SYS_fsmount},
		{"move_mount", SYS_move_mount}, {"pidfd_open", SYS_pidfd_open},
		{"pidfd_send_signal", SYS_pidfd_send_signal}, {"faccessat2", SYS_faccessat2},
		{"memfd_create", SYS_memfd_create}, {"keyctl", SYS_keyctl},
		{"execveat", SYS_execveat}, {"statx", SYS_statx}};
	struct sock_filter code[64];
	struct sock_fprog program = {.filter = code};
	unsigned error = strcmp(*arg, "EPERM") == 0 ? EPERM : ENOSYS;
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (arg++; *arg && strcmp(*arg, "--") != 0; arg++)
		for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
			if (strcmp(calls[i].name, *arg) == 0) {
				code[n++] = (struct sock_filter)BPF_JUMP(
					BPF_JMP | BPF_JEQ | BPF_K, calls[i].nr, 0, 1);
				code[n++] = (struct sock_filter)BPF_STMT(
					BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
			}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)n;
	if (n < 4 || !*arg || (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 2;
	execvp(arg[1], arg + 1);
	return 127;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **arg);
} commands[] = {
	{"wait", 2, cmd_wait},
	{"openat2", 0, cmd_openat2},
	{"exchange", 2, cmd_exchange},
	{"openw", 1, cmd_openw},
	{"hunt", 1, cmd_hunt},
	{"spy", 1, cmd_spy},
	{"notify", 2, cmd_notify},
	{"tiocsti", 1, cmd_tiocsti},
	{"ctty", 0, cmd_ctty},
	{"winch", 1, cmd_winch},
	{"fds", 0, cmd_fds},
	{"with-fds", 3, cmd_with_fds},
	{"ignore", 2, cmd_ignore},
	{"rw-mounts", 1, cmd_rw_mounts},
	{"without", 3, cmd_without},
	{"peak", 2, cmd_peak},
	{"keyring", 0, cmd_keyring},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, argv[1]) == 0 && argc - 2 >= commands[i].args)
			return commands[i].run(argv + 2);
	fprintf(stderr, "usage: tool COMMAND ARGUMENT...\n");
	return 2;
}
