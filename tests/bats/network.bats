#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks that are asked for beside config.json: --network, --publish, annotations, lodger.conf, and
# `port`. How packets fare is the helper's business and has tests of its own.

load helpers

setup() {
	requires lodger
	test_setup
	unset XDG_CONFIG_HOME
	export HOME=$BATS_TEST_TMPDIR
	# Where these are missing they are made, as mount points; that no more than that is left in the
	# bundle is seen where they are there.
	touch "$ROOTFS"/etc/hosts "$ROOTFS"/etc/resolv.conf
}

# --- tools -----------------------------------------------------------------------------------

# A web server in the container, whose page names the test.
web_args() {
	mkdir "$ROOTFS/www"
	echo "page of $ID" >"$ROOTFS/www/index.html"
	args httpd -f -p 80 -h /www
}

# fetch ADDRESS PORT: the server's page.
fetch() {
	(exec 5<>"/dev/tcp/$1/$2" && printf 'GET / HTTP/1.0\r\n\r\n' >&5 && timeout 5 cat <&5) 2>/dev/null |
		grep "page of"
}

# The server may not listen yet: a forwarded connection is then taken and closed.
fetch_ok() {
	poll 10 fetch "$1" "$2" || fail "nothing at $1 port $2: $(lodger port "$ID")"
	assert_eq "$(fetch "$1" "$2")" "page of $ID"
}

refute_fetch() {
	[[ -z $(fetch "$1" "$2") ]] || fail "$1 port $2 still leads to the container"
}

# A port of the host that nobody listens at: below those that the kernel chooses by itself.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 5<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# The host's port that leads to the container's port $1.
port_of() {
	lodger port --format json "$ID" | jq --argjson ct "$1" 'map(select(.containerPort == $ct))[0].hostPort'
}

helper_pid() {
	ct_state | jq .network.helper
}

# has_ended PID: now, not in a while. It may be reaped between two looks.
has_ended() {
	[[ ! -d /proc/$1 || $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) == Z || ! -d /proc/$1 ]]
}

network_is() {
	[[ $(ct_state | jq -r .network.status) == "$1" ]]
}

# A lodger whose network helper is the given shell script.
fake_helper() {
	local dir=$BATS_TEST_TMPDIR/fake
	mkdir "$dir"
	cp "$LODGER" "$(dirname "$LODGER")/lodger-init" "$dir"
	LODGER=$dir/lodger
	[[ $# -eq 0 ]] || { printf '#!/bin/bash\n%s\n' "$1" >"$dir/lodger-net" && chmod 755 "$dir/lodger-net"; }
}

no_state() {
	[[ -z $(find "$STATE" -mindepth 1 2>/dev/null) ]] || fail "left: $(find "$STATE")"
}

# --- what is asked for -----------------------------------------------------------------------

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

# --- wrong orders ----------------------------------------------------------------------------

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

# --- published ports -------------------------------------------------------------------------

@test "publish: a port of the host leads to the container, slirp is meant" {
	requires network
	web_args
	local port
	port=$(free_port)
	ct_up -p "127.0.0.1:$port:80"
	fetch_ok 127.0.0.1 "$port"
	assert_eq "$(lodger port --format json "$ID")" \
		"[{\"protocol\":\"tcp\",\"hostAddress\":\"127.0.0.1\",\"hostPort\":$port,\"containerPort\":80}]"
	assert_eq "$(ct_state | jq -r .network.mode)" slirp
}

@test "publish: any free port, several ports, a range, over IPv6" {
	requires network
	web_args
	ct_up -p 127.0.0.1:0:80 -p '[::1]:0:80' -p 127.0.0.1:0:90-92 -p 127.0.0.1:0:53/udp
	assert_eq "$(lodger port "$ID" | tail -n +2 | wc -l)" 6
	assert_eq "$(lodger port --format json "$ID" | jq -c '[.[].containerPort] | sort')" '[53,80,80,90,91,92]'
	assert_eq "$(lodger port --format json "$ID" | jq '[.[].hostPort | select(. > 0)] | unique | length')" 6
	fetch_ok 127.0.0.1 "$(lodger port --format json "$ID" |
		jq '.[] | select(.containerPort == 80 and .hostAddress == "127.0.0.1").hostPort')"
	fetch_ok ::1 "$(lodger port --format json "$ID" |
		jq '.[] | select(.containerPort == 80 and .hostAddress == "::1").hostPort')"
}

