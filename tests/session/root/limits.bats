#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What of linux.resources on cgroup v2 an unprivileged user is not given: cpuset and io with their
# effects, rdma. Once by directories and once by a scope of systemd's. They need controllers that are the
# machine's own, as in tests/env/vm.

load ../helpers

setup() {
	session_setup
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
}

teardown() {
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
	# Where the bundle is may be a file system in memory.
	DISK=$(findmnt --noheadings --output MAJ:MIN --target /var/tmp | tr -d ' ')
	[[ -n $DISK && $DISK != 0:* ]] || skip "/var/tmp is on no disk, but on $DISK"
	FOLDER=$(mktemp -d /var/tmp/lodger-io.XXXXXX)
	config '.mounts += [{destination: "/mnt", type: "bind", source: "'"$FOLDER"'", options: ["bind"]}]'
	device='major: '${DISK%:*}', minor: '${DISK#*:}
	resources '{blockIO: {throttleReadBpsDevice: [{'"$device"', rate: 2097152}],
		throttleWriteBpsDevice: [{'"$device"', rate: 1048576}],
		throttleReadIOPSDevice: [{'"$device"', rate: 1000}]}}'
	each io
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
