// SPDX-License-Identifier: Apache-2.0
/*
 * lodger-hold: the process that a scope is kept by, since systemd makes none without a process and
 * drops one that has lost its last. In: a byte on standard input, which lodger-scope sends when the
 * scope is made; its end without that is ours too. Out: nothing. Runs until SIGTERM, in a cgroup of
 * its own below the scope; executed rather than forked so that it is as small as a process can be.
 */
#include <errno.h>
#include <unistd.h>

int main(void)
{
	char byte;
	ssize_t n;

	do
		n = read(STDIN_FILENO, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return 1;
	dup2(STDOUT_FILENO, STDIN_FILENO);
	for (;;)
		pause();
}
