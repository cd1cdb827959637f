#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Device rules on cgroup v2: the program that root loads, beside that of systemd.

load ../helpers

setup() {
	requires root lodger
	session_setup
	config '.linux.devices = [{path: "/dev/mykmsg", type: "c", major: 1, minor: 11}]'
	sh_args '(: >/dev/mykmsg) && echo written; head -c 1 /dev/mykmsg; echo x >/dev/null && echo null'
}

rules() {
	config ".linux.resources.devices = [{allow: false, access: \"rwm\"} $1]"
}

# works MANAGER: an access that is allowed, one that is not, and a default device.
works() {
	GLOBAL+=("--cgroup-manager=$1")
	rules ', {allow: true, type: "c", major: 1, minor: 11, access: "w"}'
	ct_run
	assert_match "$output" written
	assert_match "$stderr" 'mykmsg.*(Operation not permitted|Permission denied)'
	assert_match "$output" null
}

@test "devices: one access allowed and another not, in a directory" {
	works cgroupfs
}

@test "devices: one access allowed and another not, in a scope" {
	works systemd
}

@test "devices: what no rule allows is denied, what a later rule takes away too" {
	rules ''
	ct_run
	refute_match "$output" written
	rules ', {allow: true, type: "c", major: 1, minor: -1, access: "rw"},
		{allow: false, type: "c", major: 1, minor: 11, access: "w"}'
	tree_forget
	ct_run
	refute_match "$output" written
	assert_match "$output" null
}

@test "devices: update leaves the rules as they are" {
	rules ''
	args sleep 100
	ct_up
	lodger update --resources - "$ID" <<<'{"devices": [{"allow": true, "access": "rwm"}]}'
	run --separate-stderr lodger exec "$ID" head -c 1 /dev/mykmsg
	[[ $status -ne 0 ]]
	assert_match "$stderr" 'Operation not permitted|Permission denied'
	ct_delete
}
