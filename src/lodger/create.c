// SPDX-License-Identifier: Apache-2.0
/*
 * Making a container: config and facts in, plan, launch. Front end. The flow of the whole program
 * is in make_container(): read, decide, do.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "host/helper.h"
#include "kernel/fds.h"
#include "launch/notify.h"
#include "lodger/internal.h"
#include "lodger/session.h"

#define CONFIG_MAX (4u << 20)
#define FIRST_FD   3u /* after the standard ones */

static int find_bundle(struct lodger *l, const char *given, const char **ret, struct err *e)
{
	auto_free char *real = realpath(given ? given : ".", NULL);
	int r = errno;

	if (real) {
		*ret = arena_strdup(l->arena, real);
		return 0;
	}
	err_object(e, "%s", given ? given : ".");
	err_fix(e, "name a directory with a config.json in it with --bundle");
	return err_sys(e, ERR_CONFIG_READ, r, "bundle %s", given ? given : ".");
}

static int read_config(struct lodger *l, const struct lodger_create *opts, const char *bundle,
	struct launch *out, struct spec **ret, struct err *e)
{
	const char *path =
		opts->config ? opts->config : arena_printf(l->arena, "%s/config.json", bundle);
	char *text;
	size_t len;
	int r = file_read(l->arena, AT_FDCWD, path, CONFIG_MAX, &text, &len);

	if (r < 0) {
		err_object(e, "%s", path);
		if (r == -EMEDIUMTYPE)
			return err_set(
				e, ERR_CONFIG_READ, EINVAL, "%s: is not a regular file", path);
		err_sys(e, ERR_CONFIG_READ, r, "%s", path);
		if (r == -ENOENT && !opts->config)
			err_fix(e, "name the bundle with --bundle, or make a config.json in it "
				   "with: lodger spec");
		return r;
	}
	out->config = text;
	out->config_size = len;
	return spec_parse(l->arena, "config.json", text, len, ret, e);
}

static int find_network_helper(
	struct lodger *l, const struct net_request *n, const char **ret, struct err *e)
{
	auto_fd int root = -1;

	if (n && n->mode == NET_SLIRP)
		return find_helper(l, "lodger-net", ret, e);
	if (!n || n->mode != NET_PASTA)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*ret = helper_find(l->arena, root, "pasta", getenv("PATH"));
	if (*ret)
		return 0;
	err_object(e, "pasta");
	err_fix(e, "install it (Debian and Fedora: the package passt), or use --network slirp");
	return err_set(e, ERR_HOST_NETWORK, ENOENT, "--network pasta: there is no pasta here");
}

static const char *timestamp(struct arena *a)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(a, "%s.%09ldZ", text, now.tv_nsec);
}

static void fill_record(struct lodger *l, const struct lodger_create *opts, const char *bundle,
	const struct spec *spec, const struct facts *facts, struct launch *out)
{
	out->record = (struct state_record){
		.version = STATE_RECORD_VERSION,
		.oci_version = spec->oci_version,
		.id = opts->id,
		.boot_id = state_boot_id(l->arena),
		.bundle = bundle,
		.rootfs = out->plan->rootfs,
		.created = timestamp(l->arena),
		.owner = facts->euid,
		.owner_name = facts->user_name,
		.systemd_cgroup = l->systemd_cgroup,
		.own_pidns = out->plan->own_pidns,
		.no_new_keyring = opts->no_new_keyring,
	};
	if (spec->process->exec_cpu_affinity)
		out->record.exec_affinity = spec->process->exec_cpu_affinity->initial;
	out->record.annotations.v = spec->annotations.v;
	out->record.annotations.n = spec->annotations.n;
}

void log_notes(const struct plan *plan)
{
	const struct plan_note *note;

	array_foreach (note, &plan->notes)
		log_msg((enum log_level)note->level, "%s", note->text);
}

static int plan_and_launch(struct lodger *l, const struct lodger_create *opts,
	const struct spec *spec, const struct facts *facts, const struct plan_request *req,
	struct launch *out, struct err *e)
{
	int r = plan_build(l->arena, spec, facts, req, out->plan, e);

	if (r == 0)
		r = find_network_helper(l, req->network, &out->net.path, e);
	if (r < 0)
		return r;
	log_notes(out->plan);
	out->plan->init.log_level = l->log_level;
	out->helpers = (struct launch_helpers){facts->newuidmap, facts->newgidmap};
	fill_record(l, opts, req->bundle, spec, facts, out);
	if (!out->scope_path &&
		(out->plan->cgroup.manager == PLAN_CGROUP_SYSTEMD || out->plan->cgroup.moved))
		r = find_helper(l, "lodger-scope", &out->scope_path, e);
	if (r == 0 && out->restore)
		r = restore_plan(l, out, e);
	return r < 0 ? r : launch_run(out, e);
}

