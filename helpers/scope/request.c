// SPDX-License-Identifier: Apache-2.0
/*
 * The requests: a scope is started, changed, joined, stopped. systemd does what it is asked for as
 * a job, and says by a signal how that has ended.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "scope.h"

#define LINGER_MS 20
#define HURRY_US  1000000
#define ID_SIZE   16 /* bytes, sd-id128(3) */

static bool job_has_ended(const struct scope *s)
{
	return s->result;
}

static bool unit_is_gone(const struct scope *s)
{
	return s->removed;
}

/* The job of an answer, and how it ends. "done", or why not. */
static int wait_job(struct scope *s, sd_bus_message *answer, const char *what)
{
	const char *job;
	int r = sd_bus_message_read(answer, "o", &job);

	if (r < 0)
		return scope_fail(s, r, NULL, what);
	free(s->job);
	free(s->result);
	s->result = NULL;
	s->job = strdup(job);
	r = scope_wait_for(s, job_has_ended, UINT64_MAX);
	if (r < 0) {
		if (r == -ETIMEDOUT)
			fprintf(stderr, "%s %s: systemd has not done so within %d s\n", what,
				s->unit, (int)(SCOPE_TIMEOUT_US / 1000000));
		else
			scope_fail(s, r, NULL, what);
		return r;
	}
	if (strcmp(s->result, "done") == 0)
		return 0;
	fprintf(stderr, "%s %s: systemd's job has ended with \"%s\"\n", what, s->unit, s->result);
	return -EIO;
}

/* A call of a method whose only argument is the unit's name; the answer does not matter. */
static int call_with_unit(struct scope *s, const char *method, sd_bus_error *error)
{
	sd_bus_message *m = NULL;
	int r = scope_method(s, method, &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "s", s->unit);
	if (r >= 0)
		r = scope_call(s, m, error, NULL);
	sd_bus_message_unref(m);
	return r;
}

/* ---------------------------------------------------------------- start */

struct start {
	const char *slice;
	const char *description;
	uint32_t pid;
	struct property *list;
	int n;
};

static int append_properties(sd_bus_message *m, const struct start *st)
{
	int r = sd_bus_message_open_container(m, 'a', "(sv)");

	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "Description", "s", st->description);
	if (r >= 0 && *st->slice)
		r = sd_bus_message_append(m, "(sv)", "Slice", "s", st->slice);
	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, st->pid);
	for (int i = 0; i < st->n && r >= 0; i++) {
		r = property_append(m, &st->list[i]);
		if (r < 0)
			fprintf(stderr, "unit property %s=%s is not of type %s\n", st->list[i].name,
				st->list[i].value, st->list[i].signature);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int try_start(
	struct scope *s, const struct start *st, sd_bus_error *error, sd_bus_message **ret)
{
	sd_bus_message *m = NULL;
	int r = scope_method(s, "StartTransientUnit", &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "ss", s->unit, "fail");
	if (r >= 0)
		r = append_properties(m, st);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	if (r >= 0)
		r = scope_call(s, m, error, ret);
	sd_bus_message_unref(m);
	return r;
}

enum occupant {
	NO_UNIT,
	NOBODY, /* nothing of the unit runs any more; it is then about to be unloaded */
	OURS,
	SOMEBODY,
};

static enum occupant look_into_unit(struct scope *s, uint32_t ours)
{
	sd_bus_message *m = NULL, *answer = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	enum occupant who = NOBODY;
	uint32_t pid;
	int r = scope_method(s, "GetUnitProcesses", &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "s", s->unit);
	if (r >= 0)
		r = scope_call(s, m, &error, &answer);
	if (r >= 0)
		r = sd_bus_message_enter_container(answer, 'a', "(sus)");
	while (r >= 0 && who != OURS && sd_bus_message_read(answer, "(sus)", NULL, &pid, NULL) > 0)
		who = pid == ours ? OURS : SOMEBODY;
	if (sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit"))
		who = NO_UNIT;
	sd_bus_error_free(&error);
	sd_bus_message_unref(answer);
	sd_bus_message_unref(m);
	return who;
}

/*
 * Which one of that name it is, as the path of an object: systemd gives each start of a unit an id
 * of its own, by which it can be called. NULL: it has not been started yet, or is gone.
 */
static char *find_invocation(struct scope *s)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL;
	char hex[2 * ID_SIZE + 1], *path = NULL;
	const void *id;
	size_t n = 0;
	int r = scope_get(s, SYSTEMD_UNIT, "InvocationID", &error, &answer);

	if (r >= 0)
		r = sd_bus_message_enter_container(answer, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_read_array(answer, 'y', &id, &n);
	for (size_t i = 0; r >= 0 && n == ID_SIZE && i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)id)[i]);
	if (r >= 0 && n == ID_SIZE)
		sd_bus_path_encode(SYSTEMD_UNIT_PATH, hex, &path);
	sd_bus_error_free(&error);
	sd_bus_message_unref(answer);
	return path;
}

