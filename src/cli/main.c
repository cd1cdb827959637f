// SPDX-License-Identifier: Apache-2.0
/* lodger's main(): everything is in cli.c, where tests reach it. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, (const char *const *)argv);
}
