// SPDX-License-Identifier: Apache-2.0
/*
 * lodger-scope: asks systemd for what lodger wants of it, over sd-bus. In: arguments, one request.
 *
 *   start  BUS UNIT SLICE DESCRIPTION PID PROPERTY...   the process is in the scope when it ends
 *   set    BUS UNIT PROPERTY...                         change properties, until the next boot
 *   attach BUS UNIT SUBGROUP PID                        move a process into the unit
 *   stop   BUS UNIT                                     nothing is left of the unit when it ends
 *   hold   BUS UNIT SLICE DESCRIPTION PROGRAM LINK PROPERTY...
 *                                                       see hold.c
 *
 * BUS: addresses in the order in which they are tried, apart by ";". PROPERTY: four arguments,
 * NAME SIGNATURE VALUE and "optional" or "". Out: exit status 0, or 1 and on standard error a line
 * that says why and perhaps one that says what helps. What it ignored is a line that begins with
 * "warning: ". Runs as a child of the front end, which does not load libsystemd: that takes longer
 * than the rest of its start. Knows nothing of containers.
 */
#include <stdio.h>
#include <string.h>

#include "scope.h"

static const struct {
	const char *name;
	int min_args;
	scope_fn *run;
} requests[] = {
	{"start", 5, scope_start_unit},
	{"set", 2, scope_set_properties},
	{"attach", 4, scope_attach},
	{"stop", 2, scope_stop_unit},
	{"hold", 6, scope_hold_unit},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(requests); i++) {
		if (strcmp(argv[1], requests[i].name) != 0 || argc - 2 < requests[i].min_args)
			continue;
		return scope_each(argv[2], requests[i].run, argv + 3, argc - 3) < 0 ? 1 : 0;
	}
	fprintf(stderr, "lodger-scope is run by lodger: it has no use by itself\n");
	return 2;
}
