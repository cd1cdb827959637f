// SPDX-License-Identifier: Apache-2.0
/* Mount steps, of which those that bind have sources of their own: mount.c and bind.c. */
#ifndef LODGER_INIT_MOUNT_H
#define LODGER_INIT_MOUNT_H

#include "init/init.h"

/* ERR_MOUNT, with the step's mount and `what` failed. Returns `r`, -errno. */
int mount_fail(struct err *e, const struct step_mount *m, int r, const char *what);

/* Whether it is copy-symlink's, and its source is a symlink. */
bool bind_is_symlink(const struct step_mount *m);

/*
 * Open the source, as a detached mount in in->prepared[i]; or leave it for bind_open_late(), and
 * say in in->needs_host if that has to find a path of the host. 0, or -errno with `e` written.
 */
int bind_prepare(struct init *in, size_t i, struct err *e);

/*
 * When its turn has come: a source in the root filesystem, or one that was not there early. 1, or 0
 * where it is optional and not there; -errno with `e` written.
 */
int bind_open_late(struct init *in, size_t i, struct err *e);

/* The step's mount flags for the mount `fd`. 0, or -errno with `e` written. */
int bind_set_attrs(int fd, const struct step_mount *m, struct err *e);

/* copy-symlink: what the source points to is no business of the mount; the link itself is copied.
 */
int bind_copy_symlink(struct init *in, const struct step_mount *m, struct err *e);

#endif
