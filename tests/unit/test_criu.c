// SPDX-License-Identifier: Apache-2.0
/* plan/criu.h and protocol/criurpc.h: what criu is asked, in which bytes, and what it answers. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/criurpc.h"

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* A container: a root, a procfs, two volumes, one of them with a mount below, a masked file. */
static const char mountinfo[] = "10 1 8:1 /srv/rootfs / rw,relatime - ext4 /dev/sda rw\n"
				"11 10 0:5 / /proc rw - proc proc rw\n"
				"12 10 8:1 /data /data\\040one rw - ext4 /dev/sda rw\n"
				"13 12 8:2 / /data\\040one/sub rw - ext4 /dev/sdb rw\n"
				"14 10 8:1 /logs /real/logs ro - ext4 /dev/sda rw\n"
				"15 11 0:6 /null /proc/kcore rw - devtmpfs devtmpfs rw\n"
				"no line\n"
				"16 10 0:7 / /mnt rw - tmpfs tmpfs rw\n";

enum { PROC, DATA, LOGS, KCORE, PLACES };

static criu_place_list make_places(struct criu_place *p)
{
	const struct criu_place all[PLACES] = {
		[PROC] = {.dest = "/proc", .mount_id = 11},
		[DATA] = {.dest = "/data one",
			.source = "/data",
			.recursive = true,
			.mount_id = 12,
			.file = {1, 100},
			.source_file = {1, 100}},
		[LOGS] = {.dest = "/logs",
			.source = "/var/logs",
			.mount_id = 14,
			.file = {1, 200},
			.source_file = {1, 200}},
		[KCORE] = {.dest = "/proc/kcore",
			.source = "/dev/null",
			.mask = true,
			.mount_id = 15,
			.file = {6, 1}},
	};

	memcpy(p, all, sizeof(all));
	return (criu_place_list){p, PLACES};
}

static void assert_pairs(const kv_list *list, const char *const *want)
{
	size_t n = 0;

	for (; want[2 * n]; n++) {
		assert_true(n < list->n);
		assert_string_equal(list->v[n].key, want[2 * n]);
		assert_string_equal(list->v[n].value, want[2 * n + 1]);
	}
	assert_int_equal(list->n, n);
}

static void test_mountinfo(void **state)
{
	criu_mountinfo_list list = plan_criu_mountinfo(*state, mountinfo);

	assert_int_equal(list.n, 7);
	assert_int_equal(list.v[2].id, 12);
	assert_int_equal(list.v[2].parent, 10);
	assert_string_equal(list.v[2].root, "/data");
	assert_string_equal(list.v[2].point, "/data one");
	assert_int_equal(plan_criu_mountinfo(*state, "").n, 0);
}

static void test_places(void **state)
{
	struct step steps[] = {
		{.kind = STEP_PROPAGATION},
		{.kind = STEP_MOUNT, .mount = {.dest = "/proc", .fstype = "proc"}},
		{.kind = STEP_MOUNT,
			.mount = {.dest = "/v",
				.source = "/s",
				.flags = STEP_MOUNT_BIND | STEP_MOUNT_REC}},
		{.kind = STEP_DEVICE, .device = {.path = "/dev/null"}},
		{.kind = STEP_DEVICE, .device = {.path = "/dev/zero", .source = "/dev/zero"}},
		{.kind = STEP_MASK, .path = {"/proc/kcore"}},
	};
	const struct plan plan = {.init.steps = {steps, ARRAY_SIZE(steps)}};
	criu_place_list places = plan_criu_places(*state, &plan);

	assert_int_equal(places.n, 4);
	assert_null(places.v[0].source);
	assert_string_equal(places.v[1].source, "/s");
	assert_true(places.v[1].recursive);
	assert_string_equal(places.v[2].dest, "/dev/zero");
	assert_true(places.v[3].mask);
	for (size_t i = 0; i < places.n; i++)
		assert_int_equal(places.v[i].mount_id, -1);
}

static void test_dump_mounts(void **state)
{
	static const char *const want[] = {"/data one", "/data one", "/data one/sub",
		"/data one/sub", "/real/logs", "/logs", "/proc/kcore", "/dev/null", NULL};
	criu_mountinfo_list mounts = plan_criu_mountinfo(*state, mountinfo);
	struct criu_place p[PLACES];
	criu_place_list places = make_places(p);
	struct err e = {0};
	kv_list list;

	assert_int_equal(plan_criu_dump_mounts(*state, &places, &mounts, &list, &e), 0);
	assert_pairs(&list, want);
	/* A source that was replaced since is no exchange. */
	p[LOGS].source_file.ino = 201;
	assert_int_equal(plan_criu_dump_mounts(*state, &places, &mounts, &list, &e), 0);
	/* Without "rbind", what is below is the container's own. */
	p[DATA].recursive = false;
	assert_int_equal(plan_criu_dump_mounts(*state, &places, &mounts, &list, &e), 0);
	assert_int_equal(list.n, 3);
}

