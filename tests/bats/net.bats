#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net by itself: addresses, traffic, where it goes out.

load helpers
load net

setup_file() {
	files_setup
	load_build
}

setup() {
	requires tap
	test_setup
	host_up
}

teardown() {
	net_down
	test_teardown
}

@test "net: when it is ready, addresses of both families, routes and lo can be used" {
	local addr
	net_up --enable-ipv6
	addr=$(busy in_guest ip addr)
	assert_match "$addr" 'tap0: .*mtu 65520'
	assert_match "$addr" 'inet 10\.0\.2\.100/24 brd 10\.0\.2\.255'
	assert_match "$addr" 'inet6 fd00::100/64'
	refute_match "$addr" tentative
	assert_match "$addr" 'lo: <LOOPBACK,UP'
	assert_match "$(busy in_guest ip route)" 'default via 10\.0\.2\.2 dev tap0'
	assert_match "$(busy in_guest ip -6 route)" 'default via fd00::2 dev tap0'
	busy in_guest ping -c 1 -W 2 10.0.2.2
	busy in_guest ping -6 -c 1 -W 2 fd00::2
}

@test "net: MTU, network, MAC address and device name are what the options say" {
	local addr
	guest_up
	helper_start -c -m 1400 --cidr 10.7.128.0/20 --cidr6 fd77::/64 -6 --macaddress 52:54:00:aa:bb:cc \
		"$GUEST" eth7
	addr=$(busy in_guest ip addr show dev eth7)
	assert_match "$addr" 'mtu 1400'
	assert_match "$addr" 'link/ether 52:54:00:aa:bb:cc'
	assert_match "$addr" 'inet 10\.7\.128\.100/20'
	assert_match "$addr" 'inet6 fd77::100/64'
	assert_match "$(busy in_guest ip route)" 'default via 10\.7\.128\.2'
}

@test "net: without --configure the device is left as it is" {
	guest_up
	helper_start "$GUEST" tap0
	assert_match "$(busy in_guest ip link show dev tap0)" '<BROADCAST,MULTICAST>'
}

@test "net: TCP to the host, both directions, both families" {
	load_serve on_host 7000
	net_up --enable-ipv6
	for addr in 192.0.2.1 2001:db8::1; do
		for mode in out in; do
			(($(in_guest "$LOAD" $mode $addr 7000 0.3) > 10000000)) || fail "$mode $addr"
		done
	done
}

@test "net: UDP and ICMP to the host, both families" {
	serve on_host echo 192.0.2.1 7001 udp
	serve on_host echo 2001:db8::1 7001 udp
	net_up --enable-ipv6
	assert_eq "$(in_guest "$PEER" say 192.0.2.1 7001 udp)" hello
	assert_eq "$(in_guest "$PEER" say 2001:db8::1 7001 udp)" hello
	busy in_guest ping -c 1 -W 2 192.0.2.1
	busy in_guest ping -6 -c 1 -W 2 2001:db8::1
}

@test "net: a port that nobody listens on is refused at once" {
	net_up --enable-ipv6
	assert_match "$(in_guest "$PEER" say 192.0.2.1 7999 tcp)" ConnectionRefused
	assert_match "$(in_guest "$PEER" say 2001:db8::1 7999 tcp)" ConnectionRefused
}

@test "net: the outbound address is honoured, as address and as interface" {
	serve on_host echo 192.0.2.1 7001 tcp
	net_up --outbound-addr=192.0.2.2
	assert_eq "$(in_guest "$PEER" say 192.0.2.1 7001 tcp)" hello
	assert_eq "$(tail -n 1 "$SERVED")" 192.0.2.2
	serve on_host echo 192.0.2.1 7001 udp
	assert_eq "$(in_guest "$PEER" say 192.0.2.1 7001 udp)" hello
	assert_eq "$(tail -n 1 "$SERVED")" 192.0.2.2
}

@test "net: an outbound address that is none of the host's, and no interface, is refused" {
	guest_up
	run on_host "$LODGER_NET" --outbound-addr=nonesuch0 "$GUEST"
	refused 'neither an IPv4 address nor an interface'
	run on_host "$LODGER_NET" --outbound-addr6=192.0.2.1 "$GUEST"
	refused 'neither an IPv6 address'
}
