#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits on cgroup v2 by a scope of the user's systemd: what the kernel holds, what systemd believes,
# and what happens. They need controllers that are delegated to the user, as in tests/env/vm.

load helpers

setup() {
	session_setup
	GLOBAL+=(--systemd-cgroup)
}

# delegated NAME...: skip where the user's systemd was not given a controller.
delegated() {
	local name given
	requires_controller "$@"
	given=$(cat "/sys/fs/cgroup$(user_systemctl show --property ControlGroup --value)/cgroup.controllers")
	for name in "$@"; do
		grep -qw "$name" <<<"$given" || skip "needs $name delegated to the user, who has: $given"
	done
}

resources() {
	config ".linux.resources += $1"
}

dir() {
	echo "/sys/fs/cgroup$(cgroup_of "$(ct_pid)")"
}

value() {
	cat "$(dir)/$1"
}

# property NAME: of the container's unit.
property() {
	user_show show --property "$1" --value "$(basename "$(dir)")"
}

# effective FILE: what `state` says of it.
effective() {
	ct_state | jq -r --arg f "$1" '.resources[] | select(.file == $f) | .effective'
}

stat_of() {
	lodger events --stats "$ID" | jq -r ".data$1"
}

@test "limits: memory and pids, read back from the kernel and from systemd" {
	delegated memory pids
	args sleep 100
	resources '{memory: {limit: 67108864, reservation: 33554432}, pids: {limit: 20}}'
	ct_up
	assert_eq "$(value memory.max)" 67108864
	assert_eq "$(value memory.low)" 33554432
	assert_eq "$(value pids.max)" 20
	assert_eq "$(property MemoryMax)" 67108864
	assert_eq "$(property MemoryLow)" 33554432
	assert_eq "$(property TasksMax)" 20
	assert_eq "$(ct_state | jq '[.resources[] | select(.requested != .effective)] | length')" 0
	# What systemd writes anew is what is in force.
	user_systemctl daemon-reload
	assert_eq "$(value memory.max)" 67108864
	ct_delete
}

@test "limits: cpu, read back from the kernel and from systemd" {
	delegated cpu
	args sleep 100
	resources '{cpu: {shares: 512, quota: 25000, period: 50000}}'
	ct_up
	assert_eq "$(value cpu.weight)" 59
	assert_eq "$(value cpu.max)" '25000 50000'
	assert_eq "$(property CPUWeight)" 59
	assert_eq "$(property CPUQuotaPerSecUSec)" 500ms
	ct_delete
}

@test "limits: swap, read back from the kernel and from systemd, and its update" {
	delegated memory
	args sleep 100
	resources '{memory: {limit: 67108864, swap: 100663296}}'
	ct_up
	assert_eq "$(value memory.max)" 67108864
	assert_eq "$(value memory.swap.max)" 33554432
	assert_eq "$(property MemorySwapMax)" 33554432
	assert_eq "$(effective memory.swap.max)" 33554432
	lodger update --memory 64m --memory-swap 72m "$ID"
	assert_eq "$(value memory.swap.max)" $((8 << 20))
	assert_eq "$(property MemorySwapMax)" $((8 << 20))
	lodger update --memory 64m --memory-swap 64m "$ID"
	assert_eq "$(value memory.swap.max)" 0
	lodger update --memory-swap -1 "$ID"
	assert_eq "$(value memory.swap.max)" max
	ct_delete
}

@test "limits: cpu burst and idle, read back, and their update" {
	delegated cpu
	args sleep 100
	resources '{cpu: {quota: 20000, period: 50000, burst: 10000}}'
	ct_up
	assert_eq "$(value cpu.max)" '20000 50000'
	assert_eq "$(value cpu.max.burst)" 10000
	assert_eq "$(value cpu.idle)" 0
	# A burst may not be above the quota: which of them goes first depends on what is in force.
	lodger update --cpu-quota 5000 --cpu-period 50000 --cpu-burst 4000 "$ID"
	assert_eq "$(value cpu.max) $(value cpu.max.burst)" '5000 50000 4000'
	lodger update --cpu-idle 1 "$ID"
	assert_eq "$(value cpu.idle)" 1
	ct_delete
	resources '{cpu: {idle: 1, burst: null}}'
	ct_up
	assert_eq "$(value cpu.idle)" 1
	ct_delete
}

@test "limits: unified, read back from the kernel and from systemd" {
	delegated memory cpu pids
	args sleep 100
	resources '{pids: {limit: 9}, unified: {"memory.high": "50331648", "memory.min": "1048576",
		"cpu.weight": "77", "pids.max": "30", "cgroup.max.descendants": "5"}}'
	ct_up
	assert_eq "$(value memory.high)" 50331648
	assert_eq "$(value memory.min)" 1048576
	assert_eq "$(value cpu.weight)" 77
	assert_eq "$(value pids.max)" 30
	assert_eq "$(value cgroup.max.descendants)" 5
	assert_eq "$(property MemoryHigh)" 50331648
	assert_eq "$(property CPUWeight)" 77
	assert_eq "$(property TasksMax)" 30
	assert_eq "$(effective memory.high)" 50331648
	ct_delete
}

