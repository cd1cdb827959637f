#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Members of config.json that no other file is about; docs/spec-coverage.md names the test of each.

load helpers

setup() {
	requires lodger
	test_setup
}

# hook KIND SCRIPT [JSON]: a shell script as a hook, alone of its kind; JSON is merged into it.
hook() {
	# shellcheck disable=SC2016
	config '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", $script]} + $more]' \
		--arg kind "$1" --arg script "$2" --argjson more "${3:-"{}"}"
}

# stat_field N: of the payload, process 1; see proc_pid_stat(5). Its name has no blank.
stat_field() {
	cut -d' ' -f"$1" <<<"$output"
}

# seccomp JSON: a filter that allows the rest.
seccomp() {
	# shellcheck disable=SC2016
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"} + $more' --argjson more "$1"
}

# --- hooks -----------------------------------------------------------------------------------

@test "properties: hooks of every kind get path, args, env and the state, in their order" {
	local kind
	# shellcheck disable=SC2016
	for kind in poststop poststart startContainer createContainer createRuntime prestart; do
		config '.hooks[$kind] = [{path: "/bin/sh", env: ["MARK=\($kind)"],
			args: ["sh", "-c", $script, "zero", "one"]}]' --arg kind "$kind" \
			--arg script 'id=$(sed "s/.*\"id\": *\"\([^\"]*\)\".*/\1/"); echo "$MARK $0 $1 $id" >&2'
	done
	args true
	ct_ok
	assert_eq "$stderr" "$(for kind in prestart createRuntime createContainer startContainer \
		poststart poststop; do echo "$kind zero one $ID"; done)"
}

@test "properties: hooks of every kind are killed when their timeout is over" {
	local kind
	args true
	for kind in prestart createRuntime createContainer startContainer poststart; do
		config 'del(.hooks)'
		hook "$kind" 'exec sleep 100' '{"timeout": 1}'
		tree_forget
		ct_run
		refused "$kind hook #0.*(did not end|timed out)"
	done
	config 'del(.hooks)'
	hook poststop 'exec sleep 100' '{"timeout": 1}'
	tree_forget
	ct_ok
	assert_match "$stderr" 'poststop hook #0.*did not end'
}

# --- process ---------------------------------------------------------------------------------

@test "properties: scheduler: policy, nice and the flag for children" {
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 5, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	args cat /proc/self/stat
	ct_ok
	assert_eq "$(stat_field 19)" 5 nice
	assert_eq "$(stat_field 41)" 3 policy
	sh_args 'cat /proc/self/stat; :'
	tree_forget
	ct_ok
	assert_eq "$(stat_field 41)" 3 "the child's policy, which only SCHED_FIFO and SCHED_RR reset"
}

@test "properties: scheduler: what takes privilege is an error that names it" {
	requires user
	[[ $(ulimit -r) == 0 ]] || skip "the account may use real-time priorities: ulimit -r $(ulimit -r)"
	args true
	config '.process.scheduler = {policy: "SCHED_FIFO", priority: 10}'
	ct_run
	refused 'process\.scheduler.*not permitted'
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000,
		period: 20000000}'
	tree_forget
	ct_run
	refused 'process\.scheduler.*not permitted'
}

@test "properties: ioPriority" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	args ionice -p 1
	ct_ok
	assert_match "$output" '^best-effort: prio 6$'
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	tree_forget
	ct_ok
	assert_match "$output" '^idle'
}

@test "properties: ioPriority: the real-time class is an error for an unprivileged user" {
	requires user
	config '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 0}'
	args true
	ct_run
	refused 'process\.ioPriority.*not permitted'
}

@test "properties: execCPUAffinity is checked and changes nothing for the first process" {
	args grep Cpus_allowed_list /proc/self/status
	ct_ok
	local all=$output
	config '.process.execCPUAffinity = {initial: "0", final: "0"}'
	tree_forget
	ct_ok
	assert_eq "$output" "$all"
	config '.process.execCPUAffinity = {initial: "0-", final: "0"}'
	ct_run
	refused 'process\.execCPUAffinity\.initial'
}

@test "properties: the name of a user, which is for Windows, changes nothing" {
	config '.process.user.username = "user"'
	args id -u
	ct_ok
	assert_eq "$output" 0
}

# --- linux -----------------------------------------------------------------------------------

