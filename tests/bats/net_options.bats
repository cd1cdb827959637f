#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net: its command line, as itself and as slirp4netns, its start and its end.

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

@test "net: wrong options are refused with what is wrong" {
	local row words
	while IFS='|' read -r words row; do
		# shellcheck disable=SC2086 # a list of words
		run "$LODGER_NET" $words
		refused "$row"
	done <<-'END'
		|is missing
		--nonesuch 1|no such option
		-m 99999 1|MTU
		-m 1000 -6 1|IPv6 needs at least 1280
		--cidr 24 1|invalid CIDR
		--cidr 10.0.2.100/24 1|needs to be a network address
		--cidr 10.0.2.64/26 1|prefix length needs to be 1-25
		--cidr6 fd00::1/64 1|invalid CIDR
		-e -1 1|exit-fd must be a non-negative integer
		nopid|PID must be a positive integer
		1 a b|too many arguments
		1 averyverylongname|not the name of an interface
		--macaddress 52:54:00:aa:bb:cc 1|needs --configure
		-c --macaddress 01:00:00:00:00:00 1|MAC address
		--target-type bess /x|User Mode Linux
		--netns-type foo 1|"path" or "pid"
		--dns nobody 1|is not an address
		-a|value is missing
		--ready-fd 77 1|descriptor 77
	END
}

@test "net: a target that is none, or forbidden, is refused with the reason" {
	run on_host "$LODGER_NET" --netns-type=path /etc/resolv.conf tap0
	refused 'not a network namespace'
	run on_host "$LODGER_NET" --netns-type=path /nonesuch tap0
	refused 'opening the network namespace /nonesuch'
	run on_host "$LODGER_NET" 99999 tap0
	refused 'opening the network namespace'
	# Without its user namespace, and without a privilege.
	run "$LODGER_NET" --netns-type=path "/proc/$HOST/ns/net" tap0
	refused 'joining the network namespace'
	assert_match "$output" 'userns-path'
}

@test "net: namespaces by path" {
	guest_up
	helper_start -c --netns-type=path --userns-path="/proc/$GUEST/ns/user" "/proc/$GUEST/ns/net" tap0
	busy in_guest ping -c 1 -W 2 10.0.2.2
}

@test "net: a device that is there already is refused" {
	net_up
	run on_host "$LODGER_NET" -c "$GUEST" tap0
	refused 'making the TAP device tap0: device or resource busy'
}

@test "net: as slirp4netns, the MTU is 1500 and help and version are there" {
	ln -s "$LODGER_NET" "$BATS_TEST_TMPDIR/slirp4netns"
	LODGER_NET=$BATS_TEST_TMPDIR/slirp4netns
	net_up
	assert_match "$(busy in_guest ip link show dev tap0)" 'mtu 1500'
	run "$LODGER_NET" --help
	assert_match "$output" '--disable-host-loopback'
	run "$LODGER_NET" --version
	assert_match "$output" 'libslirp: [0-9]'
	assert_match "$output" 'SLIRP_CONFIG_VERSION_MAX: [0-9]'
}

@test "net: it ends when the exit descriptor says so" {
	local fifo=$BATS_TEST_TMPDIR/exit
	mkfifo "$fifo"
	guest_up
	exec {hold}<>"$fifo"
	# shellcheck disable=SC2016
	on_host sh -c 'exec "$@" 8<"$0"' "$fifo" "$LODGER_NET" --exit-fd=8 "$GUEST" tap0 3>&- {hold}>&- &
	poll 10 tap_there
	exec {hold}>&-
	wait $!
}

tap_there() { busy in_guest ip link show dev tap0 >/dev/null 2>&1; }

@test "net: it ends with the process whose network it is" {
	net_up
	on_host kill -KILL "$GUEST"
	poll 10 helper_ended
}

@test "net: it ends with the container that came by --attach-fd" {
	guest_up
	assert_eq "$(on_host "$PEER" attach "$LODGER_NET" -c "$GUEST")" ready
	busy in_guest ping -c 1 -W 2 10.0.2.2
	on_host kill -KILL "$GUEST"
	poll 10 no_helper
}

# A zombie, which nobody on this "host" reaps, has no command line.
no_helper() { ! on_host sh -c 'cat /proc/[0-9]*/cmdline' 2>/dev/null | grep -qa lodger-net; }

@test "net: killed, it leaves the container running" {
	net_up
	on_host kill -KILL "$HELPER"
	poll 10 helper_ended
	in_guest true
}
