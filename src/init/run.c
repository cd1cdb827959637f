// SPDX-License-Identifier: Apache-2.0
/* The walk over the plan's steps, in init. In: the plan. Out: the payload, or an error. */
#include "init/init.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "kernel/sched.h"

static step_fn *const run_step[STEP_NR] = {
	[STEP_JOIN] = step_join,
	[STEP_ENTER] = step_enter,
	[STEP_FORK] = step_fork,
	[STEP_UNSHARE] = step_unshare,
	[STEP_PROPAGATION] = step_propagation,
	[STEP_ROOT_OPEN] = step_root_open,
	[STEP_PREPARE] = step_prepare,
	[STEP_MAPS] = step_maps,
	[STEP_BECOME_ROOT] = step_become,
	[STEP_TIME_OFFSETS] = step_time_offsets,
	[STEP_CGROUP] = step_cgroup,
	[STEP_CGROUP_NS] = step_cgroup_ns,
	[STEP_KEYRING] = step_keyring,
	[STEP_HOSTNAME] = step_hostname,
	[STEP_DOMAINNAME] = step_domainname,
	[STEP_LOOPBACK] = step_loopback,
	[STEP_NETWORK] = step_network,
	[STEP_ROOT_ATTACH] = step_root_attach,
	[STEP_MOUNT] = step_mount,
	[STEP_DEVICE] = step_device,
	[STEP_SYMLINK] = step_symlink,
	[STEP_CONSOLE] = step_console,
	[STEP_MAKE_CWD] = step_make_cwd,
	[STEP_NET_DEVICES] = step_net_devices,
	[STEP_SYSCTL] = step_sysctl,
	[STEP_HOOKS] = step_hooks,
	[STEP_HOOK] = step_hook,
	[STEP_READONLY_PATH] = step_readonly_path,
	[STEP_MASK] = step_mask,
	[STEP_READONLY_MOUNT] = step_readonly_mount,
	[STEP_ROOT_FLAGS] = step_root_flags,
	[STEP_PIVOT] = step_pivot,
	[STEP_ROOT_PROPAGATION] = step_root_propagation,
	[STEP_AFFINITY] = step_affinity,
	[STEP_RLIMIT] = step_rlimit,
	[STEP_OOM_SCORE] = step_oom_score,
	[STEP_SCHEDULER] = step_scheduler,
	[STEP_IO_PRIORITY] = step_io_priority,
	[STEP_PERSONALITY] = step_personality,
	[STEP_MEMORY_POLICY] = step_memory_policy,
	[STEP_LABEL] = step_label,
	[STEP_SESSION] = step_session,
	[STEP_READY] = step_ready,
	[STEP_SECCOMP] = step_seccomp,
	[STEP_USER] = step_user,
	[STEP_CAPS] = step_caps,
	[STEP_NO_NEW_PRIVS] = step_no_new_privs,
	[STEP_PAYLOAD] = step_payload,
	[STEP_CWD] = step_cwd,
	[STEP_UMASK] = step_umask,
	[STEP_LOOKUP] = step_lookup,
	[STEP_START] = step_start,
	[STEP_STARTED] = step_started,
	[STEP_EXEC] = step_exec,
	[STEP_UNMOUNT] = step_unmount,
	[STEP_END] = step_end,
};

void init_title(struct init *in, int stage)
{
	char name[] = "lodger:[1:INIT]";

	name[8] = (char)('0' + stage);
	/* The kernel's name for `ps -o comm`, and argv[0] for the command line, which is as long.
	 */
	prctl(PR_SET_NAME, name, 0, 0, 0);
	if (in->title && strlen(in->title) == strlen(name))
		memcpy(in->title, name, strlen(name));
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/*
 * A caller that is pinned to processors must not pin the container: what its cpuset allows is what
 * it gets.
 */
static void reset_affinity(void)
{
	int r = sched_unpin();

	if (r < 0)
		log_debug("the caller's CPU affinity stays: %s", err_text(-r));
}

int init_run(struct init *in, struct err *e)
{
	bool trace = log_enabled(LOG_LEVEL_DEBUG);

	if (!in->plan->keep_affinity)
		reset_affinity();
	for (size_t i = 0; i < in->plan->steps.n; i++) {
		enum step_kind kind = init_step(in, i)->kind;
		int64_t begin = trace ? now_us() : 0;
		int r = run_step[kind](in, i, e);

		if (r < 0) {
			err_step(e, step_name(kind));
			live_undo(in, i + 1);
			return r;
		}
		if (trace)
			log_debug("init: %s: %" PRId64 " us", step_name(kind), now_us() - begin);
	}
	return err_set(e, ERR_BUG, 0, "the plan ended without an exec");
}
