#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net: what the container cannot reach, and what it cannot do to who serves it.

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

@test "net: the host's loopback is closed: by the gateway and by forged frames" {
	serve on_host echo 127.0.0.1 7002 tcp
	serve on_host echo ::1 7002 tcp
	net_up --enable-ipv6 --disable-host-loopback
	assert_match "$(in_guest "$PEER" say 10.0.2.2 7002 tcp)" 'unreachable'
	assert_match "$(in_guest "$PEER" say fd00::2 7002 tcp)" 'unreachable'
	assert_eq "$(in_guest "$PEER" forge 10.0.2.100 7002 \
		127.0.0.1 127.1.2.3 0.0.0.0 10.0.2.2 10.0.2.3 255.255.255.255)" silence
	assert_eq "$(in_guest "$PEER" forge fd00::100 7002 \
		::1 :: ::ffff:127.0.0.1 ::127.0.0.1 fd00::2 fd00::3 fd00::abcd)" silence
	helper_lives
}

@test "net: the host's loopback is open by the gateway where it is not closed" {
	serve on_host echo 127.0.0.1 7002 tcp
	serve on_host echo ::1 7002 tcp
	net_up --enable-ipv6
	assert_eq "$(in_guest "$PEER" say 10.0.2.2 7002 tcp)" hello
	# The forged frames of the test above are frames that do reach somebody.
	assert_eq "$(in_guest "$PEER" forge 10.0.2.100 7002 10.0.2.2 127.0.0.1)" '10.0.2.2 127.0.0.1'
	assert_eq "$(in_guest "$PEER" forge fd00::100 7002 fd00::2)" fd00::2
}

@test "net: no capability, no privilege, a filter, an empty read-only root, no environment" {
	local status root
	net_up
	status=$(on_host cat "/proc/$HELPER/status")
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		assert_eq "$(status_field $set <<<"$status")" 0000000000000000 $set
	done
	assert_eq "$(status_field NoNewPrivs <<<"$status")" 1
	assert_eq "$(status_field Seccomp <<<"$status")" 2
	root=$(on_host ls -A "/proc/$HELPER/root/")
	assert_eq "$root" '' 'what is in the root'
	assert_match "$(on_host cat "/proc/$HELPER/mounts")" '^none / tmpfs ro,'
	assert_eq "$(on_host sh -c "tr -d '\\0' <\"/proc/$HELPER/environ\"")" '' environment
}

@test "net: it keeps none of the caller's descriptors" {
	guest_up
	exec {secret}</etc/passwd
	helper_start -c "$GUEST" tap0
	exec {secret}<&-
	refute_match "$(on_host sh -c "ls -l /proc/$HELPER/fd")" passwd
}

@test "net: frames of every kind of nonsense leave it serving" {
	local seed
	net_up --enable-ipv6
	for seed in 1 2 3; do
		in_guest "$PEER" garbage $seed 2000
	done
	helper_lives
	busy in_guest ping -c 1 -W 2 10.0.2.2
	busy in_guest ping -6 -c 1 -W 2 fd00::2
}
