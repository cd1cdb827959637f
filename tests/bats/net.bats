#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net by itself: addresses, traffic, host loopback, forwarded ports, lifetime, sandbox.

load helpers
load net

setup_file() {
	files_setup
	LOAD=$BATS_FILE_TMPDIR/load
	${CC:-cc} -O1 -o "$LOAD" "$HERE/load.c"
	export LOAD
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

@test "net: 1000 connections at the same time, both families" {
	load_serve on_host 7000
	net_up --enable-ipv6
	assert_eq "$(in_guest "$LOAD" many 192.0.2.1 7000 1000)" '1000 0'
	assert_eq "$(in_guest "$LOAD" many 2001:db8::1 7000 1000)" '1000 0'
	poll 5 no_sockets
}

no_sockets() { [[ $(api '{"execute":"info"}') == *'"sockets":0}'* ]]; }
descriptors() { on_host sh -c "ls /proc/$HELPER/fd | wc -l"; }

@test "net: 10000 short connections, the far end closing first, leave no descriptor" {
	local before
	load_serve on_host 7000
	net_up
	before=$(descriptors)
	assert_match "$(in_guest "$LOAD" short-far 192.0.2.1 7000 10000)" ' 0$'
	# At once: not ten seconds later, when libslirp has waited long enough.
	poll 1 no_sockets
	assert_eq "$(descriptors)" "$before" descriptors
}

@test "net: 10000 short connections, this end closing first, leave no descriptor" {
	local before
	load_serve on_host 7000
	net_up
	before=$(descriptors)
	assert_match "$(in_guest "$LOAD" short 192.0.2.1 7000 10000)" ' 0$'
	poll 5 no_sockets
	assert_eq "$(descriptors)" "$before" descriptors
}

@test "net: a port that nobody listens on is refused at once" {
	net_up --enable-ipv6
	assert_match "$(in_guest "$PEER" say 192.0.2.1 7999 tcp)" ConnectionRefused
	assert_match "$(in_guest "$PEER" say 2001:db8::1 7999 tcp)" ConnectionRefused
}

# ------------------------------------------------------------------ host loopback

@test "net: the host's loopback is closed: by the gateway and by forged frames" {
	serve on_host echo 127.0.0.1 7002 tcp
	serve on_host echo ::1 7002 tcp
	net_up --enable-ipv6 --disable-host-loopback
	assert_match "$(in_guest "$PEER" say 10.0.2.2 7002 tcp)" 'unreachable'
	refute_match "$(in_guest "$PEER" say fd00::2 7002 tcp)" hello
	for dest in 127.0.0.1 127.1.2.3 0.0.0.0 10.0.2.2 10.0.2.3 255.255.255.255; do
		assert_eq "$(in_guest "$PEER" forge 10.0.2.100 $dest 7002)" silence "$dest"
	done
	for dest in ::1 :: ::ffff:127.0.0.1 ::127.0.0.1 fd00::2 fd00::3 fd00::abcd; do
		assert_eq "$(in_guest "$PEER" forge fd00::100 $dest 7002)" silence "$dest"
	done
	helper_lives
}

@test "net: the host's loopback is open by the gateway where it is not closed" {
	serve on_host echo 127.0.0.1 7002 tcp
	net_up
	assert_eq "$(in_guest "$PEER" say 10.0.2.2 7002 tcp)" hello
	# The forged frames of the test above are frames that do reach somebody.
	assert_eq "$(in_guest "$PEER" forge 10.0.2.100 10.0.2.2 7002)" answered
	assert_eq "$(in_guest "$PEER" forge 10.0.2.100 127.0.0.1 7002)" answered
}

# ------------------------------------------------------------------ outbound address

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

# ------------------------------------------------------------------ lifetime

@test "net: it ends when the exit descriptor says so" {
	local fifo=$BATS_TEST_TMPDIR/exit
	mkfifo "$fifo"
	guest_up
	exec {hold}<>"$fifo"
	# shellcheck disable=SC2016
	on_host sh -c 'exec "$@" 8<"$0"' "$fifo" "$LODGER_NET" --exit-fd=8 "$GUEST" tap0 3>&- {hold}>&- &
	poll 5 tap_there
	exec {hold}>&-
	wait $!
}

tap_there() { busy in_guest ip link show dev tap0 >/dev/null 2>&1; }

@test "net: it ends with the process whose network it is" {
	net_up
	on_host kill -KILL "$GUEST"
	poll 5 helper_ended
}

@test "net: it ends with the container that came by --attach-fd" {
	guest_up
	assert_eq "$(on_host "$PEER" attach "$LODGER_NET" -c "$GUEST")" ready
	busy in_guest ping -c 1 -W 2 10.0.2.2
	on_host kill -KILL "$GUEST"
	poll 5 no_helper
}

# A zombie, which nobody on this "host" reaps, has no command line.
no_helper() { ! on_host sh -c 'cat /proc/[0-9]*/cmdline' 2>/dev/null | grep -qa lodger-net; }

@test "net: killed, it leaves the container running" {
	net_up
	on_host kill -KILL "$HELPER"
	poll 5 helper_ended
	in_guest true
}

# ------------------------------------------------------------------ sandbox

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

# ------------------------------------------------------------------ malformed input

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

# ------------------------------------------------------------------ options

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
