// SPDX-License-Identifier: Apache-2.0
/* Descriptions of the parts of struct spec that more than one file of tables refers to. */
#ifndef LODGER_SPEC_FIELDS_H
#define LODGER_SPEC_FIELDS_H

#include "spec/spec.h"

/* A row for member `m` of THIS, which the file defines to the struct at hand. */
#define FIELD(k, t, m, ...)                                                                        \
	{                                                                                          \
		.key = (k), .type = (t), .offset = offsetof(THIS, m), ##__VA_ARGS__                \
	}
#define FIELDS_END                                                                                 \
	{                                                                                          \
		.key = NULL                                                                        \
	}
#define DESC(type, table)                                                                          \
	{                                                                                          \
		.name = #type, .size = sizeof(struct type), .fields = (table)                      \
	}

/* The highest id: 2^32 - 1 means "no id" to chown(2) and setresuid(2). */
#define SPEC_ID_MAX 4294967294

extern const struct struct_desc spec_id_map_desc;
extern const struct struct_desc spec_linux_desc;
/* A spec of which nothing but the mounts is read. */
extern const struct struct_desc spec_mounts_desc;
extern const struct struct_desc spec_resources_desc;
extern const struct struct_desc spec_seccomp_desc;

#endif
