#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net: the DNS forwarder and the host's resolvers.

load helpers
load net

setup() {
	requires tap
	test_setup
	host_up
}

teardown() {
	net_down
	test_teardown
}

# resolvers ADDRESS...: the host's resolv.conf, replaced as programs replace it.
resolvers() {
	local to=${TO:-$BATS_TEST_TMPDIR/etc/resolv.conf} addr
	{
		echo '# comment'
		for addr; do echo "nameserver $addr"; done
	} >"$to.new"
	mv "$to.new" "$to"
}

asks() { in_guest "$PEER" ask "$@"; }

@test "net dns: by both addresses of the forwarder, over UDP and TCP" {
	serve on_host dns 192.0.2.1 53 answer 192.0.2.10
	net_up --enable-ipv6 --disable-host-loopback
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.10
	assert_eq "$(asks fd00::3 a.test)" 192.0.2.10
	assert_eq "$(asks 10.0.2.3 a.test tcp)" 192.0.2.10
	assert_eq "$(asks fd00::3 a.test tcp)" 192.0.2.10
}

@test "net dns: a stub on the host's loopback is reached, and nothing else there" {
	resolvers 127.0.0.53
	serve on_host dns 127.0.0.53 53 answer 192.0.2.11
	serve on_host echo 127.0.0.53 7002 tcp
	net_up --disable-host-loopback
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.11
	assert_eq "$(asks 10.0.2.3 a.test tcp)" 192.0.2.11
	assert_eq "$(in_guest "$PEER" forge 10.0.2.100 7002 127.0.0.53)" silence
	assert_eq "$(in_guest "$PEER" forge 10.0.2.100 53 127.0.0.53)" silence
}

@test "net dns: all of the resolvers: refused, failing and silent ones are passed over" {
	serve on_host dns 192.0.2.2 53 servfail
	serve on_host dns 127.0.0.9 53 silent
	serve on_host dns 192.0.2.1 53 answer 192.0.2.12
	resolvers 127.0.0.8 192.0.2.2 127.0.0.9 192.0.2.1
	net_up
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.12
	# Over TCP, the one that is known to answer.
	assert_eq "$(asks 10.0.2.3 a.test tcp)" 192.0.2.12
}

@test "net dns: the last resolver's failure is the container's" {
	serve on_host dns 192.0.2.1 53 servfail
	net_up
	assert_eq "$(asks 10.0.2.3 a.test)" 'rcode 2'
}

@test "net dns: a resolver of the other family" {
	serve on_host dns 2001:db8::1 53 answer 192.0.2.13
	resolvers 2001:db8::1
	net_up
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.13
	assert_eq "$(asks 10.0.2.3 a.test tcp)" 192.0.2.13
}

@test "net dns: an answer that does not fit is cut, and comes by TCP" {
	serve on_host dns 192.0.2.1 53 large
	net_up --mtu=1500
	assert_eq "$(asks 10.0.2.3 a.test)" truncated
	assert_eq "$(asks 10.0.2.3 a.test tcp)" 192.0.2.77
}

changed() { [[ $(api '{"execute":"info"}') == *"\"resolvers\":[\"$1\"]"* ]]; }

@test "net dns: a change of resolv.conf is followed" {
	serve on_host dns 192.0.2.1 53 answer 192.0.2.14
	serve on_host dns 192.0.2.2 53 answer 192.0.2.15
	net_up
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.14
	resolvers 192.0.2.2
	poll 10 changed 192.0.2.2
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.15
	# Written in place, as some do.
	echo 'nameserver 192.0.2.1' >"$BATS_TEST_TMPDIR/etc/resolv.conf"
	poll 10 changed 192.0.2.1
}

@test "net dns: a resolv.conf that is a symlink, as systemd-resolved makes it, is followed" {
	local real=$BATS_TEST_TMPDIR/real/stub-resolv.conf
	TO=$real resolvers 192.0.2.1
	rm "$BATS_TEST_TMPDIR/etc/resolv.conf"
	ln -s "../$real" "$BATS_TEST_TMPDIR/etc/resolv.conf"
	serve on_host dns 192.0.2.1 53 answer 192.0.2.16
	net_up
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.16
	TO=$real resolvers 192.0.2.2
	poll 10 changed 192.0.2.2
	# While it is gone, the last one is the best there is; then it is a file.
	rm "$BATS_TEST_TMPDIR/etc/resolv.conf"
	assert_match "$(api '{"execute":"info"}')" '"192.0.2.2"'
	resolvers 192.0.2.1
	poll 10 changed 192.0.2.1
}

@test "net dns: --dns instead of the host's resolvers" {
	serve on_host dns 192.0.2.2 53 answer 192.0.2.17
	net_up --dns=192.0.2.2
	assert_eq "$(asks 10.0.2.3 a.test)" 192.0.2.17
}

@test "net dns: --disable-dns" {
	serve on_host dns 192.0.2.1 53 answer 192.0.2.18
	net_up --disable-dns
	# A datagram to where the forwarder would be, then one that does arrive: the only one.
	in_guest "$PEER" tell 10.0.2.3 53
	assert_eq "$(asks 192.0.2.1 a.test)" 192.0.2.18
	assert_eq "$(grep -c udp "$SERVED")" 1
	refute_match "$(api '{"execute":"info"}')" '"dns"'
}
