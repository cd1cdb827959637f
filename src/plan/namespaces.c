// SPDX-License-Identifier: Apache-2.0
/*
 * Which namespaces the container gets, who makes them and when; what lives in them (host name,
 * sysctls, time offsets). Part of the planner: pure.
 */
#include <inttypes.h>
#include <sched.h>

#include "base/names.h"
#include "plan/planner.h"

static const uint64_t clone_flag[SPEC_NS_NR] = {
	[SPEC_NS_USER] = CLONE_NEWUSER,
	[SPEC_NS_MOUNT] = CLONE_NEWNS,
	[SPEC_NS_PID] = CLONE_NEWPID,
	[SPEC_NS_NETWORK] = CLONE_NEWNET,
	[SPEC_NS_IPC] = CLONE_NEWIPC,
	[SPEC_NS_UTS] = CLONE_NEWUTS,
	[SPEC_NS_CGROUP] = CLONE_NEWCGROUP,
	[SPEC_NS_TIME] = PLAN_NEWTIME,
};

static void add_join(struct planner *p, uint64_t flag, const char *path, const char *from)
{
	struct plan *plan = p->plan;

	plan->joins.v = arena_grow(p->arena, plan->joins.v, plan->joins.n, sizeof(*plan->joins.v));
	plan->joins.v[plan->joins.n++] = (struct plan_join){flag, path, from};
	p->ns_joined |= flag;
}

/* Whether the container gets a namespace of the type; where it joins one, its path and who says so.
 */
static bool wanted(
	const struct planner *p, enum spec_ns type, const char **ret_path, const char **ret_from)
{
	const struct spec_namespace *ns = spec_ns_find(p->spec, type);

	*ret_from = "linux.namespaces";
	*ret_path = ns && !str_is_empty(ns->path) ? ns->path : NULL;
	if (type != SPEC_NS_NETWORK)
		return ns != NULL;
	if (p->req->network && p->req->network->mode == NET_NS)
		*ret_from = p->req->network->from;
	return plan_network_ns(p, ret_path);
}

/*
 * Whoever has no rights of his own gets them by joining the user namespace first. Whoever has some
 * would lose those over namespaces that do not belong to it, and joins it last.
 */
static void collect_joins(struct planner *p, bool admin)
{
	static const enum spec_ns orders[2][SPEC_NS_NR - 1] = {
		{SPEC_NS_USER, SPEC_NS_PID, SPEC_NS_NETWORK, SPEC_NS_IPC, SPEC_NS_UTS,
			SPEC_NS_CGROUP, SPEC_NS_TIME, SPEC_NS_MOUNT},
		{SPEC_NS_PID, SPEC_NS_NETWORK, SPEC_NS_IPC, SPEC_NS_UTS, SPEC_NS_CGROUP,
			SPEC_NS_TIME, SPEC_NS_MOUNT, SPEC_NS_USER},
	};
	const enum spec_ns *order = orders[admin];

	for (size_t i = 0; i < ARRAY_SIZE(orders[0]); i++) {
		const char *path, *from;
		bool want = wanted(p, order[i], &path, &from);

		if (path)
			add_join(p, clone_flag[order[i]], path, from);
		else if (want)
			p->ns_new |= clone_flag[order[i]];
	}
}

int plan_namespaces(struct planner *p, struct err *e)
{
	const struct facts *f = p->facts;
	bool admin = facts_has_cap(f, PLAN_CAP_SYS_ADMIN);

	(void)e;
	collect_joins(p, admin);
	if (!admin)
		p->plan->caller = PLAN_CALLER_USER;
	else
		p->plan->caller = f->initial_userns ? PLAN_CALLER_ROOT : PLAN_CALLER_NS_ROOT;

	p->joined_userns = p->ns_joined & CLONE_NEWUSER;
	if (!admin && !p->joined_userns)
		p->ns_new |= CLONE_NEWUSER;
	p->new_userns = p->ns_new & CLONE_NEWUSER;
	p->in_userns = !f->initial_userns || p->new_userns || p->joined_userns;

	if (!planner_own_ns(p, CLONE_NEWNS)) {
		p->ns_new |= CLONE_NEWNS;
		planner_note(p, LOG_LEVEL_WARN,
			"linux.namespaces lists no mount namespace: the container gets one all the "
			"same, "
			"its mounts would land on the host");
	}
	p->plan->own_pidns = p->ns_new & CLONE_NEWPID;
	return 0;
}

static void step_with_flags(struct planner *p, enum step_kind kind, uint64_t flags)
{
	if (flags)
		planner_step(p, kind)->flags.flags = flags;
}

