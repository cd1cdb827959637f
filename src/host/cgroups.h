// SPDX-License-Identifier: Apache-2.0
/* Private to src/host/: the facts about cgroups. */
#ifndef LODGER_HOST_CGROUPS_H
#define LODGER_HOST_CGROUPS_H

#include "host/facts.h"

/* The layout, and of the rest what `want` (enum facts_want) names. */
void cgroups_read(struct arena *a, int root_fd, unsigned want, struct facts *f);

#endif
