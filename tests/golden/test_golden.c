// SPDX-License-Identifier: Apache-2.0
/*
 * Golden tests of the planner: config + facts + request → plan or error, compared with text that
 * somebody has read. In: the folders beside this file, each a case:
 *
 *   CASE/case.json      "about": what it is there for
 *                       "base": "min" (min.json; the default), "sample" or "sample-rootless"
 *                               (what `lodger spec` writes)
 *                       "config": a merge patch (RFC 7396) on the base
 *                       "facts": names of files in facts/, each a run of the case
 *                       "facts_patch": a merge patch on those
 *                       "request": members of struct plan_request
 *                       "target": members of struct facts_target: the plan is that of exec
 *                       "enter": its namespaces, as in /proc/PID/ns
 *                       "exec": members of struct plan_exec_request, but for "process"
 *                       "live": add or remove: the plan is that of mounts, with the config's
 *                       "show": what of the plan is compared: members and names of steps;
 *                               without it, everything
 *   CASE/expect.FACTS.json, or CASE/expect.FACTS.err where an error is expected
 *
 * Out: TAP. With --update, the expectations are rewritten instead; read the difference. Every plan
 * is also sent through the codec and must come out the same.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/json_merge.h"
#include "base/file.h"
#include "base/log.h"
#include "base/record.h"
#include "base/str.h"
#include "golden_case.h"
#include "plan/codec.h"
#include "plan/dump.h"

#define FILE_MAX (1u << 20)

struct run {
	struct arena *a;
	int dir; /* tests/golden */
	bool update;
	unsigned nr;
	unsigned failed;
};

/* ---------------------------------------------------------------- TAP */

static void result(struct run *r, bool ok, const char *name, const char *facts)
{
	printf("%sok %u - %s%s%s\n", ok ? "" : "not ", ++r->nr, name, facts ? " as " : "",
		facts ? facts : "");
	r->failed += !ok;
}

static void print_line(const char *mark, const char *line)
{
	printf("# %s %.*s\n", mark, (int)strcspn(line, "\n"), line);
}

static const char *next_line(const char *text)
{
	text += strcspn(text, "\n");
	return *text ? text + 1 : text;
}

/* The first lines that differ, with one line before them. */
static void explain(const char *want, const char *got)
{
	const char *before = NULL;

	while (*want && *got) {
		size_t n = strcspn(want, "\n");

		if (n != strcspn(got, "\n") || memcmp(want, got, n) != 0)
			break;
		before = want;
		want = next_line(want);
		got = next_line(got);
	}
	if (before)
		print_line("  ", before);
	for (int i = 0; i < 6 && *want; i++, want = next_line(want))
		print_line("- ", want);
	for (int i = 0; i < 6 && *got; i++, got = next_line(got))
		print_line("+ ", got);
}

__attribute__((noreturn, format(printf, 1, 2))) static void bail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	exit(1);
}

/* ---------------------------------------------------------------- reading */

static struct json *parse(struct run *r, const char *name, const char *text)
{
	struct err e = {0};
	struct json *v;

	if (json_parse(r->a, name, text, strlen(text), NULL, &v, &e) < 0)
		bail("%s", e.msg);
	return v;
}

static struct json *read_json(struct run *r, const char *path)
{
	char *text;

	if (file_read(r->a, r->dir, path, FILE_MAX, &text, NULL) < 0)
		bail("cannot read %s", path);
	return parse(r, path, text);
}

static struct json *merged(struct run *r, const char *name, struct json *base, struct json *patch)
{
	auto_json_writer struct json_writer *w = json_writer_new(2);

	if (!patch)
		return base;
	write_merged(w, base, patch);
	return parse(r, name, arena_strdup(r->a, json_writer_text(w, NULL)));
}

static struct json *base_config(struct run *r, const char *name)
{
	if (!name || str_eq(name, "min"))
		return read_json(r, "min.json");
	if (str_eq(name, "sample"))
		return parse(r, name, spec_sample(r->a, false, 0, 0, true));
	if (str_eq(name, "sample-rootless"))
		return parse(r, name, spec_sample(r->a, true, 1000, 1000, true));
	bail("%s: no such base", name);
}

