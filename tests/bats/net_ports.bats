#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net: forwarded ports and its control socket.

load helpers
load net

setup() {
	requires tap
	test_setup
	host_up
	net_up --enable-ipv6
}

teardown() {
	net_down
	test_teardown
}

add() { printf '{"execute":"add_hostfwd","arguments":{%s}}' "$1"; }

@test "net ports: TCP and UDP, both families, with the client's real address" {
	serve in_guest echo 0.0.0.0 80 tcp
	local tcp4=$SERVED
	serve in_guest echo :: 81 tcp
	local tcp6=$SERVED
	serve in_guest echo 0.0.0.0 80 udp
	local udp4=$SERVED
	serve in_guest echo :: 81 udp
	local udp6=$SERVED
	assert_eq "$(api "$(add '"proto":"tcp","host_addr":"0.0.0.0","host_port":8080,"guest_port":80')")" \
		'{"return":{"id":1}}'
	api "$(add '"proto":"tcp","host_addr":"::","host_port":8080,"guest_port":81')"
	api "$(add '"proto":"udp","host_port":8080,"guest_port":80')"
	api "$(add '"proto":"udp","host_addr":"::","host_port":8080,"guest_port":81')"
	assert_eq "$(on_host "$PEER" say 192.0.2.1 8080 tcp)" hello
	assert_eq "$(on_host "$PEER" say 2001:db8::1 8080 tcp)" hello
	assert_eq "$(on_host "$PEER" say 192.0.2.1 8080 udp)" hello
	assert_eq "$(on_host "$PEER" say 2001:db8::1 8080 udp)" hello
	assert_eq "$(tail -n 1 "$tcp4")" 192.0.2.1 'peer, TCP over IPv4'
	assert_eq "$(tail -n 1 "$tcp6")" 2001:db8::1 'peer, TCP over IPv6'
	assert_eq "$(tail -n 1 "$udp4")" 192.0.2.1 'peer, UDP over IPv4'
	assert_eq "$(tail -n 1 "$udp6")" 2001:db8::1 'peer, UDP over IPv6'
}

@test "net ports: from the host's loopback, the peer is the gateway and never the loopback" {
	serve in_guest echo 0.0.0.0 80 tcp
	api "$(add '"proto":"tcp","host_addr":"127.0.0.1","host_port":8080,"guest_port":80')"
	assert_eq "$(on_host "$PEER" say 127.0.0.1 8080 tcp)" hello
	assert_eq "$(tail -n 1 "$SERVED")" 10.0.2.2
	assert_match "$(on_host "$PEER" say 192.0.2.1 8080 tcp)" ConnectionRefused
}

@test "net ports: port 0 is any free one, and the answer says which" {
	local answer port
	serve in_guest echo 0.0.0.0 80 tcp
	answer=$(api "$(add '"proto":"tcp","host_port":0,"guest_port":80')")
	assert_match "$answer" '"host_port":[1-9]'
	port=$(grep -o '[0-9]*}}$' <<<"$answer")
	assert_eq "$(on_host "$PEER" say 192.0.2.1 "${port%\}\}}" tcp)" hello
}

@test "net ports: removed while it runs; what is established goes on" {
	serve in_guest echo 0.0.0.0 80 tcp
	api "$(add '"proto":"tcp","host_port":8080,"guest_port":80')"
	assert_eq "$(on_host "$PEER" say 192.0.2.1 8080 tcp)" hello
	assert_eq "$(api '{"execute":"remove_hostfwd","arguments":{"id":1}}')" '{"return":{}}'
	assert_match "$(on_host "$PEER" say 192.0.2.1 8080 tcp)" ConnectionRefused
	assert_eq "$(api '{"execute":"list_hostfwd"}')" '{"return":{"entries":[]},"entries":[]}'
	# The number is not used again.
	assert_eq "$(api "$(add '"proto":"tcp","host_port":8080,"guest_port":80')")" '{"return":{"id":2}}'
	assert_eq "$(on_host "$PEER" say 192.0.2.1 8080 tcp)" hello
}

@test "net ports: a list, with slirp4netns's members" {
	api "$(add '"proto":"udp","host_addr":"192.0.2.1","host_port":8080,"guest_addr":"10.0.2.99","guest_port":53')"
	assert_match "$(api '{"execute": "list_hostfwd"}')" \
		'\{"id":1,"proto":"udp","host_addr":"192.0.2.1","host_port":8080,"guest_addr":"10.0.2.99","guest_port":53\}'
}

