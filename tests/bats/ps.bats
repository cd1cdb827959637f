#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ps` of a container without a cgroup of its own: the processes of its PID namespace.

load helpers

setup() {
	test_setup
	config 'del(.linux.resources)'
}

pids() {
	lodger ps --format json "$ID" | jq -c .
}

has_pids() {
	[[ $(pids | jq length) -eq $1 ]]
}

@test "ps: JSON is a list of the host's pids" {
	args sleep 100
	ct_up
	assert_eq "$(pids)" "[$(ct_pid)]"
	ct_delete
}

@test "ps: every process of the container, and no other" {
	sh_args 'sleep 101 & sleep 102 & wait'
	ct_up
	poll 10 has_pids 3
	local pid
	for pid in $(pids | jq '.[]'); do
		assert_eq "$(readlink "/proc/$pid/ns/pid")" "$(readlink "/proc/$(ct_pid)/ns/pid")"
	done
	ct_delete
}

@test "ps: the table is that of ps(1), with its title" {
	requires ps
	sh_args 'sleep 101 & wait'
	ct_up
	poll 10 has_pids 2
	run lodger ps "$ID"
	assert_match "${lines[0]}" 'UID +PID +PPID'
	assert_eq "${#lines[@]}" 3
	assert_match "$output" 'sleep 101'
	ct_delete
}

need_ps() { need_command ps; }

@test "ps: what follows the name goes to ps(1)" {
	requires ps
	args sleep 101
	ct_up
	run lodger ps "$ID" -o pid,args
	assert_eq "$(xargs <<<"${lines[0]}")" 'PID COMMAND'
	assert_eq "$(xargs <<<"${lines[1]}")" "$(ct_pid) sleep 101"
	run lodger ps -f table "$ID" -o pid
	assert_eq "${#lines[@]}" 2
	ct_delete
}

@test "ps: options without the column PID are refused" {
	requires ps
	args sleep 100
	ct_up
	run --separate-stderr lodger ps "$ID" -o comm
	refused 'PID'
	ct_delete
}

@test "ps: a container that has ended, and none at all" {
	args true
	ct_up
	ct_wait_stopped
	run --separate-stderr lodger ps "$ID"
	refused 'not running'
	ct_delete
	run --separate-stderr lodger ps "$ID"
	refused 'does not exist'
}