static const char *as_text(struct run *r, struct json *v)
{
	auto_json_writer struct json_writer *w = json_writer_new(2);

	json_value(w, v);
	return arena_strdup(r->a, json_writer_text(w, NULL));
}

static void read_facts(struct run *r, const char *name, struct json *patch, struct facts *ret)
{
	struct err e = {0};
	const char *path = arena_printf(r->a, "facts/%s.json", name);
	struct json *v = merged(r, path, read_json(r, path), patch);

	for (size_t i = 0; i < v->object.n; i++) {
		const struct field *f = facts_desc.fields;

		while (f->key && !str_eq(f->key, v->object.v[i].key))
			f++;
		if (!f->key)
			bail("%s: there is no fact \"%s\"", path, v->object.v[i].key);
	}
	if (record_read(r->a, &facts_desc, path, v, ret, &e) < 0)
		bail("%s", e.msg);
}

/* ---------------------------------------------------------------- planning */

static bool shown(const struct test_case *c, const char *name)
{
	return !c->show.n || strv_has(&c->show, name);
}

/* What a case shows of a plan's text. */
static const char *filter(struct run *r, const struct test_case *c, const char *text)
{
	auto_json_writer struct json_writer *w = json_writer_new(2);
	struct json *v = parse(r, "plan", text);

	json_open_object(w);
	for (size_t i = 0; i < v->object.n; i++) {
		const struct json_member *m = &v->object.v[i];

		if (!str_eq(m->key, "steps")) {
			if (shown(c, m->key)) {
				json_key(w, m->key);
				json_value(w, m->value);
			}
			continue;
		}
		json_key(w, m->key);
		json_open_array(w);
		for (size_t k = 0; k < m->value->array.n; k++) {
			struct json *step = m->value->array.v[k];

			if (shown(c, "steps") || shown(c, json_get(step, "step")->string))
				json_value(w, step);
		}
		json_close_array(w);
	}
	json_close_object(w);
	return arena_printf(r->a, "%s\n", json_writer_text(w, NULL));
}

static const char *dump(struct run *r, const struct plan *plan)
{
	auto_json_writer struct json_writer *w = json_writer_new(2);

	plan_dump(w, plan);
	return arena_strdup(r->a, json_writer_text(w, NULL));
}

/* The same plan with its container side sent through the codec. */
static const char *dump_decoded(struct run *r, const struct plan *plan)
{
	auto_strbuf struct strbuf bytes = {0};
	struct plan copy = *plan;

	codec_put_plan(&bytes, &plan->init);
	if (codec_get_plan(r->a, bytes.s, bytes.len, &copy.init) < 0)
		return "cannot be decoded";
	return dump(r, &copy);
}

static const char *error_text(struct run *r, const char *from, const struct err *e)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_addf(&b, "from: %s\ncode: %s\n", from, err_code_name(e->code));
	if (e->object[0])
		strbuf_addf(&b, "object: %s\n", e->object);
	strbuf_addf(&b, "msg: %s\n", e->msg);
	if (e->fix[0])
		strbuf_addf(&b, "fix: %s\n", e->fix);
	return arena_strdup(r->a, strbuf_str(&b));
}

struct outcome {
	const char *text;
	const char *suffix; /* of the file with the expectation */
	const char *complaint; /* about the plan, whatever is expected */
};