@test "publish: without an address, at every IPv4 address" {
	requires network
	web_args
	ct_up -p 0:80
	assert_match "$(lodger port "$ID")" $'tcp +0.0.0.0 +[0-9]+ +80'
	fetch_ok 127.0.0.2 "$(port_of 80)"
}

@test "port: added and removed while the container runs" {
	requires network
	web_args
	local first second
	ct_up -p 127.0.0.1:0:80
	first=$(port_of 80)
	fetch_ok 127.0.0.1 "$first"
	second=$(free_port)
	run lodger port --add "127.0.0.1:$second:80" "$ID"
	assert_eq "$status" 0 "$output"
	assert_match "$output" "127.0.0.1 +$second +80"
	fetch_ok 127.0.0.1 "$second"
	run lodger port --remove "127.0.0.1:$first:80" "$ID"
	assert_eq "$status-$output" 0-
	refute_fetch 127.0.0.1 "$first"
	fetch_ok 127.0.0.1 "$second"
	run lodger port --remove "127.0.0.1:$first:80" "$ID"
	refused "does not publish 127.0.0.1:$first:80/tcp"
	# Exchanged in one go: what is removed is free for what is added.
	run lodger port --remove "127.0.0.1:$second:80" --add "127.0.0.1:$second:81" "$ID"
	assert_eq "$status" 0 "$output"
	assert_eq "$(lodger port --format json "$ID" | jq -c '[.[] | [.hostPort, .containerPort]]')" "[[$second,81]]"
}

@test "port: of several to be added, all or none" {
	requires network
	web_args
	local taken
	ct_up -p 127.0.0.1:0:80
	taken=$(port_of 80)
	run lodger port --add 127.0.0.1:0:81 --add "127.0.0.1:$taken:82" "$ID"
	refused "port $taken of the host is in use"
	assert_eq "$(lodger port --format json "$ID" | jq length)" 1
	run lodger port --add 127.0.0.1:0:81 --add x "$ID"
	refused '"x" is not a port'
	assert_eq "$(lodger port --format json "$ID" | jq length)" 1
}

@test "port: of containers that have none" {
	args sleep 100
	run lodger port "$ID"
	refused "container \"$ID\" does not exist"
	ct_up
	run lodger port "$ID"
	refused 'has no published ports: it was not made with --network slirp or pasta'
	run lodger port --add 8080:80 "$ID"
	refused 'has no published ports'
	lodger kill "$ID" KILL
	ct_wait_stopped
	run lodger port "$ID"
	refused 'is not running'
}

# --- the helper's life -----------------------------------------------------------------------

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

# --- files -----------------------------------------------------------------------------------

@test "files: what config.json mounts itself is left alone" {
	requires network
	echo "nameserver 192.0.2.99" >"$BATS_TEST_TMPDIR/mine"
	bind_add "$BATS_TEST_TMPDIR/mine" /etc/resolv.conf
	sh_args 'cat /etc/resolv.conf; cat /etc/hosts'
	ct_ok --network slirp
	assert_match "$output" '^nameserver 192.0.2.99'
	refute_match "$output" '10.0.2.3'
	assert_match "$output" localhost
	# All of /etc: no file is made in a directory of the host's.
	mkdir "$BATS_TEST_TMPDIR/etc"
	bind_add "$BATS_TEST_TMPDIR/etc" /etc
	args true
	tree_forget
	ct_ok --network slirp
	assert_eq "$(ls "$BATS_TEST_TMPDIR/etc")" ''
}

@test "files: an image without /etc gets one, and what is written stays outside of it" {
	rootfs_may_change
	rm -rf "${ROOTFS:?}/etc"
	sh_args 'cat /etc/hosts; echo "10.1.1.1 mine" >>/etc/hosts && tail -1 /etc/hosts'
	ct_ok --network none
	assert_match "$output" 'localhost'
	assert_match "$output" '10.1.1.1 mine$'
	# Mount points are empty files, nothing else.
	assert_eq "$(find "$ROOTFS/etc" -type f -size +0)" ''
}

@test "files: a read-only root has them too" {
	config '.root.readonly = true'
	sh_args 'cat /etc/hosts; touch /etc/x 2>&1'
	ct_run --network none
	assert_match "$output" 'localhost'
	assert_match "$output" 'Read-only file system'
}

