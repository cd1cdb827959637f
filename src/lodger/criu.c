// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint and restore: why not. In: who calls. Out: an error that says what the kernel, criu(8)
 * and lodger lack. Front end; touches nothing.
 */
#include <errno.h>

#include "lodger/internal.h"

#define CAP_CHECKPOINT_RESTORE_NR 40u /* Linux 5.9 */

static int refuse_user(const struct facts *f, const char *id, struct err *e)
{
	err_object(e, "%s", id);
	err_set(e, ERR_HOST_PERMISSION, EPERM,
		"container \"%s\": only root of the initial user namespace can save and restore "
		"containers: the kernel lets nobody else set pids and restore mounts, and what "
		"criu(8) does without root%s leaves out the namespaces that make a container",
		id,
		f->cap_last >= CAP_CHECKPOINT_RESTORE_NR ? ", with CAP_CHECKPOINT_RESTORE,"
							 : ", for which this kernel is too old,");
	err_fix(e, "stop the container and start it anew; what has to survive belongs on a volume");
	return -EPERM;
}

int lodger_criu(struct lodger *l, const char *id, struct err *e)
{
	struct facts f;
	int r = state_id_check(id, e);

	if (r == 0)
		r = facts_read(l->arena, 0, &f, e);
	if (r != 0)
		return r;
	if (!f.initial_userns || f.euid != 0)
		return refuse_user(&f, id, e);
	err_object(e, "%s", id);
	return err_set(e, ERR_CONFIG_UNSUPPORTED, ENOTSUP,
		"container \"%s\": lodger does not drive criu(8) yet, as root either; runc and "
		"crun do",
		id);
}