/*
 * The usual container joins nothing that has to come before its user namespace: then one clone3
 * makes the user, pid and mount namespaces, and init unshares the others itself while the id map
 * helpers run, because a network namespace alone takes half a millisecond.
 *
 * Else clone3 makes none: init joins with the caller's rights, and forks a second init into the new
 * ones. A joined pid namespace needs that fork too: setns(2) applies to children only.
 */
void plan_enter(struct planner *p)
{
	struct plan *plan = p->plan;
	const uint64_t at_clone = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS;
	bool late = p->joined_userns || (p->new_userns && plan->joins.n > 0);
	uint64_t fork_flags = late ? p->ns_new & at_clone : 0;

	plan->clone_flags = late ? 0 : p->ns_new & at_clone;
	plan->maps_on_request = late && p->new_userns;
	for (size_t i = 0; i < plan->joins.n; i++) {
		struct step *s = planner_step(p, STEP_JOIN);

		s->join = (struct step_join){
			plan->joins.v[i].flag, (uint32_t)i, plan->joins.v[i].path};
	}
	if (fork_flags & (CLONE_NEWUSER | CLONE_NEWPID) || p->ns_joined & CLONE_NEWPID)
		planner_step(p, STEP_FORK)->flags.flags = fork_flags;
	else
		step_with_flags(p, STEP_UNSHARE, fork_flags);
	/*
	 * A mount namespace that is joined gets a copy of its own: pivot_root(2) would change the
	 * root of every process that lives there.
	 */
	step_with_flags(p, STEP_UNSHARE, p->ns_joined & CLONE_NEWNS);
	/* The cgroup namespace's root is where init is when it is made: not before it is placed. */
	step_with_flags(p, STEP_UNSHARE, p->ns_new & ~(at_clone | CLONE_NEWCGROUP));
	/* Here rather than later, because init waits for the id maps next and has the time. */
	if (p->ns_new & CLONE_NEWNET)
		planner_step(p, STEP_LOOPBACK);
	plan_network_offer(p);
}

/* By CLONE_INTO_CGROUP, init is born in its cgroup; else it is put there while it works. */
static bool placed_late(const struct planner *p)
{
	const struct plan_cgroup *g = &p->plan->cgroup;

	return g->manager == PLAN_CGROUP_SYSTEMD || g->moved ||
	       (g->manager == PLAN_CGROUP_FS && !g->unified);
}

void planner_enter_cgroup(struct planner *p)
{
	if (p->cgroup_entered)
		return;
	p->cgroup_entered = true;
	if (placed_late(p))
		planner_step(p, STEP_CGROUP);
	if (p->ns_new & CLONE_NEWCGROUP)
		planner_step(p, STEP_CGROUP_NS);
}

static const char *time_offsets(struct planner *p)
{
	const struct spec_time_offsets *t = p->spec->linux_.time_offsets;
	auto_strbuf struct strbuf b = {0};

	if (t && t->monotonic)
		strbuf_addf(&b, "monotonic %" PRId64 " %" PRId64 "\n", t->monotonic->secs,
			t->monotonic->nanosecs);
	if (t && t->boottime)
		strbuf_addf(&b, "boottime %" PRId64 " %" PRId64 "\n", t->boottime->secs,
			t->boottime->nanosecs);
	return arena_strdup(p->arena, strbuf_str(&b));
}

int plan_uts(struct planner *p, struct err *e)
{
	const struct spec *s = p->spec;

	bool hostname = !str_is_empty(s->hostname), domainname = !str_is_empty(s->domainname);

	if ((hostname || domainname) && !planner_own_ns(p, CLONE_NEWUTS)) {
		const char *key = hostname ? "hostname" : "domainname";

		err_object(e, "%s", key);
		return err_set(e, ERR_CONFIG_CONFLICT, 0,
			"config.json: %s: cannot be set without a uts namespace of its own", key);
	}
	if (p->ns_new & PLAN_NEWTIME)
		planner_step(p, STEP_TIME_OFFSETS)->text.text = time_offsets(p);
	if (!placed_late(p))
		planner_enter_cgroup(p);
	if (!p->req->no_new_keyring)
		planner_step(p, STEP_KEYRING);
	if (hostname)
		planner_step(p, STEP_HOSTNAME)->text.text = s->hostname;
	if (domainname)
		planner_step(p, STEP_DOMAINNAME)->text.text = s->domainname;
	return 0;
}

/* Sysctls that belong to a namespace; the kernel's table of namespaced keys, sysctl(5), per type.
 */
