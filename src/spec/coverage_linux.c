// SPDX-License-Identifier: Apache-2.0
/* Rows of the coverage table: "linux"; see coverage.h. Constants. */
#include "spec/coverage.h"

#include "base/mem.h"

/* What several members have in common. */
#define NO_RESCTRL REFUSED("lodger makes no resctrl groups")
#define OWN_IDS    DOES_SO("the caller's own id and subordinate ids; others are refused")
#define NO_CGROUP  NOT_YET("checked, not in force: no cgroup is made; a warning says so")
#define NO_RULES   NOT_YET("checked, not in force: no cgroup is made; a debug line says so")
#define ROOT_DENIED                                                                                \
	BATS("root/properties",                                                                    \
		"root: what is not there yet is refused, or said not to be in force")
#define RESOURCES                                                                                  \
	BATS("properties", "properties: a limit that nobody can put into force here is refused, "  \
			   "each with what helps")
#define DEVICE_RULES                                                                               \
	BATS("properties",                                                                         \
		"properties: device rules and cgroupsPath are not in force, with a debug line")
#define DENIED      BATS("features", "features: intelRdt is denied and refused")
#define DEVICE_MADE BATS("root/lifecycle", "root: a device of config.json with mode and owner")
#define ARGS        BATS("properties", "properties: seccomp: every operator, valueTwo under a mask")
#define OFFSETS     BATS("properties", "properties: timeOffsets")
#define ROOT_OFFSET BATS("root/properties", "root: timeOffsets")
#define MAPPED      BATS("idmap", "idmap: mappings of config.json are honoured")
#define ROOT_MAPPED BATS("root/lifecycle", "root: a user namespace that config.json asks for")

