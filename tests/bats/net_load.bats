#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net: many connections, at the same time and one after the other.

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

sockets() { api '{"execute":"info"}' | grep -o '"sockets":[0-9]*' | cut -d: -f2; }
no_sockets() { [[ $(sockets) == 0 ]]; }
descriptors() { on_host sh -c "ls /proc/$HELPER/fd | wc -l"; }

# Whoever is through with his connections: the helper is too.
helper_is_idle() {
	poll 10 no_sockets || fail "$(sockets) sockets are left"
	assert_eq "$(descriptors)" "$1" descriptors
}

@test "net: 1000 connections at the same time, both families" {
	local before
	load_serve on_host 7000
	net_up --enable-ipv6
	before=$(descriptors)
	assert_eq "$(in_guest "$LOAD" many 192.0.2.1 7000 1000)" '1000 0'
	assert_eq "$(in_guest "$LOAD" many 2001:db8::1 7000 1000)" '1000 0'
	helper_is_idle "$before"
}

@test "net: 10000 short connections, the far end closing first, leave no descriptor" {
	local before
	load_serve on_host 7000
	net_up
	before=$(descriptors)
	assert_match "$(in_guest "$LOAD" short-far 192.0.2.1 7000 10000)" ' 0$'
	# libslirp would keep each for ten seconds: most of them would be here now.
	(($(sockets) < 500)) || fail "$(sockets) sockets"
	helper_is_idle "$before"
}

@test "net: 10000 short connections over IPv6, this end closing first, leave no descriptor" {
	local before
	load_serve on_host 7000
	net_up --enable-ipv6
	before=$(descriptors)
	assert_match "$(in_guest "$LOAD" short 2001:db8::1 7000 10000)" ' 0$'
	helper_is_idle "$before"
}

@test "net: a published port: 1000 connections at the same time, 5000 short ones, both families" {
	local before addr
	net_up --enable-ipv6
	load_serve in_guest 7000
	for addr in 0.0.0.0 ::; do
		api "$(printf '{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_addr":"%s",%s}}' \
			$addr '"host_port":8080,"guest_port":7000')"
	done
	before=$(descriptors)
	for addr in 192.0.2.1 2001:db8::1; do
		assert_eq "$(on_host "$LOAD" many $addr 8080 1000)" '1000 0'
		assert_match "$(on_host "$LOAD" short $addr 8080 2500)" ' 0$'
		assert_match "$(on_host "$LOAD" short-far $addr 8080 2500)" ' 0$'
	done
	poll 10 descriptors_are "$before" || fail "$(descriptors) descriptors, $before before"
}

descriptors_are() { [[ $(descriptors) == "$1" ]]; }
