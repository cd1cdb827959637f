// SPDX-License-Identifier: Apache-2.0
/*
 * createContainer and startContainer hooks, which run in the container's namespaces. Runs in init.
 * The first are found in the runtime's root filesystem, the second in the container's
 * (runtime-spec config.md); both get the state on standard input.
 */
#include <errno.h>
#include <unistd.h>

#include "init/init.h"
#include "protocol/hook.h"

int step_hook(struct init *in, size_t i, struct err *e)
{
	static const char *const no_env[] = {NULL};
	const struct step_hook *h = &init_step(in, i)->hook;

	if (h->at_root && fchdir(in->root) < 0) {
		err_object(e, "%s", h->json_path);
		return err_sys(
			e, ERR_SYSTEM, errno, "%s: entering the root filesystem", h->json_path);
	}
	return hook_run(
		&(struct hook){
			.title = h->title,
			.json_path = h->json_path,
			.path = h->path,
			.argv = h->args.v,
			.envp = h->home    ? init_env(in, &h->env)
				: h->env.n ? h->env.v
					   : no_env,
			.state = in->plan->state_json ? in->plan->state_json : "{}",
			.timeout_ms = h->timeout_s ? (int)h->timeout_s * 1000 : -1,
		},
		e);
}
