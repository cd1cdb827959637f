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
#include <unistd.h>

#include "scope.h"

/* What a systemd takes to be executed anew; one that has crashed does not come back. */
#define AWAY_TIMEOUT_US (5ull * 1000000)

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

void scope_limit(struct scope *s, uint64_t us)
{
	s->deadline = now_us() + us;
}

int scope_fail(struct scope *s, int r, const sd_bus_error *error, const char *what)
{
	const char *why = error && error->message ? error->message : strerror(-r);

	if (s->nobody || s->lost)
		return r;
	fprintf(stderr, "%s%s%s: systemd: %s\n", what, *s->unit ? " " : "", s->unit, why);
	if (error && sd_bus_error_has_name(
			     error, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"))
		fprintf(stderr,
			"that systemd is not the user's own: unset DBUS_SESSION_BUS_ADDRESS, "
			"and have XDG_RUNTIME_DIR=/run/user/UID\n");
	return r;
}

void scope_done(void)
{
	fputs("done\n", stderr);
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

/* Whether the other side has said so: libsystemd makes errors of its own from numbers. */
static bool is_said(const sd_bus_error *error)
{
	return error && sd_bus_error_is_set(error) &&
	       strncmp(error->name, "System.Error.", 13) != 0;
}

/* A bus may be there without a systemd on it, and a socket without anybody behind it. */
static bool is_nobody(int r, const sd_bus_error *error)
{
	static const int gone[] = {
		-ENOENT, -ECONNREFUSED, -ECONNRESET, -ENOTCONN, -EPIPE, -EACCES, -EPERM};

	if (is_said(error))
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

/*
 * A systemd that is executed anew closes its connections and leaves its name on the bus for a
 * moment. What it had read by then it may have done or not.
 */
static bool is_loss(const struct scope *s, int r, const sd_bus_error *error)
{
	if (is_said(error))
		return sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) ||
		       sd_bus_error_has_name(error, SD_BUS_ERROR_DISCONNECTED);
	return (s->met || s->direct) && (r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE);
}

/* Whatever went wrong: whether somebody else is to be asked, or the same one again. */
static void note_failure(struct scope *s, int r, const sd_bus_error *error)
{
	s->lost = r < 0 && is_loss(s, r, error);
	s->nobody = r < 0 && !s->lost && is_nobody(r, error);
	s->met |= r >= 0;
}

/* Why the addresses were of no use. */
struct reasons {
	char text[1024];
	size_t used;
};

static void add_reason(struct reasons *why, const char *address, int r)
{
	if (why->used < sizeof(why->text))
		why->used += (size_t)snprintf(why->text + why->used, sizeof(why->text) - why->used,
			"%s%s: %s", why->used ? "; " : "", address,
			r == -EHOSTUNREACH || r == -ENXIO ? "no systemd there" : strerror(-r));
}

struct round {
	uint64_t deadline;
	bool answered; /* for good */
	bool lost;
	bool away; /* its socket is there, but nobody behind it */
	struct reasons why;
};

static int ask_each(struct round *t, const char *addresses, scope_fn *ask, struct request *q)
{
	auto_free char *list = xstrdup(addresses);
	int r = -ENOENT;
	char *rest;

	for (char *address = strtok_r(list, ";", &rest); address;
		address = strtok_r(NULL, ";", &rest)) {
		struct scope s = {.deadline = t->deadline, .unit = ""};

		r = start_bus(&s, address);
		s.nobody = r < 0;
		if (r >= 0)
			r = ask(&s, q);
		close_bus(&s);
		t->lost = r < 0 && s.lost;
		t->away |= s.direct && r == -ECONNREFUSED;
		t->answered = r >= 0 || !(s.nobody || s.lost);
		if (t->answered || t->lost)
			return r;
		add_reason(&t->why, address, r);
	}
	return r;
}

int scope_each(const char *addresses, scope_fn *ask, struct request *q)
{
	uint64_t deadline = now_us() + SCOPE_TIMEOUT_US;
	uint64_t away_deadline = now_us() + AWAY_TIMEOUT_US;
	bool lost = false;
	struct round t;
	int r;

	for (;;) {
		t = (struct round){.deadline = deadline};
		r = ask_each(&t, addresses, ask, q);
		if (t.answered)
			return r;
		lost |= t.lost;
		if (now_us() >= (lost ? deadline : t.away ? away_deadline : 0))
			break;
		/* Nobody says when it is back who could be heard while it is away. */
		usleep(RETRY_US);
	}
	if (lost) {
		fprintf(stderr,
			"systemd went away while it was asked, and has not come back within %d s\n"
			"see what became of it: systemctl status user@UID.service\n",
			(int)(SCOPE_TIMEOUT_US / 1000000));
		return r;
	}
	fprintf(stderr,
		"no systemd answers: %s\n"
		"log in anew, so that a systemd of the user's is started, or have one without a "
		"login: sudo loginctl enable-linger USER; after su or sudo, XDG_RUNTIME_DIR must "
		"be /run/user/UID\n",
		t.why.text);
	return r;
}

int scope_connect(struct scope *s)
{
	int r = sd_bus_flush(s->bus);

	note_failure(s, r, NULL);
	return r < 0 ? scope_fail(s, r, NULL, "connecting to systemd") : 0;
}

int scope_method(struct scope *s, const char *method, sd_bus_message **ret)
{
	return sd_bus_message_new_method_call(
		s->bus, ret, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, method);
}

int scope_call(struct scope *s, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret)
{
	int r = sd_bus_call(s->bus, m, time_left(s), error, ret);

	note_failure(s, r, error);
	return r;
}

int scope_get(struct scope *s, const char *interface, const char *name, sd_bus_error *error,
	sd_bus_message **ret)
{
	auto_free char *path = NULL;
	sd_bus_message *m = NULL;
	int r = sd_bus_path_encode(SYSTEMD_UNIT_PATH, s->unit, &path);

	if (r >= 0)
		r = sd_bus_message_new_method_call(
			s->bus, &m, SYSTEMD_NAME, path, "org.freedesktop.DBus.Properties", "Get");
	if (r >= 0)
		r = sd_bus_message_append(m, "ss", interface, name);
	if (r >= 0)
		r = scope_call(s, m, error, ret);
	sd_bus_message_unref(m);
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
	note_failure(s, r, NULL);
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

		if (r > 0)
			continue;
		if (r == 0 && now >= end)
			return -ETIMEDOUT;
		if (r == 0)
			r = sd_bus_wait(s->bus, end - now);
		if (r < 0 && r != -EINTR) {
			note_failure(s, r, NULL);
			return r;
		}
	}
	return 0;
}
