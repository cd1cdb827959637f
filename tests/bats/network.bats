#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks that are asked for beside config.json: --network, the helper's life, pasta. How packets fare
# is the helper's business and has tests of its own.

load helpers
load network

setup() {
	network_setup
}

@test "network: without an option it is config.json's: an own one with a loopback, no file of /etc" {
	rm "$ROOTFS"/etc/hosts "$ROOTFS"/etc/resolv.conf
	sh_args 'ls /sys/class/net; ls /etc; grep -c /etc/ /proc/self/mounts'
	ct_run
	assert_eq "$output" $'lo\ngroup\npasswd\n0'
	ct_create
	assert_eq "$(ct_state | jq .network)" null
}

@test "network: none is a loopback, over what config.json joins" {
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/1/ns/net" else . end)'
	sh_args 'ls /sys/class/net; cat /etc/hosts; grep -q /etc/resolv.conf /proc/self/mounts || echo none'
	ct_ok --network none
	assert_match "$output" '^lo'
	assert_match "$output" '127.0.0.1 localhost'
	assert_match "$output" 'none$'
}

@test "network: host is the host's, with its resolvers and hosts" {
	sh_args 'readlink /proc/self/ns/net; cat /etc/hosts; cat /etc/resolv.conf'
	ct_ok --network host
	assert_eq "${lines[0]}" "$(readlink /proc/self/ns/net)"
	assert_match "$output" "$(grep -v '^#' /etc/hosts | grep . | head -1)"
	assert_match "$output" "$(grep '^nameserver' /etc/resolv.conf | head -1)"
}

@test "network: slirp has address, route and resolver before the payload's first instruction" {
	requires network
	config '.hostname = "box"'
	sh_args 'ip -4 addr show dev tap0; ip route; cat /etc/resolv.conf /etc/hosts; cat /sys/class/net/tap0/mtu'
	ct_ok --network slirp
	assert_match "$output" 'inet 10.0.2.100/24'
	assert_match "$output" 'default via 10.0.2.2 dev tap0'
	assert_match "$output" 'nameserver 10.0.2.3'
	assert_match "$output" '10.0.2.100 box'
	assert_match "$output" '65520$'
	assert_match "$output" '127.0.0.1 localhost'
	refute_match "$output" 'host.containers.internal'
}

@test "network: slirp's options" {
	requires network
	sh_args 'ip addr show dev tap0; cat /etc/resolv.conf /etc/hosts'
	ct_ok --network slirp:cidr=192.168.64.0/20,mtu=1500,ipv6=false,host-loopback=true
	assert_match "$output" 'mtu 1500'
	assert_match "$output" 'inet 192.168.64.100/20'
	assert_match "$output" 'nameserver 192.168.64.3'
	assert_match "$output" '192.168.64.2 host.containers.internal'
	refute_match "$output" 'fd00::'
	tree_forget
	ct_ok --network slirp
	assert_match "$output" 'fd00::100/64'
}

@test "network: the host's loopback is closed unless asked for" {
	requires network
	requires python
	python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    s.accept()[0].sendall(b"reached")' >"$BATS_TEST_TMPDIR/port" 2>/dev/null 3>&- &
	local server=$! port
	poll 10 test -s "$BATS_TEST_TMPDIR/port"
	port=$(<"$BATS_TEST_TMPDIR/port")
	sh_args "nc -w 5 10.0.2.2 $port </dev/null"
	ct_run --network slirp
	refute_match "$output" reached
	tree_forget
	ct_run --network slirp:host-loopback=true
	kill "$server"
	assert_eq "$output" reached
}

@test "network: a namespace by path is joined, and hooks see it" {
	requires user subids
	# The caller has rights only in a user namespace of its own, which has to be joined first.
	unshare -Urn --map-auto sleep 100 3>&- &
	local holder=$! want
	poll 10 eval '[[ $(readlink /proc/'$holder'/ns/net) != $(readlink /proc/self/ns/net) ]]'
	want=$(readlink "/proc/$holder/ns/net")
	printf '#!/bin/sh\ncut -d: -f1 /proc/$(jq .pid)/net/dev | tail -n +3 | xargs >%s\n' \
		"$BATS_TEST_TMPDIR/seen" >"$BATS_TEST_TMPDIR/hook"
	chmod 755 "$BATS_TEST_TMPDIR/hook"
	config '.linux.namespaces += [{type: "user", path: $p}] | del(.linux.uidMappings, .linux.gidMappings)
		| .hooks.createRuntime = [{path: $h}]' --arg p "/proc/$holder/ns/user" --arg h "$BATS_TEST_TMPDIR/hook"
	sh_args 'readlink /proc/self/ns/net; ls /etc'
	ct_run --network "ns:/proc/$holder/ns/net"
	kill "$holder"
	assert_eq "$status" 0 "${stderr:-}"
	assert_eq "$output" "$want"$'\ngroup\nhosts\npasswd\nresolv.conf'
	# The holder has nothing but a loopback, unlike whoever runs this test.
	assert_eq "$(<"$BATS_TEST_TMPDIR/seen")" lo
}

