// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of "linux.seccomp"; see check.h. In: a decoded struct spec. Out: the first error. Front
 * end only. Names of system calls are left to libseccomp: an unknown one may be that of a later
 * kernel.
 */
#include "spec/check.h"

/* Only these carry a number: seccomp(2), SECCOMP_RET_DATA. */
static bool action_has_errno(const char *action)
{
	return str_eq(action, "SCMP_ACT_ERRNO") || str_eq(action, "SCMP_ACT_TRACE");
}

static int check_rule(const struct spec_seccomp *sc, size_t i, struct err *e)
{
	const struct spec_seccomp_rule *rule = &sc->syscalls.v[i];
	bool notify = str_eq(rule->action, "SCMP_ACT_NOTIFY");

	for (size_t k = 0; k < rule->names.n; k++) {
		struct spec_path_text at = check_at("linux.seccomp.syscalls[%zu].names[%zu]", i, k);

		if (!*rule->names.v[k])
			return spec_path_fail(e, ERR_CONFIG_VALUE, at.text, "is empty");
		/* The runtime itself writes to hand the listener over, and would wait for it. */
		if (notify && str_eq(rule->names.v[k], "write"))
			return spec_path_fail(e, ERR_CONFIG_UNSUPPORTED, at.text,
				"SCMP_ACT_NOTIFY cannot be used for write");
	}
	if (rule->errno_ret.set && !action_has_errno(rule->action))
		return spec_path_fail(e, ERR_CONFIG_CONFLICT,
			check_at("linux.seccomp.syscalls[%zu].errnoRet", i).text,
			"%s does not return an errno", rule->action);
	if (notify && str_is_empty(sc->listener_path))
		return spec_path_fail(e, ERR_CONFIG_MISSING, "linux.seccomp.listenerPath",
			"is missing, but syscalls[%zu] has SCMP_ACT_NOTIFY", i);
	return 0;
}

int check_seccomp(const struct spec *s, struct err *e)
{
	const struct spec_seccomp *sc = s->linux_.seccomp;

	if (!sc)
		return 0;
	/* Every system call would wait for a listener that nobody could start. */
	if (str_eq(sc->default_action, "SCMP_ACT_NOTIFY"))
		return spec_path_fail(e, ERR_CONFIG_UNSUPPORTED, "linux.seccomp.defaultAction",
			"SCMP_ACT_NOTIFY cannot be the default");
	if (sc->default_errno_ret.set && !action_has_errno(sc->default_action))
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, "linux.seccomp.defaultErrnoRet",
			"%s does not return an errno", sc->default_action);
	if (!str_is_empty(sc->listener_metadata) && str_is_empty(sc->listener_path))
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, "linux.seccomp.listenerMetadata",
			"is set without listenerPath");
	for (size_t i = 0; i < sc->syscalls.n; i++) {
		int r = check_rule(sc, i, e);

		if (r < 0)
			return r;
	}
	return 0;
}