static const struct sysctl_owner {
	const char *prefix; /* of the path below /proc/sys; exact where it does not end in "/" */
	uint64_t flag;
} sysctl_owners[] = {
	{"net/", CLONE_NEWNET},
	{"fs/mqueue/", CLONE_NEWIPC},
	{"kernel/msgmax", CLONE_NEWIPC},
	{"kernel/msgmnb", CLONE_NEWIPC},
	{"kernel/msgmni", CLONE_NEWIPC},
	{"kernel/msg_next_id", CLONE_NEWIPC},
	{"kernel/sem", CLONE_NEWIPC},
	{"kernel/sem_next_id", CLONE_NEWIPC},
	{"kernel/shmall", CLONE_NEWIPC},
	{"kernel/shmmax", CLONE_NEWIPC},
	{"kernel/shmmni", CLONE_NEWIPC},
	{"kernel/shm_next_id", CLONE_NEWIPC},
	{"kernel/shm_rmid_forced", CLONE_NEWIPC},
	{"kernel/auto_msgmni", CLONE_NEWIPC},
	{"kernel/domainname", CLONE_NEWUTS},
	{"kernel/hostname", CLONE_NEWUTS},
	{"user/", CLONE_NEWUSER},
};

static const struct sysctl_owner *sysctl_owner(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysctl_owners); i++) {
		const struct sysctl_owner *o = &sysctl_owners[i];
		size_t n = strlen(o->prefix);

		if (o->prefix[n - 1] == '/' ? str_after(path, o->prefix) != NULL
					    : str_eq(path, o->prefix))
			return o;
	}
	return NULL;
}

/*
 * "net.ipv4.ip_forward" → "net/ipv4/ip_forward". As sysctl(8) does, the separator that comes first
 * decides: after a dot, a slash stands for a dot in a name (an interface "eth0.100").
 */
static const char *sysctl_path(struct arena *a, const char *key)
{
	char *path = arena_strdup(a, key);
	char *first = strpbrk(path, "./");

	if (!first || *first == '/')
		return path;
	for (char *c = path; *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

static int check_sysctl(struct planner *p, const char *key, const char *path, struct err *e)
{
	const struct sysctl_owner *owner = sysctl_owner(path);

	err_object(e, "linux.sysctl[\"%s\"]", key);
	if (strstr(path, "..") || path[0] == '/' || path[0] == '\0')
		return err_set(e, ERR_CONFIG_VALUE, 0,
			"config.json: linux.sysctl: \"%s\" is not a sysctl", key);
	if (!owner)
		return err_set(e, ERR_CONFIG_VALUE, 0,
			"config.json: linux.sysctl: \"%s\" is not in a separate kernel namespace",
			key);
	if (!planner_own_ns(p, owner->flag))
		return err_set(e, ERR_CONFIG_CONFLICT, 0,
			"config.json: linux.sysctl: \"%s\" would change the host: it needs a "
			"namespace of "
			"its own, which linux.namespaces does not list",
			key);
	if (str_eq(path, "kernel/hostname"))
		return err_set(e, ERR_CONFIG_CONFLICT, 0,
			"config.json: linux.sysctl: \"%s\" conflicts with hostname: use that", key);
	return 0;
}

/* The kernel asks for CAP_NET_ADMIN over the network namespace in which a device is. */
int plan_net_devices(struct planner *p, struct err *e)
{
	const spec_net_device_list *list = &p->spec->linux_.net_devices;

	if (!list->n)
		return 0;
	if (p->plan->caller == PLAN_CALLER_USER) {
		err_object(e, "linux.netDevices");
		err_set(e, ERR_HOST_PERMISSION, EPERM,
			"config.json: linux.netDevices: network devices of the host can be moved "
			"by root only");
		err_fix(e, "run lodger as root, or leave out linux.netDevices");
		return -EPERM;
	}
	p->plan->net_devices = list;
	planner_step(p, STEP_NET_DEVICES);
	return 0;
}

int plan_sysctls(struct planner *p, struct err *e)
{
	const struct kv *kv;

	array_foreach (kv, &p->spec->linux_.sysctl) {
		struct err why = {0};
		const char *path = sysctl_path(p->arena, kv->key);
		struct step *s;

		if (check_sysctl(p, kv->key, path, &why) < 0) {
			if (e)
				*e = why;
			return -EINVAL;
		}
		s = planner_step(p, STEP_SYSCTL);
		s->sysctl.key = path;
		s->sysctl.value = kv->value;
		/* Its value is a range of gids, which the container's user namespace may not map.
		 */
		s->sysctl.optional = p->in_userns && str_eq(path, "net/ipv4/ping_group_range");
	}
	return 0;
}
