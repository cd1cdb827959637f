// SPDX-License-Identifier: Apache-2.0
/* --help from the tables. */
#ifndef LODGER_CLI_HELP_H
#define LODGER_CLI_HELP_H

#include <stdio.h>

#include "cli/commands.h"

#define HELP_SUMMARY "run OCI containers as yourself"

extern const char help_intro[];

/* What lodger is and which commands it has; and what one command does. */
void help_overview(FILE *out);
void help_command(FILE *out, const struct command *c);

#endif
