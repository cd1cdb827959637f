// SPDX-License-Identifier: Apache-2.0
/* The protocol between front end and init, tested with real processes: what the files share. */
#ifndef TESTS_PROTOCOL_TEST_H
#define TESTS_PROTOCOL_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol/message.h"

/* Descriptor at which the fake init finds its struct fake_order: the one that is "preserved". */
#define FAKE_ORDER_FD 3

/* What the fake init shall do; the front end that starts it knows nothing of this. */
enum fake_point {
	FAKE_AT_ONCE, /* before the plan is read */
	FAKE_AFTER_PLAN,
	FAKE_AFTER_MAPS, /* after procMapped, where ids are mapped */
	FAKE_AFTER_READY, /* procReady sent, procRun received */
};

enum fake_deed {
	FAKE_EXIT, /* with status `number` */
	FAKE_TRAP, /* die by SIGILL */
	FAKE_CLOSE_AND_STAY, /* close the sync socket, do not end */
	FAKE_SEND, /* a message of type `number` with `fds` descriptors and `bytes` bytes; stay */
	FAKE_SEND_AND_EXIT,
	FAKE_RAW, /* `bytes` bytes of 0xff as one message; stay */
	FAKE_ERROR, /* a procError, spoilt as `number` says; exit 1 */
	FAKE_FORKED, /* procForked with a pidfd as `number` says; stay */
	FAKE_FLOOD, /* `number` log lines, each with its number and `bytes` bytes; go on */
	FAKE_NOISE, /* `bytes` bytes without any end of line into the log; go on */
	FAKE_GO_ON, /* nothing wrong */
};

enum { SPOIL_NOTHING, SPOIL_CODE_NONE, SPOIL_CODE_BEYOND, SPOIL_CUT, SPOIL_LONG, SPOIL_MORE };
enum { PIDFD_OWN, PIDFD_STRANGER, PIDFD_NONE };

struct fake_order {
	enum fake_point point;
	enum fake_deed deed;
	bool mapped; /* procMapped will come */
	uint32_t number;
	int fds;
	size_t bytes;
};

/* The part of init, if this process was started as one; does not return then. */
void fake_init_if_asked(int argc, char **argv);

/* Where the binaries lie and scratch directories can be made. */
struct place {
	char dir[64]; /* of the suite, with copies of the binaries */
	char init[96]; /* the real lodger-init */
	char fake[96]; /* this program */
	const char *who; /* "root" or "user" */
};

/*
 * One test: `fn` in a process of its own, which must end within a limit and leave neither
 * processes nor descriptors behind. `fn` reports by check().
 */
typedef void case_fn(const struct place *place, const void *arg);
void case_run(const struct place *place, case_fn *fn, const void *arg, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Inside of a test: a condition, and what is wrong where it does not hold. */
void check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The two halves. */
void init_cases(const struct place *place);
void front_cases(const struct place *place);
void exec_cases(const struct place *place);

#endif
