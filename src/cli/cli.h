// SPDX-License-Identifier: Apache-2.0
/* The command line as a function. */
#ifndef LODGER_CLI_CLI_H
#define LODGER_CLI_CLI_H

#include <stddef.h>

/* runc's exit status for a command that there is not. */
#define CLI_STATUS_NO_COMMAND 3

/* Do what the command line says; gives the exit status. argv[0] is not looked at. */
int cli_main(int argc, const char *const *argv);

#endif
