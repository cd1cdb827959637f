// SPDX-License-Identifier: Apache-2.0
/* Private to src/lodger/: the scope that a user's containers share. */
#ifndef LODGER_LODGER_SESSION_H
#define LODGER_LODGER_SESSION_H

#include "lodger/internal.h"

/*
 * Have `f->session` be the cgroup of the user's session scope, made if there is none. Needs
 * FACTS_SESSION and FACTS_BUS. Nothing is done where there is one, nor without cgroup v2.
 * ERR_HOST_CGROUP, ERR_HOST_INSTALL.
 */
int session_need(struct lodger *l, struct facts *f, struct err *e);

/* Whether what the facts say about it is still so. */
bool session_is_there(struct lodger *l, const struct facts *f);

#endif
