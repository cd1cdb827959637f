// SPDX-License-Identifier: Apache-2.0
/*
 * The caller of a runtime, as conmon and containerd are, without a shell's own start-up in the
 * numbers. In: a container id, a bundle and the runtime's argv up to the command. Run by
 * tests/bench/run as an unprivileged user.
 *
 *   cycle time ID BUNDLE RUNTIME [OPTION...]   create, start, wait for the container's end, delete
 *   cycle rss ID BUNDLE RUNTIME [OPTION...]    the same and `run`, printing peak resident sets
 *
 * Out: status 0 when every command and the container gave 0. `rss` prints lines of "KIB WHAT".
 * It traces the runtime's own process only, never a child: a traced newuidmap would lose its
 * setuid bit.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 32

struct cycle {
	const char *id;
	const char *bundle;
	char **runtime;
	bool rss;
};

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "cycle: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* Peak resident set of a process in KiB, -1 if there is none to read. */
static long peak_kib(pid_t pid)
{
	char path[32], line[128];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

/* Wait for a traced process, reading its peak when it is about to end. */
static int traced_wait(pid_t pid, const char *what)
{
	long kib = -1;
	int status, sig;

	while (waitpid(pid, &status, 0) == pid) {
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (kib < 0)
				printf("unknown %s\n", what);
			else
				printf("%ld %s\n", kib, what);
			return status;
		}
		sig = WSTOPSIG(status);
		if (status >> 16 == PTRACE_EVENT_EXIT)
			kib = peak_kib(pid);
		if (status >> 16)
			sig = 0;
		ptrace(PTRACE_CONT, pid, 0, sig);
	}
	check(false, "waitpid");
	return -1;
}

static void command(const struct cycle *c, const char *verb, const char *const *args)
{
	const char *argv[ARGS_MAX];
	int n = 0, status, gate[2];
	pid_t pid;

	for (; c->runtime[n] && n < ARGS_MAX - 8; n++)
		argv[n] = c->runtime[n];
	argv[n++] = verb;
	while (*args)
		argv[n++] = *args++;
	argv[n++] = c->id;
	argv[n] = NULL;

	check(pipe2(gate, O_CLOEXEC) == 0, "pipe");
	pid = c->rss ? fork() : vfork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		char go;

		/* Not before it is traced. */
		if (c->rss && read(gate[0], &go, 1) != 1)
			_exit(125);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (c->rss) {
		check(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) == 0, "ptrace");
		check(write(gate[1], "", 1) == 1, "gate");
		status = traced_wait(pid, verb);
	} else {
		check(waitpid(pid, &status, 0) == pid, "waitpid");
	}
	close(gate[0]);
	close(gate[1]);
	if (status != 0) {
		fprintf(stderr, "cycle: %s %s: wait status %#x\n", argv[0], verb, (unsigned)status);
		exit(1);
	}
}

static pid_t pid_read(const char *path)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long pid;

	check(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, path);
	close(fd);
	pid = strtol(text, NULL, 10);
	check(pid > 1, path);
	return (pid_t)pid;
}

int main(int argc, char **argv)
{
	struct cycle c;
	char pid_file[4200];
	int status;
	pid_t pid;

	if (argc < 5 || (strcmp(argv[1], "time") != 0 && strcmp(argv[1], "rss") != 0)) {
		fprintf(stderr, "usage: cycle time|rss ID BUNDLE RUNTIME [OPTION...]\n");
		return 2;
	}
	c = (struct cycle){argv[2], argv[3], argv + 4, strcmp(argv[1], "rss") == 0};
	snprintf(pid_file, sizeof(pid_file), "%s/%s.pid", c.bundle, c.id);
	/* The container outlives the `create` that made it; its end is for us to see. */
	check(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "subreaper");

	command(&c, "create",
		(const char *const[]){"--bundle", c.bundle, "--pid-file", pid_file, NULL});
	pid = pid_read(pid_file);
	if (c.rss)
		printf("%ld init, created\n", peak_kib(pid));
	if (c.rss)
		command(&c, "state", (const char *const[]){NULL});
	command(&c, "start", (const char *const[]){NULL});
	check(waitpid(pid, &status, 0) == pid, "the container is not our child");
	command(&c, "delete", (const char *const[]){NULL});
	if (c.rss)
		command(&c, "run", (const char *const[]){"--bundle", c.bundle, NULL});
	unlink(pid_file);
	if (status != 0)
		fprintf(stderr, "cycle: the container ended with wait status %#x\n",
			(unsigned)status);
	return status != 0;
}
