#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Published ports: --publish at the start, `port` while the container runs.

load helpers
load network

setup() {
	network_setup
}

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
