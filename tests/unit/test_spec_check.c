// SPDX-License-Identifier: Apache-2.0
/* spec/: each way to break a config, and where the error points; what must not be refused. */
#include "spec_patch.h"

#include "base/log.h"
#include "spec/check.h"
#include "spec/decode.h"

struct bad {
	const char *check; /* of spec_checks, or "decode" */
	const char *patch;
	enum err_code code;
	const char *object;
	const char *text; /* part of the message, NULL = any */
};

static const struct bad bad[] = {
	/* types */
	{"decode", "[]", ERR_CONFIG_TYPE, "", "must be an object, not an array"},
	{"decode", P("\"args\": \"sh\""), ERR_CONFIG_TYPE, "process.args",
		"must be an array of strings, not a string"},
	{"decode", P("\"args\": [\"a\", 1]"), ERR_CONFIG_TYPE, "process.args[1]",
		"must be a string, not a number"},
	{"decode", P("\"args\": [null]"), ERR_CONFIG_TYPE, "process.args[0]", "not null"},
	{"decode", P("\"terminal\": \"yes\""), ERR_CONFIG_TYPE, "process.terminal",
		"must be true or false, not a string"},
	{"decode", P("\"cwd\": 1"), ERR_CONFIG_TYPE, "process.cwd", "must be a string"},
	{"decode", P("\"user\": []"), ERR_CONFIG_TYPE, "process.user", "must be an object"},
	{"decode", P("\"user\": {\"uid\": \"0\"}"), ERR_CONFIG_TYPE, "process.user.uid",
		"must be an integer, not a string"},
	{"decode", P("\"user\": {\"uid\": 0.5}"), ERR_CONFIG_TYPE, "process.user.uid",
		"must be an integer, not 0.5"},
	{"decode", P("\"user\": {\"additionalGids\": 5}"), ERR_CONFIG_TYPE,
		"process.user.additionalGids", "an array of integers"},
	{"decode", P("\"user\": {\"additionalGids\": [5, true]}"), ERR_CONFIG_TYPE,
		"process.user.additionalGids[1]", NULL},
	{"decode", "{\"mounts\": {}}", ERR_CONFIG_TYPE, "mounts", "an array of objects"},
	{"decode", "{\"mounts\": [null]}", ERR_CONFIG_TYPE, "mounts[0]", "must be an object"},
	{"decode", "{\"annotations\": []}", ERR_CONFIG_TYPE, "annotations",
		"an object whose values are strings"},
	{"decode", "{\"annotations\": {\"a.b\": 1}}", ERR_CONFIG_TYPE, "annotations[\"a.b\"]",
		NULL},
	{"decode", L("\"netDevices\": []"), ERR_CONFIG_TYPE, "linux.netDevices", NULL},
	{"decode", L("\"netDevices\": {\"e\": 1}"), ERR_CONFIG_TYPE, "linux.netDevices[\"e\"]",
		NULL},
	{"decode", L("\"resources\": {\"memory\": {\"useHierarchy\": 1}}"), ERR_CONFIG_TYPE,
		"linux.resources.memory.useHierarchy", NULL},
	/* ranges */
	{"decode", P("\"user\": {\"uid\": 4294967295}"), ERR_CONFIG_VALUE, "process.user.uid",
		"4294967295 is out of range, allowed is 0 to 4294967294"},
	{"decode", P("\"user\": {\"gid\": -1}"), ERR_CONFIG_VALUE, "process.user.gid", NULL},
	{"decode", P("\"user\": {\"additionalGids\": [4294967295]}"), ERR_CONFIG_VALUE,
		"process.user.additionalGids[0]", NULL},
	{"decode", P("\"user\": {\"umask\": 512}"), ERR_CONFIG_VALUE, "process.user.umask", NULL},
	{"decode", P("\"oomScoreAdj\": 1001"), ERR_CONFIG_VALUE, "process.oomScoreAdj",
		"-1000 to 1000"},
	{"decode", P("\"oomScoreAdj\": -1001"), ERR_CONFIG_VALUE, "process.oomScoreAdj", NULL},
	{"decode", P("\"consoleSize\": {\"height\": 70000, \"width\": 1}"), ERR_CONFIG_VALUE,
		"process.consoleSize.height", NULL},
	{"decode", P("\"consoleSize\": {\"height\": 7}"), ERR_CONFIG_MISSING,
		"process.consoleSize.width", NULL},
	{"decode", P("\"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 8}"),
		ERR_CONFIG_VALUE, "process.ioPriority.priority", NULL},
	{"decode", P("\"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": -1, \"hard\": 1}]"),
		ERR_CONFIG_VALUE, "process.rlimits[0].soft", "0 to 18446744073709551615"},
	{"decode", "{\"hooks\": {\"poststop\": [{\"path\": \"/x\", \"timeout\": 0}]}}",
		ERR_CONFIG_VALUE, "hooks.poststop[0].timeout", NULL},
	{"decode", L("\"resources\": {\"memory\": {\"swappiness\": 101}}"), ERR_CONFIG_VALUE,
		"linux.resources.memory.swappiness", NULL},
	{"decode", L("\"resources\": {\"cpu\": {\"idle\": 2}}"), ERR_CONFIG_VALUE,
		"linux.resources.cpu.idle", NULL},
	{"decode", L("\"resources\": {\"pids\": {\"limit\": 9223372036854775808}}"),
		ERR_CONFIG_VALUE, "linux.resources.pids.limit", NULL},
	{"decode", L("\"timeOffsets\": {\"boottime\": {\"nanosecs\": 1000000000}}"),
		ERR_CONFIG_VALUE, "linux.timeOffsets.boottime.nanosecs", NULL},
	{"decode",
		RULE("\"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 6, \"value\": 1, "
		     "\"op\": \"SCMP_CMP_EQ\"}]"),
		ERR_CONFIG_VALUE, "linux.seccomp.syscalls[0].args[0].index", NULL},
	/* missing */
	{"decode", "{\"ociVersion\": null}", ERR_CONFIG_MISSING, "ociVersion", "is missing"},
	{"decode", "{\"root\": null}", ERR_CONFIG_MISSING, "root", NULL},
	{"decode", "{\"root\": {\"path\": null}}", ERR_CONFIG_MISSING, "root.path", NULL},
	{"decode", P("\"args\": null"), ERR_CONFIG_MISSING, "process.args", NULL},
	{"decode", P("\"cwd\": null"), ERR_CONFIG_MISSING, "process.cwd", NULL},
	{"decode", "{\"mounts\": [{\"source\": \"x\"}]}", ERR_CONFIG_MISSING,
		"mounts[0].destination", NULL},
	{"decode", L(NS("{\"path\": \"/x\"}")), ERR_CONFIG_MISSING, "linux.namespaces[0].type",
		NULL},
	{"decode", L("\"seccomp\": {}"), ERR_CONFIG_MISSING, "linux.seccomp.defaultAction", NULL},
	{"decode", L("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 0}]"), ERR_CONFIG_MISSING,
		"linux.uidMappings[0].size", NULL},
	/* words that the decoder turns into numbers */
	{"decode", L(NS("{\"type\": \"pid\"}, {\"type\": \"netwrok\"}")), ERR_CONFIG_VALUE,
		"linux.namespaces[1].type",
		"\"netwrok\" is not one of mount, pid, network, uts, ipc, user, cgroup, time "
		"(line "},
	/* flags of the tables */
	{"fields", "{\"root\": {\"path\": \"\"}}", ERR_CONFIG_VALUE, "root.path", "is empty"},
	{"fields", P("\"args\": []"), ERR_CONFIG_VALUE, "process.args", "is empty"},
	{"fields", P("\"cwd\": \"tmp\""), ERR_CONFIG_VALUE, "process.cwd",
		"\"tmp\" is not an absolute path"},
	{"fields", P("\"cwd\": \"\""), ERR_CONFIG_VALUE, "process.cwd", NULL},
	{"fields", "{\"mounts\": [{\"destination\": \"\"}]}", ERR_CONFIG_VALUE,
		"mounts[0].destination", NULL},
	{"fields", "{\"hooks\": {\"prestart\": [{\"path\": \"bin/x\"}]}}", ERR_CONFIG_VALUE,
		"hooks.prestart[0].path", NULL},
	{"fields", L(NS("{\"type\": \"pid\", \"path\": \"proc/1/ns/pid\"}")), ERR_CONFIG_VALUE,
		"linux.namespaces[0].path", NULL},
	{"fields", L("\"maskedPaths\": [\"/a\", \"b\"]"), ERR_CONFIG_VALUE, "linux.maskedPaths[1]",
		NULL},
	{"fields", L("\"maskedPaths\": [\"\"]"), ERR_CONFIG_VALUE, "linux.maskedPaths[0]", NULL},
	{"fields", L("\"readonlyPaths\": [\"b\"]"), ERR_CONFIG_VALUE, "linux.readonlyPaths[0]",
		NULL},
	{"fields", L("\"rootfsPropagation\": \"public\""), ERR_CONFIG_VALUE,
		"linux.rootfsPropagation", "\"public\" is not one of private,"},
	{"fields", L("\"devices\": [{\"path\": \"/dev/x\", \"type\": \"d\"}]"), ERR_CONFIG_VALUE,
		"linux.devices[0].type", "is not one of c, b, u, p"},
	{"fields", L("\"devices\": [{\"path\": \"dev/x\", \"type\": \"p\"}]"), ERR_CONFIG_VALUE,
		"linux.devices[0].path", NULL},
	{"fields", L("\"resources\": {\"devices\": [{\"allow\": true, \"type\": \"z\"}]}"),
		ERR_CONFIG_VALUE, "linux.resources.devices[0].type", NULL},
	{"fields", L("\"seccomp\": {\"defaultAction\": \"ALLOW\"}"), ERR_CONFIG_VALUE,
		"linux.seccomp.defaultAction", NULL},
	{"fields", L("\"seccomp\": {\"defaultAction\": \"\"}"), ERR_CONFIG_VALUE,
		"linux.seccomp.defaultAction", "is empty"},
	{"fields", SC("\"architectures\": [\"SCMP_ARCH_VAX\"]"), ERR_CONFIG_VALUE,
		"linux.seccomp.architectures[0]", NULL},
	{"fields", SC("\"flags\": [\"X\"]"), ERR_CONFIG_VALUE, "linux.seccomp.flags[0]", NULL},
	{"fields", RULE("\"action\": \"NO\""), ERR_CONFIG_VALUE, "linux.seccomp.syscalls[0].action",
		NULL},
	{"fields", SC("\"syscalls\": [{\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"}]"),
		ERR_CONFIG_VALUE, "linux.seccomp.syscalls[0].names", NULL},
	{"fields",
		RULE("\"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 1, "
		     "\"op\": \"==\"}]"),
		ERR_CONFIG_VALUE, "linux.seccomp.syscalls[0].args[0].op", NULL},
	{"fields", P("\"scheduler\": {\"policy\": \"SCHED_FAST\"}"), ERR_CONFIG_VALUE,
		"process.scheduler.policy", NULL},
	{"fields", P("\"scheduler\": {\"policy\": \"SCHED_RR\", \"flags\": [\"F\"]}"),
		ERR_CONFIG_VALUE, "process.scheduler.flags[0]", NULL},
	{"fields", P("\"ioPriority\": {\"class\": \"BE\"}"), ERR_CONFIG_VALUE,
		"process.ioPriority.class", NULL},
	{"fields", P("\"rlimits\": [{\"type\": \"NOFILE\", \"soft\": 1, \"hard\": 1}]"),
		ERR_CONFIG_VALUE, "process.rlimits[0].type", NULL},
	{"fields", L("\"personality\": {\"domain\": \"BSD\"}"), ERR_CONFIG_VALUE,
		"linux.personality.domain", NULL},
	{"fields", L("\"memoryPolicy\": {\"mode\": \"X\"}"), ERR_CONFIG_VALUE,
		"linux.memoryPolicy.mode", NULL},
	{"fields", L("\"memoryPolicy\": {\"mode\": \"MPOL_LOCAL\", \"flags\": [\"X\"]}"),
		ERR_CONFIG_VALUE, "linux.memoryPolicy.flags[0]", NULL},
	/* one check each from here */
	{"version", "{\"ociVersion\": \"\"}", ERR_CONFIG_VALUE, "ociVersion", NULL},
	{"version", "{\"ociVersion\": \"1.0\"}", ERR_CONFIG_VALUE, "ociVersion", NULL},
	{"version", "{\"ociVersion\": \"v1.0.0\"}", ERR_CONFIG_VALUE, "ociVersion", NULL},
	{"version", "{\"ociVersion\": \"1.0.0-\"}", ERR_CONFIG_VALUE, "ociVersion", NULL},
	{"version", "{\"ociVersion\": \"1.0.0 x\"}", ERR_CONFIG_VALUE, "ociVersion", NULL},
	{"version", "{\"ociVersion\": \"2.0.0\"}", ERR_CONFIG_UNSUPPORTED, "ociVersion", NULL},
	{"version", "{\"ociVersion\": \"0.9.0\"}", ERR_CONFIG_UNSUPPORTED, "ociVersion", NULL},
	{"annotations", "{\"annotations\": {\"\": \"x\"}}", ERR_CONFIG_VALUE, "annotations[\"\"]",
		NULL},
	{"env", P("\"env\": [\"A=b\", \"B\"]"), ERR_CONFIG_VALUE, "process.env[1]",
		"\"B\" is not NAME=VALUE"},
	{"env", P("\"env\": [\"=b\"]"), ERR_CONFIG_VALUE, "process.env[0]", NULL},
	{"env", P("\"env\": [\"\"]"), ERR_CONFIG_VALUE, "process.env[0]", NULL},
	{"rlimits",
		P("\"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 1, \"hard\": 1},"
		  "{\"type\": \"RLIMIT_AS\", \"soft\": 1, \"hard\": 1}]"),
		ERR_CONFIG_CONFLICT, "process.rlimits[1].type", "occurs twice"},
	{"rlimits", P("\"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 2, \"hard\": 1}]"),
		ERR_CONFIG_CONFLICT, "process.rlimits[0].soft", NULL},
	{"scheduler", P("\"scheduler\": {\"policy\": \"SCHED_BATCH\", \"nice\": 20}"),
		ERR_CONFIG_VALUE, "process.scheduler.nice", NULL},
	{"scheduler", P("\"scheduler\": {\"policy\": \"SCHED_OTHER\", \"priority\": 1}"),
		ERR_CONFIG_CONFLICT, "process.scheduler.priority", NULL},
	{"scheduler", P("\"scheduler\": {\"policy\": \"SCHED_FIFO\", \"priority\": 100}"),
		ERR_CONFIG_VALUE, "process.scheduler.priority", NULL},
	{"scheduler", P("\"scheduler\": {\"policy\": \"SCHED_IDLE\", \"period\": 1}"),
		ERR_CONFIG_CONFLICT, "process.scheduler.period", NULL},
	{"scheduler", P("\"scheduler\": {\"policy\": \"SCHED_DEADLINE\", \"deadline\": 2}"),
		ERR_CONFIG_MISSING, "process.scheduler.runtime", NULL},
	{"scheduler", P("\"scheduler\": {\"policy\": \"SCHED_DEADLINE\", \"runtime\": 2}"),
		ERR_CONFIG_VALUE, "process.scheduler.deadline", NULL},
	{"scheduler",
		P("\"scheduler\": {\"policy\": \"SCHED_DEADLINE\", \"runtime\": 2, "
		  "\"deadline\": 3, \"period\": 2}"),
		ERR_CONFIG_VALUE, "process.scheduler.period", NULL},
	{"cpu-affinity", P("\"execCPUAffinity\": {\"initial\": \"0-\"}"), ERR_CONFIG_VALUE,
		"process.execCPUAffinity.initial", NULL},
	{"cpu-affinity", P("\"execCPUAffinity\": {\"final\": \"1,,2\"}"), ERR_CONFIG_VALUE,
		"process.execCPUAffinity.final", NULL},
	{"namespaces", L(NS("{\"type\": \"pid\"}, {\"type\": \"ipc\"}, {\"type\": \"pid\"}")),
		ERR_CONFIG_CONFLICT, "linux.namespaces[2].type", "duplicate namespace \"pid\""},
	{"id-maps", L("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]"),
		ERR_CONFIG_CONFLICT, "linux.uidMappings", "without gidMappings"},
	{"id-maps", L("\"gidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]"),
		ERR_CONFIG_CONFLICT, "linux.gidMappings", "without uidMappings"},
	{"id-maps",
		L("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 0}],"
		  "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]"),
		ERR_CONFIG_VALUE, "linux.uidMappings[0].size", "must not be 0"},
	{"id-maps",
		L("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 1}],"
		  "\"gidMappings\": [{\"containerID\": 1, \"hostID\": 0, \"size\": 4294967295}]"),
		ERR_CONFIG_VALUE, "linux.gidMappings[0].size", "above the highest id"},
	{"id-maps",
		L("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 10},"
		  "{\"containerID\": 9, \"hostID\": 100, \"size\": 1}],"
		  "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]"),
		ERR_CONFIG_CONFLICT, "linux.uidMappings[1].containerID", "overlaps that of [0]"},
	{"id-maps",
		L("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 5, \"size\": 10},"
		  "{\"containerID\": 10, \"hostID\": 0, \"size\": 6}],"
		  "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]"),
		ERR_CONFIG_CONFLICT, "linux.uidMappings[1].hostID", NULL},
	{"mounts",
		"{\"mounts\": [{\"destination\": \"/x\", \"uidMappings\": "
		"[{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]}]}",
		ERR_CONFIG_CONFLICT, "mounts[0].uidMappings", NULL},
	{"uts", "{\"hostname\": \"h\", \"linux\": {" NS("{\"type\": \"mount\"}") "}}",
		ERR_CONFIG_CONFLICT, "hostname", "without a uts namespace"},
	{"uts", "{\"domainname\": \"h\", \"linux\": {" NS("") "}}", ERR_CONFIG_CONFLICT,
		"domainname", NULL},
	{"uts",
		"{\"hostname\": \"0123456789012345678901234567890123456789012345678901234567890123"
		"4\"}",
		ERR_CONFIG_VALUE, "hostname", "longer than 64"},
	{"time-offsets", L(NS("") ", \"timeOffsets\": {\"monotonic\": {\"secs\": 1}}"),
		ERR_CONFIG_CONFLICT, "linux.timeOffsets", "without a time namespace"},
	{"time-offsets",
		L(NS("{\"type\": \"time\", \"path\": \"/t\"}") ", \"timeOffsets\": "
							       "{\"boottime\": {\"secs\": 1}}"),
		ERR_CONFIG_CONFLICT, "linux.timeOffsets", "to join"},
	{"hidden-paths", L(NS("") ", \"maskedPaths\": [\"/x\"]"), ERR_CONFIG_CONFLICT,
		"linux.maskedPaths", NULL},
	{"hidden-paths", L(NS("") ", \"readonlyPaths\": [\"/x\"]"), ERR_CONFIG_CONFLICT,
		"linux.readonlyPaths", NULL},
	{"devices", L("\"devices\": [{\"path\": \"/dev/x\", \"type\": \"c\", \"major\": 1}]"),
		ERR_CONFIG_MISSING, "linux.devices[0].minor", NULL},
	{"devices", L("\"devices\": [{\"path\": \"/dev/x\", \"type\": \"u\"}]"), ERR_CONFIG_MISSING,
		"linux.devices[0].major", NULL},
	{"sysctl", L("\"sysctl\": {\"net/../kernel/x\": \"1\"}"), ERR_CONFIG_VALUE,
		"linux.sysctl[\"net/../kernel/x\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"net..ipv4\": \"1\"}"), ERR_CONFIG_VALUE,
		"linux.sysctl[\"net..ipv4\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"net.//.kernel.x\": \"1\"}"), ERR_CONFIG_VALUE,
		"linux.sysctl[\"net.//.kernel.x\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"/net/ipv4\": \"1\"}"), ERR_CONFIG_VALUE,
		"linux.sysctl[\"/net/ipv4\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"net.ipv4.\": \"1\"}"), ERR_CONFIG_VALUE,
		"linux.sysctl[\"net.ipv4.\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"net.ipv4\\nx\": \"1\"}"), ERR_CONFIG_VALUE,
		"linux.sysctl[\"net.ipv4\\nx\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"net.a+b\": \"1\"}"), ERR_CONFIG_VALUE,
		"linux.sysctl[\"net.a+b\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"net\": \"1\"}"), ERR_CONFIG_VALUE, "linux.sysctl[\"net\"]",
		NULL},
	{"sysctl", L("\"sysctl\": {\"\": \"1\"}"), ERR_CONFIG_VALUE, "linux.sysctl[\"\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"kernel.hostname\": \"1\"}"), ERR_CONFIG_CONFLICT,
		"linux.sysctl[\"kernel.hostname\"]", NULL},
	{"sysctl",
		"{\"domainname\": \"a\", \"linux\": {" NS(
			"{\"type\": \"uts\"}") ", \"sysctl\": {\"kernel/domainname\": \"b\"}}}",
		ERR_CONFIG_CONFLICT, "linux.sysctl[\"kernel/domainname\"]", "domainname sets"},
	{"sysctl", L("\"sysctl\": {\"kernel.panic\": \"1\"}"), ERR_CONFIG_UNSUPPORTED,
		"linux.sysctl[\"kernel.panic\"]", NULL},
	{"sysctl", L("\"sysctl\": {\"kernel.semx\": \"1\"}"), ERR_CONFIG_UNSUPPORTED,
		"linux.sysctl[\"kernel.semx\"]", NULL},
	{"sysctl", L(NS("{\"type\": \"ipc\"}") ", \"sysctl\": {\"net/core/somaxconn\": \"1\"}"),
		ERR_CONFIG_CONFLICT, "linux.sysctl[\"net/core/somaxconn\"]", "network namespace"},
	{"sysctl", L(NS("") ", \"sysctl\": {\"kernel.sem\": \"1\"}"), ERR_CONFIG_CONFLICT,
		"linux.sysctl[\"kernel.sem\"]", "ipc namespace"},
	{"net-devices", L("\"netDevices\": {\"0123456789abcdef\": {}}"), ERR_CONFIG_VALUE,
		"linux.netDevices[\"0123456789abcdef\"]", NULL},
	{"net-devices", L("\"netDevices\": {\"a b\": {}}"), ERR_CONFIG_VALUE,
		"linux.netDevices[\"a b\"]", NULL},
	{"net-devices", L("\"netDevices\": {\"e0\": {\"name\": \"a/b\"}}"), ERR_CONFIG_VALUE,
		"linux.netDevices[\"e0\"].name", NULL},
	{"net-devices", L(NS("") ", \"netDevices\": {\"e0\": {}}"), ERR_CONFIG_CONFLICT,
		"linux.netDevices[\"e0\"]", NULL},
	{"cgroups-path", L("\"cgroupsPath\": \"/a/../../b\""), ERR_CONFIG_VALUE,
		"linux.cgroupsPath", "leads upwards"},
	{"cgroups-path", L("\"cgroupsPath\": \"..\""), ERR_CONFIG_VALUE, "linux.cgroupsPath", NULL},
	{"cgroups-path", L("\"cgroupsPath\": \"a\\nb\""), ERR_CONFIG_VALUE, "linux.cgroupsPath",
		NULL},
	{"resources", L("\"resources\": {\"unified\": {\"../x\": \"1\"}}"), ERR_CONFIG_VALUE,
		"linux.resources.unified[\"../x\"]", NULL},
	{"resources", L("\"resources\": {\"rdma\": {\"a b\": {}}}"), ERR_CONFIG_VALUE,
		"linux.resources.rdma[\"a b\"]", NULL},
	{"resources",
		L("\"resources\": {\"hugepageLimits\": [{\"pageSize\": \"2M\", \"limit\": 0}]}"),
		ERR_CONFIG_VALUE, "linux.resources.hugepageLimits[0].pageSize", NULL},
	{"resources", L("\"resources\": {\"devices\": [{\"allow\": true, \"access\": \"rx\"}]}"),
		ERR_CONFIG_VALUE, "linux.resources.devices[0].access", NULL},
	{"resources", L("\"resources\": {\"cpu\": {\"cpus\": \"a\"}}"), ERR_CONFIG_VALUE,
		"linux.resources.cpu.cpus", NULL},
	{"resources", L("\"resources\": {\"cpu\": {\"mems\": \"0\\n1\"}}"), ERR_CONFIG_VALUE,
		"linux.resources.cpu.mems", NULL},
	{"seccomp", L("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_NOTIFY\"}"),
		ERR_CONFIG_UNSUPPORTED, "linux.seccomp.defaultAction", NULL},
	{"seccomp", SC("\"defaultErrnoRet\": 1"), ERR_CONFIG_CONFLICT,
		"linux.seccomp.defaultErrnoRet", NULL},
	{"seccomp", SC("\"listenerMetadata\": \"x\""), ERR_CONFIG_CONFLICT,
		"linux.seccomp.listenerMetadata", NULL},
	{"seccomp", RULE("\"action\": \"SCMP_ACT_ALLOW\", \"errnoRet\": 1"), ERR_CONFIG_CONFLICT,
		"linux.seccomp.syscalls[0].errnoRet", NULL},
	{"seccomp", RULE("\"action\": \"SCMP_ACT_NOTIFY\""), ERR_CONFIG_MISSING,
		"linux.seccomp.listenerPath", NULL},
	{"seccomp",
		SC("\"listenerPath\": \"/s\", \"syscalls\": [{\"names\": [\"write\"], "
		   "\"action\": \"SCMP_ACT_NOTIFY\"}]"),
		ERR_CONFIG_UNSUPPORTED, "linux.seccomp.syscalls[0].names[0]", NULL},
	{"seccomp", SC("\"syscalls\": [{\"names\": [\"\"], \"action\": \"SCMP_ACT_TRAP\"}]"),
		ERR_CONFIG_VALUE, "linux.seccomp.syscalls[0].names[0]", NULL},
	{"intel-rdt", L("\"intelRdt\": {\"closID\": \"..\"}"), ERR_CONFIG_VALUE,
		"linux.intelRdt.closID", NULL},
	{"intel-rdt", L("\"intelRdt\": {\"closID\": \"a/b\"}"), ERR_CONFIG_VALUE,
		"linux.intelRdt.closID", NULL},
	{"intel-rdt", L("\"intelRdt\": {\"memBwSchema\": \"L3:0=1\"}"), ERR_CONFIG_VALUE,
		"linux.intelRdt.memBwSchema", NULL},
	{"intel-rdt", L("\"intelRdt\": {\"memBwSchema\": \"MB:0=1\\nL3:0=f\"}"), ERR_CONFIG_VALUE,
		"linux.intelRdt.memBwSchema", NULL},
	{"intel-rdt", L("\"intelRdt\": {\"l3CacheSchema\": \"a\\nb\"}"), ERR_CONFIG_VALUE,
		"linux.intelRdt.l3CacheSchema", NULL},
	{"intel-rdt", L("\"intelRdt\": {\"schemata\": [\"a\\nb\"]}"), ERR_CONFIG_VALUE,
		"linux.intelRdt.schemata[0]", NULL},
	{"memory-policy", L("\"memoryPolicy\": {\"mode\": \"MPOL_BIND\"}"), ERR_CONFIG_MISSING,
		"linux.memoryPolicy.nodes", NULL},
	{"memory-policy", L("\"memoryPolicy\": {\"mode\": \"MPOL_LOCAL\", \"nodes\": \"0\"}"),
		ERR_CONFIG_CONFLICT, "linux.memoryPolicy.nodes", NULL},
	{"memory-policy", L("\"memoryPolicy\": {\"mode\": \"MPOL_BIND\", \"nodes\": \"x\"}"),
		ERR_CONFIG_VALUE, "linux.memoryPolicy.nodes", NULL},
	{"personality", L("\"personality\": {\"domain\": \"LINUX\", \"flags\": [\"F\"]}"),
		ERR_CONFIG_UNSUPPORTED, "linux.personality.flags[0]", NULL},
};

