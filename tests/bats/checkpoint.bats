#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore: what podman probes, and a refusal that says why.

load helpers

setup() {
	requires lodger
	test_setup
}

@test "checkpoint: --help is there, as podman asks" {
	run lodger checkpoint --help
	assert_eq "$status" 0
	assert_match "$output" '--leave-running'
	run lodger restore --help
	assert_eq "$status" 0
}

@test "restore: a missing argument is worded as podman looks for it" {
	run lodger restore --lsm-mount-context
	assert_eq "$status" 1
	assert_match "$output" 'flag needs an argument'
}

@test "checkpoint: refused, with what the kernel and criu lack; the container goes on" {
	requires user
	args sleep 100
	ct_up
	run lodger --log "$BATS_TEST_TMPDIR/log" --log-format json checkpoint --image-path "$BATS_TEST_TMPDIR/cp" "$ID"
	refused 'only root of the initial user namespace'
	assert_match "$output" 'criu'
	assert_match "$output" 'fix: '
	assert_eq "$(jq -r '[.code, .step, .object] | join(" ")' "$BATS_TEST_TMPDIR/log")" "host-permission checkpoint $ID"
	assert_eq "$(ct_status)" running
	[[ ! -e $BATS_TEST_TMPDIR/cp ]]
}
