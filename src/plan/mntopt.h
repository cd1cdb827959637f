// SPDX-License-Identifier: Apache-2.0
/* Mount options of config.json: words → attributes, propagation and what is left for the file
 * system. */
#ifndef LODGER_PLAN_MNTOPT_H
#define LODGER_PLAN_MNTOPT_H

#include "plan/plan.h"

/*
 * Apply one option word to a mount step. False if the word is none of ours: it belongs to the file
 * system ("size=64k"). Later words win over earlier ones, as with mount(8).
 */
bool mntopt_apply(struct step_mount *m, const char *word);

/* Whether the word is about a file system as a whole, so that a bind can only share what it is. */
bool mntopt_is_superblock(const char *word);

/* MS_* for "private", "rslave" …; 0 if the word is no propagation. */
uint64_t mntopt_propagation(const char *word);

/* Every word known, for `lodger features`: table of NULL-terminated strings in the arena. */
struct strv mntopt_words(struct arena *a);

#endif
