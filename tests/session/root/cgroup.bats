#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Root's containers on cgroup v2: scopes of the system's systemd, and directories.

load ../helpers

setup() {
	session_setup
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
}

@test "root scope: in the slice of the system, and gone with delete" {
	GLOBAL+=(--systemd-cgroup)
	args sleep 1000
	ct_up
	assert_eq "$(cgroup_of "$(ct_pid)")" "/system.slice/lodger-$ID.scope"
	ct_delete
	assert_eq "$(systemctl show --property LoadState --value "lodger-$ID.scope")" not-found
}

@test "root cgroupfs: init is born in a directory of its own, and nothing of it stays" {
	args sleep 1000
	ct_up
	assert_eq "$(cgroup_of "$(ct_pid)")" "/lodger-$ID"
	ct_delete
	[[ ! -e /sys/fs/cgroup/lodger-$ID ]]
}

@test "root cgroupfs: what the first process leaves behind ends with it" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'sleep 1000 >/dev/null 2>&1 & echo $!'
	ct_ok
	[[ -n $output ]]
	ct_wait "$output"
	[[ ! -e /sys/fs/cgroup/lodger-$ID ]]
}

@test "root cgroupfs: cgroups below go too" {
	args sleep 1000
	ct_up
	mkdir -p "/sys/fs/cgroup/lodger-$ID/below/it"
	ct_delete
	[[ ! -e /sys/fs/cgroup/lodger-$ID ]]
}

# The limit is in force, in a cgroup that had to be given the controller.
hugetlb_in() {
	local dir
	requires_controller hugetlb
	[[ -z $(</sys/fs/cgroup/cgroup.procs) ]] ||
		skip "the root of this cgroup tree has processes and is not the kernel's: nothing can be enabled in it"
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	args sleep 1000
	ct_up
	dir=/sys/fs/cgroup$(cgroup_of "$(ct_pid)")
	assert_eq "$(<"$dir/hugetlb.2MB.max")" 4194304
	ct_delete
}

@test "root scope: a controller that systemd does not know is enabled by lodger" {
	GLOBAL+=(--systemd-cgroup)
	hugetlb_in
}

@test "root cgroupfs: controllers are enabled along the way" {
	config '.linux.cgroupsPath = "/lodger-test-'"$ID"'/a/b"'
	hugetlb_in
	rmdir "/sys/fs/cgroup/lodger-test-$ID/a" "/sys/fs/cgroup/lodger-test-$ID"
}

@test "root cgroupfs: a controller that is not to be had is an error that names it" {
	! grep -qw memory /sys/fs/cgroup/cgroup.controllers || skip "this machine's cgroup v2 has memory"
	config '.linux.resources = {memory: {limit: 1073741824}}'
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'linux.resources.memory.limit: .*controller memory'
	[[ ! -e /sys/fs/cgroup/lodger-$ID && ! -e $STATE/$ID ]]
}

@test "root session: one scope of the system's, in which init is born" {
	GLOBAL+=(--cgroup-manager=session)
	args sleep 1000
	ct_up
	assert_eq "$(cgroup_of "$(ct_pid)")" "/system.slice/lodger.scope/lodger-$ID"
	lodger exec "$ID" true
	assert_eq "$(tr '\0' ' ' <"/proc/$(</sys/fs/cgroup/system.slice/lodger.scope/holder/cgroup.procs)/cmdline")" "lodger-hold "
	ct_delete
	[[ ! -e /sys/fs/cgroup/system.slice/lodger.scope/lodger-$ID ]]
	systemctl stop lodger.scope
	[[ ! -e /sys/fs/cgroup/system.slice/lodger.scope ]]
}