static void test_exchanged(void **state)
{
	criu_mountinfo_list mounts = plan_criu_mountinfo(*state, mountinfo);
	struct criu_place p[PLACES];
	criu_place_list places = make_places(p);
	struct err e = {0};
	kv_list list = {0};

	p[DATA].file.ino = 200;
	p[LOGS].file.ino = 100;
	assert_int_equal(plan_criu_dump_mounts(*state, &places, &mounts, &list, &e), -EXDEV);
	assert_int_equal(e.code, ERR_CONFIG_CONFLICT);
	assert_non_null(strstr(e.msg, "exchanged"));
	assert_int_equal(list.n, 0);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"/x]:etc", "/a/b]:", "/]:/c"};
	criu_mountinfo_list mounts = plan_criu_mountinfo(*state, mountinfo);
	struct criu_place p[PLACES];
	criu_place_list places;
	kv_list list;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = {0};

		places = make_places(p);
		p[LOGS].dest = bad[i];
		assert_int_equal(
			plan_criu_dump_mounts(*state, &places, &mounts, &list, &e), -EINVAL);
		assert_int_equal(e.code, ERR_CONFIG_UNSUPPORTED);
		assert_string_equal(e.object, bad[i]);
		assert_int_equal(
			plan_criu_restore_mounts(*state, &places, &mounts, &list, NULL), -EINVAL);
		places = make_places(p);
		p[LOGS].source = bad[i];
		assert_int_equal(
			plan_criu_restore_mounts(*state, &places, &mounts, &list, NULL), -EINVAL);
		/* Where a symlink has led: what the kernel says counts. */
		places = make_places(p);
		mounts = plan_criu_mountinfo(*state, mountinfo);
		mounts.v[4].point = bad[i];
		assert_int_equal(
			plan_criu_dump_mounts(*state, &places, &mounts, &list, NULL), -EINVAL);
		mounts = plan_criu_mountinfo(*state, mountinfo);
	}
	/* Half of it is harmless. */
	places = make_places(p);
	p[LOGS].dest = "/x]y:z[";
	assert_int_equal(plan_criu_dump_mounts(*state, &places, &mounts, &list, NULL), 0);
}

static void test_restore_mounts(void **state)
{
	static const char *const want[] = {"/data one", "/data", "/logs", "/var/logs", "/dev/null",
		"/dev/null", "/data one/disk", "/data/disk", NULL};
	criu_mountinfo_list host = plan_criu_mountinfo(*state,
		"1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /data/disk rw - ext4 b rw\n"
		"3 1 8:3 / /data2 rw - ext4 c rw\n4 1 8:3 / /var/logs/x rw - ext4 c rw\n");
	struct criu_place p[PLACES];
	criu_place_list places = make_places(p);
	kv_list list;

	assert_int_equal(plan_criu_restore_mounts(*state, &places, &host, &list, NULL), 0);
	assert_pairs(&list, want);
}

static void test_options(void **state)
{
	struct criu_wishes w = {0};
	struct criu_options o;
	struct err e = {0};

	assert_int_equal(plan_criu_options(*state, &w, CRIU_DUMP, &o, &e), 0);
	assert_string_equal(o.log_file, "dump.log");
	assert_int_equal(o.manage_cgroups_mode, 3);
	assert_int_equal(o.network_lock, CRIU_UNSET);
	assert_int_equal(o.empty_ns, CLONE_NEWNET);
	assert_false(o.rst_sibling);
	assert_false(o.track_mem);
	w = (struct criu_wishes){.manage_cgroups_mode = "ignore",
		.network_lock = "skip",
		.parent_path = "../p",
		.page_server = "[::1]:27",
		.leave_running = true};
	assert_int_equal(plan_criu_options(*state, &w, CRIU_RESTORE, &o, &e), 0);
	assert_string_equal(o.log_file, "restore.log");
	assert_int_equal(o.manage_cgroups_mode, 0);
	assert_int_equal(o.network_lock, 3);
	assert_string_equal(o.page_server, "[::1]");
	assert_int_equal(o.page_server_port, 27);
	assert_true(o.rst_sibling && o.track_mem && o.leave_running);
}

static void test_bad_options(void **state)
{
	static const char *const servers[] = {"", ":1", "a", "a:", "a:0", "a:65536", "a:x"};
	struct criu_options o;

	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		const struct criu_wishes w = {.page_server = servers[i]};
		struct err e = {0};

		assert_true(plan_criu_options(*state, &w, CRIU_DUMP, &o, &e) < 0);
		assert_int_equal(e.code, ERR_USAGE);
	}
	struct criu_wishes w = {.parent_path = "/absolute"};

	assert_true(plan_criu_options(*state, &w, CRIU_DUMP, &o, NULL) < 0);
	w = (struct criu_wishes){0};
	strv_add(*state, &w.empty_ns, "ipc");
	assert_true(plan_criu_options(*state, &w, CRIU_DUMP, &o, NULL) < 0);
}

