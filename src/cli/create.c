// SPDX-License-Identifier: Apache-2.0
/*
 * lodger create. In: options, ID, LISTEN_FDS and LISTEN_PID. Out: a container that waits for start.
 * Front end; no work of its own but the look at inherited descriptors.
 */
#include "cli/create.h"

#include <errno.h>
#include <unistd.h>

#include "base/num.h"

#define LISTEN_FDS_START 3

/*
 * How many descriptors of socket activation are ours. systemd names the process that they are for;
 * a caller that does not bother (podman's service, a shell) means whom it starts.
 */
static uint32_t count_listen_fds(void)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint32_t n = 0, for_pid = 0;

	if (!fds)
		return 0;
	if (num_u32(fds, &n) < 0) {
		log_warn("LISTEN_FDS is not a number: no descriptors are passed on for it");
		return 0;
	}
	if (pid && (num_u32(pid, &for_pid) < 0 || (pid_t)for_pid != getpid())) {
		log_debug("LISTEN_FDS is for process %s: not passed on", pid);
		return 0;
	}
	return n;
}

static int not_open(uint32_t fd, const char *who, struct err *e)
{
	return err_set(
		e, ERR_USAGE, EBADF, "descriptor %u is not open, but %s asks for it", fd, who);
}

/*
 * Of --preserve-fds there may be gaps: podman's --preserve-fd names single descriptors, of which
 * conmon tells us the highest. But a count that goes beyond what is open is a mistake.
 */
int cli_take_fds(uint32_t listening, uint32_t preserve, struct err *e)
{
	uint32_t last;

	for (uint32_t i = 0; i < listening; i++)
		if (!lodger_fd_is_inherited(LISTEN_FDS_START + i))
			return not_open(LISTEN_FDS_START + i, "LISTEN_FDS", e);
	if (!preserve)
		return 0;
	if (__builtin_add_overflow(listening, preserve, &last) ||
		__builtin_add_overflow(last, LISTEN_FDS_START - 1, &last))
		last = UINT32_MAX;
	return lodger_fd_is_inherited(last) ? 0 : not_open(last, "--preserve-fds", e);
}

int create_take_fds(struct arena *a, struct lodger_create *opts, struct err *e)
{
	uint32_t listening = count_listen_fds();
	int r = cli_take_fds(listening, opts->preserve_fds, e);

	if (r < 0)
		return r;
	if (listening)
		opts->listen_fds = arena_printf(a, "%u", listening);
	opts->preserve_fds += listening;
	return 0;
}

static int run(struct command_call *call, struct err *e)
{
	struct lodger_create *opts = call->options;
	int r = create_take_fds(call->lodger->arena, opts, e);

	if (r < 0)
		return r;
	opts->id = call->args.v[0];
	return lodger_create(call->lodger, opts, e);
}

static const struct option_row options[] = {CREATE_OPTION_ROWS, {0}};

const struct command command_create = {
	.name = "create",
	.summary = "make a container that waits for start",
	.args = "ID",
	.details =
		"Makes the container that a bundle's config.json describes, with its namespaces, "
		"mounts and limits, up to the point where \"lodger start\" lets its process run. "
		"ID is the new container's name: letters, digits and the characters _ + - . "
		"and nothing that is in use.",
	.options = options,
	.options_size = sizeof(struct lodger_create),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
