// SPDX-License-Identifier: Apache-2.0
/*
 * Running one hook, which the front end and init do alike: those of the runtime's namespaces are
 * the front end's, those of the container's are init's. runtime-spec config.md, "POSIX-platform
 * Hooks".
 */
#ifndef LODGER_PROTOCOL_HOOK_H
#define LODGER_PROTOCOL_HOOK_H

#include "base/err.h"

struct hook {
	const char *title; /* as "createRuntime hook #0": runc's words, which engines pass on */
	const char *json_path; /* the object of the error */
	const char *path;
	const char *const *argv; /* NULL-terminated; without an entry, `path` is the only one */
	const char *const *envp; /* NULL-terminated */
	const char *state; /* JSON, for its standard input */
	int timeout_ms; /* -1 = none */
};

/*
 * Run it to its end. Standard output is the container's and not given to it; what it writes to its
 * standard error goes to ours, or into the error if it fails. 0 or ERR_HOOK.
 */
int hook_run(const struct hook *h, struct err *e);

#endif
