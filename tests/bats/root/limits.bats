#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits of config.json and of `update` for root on cgroup v1: what the kernel holds, and what it
# does. Without v1's controllers these tests are skipped; tests/vm has the same for cgroup v2.

load ../helpers

CGROUPS=/sys/fs/cgroup

setup() {
	requires root lodger
	test_setup
	requires v1
}

need_v1() {
	local c
	for c in memory pids cpu cpuset freezer devices blkio; do
		[[ -e $CGROUPS/$c/cgroup.procs ]] || { echo "needs cgroup v1 with $c" && return 1; }
	done
}

# resources JSON: what config.json asks for.
resources() {
	config ".linux.resources += $1"
}

# value CONTROLLER FILE: what the kernel holds for the container.
value() {
	local dir
	dir=$(awk -F: -v c="$1" '{ n = split($2, names, ","); for (i = 1; i <= n; i++) if (names[i] == c) print $3 }' \
		"/proc/$(ct_pid)/cgroup")
	cat "$CGROUPS/$1$dir/$2"
}

# stat PATH: of the statistics, by jq.
stat_of() {
	lodger events --stats "$ID" | jq -r ".data$1"
}

sleeps() {
	args sleep 100
}

# --- config.json -------------------------------------------------------------------------------

@test "limits: memory, read back" {
	sleeps
	resources '{memory: {limit: 67108864, reservation: 33554432, swap: 134217728, swappiness: 10}}'
	ct_up
	assert_eq "$(value memory memory.limit_in_bytes)" 67108864
	assert_eq "$(value memory memory.soft_limit_in_bytes)" 33554432
	assert_eq "$(value memory memory.memsw.limit_in_bytes)" 134217728
	assert_eq "$(value memory memory.swappiness)" 10
	ct_delete
}

@test "limits: cpu and cpuset, read back" {
	sleeps
	resources '{cpu: {shares: 512, period: 50000, quota: 25000, burst: 5000, cpus: "0", mems: "0"}}'
	ct_up
	assert_eq "$(value cpu cpu.shares)" 512
	assert_eq "$(value cpu cpu.cfs_period_us)" 50000
	assert_eq "$(value cpu cpu.cfs_quota_us)" 25000
	assert_eq "$(value cpu cpu.cfs_burst_us)" 5000
	assert_eq "$(value cpuset cpuset.cpus)" 0
	assert_eq "$(value cpuset cpuset.mems)" 0
	ct_delete
}

@test "limits: pids, read back, unlimited too" {
	sleeps
	resources '{pids: {limit: 17}}'
	ct_up
	assert_eq "$(value pids pids.max)" 17
	ct_delete
	resources '{pids: {limit: -1}}'
	ct_up
	assert_eq "$(value pids pids.max)" max
	ct_delete
}

