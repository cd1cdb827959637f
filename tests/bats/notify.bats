#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# NOTIFY_SOCKET: the container says that it is ready, the caller's service manager hears it.

load helpers

setup() {
	requires lodger python
	test_setup
	SOCKET_DIR=$(mktemp -d /tmp/notify.XXXXXX)
	# busybox has no client of sd_notify(3): the tool sends the datagram.
	sh_args 'echo "$NOTIFY_SOCKET"; tool notify "$NOTIFY_SOCKET" "MAINPID=1
STATUS=busy"; tool notify "$NOTIFY_SOCKET" "STATUS=now
READY=1"; exec sleep 1000'
}

teardown() {
	rm -rf "${SOCKET_DIR:-/none}"
	test_teardown
}

# manager: a service manager that prints each datagram until one has READY=1.
manager() {
	# A mount point that is missing would be made, and stay.
	mkdir "$ROOTFS/run/notify"
	python3 - "$SOCKET_DIR/s" "$SOCKET_DIR/ready" >"$SOCKET_DIR/got" 2>&1 3>&- <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.settimeout(20)
s.bind(sys.argv[1])
open(sys.argv[2], "w").close()
while True:
    text = s.recv(4096).decode()
    print(text)
    if "READY=1" in text:
        break
PY
	MANAGER=$!
	poll 10 test -e "$SOCKET_DIR/ready"
	export NOTIFY_SOCKET=$SOCKET_DIR/s
}

heard() {
	wait "$MANAGER" || fail "$(<"$SOCKET_DIR/got")"
	output=$(<"$SOCKET_DIR/got")
}

@test "notify: start waits for READY=1 and passes it on with the container's pid, and nothing else" {
	manager
	ct_create
	lodger start "$ID"
	heard
	assert_eq "$output" $'READY=1\nMAINPID='"$(ct_pid)"
	assert_eq "$(head -n 1 "$OUT")" /run/notify/notify.sock
}

@test "notify: run --detach does the same" {
	manager
	lodger run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	heard
	assert_eq "$output" $'READY=1\nMAINPID='"$(ct_pid)"
}

@test "notify: run in the foreground passes it on while it stays; the main process is lodger" {
	manager
	lodger run --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 3>&- &
	heard
	assert_match "$output" '^READY=1'
	refute_match "$output" "MAINPID=$(ct_pid)"
	lodger kill "$ID" KILL
	wait
}

@test "notify: a container that ends without a word does not keep start waiting" {
	manager
	args true
	ct_create
	lodger start "$ID"
	kill "$MANAGER"
}

@test "notify: without NOTIFY_SOCKET there is no socket and no variable" {
	sh_args 'echo "<$NOTIFY_SOCKET>"; ls /run/notify 2>&1'
	unset NOTIFY_SOCKET
	ct_run
	assert_match "$output" '<>'
	assert_match "$output" 'No such file'
}

@test "notify: the container cannot write into the directory" {
	manager
	sh_args 'touch /run/notify/x 2>&1; rm /run/notify/notify.sock 2>&1; tool notify "$NOTIFY_SOCKET" READY=1; exec sleep 1000'
	ct_create
	lodger start "$ID"
	heard
	assert_match "$(<"$OUT")" 'Read-only file system.*Read-only file system|Read-only'
	[[ ! -e $STATE/$ID/notify/x ]]
}

@test "notify: a config with a NOTIFY_SOCKET of its own keeps it" {
	manager
	config '.process.env += ["NOTIFY_SOCKET=/own"]'
	sh_args 'echo "$NOTIFY_SOCKET"; grep -c /run/notify /proc/self/mountinfo'
	ct_create
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" $'/own\n0'
	kill "$MANAGER"
}
