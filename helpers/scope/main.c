// SPDX-License-Identifier: Apache-2.0
/*
 * lodger-scope: asks systemd for what lodger wants of it, over sd-bus. In: arguments, one request.
 *
 *   start                          as standard input says: BUS, the number of words that follow,
 *                                  UNIT SLICE DESCRIPTION PID PROPERTY..., each ended by NUL;
 *                                  perhaps, soon after it was done, "ended"
 *   set    BUS UNIT PROPERTY...    change properties, until the next boot
 *   attach BUS UNIT SUBGROUP PID   move a process into the unit
 *   stop   BUS UNIT                nothing is left of the unit when it is done
 *   hold   BUS UNIT SLICE DESCRIPTION PROGRAM LINK PROPERTY...
 *                                  see hold.c
 *
 * BUS: addresses in the order in which they are tried, apart by ";". PROPERTY: four arguments,
 * NAME SIGNATURE VALUE and "optional" or "". Out: on standard error the line "done", or one that
 * says why not and perhaps one that says what helps; what it ignored is a line that begins with
 * "warning: ". Exit status 0 or 1. Where standard input ends before a request does, nothing is
 * asked and nothing said. Runs as a child of the front end, which does not load libsystemd: that
 * takes longer than the rest of its start. It is started before the front end knows what it will
 * ask for, so as to have a connection by then. Knows nothing of containers.
 */
#include <stdio.h>
#include <string.h>

#include "scope.h"

static const struct {
	const char *name;
	int min_args;
	scope_fn *run;
} requests[] = {
	{"set", 2, scope_set_properties},
	{"attach", 4, scope_attach},
	{"stop", 2, scope_stop_unit},
	{"hold", 6, scope_hold_unit},
};

static int start(void)
{
	auto_free char *bus = NULL;
	struct request q = {0};
	int r = input_word(&bus);

	if (r == 0)
		r = scope_each(bus, scope_start_unit, &q);
	input_free(&q);
	return r;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "start") == 0)
		return start() < 0 ? 1 : 0;
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(requests); i++) {
		struct request q = {.args = argv + 3, .n = argc - 3};

		if (strcmp(argv[1], requests[i].name) != 0 || argc - 2 < requests[i].min_args)
			continue;
		if (scope_each(argv[2], requests[i].run, &q) < 0)
			return 1;
		scope_done();
		return 0;
	}
	fprintf(stderr, "lodger-scope is run by lodger: it has no use by itself\n");
	return 2;
}
