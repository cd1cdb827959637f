#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec into a container that has a scope of the user's systemd: from the login session, whose cgroup
# has no ancestor with the scope's in which the user may write, and from a scope of the user's own.

# shellcheck disable=SC2119,SC2120

load helpers

setup() {
	session_setup
	UNIT=lodger-$ID.scope
	GLOBAL+=(--systemd-cgroup)
	# So that /proc/self/cgroup tells where the container is.
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .root.readonly = false'
	ROOTFS_MAY_CHANGE=1
	args sleep 1000
}

# A command that is called from a cgroup below the user's systemd: from there the kernel lets it in.
from_scope() {
	systemd-run --user --scope --quiet --collect "$@" 3>&- 4>&-
}

# What exec runs says where it is.
where() {
	"$@" exec "$ID" cat /proc/self/cgroup | sed -n 's/^0:://p'
}

scope() {
	echo "/sys/fs/cgroup$(user_systemctl show --property ControlGroup --value "$UNIT")"
}

@test "exec: in the container's scope, from the login session" {
	ct_up
	assert_match "$(own_cgroup)" 'session-'
	assert_eq "$(where lodger)" "$(cgroup_of "$(ct_pid)")"
	# As conmon calls it, without --systemd-cgroup: the record knows.
	GLOBAL=("${GLOBAL[@]:0:2}")
	assert_eq "$(where lodger)" "$(cgroup_of "$(ct_pid)")"
}

@test "exec: in the container's scope, from a scope of the user's" {
	ct_up
	assert_eq "$(where from_scope "$LODGER" "${GLOBAL[@]}")" "$(cgroup_of "$(ct_pid)")"
}

@test "exec: --detach, and kill --all reaches it" {
	ct_up
	local pid
	lodger exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 2000 </dev/null >"$OUT" 2>&1
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	assert_eq "$(cgroup_of "$pid")" "$(cgroup_of "$(ct_pid)")"
	grep -qx "$pid" "$(scope)/cgroup.procs"
	lodger kill --all "$ID" KILL
	ct_wait "$pid"
}

@test "exec: --cgroup, a group below the container's" {
	ct_up
	mkdir "$(scope)/sub"
	local place expected
	expected=$(cgroup_of "$(ct_pid)")/sub
	for place in sub /sub; do
		assert_eq "$(lodger exec --cgroup "$place" "$ID" cat /proc/self/cgroup | sed -n 's/^0:://p')" "$expected"
		assert_eq "$(from_scope "$LODGER" "${GLOBAL[@]}" exec --cgroup "$place" "$ID" cat /proc/self/cgroup |
			sed -n 's/^0:://p')" "$expected"
	done
}

@test "exec: --cgroup, what is not there or leads out" {
	ct_up
	run lodger exec --cgroup absent "$ID" true
	assert_eq "$status" 255
	assert_match "$output" 'absent'
	run lodger exec --cgroup ../other "$ID" true
	assert_eq "$status" 255
	assert_match "$output" 'not below'
	run from_scope "$LODGER" "${GLOBAL[@]}" exec --cgroup absent "$ID" true
	assert_eq "$status" 255
	poll 10 is_alone
}

is_alone() {
	[[ $(wc -l <"$(scope)/cgroup.procs") -eq 1 ]]
}

@test "exec: the container's processes are in groups below its scope, as systemd has them" {
	config '.linux.namespaces += [{"type": "cgroup"}]
		| (.mounts[] | select(.type == "cgroup")).options = ["nosuid", "noexec", "nodev", "rw"]'
	sh_args 'mkdir /sys/fs/cgroup/init && echo 1 >/sys/fs/cgroup/init/cgroup.procs && echo up >/up; exec sleep 1000'
	ct_up
	poll 10 test -e "$ROOTFS/up"
	# Where no controller is enabled below it, the scope itself takes processes too.
	assert_match "$(where lodger)" '^/(init)?$'
	assert_match "$(where from_scope "$LODGER" "${GLOBAL[@]}")" '^/(init)?$'
}

@test "exec: nothing is left of the commands when the container is deleted" {
	ct_up
	local n
	for n in 1 2 3; do
		lodger exec --detach "$ID" sleep 2000 </dev/null >"$OUT" 2>&1
	done
	lodger delete --force "$ID"
	poll 10 gone
	assert_eq "$(user_systemctl list-units --failed --no-legend --plain "$UNIT")" ''
}

gone() {
	[[ $(user_systemctl show --property LoadState --value "$UNIT") == not-found ]]
}
