// SPDX-License-Identifier: Apache-2.0
/* spec/: values, positions, coverage of the specification, files, speed, and the sample. */
#include "spec_patch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rlimit.h"
#include "spec/names.h"
#include "spec/spec.h"

static void test_values(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct spec *s = accept(a,
		"{\"annotations\": {\"a.b\": \"c\", \"n\": null}, \"hostname\": \"h\","
		"\"mounts\": [{\"destination\": \"/a\", \"options\": [\"ro\", \"bind\"]}],"
		"\"process\": {\"terminal\": true, \"user\": {\"uid\": 5, \"umask\": 18, "
		"\"additionalGids\": [7, 8]}, \"oomScoreAdj\": -3, \"cwd\": \"/w\"},"
		"\"linux\": {\"netDevices\": {\"eth0\": {\"name\": \"n\"}}, \"resources\": "
		"{\"rdma\": {\"d\": {\"hcaObjects\": 4}}, \"memory\": {\"limit\": -1, "
		"\"useHierarchy\": false}, \"blockIO\": {\"weightDevice\": [{\"major\": 8, "
		"\"minor\": 1, \"weight\": 10}]}}}}");
	const struct spec_resources *r = s->linux_.resources;

	(void)state;
	assert_string_equal(s->oci_version, "1.3.0");
	assert_string_equal(spec_annotation(s, "a.b"), "c");
	assert_string_equal(spec_annotation(s, "n"), "");
	assert_null(spec_annotation(s, "x"));
	assert_string_equal(s->hostname, "h");
	assert_int_equal(s->mounts.n, 1);
	assert_string_equal(s->mounts.v[0].options.v[1], "bind");
	assert_null(s->mounts.v[0].options.v[2]);
	assert_true(s->process->terminal);
	assert_int_equal(s->process->user.uid, 5);
	assert_true(s->process->user.umask.set);
	assert_int_equal(s->process->user.umask.v, 18);
	assert_int_equal(s->process->user.additional_gids.n, 2);
	assert_int_equal(s->process->user.additional_gids.v[1], 8);
	assert_true(s->process->oom_score_adj.set);
	assert_int_equal(s->process->oom_score_adj.v, -3);
	assert_string_equal(s->process->cwd, "/w");
	assert_null(s->process->capabilities);
	assert_string_equal(s->linux_.net_devices.v[0].host_name, "eth0");
	assert_string_equal(s->linux_.net_devices.v[0].name, "n");
	assert_string_equal(r->rdma.v[0].device, "d");
	assert_int_equal(r->rdma.v[0].hca_objects.v, 4);
	assert_false(r->rdma.v[0].hca_handles.set);
	assert_int_equal(r->memory->limit.v, -1);
	assert_true(r->memory->use_hierarchy.set);
	assert_false(r->memory->use_hierarchy.v);
	assert_false(r->memory->swap.set);
	assert_int_equal(r->block_io->weight_device.v[0].major, 8);
	assert_int_equal(s->linux_.namespaces.n, 8);
	assert_int_equal(spec_ns_find(s, SPEC_NS_TIME)->type, SPEC_NS_TIME);
	assert_string_equal(spec_ns_name(SPEC_NS_NETWORK), "network");
	assert_null(spec_ns_find(accept(a, L(NS("{\"type\": \"pid\"}"))), SPEC_NS_UTS));
}

/* The text that the project promises, with exact line and column. */
static void test_position(void **state)
{
	static const char text[] = "{\n"
				   "\t\"ociVersion\": \"1.0.0\",\n"
				   "\t\"root\": {\"path\": \"r\"},\n"
				   "\t\"linux\": {\"namespaces\": [\n"
				   "\t\t{\"type\": \"pid\"},\n"
				   "\t\t{\"type\": \"netwrok\"}\n"
				   "]}}";
	static const char missing[] = "{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"r\"},\n"
				      " \"process\": {\"cwd\": \"/\"}}";
	auto_arena struct arena *a = arena_new();
	struct err e = {0};
	struct spec *s;

	(void)state;
	assert_true(spec_parse(a, "config.json", text, strlen(text), &s, &e) < 0);
	assert_string_equal(e.msg,
		"config.json: linux.namespaces[1].type: \"netwrok\" is not one of mount, pid, "
		"network, uts, ipc, user, cgroup, time (line 6, column 12)");
	e = (struct err){0};
	assert_true(spec_parse(a, "c", missing, strlen(missing), &s, &e) < 0);
	assert_string_equal(e.msg, "c: process.args: is missing (line 2, column 13)");
}

