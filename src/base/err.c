// SPDX-License-Identifier: Apache-2.0
/*
 * Errors as values. In: what failed. Out: a filled struct err. Any process; allocates nothing,
 * prints nothing.
 */
#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum err_kind kind;
} codes[ERR_CODE_NR] = {
#define X(code, name, kind) [code] = {name, kind},
	ERR_CODES(X)
#undef X
};

static const struct {
	const char *name;
	int exit_status;
} kinds[] = {
	/*
	 * runc's callers treat every failure of the runtime as 1; only a bug of our own is worth
	 * telling apart (EX_SOFTWARE of sysexits.h).
	 */
	[ERR_KIND_NONE] = {"none", 0},
	[ERR_KIND_USAGE] = {"usage", 1},
	[ERR_KIND_CONFIG] = {"config", 1},
	[ERR_KIND_STATE] = {"state", 1},
	[ERR_KIND_HOST] = {"host", 1},
	[ERR_KIND_SYSTEM] = {"system", 1},
	[ERR_KIND_CHILD] = {"child", 1},
	[ERR_KIND_BUG] = {"bug", 70},
};

static void mark_cut(char *buf, size_t size, int len)
{
	if (len >= 0 && (size_t)len >= size)
		memcpy(buf + size - 4, "...", 4);
}

__attribute__((format(printf, 3, 0))) static void format(
	char *buf, size_t size, const char *fmt, va_list ap)
{
	mark_cut(buf, size, vsnprintf(buf, size, fmt, ap));
}

/* glibc's text; NULL for an unknown number. */
static const char *errno_text(int errnum)
{
#ifdef __GLIBC__
	return strerrordesc_np(errnum);
#else
	/* lodger-init may be linked with musl, which words these in its own way. */
	static const struct {
		int errnum;
		const char *text;
	} own[] = {
		{EIO, "Input/output error"},
		{ECHILD, "No child processes"},
		{ENOMEM, "Cannot allocate memory"},
		{EBUSY, "Device or resource busy"},
		{EXDEV, "Invalid cross-device link"},
		{EMFILE, "Too many open files"},
		{ENOTTY, "Inappropriate ioctl for device"},
		{ESPIPE, "Illegal seek"},
		{ERANGE, "Numerical result out of range"},
		{ENAMETOOLONG, "File name too long"},
		{ELOOP, "Too many levels of symbolic links"},
		{EOVERFLOW, "Value too large for defined data type"},
		{EUSERS, "Too many users"},
		{ENOTSOCK, "Socket operation on non-socket"},
		{EMSGSIZE, "Message too long"},
		{EOPNOTSUPP, "Operation not supported"},
		{EADDRINUSE, "Address already in use"},
		{EADDRNOTAVAIL, "Cannot assign requested address"},
		{ENETUNREACH, "Network is unreachable"},
		{EISCONN, "Transport endpoint is already connected"},
		{ENOTCONN, "Transport endpoint is not connected"},
		{ETIMEDOUT, "Connection timed out"},
		{EHOSTUNREACH, "No route to host"},
		{EINPROGRESS, "Operation now in progress"},
		{EUCLEAN, "Structure needs cleaning"},
		{EDQUOT, "Disk quota exceeded"},
	};
	const char *s = strerror(errnum);

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (own[i].errnum == errnum)
			return own[i].text;
	}
	return strcmp(s, "No error information") != 0 ? s : NULL;
#endif
}

