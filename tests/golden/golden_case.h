// SPDX-License-Identifier: Apache-2.0
/* What a case.json may say, as a struct and its description; see test_golden.c. */
#ifndef LODGER_GOLDEN_CASE_H
#define LODGER_GOLDEN_CASE_H

#include "base/field.h"
#include "base/str.h"
#include "host/facts.h"
#include "plan/exec.h"

struct request {
	const char *id;
	const char *bundle;
	bool wait_start, no_pivot, no_new_keyring, console_given, detach;
	uint32_t preserve_fds;
	const char *listen_fds, *notify_dir, *network;
	struct strv publish;
	int32_t cgroup_manager;
	bool no_cgroup;
};

struct test_case {
	const char *about;
	const char *base;
	struct strv facts;
	struct strv show;
	struct request request;
	struct facts_target *target;
	struct strv enter;
	struct plan_exec_request exec;
	const char *live; /* "add" or "remove": the config's mounts, of a container that runs */
};

static const struct name manager_names[] = {
	{"cgroupfs", PLAN_CGROUP_FS},
	{"systemd", PLAN_CGROUP_SYSTEMD},
	{"session", PLAN_CGROUP_SESSION},
	{"disabled", PLAN_CGROUP_NONE},
	{NULL, 0},
};

#define ROW(type_, struct_, member)                                                                \
	{                                                                                          \
		.key = #member, .type = type_, .offset = offsetof(struct struct_, member)          \
	}

static const struct struct_desc request_desc = {"request", sizeof(struct request),
	(const struct field[]){
		ROW(FIELD_STR, request, id),
		ROW(FIELD_STR, request, bundle),
		ROW(FIELD_BOOL, request, wait_start),
		ROW(FIELD_BOOL, request, no_pivot),
		ROW(FIELD_BOOL, request, no_new_keyring),
		ROW(FIELD_BOOL, request, console_given),
		ROW(FIELD_BOOL, request, detach),
		ROW(FIELD_U32, request, preserve_fds),
		ROW(FIELD_STR, request, listen_fds),
		ROW(FIELD_STR, request, network),
		ROW(FIELD_STRV, request, publish),
		ROW(FIELD_STR, request, notify_dir),
		ROW(FIELD_BOOL, request, no_cgroup),
		{.key = "cgroup_manager",
			.type = FIELD_ENUM,
			.offset = offsetof(struct request, cgroup_manager),
			.names = manager_names},
		{.key = NULL},
	}};

static const struct struct_desc exec_desc = {"exec", sizeof(struct plan_exec_request),
	(const struct field[]){
		ROW(FIELD_STRV, plan_exec_request, args),
		ROW(FIELD_STR, plan_exec_request, cwd),
		ROW(FIELD_STR, plan_exec_request, user),
		ROW(FIELD_STR, plan_exec_request, apparmor),
		ROW(FIELD_STR, plan_exec_request, selinux),
		ROW(FIELD_STRV, plan_exec_request, env),
		ROW(FIELD_STRV, plan_exec_request, caps),
		ROW(FIELD_STRV, plan_exec_request, additional_gids),
		ROW(FIELD_BOOL, plan_exec_request, tty),
		ROW(FIELD_BOOL, plan_exec_request, no_new_privs),
		{.key = NULL},
	}};

static const struct struct_desc case_desc = {"case", sizeof(struct test_case),
	(const struct field[]){
		ROW(FIELD_STR, test_case, about),
		ROW(FIELD_STR, test_case, base),
		ROW(FIELD_STRV, test_case, facts),
		ROW(FIELD_STRV, test_case, show),
		{.key = "request",
			.type = FIELD_STRUCT,
			.offset = offsetof(struct test_case, request),
			.sub = &request_desc},
		{.key = "target",
			.type = FIELD_OBJECT,
			.offset = offsetof(struct test_case, target),
			.sub = &facts_target_desc},
		ROW(FIELD_STRV, test_case, enter),
		ROW(FIELD_STR, test_case, live),
		{.key = "exec",
			.type = FIELD_STRUCT,
			.offset = offsetof(struct test_case, exec),
			.sub = &exec_desc},
		{.key = NULL},
	}};

static const char *const case_keys[] = {"about", "base", "config", "facts", "facts_patch",
	"request", "show", "target", "enter", "live", "exec"};

#endif
