#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec by real root, into containers with and without a user namespace.

load ../helpers

setup() {
	requires root
	test_setup
	args sleep 1000
}

@test "root: exec: no user namespace, the caller's rights and groups stay outside" {
	ct_up
	run --separate-stderr lodger exec "$ID" sh -c 'id -G; readlink /proc/self/ns/user; grep CapEff /proc/self/status' </dev/null
	assert_eq "${lines[0]}" 0
	assert_eq "${lines[1]}" "$(readlink /proc/self/ns/user)"
	assert_match "${lines[2]}" '0000000020000420'
	run lodger exec --user 12:34 "$ID" id </dev/null
	assert_eq "$output" 'uid=12 gid=34'
}

@test "root: exec: into a user namespace; limits that only the host's root may raise are raised" {
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 700000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$BUNDLE" "$ROOTFS"
	ct_up
	local hard score=-500 more=5
	hard=$(ulimit -Hn)
	# A root without CAP_SYS_RESOURCE (bit 24) gets what it may have, and a warning.
	(((0x$(awk '/CapEff/ { print $2 }' /proc/self/status) >> 24) & 1)) || {
		score=$(</proc/self/oom_score_adj)
		more=0
	}
	[[ $hard != unlimited && $hard -lt $(cat /proc/sys/fs/nr_open) ]] || hard=1000
	jq -n --argjson n $((hard + 5)) '{cwd: "/", args: ["/bin/sh", "-c", "ulimit -Hn; cat /proc/self/oom_score_adj; cat /proc/self/uid_map; id -u"],
		oomScoreAdj: -500, rlimits: [{type: "RLIMIT_NOFILE", soft: 100, hard: $n}]}' >"$BATS_TEST_TMPDIR/p.json"
	run --separate-stderr lodger exec --process "$BATS_TEST_TMPDIR/p.json" "$ID" </dev/null
	assert_eq "${lines[0]}" $((hard + more)) "$stderr"
	assert_eq "${lines[1]}" "$score"
	assert_match "${lines[2]}" '700000'
	assert_eq "${lines[3]}" 0
	run lodger exec --user 1000 "$ID" true </dev/null
	assert_eq "$status" 255
	assert_match "$output" 'uid 1000 does not exist'
}
