// SPDX-License-Identifier: Apache-2.0
/*
 * Between the two files of `facts`: how a time is taken and noted. See facts.c.
 */
#ifndef LODGER_BENCH_FACTS_H
#define LODGER_BENCH_FACTS_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NS_ALL                                                                                     \
	(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID)

/* Nanoseconds of the monotonic clock. */
uint64_t now_ns(void);
/* End the process with errno's text and `what` unless `ok`. */
void check(bool ok, const char *what);
/* Add a time to the series of that group and name; any child may, one at a time. */
void note(const char *group, const char *name, uint64_t ns);
/* Where a child leaves the time of its end for the parent. */
void stamp_set(void);
uint64_t stamp_get(void);
/* clone3 with these CLONE_* flags and SIGCHLD, as fork otherwise. */
pid_t clone_ns(uint64_t flags);
/* Wait for a child that must have ended with 0. */
void reap(pid_t pid, const char *what);
/* Write the whole of `text` in one write. */
void file_write(const char *path, const char *text);

/* Time of EXPR, which must be true. */
#define TIMED(group, name, expr)                                                                   \
	do {                                                                                       \
		uint64_t timed_from = now_ns();                                                    \
		bool timed_ok = (expr);                                                            \
		uint64_t timed_to = now_ns();                                                      \
                                                                                                   \
		check(timed_ok, name);                                                             \
		note(group, name, timed_to - timed_from);                                          \
	} while (0)

/* The facts about mounts. `program` is what is copied or bound as init would be. */
void facts_handle(const char *program);
void facts_mounts(const char *rootfs);

#endif
