// SPDX-License-Identifier: Apache-2.0
/* Names of users that are not in /etc/passwd, from getent(1). */
#ifndef LODGER_HOST_GETENT_H
#define LODGER_HOST_GETENT_H

#include <stdint.h>

#include "base/mem.h"

/*
 * Run `program passwd UID` (absolute path) for at most `timeout_ms` and take the name from its
 * answer, into the arena. -ENOENT: it knows no such user, -ETIMEDOUT, or why it could not be run.
 */
int getent_user_name(
	struct arena *a, const char *program, uint32_t uid, int timeout_ms, const char **ret);

#endif
