#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real root, as runc has it: no user namespace unless config.json asks, devices made, /run/lodger.

load ../helpers

setup() {
	requires root
	test_setup
}

@test "root: no user namespace is made" {
	sh_args 'readlink /proc/self/ns/user; cat /proc/self/uid_map'
	ct_ok
	assert_eq "${lines[0]}" "$(readlink /proc/self/ns/user)"
	assert_match "${lines[1]}" '^ *0 +0 +4294967295'
}

@test "root: the whole life: create, start, state, list, kill, delete" {
	args sleep 100
	ct_create
	assert_eq "$(ct_status)" created
	lodger start "$ID"
	assert_eq "$(ct_status)" running
	assert_match "$(lodger list)" "$ID"
	lodger kill "$ID" KILL
	ct_wait_stopped
	lodger delete "$ID"
}

@test "root: the state root is /run/lodger" {
	requires lodger
	args sleep 100
	GLOBAL=()
	STATE=/run/lodger
	ct_create
	[[ -d /run/lodger/$ID ]]
	assert_eq "$(stat -c %a:%u "/run/lodger/$ID")" 700:0
	assert_eq "$(stat -c %a:%u /run/lodger | tail -c 5)" "$(stat -c %a:%u /run/lodger | tail -c 5)"
	lodger delete --force "$ID"
	rmdir /run/lodger 2>/dev/null || :
	STATE=$BATS_TEST_TMPDIR/state
}

@test "root: run with status and signal" {
	sh_args 'exit 5'
	ct_run
	assert_eq "$status" 5
}

@test "root: a user namespace that config.json asks for" {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	sh_args 'cat /proc/self/uid_map; id -u'
	ct_ok
	assert_eq "$(xargs <<<"${lines[0]}")" '0 100000 65536'
	assert_eq "${lines[1]}" 0
}

@test "root: a user namespace without mappings is an error with the JSON path" {
	requires lodger
	config '.linux.namespaces += [{type: "user"}]'
	ct_try_create
	refused 'linux\.(uidMappings|gidMappings|namespaces)'
}

@test "root: device nodes are made, not bound" {
	sh_args 'grep " /dev/null " /proc/self/mountinfo; stat -c "%t:%T %a" /dev/null /dev/tty'
	ct_ok
	assert_eq "$output" $'1:3 666\n5:0 666'
}

@test "root: a device of config.json with mode and owner" {
	config '.linux.devices = [{path: "/dev/fuse2", type: "c", major: 10, minor: 229, fileMode: 432, uid: 7, gid: 8}]'
	sh_args 'stat -c "%t:%T %a %u:%g" /dev/fuse2'
	ct_ok
	assert_eq "$output" 'a:e5 660 7:8'
}

@test "root: capabilities" {
	sh_args 'grep Cap /proc/self/status | cut -f2 | xargs'
	ct_ok
	assert_eq "$output" '0000000000000000 0000000020000420 0000000020000420 0000000020000420 0000000000000000'
}

@test "root: additional groups" {
	config '.process.user = {uid: 5, gid: 6, additionalGids: [7, 8]}'
	sh_args 'id -G'
	ct_ok
	assert_eq "$output" '6 7 8'
}

@test "root: an rlimit above the hard one is set" {
	# Root of a virtual machine or container may lack it; CAP_SYS_RESOURCE is bit 24.
	((0x$(status_field CapEff </proc/self/status) >> 24 & 1)) || skip "needs CAP_SYS_RESOURCE, which this root has not"
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 2000, hard: 3000}]'
	sh_args 'ulimit -Hn'
	ulimit -n 1024
	ct_ok
	assert_eq "$output" 3000
}

@test "root: --no-pivot" {
	sh_args 'ls /etc | head -1'
	ct_ok --no-pivot
	assert_eq "$output" group
}

@test "root: nothing mounted is left in the caller's namespace, shared or not" {
	args sleep 100
	# Shared propagation is where mounts of a container would come back.
	run unshare -m --propagation private bash -c '
		mount --make-rshared / || exit 8
		before=$(wc -l </proc/self/mountinfo)
		"$0" --root "$1" run --detach --bundle "$2" "$3" </dev/null >/dev/null 2>&1 3>&- || exit 9
		after=$(wc -l </proc/self/mountinfo)
		"$0" --root "$1" delete --force "$3"
		[ "$before" = "$after" ]' "$LODGER" "$STATE" "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($output)"
}

@test "root: host devices are not chowned to the container's user" {
	config '.process.user = {uid: 1000, gid: 1000}'
	local before
	before=$(stat -c '%u:%g %a' /dev/null /dev/tty /dev/full)
	args true
	run lodger run --bundle "$BUNDLE" "$ID" </dev/null
	assert_eq "$(stat -c '%u:%g %a' /dev/null /dev/tty /dev/full)" "$before"
}

@test "root: an identity map on a user namespace is not taken for the initial one" {
	requires lodger
	# The whole range maps to itself, and yet mknod and the like are refused there.
	sh_args 'readlink /proc/self/ns/user; [ -c /dev/null ] && echo device'
	unshare -U sleep 100 3>&- &
	local holder=$!
	# The command line of unshare names sleep too; the namespace is there once sleep itself runs.
	poll 5 grep -qsx sleep "/proc/$holder/comm"
	echo '0 0 4294967295' >"/proc/$holder/uid_map"
	echo '0 0 4294967295' >"/proc/$holder/gid_map"
	tree_note
	run --separate-stderr nsenter -U -t "$holder" --setuid 0 --setgid 0 \
		bash -c 'readlink /proc/self/ns/user; exec "$0" --root "$1" run --bundle "$2" "$3" 3>&-' \
		"$LODGER" "$STATE" "$BUNDLE" "$ID"
	kill "$holder"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "${lines[0]}" "${lines[1]}" "user namespace"
	assert_eq "${lines[2]}" device
}

@test "root: uid 0 without capabilities gets what an unprivileged user gets, or a clear error" {
	requires lodger
	sh_args 'id -u'
	run --separate-stderr setpriv --bounding-set=-all --inh-caps=-all \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	if [[ $status -eq 0 ]]; then
		assert_eq "$output" 0
	else
		assert_eq "$status" 1
		[[ -n $stderr ]]
	fi
}
