// SPDX-License-Identifier: Apache-2.0
/* Rows of the coverage table: all but "linux"; see coverage.h. Constants. */
#include "spec/coverage.h"

#include "base/mem.h"

/* What several members have in common. */
#define FOR_EXEC DOES_SO("of processes that exec adds; for the first one it has no meaning")
#define HOOKS_RUN                                                                                  \
	BATS("properties", "properties: hooks of every kind get path, args, env and the state, "   \
			   "in their order")
#define HOOKS_END                                                                                  \
	BATS("properties", "properties: hooks of every kind are killed when their timeout is "     \
			   "over")
#define USER_MAP                                                                                   \
	OTHERWISE("for file systems that the container's or the caller's user namespace owns, a "  \
		  "tmpfs for one; the kernel refuses the others")
#define MOUNT_MAPPED                                                                               \
	BATS("root/mount_idmap",                                                                   \
		"mount idmap: uidMappings and gidMappings, without a user namespace")
#define OWN_MAPPED                                                                                 \
	BATS("mount_options", "mount options: uidMappings name ids of the host, which the "        \
			      "container has under another number")
#define DEADLINE BATS("root/properties", "root: scheduler: a deadline with runtime and period")
#define REALTIME BATS("root/properties", "root: scheduler: a real-time policy with its priority")
#define PRIVILEGED                                                                                 \
	BATS("properties", "properties: scheduler: what takes privilege is an error that names "   \
			   "it")
#define ROOT_CAPS BATS("root/lifecycle", "root: capabilities")