@test "net ports: below ip_unprivileged_port_start, refused with the sysctl to set" {
	local answer
	answer=$(api "$(add '"proto":"tcp","host_port":80,"guest_port":80')")
	assert_match "$answer" '"error"'
	assert_match "$answer" 'sysctl net.ipv4.ip_unprivileged_port_start=80'
	on_host sh -c 'echo 80 >/proc/sys/net/ipv4/ip_unprivileged_port_start'
	assert_match "$(api "$(add '"proto":"tcp","host_port":80,"guest_port":80')")" '"return"'
}

@test "net ports: a port in use is refused by name" {
	serve on_host echo 0.0.0.0 8080 tcp
	assert_match "$(api "$(add '"proto":"tcp","host_port":8080,"guest_port":80')")" \
		'binding TCP 0.0.0.0 port 8080: address already in use.*"errno":98'
}

@test "net ports: a burst of connections" {
	serve in_guest echo 0.0.0.0 80 tcp
	api "$(add '"proto":"tcp","host_port":8080,"guest_port":80')"
	assert_eq "$(on_host "$PEER" burst 192.0.2.1 8080 40)" 40
}

@test "net api: wrong requests are answered as slirp4netns does" {
	local request want
	while IFS='|' read -r request want; do
		assert_match "$(api "$request")" "\"desc\":\"bad request: $want"
	done <<-'END'
		badjson|cannot parse JSON
		{|cannot parse JSON
		{"a":1}|no execute found
		[]|no execute found
		{"execute":1}|no execute found
		{"execute":"bad"}|unknown execute
		{"execute":"add_hostfwd"}|add_hostfwd: bad arguments.proto
		{"execute":"add_hostfwd","arguments":[]}|add_hostfwd: bad arguments.proto
		{"execute":"add_hostfwd","arguments":{"proto":"sctp"}}|add_hostfwd: bad arguments.proto
		{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_addr":"x"}}|add_hostfwd: bad arguments.host_addr
		{"execute":"add_hostfwd","arguments":{"proto":"tcp6","host_addr":"1.2.3.4"}}|add_hostfwd: bad arguments.host_addr
		{"execute":"add_hostfwd","arguments":{"proto":"tcp"}}|add_hostfwd: bad arguments.host_port
		{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":65536}}|add_hostfwd: bad arguments.host_port
		{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":1,"guest_addr":1}}|add_hostfwd: bad arguments.guest_addr
		{"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":8081,"guest_port":0}}|add_hostfwd: bad arguments.guest_port
		{"execute":"remove_hostfwd"}|remove_hostfwd: bad arguments.id
		{"execute":"remove_hostfwd","arguments":{"id":7}}|remove_hostfwd: bad arguments.id
	END
	assert_match "$(api "$(printf '%5000s' x)")" 'too large message'
}

@test "net api: several requests on one connection, a line each" {
	run on_host "$PEER" api-lines "$API" '{"execute":"list_hostfwd"}' '{"execute":"bad"}' \
		'{"execute":"info"}'
	assert_eq "$status" 0
	assert_eq "${#lines[@]}" 3
	assert_match "${lines[2]}" '"libslirp"'
}

# More than a socket's buffer holds, twice.
@test "net api: a list of 2000 ports arrives whole, whoever else does not read his" {
	assert_eq "$(on_host "$PEER" ports "$API" 2000)" 2000
	assert_match "$(api '{"execute":"info"}')" '"return"'
}

@test "net api: a client that sends nothing, or half a request, holds up nobody" {
	local fifo=$BATS_TEST_TMPDIR/hold
	on_host /usr/bin/python3 -c '
import socket, sys, time
held = []
for i in range(100):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.send(b"{\"execute\"")
    held.append(s)
open(sys.argv[2], "w").write("held")
time.sleep(1000)' "$API" "$fifo" 3>&- &
	poll 10 grep -qs held "$fifo"
	busy in_guest ping -c 1 -W 2 10.0.2.2
	assert_match "$(api '{"execute":"info"}')" '"return"'
}

@test "net api: a socket that nobody serves any more is replaced, a path too long refused" {
	on_host kill -KILL "$HELPER"
	poll 10 helper_ended
	on_host kill -KILL "$GUEST"
	net_up --enable-ipv6
	assert_match "$(api '{"execute":"info"}')" '"return"'
	run on_host "$LODGER_NET" -a "/tmp/$(printf 'x%.0s' $(seq 120))" "$GUEST" tap1
	refused 'path is too long'
}
