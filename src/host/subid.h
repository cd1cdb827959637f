// SPDX-License-Identifier: Apache-2.0
/* /etc/subuid and /etc/subgid as text → ranges. subuid(5). */
#ifndef LODGER_HOST_SUBID_H
#define LODGER_HOST_SUBID_H

#include "host/facts.h"

/*
 * The ranges of a user in the text of a subordinate id file, in file order: lines
 * "name:start:count" whose first field is the user's name (may be NULL) or its decimal uid.
 * Malformed lines and ranges that are empty or wrap around 2^32 are left out, as newuidmap(1) does;
 * so are ranges that overlap an earlier one, since no id map can hold both.
 */
void subid_parse(struct arena *a, const char *text, const char *name, uint32_t uid, id_ranges *ret);

#endif