static void test_log(void **state)
{
	static const char log[] = "(00.000001) Version: 4\n"
				  "(00.0002)      7: Error (criu/a.c:1): mnt: no map\n"
				  "(00.0003) Warn  (criu/b.c:2): not so bad\n"
				  "(00.0004) Error (criu/c.c:3): Dumping FAILED.\n";

	assert_string_equal(plan_criu_log_errors(*state, log, 700), "mnt: no map; Dumping FAILED.");
	assert_string_equal(plan_criu_log_errors(*state, log, 12), "mnt: no map");
	assert_string_equal(plan_criu_log_errors(*state, log, 5), "mnt: ");
	assert_null(plan_criu_log_errors(*state, "Error (without end\nfine\n", 700));
	assert_null(plan_criu_log_errors(*state, "", 700));
}

/* The bytes as the encoding of protocol buffers has them, worked out by hand. */
static void test_request(void **state)
{
	static const unsigned char want[] = {0x08, 2, /* type: RESTORE */
		0x12, 57, /* opts */
		0x08, 4, /* images_dir_fd */
		0x10, 0xb9, 0x60, /* pid 12345 */
		0x18, 1, /* leave_running */
		0x52, 1, 'l', /* log_file */
		0xba, 0x01, 10, 0x0a, 2, '/', 'a', 0x12, 4, '/', 's', 'r', 'c', /* ext_mnt */
		0xda, 0x01, 8, 0x0a, 4, 'p', ':', '[', '7', 0x10, 2, /* inherit_fd */
		0x90, 0x02, 0, /* manage_cgroups_mode: ignore */
		0xaa, 0x02, 3, 'n', 'e', 't', /* external */
		0xb0, 0x02, 0x80, 0x80, 0x80, 0x80, 0x04, /* empty_ns */
		0x5a, 5, 0x0a, 1, 'h', 0x10, 9}; /* ps */
	struct kv mnt = {"/a", "/src"};
	struct criu_fd fd = {"p:[7", 2};
	struct criu_options o = {
		.images_dir_fd = 4,
		.pid = 12345,
		.leave_running = true,
		.log_level = CRIU_UNSET,
		.log_file = "l",
		.work_dir_fd = CRIU_UNSET,
		.ext_mnt = {&mnt, 1},
		.inherit_fd = {&fd, 1},
		.manage_cgroups_mode = 0,
		.empty_ns = CLONE_NEWNET,
		.network_lock = CRIU_UNSET,
		.page_server = "h",
		.page_server_port = 9,
	};
	auto_strbuf struct strbuf b = {0};

	strv_add(*state, &o.external, "net");
	criurpc_put_request(CRIU_RESTORE, &o, &b);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.s, want, sizeof(want));
	strbuf_done(&b);
	b = (struct strbuf){0};
	criurpc_put_noted(&b);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.s, "\x08\x06\x18\x01", 4);
}

static const unsigned char notice[] = {0x08, 6, 0x10, 1, /* NOTIFY, success */
	0x2a, 11, 0x0a, 6, 's', 'e', 't', 'u', 'p', '!', 0x10, 0x92, 0x01, /* script, pid 146 */
	0x82, 0x01, 2, 'x', 'y', /* a text of a later version */
	0x89, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 0x8d, 0x01, 1, 2, 3, 4}; /* fixed numbers */

static void test_answers(void **state)
{
	static const unsigned char done[] = {0x08, 2, 0x10, 1, 0x22, 2, 0x08, 77};
	static const unsigned char failed[] = {0x08, 1, 0x10, 0, 0x38, 22};
	struct criu_answer a;

	(void)state;
	assert_int_equal(criurpc_get_answer(notice, sizeof(notice), &a), 0);
	assert_int_equal(a.type, CRIURPC_NOTIFY);
	assert_string_equal(a.script, "setup!");
	assert_int_equal(a.pid, 146);
	assert_int_equal(criurpc_get_answer(done, sizeof(done), &a), 0);
	assert_int_equal(a.type, CRIU_RESTORE);
	assert_true(a.success);
	assert_int_equal(a.pid, 77);
	assert_string_equal(a.script, "");
	assert_int_equal(criurpc_get_answer(failed, sizeof(failed), &a), 0);
	assert_false(a.success);
	assert_int_equal(a.errnum, 22);
}

static void test_bad_answers(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{"", 0}, /* without a type */
		{"\x10\x01", 2}, {"\x08", 1}, /* without its value */
		{"\x08\x06\x2a\x7f", 4}, /* longer than there is */
		{"\x08\x06\x0b", 3}, /* a group */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* no end of a number */
		{"\x08\x06\x2a\x24\x0a\x22"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			40}, /* a name that is too long */
	};
	struct criu_answer a = {.pid = 5};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(criurpc_get_answer(bad[i].bytes, bad[i].n, &a), -EPROTO);
	assert_int_equal(a.pid, 5);
	/* Cut anywhere, it is refused or means what it says so far; it is never read beyond. */
	for (size_t n = 0; n < sizeof(notice); n++) {
		unsigned char *part = xmalloc(n + 1);

		memcpy(part, notice, n);
		if (criurpc_get_answer(part, n, &a) == 0)
			assert_int_equal(a.type, CRIURPC_NOTIFY);
		free(part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mountinfo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dump_mounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchanged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_mounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_answers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