@test "network: a path that is no network namespace is refused" {
	ct_run --network "ns:/proc/self/ns/uts"
	refused 'network: /proc/self/ns/uts is not a net namespace'
	ct_run --network ns:/nonexistent
	refused 'network: net namespace /nonexistent: no such file or directory'
	no_state
}

@test "network: in a caller's user namespace" {
	requires network
	requires subids
	[[ -n $(command -v unshare) ]]
	sh_args 'ip route; cat /etc/resolv.conf'
	run --separate-stderr unshare -Ur --map-auto "$LODGER" run --bundle "$BUNDLE" --network slirp "$ID"
	assert_eq "$status" 0 "${stderr:-}"
	assert_match "$output" 'default via 10.0.2.2'
	# Without an own user namespace for the container, the network is the caller's namespace's.
	config '.linux.namespaces |= map(select(.type != "user"))'
	run --separate-stderr unshare -Urm --map-auto "$LODGER" run --bundle "$BUNDLE" --network slirp "$ID-2"
	assert_eq "$status" 0 "${stderr:-}"
	assert_match "$output" 'default via 10.0.2.2'
}

@test "network: what cannot be had is refused before anything is made" {
	local option want
	while IFS='|' read -r option want; do
		# shellcheck disable=SC2086 # words
		ct_run $option
		refused "$want"
		no_state
	done <<-'END'
		--network bridge|"bridge" is not a network
		--network slirp:mtu=1|mtu: "1" is not a number
		--publish 80000:80|"80000" is not a port
		--network none --publish 8080:80|--publish needs --network slirp or pasta: with none
		--network host --publish 8080:80|--publish needs --network slirp or pasta: with host
		-p 8080:80 -p 8080:81|8080:80/tcp takes the same port
	END
}

@test "network: a port that only root may use is refused with the sysctl" {
	requires user
	local first
	first=$(</proc/sys/net/ipv4/ip_unprivileged_port_start)
	((first > 1)) || skip "needs an ip_unprivileged_port_start above 1"
	ct_run -p 1:80
	refused "1:80/tcp: permission denied: ports below $first need a privilege"
	assert_match "$stderr" 'sysctl net.ipv4.ip_unprivileged_port_start=1'
	no_state
}

@test "network: a port in use is named, and nothing is left" {
	requires network
	local port
	web_args
	ct_up -p 127.0.0.1:0:80
	port=$(port_of 80)
	run --separate-stderr lodger run --bundle "$BUNDLE" -p "127.0.0.1:$port:81" "$ID-2"
	refused "publishing 127.0.0.1:$port:81/tcp: port $port of the host is in use"
	assert_match "$stderr" 'fix: '
	[[ ! -e $STATE/$ID-2 ]]
	# The first container's is untouched.
	fetch_ok 127.0.0.1 "$port"
}

@test "network: without the helper's program, the error says what is missing" {
	fake_helper
	ct_run --network slirp
	refused 'lodger-net: no such file or directory'
	assert_match "$stderr" 'make install'
	no_state
	sh_args 'echo fine'
	tree_forget
	ct_ok
}

@test "network: what a helper that fails says is the error; nothing is left" {
	local script
	for script in 'echo "lodger-net: no tap for you" >&2; echo "lodger-net: to correct this: get one" >&2; exit 1' \
		'read -r -N 1 _ <&4; echo "lodger-net: no tap for you" >&2; echo "to correct this: get one" >&2; exit 1'; do
		rm -rf "$BATS_TEST_TMPDIR/fake"
		LODGER=${REAL:=$LODGER}
		fake_helper "$script"
		ct_run --network slirp
		refused 'the network helper failed: no tap for you'
		assert_match "$stderr" 'fix: get one'
		no_state
	done
	LODGER=$REAL
	rm -rf "$BATS_TEST_TMPDIR/fake"
	fake_helper 'kill -9 $$'
	ct_run --network slirp
	refused 'the network helper failed: it gave no reason'
	no_state
}

@test "network: a start that fails takes the helper with it" {
	requires network
	# A hook that fails comes after the helper is ready; it tells us the helper's pid.
	printf '#!/bin/sh\ncat >%s; exit 1\n' "$BATS_TEST_TMPDIR/state.json" >"$BATS_TEST_TMPDIR/hook"
	chmod 755 "$BATS_TEST_TMPDIR/hook"
	config '.hooks.createRuntime = [{path: $h}]' --arg h "$BATS_TEST_TMPDIR/hook"
	ct_run --network slirp
	refused 'hook'
	no_state
	assert_eq "$(jq -r .network.mode "$BATS_TEST_TMPDIR/state.json")" slirp
	ct_wait "$(jq .network.helper "$BATS_TEST_TMPDIR/state.json" | grep -v '^0$' || echo 2147483646)"
}

