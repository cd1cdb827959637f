// SPDX-License-Identifier: Apache-2.0
/* The words of config.json; see names.h. Constants: nothing runs here. */
#include "spec/names.h"

#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "spec/spec.h"

/* linux/capability.h; numbers are ABI. The distribution's header may be older than the kernel. */
const struct name spec_cap_names[] = {
	{"CAP_CHOWN", 0},
	{"CAP_DAC_OVERRIDE", 1},
	{"CAP_DAC_READ_SEARCH", 2},
	{"CAP_FOWNER", 3},
	{"CAP_FSETID", 4},
	{"CAP_KILL", 5},
	{"CAP_SETGID", 6},
	{"CAP_SETUID", 7},
	{"CAP_SETPCAP", 8},
	{"CAP_LINUX_IMMUTABLE", 9},
	{"CAP_NET_BIND_SERVICE", 10},
	{"CAP_NET_BROADCAST", 11},
	{"CAP_NET_ADMIN", 12},
	{"CAP_NET_RAW", 13},
	{"CAP_IPC_LOCK", 14},
	{"CAP_IPC_OWNER", 15},
	{"CAP_SYS_MODULE", 16},
	{"CAP_SYS_RAWIO", 17},
	{"CAP_SYS_CHROOT", 18},
	{"CAP_SYS_PTRACE", 19},
	{"CAP_SYS_PACCT", 20},
	{"CAP_SYS_ADMIN", 21},
	{"CAP_SYS_BOOT", 22},
	{"CAP_SYS_NICE", 23},
	{"CAP_SYS_RESOURCE", 24},
	{"CAP_SYS_TIME", 25},
	{"CAP_SYS_TTY_CONFIG", 26},
	{"CAP_MKNOD", 27},
	{"CAP_LEASE", 28},
	{"CAP_AUDIT_WRITE", 29},
	{"CAP_AUDIT_CONTROL", 30},
	{"CAP_SETFCAP", 31},
	{"CAP_MAC_OVERRIDE", 32},
	{"CAP_MAC_ADMIN", 33},
	{"CAP_SYSLOG", 34},
	{"CAP_WAKE_ALARM", 35},
	{"CAP_BLOCK_SUSPEND", 36},
	{"CAP_AUDIT_READ", 37},
	{"CAP_PERFMON", 38},
	{"CAP_BPF", 39},
	{"CAP_CHECKPOINT_RESTORE", 40},
	{NULL, 0},
};

const struct name spec_ns_names[] = {
	{"mount", SPEC_NS_MOUNT},
	{"pid", SPEC_NS_PID},
	{"network", SPEC_NS_NETWORK},
	{"uts", SPEC_NS_UTS},
	{"ipc", SPEC_NS_IPC},
	{"user", SPEC_NS_USER},
	{"cgroup", SPEC_NS_CGROUP},
	{"time", SPEC_NS_TIME},
	{NULL, 0},
};

/* The specification has the first four; every runtime takes the recursive ones too. */
const struct name spec_propagation_names[] = {
	{"private", MS_PRIVATE},
	{"shared", MS_SHARED},
	{"slave", MS_SLAVE},
	{"unbindable", MS_UNBINDABLE},
	{"rprivate", MS_PRIVATE | MS_REC},
	{"rshared", MS_SHARED | MS_REC},
	{"rslave", MS_SLAVE | MS_REC},
	{"runbindable", MS_UNBINDABLE | MS_REC},
	{NULL, 0},
};

const struct name spec_device_type_names[] = {
	{"c", S_IFCHR},
	{"b", S_IFBLK},
	{"u", S_IFCHR}, /* unbuffered character device: mknod(1), the same to Linux */
	{"p", S_IFIFO},
	{NULL, 0},
};

const struct name spec_device_rule_type_names[] = {
	{"a", 0},
	{"c", S_IFCHR},
	{"b", S_IFBLK},
	{NULL, 0},
};

/* linux/seccomp.h; KILL has always meant the thread. */
const struct name spec_seccomp_action_names[] = {
	{"SCMP_ACT_KILL", 0x00000000},
	{"SCMP_ACT_KILL_PROCESS", 0x80000000},
	{"SCMP_ACT_KILL_THREAD", 0x00000000},
	{"SCMP_ACT_TRAP", 0x00030000},
	{"SCMP_ACT_ERRNO", 0x00050000},
	{"SCMP_ACT_TRACE", 0x7ff00000},
	{"SCMP_ACT_ALLOW", 0x7fff0000},
	{"SCMP_ACT_LOG", 0x7ffc0000},
	{"SCMP_ACT_NOTIFY", 0x7fc00000},
	{NULL, 0},
};