/*
 * Stop this one and no other that may have its name by then. Nobody waits for an answer: the unit's
 * end is a signal.
 */
static int stop_invocation(struct scope *s, const char *path)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(
		s->bus, &m, SYSTEMD_NAME, path, SYSTEMD_UNIT, "Stop");

	if (r >= 0)
		r = sd_bus_message_append(m, "s", "replace");
	if (r >= 0)
		r = sd_bus_message_set_expect_reply(m, 0);
	if (r >= 0)
		r = sd_bus_send(s->bus, m, NULL);
	sd_bus_message_unref(m);
	return r;
}

/*
 * A unit of that name exists. One that runs is somebody's, or ours, if systemd was lost after it
 * had started it. One that has ended is in the way until systemd has noticed, which it does sooner
 * if it is told to stop it: the kernel tells of an empty cgroup every 10 ms at most. One that has
 * failed is to be forgotten. `*ret_done`: it is ours.
 */
static int wait_for_name(struct scope *s, uint32_t pid, const sd_bus_error *error, bool *ret_done)
{
	sd_bus_error ignored = SD_BUS_ERROR_NULL;
	auto_free char *invocation = NULL;
	enum occupant who;
	int r = scope_watch_unit(s);

	if (r < 0)
		return r;
	s->removed = false;
	/* What has been started has its processes. */
	invocation = find_invocation(s);
	who = look_into_unit(s, pid);
	*ret_done = who == OURS;
	if (who == OURS || who == NO_UNIT)
		return 0;
	if (who == SOMEBODY) {
		fprintf(stderr,
			"starting unit %s: systemd: %s: it has processes\n"
			"stop what runs there (systemctl --user stop %s), or give the "
			"container another name\n",
			s->unit, error->message, s->unit);
		return -EEXIST;
	}
	if (invocation)
		stop_invocation(s, invocation);
	call_with_unit(s, "ResetFailedUnit", &ignored);
	sd_bus_error_free(&ignored);
	r = scope_wait_for(s, unit_is_gone, RETRY_US);
	return r == -ETIMEDOUT ? 0 : r;
}

static int start_until_done(struct scope *s, const struct start *st)
{
	uint64_t tries = SCOPE_TIMEOUT_US / RETRY_US;
	bool done = false;
	int r;

	do {
		sd_bus_error error = SD_BUS_ERROR_NULL;
		sd_bus_message *answer = NULL;

		r = try_start(s, st, &error, &answer);
		if (r >= 0) {
			r = wait_job(s, answer, "starting unit");
			sd_bus_message_unref(answer);
			return r;
		}
		if (sd_bus_error_has_name(&error, "org.freedesktop.systemd1.UnitExists"))
			r = wait_for_name(s, st->pid, &error, &done);
		else if (property_drop(st->list, st->n, &error))
			r = 0;
		else
			scope_fail(s, r, &error, "starting unit");
		sd_bus_error_free(&error);
	} while (r >= 0 && !done && tries-- > 0);
	if (done)
		return 0;
	if (r >= 0)
		fprintf(stderr, "starting unit %s: one of that name does not go away\n", s->unit);
	return r < 0 ? r : -EEXIST;
}

/* ---------------------------------------------------------------- the others */

static int try_set(struct scope *s, const struct property *list, int count, sd_bus_error *error)
{
	sd_bus_message *m = NULL;
	int r = scope_method(s, "SetUnitProperties", &m);

	if (r >= 0)
		r = sd_bus_message_append(m, "sb", s->unit, true);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	for (int i = 0; i < count && r >= 0; i++)
		r = property_append(m, &list[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = scope_call(s, m, error, NULL);
	sd_bus_message_unref(m);
	return r;
}

int scope_set_properties(struct scope *s, struct request *q)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct property *list = NULL;
	int count = 0, r;
	bool again;

	s->unit = q->args[0];
	r = property_parse(q->args + 1, q->n - 1, &list, &count);
	if (r < 0)
		return r;
	do {
		r = try_set(s, list, count, &error);
		again = r < 0 && property_drop(list, count, &error);
		if (r < 0 && !again)
			scope_fail(s, r, &error, "changing unit");
		sd_bus_error_free(&error);
	} while (again);
	free(list);
	return r < 0 ? r : 0;
}

int scope_attach(struct scope *s, struct request *q)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	uint32_t pid;
	int r;

	s->unit = q->args[0];
	if (q->n < 3 || num_u32(q->args[2], &pid) < 0)
		return -EINVAL;
	r = scope_method(s, "AttachProcessesToUnit", &m);
	if (r >= 0)
		r = sd_bus_message_append(m, "ssau", s->unit, q->args[1], 1, pid);
	if (r >= 0)
		r = scope_call(s, m, &error, NULL);
	if (r < 0)
		scope_fail(s, r, &error, "moving a process to unit");
	sd_bus_error_free(&error);
	sd_bus_message_unref(m);
	return r < 0 ? r : 0;
}