@test "network: a front end that dies leaves neither container nor helper" {
	requires network
	local report=$BATS_TEST_TMPDIR/state.json front helper pid hook
	printf '#!/bin/sh\ncat >%s.new; mv %s.new %s; exec sleep 100\n' "$report" "$report" "$report" \
		>"$BATS_TEST_TMPDIR/hook"
	chmod 755 "$BATS_TEST_TMPDIR/hook"
	config '.hooks.createRuntime = [{path: $h}]' --arg h "$BATS_TEST_TMPDIR/hook"
	tree_note
	"$LODGER" create --bundle "$BUNDLE" --network slirp "$ID" </dev/null >"$OUT" 2>&1 3>&- &
	front=$!
	poll 10 test -s "$report" || fail "$(<"$OUT")"
	pid=$(jq .pid "$report")
	helper=$(jq .network.helper "$report")
	[[ -d /proc/$helper ]]
	hook=$(pgrep -P "$front" -f 'sleep 100')
	kill -9 "$front"
	kill -9 "$hook"
	ct_wait "$pid"
	ct_wait "$helper"
	lodger delete --force "$ID"
}

@test "network: it is ready when a createRuntime hook runs" {
	requires network
	printf '#!/bin/sh\ncat /proc/$(jq .pid)/net/route >%s\n' \
		"$BATS_TEST_TMPDIR/routes" >"$BATS_TEST_TMPDIR/hook"
	chmod 755 "$BATS_TEST_TMPDIR/hook"
	config '.hooks.createRuntime = [{path: $h}]' --arg h "$BATS_TEST_TMPDIR/hook"
	args true
	ct_ok --network slirp
	assert_match "$(<"$BATS_TEST_TMPDIR/routes")" $'tap0\t00000000\t0202000A'
}

@test "helper: a killed one is reported by state and port, the container runs on" {
	requires network
	args sleep 100
	ct_up --network slirp
	local helper
	helper=$(helper_pid)
	assert_eq "$(ct_state | jq -r .network.status)" running
	kill -9 "$helper"
	poll 10 network_is failed
	assert_eq "$(ct_status)" running
	run lodger port "$ID"
	refused "the network helper of container \"$ID\" \(process $helper\) has ended"
	run lodger port --add 8080:80 "$ID"
	refused 'has ended'
	lodger delete --force "$ID"
	no_state
}

@test "helper: it ends with the container, whoever ends that" {
	requires network
	args sleep 100
	ct_up --network slirp
	local helper
	helper=$(helper_pid)
	kill -9 "$(ct_pid)"
	ct_wait "$helper"
	ct_wait_stopped
	assert_eq "$(ct_state | jq -c .network)" '{"mode":"slirp","helper":0,"status":"stopped"}'
	lodger delete "$ID"
	# Nor does it outlive the delete that ends the container.
	ct_up --network slirp
	helper=$(helper_pid)
	lodger delete --force "$ID"
	has_ended "$helper"
}

@test "helper: a created container that is never started has its network, and its end" {
	requires network
	web_args
	ct_create -p 127.0.0.1:0:80
	local helper
	helper=$(helper_pid)
	assert_eq "$(lodger port --format json "$ID" | jq length)" 1
	lodger delete "$ID"
	has_ended "$helper"
	no_state
}

@test "helper: it does not hold the container's lock" {
	requires network
	args sleep 100
	ct_up --network slirp
	flock --nonblock "$STATE/$ID" true
}

@test "pasta: an installed one connects the container, with the same ports, and ends with it" {
	requires pasta
	web_args
	local port watcher pasta
	port=$(free_port)
	ct_up --network pasta -p "127.0.0.1:$port:80"
	fetch_ok 127.0.0.1 "$port"
	assert_match "$(lodger port "$ID")" "tcp +127.0.0.1 +$port +80"
	run lodger port --add 8081:80 "$ID"
	refused 'told its ports when it starts'
	watcher=$(helper_pid)
	pasta=$(pgrep -P "$watcher")
	lodger delete --force "$ID"
	ct_wait "$pasta"
	ct_wait "$watcher"
	# A killed one is reported.
	tree_forget
	ct_up --network pasta
	watcher=$(helper_pid)
	kill -9 "$(pgrep -P "$watcher")"
	poll 10 network_is failed
	assert_eq "$(ct_status)" running
}

@test "pasta: what it says is the error where it fails; nothing is left" {
	requires pasta
	ct_run --network pasta:--no-such-option
	refused 'the network helper failed: .*no-such-option'
	no_state
}
