// SPDX-License-Identifier: Apache-2.0
/*
 * Structs that lodger itself writes and reads again as JSON (the state record, the facts of a
 * golden test), by their description. For config.json, whose reader owes the user more, see
 * spec/decode.h.
 */
#ifndef LODGER_BASE_RECORD_H
#define LODGER_BASE_RECORD_H

#include "base/err.h"
#include "base/field.h"
#include "base/json.h"
#include "base/mem.h"

/*
 * Write a struct as an object. Absent strings, opt_ values and objects and empty lists and maps
 * are left out; numbers, enums and booleans are always written. FIELD_BYTES have no place in
 * a record and are left out; FIELD_OBJECTS are written and not read.
 */
void record_write(struct json_writer *w, const struct struct_desc *d, const void *object);

/*
 * Fill the struct that `d` describes from an object; strings and arrays live in `a`. A member that
 * the JSON lacks, or has as null, becomes zero unless it is FIELD_REQUIRED; one that the
 * description lacks is passed over. `name` begins the JSON path in errors. Codes:
 * ERR_CONFIG_TYPE, _VALUE, _MISSING; `*ret` is untouched on failure.
 */
int record_read(struct arena *a, const struct struct_desc *d, const char *name,
	const struct json *v, void *ret, struct err *e);

#endif
