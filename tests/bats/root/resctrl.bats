#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# linux.intelRdt, where no processor has it: a directory of plain files stands in for the file
# system, named by a mount table that is bound over that of lodger's process, in a mount namespace
# for it alone. The kernel's part, what a new group has in it and what a value does, is not there:
# groups that lodger makes itself are in tests/unit/test_resctrl.c.

load ../helpers

setup() {
	requires root lodger
	test_setup
	RDT=$BATS_TEST_TMPDIR/resctrl
	group gold
	mkdir "$RDT/info"
	printf '1 0 0:1 / %s rw - resctrl resctrl rw\n' "$RDT" >"$BATS_TEST_TMPDIR/mountinfo"
	cat >"$BATS_TEST_TMPDIR/lodger" <<-'EOF'
		#!/bin/bash
		exec unshare --mount --propagation slave bash -c 'mount --bind "$1" "/proc/$$/mountinfo" &&
			shift && exec "$@"' - "$MOUNTINFO" "$REAL" "$@"
	EOF
	chmod 755 "$BATS_TEST_TMPDIR/lodger"
	export MOUNTINFO=$BATS_TEST_TMPDIR/mountinfo REAL=$LODGER
	LODGER=$BATS_TEST_TMPDIR/lodger
	unshare --mount --propagation slave bash -c 'mount --bind "$1" "/proc/$$/mountinfo"' - \
		"$MOUNTINFO" || skip "nothing can be mounted over a file of /proc/PID here"
}

# What the kernel has in a group from the beginning.
group() {
	mkdir -p "$RDT/$1/mon_groups"
	printf 'L3:0=7ff\nMB:0=100\n' >"$RDT/$1/schemata"
	: >"$RDT/$1/tasks"
}

record() {
	jq -c "$1" "$STATE/$ID/state.json"
}

@test "resctrl: a class that is there gets the container's process, and stays" {
	args sleep 100
	config '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=7ff"}'
	ct_up
	assert_eq "$(<"$RDT/gold/tasks")" "$(ct_pid)"
	assert_eq "$(record '[.resctrl, .resctrlMade]')" "[[\"$RDT/gold\"],null]"
	ct_delete
	[[ -d $RDT/gold ]] || fail "the class is gone"
	assert_eq "$(<"$RDT/gold/schemata")" $'L3:0=7ff\nMB:0=100'
}

@test "resctrl: the default class is the root of resctrl" {
	args sleep 100
	: >"$RDT/tasks"
	config '.linux.intelRdt = {closID: "/"}'
	ct_up
	assert_eq "$(<"$RDT/tasks")" "$(ct_pid)"
	ct_delete
	[[ -d $RDT ]] || fail "resctrl is gone"
}

@test "resctrl: hooks find the process in its class" {
	args true
	printf '#!/bin/sh\ncat %s >%s\n' "$RDT/gold/tasks" "$BATS_TEST_TMPDIR/seen" \
		>"$BATS_TEST_TMPDIR/hook"
	chmod 755 "$BATS_TEST_TMPDIR/hook"
	# shellcheck disable=SC2016
	config '.linux.intelRdt = {closID: "gold"} | .hooks.createRuntime = [{path: $h}]' \
		--arg h "$BATS_TEST_TMPDIR/hook"
	ct_ok
	assert_match "$(<"$BATS_TEST_TMPDIR/seen")" '^[0-9]+$'
}

@test "resctrl: the second init, behind a namespace that is joined, is the one that counts" {
	args sleep 100
	config '.linux.intelRdt = {closID: "gold"} |
		(.linux.namespaces[] | select(.type == "pid")).path = "/proc/self/ns/pid"'
	ct_up
	assert_eq "$(<"$RDT/gold/tasks")" "$(ct_pid)"
	ct_delete
}

