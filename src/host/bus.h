// SPDX-License-Identifier: Apache-2.0
/* Private to src/host/: where a systemd that manages units for the caller can be asked. */
#ifndef LODGER_HOST_BUS_H
#define LODGER_HOST_BUS_H

#include "host/facts.h"

/*
 * The user's runtime directory: XDG_RUNTIME_DIR, else /run/user/UID with the uid as the host has
 * it; /run for root. Whose it really is, is not looked at.
 */
const char *bus_runtime_dir(struct arena *a, const struct facts *f);

/* Fills `bus` and `systemd`. Looks at names of sockets only: nobody is connected to. */
void bus_find(struct arena *a, int root_fd, struct facts *f);

#endif