/* Where the id map helpers fail, a config that needs one id only can still run. */
static int launch_with_one_id(struct lodger *l, const struct lodger_create *opts,
	const struct spec *spec, struct facts *facts, const struct plan_request *req,
	struct launch *out, struct err *e)
{
	log_warn("%s; going on with one id: files of other owners cannot be made in the container",
		e->msg);
	if (e->fix[0])
		log_warn("to have more: %s", e->fix);
	*e = (struct err){0};
	facts->newuidmap = NULL;
	facts->newgidmap = NULL;
	launch_done(out);
	out->ns_fds = NULL;
	return plan_and_launch(l, opts, spec, facts, req, out, e);
}

/* Nothing was asked of the cgroup that could not be made. */
static int launch_without_cgroup(struct lodger *l, const struct lodger_create *opts,
	const struct spec *spec, struct facts *facts, struct plan_request *req, struct launch *out,
	struct err *e)
{
	log_msg(str_is_empty(spec->linux_.cgroups_path) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		"%s; going on without a cgroup", e->msg);
	*e = (struct err){0};
	req->no_cgroup = true;
	launch_done(out);
	out->ns_fds = NULL;
	return plan_and_launch(l, opts, spec, facts, req, out, e);
}

/* The session's scope has ended since it was looked for, as by a restart of the user's systemd. */
static int launch_in_new_session(struct lodger *l, const struct lodger_create *opts,
	const struct spec *spec, struct facts *facts, const struct plan_request *req,
	struct launch *out, struct err *e)
{
	int r;

	log_debug("%s; the session's scope has ended: having it made anew", e->msg);
	*e = (struct err){0};
	launch_done(out);
	out->ns_fds = NULL;
	facts->session = NULL;
	r = session_need(l, facts, e);
	return r < 0 ? r : plan_and_launch(l, opts, spec, facts, req, out, e);
}

static bool session_is_lost(struct lodger *l, const struct launch *launch,
	const struct facts *facts, const struct err *e)
{
	return launch->plan->cgroup.manager == PLAN_CGROUP_SESSION && e->code == ERR_HOST_CGROUP &&
	       !session_is_there(l, facts);
}

static bool cgroup_failed(const struct launch *launch, const struct err *e)
{
	const struct plan_cgroup *g = &launch->plan->cgroup;

	return g->manager != PLAN_CGROUP_NONE && !g->required &&
	       (e->code == ERR_HOST_CGROUP || e->code == ERR_HOST_INSTALL);
}

static int32_t cgroup_manager(const struct lodger *l)
{
	static const struct name managers[] = {
		{"cgroupfs", PLAN_CGROUP_FS},
		{"systemd", PLAN_CGROUP_SYSTEMD},
		{"session", PLAN_CGROUP_SESSION},
		{"disabled", PLAN_CGROUP_NONE},
		{NULL, 0},
	};

	for (const struct name *n = managers; l->cgroup_manager && n->name; n++)
		if (str_eq(n->name, l->cgroup_manager))
			return (int32_t)n->value;
	return l->systemd_cgroup ? PLAN_CGROUP_SYSTEMD : PLAN_CGROUP_AUTO;
}

/* A cgroup mount of its own namespace has a directory per hierarchy; labels are of modules. */
static unsigned wanted_facts(const struct spec *spec, int32_t manager)
{
	const struct spec_process *p = spec->process;
	unsigned want = FACTS_IDS | (spec_ns_find(spec, SPEC_NS_CGROUP) ? FACTS_CGROUPS : 0);

	if (manager != PLAN_CGROUP_NONE)
		want |= facts_real_root() ? FACTS_CGROUPS : FACTS_CGROUP_TREE;
	if (manager != PLAN_CGROUP_NONE && manager != PLAN_CGROUP_FS)
		want |= FACTS_BUS;
	if (manager == PLAN_CGROUP_SESSION)
		want |= FACTS_SESSION;
	if (spec->linux_.mount_label || (p && (p->apparmor_profile || p->selinux_label)))
		want |= FACTS_LABELS;
	if (spec->linux_.intel_rdt)
		want |= FACTS_RESCTRL;
	return want;
}