@test "resctrl: exec goes to the class of the container" {
	args sleep 100
	config '.linux.intelRdt = {closID: "gold"}'
	ct_up
	: >"$RDT/gold/tasks"
	lodger exec "$ID" true
	assert_match "$(<"$RDT/gold/tasks")" '^[0-9]+$'
	[[ $(<"$RDT/gold/tasks") != "$(ct_pid)" ]] || fail "the container's init again"
	ct_delete
}

@test "resctrl: update writes the lines of the options, and nothing where one is refused" {
	args sleep 100
	config '.linux.intelRdt = {closID: "gold"}'
	ct_up
	lodger update --mem-bw-schema MB:0=30 "$ID"
	# A plain file is overwritten from its beginning.
	assert_eq "$(head -n 1 "$RDT/gold/schemata")" MB:0=30
	run --separate-stderr lodger update --mem-bw-schema 30 "$ID"
	refused 'invalid value "30" for --mem-bw-schema'
	printf 'L3:0=7ff\nMB:0=100\n' >"$RDT/gold/schemata"
	run --separate-stderr lodger update --l3-cache-schema L3:0=001 --pids-limit nonsense "$ID"
	refused 'pids-limit'
	assert_eq "$(<"$RDT/gold/schemata")" $'L3:0=7ff\nMB:0=100'
	ct_delete
}

@test "resctrl: what the cgroup refuses is taken back from the group too" {
	args sleep 100
	GLOBAL+=(--cgroup-manager=disabled)
	config '.linux.intelRdt = {closID: "gold"} | del(.linux.resources)'
	ct_up
	run --separate-stderr lodger update --l3-cache-schema L3:0=001 --pids-limit 5 "$ID"
	refused 'has no cgroup'
	assert_eq "$(<"$RDT/gold/schemata")" $'L3:0=7ff\nMB:0=100'
	lodger update --l3-cache-schema L3:0=001 "$ID"
	assert_eq "$(head -n 1 "$RDT/gold/schemata")" L3:0=001
	ct_delete
}

@test "resctrl: a class with other values, and one that nothing says how to make, are refused" {
	args true
	config '.linux.intelRdt = {closID: "gold", memBwSchema: "MB:0=10"}'
	ct_run
	refused 'linux\.intelRdt\.memBwSchema: .*/gold .*has MB:0=100 instead of MB:0=10'
	config '.linux.intelRdt = {closID: "silver"}'
	ct_run
	refused 'linux\.intelRdt\.closID: there is no .*/silver'
	config '.linux.intelRdt = {closID: "info", schemata: ["L3:0=1"]}'
	ct_run
	refused 'linux\.intelRdt\.closID: "info"'
}

# Without the kernel a new directory stays empty: the value cannot be written.
@test "resctrl: a launch that fails leaves no group behind" {
	args true
	config '.linux.intelRdt = {l3CacheSchema: "L3:0=1"}'
	ct_run
	refused "linux\\.intelRdt\\.l3CacheSchema: writing \"L3:0=1\" to $RDT/$ID/schemata"
	config '.linux.intelRdt = {closID: "gold", enableMonitoring: true}'
	ct_run
	refused "putting the container's process into $RDT/gold/mon_groups/$ID"
	assert_eq "$(cd "$RDT" && find . -mindepth 1 -type d | sort | xargs)" \
		"./gold ./gold/mon_groups ./info"
}

@test "resctrl: delete removes the groups that the record has, and no others" {
	args true
	mkdir "$RDT/gold/mon_groups/$ID"
	ct_create
	# shellcheck disable=SC2016
	jq '. + {resctrl: [$g, $m], resctrlMade: [$m]}' --arg g "$RDT/gold" \
		--arg m "$RDT/gold/mon_groups/$ID" "$STATE/$ID/state.json" >"$BATS_TEST_TMPDIR/record"
	cp "$BATS_TEST_TMPDIR/record" "$STATE/$ID/state.json"
	ct_delete
	[[ ! -e $RDT/gold/mon_groups/$ID ]] || fail "the monitoring group is there"
	[[ -d $RDT/gold ]] || fail "the class is gone"
}