@test "files: symlinks of an image do not lead to the host" {
	local victim=$BATS_TEST_TMPDIR/victim target
	echo untouched >"$victim"
	rootfs_may_change
	sh_args 'cat /etc/hosts; echo spoilt >/etc/hosts'
	for target in "$victim" "../../../../../../../../..$victim" /proc/self/root/etc/hosts /etc/hosts /nowhere/at/all; do
		rm -f "$ROOTFS/etc/hosts"
		ln -s "$target" "$ROOTFS/etc/hosts"
		ct_run --network none
		assert_eq "$(<"$victim")" untouched
		[[ ! -e /nowhere ]]
	done
	# /etc itself, and a directory in the file's place: not an error, said in a warning.
	rm -rf "${ROOTFS:?}/etc"
	ln -s "$BATS_TEST_TMPDIR" "$ROOTFS/etc"
	ct_run --network none
	[[ ! -e $BATS_TEST_TMPDIR/hosts ]]
	rm "${ROOTFS:?}/etc"
	mkdir -p "$ROOTFS/etc/hosts"
	sh_args 'ls -d /etc/hosts'
	ct_ok --network none
	assert_match "$stderr" 'mounting .*/hosts at /etc/hosts'
}

# --- annotations and defaults ----------------------------------------------------------------

annotate() {
	# shellcheck disable=SC2016
	config '.annotations[$k] = $v' --arg k "$1" --arg v "$2"
}

conf() {
	mkdir -p "$HOME/.config/lodger"
	printf '%s\n' "$@" >"$HOME/.config/lodger/lodger.conf"
}

@test "annotation: slirp, as a caller of create may want it" {
	requires network
	annotate org.lodger.network slirp:cidr=10.77.0.0/16
	sh_args 'ip route; sleep 100'
	ct_up
	assert_eq "$(ct_state | jq -r .network.mode)" slirp
	poll 10 grep -q 'default via 10.77.0.2' "$OUT"
	ct_delete
	# The option has the last word.
	sh_args 'ls /sys/class/net'
	ct_ok --network none
	assert_eq "$output" lo
}

@test "annotation: what an image must not choose is refused" {
	local wish want
	for wish in host ns:/proc/1/ns/net pasta slirp:host-loopback=true slirp:outbound=lo slirp:dns=192.0.2.1; do
		annotate org.lodger.network "$wish"
		ct_run
		refused "annotation org.lodger.network: .* may not be asked for by an annotation"
		no_state
	done
	config 'del(.annotations)'
	annotate org.lodger.publish 8080:80
	sh_args 'ls /sys/class/net'
	tree_forget
	ct_ok
	assert_eq "$output" lo
	assert_match "$stderr" 'annotation org.lodger.publish is passed over'
}

@test "annotation: without effect where config.json has no network namespace of its own" {
	annotate org.lodger.network slirp
	ns_drop network
	config '.linux.sysctl = {}'
	sh_args 'readlink /proc/self/ns/net'
	ct_ok
	assert_eq "$output" "$(readlink /proc/self/ns/net)"
	assert_match "$stderr" 'annotation org.lodger.network is passed over'
}

@test "conf: defaults, trust, and errors with their line" {
	requires network
	conf '# mine' 'slirp.cidr = 10.88.0.0/16' 'publish-address = 127.0.0.1'
	sh_args 'ip route; sleep 100'
	ct_up -p 0:80
	poll 10 grep -q 'default via 10.88.0.2' "$OUT"
	assert_match "$(lodger port "$ID")" 'tcp +127.0.0.1 '
	ct_delete
	conf 'annotations = trust'
	annotate org.lodger.publish 127.0.0.1:0:80
	ct_up
	assert_match "$(lodger port "$ID")" 'tcp +127.0.0.1 +[0-9]+ +80'
	ct_delete
	conf 'annotations = ignore'
	sh_args 'ls /sys/class/net'
	tree_forget
	ct_ok
	assert_eq "$output" lo
	conf '' 'slirp.mtu = huge'
	ct_run --network slirp
	refused 'lodger.conf:2: mtu: "huge" is not a number'
	XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/other ct_run --network none
	assert_eq "$status" 0 "${stderr:-}"
}

@test "conf: not read for a container that asks for no network" {
	conf 'this is no setting'
	sh_args 'echo fine'
	ct_ok
	assert_eq "$output" fine
}

# --- pasta -----------------------------------------------------------------------------------

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
