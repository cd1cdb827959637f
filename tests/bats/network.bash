# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For the tests of networks that lodger gives: a web server in the container, who reaches it, the
# helper's process. Loaded after helpers.

# shellcheck source=tests/bats/ports.bash disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/ports.bash"

# setup of every file.
network_setup() {
	requires lodger
	test_setup
	unset XDG_CONFIG_HOME
	export HOME=$BATS_TEST_TMPDIR
	# Where these are missing they are made, as mount points; that no more than that is left in the
	# bundle is seen where they are there.
	touch "$ROOTFS"/etc/hosts "$ROOTFS"/etc/resolv.conf
}

# A web server in the container, whose page names the test.
web_args() {
	mkdir "$ROOTFS/www"
	echo "page of $ID" >"$ROOTFS/www/index.html"
	args httpd -f -p 80 -h /www
}

# fetch ADDRESS PORT: the server's page.
fetch() {
	(exec 5<>"/dev/tcp/$1/$2" && printf 'GET / HTTP/1.0\r\n\r\n' >&5 && timeout 60 cat <&5) 2>/dev/null |
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
