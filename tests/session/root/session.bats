#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The environment itself, for root.

load ../helpers

@test "session: root has a login session and a systemd that runs" {
	[[ $(id -u) -eq 0 ]]
	assert_match "$(own_cgroup)" '^/user.slice/user-0.slice/session-.*\.scope$'
	assert_eq "$(user_systemctl is-system-running)" running
}

@test "session: root runs a container" {
	args id -u
	ct_ok
	assert_eq "$output" 0
}
