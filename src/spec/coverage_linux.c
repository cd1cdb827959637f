// SPDX-License-Identifier: Apache-2.0
/* Rows of the coverage table: "linux"; see coverage.h. Constants. */
#include "spec/coverage.h"

#include "base/mem.h"

/* What several members have in common. */
#define RESCTRL                                                                                    \
	DOES_SO("where resctrl is mounted; refused else, with what mounts it. Proved on plain "    \
		"files that stand in for it: the processor for it is not at hand")
#define NO_RESCTRL REFUSED("the kernel leaves resctrl to the host's root")
#define OWN_IDS    DOES_SO("the caller's own id and subordinate ids; others are refused")
#define DELEGATED  DOES_SO("where its controller is delegated; refused else, with what enables it")
#define OF_V1      DOES_SO("on cgroup v1; refused on v2, which has nothing like it")
#define NOT_IN_V2  REFUSED("cgroup v2 has nothing like it")
#define GONE       DOES_SO("on cgroup v1 where the kernel has it; a warning on v2: it is gone")
#define GONE_USER  OTHERWISE("a warning: cgroup v2 has nothing like it")
#define NO_RULES                                                                                   \
	OTHERWISE("the kernel takes rules from root alone: /dev has what is bound there, a debug " \
		  "line says so")
#define RESOURCES                                                                                  \
	BATS("properties", "properties: a limit that nobody can put into force here is refused, "  \
			   "each with what helps")
#define LIMITS(name) BATS("root/limits", name)
#define MEMORY       LIMITS("limits: memory, read back")
#define CPU          LIMITS("limits: cpu and cpuset, read back")
#define THROTTLES    LIMITS("limits: throttles of a block device, read back")
#define DENIED_DEVICES                                                                             \
	LIMITS("limits: device rules: what is denied cannot be opened, the default devices can")
/* On cgroup v2, in the virtual machine: of the user's own, and of root. */
#define V2(name)      SESSION("limits", "limits: " name)
#define V2_ROOT(name) SESSION("root/limits", "root limits: " name)
#define V2_MEMORY     V2("memory and pids, read back from the kernel and from systemd")
#define V2_SWAP       V2("swap, read back from the kernel and from systemd, and its update")
#define V2_CHECK      V2("checkBeforeUpdate refuses a limit below what is used")
#define V2_CPU        V2("cpu, read back from the kernel and from systemd")
#define V2_BURST      V2("cpu burst and idle, read back, and their update")
#define V2_UNIFIED    V2("unified, read back from the kernel and from systemd")
#define V2_CPUSET     V2_ROOT("cpuset: the kernel has it, and nproc shows it")
#define V2_WEIGHT     V2_ROOT("io weights, by BFQ")
#define V2_THROTTLES  V2_ROOT("io: the kernel has the limits, and a writer takes its time")
#define V2_HUGEPAGES  V2_ROOT("hugepages: the kernel has the limit")
#define V2_RDMA                                                                                    \
	V2_ROOT("rdma: without the device, an error that names the member, and nothing left")
#define V2_DEVICES                                                                                 \
	SESSION("root/devices", "devices: one access allowed and another not, in a directory")
#define DEVICE_RULES                                                                               \
	BATS("properties",                                                                         \
		"properties: device rules and cgroupsPath are not in force, with a debug line")
#define DENIED                                                                                     \
	BATS("features",                                                                           \
		"features: intelRdt is promised, and refused to whom the kernel refuses it")
