#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger-net in slirp4netns's place: below podman and below rootlesskit; and networks that podman
# prepares by itself, of which the runtime is given the namespace.

load podman_helpers

setup() {
	podman_setup
	[[ -x $(lodger_net) ]] || skip "there is no lodger-net: built without libslirp"
	mkdir "$DIR/bin"
	SLIRP=$DIR/bin/slirp4netns
	ln -s "$(lodger_net)" "$SLIRP"
	make_page
}

# From here on, podman's slirp4netns is lodger-net.
take_its_place() {
	sed "s|^\[engine\]|&\nnetwork_cmd_path = \"$SLIRP\"|" "$CONTAINERS_CONF_OVERRIDE" >"$DIR/containers.conf"
	export CONTAINERS_CONF_OVERRIDE=$DIR/containers.conf
}

# web ARGUMENT...: a container with a web server.
web() {
	p run -d --name "$NAME" -v "$DIR/www:/www:ro" "$@" busybox httpd -f -p 80 -h /www >/dev/null
}

# Processes that run as this test's slirp4netns.
helpers() { pgrep -u "$(id -u)" -f "^$SLIRP " || :; }

# bats test_tags=vm
@test "lodger-net as podman's slirp4netns: addresses, resolver, MTU, and its end" {
	take_its_place
	web --network slirp4netns:enable_ipv6=true,cidr=10.9.0.0/24
	assert_match "$(helpers)" '^[0-9]+$'
	assert_match "$(p exec "$NAME" ip address show tap0)" 'mtu 65520 .* inet 10\.9\.0\.100/24 .* inet6 fd00::'
	assert_match "$(p exec "$NAME" cat /etc/resolv.conf)" 'nameserver 10\.9\.0\.3'
	p rm -f -t 0 "$NAME" >/dev/null
	poll is '' helpers
}

# bats test_tags=vm
@test "lodger-net as podman's slirp4netns: ports by its control socket, and by rootlessport" {
	local handler port
	take_its_place
	for handler in slirp4netns rootlesskit; do
		port=$(free_port)
		web --network slirp4netns:port_handler=$handler -p "127.0.0.1:$port:80"
		serves "127.0.0.1:$port"
		p rm -f -t 0 "$NAME" >/dev/null
	done
}

@test "lodger-net as podman's slirp4netns: the host's loopback, closed and open" {
	take_its_place
	local port
	port=$(free_port)
	busybox httpd -f -p "127.0.0.1:$port" -h "$DIR/www" 3>&- 4>&- &
	local server=$!
	serves "127.0.0.1:$port"
	up --network slirp4netns
	run ! p exec "$NAME" wget -q -O - "http://10.0.2.2:$port/index.html"
	p rm -f -t 0 "$NAME" >/dev/null
	up --network slirp4netns:allow_host_loopback=true
	assert_eq "$(p exec "$NAME" wget -q -O - "http://10.0.2.2:$port/index.html")" "page of $NAME"
	kill "$server"
}

# bats test_tags=vm
@test "lodger-net as rootlesskit's slirp4netns: network, ports, and its end" {
	local port kit
	port=$(free_port)
	# What rootlesskit's child starts in the background ends with its pid namespace.
	rootlesskit --net=slirp4netns --slirp4netns-binary="$SLIRP" --mtu=65520 --disable-host-loopback \
		--copy-up=/etc --pidns --port-driver=slirp4netns -p "127.0.0.1:$port:81/tcp" --state-dir "$DIR/kit" \
		sh -c 'ip -4 address show tap0; cat /etc/resolv.conf; exec busybox httpd -f -p 81 -h "$0"' "$DIR/www" \
		>"$DIR/out" 2>&1 3>&- 4>&- &
	kit=$!
	serves "127.0.0.1:$port"
	assert_match "$(<"$DIR/out")" 'mtu 65520 .*inet 10\.0\.2\.100/24'
	assert_match "$(<"$DIR/out")" 'nameserver 10\.0\.2\.3'
	assert_match "$(helpers)" '^[0-9]+$'
	kill "$kit"
	poll is '' helpers
}

# Bridge, netavark and aardvark are in podman_options.bats; here, ports and a second network.
@test "podman --network bridge: a published port, a network connected while it runs" {
	local port
	port=$(free_port)
	p network create "$NAME" >/dev/null
	p network create "$NAME-2" >/dev/null
	web --network "$NAME" -p "127.0.0.1:$port:80"
	serves "127.0.0.1:$port"
	p network connect "$NAME-2" "$NAME"
	assert_match "$(p exec "$NAME" ip -4 address)" 'eth1.* inet '
	p network disconnect "$NAME-2" "$NAME"
	p rm -f -t 0 "$NAME" >/dev/null
	p network rm "$NAME" "$NAME-2" >/dev/null
}