const struct coverage coverage_linux[] = {
	{"linux.devices[].type", DOES, OTHERWISE("the host's node is bound; a fifo is made"),
		{BATS("rootfs", "rootfs: a device of config.json, bound from the host for an "
				"unprivileged user"),
			BATS("rootfs", "rootfs: a fifo among the devices")}},
	{"linux.devices[].path", DOES,
		OTHERWISE("the host's node of that path is bound; a fifo is made"),
		{BATS("rootfs", "rootfs: a device of config.json, bound from the host for an "
				"unprivileged user"),
			DEVICE_MADE}},
	{"linux.devices[].fileMode", DOES, OTHERWISE("that of the host's node; a fifo gets it"),
		{DEVICE_MADE, BATS("rootfs", "rootfs: a fifo among the devices")}},
	{"linux.devices[].major", DOES,
		OTHERWISE("a node of the host with another number is refused"),
		{DEVICE_MADE, BATS("rootfs", "rootfs: a host node with another number than "
					     "config.json says is not bound")}},
	{"linux.devices[].minor", DOES,
		OTHERWISE("a node of the host with another number is refused"),
		{DEVICE_MADE, BATS("rootfs", "rootfs: a host node with another number than "
					     "config.json says is not bound")}},
	{"linux.devices[].uid", DOES, OTHERWISE("that of the host's node; a fifo gets it"),
		{DEVICE_MADE, GOLDEN("devices-configured")}},
	{"linux.devices[].gid", DOES, OTHERWISE("that of the host's node; a fifo gets it"),
		{DEVICE_MADE, GOLDEN("devices-configured")}},
	{"linux.netDevices.*.name", DOES,
		REFUSED("the kernel lets only root of a network namespace move its devices"),
		{BATS("root/netdev", "netDevices: a device is moved, renamed and up, with its "
				     "addresses of global scope"),
			BATS("features", "features: netDevices is promised, and refused to whom "
					 "the kernel refuses it")}},
	{"linux.uidMappings[].containerID", DOES, OWN_IDS, {MAPPED, ROOT_MAPPED}},
	{"linux.uidMappings[].hostID", DOES, OWN_IDS, {MAPPED, ROOT_MAPPED}},
	{"linux.uidMappings[].size", DOES, OWN_IDS, {MAPPED, ROOT_MAPPED}},
	{"linux.gidMappings[].containerID", DOES, OWN_IDS, {MAPPED, ROOT_MAPPED}},
	{"linux.gidMappings[].hostID", DOES, OWN_IDS, {MAPPED, ROOT_MAPPED}},
	{"linux.gidMappings[].size", DOES, OWN_IDS, {MAPPED, ROOT_MAPPED}},
	{"linux.namespaces[].type", DOES,
		DOES_SO("and a user namespace, whether it is named or not"),
		{BATS("process", "process: every namespace of config.json is a new one, the others "
				 "are the caller's"),
			BATS("idmap", "idmap: no user namespace in config.json: caller is root, "
				      "all ranges follow")}},
	{"linux.namespaces[].path", DOES,
		DOES_SO("the kernel refuses those that neither the caller nor a user namespace "
			"that is joined first owns"),
		{BATS("process", "process: namespaces joined by path")}},
	{"linux.resources.unified.*", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.devices[].allow", NO_RULES, NO_RULES, {DEVICE_RULES}},
	{"linux.resources.devices[].type", NO_RULES, NO_RULES, {DEVICE_RULES}},
	{"linux.resources.devices[].major", NO_RULES, NO_RULES, {DEVICE_RULES}},
	{"linux.resources.devices[].minor", NO_RULES, NO_RULES, {DEVICE_RULES}},
	{"linux.resources.devices[].access", NO_RULES, NO_RULES, {DEVICE_RULES}},
	{"linux.resources.pids.limit", NO_CGROUP, NO_CGROUP, {RESOURCES, ROOT_DENIED}},
	{"linux.resources.blockIO.weight", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.blockIO.leafWeight", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.blockIO.throttleReadBpsDevice[].major", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleReadBpsDevice[].minor", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleReadBpsDevice[].rate", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.blockIO.throttleWriteBpsDevice[].major", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleWriteBpsDevice[].minor", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleWriteBpsDevice[].rate", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleReadIOPSDevice[].major", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleReadIOPSDevice[].minor", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleReadIOPSDevice[].rate", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleWriteIOPSDevice[].major", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleWriteIOPSDevice[].minor", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.throttleWriteIOPSDevice[].rate", NO_CGROUP, NO_CGROUP,
		{RESOURCES}},
	{"linux.resources.blockIO.weightDevice[].major", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.blockIO.weightDevice[].minor", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.blockIO.weightDevice[].weight", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.blockIO.weightDevice[].leafWeight", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.blockIO.weightDevice[]", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.cpus", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.mems", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.period", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.quota", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.burst", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.realtimePeriod", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.realtimeRuntime", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.shares", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.cpu.idle", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.hugepageLimits[].pageSize", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.hugepageLimits[].limit", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.kernel", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.kernelTCP", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.limit", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.reservation", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.swap", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.swappiness", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.disableOOMKiller", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.useHierarchy", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.memory.checkBeforeUpdate", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.network.classID", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.network.priorities[].name", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.network.priorities[].priority", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.rdma.*.hcaHandles", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.resources.rdma.*.hcaObjects", NO_CGROUP, NO_CGROUP, {RESOURCES}},
	{"linux.cgroupsPath", DOES,
		OTHERWISE("where a subtree was delegated or the user's systemd answers; else a "
			  "warning"),
		{BATS("root/cgroup", "root cgroup: cgroupsPath from the root of the tree, with "
				     "what is missing above")}},
	{"linux.rootfsPropagation", DOES, DOES, {BATS("mounts", "mounts: rootfsPropagation")}},
	{"linux.seccomp.defaultAction", DOES, DOES,
		{BATS("properties", "properties: seccomp: the default action and its errno")}},
	{"linux.seccomp.defaultErrnoRet", DOES, DOES,
		{BATS("properties", "properties: seccomp: the default action and its errno")}},
	{"linux.seccomp.flags[]", DOES, DOES,
		{BATS("properties", "properties: seccomp: flags reach the kernel"),
			BATS("features", "features: seccomp flags are supported if the kernel "
					 "takes them in a filter")}},
	{"linux.seccomp.listenerPath", DOES, DOES,
		{BATS("properties", "properties: seccomp: the agent at listenerPath gets listener, "
				    "state and metadata")}},
	{"linux.seccomp.listenerMetadata", DOES, DOES,
		{BATS("properties", "properties: seccomp: the agent at listenerPath gets listener, "
				    "state and metadata")}},
	{"linux.seccomp.architectures[]", DOES, DOES,
		{BATS("properties", "properties: seccomp: system calls of an architecture that is "
				    "not listed kill")}},
	{"linux.seccomp.syscalls[].names[]", DOES, DOES,
		{BATS("process", "process: a seccomp filter that refuses a call with an errno"),
			BATS("process", "process: names of system calls that this machine does not "
					"know are passed over")}},
	{"linux.seccomp.syscalls[].action", DOES, DOES,
		{BATS("features", "features: every action that is listed can be used in a filter"),
			BATS("process", "process: seccomp that kills")}},
	{"linux.seccomp.syscalls[].errnoRet", DOES, DOES,
		{BATS("process", "process: a seccomp filter that refuses a call with an errno")}},
	{"linux.seccomp.syscalls[].args[].index", DOES, DOES, {ARGS}},
	{"linux.seccomp.syscalls[].args[].value", DOES, DOES, {ARGS}},
	{"linux.seccomp.syscalls[].args[].valueTwo", DOES, DOES, {ARGS}},
	{"linux.seccomp.syscalls[].args[].op", DOES, DOES, {ARGS}},
	{"linux.sysctl.*", DOES, DOES,
		{BATS("process", "process: sysctl of a namespace of its own"),
			BATS("process", "process: sysctl net.* with a network namespace, with "
					"slashes too")}},
	{"linux.maskedPaths[]", DOES, DOES,
		{BATS("rootfs", "rootfs: masked files read as empty, masked directories are empty "
				"and read-only")}},
	{"linux.readonlyPaths[]", DOES, DOES, {BATS("rootfs", "rootfs: read-only paths")}},
	{"linux.mountLabel", DOES_SO("left out where SELinux is not active"),
		DOES_SO("left out where SELinux is not active"),
		{GOLDEN("mount-label"), GOLDEN("mount-label-no-selinux")}},
	{"linux.intelRdt.closID", NO_RESCTRL, NO_RESCTRL, {DENIED, ROOT_DENIED}},
	{"linux.intelRdt.schemata[]", NO_RESCTRL, NO_RESCTRL, {DENIED, ROOT_DENIED}},
	{"linux.intelRdt.l3CacheSchema", NO_RESCTRL, NO_RESCTRL, {DENIED, ROOT_DENIED}},
	{"linux.intelRdt.memBwSchema", NO_RESCTRL, NO_RESCTRL, {DENIED, ROOT_DENIED}},
	{"linux.intelRdt.enableMonitoring", NO_RESCTRL, NO_RESCTRL, {DENIED, ROOT_DENIED}},
	{"linux.memoryPolicy.mode", DOES, DOES,
		{BATS("properties", "properties: memoryPolicy: mode, nodes and flags")}},
	{"linux.memoryPolicy.nodes", DOES, DOES,
		{BATS("properties", "properties: memoryPolicy: mode, nodes and flags")}},
	{"linux.memoryPolicy.flags[]", DOES, DOES,
		{BATS("properties", "properties: memoryPolicy: mode, nodes and flags")}},
	{"linux.personality.domain", DOES, DOES, {BATS("properties", "properties: personality")}},
	{"linux.personality.flags[]", REFUSED("the specification defines none"),
		REFUSED("the specification defines none"),
		{BATS("properties", "properties: personality: flags, of which the specification "
				    "has none, are refused")}},
	{"linux.timeOffsets.boottime.secs", DOES, DOES, {OFFSETS, ROOT_OFFSET}},
	{"linux.timeOffsets.boottime.nanosecs", DOES, DOES, {OFFSETS, ROOT_OFFSET}},
	{"linux.timeOffsets.monotonic.secs", DOES, DOES, {OFFSETS, ROOT_OFFSET}},
	{"linux.timeOffsets.monotonic.nanosecs", DOES, DOES, {OFFSETS, ROOT_OFFSET}},
};
const size_t coverage_linux_n = ARRAY_SIZE(coverage_linux);
