// SPDX-License-Identifier: Apache-2.0
/*
 * The protocol between front end and init with real processes, one half of it misbehaving. TAP.
 *
 * In: LODGER_BUILD_DIR, where lodger-init is. Where root calls, everything is done twice: as root
 * and, after giving that up, as an ordinary user. Each test is a process that has to end in time
 * and to leave nothing behind. With an argument: only tests whose name contains it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "protocol_test.h"

#define CASE_LIMIT_S 30

/* Shared by the processes of all suites. */
struct totals {
	unsigned nr;
	unsigned failed;
	const char *only; /* part of a test's name: no other is run */
};
static struct totals *totals;

static bool case_failed;

void check(bool ok, const char *fmt, ...)
{
	va_list ap;

	if (ok)
		return;
	case_failed = true;
	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

/* ---------------------------------------------------------------- what a test leaves behind */

/* The open descriptors as text: "0 1 2 3". */
static void list_fds(char *out, size_t size)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	bool open[1024] = {false};
	size_t len = 0;

	while (dir && (entry = readdir(dir))) {
		uint32_t fd;

		if (num_u32(entry->d_name, &fd) == 0 && fd < ARRAY_SIZE(open))
			open[fd] = (int)fd != dirfd(dir);
	}
	if (dir)
		closedir(dir);
	out[0] = '\0';
	for (size_t fd = 0; fd < ARRAY_SIZE(open) && len + 8 < size; fd++)
		if (open[fd])
			len += (size_t)snprintf(out + len, size - len, " %zu", fd);
}

static void kill_children(void)
{
	char path[64], text[4096], *rest = text, *word;
	auto_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	while ((word = strsep(&rest, " "))) {
		int32_t pid;

		if (num_i32(word, &pid) < 0)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* Orphans of the test have become our children: it is their end that is waited for and counted. */
static void check_children(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	check(pid < 0 && errno == ECHILD, "a process is left: %d", (int)pid);
	if (pid >= 0)
		kill_children();
}

__attribute__((noreturn)) static void in_child(
	const struct place *place, case_fn *fn, const void *arg)
{
	char before[4096], after[4096];

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	alarm(CASE_LIMIT_S);
	list_fds(before, sizeof(before));
	fn(place, arg);
	list_fds(after, sizeof(after));
	check(str_eq(before, after), "descriptors before:%s, after:%s", before, after);
	check_children();
	fflush(stdout);
	_exit(case_failed);
}

void case_run(const struct place *place, case_fn *fn, const void *arg, const char *fmt, ...)
{
	char name[256];
	int status = 0;
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (totals->only && !strstr(name, totals->only))
		return;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		in_child(place, fn, arg);
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		printf("Bail out! fork: %s\n", strerror(errno));
		exit(1);
	}
	if (WIFSIGNALED(status))
		printf(WTERMSIG(status) == SIGALRM ? "# it hangs\n" : "# killed by signal %d\n",
			WTERMSIG(status));
	kill_children();
	totals->failed += status != 0;
	printf("%sok %u - %s: %s\n", status ? "not " : "", ++totals->nr, place->who, name);
}

/* ---------------------------------------------------------------- suites */

static bool copy_binary(int from, const char *to)
{
	auto_fd int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	off_t at = 0;
	ssize_t n = 0;

	while (fd >= 0 && (n = sendfile(fd, from, &at, 1 << 24)) > 0)
		;
	return fd >= 0 && n == 0;
}

__attribute__((noreturn)) static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void run_suite(const char *who, int init, int self)
{
	struct place place = {.who = who};
	bool empty;

	snprintf(place.dir, sizeof(place.dir), "/tmp/lodger-protocol-XXXXXX");
	if (!mkdtemp(place.dir))
		bail(place.dir);
	snprintf(place.init, sizeof(place.init), "%s/lodger-init", place.dir);
	snprintf(place.fake, sizeof(place.fake), "%s/fake-init", place.dir);
	if (!copy_binary(init, place.init) || !copy_binary(self, place.fake))
		bail("copying the binaries");
	init_cases(&place);
	front_cases(&place);
	exec_cases(&place);
	unlink(place.init);
	unlink(place.fake);
	empty = rmdir(place.dir) == 0;
	totals->failed += !empty;
	printf("%sok %u - %s: nothing is left in the directory of the suite\n", empty ? "" : "not ",
		++totals->nr, who);
	if (!empty)
		remove_tree(place.dir);
	fflush(stdout);
}

static void become_user(void)
{
	const char *name = getenv("LODGER_TEST_USER");
	struct passwd *user = getpwnam(name ? name : "lodger-dev");
	uid_t uid = user ? user->pw_uid : 65534;
	gid_t gid = user ? user->pw_gid : 65534;

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		bail("becoming an ordinary user");
	/* Else the files of its children below /proc are root's. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void run_suite_as_user(int init, int self)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		become_user();
		run_suite("user", init, self);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
		printf("not ok %u - the suite as a user came to its end\n", ++totals->nr);
		totals->failed++;
	}
}

int main(int argc, char **argv)
{
	const char *build = getenv("LODGER_BUILD_DIR");
	char path[4096];
	int init, self;

	fake_init_if_asked(argc, argv);
	/* Taken, so that each test can put an order for the fake init there. */
	while ((init = open("/dev/null", O_RDWR | O_CLOEXEC)) < FAKE_ORDER_FD)
		if (init < 0)
			bail("/dev/null");
	if (init != FAKE_ORDER_FD && fcntl(FAKE_ORDER_FD, F_GETFD) < 0)
		bail("descriptor 3");
	log_setup(&(struct log_options){.quiet = true});
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	totals = mmap(
		NULL, sizeof(*totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED)
		bail("mmap");
	totals->only = argc > 1 ? argv[1] : NULL;
	snprintf(path, sizeof(path), "%s/lodger-init", build ? build : ".");
	init = open(path, O_RDONLY | O_CLOEXEC);
	if (init < 0)
		bail(path);
	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0)
		bail("/proc/self/exe");
	run_suite(geteuid() == 0 ? "root" : "user", init, self);
	fflush(stdout);
	if (geteuid() == 0)
		run_suite_as_user(init, self);
	printf("1..%u\n", totals->nr);
	return totals->failed > 0;
}