const struct name spec_seccomp_op_names[] = {
	{"SCMP_CMP_NE", 1},
	{"SCMP_CMP_LT", 2},
	{"SCMP_CMP_LE", 3},
	{"SCMP_CMP_EQ", 4},
	{"SCMP_CMP_GE", 5},
	{"SCMP_CMP_GT", 6},
	{"SCMP_CMP_MASKED_EQ", 7},
	{NULL, 0},
};

const struct name spec_seccomp_flag_names[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", 1 << 0},
	{"SECCOMP_FILTER_FLAG_LOG", 1 << 1},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", 1 << 2},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1 << 5},
	{NULL, 0},
};

const struct name spec_seccomp_arch_names[] = {
	{"SCMP_ARCH_X86", 1},
	{"SCMP_ARCH_X86_64", 2},
	{"SCMP_ARCH_X32", 3},
	{"SCMP_ARCH_ARM", 4},
	{"SCMP_ARCH_AARCH64", 5},
	{"SCMP_ARCH_LOONGARCH64", 6},
	{"SCMP_ARCH_M68K", 7},
	{"SCMP_ARCH_MIPS", 8},
	{"SCMP_ARCH_MIPS64", 9},
	{"SCMP_ARCH_MIPS64N32", 10},
	{"SCMP_ARCH_MIPSEL", 11},
	{"SCMP_ARCH_MIPSEL64", 12},
	{"SCMP_ARCH_MIPSEL64N32", 13},
	{"SCMP_ARCH_PPC", 14},
	{"SCMP_ARCH_PPC64", 15},
	{"SCMP_ARCH_PPC64LE", 16},
	{"SCMP_ARCH_S390", 17},
	{"SCMP_ARCH_S390X", 18},
	{"SCMP_ARCH_SH", 19},
	{"SCMP_ARCH_SHEB", 20},
	{"SCMP_ARCH_PARISC", 21},
	{"SCMP_ARCH_PARISC64", 22},
	{"SCMP_ARCH_RISCV64", 23},
	{NULL, 0},
};

const struct name spec_sched_policy_names[] = {
	{"SCHED_OTHER", 0},
	{"SCHED_FIFO", 1},
	{"SCHED_RR", 2},
	{"SCHED_BATCH", 3},
	{"SCHED_ISO", 4},
	{"SCHED_IDLE", 5},
	{"SCHED_DEADLINE", 6},
	{NULL, 0},
};

const struct name spec_sched_flag_names[] = {
	{"SCHED_FLAG_RESET_ON_FORK", 0x01},
	{"SCHED_FLAG_RECLAIM", 0x02},
	{"SCHED_FLAG_DL_OVERRUN", 0x04},
	{"SCHED_FLAG_KEEP_POLICY", 0x08},
	{"SCHED_FLAG_KEEP_PARAMS", 0x10},
	{"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
	{NULL, 0},
};

const struct name spec_ioprio_class_names[] = {
	{"IOPRIO_CLASS_RT", 1},
	{"IOPRIO_CLASS_BE", 2},
	{"IOPRIO_CLASS_IDLE", 3},
	{NULL, 0},
};

const struct name spec_mempolicy_mode_names[] = {
	{"MPOL_DEFAULT", 0},
	{"MPOL_PREFERRED", 1},
	{"MPOL_BIND", 2},
	{"MPOL_INTERLEAVE", 3},
	{"MPOL_LOCAL", 4},
	{"MPOL_PREFERRED_MANY", 5},
	{"MPOL_WEIGHTED_INTERLEAVE", 6},
	{NULL, 0},
};

const struct name spec_mempolicy_flag_names[] = {
	{"MPOL_F_NUMA_BALANCING", 1 << 13},
	{"MPOL_F_RELATIVE_NODES", 1 << 14},
	{"MPOL_F_STATIC_NODES", 1 << 15},
	{NULL, 0},
};

const struct name spec_personality_names[] = {
	{"LINUX", 0x0000},
	{"LINUX32", 0x0008},
	{NULL, 0},
};