@test "limits: throttles of a block device, read back" {
	local device
	device=$(head -n 1 /sys/block/*/dev | grep -m 1 :) || skip "needs a block device"
	sleeps
	resources "{blockIO: {throttleReadBpsDevice: [{major: ${device%:*}, minor: ${device#*:}, rate: 1048576}],
		throttleWriteIOPSDevice: [{major: ${device%:*}, minor: ${device#*:}, rate: 100}]}}"
	ct_up
	assert_eq "$(value blkio blkio.throttle.read_bps_device)" "$device 1048576"
	assert_eq "$(value blkio blkio.throttle.write_iops_device)" "$device 100"
	ct_delete
}

@test "limits: device rules: what is denied cannot be opened, the default devices can" {
	config '.linux.devices = [{path: "/dev/mykmsg", type: "c", major: 1, minor: 11}]'
	resources '{devices: [{allow: false, access: "rwm"}]}'
	sh_args 'cat /dev/mykmsg; echo; echo x >/dev/null && head -c 1 /dev/zero | wc -c'
	ct_run
	assert_match "$stderr" 'mykmsg.*(Operation not permitted|Permission denied)'
	assert_eq "${lines[-1]}" 1
	resources '{devices: [{allow: false, access: "rwm"},
		{allow: true, type: "c", major: 1, minor: 11, access: "w"}]}'
	sh_args ': >/dev/mykmsg && echo written; : </dev/mykmsg'
	ct_run
	assert_match "$output" written
	assert_match "$stderr" 'mykmsg.*(Operation not permitted|Permission denied)'
}

@test "limits: a limit that v1 does not have is refused by its name, and nothing is left" {
	sleeps
	resources '{unified: {"memory.high": "1000"}}'
	ct_try_create
	refused 'linux\.resources\.unified'
}

@test "limits: a value that the kernel refuses names the member and the file" {
	sleeps
	resources '{cpu: {quota: 1}}'
	ct_try_create
	refused 'linux\.resources\.cpu\.quota.*cpu\.cfs_quota_us'
	[[ ! -e $STATE/$ID ]]
}

# --- effects -----------------------------------------------------------------------------------

@test "limits: a memory hog is killed" {
	resources '{memory: {limit: 33554432, swap: 33554432}}'
	sh_args 'dd if=/dev/zero of=/dev/null bs=200M count=1; echo $?'
	ct_run
	assert_match "$output" 137
}

@test "limits: a fork bomb stops at pids.limit" {
	resources '{pids: {limit: 10}}'
	sh_args 'i=0; while [ $i -lt 50 ]; do sleep 100 & i=$((i + 1)); done; wait'
	ct_up
	ct_wait_stopped
	assert_match "$(<"$OUT")" "can't fork"
	ct_delete
}

@test "limits: a busy loop is throttled" {
	resources '{cpu: {quota: 2000, period: 10000}}'
	sh_args 'while :; do :; done'
	ct_up
	poll 20 throttled
	assert_eq "$(stat_of '.cpu.throttling.periods >= .data.cpu.throttling.throttledPeriods')" true
	ct_delete
}

throttled() {
	[[ $(stat_of '.cpu.throttling.throttledPeriods // 0') -ge 3 ]]
}

# --- update ------------------------------------------------------------------------------------

@test "update: each option, live" {
	sleeps
	resources '{memory: {limit: 67108864, swap: 134217728}}'
	ct_up
	lodger update --memory 96m --memory-reservation 16M --cpu-share 300 --cpu-period 20000 \
		--cpu-quota 10000 --cpu-burst 1000 --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 33 "$ID"
	assert_eq "$(value memory memory.limit_in_bytes)" $((96 << 20))
	assert_eq "$(value memory memory.soft_limit_in_bytes)" $((16 << 20))
	# The amount of swap is what it was.
	assert_eq "$(value memory memory.memsw.limit_in_bytes)" $((160 << 20))
	assert_eq "$(value cpu cpu.shares)" 300
	assert_eq "$(value cpu cpu.cfs_period_us)" 20000
	assert_eq "$(value cpu cpu.cfs_quota_us)" 10000
	assert_eq "$(value cpu cpu.cfs_burst_us)" 1000
	assert_eq "$(value cpuset cpuset.cpus)" 0
	assert_eq "$(value pids pids.max)" 33
	lodger update --memory-swap 200m "$ID"
	assert_eq "$(value memory memory.memsw.limit_in_bytes)" $((200 << 20))
	assert_eq "$(value memory memory.limit_in_bytes)" $((96 << 20))
	lodger update --memory -1 --pids-limit -1 --cpu-quota -1 "$ID"
	assert_eq "$(value memory memory.limit_in_bytes)" 9223372036854771712
	assert_eq "$(value memory memory.memsw.limit_in_bytes)" 9223372036854771712
	assert_eq "$(value pids pids.max)" max
	assert_eq "$(value cpu cpu.cfs_quota_us)" -1
	assert_eq "$(value cpu cpu.cfs_period_us)" 20000
	ct_delete
}

@test "update: from a file and from standard input; zeros change nothing" {
	sleeps
	resources '{pids: {limit: 20}, cpu: {shares: 500}}'
	ct_up
	echo '{"memory": {"limit": 50331648, "swap": 0}, "cpu": {"shares": 0, "quota": 0}}' >"$BATS_TEST_TMPDIR/r"
	lodger update --resources "$BATS_TEST_TMPDIR/r" "$ID"
	assert_eq "$(value memory memory.limit_in_bytes)" 50331648
	assert_eq "$(value cpu cpu.shares)" 500
	echo '{"pids": {"limit": 44}}' | lodger update --resources=- "$ID"
	assert_eq "$(value pids pids.max)" 44
	assert_eq "$(value memory memory.limit_in_bytes)" 50331648
	ct_delete
}

@test "update: of several, one that is refused: all are as before" {
	sleeps
	resources '{memory: {limit: 67108864}, pids: {limit: 20}}'
	ct_up
	run --separate-stderr lodger update --memory 128m --pids-limit 30 --cpu-share 300 --cpu-quota 1 "$ID"
	refused 'linux\.resources\.cpu\.quota'
	assert_eq "$(value memory memory.limit_in_bytes)" 67108864
	assert_eq "$(value pids pids.max)" 20
	# What nobody has asked for before is as it was, too.
	assert_eq "$(value cpu cpu.shares)" 1024
	assert_eq "$(ct_state | jq '[.resources[] | select(.requested != .effective)] | length')" 0
	ct_delete
}

@test "update: checkBeforeUpdate refuses a limit below what is used" {
	sleeps
	resources '{memory: {limit: 67108864}}'
	ct_up
	run --separate-stderr lodger update -r - "$ID" <<<'{"memory": {"limit": 4096, "checkBeforeUpdate": true}}'
	refused 'linux\.resources\.memory\.limit.*what is used'
	assert_eq "$(value memory memory.limit_in_bytes)" 67108864
	ct_delete
}

@test "update: a container that waits for start, one that is paused, and none that has ended" {
	sleeps
	resources '{pids: {limit: 20}}'
	ct_create
	lodger update --pids-limit 21 "$ID"
	assert_eq "$(value pids pids.max)" 21
	lodger start "$ID"
	lodger pause "$ID"
	lodger update --pids-limit 22 "$ID"
	assert_eq "$(value pids pids.max)" 22
	lodger resume "$ID"
	lodger kill "$ID" KILL
	ct_wait_stopped
	run --separate-stderr lodger update --pids-limit 23 "$ID"
	refused 'not running'
	ct_delete
}

# --- state -------------------------------------------------------------------------------------

@test "state: requested and effective limits, and why they differ" {
	sleeps
	resources '{memory: {limit: 67108865}, pids: {limit: 20}}'
	ct_up
	run ct_state
	assert_eq "$(jq -r '.resources[] | select(.member == "linux.resources.pids.limit") | [.file, .requested, .effective, .why] | @csv' <<<"$output")" \
		'"pids.max","20","20",'
	assert_eq "$(jq -r '.resources[] | select(.member == "linux.resources.memory.limit") | [.requested, .effective, .why] | @csv' <<<"$output")" \
		'"67108865","67108864","the kernel counts in whole pages"'
	ct_delete
}

@test "state: a container without limits says nothing of them" {
	sleeps
	config 'del(.linux.resources)'
	ct_up
	assert_eq "$(ct_state | jq 'has("resources")')" false
	ct_delete
}

# --- pause and resume --------------------------------------------------------------------------

@test "pause and resume: a counter stands still, and goes on" {
	resources '{pids: {limit: 20}}'
	sh_args 'while :; do echo .; sleep 0.01; done'
	ct_up
	poll 10 has_lines "$OUT" 1
	lodger pause "$ID"
	assert_eq "$(ct_status)" paused
	assert_match "$(lodger list)" "$ID.*paused"
	local count
	count=$(wc -l <"$OUT")
	# Nothing to wait for: what stands still has no event. A tenth of a second is ten rounds.
	sleep 0.1
	assert_eq "$(wc -l <"$OUT")" "$count"
	run --separate-stderr lodger pause "$ID"
	refused 'already paused'
	run --separate-stderr lodger delete "$ID"
	refused 'not stopped: paused'
	lodger resume "$ID"
	assert_eq "$(ct_status)" running
	poll 10 has_lines "$OUT" $((count + 1))
	run --separate-stderr lodger resume "$ID"
	refused 'not paused'
	ct_delete
}

@test "pause: SIGKILL and delete --force end a paused container" {
	resources '{pids: {limit: 20}}'
	sleeps
	ct_up
	lodger pause "$ID"
	lodger kill "$ID" KILL
	ct_wait_stopped
	lodger delete "$ID"
	ct_up
	lodger pause "$ID"
	ct_delete
}

@test "pause: another signal waits until the container goes on" {
	resources '{pids: {limit: 20}}'
	sh_args 'trap "echo got; exit 0" TERM; echo ready; while :; do sleep 0.05; done'
	ct_up
	poll 10 grep -q ready "$OUT"
	lodger pause "$ID"
	lodger kill "$ID" TERM
	assert_eq "$(ct_status)" paused
	lodger resume "$ID"
	ct_wait_stopped
	assert_match "$(<"$OUT")" got
	ct_delete
}

# --- events ------------------------------------------------------------------------------------

@test "events: statistics have runc's shape, and the numbers of this container" {
	resources '{memory: {limit: 67108864}, pids: {limit: 20}}'
	sleeps
	ct_up
	run lodger events --stats "$ID"
	assert_eq "$(jq -r '[.type, .id] | join(" ")' <<<"$output")" "stats $ID"
	assert_eq "$(jq -c '.data | keys' <<<"$output")" \
		'["blkio","cpu","cpuset","hugetlb","intel_rdt","memory","network_interfaces","pids"]'
	assert_eq "$(jq .data.memory.usage.limit <<<"$output")" 67108864
	assert_eq "$(jq '.data.memory.usage.usage > 0' <<<"$output")" true
	assert_eq "$(jq -c .data.pids <<<"$output")" '{"current":1,"limit":20}'
	assert_eq "$(jq '.data.cpu.usage.total > 0' <<<"$output")" true
	ct_delete
}

@test "events: a line at every interval, until the container ends" {
	resources '{pids: {limit: 20}}'
	sleeps
	ct_up
	lodger events --interval 50ms "$ID" >"$BATS_TEST_TMPDIR/events" &
	poll 20 has_lines "$BATS_TEST_TMPDIR/events" 3
	lodger kill "$ID" KILL
	wait $!
	assert_eq "$(jq -r .type "$BATS_TEST_TMPDIR/events" | sort -u)" stats
	ct_wait_stopped
	run --separate-stderr lodger events "$ID"
	refused 'is not running'
	ct_delete
}

has_lines() {
	[[ $(wc -l <"$1") -ge $2 ]]
}

@test "events: each OOM kill is a line" {
	resources '{memory: {limit: 33554432, swap: 33554432}}'
	sh_args 'read -r go </tmp/go; dd if=/dev/zero of=/dev/null bs=200M count=1; dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 100'
	mkfifo "$ROOTFS/tmp/go"
	ct_up
	lodger events --interval 100ms "$ID" >"$BATS_TEST_TMPDIR/events" &
	local events=$!
	# With the first statistics, kills are watched.
	poll 20 test -s "$BATS_TEST_TMPDIR/events"
	echo go >"$ROOTFS/tmp/go"
	poll 20 kills 2
	assert_eq "$(jq -c 'select(.type == "oom")' "$BATS_TEST_TMPDIR/events" | sort -u)" \
		"{\"type\":\"oom\",\"id\":\"$ID\"}"
	lodger kill "$ID" KILL
	wait "$events"
	ct_wait_stopped
	ct_delete
}

# kills N: as many have been told of.
kills() {
	[[ $(jq -r 'select(.type == "oom") | .id' "$BATS_TEST_TMPDIR/events" | grep -cx "$ID") -ge $1 ]]
}

# --- ps ----------------------------------------------------------------------------------------

@test "ps: the processes of the cgroup, as a table and as JSON" {
	resources '{pids: {limit: 20}}'
	sh_args 'sleep 101 & sleep 102; :'
	ct_up
	poll 10 ps_has 3
	assert_match "$(lodger ps "$ID")" 'PID.*sleep 101.*sleep 102'
	assert_eq "$(lodger ps "$ID" -o pid,args | grep -c sleep)" 3
	ct_delete
}

ps_has() {
	[[ $(lodger ps --format json "$ID" | jq length) -eq $1 ]]
}