@test "limits: checkBeforeUpdate refuses a limit below what is used" {
	delegated memory
	args sleep 100
	resources '{memory: {limit: 67108864}}'
	ct_up
	run --separate-stderr lodger update -r - "$ID" <<<'{"memory": {"limit": 4096, "checkBeforeUpdate": true}}'
	assert_eq "$status" 1
	assert_match "$stderr" 'linux\.resources\.memory\.limit.*what is used'
	assert_eq "$(value memory.max)" 67108864
	ct_delete
}

@test "limits: a memory hog is killed, which is an event" {
	delegated memory
	resources '{memory: {limit: 33554432}}'
	sh_args 'until [ -e /tmp/go ]; do sleep 0.1; done; dd if=/dev/zero of=/dev/null bs=400M count=1; echo $?; sleep 1000'
	ct_up
	# Swap, where there is some, would take what is above.
	if [[ -e $(dir)/memory.swap.max ]]; then
		echo 0 >"$(dir)/memory.swap.max"
	fi
	lodger events --interval 100ms "$ID" >"$BATS_TEST_TMPDIR/events" &
	local events=$!
	# With the first statistics, kills are watched.
	poll 60 test -s "$BATS_TEST_TMPDIR/events"
	rootfs_may_change
	: >"$ROOTFS/tmp/go"
	poll 60 grep -q 137 "$OUT"
	poll 60 kills 1
	ct_delete
	wait "$events"
}

# kills N: as many have been told of.
kills() {
	[[ $(jq -r 'select(.type == "oom") | .id' "$BATS_TEST_TMPDIR/events" | grep -cx "$ID") -ge $1 ]]
}

@test "limits: a fork bomb stops at pids.limit" {
	delegated pids
	resources '{pids: {limit: 10}}'
	sh_args 'i=0; while [ $i -lt 50 ]; do sleep 100 & i=$((i + 1)); done; wait'
	ct_up
	ct_wait_stopped
	assert_match "$(<"$OUT")" "can't fork"
	ct_delete
}

@test "limits: a busy loop is throttled" {
	delegated cpu
	resources '{cpu: {quota: 2000, period: 10000}}'
	sh_args 'while :; do :; done'
	ct_up
	poll 60 throttled
	ct_delete
}

throttled() {
	[[ $(stat_of '.cpu.throttling.throttledPeriods // 0') -ge 3 ]]
}

@test "limits: update, live, in the kernel and in systemd" {
	delegated memory pids cpu
	args sleep 100
	resources '{memory: {limit: 67108864}, pids: {limit: 20}}'
	ct_up
	lodger update --memory 96m --memory-reservation 16m --pids-limit 33 --cpu-quota 10000 \
		--cpu-period 20000 --cpu-share 2048 "$ID"
	assert_eq "$(value memory.max)" $((96 << 20))
	assert_eq "$(value memory.low)" $((16 << 20))
	assert_eq "$(value pids.max)" 33
	assert_eq "$(value cpu.max)" '10000 20000'
	assert_eq "$(value cpu.weight)" 174
	assert_eq "$(property MemoryMax)" $((96 << 20))
	assert_eq "$(property TasksMax)" 33
	assert_eq "$(property CPUQuotaPerSecUSec)" 500ms
	lodger update --memory -1 --pids-limit -1 --cpu-quota -1 "$ID"
	assert_eq "$(value memory.max)" max
	assert_eq "$(value pids.max)" max
	assert_eq "$(value cpu.max)" 'max 20000'
	run --separate-stderr lodger update --memory 32m --cpu-quota 1 "$ID"
	assert_eq "$status" 1
	assert_eq "$(value memory.max)" max
	assert_eq "$(property MemoryMax)" infinity
	ct_delete
}

@test "limits: below a caller's user namespace, in a scope and in the session's directory" {
	local manager cgroup
	delegated memory pids cpu
	args sleep 100
	resources '{memory: {limit: 67108864}, pids: {limit: 20}, cpu: {quota: 50000, period: 100000}}'
	for manager in systemd session; do
		unshare -r "$LODGER" --root "$STATE" --cgroup-manager "$manager" create --bundle "$BUNDLE" \
			--pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >"$OUT" 2>&1 3>&- || fail "$(<"$OUT")"
		cgroup=/sys/fs/cgroup$(cgroup_of "$(<"$BATS_TEST_TMPDIR/pid")")
		assert_eq "$(<"$cgroup/memory.max") $(<"$cgroup/pids.max") $(<"$cgroup/cpu.max")" \
			"67108864 20 50000 100000"
		unshare -r "$LODGER" --root "$STATE" delete --force "$ID"
		[[ ! -e $cgroup ]] || fail "$cgroup is left"
	done
}