static uint64_t namespace_flags(const struct strv *names)
{
	static const struct name words[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},
		{"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC},
		{"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}, {NULL, 0}};
	uint64_t flags = 0;
	const char *name;

	strv_foreach (name, names) {
		const struct name *row = names_find(words, name);

		if (!row)
			bail("\"enter\": there is no namespace \"%s\"", name);
		flags |= row->value;
	}
	return flags;
}

/* What lodger_create(), lodger_exec() or lodger_mounts() does with a config. */
static int make_plan(struct run *r, const struct test_case *c, const struct spec *spec,
	const struct facts *facts, const struct plan_request *req, struct plan *ret, struct err *e)
{
	struct facts_target target;
	struct spec inside = *spec;
	int rc;

	if (!c->target)
		return plan_build(r->a, spec, facts, req, ret, e);
	target = *c->target;
	target.namespaces = namespace_flags(&c->enter);
	if (c->live)
		return plan_live_mounts(
			r->a, spec, facts, &target, req, str_eq(c->live, "remove"), ret, e);
	rc = plan_exec_process(r->a, spec, &c->exec, &inside.process, e);
	if (rc == 0)
		rc = spec_check(&inside, e);
	return rc < 0 ? rc : plan_exec(r->a, &inside, facts, &target, req, ret, e);
}

/* What the front end makes of its options where there is no lodger.conf. */
static const struct net_request *read_network(struct run *r, const struct request *request)
{
	struct net_request *n = arena_new_of(r->a, struct net_request);
	struct err e = {0};
	const char *spec;

	if (!request->network)
		return NULL;
	if (net_parse_network(r->a, request->network, "--network", false, n, &e) < 0)
		bail("%s", e.msg);
	strv_foreach (spec, &request->publish)
		if (net_parse_publish(r->a, spec, "--publish", NULL, &n->forwards, &e) < 0)
			bail("%s", e.msg);
	net_complete(&n->options, &(struct net_options){0});
	return n;
}

static struct outcome plan_case(
	struct run *r, const struct test_case *c, const char *config, const struct facts *facts)
{
	const struct plan_request req = {
		.id = c->request.id ? c->request.id : "c1",
		.bundle = c->request.bundle ? c->request.bundle : "/bundle",
		.wait_start = c->request.wait_start,
		.no_pivot = c->request.no_pivot,
		.no_new_keyring = c->request.no_new_keyring,
		.console_given = c->request.console_given,
		.detach = c->request.detach,
		.preserve_fds = c->request.preserve_fds,
		.listen_fds = c->request.listen_fds,
		.state_dir = "/run/lodger/c1",
		.network = read_network(r, &c->request),
		.notify_dir = c->request.notify_dir,
		.cgroup_manager = c->request.cgroup_manager,
		.no_cgroup = c->request.no_cgroup,
	};
	struct plan plan, again;
	struct spec *spec;
	struct err e = {0};
	const char *text;

	if (spec_parse(r->a, "config.json", config, strlen(config), &spec, &e) < 0)
		return (struct outcome){error_text(r, "config", &e), "err", NULL};
	memset(&plan, 0x5a, sizeof(plan));
	if (make_plan(r, c, spec, facts, &req, &plan, &e) < 0) {
		bool whole = err_is_set(&e) && e.msg[0] && !strchr(e.msg, '\n') &&
			     (err_kind(&e) != ERR_KIND_HOST || e.fix[0]);

		return (struct outcome){error_text(r, "plan", &e), "err",
			whole ? NULL : "the error is not complete"};
	}
	text = dump(r, &plan);
	if (err_is_set(&e))
		return (struct outcome){text, "json", "an error was written beside the plan"};
	if (make_plan(r, c, spec, facts, &req, &again, &e) < 0 || !str_eq(text, dump(r, &again)))
		return (struct outcome){text, "json", "the second plan differs from the first"};
	if (!str_eq(text, dump_decoded(r, &plan)))
		return (struct outcome){text, "json", "the decoded plan differs"};
	return (struct outcome){filter(r, c, text), "json", NULL};
}

/* ---------------------------------------------------------------- comparing */

static void write_file(struct run *r, const char *path, const char *text)
{
	auto_fd int fd = openat(r->dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || file_write_all(fd, text, strlen(text)) < 0)
		bail("cannot write %s: %s", path, strerror(errno));
}

static void compare(struct run *r, const char *name, const char *facts, const struct outcome *got)
{
	const char *path = arena_printf(r->a, "%s/expect.%s.%s", name, facts, got->suffix);
	const char *other = arena_printf(
		r->a, "%s/expect.%s.%s", name, facts, str_eq(got->suffix, "err") ? "json" : "err");
	char *want = NULL;
	bool same;

	if (r->update && !got->complaint) {
		unlinkat(r->dir, other, 0);
		write_file(r, path, got->text);
	}
	same = file_read(r->a, r->dir, path, FILE_MAX, &want, NULL) == 0 && str_eq(want, got->text);
	result(r, same && !got->complaint, name, facts);
	if (got->complaint)
		printf("# %s\n", got->complaint);
	if (!want)
		printf("# there is no %s\n", path);
	if (!same)
		explain(want ? want : "", got->text);
}

static bool is_expected(const struct test_case *c, const char *file)
{
	const char *rest = str_after(file, "expect."), *facts;

	strv_foreach (facts, &c->facts) {
		const char *suffix = rest ? str_after(rest, facts) : NULL;

		if (suffix && (str_eq(suffix, ".json") || str_eq(suffix, ".err")))
			return true;
	}
	return str_eq(file, "case.json");
}

/* A file that no run reads is a test that somebody believes in. */
static void check_files(struct run *r, const char *name, const struct test_case *c)
{
	int fd = openat(r->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(fd);
	struct strv seen = {0};
	struct dirent *entry;

	if (!dir)
		bail("cannot read %s", name);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!is_expected(c, entry->d_name)) {
			result(r, false, name, NULL);
			printf("# %s belongs to no run of it\n", entry->d_name);
		}
		strv_add(r->a, &seen, arena_strdup(r->a, entry->d_name));
	}
	closedir(dir);
	for (size_t i = 0; i < c->facts.n; i++) {
		const char *json = arena_printf(r->a, "expect.%s.json", c->facts.v[i]);
		const char *err = arena_printf(r->a, "expect.%s.err", c->facts.v[i]);

		if (strv_has(&seen, json) && strv_has(&seen, err)) {
			result(r, false, name, c->facts.v[i]);
			printf("# both %s and %s are there\n", json, err);
		}
	}
}

static void check_keys(const char *name, const struct json *v)
{
	for (size_t i = 0; i < v->object.n; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(case_keys) && !str_eq(case_keys[k], v->object.v[i].key))
			k++;
		if (k == ARRAY_SIZE(case_keys))
			bail("%s: \"%s\" is no member of a case", name, v->object.v[i].key);
	}
}

