#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks for root: without a user namespace, and those that a caller prepares as CNI and netavark do.

load ../helpers

setup() {
	requires root lodger
	test_setup
	touch "$ROOTFS"/etc/hosts "$ROOTFS"/etc/resolv.conf
	export HOME=$BATS_TEST_TMPDIR
	unset XDG_CONFIG_HOME
	NS=$BATS_TEST_TMPDIR/netns
}

teardown() {
	umount "$NS" 2>/dev/null || :
	test_teardown
}

# A network namespace that is a file, as under /run/netns.
make_netns() {
	touch "$NS"
	unshare --net="$NS" true
}

in_netns() {
	nsenter --net="$NS" "$@"
}

@test "root network: slirp without a user namespace, with a helper that holds nothing" {
	requires network
	sh_args 'ip route; cat /proc/self/uid_map; cat /etc/resolv.conf; sleep 100'
	local helper
	ct_up --network slirp -p "127.0.0.1:0:80"
	poll 10 grep -q nameserver "$OUT"
	assert_match "$(<"$OUT")" 'default via 10.0.2.2'
	assert_match "$(<"$OUT")" ' 0 +0 +4294967295'
	assert_match "$(lodger port "$ID")" '127.0.0.1 .* 80'
	# What it holds of the caller's: nothing. Who asks is root, so all of it can be seen.
	helper=$(ct_state | jq .network.helper)
	assert_eq "$(readlink "/proc/$helper/fd/0")" /dev/null
	assert_eq "$(readlink "/proc/$helper/fd/1")" /dev/null
	assert_eq "$(tr -d '\0' <"/proc/$helper/environ")" ''
	refute_match "$(readlink /proc/"$helper"/fd/*)" "$BUNDLE"
}

@test "root network: pasta, with and without a user namespace" {
	requires pasta
	sh_args 'ls /sys/class/net'
	ct_ok --network pasta
	assert_eq "$(wc -l <<<"$output")" 2
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	ct_ok --network pasta
	assert_eq "$(wc -l <<<"$output")" 2
}

@test "root network: a prepared namespace is joined, by option and by config.json" {
	make_netns
	local want
	want=$(in_netns readlink /proc/self/ns/net)
	sh_args 'readlink /proc/self/ns/net'
	ct_ok --network "ns:$NS"
	assert_eq "$output" "$want"
	config '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$NS"
	ct_ok
	assert_eq "$output" "$want"
	# In a user namespace of its own as well.
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	ct_ok
	assert_eq "$output" "$want"
}

@test "root network: hooks connect a new namespace to a bridge, as CNI does" {
	command -v ip >/dev/null || skip "needs ip(8)"
	ip link add "lt$$" type bridge 2>/dev/null || skip "needs a kernel with bridges"
	ip link add "la$$" type veth peer name "lb$$" 2>/dev/null ||
		{ ip link del "lt$$" && skip "needs a kernel with veth"; }
	ip addr add 198.18.77.1/24 dev "lt$$"
	ip link set "lt$$" up
	ip link set "la$$" master "lt$$" up
	# createRuntime has the container's pid, its namespaces are there and its root is not switched.
	cat >"$BATS_TEST_TMPDIR/hook" <<-END
		#!/bin/bash
		pid=\$(jq .pid)
		ip link set "lb$$" netns "\$pid" name eth7 || exit 1
		nsenter --target "\$pid" --net ip addr add 198.18.77.2/24 dev eth7 || exit 1
		nsenter --target "\$pid" --net ip link set eth7 up
	END
	chmod 755 "$BATS_TEST_TMPDIR/hook"
	config '.hooks.createRuntime = [{path: $h}]' --arg h "$BATS_TEST_TMPDIR/hook"
	caps_add CAP_NET_RAW
	sh_args 'ip -4 addr show eth7; ping -c 1 -w 5 198.18.77.1 >/dev/null && echo answered'
	ct_run
	ip link del "lt$$"
	ip link del "la$$" 2>/dev/null || :
	assert_eq "$status" 0 "${stderr:-}"
	assert_match "$output" 'inet 198.18.77.2/24'
	assert_match "$output" 'answered$'
}
