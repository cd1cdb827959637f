// SPDX-License-Identifier: Apache-2.0
/* Private to src/lodger/: what checkpoint and restore have in common. */
#ifndef LODGER_LODGER_CRIU_H
#define LODGER_LODGER_CRIU_H

#include "launch/criu.h"
#include "lodger/internal.h"

/* Standard descriptors of a saved container: a JSON list of texts, as runc has it. */
#define CRIU_DESCRIPTORS "descriptors.json"

/* The directory of a checkpoint, open. */
struct criu_dirs {
	int image;
	const char *image_path; /* absolute */
};
#define CRIU_DIRS_NONE                                                                             \
	{                                                                                          \
		.image = -1                                                                        \
	}
void criu_dirs_close(struct criu_dirs *d);
#define auto_criu_dirs __attribute__((cleanup(criu_dirs_close)))

/* Whether the caller can have criu at all. ERR_HOST_PERMISSION. */
int criu_check_caller(struct lodger *l, const char *id, struct err *e);

/*
 * The program, the options and the directories (with `make`, made where missing), by what was asked
 * for. ERR_HOST_INSTALL, ERR_USAGE.
 */
int criu_prepare(struct lodger *l, const struct lodger_criu *opts, enum criu_verb verb,
	struct criu_dirs *dirs, struct criu *ret, struct err *e);

/* /proc/PID/mountinfo, "self" for PID. ERR_SYSTEM. */
int criu_mounts(struct lodger *l, const char *pid, criu_mountinfo_list *ret, struct err *e);

#endif
