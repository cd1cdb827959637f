#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `update`, `pause`, `resume` and `events` where they have nothing to work on: bad values, and a
# container without a cgroup. What they do to a cgroup is in root/limits.bats, and tests/session.

load helpers

setup() {
	test_setup
	requires lodger
	config 'del(.linux.resources)'
}

@test "update: values that are no numbers are refused by the option's name" {
	args sleep 100
	ct_up
	local option
	for option in memory memory-swap memory-reservation cpu-share cpu-quota cpu-period cpu-burst \
		cpu-idle cpu-rt-period cpu-rt-runtime pids-limit blkio-weight kernel-memory; do
		run --separate-stderr lodger update "--$option" 12x "$ID"
		refused "invalid value \"12x\" for --$option"
	done
	run --separate-stderr lodger update --memory 9223372036854775807k "$ID"
	refused 'too large'
	run --separate-stderr lodger update --cpuset-cpus nonsense "$ID"
	refused 'not a list of CPUs'
	ct_delete
}

@test "update: a file that is not there, no JSON, or of wrong types" {
	args sleep 100
	ct_up
	run --separate-stderr lodger update --resources "$BATS_TEST_TMPDIR/none" "$ID"
	refused 'no such file or directory'
	run --separate-stderr lodger update --resources - "$ID" <<<'{"memory": '
	refused 'standard input'
	run --separate-stderr lodger update --resources - "$ID" <<<'{"memory": {"limit": "much"}}'
	refused 'memory\.limit.*(line 1, column)'
	ct_delete
}

@test "update: a part of a cache needs a resctrl group" {
	args sleep 100
	ct_up
	run --separate-stderr lodger update --l3-cache-schema 'L3:0=f' "$ID"
	refused 'intelRdt'
	ct_delete
}

@test "update, pause, events: a container without a cgroup says so, and how to have one" {
	args sleep 100
	GLOBAL+=(--cgroup-manager=disabled)
	ct_up
	local verb
	for verb in 'update --pids-limit 5' pause events; do
		# shellcheck disable=SC2086
		run --separate-stderr lodger $verb "$ID"
		refused 'has no cgroup'
		assert_match "$stderr" 'fix:'
	done
	run --separate-stderr lodger resume "$ID"
	refused 'not paused'
	ct_delete
}

@test "update, pause, resume, events: no such container" {
	local verb
	for verb in update pause resume events; do
		run --separate-stderr lodger "$verb" "$ID"
		refused 'does not exist'
	done
}

@test "events: an interval has to be a time above zero" {
	local interval
	for interval in 0 0s -1s 5x s 1d 99999999999999h ''; do
		run --separate-stderr lodger events "--interval=$interval" "$ID"
		refused 'invalid value .* for --interval'
	done
}