/* Which check refuses a text, "decode" if it does not get that far. */
static const char *who_refuses(struct arena *a, const char *text)
{
	struct spec *s = arena_new_of(a, struct spec);

	if (decode_text(a, "t", text, strlen(text), &spec_desc, s, NULL) < 0)
		return "decode";
	for (const struct check *c = spec_checks; c->name; c++)
		if (c->run(s, NULL) < 0)
			return c->name;
	return "nobody";
}

static void check_bad(const struct bad *b)
{
	auto_arena struct arena *a = arena_new();
	struct spec *s = (struct spec *)&bad;
	char *text = patched(a, b->patch);
	struct err e = {0};
	char head[512];

	if (spec_parse(a, "config.json", text, strlen(text), &s, &e) >= 0)
		fail_msg("accepted: %s", b->patch);
	assert_ptr_equal(s, &bad); /* untouched */
	if (e.code != b->code || !str_eq(e.object, b->object))
		fail_msg("%s: %s at \"%s\", expected %s at \"%s\": %s", b->patch,
			err_code_name(e.code), e.object, err_code_name(b->code), b->object, e.msg);
	snprintf(head, sizeof(head), "config.json: %s%s", b->object, *b->object ? ": " : "");
	assert_contains(e.msg, head);
	assert_contains(e.msg, "(line ");
	assert_null(strchr(e.msg, '\n'));
	if (b->text)
		assert_contains(e.msg, b->text);
	if (!str_eq(who_refuses(a, text), b->check))
		fail_msg("%s: refused by %s, not by %s", b->patch, who_refuses(a, text), b->check);
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_bad(&bad[i]);
}

