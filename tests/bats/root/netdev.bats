#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.netDevices: devices of the caller's network namespace, which here is one of the test's own.

load ../helpers

setup() {
	requires root lodger
	need_command ip >/dev/null || skip "needs ip(8)"
	test_setup
	HOST_NET=lodger-$$-$BATS_TEST_NUMBER
	ip netns add "$HOST_NET"
	if ! ip -n "$HOST_NET" link add moved type veth peer name stays 2>/dev/null; then
		ip netns del "$HOST_NET"
		unset HOST_NET
		skip "needs veth devices"
	fi
	# Duplicate address detection would keep addresses tentative for a second.
	ip netns exec "$HOST_NET" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/moved/accept_dad' 2>/dev/null || :
	host addr add 10.77.0.2/24 broadcast + dev moved
	host addr add 10.77.1.9 peer 10.77.1.10/32 dev moved
	host link set moved mtu 1400 up
	host link set stays up
}

teardown() {
	[[ -z ${HOST_NET:-} ]] || ip netns del "$HOST_NET"
	test_teardown
}

host() {
	ip -n "$HOST_NET" "$@"
}

# The container is made by a caller in that network namespace.
run_there() {
	tree_note
	run --separate-stderr ip netns exec "$HOST_NET" timeout 30 "$LODGER" "${GLOBAL[@]}" run \
		--bundle "$BUNDLE" "$ID" 3>&- 4>&-
	printf '[stdout]\n%s\n[stderr]\n%s\n' "$output" "$stderr" >>"$TRACE"
}

# What is lasting of the host's device: name, flags, addresses.
host_device() {
	host -j addr show moved | jq -c '.[0] | [.ifname, .mtu, (.flags | index("UP") != null),
		([.addr_info[] | select(.scope == "global") | .local, .address, .prefixlen] | sort)]'
}

@test "netDevices: a device is moved, renamed and up, with its addresses of global scope" {
	host addr add fd77::2/64 dev moved nodad || skip "needs IPv6"
	host addr add 10.77.2.2/24 dev moved scope link
	host addr add 10.77.3.2/24 dev moved valid_lft 1000 preferred_lft 1000
	config '.linux.netDevices = {moved: {name: "eth7"}}'
	sh_args 'ip addr show eth7'
	run_there
	assert_eq "$status" 0 "status ($stderr)"
	assert_match "$output" 'eth7@.*[<,]UP[,>].* mtu 1400'
	assert_match "$output" 'inet 10\.77\.0\.2/24 brd 10\.77\.0\.255 scope global eth7'
	assert_match "$output" 'inet 10\.77\.1\.9 peer 10\.77\.1\.10/32 scope global eth7'
	assert_match "$output" 'inet6 fd77::2/64 scope global'
	refute_match "$output" '10\.77\.2\.2' "an address of the link only"
	refute_match "$output" '10\.77\.3\.2' "an address with an end"
	run ! host link show moved
}

@test "netDevices: without a name it keeps the host's, with a template it gets a number" {
	host link set moved name eth0
	config '.linux.netDevices = {eth0: {}}'
	sh_args 'ip -o link show'
	run_there
	assert_match "$output" ': eth0@'
	host link add eth0 type veth peer name stays2
	config '.linux.netDevices = {eth0: {name: "net%d"}}'
	run_there
	assert_match "$output" ': net0@'
}

@test "netDevices: a device whose index is taken in a namespace that is joined" {
	local other=$HOST_NET-b index
	index=$(host -j link show moved | jq '.[0].ifindex')
	ip netns add "$other"
	ip -n "$other" link add there index "$index" type veth peer name x
	config '.linux.netDevices = {moved: {name: "eth%d"}}
		| (.linux.namespaces[] | select(.type == "network")).path = $p' --arg p "/run/netns/$other"
	sh_args 'ip -o addr show eth0'
	run_there
	ip netns del "$other"
	assert_match "$output" 'eth0 +inet 10\.77\.0\.2/24'
}

@test "netDevices: hooks and sysctls find the device" {
	config '.linux.netDevices = {moved: {name: "eth7"}}
		| .linux.sysctl["net/ipv4/conf/eth7/rp_filter"] = "2"
		| .hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "ip -o link show eth7 >&2"],
			env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]'
	args cat /proc/sys/net/ipv4/conf/eth7/rp_filter
	run_there
	assert_eq "$output" 2
	assert_match "$stderr" 'eth7@'
}

@test "netDevices: when something fails later, the device is back as it was" {
	local before
	host addr add fd77::2/64 dev moved nodad || skip "needs IPv6"
	before=$(host_device)
	config '.linux.netDevices = {moved: {name: "eth7"}}'
	args no-such-program
	run_there
	refused 'no-such-program'
	assert_eq "$(host_device)" "$before"
	# With a second device that cannot be had, the first one comes back too.
	config '.linux.netDevices = {moved: {name: "eth7"}, lo: {name: "lo2"}}'
	run_there
	refused 'linux\.netDevices\["lo"\]: the kernel moves no such device'
	assert_eq "$(host_device)" "$before"
}

@test "netDevices: an init that is killed does not take the device with it" {
	local before
	before=$(host_device)
	config '.linux.netDevices = {moved: {name: "eth7"}}
		| .hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c",
			"kill -9 $(tr , \"\\n\" | sed -n \"s/.*\\\"pid\\\": *//p\")"]}]'
	args true
	run_there
	assert_eq "$status" 1
	assert_eq "$(host_device)" "$before"
}

@test "netDevices: a name that is taken, a device that is not there" {
	local before
	before=$(host_device)
	args true
	config '.linux.netDevices = {moved: {name: "lo"}}'
	run_there
	refused 'linux\.netDevices\["moved"\]: a device "lo" in the container: file exists'
	config '.linux.netDevices = {absent: {}}'
	run_there
	refused 'linux\.netDevices\["absent"\]: the host has no such device'
	assert_eq "$(host_device)" "$before"
}
