// SPDX-License-Identifier: Apache-2.0
/*
 * annotations of config.json: what of them changes the plan, and a warning for what another runtime
 * would have acted on. In: spec. Out: members of the planner, notes. Part of the planner: pure.
 */
#include "plan/annotations.h"

#include "plan/planner.h"

/*
 * Those of crun.1, of runc and of lodger. Acted on are only such as take nothing from the host that
 * the caller has not given to the container anyway: groups stay the caller's own, which the kernel
 * has counted against them all the time; a kind of label is for file systems that are new; a
 * profile with an unknown name is refused instead of passed over.
 */
const struct plan_annotation plan_annotation_table[] = {
	{"org.lodger.network", NULL}, /* src/lodger/network.c, lodger.conf(5) */
	{"org.lodger.publish", NULL},
	{"org.systemd.property.", NULL}, /* scope.c has a list of its own */
	{"run.oci.keep_original_groups", NULL},
	{"run.oci.mount_context_type", NULL},
	{"run.oci.seccomp_fail_unknown_syscall", NULL},
	{"run.oci.systemd.subgroup", "the container is in the scope itself"},
	{"run.oci.delegate-cgroup",
		"a cgroup mount that is writable, with a cgroup namespace, delegates the "
		"container's cgroup"},
	{"run.oci.systemd.force_cgroup_v1", "mounts has what the container is to have"},
	{"run.oci.timens_offset", "use linux.timeOffsets"},
	{"run.oci.hooks.stdout", "an image could have any file of the caller's written to"},
	{"run.oci.hooks.stderr", "an image could have any file of the caller's written to"},
	{"run.oci.pidfd_receiver", "use --pidfd-socket"},
	{"run.oci.seccomp.receiver", "use linux.seccomp.listenerPath"},
	{"run.oci.seccomp.plugins", "an image could have code loaded; use "
				    "linux.seccomp.listenerPath"},
	{"run.oci.seccomp_bpf_data", "the filter is that of linux.seccomp"},
	{"run.oci.handler", "lodger runs processes, and no virtual machine or byte code"},
	{"module.wasm.image/variant", "lodger runs processes, and no byte code"},
	{"run.oci.", "lodger does not know it"},
	{NULL, NULL},
};

static const struct plan_annotation *find(const char *key)
{
	for (const struct plan_annotation *a = plan_annotation_table; a->name; a++) {
		size_t n = strlen(a->name);

		if (a->name[n - 1] == '.' ? str_after(key, a->name) != NULL : str_eq(key, a->name))
			return a;
	}
	return NULL;
}

/* mount(8), "context=": the first labels every file, the others leave that to the policy. */
static void take_context_type(struct planner *p, const struct kv *kv)
{
	static const char *const types[] = {"context", "fscontext", "defcontext", "rootcontext"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(kv->value, types[i])) {
			p->context_type = types[i];
			return;
		}
	planner_note(p, LOG_LEVEL_WARN,
		"annotations[\"%s\"]: ignored: must be context, fscontext, defcontext or "
		"rootcontext",
		kv->key);
}

void plan_annotations(struct planner *p)
{
	const struct kv *kv;

	p->context_type = "context";
	array_foreach (kv, &p->spec->annotations) {
		const struct plan_annotation *a = find(kv->key);

		if (!a)
			continue;
		p->keep_groups |= str_eq(kv->key, "run.oci.keep_original_groups");
		p->plan->seccomp_strict |= str_eq(kv->key, "run.oci.seccomp_fail_unknown_syscall");
		if (str_eq(kv->key, "run.oci.mount_context_type"))
			take_context_type(p, kv);
		/* Said once, by who makes the container. An empty name asks for what there is. */
		if (a->instead && !p->target &&
			!(str_eq(kv->key, "run.oci.systemd.subgroup") && !*kv->value))
			planner_note(p, LOG_LEVEL_WARN, "annotations[\"%s\"]: not acted on: %s",
				kv->key, a->instead);
	}
}
