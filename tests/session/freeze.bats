#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pause, resume, ps, events and update by the cgroup that the user's systemd delegates (v2).

load helpers

setup() {
	session_setup
	GLOBAL+=(--systemd-cgroup)
}

events_key() {
	awk -v key="$1" '$1 == key { print $2 }' "/sys/fs/cgroup$(cgroup_of "$(ct_pid)")/cgroup.events"
}

has_lines() {
	[[ $(wc -l <"$1") -ge $2 ]]
}

@test "session: pause freezes the container's cgroup, resume thaws it" {
	sh_args 'while :; do echo .; sleep 0.01; done'
	ct_up
	poll 10 has_lines "$OUT" 1
	lodger pause "$ID"
	assert_eq "$(events_key frozen)" 1
	assert_eq "$(ct_status)" paused
	local count
	count=$(wc -l <"$OUT")
	sleep 0.1
	assert_eq "$(wc -l <"$OUT")" "$count"
	run --separate-stderr lodger pause "$ID"
	refused 'already paused'
	lodger resume "$ID"
	assert_eq "$(events_key frozen)" 0
	assert_eq "$(ct_status)" running
	poll 10 has_lines "$OUT" $((count + 1))
	ct_delete
}

@test "session: a container that waits for start can be paused" {
	args sleep 100
	ct_create
	lodger pause "$ID"
	assert_eq "$(ct_status)" paused
	lodger resume "$ID"
	assert_eq "$(ct_status)" created
	lodger start "$ID"
	ct_delete
}

@test "session: SIGKILL and delete --force end a paused container" {
	args sleep 100
	ct_up
	lodger pause "$ID"
	lodger kill "$ID" KILL
	ct_wait_stopped
	lodger delete "$ID"
	ct_up
	lodger pause "$ID"
	ct_delete
}

@test "session: ps is the cgroup's processes" {
	sh_args 'sleep 101 & sleep 102 & wait'
	ct_up
	poll 10 ps_has 3
	assert_eq "$(lodger ps --format json "$ID" | jq '.[]' | sort)" \
		"$(sort "/sys/fs/cgroup$(cgroup_of "$(ct_pid)")/cgroup.procs")"
	ct_delete
}

ps_has() {
	[[ $(lodger ps --format json "$ID" | jq length) -eq $1 ]]
}

@test "session: events count the CPU time of the cgroup" {
	sh_args 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; echo done; sleep 100'
	ct_up
	poll 20 grep -q 'done' "$OUT"
	run lodger events --stats "$ID"
	assert_eq "$(jq '.data.cpu.usage | .total > 0 and .total >= .user' <<<"$output")" true
	ct_delete
}

@test "session: hugepage limits, by config.json and by update" {
	requires_controller hugetlb
	local dir
	args sleep 100
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	ct_try_create
	[[ $status -eq 0 ]] || { refused 'hugetlb' && skip "the user's systemd does not delegate hugetlb"; }
	lodger start "$ID"
	dir=/sys/fs/cgroup$(cgroup_of "$(ct_pid)")
	assert_eq "$(<"$dir/hugetlb.2MB.max")" 4194304
	lodger update --resources - "$ID" <<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 6291456}]}'
	assert_eq "$(<"$dir/hugetlb.2MB.max")" 6291456
	assert_eq "$(ct_state | jq -r '.resources[0].effective')" 6291456
	ct_delete
}

@test "session: update of a limit that nobody can put into force says which controller is missing" {
	grep -qw memory "/sys/fs/cgroup$(user_systemctl show --property ControlGroup --value)/cgroup.controllers" &&
		skip "the user has the memory controller"
	args sleep 100
	ct_up
	run --separate-stderr lodger update --memory 64m "$ID"
	refused 'controller memory is not there'
	assert_match "$stderr" 'Delegate='
	assert_eq "$(ct_state | jq 'has("resources")')" false
	ct_delete
}
