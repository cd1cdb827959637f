#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Members of config.json that take root, or do for root what they do for nobody else.

load ../helpers

setup() {
	requires root lodger
	test_setup
}

stat_field() {
	cut -d' ' -f"$1" <<<"$output"
}

# Real-time time is shared out by cgroups where the kernel was built so; without any, it is refused.
realtime() {
	chrt "$@" true 2>"$BATS_TEST_TMPDIR/chrt" || skip "chrt $*: $(<"$BATS_TEST_TMPDIR/chrt")"
}

@test "root: scheduler: a real-time policy with its priority" {
	realtime --fifo 10
	config '.process.scheduler = {policy: "SCHED_FIFO", priority: 10}'
	args cat /proc/self/stat
	ct_ok
	assert_eq "$(stat_field 41)" 1 policy
	assert_eq "$(stat_field 40)" 10 priority
	# The flag gives children the usual policy.
	config '.process.scheduler.flags = ["SCHED_FLAG_RESET_ON_FORK"]'
	sh_args 'cat /proc/1/stat; cat /proc/self/stat; :'
	tree_forget
	ct_ok
	assert_eq "$(cut -d' ' -f41 <<<"${lines[0]}")" 1 "policy"
	assert_eq "$(cut -d' ' -f41 <<<"${lines[1]}")" 0 "the child's policy"
}

@test "root: scheduler: a deadline with runtime and period" {
	realtime --deadline --sched-runtime 10000000 --sched-deadline 20000000 --sched-period 30000000 0
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000,
		period: 30000000, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	args sleep 100
	ct_up
	run chrt -p "$(ct_pid)"
	assert_match "$output" 'SCHED_DEADLINE'
	assert_match "$output" '10000000/20000000/30000000'
	ct_delete
}

@test "root: ioPriority: the real-time class" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 3}'
	args ionice -p 1
	ct_ok
	assert_match "$output" 'realtime: prio 3'
}

@test "root: timeOffsets" {
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {
		boottime: {secs: 1000000, nanosecs: 5}, monotonic: {secs: 2000, nanosecs: 7}}'
	sh_args 'xargs -n 3 </proc/self/timens_offsets'
	ct_ok
	assert_eq "$output" $'monotonic 2000 7\nboottime 1000000 5'
}

@test "root: intelRdt is refused where no resctrl is mounted, with what mounts it" {
	! grep -q ' - resctrl ' /proc/self/mountinfo || skip "resctrl is mounted"
	args true
	config '.linux.intelRdt = {closID: "x"}'
	ct_run
	refused 'linux\.intelRdt: no resctrl file system is mounted'
	assert_match "$stderr" 'fix: mount -t resctrl'
}