/* A value that a check refuses is found again by its path, whatever the keys look like. */
static void test_position_of_checks(void **state)
{
	static const char text[] = "{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"r\"},\n"
				   " \"linux\": {\"sysctl\": {\n"
				   "  \"a\\\"].b\":\n"
				   "   \"x\"}}}";
	auto_arena struct arena *a = arena_new();
	struct err e = {0};
	struct spec *s;

	(void)state;
	assert_true(spec_parse(a, "c", text, strlen(text), &s, &e) < 0);
	assert_string_equal(e.object, "linux.sysctl[\"a\\\"].b\"]");
	assert_contains(e.msg, "(line 4, column 4)");
}

static void test_long_values(void **state)
{
	auto_arena struct arena *a = arena_new();
	char *big = arena_alloc(a, 100001), *text;
	struct err e = {0};
	struct spec *s;

	(void)state;
	memset(big, '9', 100000);
	text = patched(a, arena_printf(a, P("\"user\": {\"uid\": %s}"), big));
	assert_true(spec_parse(a, "c", text, strlen(text), &s, &e) < 0);
	assert_string_equal(e.object, "process.user.uid");
	e = (struct err){0};
	text = patched(a, arena_printf(a, P("\"cwd\": \"%s\""), big));
	assert_true(spec_parse(a, "c", text, strlen(text), &s, &e) < 0);
	assert_contains(e.msg, "is not an absolute path (line ");
	e = (struct err){0};
	text = patched(a, arena_printf(a, L("\"sysctl\": {\"%s\": \"1\"}"), big));
	assert_true(spec_parse(a, "c", text, strlen(text), &s, &e) < 0);
	assert_contains(e.msg, "is not the name of a sysctl (line ");
}

static void test_id_map_lines(void **state)
{
	auto_arena struct arena *a = arena_new();
	auto_strbuf struct strbuf b = {0};
	struct err e = {0};
	struct spec *s;
	char *text;

	(void)state;
	strbuf_add(&b, "{\"linux\": {\"uidMappings\": [");
	for (int i = 0; i < 341; i++)
		strbuf_addf(&b, "%s{\"containerID\": %d, \"hostID\": %d, \"size\": 1}",
			i ? "," : "", i, i);
	strbuf_add(&b, "], \"gidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]}}");
	text = patched(a, b.s);
	assert_true(spec_parse(a, "c", text, strlen(text), &s, &e) < 0);
	assert_string_equal(e.object, "linux.uidMappings");
	assert_contains(e.msg, "341 lines are more than the kernel's 340");
}

/* spec_check() on a spec that was changed after decoding. */
static void test_check_after_change(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct spec *s = accept(a, "{}");
	struct err e = {0};

	(void)state;
	assert_int_equal(spec_check(s, &e), 0);
	s->process->cwd = NULL;
	assert_true(spec_check(s, &e) < 0);
	assert_int_equal(e.code, ERR_CONFIG_MISSING);
	assert_string_equal(e.msg, "process.cwd: is missing");
}

