// SPDX-License-Identifier: Apache-2.0
/*
 * Fortified libc calls under glibc's names, for static libraries of the distribution that were
 * compiled for glibc (yajl, libseccomp) and are linked with musl, which has all else they call.
 * Only in a lodger that is linked with musl. As with glibc, what would overflow ends the process.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *dest, const void *src, size_t n, size_t size);
int __snprintf_chk(char *dest, size_t n, int flag, size_t size, const char *fmt, ...);
int __sprintf_chk(char *dest, int flag, size_t size, const char *fmt, ...);
int __fprintf_chk(FILE *file, int flag, const char *fmt, ...);

void *__memcpy_chk(void *dest, const void *src, size_t n, size_t size)
{
	if (n > size)
		abort();
	return memcpy(dest, src, n);
}

int __snprintf_chk(char *dest, size_t n, int flag, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	(void)flag;
	if (n > size)
		abort();
	va_start(ap, fmt);
	len = vsnprintf(dest, n, fmt, ap);
	va_end(ap);
	return len;
}

int __sprintf_chk(char *dest, int flag, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	(void)flag;
	va_start(ap, fmt);
	len = vsnprintf(dest, size, fmt, ap);
	va_end(ap);
	if (len >= 0 && (size_t)len >= size)
		abort();
	return len;
}

int __fprintf_chk(FILE *file, int flag, const char *fmt, ...)
{
	va_list ap;
	int len;

	(void)flag;
	va_start(ap, fmt);
	len = vfprintf(file, fmt, ap);
	va_end(ap);
	return len;
}
