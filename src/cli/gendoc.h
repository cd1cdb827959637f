// SPDX-License-Identifier: Apache-2.0
/* What gendoc puts in the place of a marker. */
#ifndef LODGER_CLI_GENDOC_H
#define LODGER_CLI_GENDOC_H

#include <stdio.h>

#include "cli/commands.h"

/* Tables for the completions; `self` is not looked at. */
void gendoc_bash(FILE *out, const struct command *self);
void gendoc_zsh(FILE *out, const struct command *self);
void gendoc_fish(FILE *out, const struct command *self);

/* What the value of an option can be completed with. */
enum gendoc_value { GENDOC_NONE, GENDOC_DIR, GENDOC_FILE, GENDOC_WORDS };
enum gendoc_value gendoc_value(const struct option_row *row);

/* Whether the usage text of the command's arguments has the word. */
bool gendoc_has_arg(const struct command *c, const char *word);

#endif