@test "properties: timeOffsets" {
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {
		boottime: {secs: 1000000, nanosecs: 5}, monotonic: {secs: 2000, nanosecs: 7}}'
	sh_args 'xargs -n 3 </proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
	ct_ok
	assert_eq "${lines[0]}" "monotonic 2000 7"
	assert_eq "${lines[1]}" "boottime 1000000 5"
	((lines[2] >= 1000000)) || fail "uptime ${lines[2]}"
}

@test "properties: personality" {
	args uname -m
	ct_ok
	[[ $output == x86_64 || $output == aarch64 ]] || skip "$output has no other personality"
	local native=$output
	config '.linux.personality = {domain: "LINUX32"}'
	tree_forget
	ct_ok
	[[ $output != "$native" ]] || fail "uname says $output"
	config '.linux.personality = {domain: "LINUX"}'
	tree_forget
	ct_ok
	assert_eq "$output" "$native"
}

@test "properties: personality: flags, of which the specification has none, are refused" {
	config '.linux.personality = {domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"]}'
	args true
	ct_run
	refused 'linux\.personality\.flags\[0\]'
}

@test "properties: memoryPolicy: mode, nodes and flags" {
	[[ -e /proc/self/numa_maps ]] || skip "the kernel is without NUMA"
	args cat /proc/self/numa_maps
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	ct_ok
	assert_match "$output" ' bind=static:0 '
	config '.linux.memoryPolicy = {mode: "MPOL_PREFERRED", nodes: "0"}'
	tree_forget
	ct_ok
	assert_match "$output" ' prefer:0 '
}

@test "properties: a limit that nobody can put into force here is refused, each with what helps" {
	local limit
	for limit in memory='{limit: 1073741824}' cpu='{quota: 10000, period: 100000}' pids='{limit: 100}' \
		blockIO='{weight: 100}' hugepageLimits='[{pageSize: "2MB", limit: 0}]' \
		network='{classID: 1}' rdma='{mlx5_1: {hcaHandles: 3}}' unified='{"memory.high": "1073741824"}'; do
		config ".linux.resources = {${limit%%=*}: ${limit#*=}}"
		args true
		ct_run
		assert_eq "$status" 1
		assert_match "$stderr" "linux\.resources\.${limit%%=*}: cannot be put into force"
		assert_match "$stderr" "fix: "
	done
}

@test "properties: no limit needs neither a controller nor a cgroup" {
	config '.linux.resources = {pids: {limit: -1}, memory: {limit: -1, swap: -1, reservation: -1},
		cpu: {quota: -1, period: 100000}}'
	args true
	ct_ok
	assert_eq "$stderr" ''
	run --separate-stderr lodger --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0
	assert_eq "$stderr" ''
}

@test "properties: a limit and no cgroup to have it in contradict each other" {
	config '.linux.resources = {pids: {limit: 100}}'
	args true
	run --separate-stderr lodger --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 1
	assert_match "$stderr" "linux.resources.pids: needs a cgroup"
}

@test "properties: device rules and cgroupsPath are not in force, with a debug line" {
	config '.linux.cgroupsPath = "/lodger-test" | .linux.resources = {devices:
		[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 3, access: "r"}]}'
	args true
	run lodger --debug run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0
	assert_match "$output" 'linux\.resources\.devices: not in force'
	assert_match "$output" 'linux\.cgroupsPath: no cgroup set up'
	ct_ok
	refute_match "$stderr" 'devices'
}

# --- seccomp ---------------------------------------------------------------------------------

@test "properties: seccomp: the default action and its errno" {
	# What a shell of busybox, linked statically, needs; mkdir is not among it.
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 28, syscalls: [{
		action: "SCMP_ACT_ALLOW", names: ["access", "arch_prctl", "brk", "chdir", "clone", "close",
		"dup", "dup2", "execve", "exit", "exit_group", "faccessat", "faccessat2", "fcntl", "fork",
		"fstat", "futex", "getcwd", "getegid", "geteuid", "getgid", "getpgrp", "getpid", "getppid",
		"getrandom", "getuid", "ioctl", "lseek", "lstat", "mmap", "mprotect", "munmap",
		"newfstatat", "open", "openat", "pipe", "pipe2", "poll", "prctl", "prlimit64", "read",
		"readlink", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list",
		"set_tid_address", "setgid", "setuid", "stat", "statx", "umask", "uname", "vfork", "wait4",
		"write", "writev"]}]}'
	sh_args 'mkdir /dev/shm/x; echo "status $?"'
	ct_run
	assert_eq "$output" 'status 1'
	assert_match "$stderr" 'No space left'
}