const struct coverage coverage_common[] = {
	{"ociVersion", DOES_SO("any 1.x; others are refused"),
		DOES_SO("any 1.x; others are refused"),
		{BATS("features", "features: both versions are accepted"),
			BATS("config_errors", "config: values out of range")}},
	{"hooks.prestart[].path", DOES, DOES, {HOOKS_RUN}},
	{"hooks.prestart[].args[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.prestart[].env[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.prestart[].timeout", DOES, DOES, {HOOKS_END}},
	{"hooks.createRuntime[].path", DOES, DOES, {HOOKS_RUN}},
	{"hooks.createRuntime[].args[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.createRuntime[].env[]", DOES, DOES,
		{HOOKS_RUN, BATS("peers_hooks", "peers: a hook without env has the runtime's, one "
						"with an empty env has none")}},
	{"hooks.createRuntime[].timeout", DOES, DOES, {HOOKS_END}},
	{"hooks.createContainer[].path", DOES, DOES, {HOOKS_RUN}},
	{"hooks.createContainer[].args[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.createContainer[].env[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.createContainer[].timeout", DOES, DOES, {HOOKS_END}},
	{"hooks.startContainer[].path", DOES, DOES, {HOOKS_RUN}},
	{"hooks.startContainer[].args[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.startContainer[].env[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.startContainer[].timeout", DOES, DOES, {HOOKS_END}},
	{"hooks.poststart[].path", DOES, DOES, {HOOKS_RUN}},
	{"hooks.poststart[].args[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.poststart[].env[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.poststart[].timeout", DOES, DOES, {HOOKS_END}},
	{"hooks.poststop[].path", DOES, DOES, {HOOKS_RUN}},
	{"hooks.poststop[].args[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.poststop[].env[]", DOES, DOES, {HOOKS_RUN}},
	{"hooks.poststop[].timeout", DOES, DOES, {HOOKS_END}},
	{"annotations.*", DOES, DOES, {BATS("state", "state: the members that runc has")}},
	{"hostname", DOES, DOES, {BATS("process", "process: hostname, of the container only")}},
	{"domainname", DOES, DOES, {BATS("process", "process: domainname")}},
	{"mounts[].source", DOES, DOES_SO("opened with the rights of the caller"),
		{BATS("mounts", "mounts: bind of a directory, writable"),
			BATS("mounts", "mounts: a relative source is relative to the bundle")}},
	{"mounts[].destination", DOES, DOES,
		{BATS("mounts", "mounts: a missing mount point is made, directory or file as the "
				"source is"),
			BATS("mounts", "mounts: a destination with .. stays inside")}},
	{"mounts[].options[]", DOES,
		DOES_SO("the kernel refuses to take off flags that the host has set"),
		{BATS("features", "features: every mount option that is listed is known"),
			BATS("mounts", "mounts: later options win")}},
	{"mounts[].type", DOES,
		OTHERWISE("proc, sysfs, mqueue and cgroup that belong to a namespace of the host "
			  "are bound from it, sysfs and cgroup read-only; the kernel refuses file "
			  "systems of block devices"),
		{BATS("mounts", "mounts: the default ones"),
			BATS("mounts", "mounts: sysfs without a network namespace is bound "
				       "read-only, with everything below it")}},
	{"mounts[].uidMappings[].containerID", DOES, USER_MAP, {MOUNT_MAPPED, OWN_MAPPED}},
	{"mounts[].uidMappings[].hostID", DOES, USER_MAP, {MOUNT_MAPPED, OWN_MAPPED}},
	{"mounts[].uidMappings[].size", DOES, USER_MAP, {MOUNT_MAPPED, OWN_MAPPED}},
	{"mounts[].gidMappings[].containerID", DOES, USER_MAP, {MOUNT_MAPPED, OWN_MAPPED}},
	{"mounts[].gidMappings[].hostID", DOES, USER_MAP, {MOUNT_MAPPED, OWN_MAPPED}},
	{"mounts[].gidMappings[].size", DOES, USER_MAP, {MOUNT_MAPPED, OWN_MAPPED}},
	{"root.path", DOES, DOES, {BATS("rootfs", "rootfs: an absolute root.path")}},
	{"root.readonly", DOES, DOES, {BATS("rootfs", "rootfs: root.readonly")}},
	{"process.args[]", DOES, DOES,
		{BATS("process",
			"process: arguments arrive as they are, empty ones and odd ones too")}},
	{"process.consoleSize.height", DOES, DOES, {BATS("tty", "tty: consoleSize")}},
	{"process.consoleSize.width", DOES, DOES, {BATS("tty", "tty: consoleSize")}},
	{"process.cwd", DOES, DOES, {BATS("process", "process: cwd")}},
	{"process.env[]", DOES, DOES,
		{BATS("process", "process: the environment is that of config.json")}},
	{"process.terminal", DOES, DOES,
		{BATS("tty", "tty: --console-socket gets one terminal, the container's three "
			     "descriptors are it")}},
	{"process.user.uid", DOES,
		DOES_SO("others than 0 take subordinate ids, else the error says how to get them"),
		{BATS("process", "process: user, group, additional groups"),
			BATS("root/idmap", "idmap: no subordinate range, and config.json wants "
					   "another user: error, line to add, command")}},
	{"process.user.gid", DOES,
		DOES_SO("others than 0 take subordinate ids, else the error says how to get them"),
		{BATS("process", "process: user, group, additional groups"),
			BATS("root/idmap", "idmap: no subordinate range, and config.json wants "
					   "another user: error, line to add, command")}},
	{"process.user.umask", DOES, DOES, {BATS("process", "process: umask")}},
	{"process.user.additionalGids[]", DOES,
		OTHERWISE("others than the caller's group take subordinate ids; left out, with a "
			  "warning, where setgroups(2) is denied"),
		{BATS("process", "process: user, group, additional groups"),
			BATS("root/lifecycle", "root: additional groups")}},
	{"process.user.username",
		OTHERWISE("left out, with a warning: the specification has it for Windows"),
		OTHERWISE("left out, with a warning: the specification has it for Windows"),
		{BATS("properties",
			"properties: the name of a user, which is for Windows, changes nothing")}},
	{"process.capabilities.bounding[]",
		DOES_SO("what the caller lacks is left out, with a warning"),
		DOES_SO("over the container's user namespace"),
		{BATS("process", "process: the five capability sets"), ROOT_CAPS}},
	{"process.capabilities.permitted[]",
		DOES_SO("what the caller lacks is left out, with a warning"),
		DOES_SO("over the container's user namespace"),
		{BATS("process", "process: the five capability sets"), ROOT_CAPS}},
	{"process.capabilities.effective[]",
		DOES_SO("what the caller lacks is left out, with a warning"),
		DOES_SO("over the container's user namespace"),
		{BATS("process", "process: ambient and inheritable capabilities reach a user that "
				 "is not root"),
			ROOT_CAPS}},
	{"process.capabilities.inheritable[]",
		DOES_SO("what the caller lacks is left out, with a warning"),
		DOES_SO("over the container's user namespace"),
		{BATS("process", "process: ambient and inheritable capabilities reach a user that "
				 "is not root"),
			ROOT_CAPS}},
	{"process.capabilities.ambient[]",
		DOES_SO("what the caller lacks is left out, with a warning"),
		DOES_SO("over the container's user namespace"),
		{BATS("process", "process: ambient and inheritable capabilities reach a user that "
				 "is not root"),
			ROOT_CAPS}},
	{"process.apparmorProfile", DOES_SO("refused where AppArmor is not active"),
		DOES_SO("refused where AppArmor is not active"),
		{GOLDEN("label-both"), GOLDEN("label-no-apparmor")}},
	{"process.oomScoreAdj", DOES,
		OTHERWISE("left alone, with a warning, where it is lower than the caller may set"),
		{BATS("process", "process: oom_score_adj"),
			BATS("process",
				"process: an oom_score_adj that may not be lowered is a warning")}},
	{"process.selinuxLabel", DOES_SO("refused where SELinux is not active"),
		DOES_SO("refused where SELinux is not active"),
		{GOLDEN("label-both"), GOLDEN("label-no-selinux")}},
	{"process.ioPriority.class", DOES, DOES_SO("the kernel refuses IOPRIO_CLASS_RT"),
		{BATS("properties", "properties: ioPriority"),
			BATS("root/properties", "root: ioPriority: the real-time class")}},
	{"process.ioPriority.priority", DOES, DOES,
		{BATS("properties", "properties: ioPriority"),
			BATS("root/properties", "root: ioPriority: the real-time class")}},
	{"process.noNewPrivileges", DOES, DOES,
		{BATS("process", "process: no_new_privs on and off")}},
	{"process.scheduler.policy", DOES,
		DOES_SO("the kernel refuses SCHED_DEADLINE, and beyond RLIMIT_RTPRIO SCHED_FIFO "
			"and SCHED_RR"),
		{BATS("properties",
			 "properties: scheduler: policy, nice and the flag for children"),
			REALTIME}},
	{"process.scheduler.nice", DOES, DOES_SO("the kernel refuses what is beyond RLIMIT_NICE"),
		{BATS("properties",
			"properties: scheduler: policy, nice and the flag for children")}},
	{"process.scheduler.priority", DOES,
		DOES_SO("the kernel refuses what is beyond RLIMIT_RTPRIO"), {REALTIME, PRIVILEGED}},
	{"process.scheduler.flags[]", DOES, DOES, {REALTIME}},
	{"process.scheduler.runtime", DOES, REFUSED("the kernel gives SCHED_DEADLINE to root only"),
		{DEADLINE, PRIVILEGED}},
	{"process.scheduler.deadline", DOES,
		REFUSED("the kernel gives SCHED_DEADLINE to root only"), {DEADLINE, PRIVILEGED}},
	{"process.scheduler.period", DOES, REFUSED("the kernel gives SCHED_DEADLINE to root only"),
		{DEADLINE, PRIVILEGED}},
	{"process.rlimits[].hard", DOES,
		OTHERWISE("lowered to the caller's hard limit, with a warning"),
		{BATS("process", "process: rlimits soft and hard"),
			BATS("process", "process: an rlimit above the caller's hard limit is "
					"clamped, with a warning")}},
	{"process.rlimits[].soft", DOES,
		OTHERWISE("lowered to the caller's hard limit, with a warning"),
		{BATS("process", "process: rlimits soft and hard"),
			BATS("process", "process: an rlimit above the caller's hard limit is "
					"clamped, with a warning")}},
	{"process.rlimits[].type", DOES, DOES,
		{BATS("process", "process: rlimits soft and hard"),
			BATS("root/lifecycle", "root: an rlimit above the hard one is set")}},
	{"process.execCPUAffinity.initial", FOR_EXEC, FOR_EXEC,
		{BATS("exec", "exec: execCPUAffinity"),
			BATS("properties",
				"properties: execCPUAffinity is checked and changes nothing "
				"for the first process")}},
	{"process.execCPUAffinity.final", FOR_EXEC, FOR_EXEC,
		{BATS("exec", "exec: execCPUAffinity"),
			BATS("properties",
				"properties: execCPUAffinity is checked and changes nothing "
				"for the first process")}},
};
const size_t coverage_common_n = ARRAY_SIZE(coverage_common);
