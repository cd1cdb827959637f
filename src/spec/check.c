// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of a config; see check.h. In: a decoded struct spec. Out: the first error. Front end only;
 * touches nothing outside, so that a bad config leaves nothing behind.
 */
#include "spec/check.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct spec_path_text check_at(const char *fmt, ...)
{
	struct spec_path_text t;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t.text, sizeof(t.text), fmt, ap);
	va_end(ap);
	return t;
}

static const char *skip_digits(const char *s)
{
	while (isdigit((unsigned char)*s))
		s++;
	return s;
}

bool check_is_cpu_list(const char *s)
{
	for (;;) {
		const char *end;

		s += strspn(s, " ");
		end = skip_digits(s);
		if (end == s)
			return false;
		s = end;
		if (*s == '-') {
			end = skip_digits(s + 1);
			if (end == s + 1)
				return false;
			s = end;
		}
		s += strspn(s, " ");
		if (!*s)
			return true;
		if (*s++ != ',')
			return false;
	}
}

/* One dotted part of a version's core; NULL where there is none. */
static const char *skip_version_part(const char *s)
{
	const char *end = s ? skip_digits(s) : NULL;

	return end == s ? NULL : end;
}

/* MAJOR.MINOR.PATCH with anything after "-" or "+", semver.org. */
static bool is_semver(const char *s)
{
	for (int i = 0; i < 3; i++) {
		s = skip_version_part(s);
		if (!s || (i < 2 && *s++ != '.'))
			return false;
	}
	if (!*s)
		return true;
	if ((*s != '-' && *s != '+') || !s[1])
		return false;
	for (s++; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(".-+", *s))
			return false;
	return true;
}

static int check_version(const struct spec *s, struct err *e)
{
	const char *version = s->oci_version;

	if (!is_semver(version))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "ociVersion",
			"%s is not a version (as \"" SPEC_VERSION "\" is)",
			json_quoted(version).text);
	if (!str_after(version, "1."))
		return spec_path_fail(e, ERR_CONFIG_UNSUPPORTED, "ociVersion",
			"%s is not supported, only 1.x is", json_quoted(version).text);
	return 0;
}

static int check_annotations(const struct spec *s, struct err *e)
{
	const struct kv *kv;

	array_foreach (kv, &s->annotations)
		if (!*kv->key)
			return spec_path_fail(
				e, ERR_CONFIG_VALUE, "annotations[\"\"]", "the key is empty");
	return 0;
}

/* "fields" comes first: the others rely on required members being there. */
const struct check spec_checks[] = {
	{"fields", check_fields},
	{"version", check_version},
	{"annotations", check_annotations},
	{"env", check_env},
	{"rlimits", check_rlimits},
	{"scheduler", check_scheduler},
	{"cpu-affinity", check_cpu_affinity},
	{"namespaces", check_namespaces},
	{"id-maps", check_id_maps},
	{"mounts", check_mounts},
	{"uts", check_uts},
	{"time-offsets", check_time_offsets},
	{"hidden-paths", check_hidden_paths},
	{"devices", check_devices},
	{"sysctl", check_sysctl},
	{"net-devices", check_net_devices},
	{"cgroups-path", check_cgroups_path},
	{"resources", check_resources},
	{"seccomp", check_seccomp},
	{"intel-rdt", check_intel_rdt},
	{"memory-policy", check_memory_policy},
	{"personality", check_personality},
	{NULL, NULL},
};

int spec_check(const struct spec *s, struct err *e)
{
	for (const struct check *c = spec_checks; c->name; c++) {
		int r = c->run(s, e);

		if (r < 0)
			return r;
	}
	return 0;
}