#define CLASS(name) BATS("root/resctrl", name)
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
	{"linux.resources.unified.*", DOES_SO("on cgroup v2; refused on v1"), DELEGATED,
		{GOLDEN("resources-unified"), RESOURCES, V2_UNIFIED}},
	{"linux.resources.devices[].allow", DOES, NO_RULES,
		{DENIED_DEVICES, GOLDEN("resources-devices"), V2_DEVICES}},
	{"linux.resources.devices[].type", DOES, NO_RULES,
		{DENIED_DEVICES, GOLDEN("resources-devices"), V2_DEVICES}},
	{"linux.resources.devices[].major", DOES, NO_RULES,
		{DENIED_DEVICES, GOLDEN("resources-devices"), V2_DEVICES}},
	{"linux.resources.devices[].minor", DOES, NO_RULES,
		{DENIED_DEVICES, GOLDEN("resources-devices"), V2_DEVICES}},
	{"linux.resources.devices[].access", DOES, NO_RULES,
		{DENIED_DEVICES, GOLDEN("resources-devices"), V2_DEVICES}},
	{"linux.resources.pids.limit", DOES, DELEGATED,
		{LIMITS("limits: pids, read back, unlimited too"), RESOURCES, V2_MEMORY}},
	{"linux.resources.blockIO.weight", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), RESOURCES, V2_WEIGHT}},
	{"linux.resources.blockIO.leafWeight", GONE, GONE_USER,
		{GOLDEN("resources-block-io-leaf")}},
	{"linux.resources.blockIO.throttleReadBpsDevice[].major", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleReadBpsDevice[].minor", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleReadBpsDevice[].rate", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleWriteBpsDevice[].major", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleWriteBpsDevice[].minor", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleWriteBpsDevice[].rate", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleReadIOPSDevice[].major", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleReadIOPSDevice[].minor", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleReadIOPSDevice[].rate", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleWriteIOPSDevice[].major", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleWriteIOPSDevice[].minor", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.throttleWriteIOPSDevice[].rate", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), THROTTLES, V2_THROTTLES}},
	{"linux.resources.blockIO.weightDevice[].major", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), V2_WEIGHT}},
	{"linux.resources.blockIO.weightDevice[].minor", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), V2_WEIGHT}},
	{"linux.resources.blockIO.weightDevice[].weight", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), V2_WEIGHT}},
	{"linux.resources.blockIO.weightDevice[].leafWeight", GONE, GONE_USER,
		{GOLDEN("resources-block-io-leaf")}},
	{"linux.resources.blockIO.weightDevice[]", DOES, DELEGATED,
		{GOLDEN("resources-block-io"), V2_WEIGHT}},
	{"linux.resources.cpu.cpus", DOES, DELEGATED, {CPU, GOLDEN("resources-cpu"), V2_CPUSET}},
	{"linux.resources.cpu.mems", DOES, DELEGATED, {CPU, GOLDEN("resources-cpu"), V2_CPUSET}},
	{"linux.resources.cpu.period", DOES, DELEGATED, {CPU, GOLDEN("resources-cpu"), V2_CPU}},
	{"linux.resources.cpu.quota", DOES, DELEGATED, {CPU, GOLDEN("resources-cpu"), V2_CPU}},
	{"linux.resources.cpu.burst", DOES, DELEGATED, {CPU, GOLDEN("resources-cpu"), V2_BURST}},
	{"linux.resources.cpu.realtimePeriod", OF_V1, NOT_IN_V2,
		{GOLDEN("resources-cpu-realtime")}},
	{"linux.resources.cpu.realtimeRuntime", OF_V1, NOT_IN_V2,
		{GOLDEN("resources-cpu-realtime")}},
	{"linux.resources.cpu.shares", DOES, DELEGATED, {CPU, GOLDEN("resources-cpu"), V2_CPU}},
	{"linux.resources.cpu.idle", DOES, DELEGATED, {GOLDEN("resources-cpu-idle"), V2_BURST}},
	{"linux.resources.hugepageLimits[].pageSize", DOES, DELEGATED,
		{GOLDEN("resources-hugepages"), RESOURCES, V2_HUGEPAGES}},
	{"linux.resources.hugepageLimits[].limit", DOES, DELEGATED,
		{GOLDEN("resources-hugepages"), RESOURCES, V2_HUGEPAGES}},
	{"linux.resources.memory.kernel", GONE, GONE_USER, {GOLDEN("resources-memory")}},
	{"linux.resources.memory.kernelTCP", GONE, GONE_USER, {GOLDEN("resources-memory")}},
	{"linux.resources.memory.limit", DOES, DELEGATED,
		{MEMORY, GOLDEN("resources-memory"), V2_MEMORY}},
	{"linux.resources.memory.reservation", DOES, DELEGATED,
		{MEMORY, GOLDEN("resources-memory"), V2_MEMORY}},
	{"linux.resources.memory.swap", DOES, DELEGATED,
		{MEMORY, GOLDEN("resources-memory"), V2_SWAP}},
	{"linux.resources.memory.swappiness",
		DOES_SO("on cgroup v1; on v2 where the kernel has it, which Linux itself does not"),
		OTHERWISE("where the kernel has it; a debug line says so where not"),
		{MEMORY, GOLDEN("resources-memory")}},
	{"linux.resources.memory.disableOOMKiller", GONE, GONE_USER, {GOLDEN("resources-memory")}},
	{"linux.resources.memory.useHierarchy",
		OTHERWISE("the kernel always does; false is a warning"),
		OTHERWISE("the kernel always does; false is a warning"),
		{GOLDEN("resources-memory")}},
	{"linux.resources.memory.checkBeforeUpdate", DOES, DELEGATED,
		{LIMITS("update: checkBeforeUpdate refuses a limit below what is used"),
			GOLDEN("resources-memory"), V2_CHECK}},
	{"linux.resources.network.classID", OF_V1, NOT_IN_V2,
		{GOLDEN("resources-network"), RESOURCES}},
	{"linux.resources.network.priorities[].name", OF_V1, NOT_IN_V2,
		{GOLDEN("resources-network"), RESOURCES}},
	{"linux.resources.network.priorities[].priority", OF_V1, NOT_IN_V2,
		{GOLDEN("resources-network"), RESOURCES}},
	{"linux.resources.rdma.*.hcaHandles", DOES, DELEGATED,
		{GOLDEN("resources-rdma"), RESOURCES, V2_RDMA}},
	{"linux.resources.rdma.*.hcaObjects", DOES, DELEGATED,
		{GOLDEN("resources-rdma"), RESOURCES, V2_RDMA}},
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
	{"linux.intelRdt.closID", RESCTRL, NO_RESCTRL,
		{CLASS("resctrl: a class that is there gets the container's process, and stays"),
			DENIED}},
	{"linux.intelRdt.schemata[]", RESCTRL, NO_RESCTRL, {GOLDEN("resctrl-own"), DENIED}},
	{"linux.intelRdt.l3CacheSchema", RESCTRL, NO_RESCTRL,
		{CLASS("resctrl: a launch that fails leaves no group behind"), DENIED}},
	{"linux.intelRdt.memBwSchema", RESCTRL, NO_RESCTRL,
		{CLASS("resctrl: a class with other values, and one that nothing says how to make, "
		       "are refused"),
			DENIED}},
	{"linux.intelRdt.enableMonitoring", RESCTRL, NO_RESCTRL, {GOLDEN("resctrl-own"), DENIED}},
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
