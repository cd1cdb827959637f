#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The container's cgroup as directories, made by root: where it is, who is in it, that it goes.

load ../helpers

setup() {
	requires root lodger
	test_setup
	NAME=lodger-$ID
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .root.readonly = false'
}

teardown() {
	[[ -z ${OTHER:-} ]] || kill -9 "$OTHER" || :
	test_teardown 2>/dev/null || :
	remove_cgroups "lodger-bats-$ID"
}

# cgroup_paths PID: the paths that it has, one a line, without those of the hierarchies' roots.
cgroup_paths() {
	cut -d: -f3 "/proc/$1/cgroup" | grep -v '^/$' | sort -u
}

# The directories of that name.
cgroup_dirs() {
	find /sys/fs/cgroup -type d -name "$1"
}

remove_cgroups() {
	local dir
	for dir in $(cgroup_dirs "$1"); do
		find "$dir" -depth -type d -exec rmdir {} + || :
	done
}

# gone PID: it has ended, whether somebody has waited for it or not.
gone() {
	[[ ! -e /proc/$1 ]] || grep -q '^State:.[ZX]' "/proc/$1/status"
}

@test "root cgroup: one of its own, and nothing of it after run" {
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" "/$NAME"
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: init is in it from create, and it goes with delete" {
	args sleep 1000
	ct_create
	assert_eq "$(cgroup_paths "$(ct_pid)")" "/$NAME"
	lodger start "$ID"
	[[ -n $(cgroup_dirs "$NAME") ]]
	ct_delete
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: cgroupsPath from the root of the tree, with what is missing above" {
	config ".linux.cgroupsPath = \"/lodger-bats-$ID/sub/c\""
	args sleep 1000
	ct_up
	assert_eq "$(cgroup_paths "$(ct_pid)")" "/lodger-bats-$ID/sub/c"
	ct_delete
	assert_eq "$(cgroup_dirs c | grep -c "lodger-bats-$ID")" 0
}

@test "root cgroup: a failed create leaves none" {
	args /no/such/program
	ct_try_create
	[[ $status -ne 0 ]]
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: one with processes is not taken, and they live on" {
	local dir
	args sleep 1000
	ct_up
	OTHER=$(ct_pid)
	config ".linux.cgroupsPath = \"/$NAME\""
	run lodger run --bundle "$BUNDLE" "$ID-2"
	[[ $status -ne 0 ]]
	assert_match "$output" "has processes already"
	kill -0 "$OTHER"
	OTHER=
	ct_delete
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: an empty one that is there is used" {
	local dir
	config ".linux.cgroupsPath = \"/lodger-bats-$ID\""
	args sleep 1000
	for dir in /sys/fs/cgroup /sys/fs/cgroup/freezer; do
		[[ -e $dir/cgroup.procs ]] && mkdir "$dir/lodger-bats-$ID"
	done
	ct_up
	assert_eq "$(cgroup_paths "$(ct_pid)")" "/lodger-bats-$ID"
	ct_delete
	[[ -z $(cgroup_dirs "lodger-bats-$ID") ]]
}

@test "root cgroup: one that is frozen is not taken: the container would never start" {
	local dir frozen
	for dir in /sys/fs/cgroup/freezer /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[[ ! -e $dir/cgroup.procs ]] || break
	done
	[[ -e $dir/cgroup.procs ]] || skip "no cgroup can be frozen here"
	mkdir "$dir/lodger-bats-$ID"
	if [[ $dir == */freezer ]]; then
		frozen=$dir/lodger-bats-$ID/freezer.state
		echo FROZEN >"$frozen"
	else
		frozen=$dir/lodger-bats-$ID/cgroup.freeze
		echo 1 >"$frozen"
	fi
	config ".linux.cgroupsPath = \"/lodger-bats-$ID\""
	args true
	run lodger run --bundle "$BUNDLE" "$ID"
	[[ $status -ne 0 ]]
	assert_match "$output" "/lodger-bats-$ID is frozen"
	[[ ! -e $STATE/$ID ]]
	if [[ $dir == */freezer ]]; then echo THAWED >"$frozen"; else echo 0 >"$frozen"; fi
	ct_ok
}

