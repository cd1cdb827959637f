#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What of linux.resources on cgroup v2 an unprivileged user is not given: cpuset and io, swap in use,
# with their effects, hugepages, rdma. Once by directories and once by a scope of systemd's. They need
# controllers that are the machine's own, as in tests/env/vm.

load ../helpers

setup() {
	session_setup
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
}

teardown() {
	[[ -z ${SWAP:-} ]] || { swapoff "$SWAP"; rm -f "$SWAP"; }
	[[ -z ${DISK_UNDO:-} ]] || eval "$DISK_UNDO"
	[[ -z ${FOLDER:-} ]] || rm -rf "$FOLDER"
	test_teardown
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

property() {
	systemctl show --property "$1" --value "$(basename "$(dir)")"
}

# each TEST: the same by directories and by a scope.
each() {
	"$1"
	GLOBAL+=(--systemd-cgroup)
	ID+=s
	SCOPE=1 "$1"
}

# effective FILE: what `state` says of it.
effective() {
	ct_state | jq -r --arg f "$1" '.resources[] | select(.file == $f) | .effective'
}

# Swap and I/O schedulers are changed on a machine that is the tests' own only.
requires_own_machine() {
	[[ -n ${LODGER_TEST_VM:-} ]] || skip "changes the machine: runs in tests/env/vm"
}

# The disk below /var/tmp, as MAJOR:MINOR; where the bundle is may be a file system in memory.
disk_find() {
	DISK=$(findmnt --noheadings --output MAJ:MIN --target /var/tmp | tr -d ' ')
	[[ -n $DISK && $DISK != 0:* ]] || skip "/var/tmp is on no disk, but on $DISK"
}

cpuset() {
	sh_args 'nproc; cat /proc/self/status | grep Cpus_allowed_list; exec sleep 1000'
	: >"$OUT"
	ct_up
	poll 30 grep -q Cpus_allowed "$OUT"
	assert_eq "$(value cpuset.cpus)" 0
	assert_eq "$(value cpuset.cpus.effective)" 0
	assert_eq "$(value cpuset.mems)" 0
	assert_match "$(<"$OUT")" $'^1\n.*list:\t0$'
	[[ -z ${SCOPE:-} ]] || assert_eq "$(property AllowedCPUs)" 0
	if [[ $(nproc) -gt 1 ]]; then
		lodger update --cpuset-cpus 1 "$ID"
		assert_eq "$(value cpuset.cpus)" 1
		assert_match "$(grep Cpus_allowed_list "/proc/$(ct_pid)/status")" $'\t1$'
	fi
	ct_delete
}

@test "root limits: cpuset: the kernel has it, and nproc shows it" {
	requires_controller cpuset
	resources '{cpu: {cpus: "0", mems: "0"}}'
	each cpuset
}

# 4 MiB to the disk; prints the seconds.
io() {
	sh_args 'a=$(date +%s); dd if=/dev/zero of=/mnt/big bs=64k count=64 conv=fsync 2>/dev/null
		b=$(date +%s); rm /mnt/big; echo took $((b - a)); exec sleep 1000'
	: >"$OUT"
	ct_up
	assert_match "$(value io.max)" "^$DISK rbps=2097152 wbps=1048576 riops=1000 wiops=max$"
	poll 60 grep -q took "$OUT"
	# A floor: what is throttled cannot be faster, however slow the machine is.
	[[ $(sed -n 's/^took //p' "$OUT") -ge 2 ]] || fail "not throttled: $(<"$OUT")"
	[[ -z ${SCOPE:-} ]] || assert_match "$(property IOWriteBandwidthMax)" 1048576
	ct_delete
}

@test "root limits: io: the kernel has the limits, and a writer takes its time" {
	local device
	requires_controller io
	disk_find
	FOLDER=$(mktemp -d /var/tmp/lodger-io.XXXXXX)
	config '.mounts += [{destination: "/mnt", type: "bind", source: "'"$FOLDER"'", options: ["bind"]}]'
	device='major: '${DISK%:*}', minor: '${DISK#*:}
	resources '{blockIO: {throttleReadBpsDevice: [{'"$device"', rate: 2097152}],
		throttleWriteBpsDevice: [{'"$device"', rate: 1048576}],
		throttleReadIOPSDevice: [{'"$device"', rate: 1000}]}}'
	each io
}

