// SPDX-License-Identifier: Apache-2.0
/* lodger update. In: a container's name and limits. Out: they are in force. Front end. */
#include "cli/commands.h"

static int run(struct command_call *call, struct err *e)
{
	return lodger_update(call->lodger, call->args.v[0], call->options, e);
}

#define ROW(member, name, letter, arg, help)                                                       \
	OPTION_STRING_ROW(struct lodger_update, member, name, letter, arg, help)

static const struct option_row options[] = {
	ROW(resources, "resources", 'r', "FILE",
		"a JSON file with what config.json has as linux.resources; - is standard input"),
	ROW(memory, "memory", 0, "BYTES",
		"limit of memory; -1 is none, and k, m, g after the number are powers of 1024"),
	ROW(memory_swap, "memory-swap", 0, "BYTES",
		"limit of memory and swap together; -1 is none"),
	ROW(memory_reservation, "memory-reservation", 0, "BYTES",
		"memory that is left to the container when the host runs short"),
	ROW(cpu_share, "cpu-share", 0, "N", "share of the CPU, 2 to 262144, beside others'"),
	ROW(cpu_quota, "cpu-quota", 0, "US", "CPU time in each period; -1 is no limit"),
	ROW(cpu_period, "cpu-period", 0, "US", "length of the period of --cpu-quota"),
	ROW(cpu_burst, "cpu-burst", 0, "US", "unused quota that may be saved for later periods"),
	ROW(cpu_idle, "cpu-idle", 0, "0|1", "run only when the CPU has nothing else to do"),
	ROW(cpu_rt_period, "cpu-rt-period", 0, "US", "period of the limit for real-time tasks"),
	ROW(cpu_rt_runtime, "cpu-rt-runtime", 0, "US",
		"CPU time of real-time tasks in each period"),
	ROW(cpuset_cpus, "cpuset-cpus", 0, "LIST", "the CPUs to use: 0-2,4"),
	ROW(cpuset_mems, "cpuset-mems", 0, "LIST", "the memory nodes to use"),
	ROW(pids_limit, "pids-limit", 0, "N",
		"the number of processes and threads; -1 is no limit"),
	ROW(blkio_weight, "blkio-weight", 0, "N", "weight of I/O, 10 to 1000, beside others'"),
	ROW(l3_cache_schema, "l3-cache-schema", 0, "LINE", "part of the L3 cache (resctrl)"),
	ROW(mem_bw_schema, "mem-bw-schema", 0, "LINE", "part of the memory bandwidth (resctrl)"),
	ROW(kernel_memory, "kernel-memory", 0, "BYTES", "obsolete: kernels count it as memory"),
	ROW(kernel_memory_tcp, "kernel-memory-tcp", 0, "BYTES", "obsolete, for cgroup v1"),
	{0},
};

const struct command command_update = {
	.name = "update",
	.summary = "change the limits of a container",
	.args = "CONTAINER",
	.details =
		"Puts other limits into force for a container that runs or waits for start. What "
		"is not named stays as it is. If one of them is refused, all are as before. "
		"Options add to what --resources names.",
	.options = options,
	.options_size = sizeof(struct lodger_update),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