static void test_load(void **state)
{
	char dir[] = "/tmp/lodger-spec-XXXXXX", path[64];
	auto_arena struct arena *a = arena_new();
	struct err e = {0};
	struct spec *s;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_DIRECTORY | O_CLOEXEC);
	assert_true(spec_load(a, fd, "config.json", &s, &e) < 0);
	assert_int_equal(e.code, ERR_CONFIG_READ);
	assert_string_equal(e.msg, "cannot read config.json: no such file or directory");
	assert_int_equal(
		file_replace(fd, "config.json", base_config, strlen(base_config), 0600), 0);
	e = (struct err){0};
	assert_int_equal(spec_load(a, fd, "config.json", &s, &e), 0);
	/* 100 MB, sparse: refused by size, without being read. */
	snprintf(path, sizeof(path), "%s/config.json", dir);
	assert_int_equal(truncate(path, 100000000), 0);
	assert_true(spec_load(a, fd, "config.json", &s, &e) < 0);
	assert_int_equal(e.errnum, EFBIG);
	assert_int_equal(unlinkat(fd, "config.json", 0), 0);
	assert_int_equal(mkdirat(fd, "config.json", 0700), 0);
	e = (struct err){0};
	assert_true(spec_load(a, fd, "config.json", &s, &e) < 0);
	assert_int_equal(e.errnum, EISDIR);
	unlinkat(fd, "config.json", AT_REMOVEDIR);
	rmdir(dir);
	close(fd);
}

/* Every path that the tables know, as tests/unit/properties.txt writes them. */
static void list_paths(struct arena *a, const struct struct_desc *desc, const char *prefix,
	struct strv *all, struct strv *leaves)
{
	size_t n = 0;

	for (const struct field *f = desc->fields; f->key; f++, n++) {
		const char *path = arena_printf(a, "%s%s%s", prefix, *prefix ? "." : "", f->key);
		bool list = f->type == FIELD_STRV || f->type == FIELD_U32S;

		if (list || f->type == FIELD_ARRAY)
			path = arena_printf(a, "%s[]", path);
		if (f->type == FIELD_MAP || f->type == FIELD_OBJECTS)
			path = arena_printf(a, "%s.*", path);
		strv_add(a, all, path);
		if (f->sub)
			list_paths(a, f->sub, path, all, leaves);
		else
			strv_add(a, leaves, path);
		/* check_fields() would crash on a row that asks for words and has none. */
		assert_true(!(f->flags & FIELD_SET_MASK) || f->names);
	}
	assert_true(n <= 64); /* decode.c keeps a bit for each */
}

static void test_properties(void **state)
{
	const char *dir = getenv("srcdir");
	auto_arena struct arena *a = arena_new();
	struct strv all = {0}, leaves = {0}, listed;
	const char *path;
	char *text;
	int r;

	(void)state;
	r = file_read(a, AT_FDCWD, arena_printf(a, "%s/tests/unit/properties.txt", dir ? dir : "."),
		1 << 20, &text, NULL);
	assert_int_equal(r, 0);
	listed = strv_split(a, text, "\n");
	assert_int_equal(listed.n, 174);
	list_paths(a, &spec_desc, "", &all, &leaves);
	strv_foreach (path, &listed)
		if (!strv_has(&all, path))
			fail_msg("no table has %s", path);
	strv_foreach (path, &leaves)
		if (!strv_has(&listed, path))
			fail_msg("the specification has no %s", path);
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(names_find(spec_cap_names, "CAP_CHECKPOINT_RESTORE")->value, 40);
	for (const struct name *n = spec_cap_names; n->name; n++)
		assert_int_equal(n->value, n - spec_cap_names);
	for (const struct name *n = rlimit_names; n->name; n++)
		assert_true(n->value < 64); /* check_rlimits() keeps a bit for each */
	for (const struct name *n = spec_ns_names; n->name; n++)
		assert_true(n->value > SPEC_NS_NONE && n->value < SPEC_NS_NR);
}

/*
 * The sample against runc's, member by member, but for the version, the host name, and ambient
 * capabilities: runc's are not inheritable, so that it cannot raise them and warns.
 */