weight_io_cost() {
	args sleep 1000
	ct_up
	assert_eq "$(value io.weight)" $'default 4950\n'"$DISK 1011"
	assert_eq "$(effective io.weight)" $'4950\n'"$DISK 1011"
	[[ -z ${SCOPE:-} ]] || assert_eq "$(property IOWeight)" 4950
	lodger update --blkio-weight 1000 "$ID"
	assert_eq "$(value io.weight | head -n 1)" 'default 10000'
	ct_delete
}

@test "root limits: io weights, by io.cost" {
	requires_controller io
	requires_own_machine
	[[ ! -e /sys/module/bfq ]] || skip "the kernel has BFQ, which goes first"
	disk_find
	echo "$DISK enable=1" >/sys/fs/cgroup/io.cost.qos || skip "the kernel has no io.cost"
	DISK_UNDO='echo "$DISK enable=0" >/sys/fs/cgroup/io.cost.qos'
	resources '{blockIO: {weight: 500, weightDevice: [{major: '"${DISK%:*}"', minor: '"${DISK#*:}"', weight: 110}]}}'
	each weight_io_cost
}

weight_bfq() {
	args sleep 1000
	ct_up
	assert_eq "$(value io.bfq.weight)" $'default 500\n'"$DISK 110"
	assert_eq "$(effective io.bfq.weight)" $'500\n'"$DISK 110"
	[[ -z ${SCOPE:-} ]] || assert_eq "$(property IOWeight)" 4950
	lodger update --blkio-weight 1000 "$ID"
	assert_eq "$(value io.bfq.weight | head -n 1)" 'default 1000'
	ct_delete
}

@test "root limits: io weights, by BFQ" {
	local scheduler
	requires_controller io
	requires_own_machine
	disk_find
	modprobe bfq || skip "the kernel has no BFQ"
	scheduler=/sys/dev/block/$DISK/queue/scheduler
	echo bfq >"$scheduler"
	DISK_UNDO="echo none >$scheduler; rmmod bfq"
	resources '{blockIO: {weight: 500, weightDevice: [{major: '"${DISK%:*}"', minor: '"${DISK#*:}"', weight: 110}]}}'
	each weight_bfq
}

hugepages() {
	args sleep 1000
	ct_up
	assert_eq "$(value hugetlb.2MB.max)" 4194304
	assert_eq "$(value hugetlb.2MB.rsvd.max)" 4194304
	assert_eq "$(effective hugetlb.2MB.max)" 4194304
	ct_delete
}

@test "root limits: hugepages: the kernel has the limit" {
	requires_controller hugetlb
	resources '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	each hugepages
}

# Real swap, on the machine's disk.
swap_on() {
	disk_find
	SWAP=/var/tmp/lodger-swap-$BASHPID
	dd if=/dev/zero of="$SWAP" bs=1M count=128 status=none
	chmod 600 "$SWAP"
	mkswap "$SWAP" >/dev/null
	swapon "$SWAP"
}

# A hog of 48 MiB in 32 MiB of memory.
swap() {
	sh_args 'dd if=/dev/zero of=/dev/null bs=48M count=1 2>/dev/null'
	config '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
	ct_run
	assert_eq "$status" 137
	config '.linux.resources.memory.swap = 134217728'
	ct_ok
	args sleep 1000
	ct_up
	assert_eq "$(value memory.swap.max)" 100663296
	ct_delete
}

@test "root limits: swap: without it a hog is killed, with it it is not" {
	requires_controller memory
	requires_own_machine
	swap_on
	each swap
}

@test "root limits: rdma: without the device, an error that names the member, and nothing left" {
	requires_controller rdma
	[[ -z $(ls /sys/class/infiniband 2>/dev/null) ]] || skip "there are devices: $(ls /sys/class/infiniband)"
	resources '{rdma: {nodevice0: {hcaHandles: 3, hcaObjects: 100}}}'
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'linux.resources.rdma'
	[[ ! -e /sys/fs/cgroup/lodger-$ID && ! -e $STATE/$ID ]]
}