const char *err_text(int errnum)
{
	static _Thread_local char text[128];
	const char *s = errno_text(errnum);

	if (!s) {
		snprintf(text, sizeof(text), "errno %d", errnum);
		return text;
	}
	snprintf(text, sizeof(text), "%s", s);
	/* "RPC struct is bad" keeps its capitals, "No such file" does not. */
	if (isupper((unsigned char)text[0]) && !isupper((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

bool err_is_set(const struct err *e)
{
	return e && e->code != ERR_NONE;
}

int err_set(struct err *e, enum err_code code, int errnum, const char *fmt, ...)
{
	va_list ap;

	if (e && !err_is_set(e)) {
		e->code = code;
		e->errnum = errnum;
		va_start(ap, fmt);
		format(e->msg, sizeof(e->msg), fmt, ap);
		va_end(ap);
	}
	return errnum ? -errnum : -EINVAL;
}

int err_sys(struct err *e, enum err_code code, int rc, const char *fmt, ...)
{
	int errnum = abs(rc);
	va_list ap;

	if (e && !err_is_set(e)) {
		size_t len;

		e->code = code;
		e->errnum = errnum;
		va_start(ap, fmt);
		format(e->msg, sizeof(e->msg), fmt, ap);
		va_end(ap);
		len = strlen(e->msg);
		mark_cut(e->msg, sizeof(e->msg),
			(int)len + snprintf(e->msg + len, sizeof(e->msg) - len, ": %s",
					   err_text(errnum)));
	}
	return errnum ? -errnum : -EINVAL;
}

void err_object(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->object[0])
		return;
	va_start(ap, fmt);
	format(e->object, sizeof(e->object), fmt, ap);
	va_end(ap);
}

void err_fix(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->fix[0])
		return;
	va_start(ap, fmt);
	format(e->fix, sizeof(e->fix), fmt, ap);
	va_end(ap);
}

void err_step(struct err *e, const char *step)
{
	if (e && !e->step[0])
		snprintf(e->step, sizeof(e->step), "%s", step);
}

/* By code; ERR_KIND_HOST only. */
static const char *const general_fix[ERR_CODE_NR] = {
	[ERR_STATE_DIR] = "name a directory that only you can write to with --root, or set "
			  "XDG_RUNTIME_DIR to one",
	[ERR_HOST_USERNS] = "let unprivileged users make user namespaces: sudo sysctl -w "
			    "user.max_user_namespaces=15000",
	[ERR_HOST_SUBID] = "give yourself subordinate ids: sudo usermod --add-subuids "
			   "100000-165535 --add-subgids 100000-165535 USER",
	[ERR_HOST_IDMAP_HELPER] =
		"install newuidmap and newgidmap, on Debian: sudo apt-get install "
		"uidmap; on Fedora: sudo dnf install shadow-utils",
	[ERR_HOST_KERNEL] = "use Linux 5.12 or later, and without a filter around lodger that "
			    "forbids its system calls",
	[ERR_HOST_CGROUP] = "log in anew, so that systemd delegates cgroups to you, or call lodger "
			    "as in: systemd-run --user --scope lodger ...",
	[ERR_HOST_PERMISSION] = "call lodger as the user who owns the container and its files, or "
				"as root",
	[ERR_HOST_INSTALL] = "install lodger whole: make install",
	[ERR_HOST_NETWORK] = "look into net.log in the container's state directory, or do without "
			     "--network",
	[ERR_HOST_PORT] = "publish another port or address",
};

void err_complete(struct err *e, const char *step, const char *object)
{
	err_step(e, step);
	if (object)
		err_object(e, "%s", object);
	if (err_kind(e) == ERR_KIND_HOST)
		err_fix(e, "%s", general_fix[e->code] ? general_fix[e->code] : "see lodger(1)");
}

void err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	size_t len;
	va_list ap;

	if (!e)
		return;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	format(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	mark_cut(e->msg, sizeof(e->msg),
		(int)len + snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", old));
}

enum err_kind err_kind(const struct err *e)
{
	return e && e->code < ERR_CODE_NR ? codes[e->code].kind : ERR_KIND_NONE;
}

const char *err_code_name(enum err_code code)
{
	return code < ERR_CODE_NR ? codes[code].name : "none";
}

const char *err_kind_name(enum err_kind kind)
{
	return (size_t)kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[kind].name : "none";
}

enum err_code err_code_from_name(const char *name)
{
	for (int code = 0; code < ERR_CODE_NR; code++)
		if (strcmp(codes[code].name, name) == 0)
			return (enum err_code)code;
	return ERR_BUG;
}

int err_exit_status(const struct err *e)
{
	return kinds[err_kind(e)].exit_status;
}