int scope_stop_unit(struct scope *s, struct request *q)
{
	sd_bus_error error = SD_BUS_ERROR_NULL, ignored = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL, *answer = NULL;
	int r;

	s->unit = q->args[0];
	r = scope_watch(s);
	if (r == 0)
		r = scope_method(s, "StopUnit", &m);
	if (r >= 0)
		r = sd_bus_message_append(m, "ss", s->unit, "replace");
	if (r >= 0)
		r = scope_call(s, m, &error, &answer);
	if (r >= 0)
		r = wait_job(s, answer, "stopping unit");
	else if (sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit"))
		r = 0;
	else
		scope_fail(s, r, &error, "stopping unit");
	/* A unit that has ended well has nothing to be forgotten, and is gone by now. */
	call_with_unit(s, "ResetFailedUnit", &ignored);
	sd_bus_error_free(&ignored);
	sd_bus_error_free(&error);
	sd_bus_message_unref(answer);
	sd_bus_message_unref(m);
	return r;
}

/* ---------------------------------------------------------------- start, to its end */

/* Whether it is in the unit's cgroup, in whatever hierarchy. */
static bool is_in_unit(const struct scope *s, uint32_t pid)
{
	char path[32], text[4096], *at;
	size_t n = strlen(s->unit), len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", (unsigned)pid);
	f = fopen(path, "re");
	if (f) {
		len = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[len] = '\0';
	for (at = strstr(text, s->unit); at; at = strstr(at + n, s->unit))
		if (at > text && at[-1] == '/' && at[n] == '\n')
			return true;
	return false;
}

/*
 * The kernel does not move a process that is about to end, without saying so: systemd would wait
 * for ever for the cgroup to become empty, which has never been anything else.
 */
static int stop_empty(struct scope *s, const struct start *st)
{
	struct request stop = {.args = (char *[]){(char *)(uintptr_t)s->unit}, .n = 1};
	int r = scope_stop_unit(s, &stop);

	if (r == 0)
		fprintf(stderr, "starting unit %s: process %u has ended meanwhile\n", s->unit,
			(unsigned)st->pid);
	return r < 0 ? r : -ESRCH;
}

static int parse_start(struct scope *s, struct start *st, const struct request *q)
{
	if (q->n < 4 || num_u32(q->args[3], &st->pid) < 0) {
		fprintf(stderr, "lodger-scope: start: no pid\n");
		return -EINVAL;
	}
	s->unit = q->args[0];
	st->slice = q->args[1];
	st->description = q->args[2];
	return property_parse(q->args + 4, q->n - 4, &st->list, &st->n);
}

int scope_start(struct scope *s, const struct request *q)
{
	struct start st = {0};
	int r = parse_start(s, &st, q);

	if (r == 0)
		r = scope_watch(s);
	if (r == 0)
		r = start_until_done(s, &st);
	if (r == 0 && !is_in_unit(s, st.pid))
		r = stop_empty(s, &st);
	free(st.list);
	return r;
}

static bool hears_of_end(void)
{
	auto_free char *word = NULL;

	return input_word(&word) == 0 && strcmp(word, "ended") == 0;
}

/*
 * A container that has ended at once is followed by one of the same name, as a rule. systemd would
 * not know of the end by then: the kernel tells of a cgroup that is empty 10 ms after it has told
 * that it was not. So a front end that is still there when its container ends says so.
 */
static void linger(struct scope *s)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	auto_free char *invocation = NULL;

	/* Who does not stay has closed it already. */
	if (poll(&in, 1, 0) > 0 && (in.revents & POLLHUP))
		return;
	/* A front end whose container has ended waits for us, and not for a systemd that hangs. */
	scope_limit(s, HURRY_US);
	invocation = find_invocation(s);
	if (!invocation || poll(&in, 1, LINGER_MS) != 1 || !hears_of_end())
		return;
	if (stop_invocation(s, invocation) >= 0)
		sd_bus_flush(s->bus);
}

int scope_start_unit(struct scope *s, struct request *q)
{
	struct start st = {0};
	int r = scope_watch(s);

	if (r == 0)
		r = scope_connect(s);
	if (r == 0)
		r = input_request(q);
	if (r == 0)
		r = parse_start(s, &st, q);
	if (r == 0)
		r = start_until_done(s, &st);
	if (r == 0) {
		/* The front end looks too where init is. */
		scope_done();
		if (is_in_unit(s, st.pid))
			linger(s);
		else
			stop_empty(s, &st);
	}
	free(st.list);
	return r;
}