static void compare_sample(bool rootless)
{
	char dir[] = "/tmp/lodger-sample-XXXXXX", *line, *text;
	auto_arena struct arena *a = arena_new();
	struct stat st;
	int fd;

	/* runc adds a cgroup namespace where cgroup v2 is alone: it keeps its controllers here. */
	text = spec_sample(a, rootless, geteuid(), getegid(),
		stat("/sys/fs/cgroup/cgroup.controllers", &st) == 0);
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_replace(fd, "ours.json", text, strlen(text), 0600), 0);
	line = arena_printf(a,
		"cd %s && PATH=$PATH:/usr/sbin && runc spec%s && "
		"for f in ours config; do jq -S 'del(.ociVersion, .hostname, "
		".process.capabilities.ambient) | "
		".linux.namespaces |= sort_by(.type)' $f.json > $f.out || exit 1; done && "
		"diff -u config.out ours.out >&2",
		dir, rootless ? " --rootless" : "");
	assert_int_equal(system(line), 0);
	for (size_t i = 0; i < 4; i++)
		unlinkat(fd,
			(const char *[]){"ours.json", "config.json", "ours.out", "config.out"}[i],
			0);
	close(fd);
	rmdir(dir);
}

static void test_sample(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct err e = {0};
	struct spec *s;

	(void)state;
	for (int i = 0; i < 4; i++) {
		char *text = spec_sample(a, i & 1, 1000, 1001, i & 2);

		if (spec_parse(a, "sample", text, strlen(text), &s, &e) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(s->oci_version, SPEC_VERSION);
		assert_int_equal(s->linux_.uid_mappings.n, i & 1);
		assert_true(!spec_ns_find(s, SPEC_NS_CGROUP) == !(i & 2));
		assert_int_equal(text[strlen(text) - 1], '\n');
	}
}

static void test_sample_like_runc(void **state)
{
	(void)state;
	if (system("PATH=$PATH:/usr/sbin; command -v runc && command -v jq") != 0) {
		print_message("SKIP: runc or jq is not installed\n");
		skip();
	}
	compare_sample(false);
	compare_sample(true);
}

/* A config of about a thousand lines, most of them a seccomp profile as podman writes it. */
static char *big_config(struct arena *a)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_add(&b, "{\n\"linux\": {\n\"seccomp\": {\n\"defaultAction\": \"SCMP_ACT_ERRNO\",\n"
		       "\"defaultErrnoRet\": 38,\n\"syscalls\": [");
	for (int rule = 0; rule < 30; rule++) {
		strbuf_addf(&b, "%s\n{\n\"names\": [", rule ? "," : "");
		for (int i = 0; i < 20; i++)
			strbuf_addf(&b, "%s\n\"system_call_%d\"", i ? "," : "", rule * 20 + i);
		strbuf_add(&b, "\n],\n\"action\": \"SCMP_ACT_ALLOW\",\n\"args\": [\n{\n"
			       "\"index\": 0,\n\"value\": 2114060288,\n\"valueTwo\": 0,\n"
			       "\"op\": \"SCMP_CMP_MASKED_EQ\"\n}\n]\n}");
	}
	strbuf_add(&b, "\n]\n}\n}\n}");
	return patched(a, b.s);
}

static void test_speed(void **state)
{
	auto_arena struct arena *texts = arena_new();
	char *text = big_config(texts);
	double best = 1e9;
	size_t lines = 1;

	(void)state;
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	for (int i = 0; i < 50; i++) {
		auto_arena struct arena *a = arena_new();
		struct timespec t0, t1;
		struct err e = {0};
		struct spec *s;
		double ms;

		clock_gettime(CLOCK_MONOTONIC, &t0);
		if (spec_parse(a, "c", text, strlen(text), &s, &e) < 0)
			fail_msg("%s", e.msg);
		clock_gettime(CLOCK_MONOTONIC, &t1);
		ms = (double)(t1.tv_sec - t0.tv_sec) * 1e3 +
		     (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
		best = ms < best ? ms : best;
	}
	print_message("spec_parse: %zu lines, %zu bytes: %.3f ms\n", lines, strlen(text), best);
	assert_true(lines > 1000);
	/* Ten times what it takes without sanitizers: a change of complexity fails, a slow machine
	 * does not. */
	assert_true(best < 5.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_position_of_checks),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_id_map_lines),
		cmocka_unit_test(test_check_after_change),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_like_runc),
		cmocka_unit_test(test_speed),
	};

	log_setup(&(struct log_options){.level = LOG_LEVEL_ERROR});
	return cmocka_run_group_tests(tests, NULL, NULL);
}