@test "root cgroup: below one that has no processors yet, as v1 makes them" {
	local dir=/sys/fs/cgroup/cpuset
	[[ -e $dir/cpuset.cpus ]] || skip "no cpuset of cgroup v1 here"
	mkdir -p "$dir/lodger-bats-$ID/pod/there"
	assert_eq "$(cat "$dir/lodger-bats-$ID/pod/cpuset.cpus")" ""
	args true
	config ".linux.cgroupsPath = \"/lodger-bats-$ID/pod/c\""
	ct_ok
	config ".linux.cgroupsPath = \"/lodger-bats-$ID/pod/there\""
	ct_ok
	assert_eq "$(cat "$dir/lodger-bats-$ID/pod/cpuset.cpus")" "$(cat "$dir/cpuset.cpus")"
}

# What a container without a pid namespace leaves behind when its first process ends.
orphan_args() {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	sh_args 'sleep 1000 & echo $! >/tmp/pid; exec sleep 0'
}

@test "root cgroup: kill --all reaches what has lost its first process" {
	orphan_args
	ct_up
	ct_wait_stopped
	tree_forget
	OTHER=$(<"$ROOTFS/tmp/pid")
	kill -0 "$OTHER"
	lodger kill --all "$ID" TERM
	ct_wait "$OTHER"
	OTHER=
	ct_delete
}

@test "root cgroup: delete ends what has lost its first process" {
	orphan_args
	ct_up
	ct_wait_stopped
	tree_forget
	OTHER=$(<"$ROOTFS/tmp/pid")
	lodger delete "$ID"
	ct_wait "$OTHER"
	OTHER=
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: run does not leave a process of the container behind" {
	orphan_args
	ct_ok
	tree_forget
	OTHER=$(<"$ROOTFS/tmp/pid")
	ct_wait "$OTHER"
	OTHER=
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: a frozen container is paused, and can be deleted" {
	local dir file=freezer.state value=FROZEN
	args sleep 1000
	ct_up
	dir=$(cgroup_dirs "$NAME" | grep -m1 freezer || cgroup_dirs "$NAME")
	[[ -e $dir/$file ]] || file=cgroup.freeze value=1
	echo "$value" >"$dir/$file"
	poll 10 status_is "$ID" paused
	ct_delete
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: KILL ends a frozen container" {
	local dir file=freezer.state value=FROZEN
	args sleep 1000
	ct_up
	dir=$(cgroup_dirs "$NAME" | grep -m1 freezer || cgroup_dirs "$NAME")
	[[ -e $dir/$file ]] || file=cgroup.freeze value=1
	echo "$value" >"$dir/$file"
	lodger kill "$ID" KILL
	ct_wait_stopped
	ct_delete
}

@test "root cgroup: directories that the container made in it go with it" {
	local dir
	args sleep 1000
	ct_up
	dir=$(cgroup_dirs "$NAME" | head -1)
	mkdir -p "$dir/a/b" "$dir/c"
	ct_delete
	[[ -z $(cgroup_dirs "$NAME") ]]
}

@test "root cgroup: --cgroup-manager=disabled leaves it where the caller is" {
	args cat /proc/self/cgroup
	run lodger --cgroup-manager disabled run --bundle "$BUNDLE" "$ID"
	[[ $status -eq 0 ]]
	assert_eq "$output" "$(cat /proc/self/cgroup)"
}

# Without an own pid namespace no end of init takes the others with it.
@test "root cgroup: KILL for a container in the host's pid namespace is for all of its processes" {
	ns_drop pid
	config '.mounts |= map(select(.destination != "/proc"))'
	bind_add /proc /proc rbind
	sh_args 'sleep 1000 & sleep 1000 & echo "others $!"; exec sleep 1000'
	ct_create
	lodger start "$ID"
	poll 10 grep -q others "$OUT"
	local pid
	pid=$(awk '/others/ { print $2 }' "$OUT")
	lodger kill "$ID" KILL
	ct_wait_stopped
	poll 10 gone "$pid"
	run lodger kill "$ID" KILL
	assert_eq "$status" 1
	assert_match "$output" 'container not running'
	ct_delete
}

@test "root cgroup: KILL reaches those whose init has gone, in the host's pid namespace" {
	ns_drop pid
	config '.mounts |= map(select(.destination != "/proc"))'
	bind_add /proc /proc rbind
	sh_args 'sleep 1000 & echo "others $!"; exec sleep 1000'
	ct_create
	lodger start "$ID"
	poll 10 grep -q others "$OUT"
	kill -9 "$(ct_pid)"
	ct_wait_stopped
	lodger kill "$ID" KILL
	poll 10 gone "$(awk '/others/ { print $2 }' "$OUT")"
	ct_delete
}