static void test_every_check_has_a_row(void **state)
{
	(void)state;
	for (const struct check *c = spec_checks; c->name; c++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
			found = found || str_eq(bad[i].check, c->name);
		if (!found)
			fail_msg("no row breaks the check \"%s\"", c->name);
	}
}

static const char *const good[] = {
	"{}",
	"{\"process\": null}",
	"{\"linux\": null}",
	"{\"ociVersion\": \"1.0.2-dev\"}",
	"{\"ociVersion\": \"1.2.0-rc.1+build.5\"}",
	"{\"unknown\": {\"a\": [1]}, \"windows\": {}, \"vm\": {}}",
	"{\"hostname\": \"\", \"linux\": {" NS("") "}}",
	"{\"mounts\": [{\"destination\": \"relative\"}]}",
	P("\"env\": [\"A=\", \"B=c=d\"]"),
	P("\"args\": [\"\"]"),
	P("\"capabilities\": {}, \"rlimits\": [], \"scheduler\": {\"policy\": \"SCHED_OTHER\"}"),
	P("\"scheduler\": {\"policy\": \"SCHED_RR\", \"priority\": 1}"),
	P("\"scheduler\": {\"policy\": \"SCHED_DEADLINE\", \"runtime\": 1, \"deadline\": 2}"),
	P("\"execCPUAffinity\": {\"initial\": \"0-3, 7\", \"final\": \"\"}"),
	P("\"oomScoreAdj\": -1000, \"user\": {\"umask\": 0, \"uid\": 4294967294}"),
	L("\"rootfsPropagation\": \"\", \"cgroupsPath\": \"\", \"sysctl\": {}"),
	L("\"rootfsPropagation\": \"rslave\""),
	L("\"cgroupsPath\": \"user.slice:lodger:a..b\""),
	L("\"cgroupsPath\": \"/a/..b/...\""),
	L("\"sysctl\": {\"net.ipv4.conf.eno2/100.rp_filter\": \"1\"}"),
	L("\"sysctl\": {\"net/ipv4/conf/eno2.100/rp_filter\": \"1\", \"kernel.sem\": \"1\"}"),
	L("\"sysctl\": {\"kernel.domainname\": \"1\", \"user.max_user_namespaces\": \"1\"}"),
	L("\"sysctl\": {\"fs.mqueue.msg_max\": \"1\"}"),
	L("\"devices\": [{\"path\": \"/p\", \"type\": \"p\"}]"),
	L("\"devices\": [{\"path\": \"/p\", \"type\": \"c\", \"major\": 1, \"minor\": 3, "
	  "\"fileMode\": 8630}]"),
	L("\"resources\": {\"devices\": [{\"allow\": false, \"major\": -1, \"access\": \"rwm\"}]}"),
	L("\"uidMappings\": [], \"gidMappings\": []"),
	L("\"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 4294967295}],"
	  "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 1, \"size\": 1},"
	  "{\"containerID\": 1, \"hostID\": 0, \"size\": 1}]"),
	/* A user namespace to join, with the dummy map that podman writes. */
	L(NS("{\"type\": \"user\", \"path\": \"/u\"}") ", \"uidMappings\": [{\"containerID\": 0, "
						       "\"hostID\": 0, \"size\": 1}]"),
	L(NS("{\"type\": \"pid\", \"path\": \"\"}")),
	L("\"timeOffsets\": {}"),
	L("\"timeOffsets\": {\"boottime\": {\"secs\": -5, \"nanosecs\": 999999999}}"),
	L("\"netDevices\": {\"eth0\": {}, \"eth1\": {\"name\": \"net%d\"}, \"eth2\": null}"),
	L("\"intelRdt\": {\"closID\": \"/\"}"),
	L("\"memoryPolicy\": {\"mode\": \"MPOL_PREFERRED\"}"),
	L("\"memoryPolicy\": {\"mode\": \"MPOL_BIND\", \"nodes\": \"0-1\"}"),
	SC("\"syscalls\": null, \"architectures\": [\"SCMP_ARCH_X32\"], \"listenerPath\": \"\""),
	RULE("\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38, \"args\": [{\"index\": 5, "
	     "\"value\": 18446744073709551615, \"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]"),
	SC("\"listenerPath\": \"/s\", \"listenerMetadata\": \"m\", \"syscalls\": [{\"names\": "
	   "[\"mkdir\"], \"action\": \"SCMP_ACT_NOTIFY\"}]"),
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		auto_arena struct arena *a = arena_new();

		accept(a, good[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_every_check_has_a_row),
		cmocka_unit_test(test_good),
	};

	log_setup(&(struct log_options){.level = LOG_LEVEL_ERROR});
	return cmocka_run_group_tests(tests, NULL, NULL);
}
