// SPDX-License-Identifier: Apache-2.0
/*
 * The connection: which of the addresses has a systemd, calls with a deadline, signals. Whoever we
 * are in our user namespace, the other side asks the kernel: libsystemd sends no uid of its own, so
 * this works as root of a caller's user namespace too.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scope.h"

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t time_left(const struct scope *s)
{
	uint64_t now = now_us();

	return now < s->deadline ? s->deadline - now : 1;
}

int scope_fail(struct scope *s, int r, const sd_bus_error *error, const char *what)
{
	const char *why = error && error->message ? error->message : strerror(-r);

	if (s->nobody)
		return r;
	fprintf(stderr, "%s%s%s: systemd: %s\n", what, *s->unit ? " " : "", s->unit, why);
	if (error && sd_bus_error_has_name(
			     error, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"))
		fprintf(stderr,
			"that systemd is not the user's own: unset DBUS_SESSION_BUS_ADDRESS, "
			"and have XDG_RUNTIME_DIR=/run/user/UID\n");
	return r;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

static int start_bus(struct scope *s, const char *address)
{
	int r = sd_bus_new(&s->bus);

	s->direct = ends_with(address, "/systemd/private");
	if (r >= 0)
		r = sd_bus_set_address(s->bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(s->bus, !s->direct);
	if (r >= 0 && s->direct)
		r = sd_bus_set_trusted(s->bus, true);
	return r < 0 ? r : sd_bus_start(s->bus);
}

static void close_bus(struct scope *s)
{
	free(s->job);
	free(s->result);
	sd_bus_flush_close_unref(s->bus);
}

/* A bus may be there without a systemd on it, and a socket without anybody behind it. */
static bool is_nobody(int r, const sd_bus_error *error)
{
	static const int gone[] = {
		-ENOENT, -ECONNREFUSED, -ECONNRESET, -ENOTCONN, -EPIPE, -EACCES, -EPERM};

	if (error && sd_bus_error_is_set(error))
		return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
		       sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
		       sd_bus_error_has_name(error, SD_BUS_ERROR_DISCONNECTED) ||
		       /* What a bus without systemd starts in its place is /bin/false. */
		       strncmp(error->name, "org.freedesktop.DBus.Error.Spawn.", 33) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (r == gone[i])
			return true;
	return false;
}

int scope_each(const char *addresses, scope_fn *request, char **args, int n)
{
	auto_free char *list = xstrdup(addresses);
	uint64_t deadline = now_us() + SCOPE_TIMEOUT_US;
	char why[1024] = "", *rest;
	size_t used = 0;
	int r = -ENOENT;

	for (char *address = strtok_r(list, ";", &rest); address;
		address = strtok_r(NULL, ";", &rest)) {
		struct scope s = {.deadline = deadline, .unit = ""};

		r = start_bus(&s, address);
		s.nobody = r < 0;
		if (r >= 0)
			r = request(&s, args, n);
		close_bus(&s);
		if (!s.nobody)
			return r;
		if (used < sizeof(why))
			used += (size_t)snprintf(why + used, sizeof(why) - used, "%s%s: %s",
				used ? "; " : "", address,
				r == -EHOSTUNREACH || r == -ENXIO ? "no systemd there"
								  : strerror(-r));
	}
	fprintf(stderr,
		"no systemd answers: %s\n"
		"log in anew, so that a systemd of the user's is started, or have one without a "
		"login: sudo loginctl enable-linger USER; after su or sudo, XDG_RUNTIME_DIR must "
		"be /run/user/UID\n",
		why);
	return r;
}

int scope_method(struct scope *s, const char *method, sd_bus_message **ret)
{
	return sd_bus_message_new_method_call(
		s->bus, ret, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, method);
}

int scope_call(struct scope *s, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret)
{
	int r = sd_bus_call(s->bus, m, time_left(s), error, ret);

	s->nobody = r < 0 && is_nobody(r, error);
	return r;
}

static int on_job_removed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct scope *s = arg;
	const char *job, *unit, *result;

	(void)error;
	if (sd_bus_message_read(m, "uoss", NULL, &job, &unit, &result) < 0 || !s->job ||
		strcmp(s->job, job) != 0 || s->result)
		return 0;
	s->result = strdup(result);
	return 0;
}

static int on_unit_removed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct scope *s = arg;
	const char *unit;

	(void)error;
	if (sd_bus_message_read(m, "so", &unit, NULL) >= 0 && strcmp(unit, s->unit) == 0)
		s->removed = true;
	return 0;
}

static int watch(struct scope *s, const char *signal, sd_bus_message_handler_t handler)
{
	return sd_bus_match_signal_async(s->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
		signal, handler, NULL, s);
}

int scope_watch(struct scope *s)
{
	sd_bus_message *m = NULL;
	int r = watch(s, "JobRemoved", on_job_removed);

	/* systemd sends signals only while somebody listens; the answer says nothing new. */
	if (r >= 0)
		r = scope_method(s, "Subscribe", &m);
	if (r >= 0)
		r = sd_bus_message_set_expect_reply(m, 0);
	if (r >= 0)
		r = sd_bus_send(s->bus, m, NULL);
	sd_bus_message_unref(m);
	s->nobody = r < 0 && is_nobody(r, NULL);
	return r < 0 ? scope_fail(s, r, NULL, "listening to systemd") : 0;
}

int scope_watch_unit(struct scope *s)
{
	int r = s->watched ? 0 : watch(s, "UnitRemoved", on_unit_removed);

	s->watched = true;
	return r < 0 ? scope_fail(s, r, NULL, "listening to systemd") : 0;
}

int scope_wait_for(struct scope *s, bool (*done)(const struct scope *s), uint64_t limit_us)
{
	uint64_t end = now_us();

	end = limit_us > s->deadline - end ? s->deadline : end + limit_us;
	while (!done(s)) {
		int r = sd_bus_process(s->bus, NULL);
		uint64_t now = now_us();

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (now >= end)
			return -ETIMEDOUT;
		r = sd_bus_wait(s->bus, end - now);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}
