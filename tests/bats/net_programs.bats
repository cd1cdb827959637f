#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net under programs that people use: iperf3, curl, dig, ping, apt-get. The servers are on the
# "host" of net.bash, so nothing goes to a real network.

load helpers
load net

HOST_ADDRESSES='192.0.2.1 2001:db8::1'

setup() {
	requires tap
	test_setup
	host_up
}

teardown() {
	net_down
	test_teardown
}

need() { command -v "$1" >/dev/null || skip "needs $1"; }

# An address as it stands in a URL.
in_url() { if [[ $1 == *:* ]]; then echo "[$1]"; else echo "$1"; fi; }

# A web server on the host, for the files of a directory, on port 8080 of both families.
web_up() {
	on_host "$(command -v busybox)" httpd -f -p '[::]:8080' -h "$1" 3>&- &
	poll 10 on_host bash -c 'exec 9<>/dev/tcp/127.0.0.1/8080' 2>/dev/null
}

@test "net programs: iperf3, both directions, both families" {
	need iperf3
	local addr back
	on_host iperf3 -s -p 5201 --forceflush >"$BATS_TEST_TMPDIR/iperf3" 2>&1 3>&- &
	poll 10 grep -q listening "$BATS_TEST_TMPDIR/iperf3"
	net_up --enable-ipv6
	for addr in $HOST_ADDRESSES; do
		for back in '' -R; do
			# shellcheck disable=SC2086 # an option or nothing
			run in_guest iperf3 -c "$addr" -p 5201 -n 20M -J $back
			assert_eq "$status" 0 "iperf3 $back $addr ($output)"
			(($(jq .end.sum_received.bytes <<<"$output") >= 10000000)) || fail "iperf3 $back $addr: $output"
		done
	done
}

@test "net programs: curl, a large file and forty small ones over one connection" {
	need curl
	local addr sum n
	mkdir "$BATS_TEST_TMPDIR/www"
	head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/www/large"
	for n in {1..40}; do echo "$n" >"$BATS_TEST_TMPDIR/www/$n"; done
	sum=$(sha256sum <"$BATS_TEST_TMPDIR/www/large")
	web_up "$BATS_TEST_TMPDIR/www"
	net_up --enable-ipv6
	for addr in $HOST_ADDRESSES; do
		assert_eq "$(in_guest curl -sS --fail -g "http://$(in_url "$addr"):8080/large" | sha256sum)" "$sum"
		for n in {1..40}; do echo "url = http://$(in_url "$addr"):8080/$n"; done >"$BATS_TEST_TMPDIR/urls"
		assert_eq "$(in_guest curl -sS --fail -K "$BATS_TEST_TMPDIR/urls")" "$(seq 40)"
	done
}

# stream_whole MTU: a file to the container, over both families.
stream_whole() {
	local addr sum
	mkdir "$BATS_TEST_TMPDIR/www"
	head -c 20000001 /dev/urandom >"$BATS_TEST_TMPDIR/www/large"
	sum=$(sha256sum <"$BATS_TEST_TMPDIR/www/large")
	web_up "$BATS_TEST_TMPDIR/www"
	net_up --enable-ipv6 --mtu="$1"
	for addr in $HOST_ADDRESSES; do
		assert_eq "$(in_guest curl -sS --fail -g "http://$(in_url "$addr"):8080/large" | sha256sum)" "$sum" "$addr"
	done
}

# Their mean size is above what one frame may have: the kernel took several segments for each.
@test "net programs: a stream comes in frames of several segments, and whole" {
	need curl
	local mean
	stream_whole 1500
	mean=$(busy in_guest awk '$1 == "tap0:" { printf "%d", $2 / $3 }' /proc/net/dev)
	((mean > 1514)) || fail "frames of $mean bytes"
}

@test "net programs: a stream is whole with the largest MTU" {
	need curl
	stream_whole 65520
}

@test "net programs: a stream is whole with the smallest MTU of IPv6" {
	need curl
	stream_whole 1280
}

@test "net programs: dig, by both addresses of the forwarder" {
	need dig
	local server how
	serve on_host dns 192.0.2.1 53 answer 192.0.2.10
	net_up --enable-ipv6
	for server in 10.0.2.3 fd00::3; do
		for how in +notcp +tcp; do
			assert_eq "$(in_guest dig +short $how "@$server" a.test A)" 192.0.2.10
		done
	done
}

@test "net programs: ping, small and large, both families" {
	need ping
	local addr size
	net_up --enable-ipv6
	for addr in 10.0.2.2 $HOST_ADDRESSES; do
		for size in 56 8000; do
			run in_guest ping -n -c 3 -i 0.2 -s $size "$addr"
			assert_eq "$status" 0 "ping -s $size $addr ($output)"
			assert_match "$output" '3 received'
		done
	done
}

@test "net programs: apt-get update, from several lists at once" {
	need apt-get
	local addr n dir=$BATS_TEST_TMPDIR/apt
	mkdir -p "$dir"/{www,etc,lists/partial,cache,state}
	for n in 1 2 3 4; do
		mkdir "$dir/www/$n"
		seq -f "Package: p$n-%g
Version: 1
Architecture: all
Filename: p
Size: 1
" 5000 >"$dir/www/$n/Packages"
	done
	touch "$dir/state/status"
	web_up "$dir/www"
	net_up --enable-ipv6
	for addr in $HOST_ADDRESSES; do
		for n in 1 2 3 4; do echo "deb [trusted=yes] http://$(in_url "$addr"):8080/$n ./"; done >"$dir/etc/sources"
		run in_guest apt-get -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$dir/etc/sources" \
			-o Dir::Etc::sourceparts=- -o Dir::State="$dir" -o Dir::State::lists="$dir/lists" \
			-o Dir::State::status="$dir/state/status" -o Dir::Cache="$dir/cache" -o Acquire::Retries=0 \
			-o Acquire::Languages=none --error-on=any update
		assert_eq "$status" 0 "apt-get update from $addr ($output)"
		assert_eq "$(cat "$dir"/lists/*Packages | grep -c '^Package:')" 20000
		find "$dir/lists" -type f -delete
	done
}
