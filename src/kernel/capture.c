// SPDX-License-Identifier: Apache-2.0
/* The output of a program, in memory; see capture.h. Front end and init. */
#include "kernel/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int capture_open(void)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? -errno : fd;
}

/* Lines become one, and a character that was cut in its middle goes. */
static void make_line(char *text, size_t n)
{
	size_t first = 0;

	text[n] = '\0';
	while (first < n && ((unsigned char)text[first] & 0xc0) == 0x80)
		first++;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' ';
	while (n > first && text[n - 1] == ' ')
		text[--n] = '\0';
	while (first < n && text[first] == ' ')
		first++;
	memmove(text, text + first, n - first + 1);
}

bool capture_end(int fd, char line[CAPTURE_LINE_MAX])
{
	struct stat st;
	off_t from;
	ssize_t n;

	line[0] = '\0';
	/* A daemon that a hook has left behind may go on writing: it would never be freed. */
	fcntl(fd, F_ADD_SEALS, F_SEAL_GROW);
	if (fstat(fd, &st) < 0)
		return false;
	from = st.st_size < CAPTURE_LINE_MAX ? 0 : st.st_size - (CAPTURE_LINE_MAX - 1);
	n = pread(fd, line, CAPTURE_LINE_MAX - 1, from);
	make_line(line, n < 0 ? 0 : (size_t)n);
	return n >= 0 && from == 0;
}

void capture_copy(int fd, int to)
{
	char buf[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		if (file_write_all(to, buf, (size_t)n) < 0)
			return;
		at += n;
	}
}