@test "properties: seccomp: flags reach the kernel" {
	args true
	seccomp '{"flags": ["SECCOMP_FILTER_FLAG_LOG"], "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_LOG"}]}'
	ct_ok
	# This one is for filters with a listener, so that the kernel refuses it here.
	seccomp '{"flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
		"syscalls": [{"names": ["acct"], "action": "SCMP_ACT_LOG"}]}'
	tree_forget
	ct_run
	refused 'linux\.seccomp: loading the filter: .*[Ii]nvalid argument'
}

# int80 FILE: a program whose status is the errno that the 32-bit mkdir(2) of x86 gives.
int80() {
	[[ $(uname -m) == x86_64 ]] || skip "needs x86_64"
	cat >"$BATS_TEST_TMPDIR/int80.c" <<'C'
int main(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(39L), "b"(0L), "c"(0L) : "memory", "r8", "r9",
		"r10", "r11");
	return (int)-r;
}
C
	"${CC:-cc}" -static -O1 -o "$1" "$BATS_TEST_TMPDIR/int80.c"
	local rc=0
	"$1" || rc=$?
	# EFAULT: there is no path at address 0.
	[[ $rc -eq 14 ]] || skip "needs a kernel that runs 32-bit system calls"
}

@test "properties: seccomp: system calls of an architecture that is not listed kill" {
	local rules='"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]'
	int80 "$BATS_TEST_TMPDIR/int80"
	cp "$BATS_TEST_TMPDIR/int80" "$ROOTFS/bin/int80"
	args int80
	seccomp "{\"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\"], $rules}"
	ct_run
	assert_eq "$status" 28
	seccomp "{\"architectures\": [\"SCMP_ARCH_X86_64\"], $rules}"
	ct_run
	assert_eq "$status" 159 "128 + SIGSYS"
}

@test "properties: seccomp: every operator, valueTwo under a mask" {
	local op refused wrong=''
	# Signals without effect: 0, CONT (18), URG (23).
	# shellcheck disable=SC2016
	sh_args 'for s in 0 18 23; do kill -$s $$ 2>/dev/null || printf "%s " $s; done'
	while read -r op refused; do
		# shellcheck disable=SC2016
		config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["kill"],
			action: "SCMP_ACT_ERRNO", args: [{index: 1, op: $op} + (if $op == "SCMP_CMP_MASKED_EQ"
			then {value: 16, valueTwo: 16} else {value: 18} end)]}]}' --arg op "$op"
		tree_forget
		ct_run
		[[ "$(xargs <<<"$output")" == "$refused" ]] || wrong+="$op: $output, expected $refused. "
	done <<'E'
SCMP_CMP_NE 0 23
SCMP_CMP_LT 0
SCMP_CMP_LE 0 18
SCMP_CMP_EQ 18
SCMP_CMP_GE 18 23
SCMP_CMP_GT 23
SCMP_CMP_MASKED_EQ 18 23
E
	[[ -z $wrong ]] || fail "$wrong"
}

@test "properties: seccomp: the agent at listenerPath gets listener, state and metadata" {
	requires python
	local sock=$BATS_TEST_TMPDIR/agent
	python3 "$HERE/agent.py" "$sock" "$OUT.agent" 17 3>&- &
	local agent=$!
	poll 10 test -S "$sock" || fail "the agent does not listen"
	# shellcheck disable=SC2016
	config '.annotations = {"org.example.key": "value"} | .linux.seccomp = {
		defaultAction: "SCMP_ACT_ALLOW", listenerPath: $s, listenerMetadata: "of mine",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}' --arg s "$sock"
	sh_args 'mkdir /dev/shm/x'
	ct_run
	wait "$agent"
	# The agent answers each call with EEXIST.
	assert_match "$stderr" 'File exists'
	assert_eq "$(jq -r '[.metadata, .state.id, .state.status, .state.bundle, .fds[0],
		.state.annotations["org.example.key"]] | join(" ")' "$OUT.agent")" \
		"of mine $ID creating $BUNDLE seccompFd value"
	jq -e '.ociVersion and .pid > 0 and .pid == .state.pid' "$OUT.agent"
}
