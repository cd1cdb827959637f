// SPDX-License-Identifier: Apache-2.0
/*
 * What can be said against a config without looking at the host: one row a check. Add a check by
 * adding a function, its row in check.c, and a row for each way to break it in
 * tests/unit/test_spec_check.c (a check without one fails that test).
 */
#ifndef LODGER_SPEC_CHECK_H
#define LODGER_SPEC_CHECK_H

#include "spec/path.h"
#include "spec/spec.h"

struct check {
	const char *name;
	/* 0, or the error with the JSON path as object; may log warnings */
	int (*run)(const struct spec *s, struct err *e);
};

extern const struct check spec_checks[]; /* name NULL ends the table */

/* check_fields.c: flags and words of the field tables. */
int check_fields(const struct spec *s, struct err *e);

/* check_process.c */
int check_env(const struct spec *s, struct err *e);
int check_rlimits(const struct spec *s, struct err *e);
int check_scheduler(const struct spec *s, struct err *e);
int check_cpu_affinity(const struct spec *s, struct err *e);

/* check_linux.c */
int check_namespaces(const struct spec *s, struct err *e);
int check_id_maps(const struct spec *s, struct err *e);
int check_mounts(const struct spec *s, struct err *e);
int check_uts(const struct spec *s, struct err *e);
int check_time_offsets(const struct spec *s, struct err *e);
int check_hidden_paths(const struct spec *s, struct err *e);
int check_devices(const struct spec *s, struct err *e);
int check_sysctl(const struct spec *s, struct err *e);
int check_net_devices(const struct spec *s, struct err *e);

/* check_resources.c */
int check_cgroups_path(const struct spec *s, struct err *e);
int check_resources(const struct spec *s, struct err *e);
int check_intel_rdt(const struct spec *s, struct err *e);
int check_memory_policy(const struct spec *s, struct err *e);
int check_personality(const struct spec *s, struct err *e);

/* check_seccomp.c */
int check_seccomp(const struct spec *s, struct err *e);

/* A JSON path for spec_path_fail(), from a format: check_at("mounts[%zu].type", i).text. */
struct spec_path_text check_at(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whether `s` is a list of numbers and ranges as the kernel takes it for CPUs and memory nodes:
 * "0-3,7". Blanks around commas are tolerated. */
bool check_is_cpu_list(const char *s);

#endif