static void run_case(struct run *r, const char *name)
{
	const char *path = arena_printf(r->a, "%s/case.json", name);
	struct json *v = read_json(r, path);
	struct test_case c;
	struct err e = {0};
	const char *config, *facts_name;

	check_keys(path, v);
	if (record_read(r->a, &case_desc, path, v, &c, &e) < 0)
		bail("%s", e.msg);
	if (!c.about || !c.facts.n)
		bail("%s: \"about\" and \"facts\" are needed", path);
	config = as_text(r, merged(r, path, base_config(r, c.base), json_get(v, "config")));
	strv_foreach (facts_name, &c.facts) {
		struct facts facts;
		struct outcome got;

		read_facts(r, facts_name, json_get(v, "facts_patch"), &facts);
		got = plan_case(r, &c, config, &facts);
		compare(r, name, facts_name, &got);
	}
	check_files(r, name, &c);
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type == DT_DIR &&
	       !str_eq(entry->d_name, "facts");
}

int main(int argc, char **argv)
{
	const char *src = getenv("srcdir");
	auto_arena struct arena *paths = arena_new();
	struct run r = {.update = argc > 1 && str_eq(argv[1], "--update")};
	const char *where = arena_printf(paths, "%s/tests/golden", src ? src : ".");
	struct dirent **list;
	int n;

	log_setup(&(struct log_options){.level = LOG_LEVEL_ERROR, .quiet = true});
	r.dir = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = r.dir < 0 ? -1 : scandir(where, &list, is_case, alphasort);
	if (n <= 0)
		bail("no cases in %s: srcdir= names the top of the sources", where);
	for (int i = 0; i < n; i++) {
		r.a = arena_new();
		run_case(&r, list[i]->d_name);
		arena_free(r.a);
		free(list[i]);
	}
	free(list);
	close(r.dir);
	printf("1..%u\n", r.nr);
	return r.failed > 0;
}
