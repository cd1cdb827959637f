// SPDX-License-Identifier: Apache-2.0
/*
 * sd_notify(3) across the border; see notify.h. In: datagrams of the container. Out: READY=1 to the
 * caller's service manager, and nothing that the container has written.
 */
#include "launch/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define SOCKET_NAME "notify.sock"
#define MAX_READS   64

int notify_make(int state_dir)
{
	if (mkdirat(state_dir, NOTIFY_DIR, 0755) < 0)
		return -errno;
	/* Whatever the umask: users of the container have to get to the socket. */
	return fchmodat(state_dir, NOTIFY_DIR, 0755, 0) < 0 ? -errno : 0;
}

bool notify_is_there(int state_dir)
{
	return faccessat(state_dir, NOTIFY_DIR, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int notify_bind(int state_dir, int *ret_sock)
{
	auto_fd int dir =
		openat(state_dir, NOTIFY_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (dir < 0 || sock < 0)
		return -errno;
	/* By descriptor: the state's path may be longer than an address. */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" SOCKET_NAME, dir);
	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
		fchmodat(dir, SOCKET_NAME, 0777, 0) < 0)
		return -errno;
	*ret_sock = take_fd(&sock);
	return 0;
}

static bool has_line(char *text, const char *line)
{
	char *rest = text, *found;

	while ((found = strsep(&rest, "\n")))
		if (strcmp(found, line) == 0)
			return true;
	return false;
}

bool notify_take(int sock)
{
	char text[4096];
	bool ready = false;

	for (int i = 0; i < MAX_READS; i++) {
		ssize_t n = recv(sock, text, sizeof(text) - 1, MSG_DONTWAIT);

		if (n < 0)
			break;
		text[n] = '\0';
		ready |= has_line(text, "READY=1");
	}
	return ready;
}

void notify_send_ready(const char *socket_name, pid_t main_pid)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(socket_name);
	auto_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[64];
	int n = snprintf(text, sizeof(text), "READY=1\nMAINPID=%d", (int)main_pid);

	if (sock < 0 || len == 0 || len >= sizeof(addr.sun_path)) {
		log_warn("NOTIFY_SOCKET: \"%s\" is no address of a socket", socket_name);
		return;
	}
	memcpy(addr.sun_path, socket_name, len);
	/* unix(7): an abstract name begins with a NUL, and has no other at its end. */
	if (socket_name[0] == '@')
		addr.sun_path[0] = '\0';
	if (sendto(sock, text, (size_t)n, MSG_NOSIGNAL, (struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		log_warn("NOTIFY_SOCKET: %s: %s", socket_name, err_text(errno));
}

void notify_wait(int sock, int pidfd, const char *socket_name, pid_t main_pid)
{
	struct pollfd fds[] = {{.fd = sock, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && notify_take(sock)) {
			notify_send_ready(socket_name, main_pid);
			return;
		}
		if (fds[1].revents)
			return;
	}
}
