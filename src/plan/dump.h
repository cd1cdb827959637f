// SPDX-License-Identifier: Apache-2.0
/* A plan as JSON, for people: golden tests, and whoever asks what would be done. */
#ifndef LODGER_PLAN_DUMP_H
#define LODGER_PLAN_DUMP_H

#include "base/json.h"
#include "plan/plan.h"

/*
 * Write a plan as one object: the members that plan_desc and plan_init_desc have, then the steps in
 * order, each as {"step": NAME, …} with the members of its payload. Flags are words, modes octal,
 * limits without bound "unlimited". What is false, empty or absent is left out; numbers never are.
 * The same plan always gives the same text.
 */
void plan_dump(struct json_writer *w, const struct plan *plan);

/* One step of it. */
void plan_dump_step(struct json_writer *w, const struct step *step);

#endif