/* A config that names a socket of its own has it from an engine that forwards it itself. */
static bool wants_notify(const struct lodger *l, const struct spec *spec)
{
	const char *entry;

	if (!l->notify_socket || !spec->process)
		return false;
	strv_foreach (entry, &spec->process->env)
		if (str_after(entry, "NOTIFY_SOCKET="))
			return false;
	return true;
}

bool lodger_fd_is_inherited(uint32_t fd)
{
	return fds_is_inherited(fd);
}

void hide_descriptors(struct arena *a, uint32_t preserve, struct launch_fds *ret)
{
	for (uint32_t i = 0; i < preserve; i++) {
		if (!fds_is_inherited(FIRST_FD + i))
			continue;
		ret->v = arena_grow(a, ret->v, ret->n, sizeof(*ret->v));
		ret->v[ret->n++] = (int)(FIRST_FD + i);
	}
	fds_close_on_exec(-1, FIRST_FD);
}

/*
 * It will be asked as soon as init has a pid, and libsystemd takes its time. What is wrong with it
 * matters once it is needed: config.json may be wrong first.
 */
static void prepare_scope(struct lodger *l, struct launch *out)
{
	if (find_helper(l, "lodger-scope", &out->scope_path, NULL) == 0)
		scope_begin(out->scope_path, &out->scope, NULL);
}

int make_container(struct lodger *l, const struct lodger_create *opts, bool wait_start,
	const sigset_t *signals, struct launch *out, struct spec **ret_spec, struct err *e)
{
	struct plan_request req = {
		.id = opts->id,
		.wait_start = wait_start,
		.no_pivot = opts->no_pivot,
		.no_new_keyring = opts->no_new_keyring,
		.console_given = opts->console_socket != NULL,
		.detach = wait_start || opts->detach,
		.preserve_fds = opts->preserve_fds,
		.listen_fds = opts->listen_fds,
		.cgroup_manager = cgroup_manager(l),
	};
	struct facts facts;
	int r = state_id_check(opts->id, e);

	hide_descriptors(l->arena, opts->preserve_fds, &out->keep);
	if (req.cgroup_manager == PLAN_CGROUP_SYSTEMD)
		prepare_scope(l, out);
	out->arena = l->arena;
	out->stays = !req.detach;
	out->plan = arena_new_of(l->arena, struct plan);
	out->console_socket = opts->console_socket;
	out->pid_file = opts->pid_file;
	out->pidfd_socket = opts->pidfd_socket;
	out->signals = signals;
	out->restore = opts->restore;
	if (r == 0)
		r = find_bundle(l, opts->bundle, &req.bundle, e);
	if (r == 0)
		r = read_config(l, opts, req.bundle, out, ret_spec, e);
	if (r == 0)
		r = network_request(l, opts, *ret_spec, &req.network, e);
	if (r == 0)
		r = facts_read(l->arena,
			wanted_facts(*ret_spec, req.cgroup_manager) |
				(req.network ? FACTS_NETWORK : 0),
			&facts, e);
	if (r == 0 && facts.bus)
		scope_connect(&out->scope, facts.bus);
	if (r == 0)
		r = find_helper(l, "lodger-init", &out->init_path, e);
	if (r == 0)
		r = container_root(l, true, &out->state_root, e);
	if (r != 0)
		return r;
	req.state_dir = arena_printf(l->arena, "%s/%s", out->state_root, opts->id);
	out->notify = wants_notify(l, *ret_spec);
	if (out->notify)
		req.notify_dir = arena_printf(l->arena, "%s/" NOTIFY_DIR, req.state_dir);
	if (req.cgroup_manager == PLAN_CGROUP_SESSION)
		r = session_need(l, &facts, e);
	if (r < 0)
		return r;
	r = plan_and_launch(l, opts, *ret_spec, &facts, &req, out, e);
	if (r < 0 && session_is_lost(l, out, &facts, e))
		r = launch_in_new_session(l, opts, *ret_spec, &facts, &req, out, e);
	if (r < 0 && cgroup_failed(out, e))
		r = launch_without_cgroup(l, opts, *ret_spec, &facts, &req, out, e);
	if (r < 0 && e->code == ERR_HOST_IDMAP_HELPER && out->plan->one_id_would_do &&
		facts.newuidmap)
		r = launch_with_one_id(l, opts, *ret_spec, &facts, &req, out, e);
	if (r < 0 && e)
		facts_explain_syscalls(e);
	return r;
}

int lodger_create(struct lodger *l, const struct lodger_create *opts, struct err *e)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	struct spec *spec;

	return make_container(l, opts, true, NULL, &launch, &spec, e);
}
