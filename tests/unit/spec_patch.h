// SPDX-License-Identifier: Apache-2.0
/* For tests: a small valid config.json, and configs made from it by RFC 7396 merge patches. */
#ifndef TESTS_UNIT_SPEC_PATCH_H
#define TESTS_UNIT_SPEC_PATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "json_merge.h"
#include "spec/spec.h"

#define assert_contains(text, part)                                                                \
	do {                                                                                       \
		if (!strstr((text), (part)))                                                       \
			fail_msg("\"%s\" does not contain \"%s\"", (text), (part));                \
	} while (0)

/* Patches below "linux", "process", "linux.seccomp"; a list of namespaces; one seccomp rule. */
#define L(x)    "{\"linux\": {" x "}}"
#define P(x)    "{\"process\": {" x "}}"
#define SC(x)   "{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", " x "}}}"
#define NS(x)   "\"namespaces\": [" x "]"
#define RULE(x) SC("\"syscalls\": [{\"names\": [\"read\"], " x "}]")

/* A config that every patch below starts from. */
static const char base_config[] =
	"{\"ociVersion\": \"1.3.0\",\n"
	" \"root\": {\"path\": \"rootfs\"},\n"
	" \"process\": {\"cwd\": \"/\", \"args\": [\"sh\"], \"user\": {\"uid\": 0, \"gid\": 0}},\n"
	" \"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"pid\"},\n"
	"  {\"type\": \"network\"}, {\"type\": \"uts\"}, {\"type\": \"ipc\"}, {\"type\": "
	"\"user\"},\n"
	"  {\"type\": \"cgroup\"}, {\"type\": \"time\"}]}}";

static inline struct json *parse(struct arena *a, const char *text)
{
	struct err e = {0};
	struct json *v = NULL;

	if (json_parse(a, "test", text, strlen(text), NULL, &v, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	return v;
}

static inline char *patched(struct arena *a, const char *patch)
{
	auto_json_writer struct json_writer *w = json_writer_new(1);

	write_merged(w, parse(a, base_config), parse(a, patch));
	return arena_strdup(a, json_writer_text(w, NULL));
}

static inline struct spec *accept(struct arena *a, const char *patch)
{
	char *text = patched(a, patch);
	struct err e = {0};
	struct spec *s = NULL;

	if (spec_parse(a, "config.json", text, strlen(text), &s, &e) < 0)
		fail_msg("%s: %s", patch, e.msg);
	return s;
}

#endif
