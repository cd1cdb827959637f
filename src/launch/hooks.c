// SPDX-License-Identifier: Apache-2.0
/*
 * Hooks of the runtime's namespaces, and the state that all hooks get. Front end. runtime-spec
 * config.md, "POSIX-platform Hooks".
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "launch/launch.h"
#include "protocol/hook.h"

/* For poll(2), which counts in int; what is beyond that is no limit that anybody waits for. */
static int timeout_ms(const struct spec_hook *h)
{
	return h->timeout.set && h->timeout.v <= INT_MAX / 1000 ? (int)h->timeout.v * 1000 : -1;
}

static int run_hook(
	const char *name, size_t i, const struct spec_hook *h, const char *json, struct err *e)
{
	char title[64], json_path[64];

	snprintf(title, sizeof(title), "%s hook #%zu", name, i);
	snprintf(json_path, sizeof(json_path), "hooks.%s[%zu]", name, i);
	return hook_run(
		&(struct hook){
			.title = title,
			.json_path = json_path,
			.path = h->path,
			.argv = h->args.v,
			/* Without "env" our own, as with runc and crun: hooks expect a PATH. */
			.envp = h->env.v ? h->env.v : (const char *const *)(uintptr_t)environ,
			.state = json,
			.timeout_ms = timeout_ms(h),
		},
		e);
}

int hooks_run(const char *name, const spec_hook_list *hooks, const char *state_json, struct err *e)
{
	for (size_t i = 0; i < hooks->n; i++) {
		int r = run_hook(name, i, &hooks->v[i], state_json, e);

		if (r < 0)
			return r;
	}
	return 0;
}

void hooks_run_all(const char *name, const spec_hook_list *hooks, const char *state_json)
{
	for (size_t i = 0; i < hooks->n; i++) {
		struct err why = {0};

		if (run_hook(name, i, &hooks->v[i], state_json, &why) < 0)
			log_warn("%s", why.msg);
	}
}

void launch_state_write(struct launch *l, enum state_status status, struct json_writer *w)
{
	struct state_record now = l->record;

	now.pid = l->pid;
	state_report(&now, status, w);
}

char *launch_state_json(struct launch *l, enum state_status status)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	launch_state_write(l, status, w);
	return arena_strdup(l->arena, json_writer_text(w, NULL));
}
