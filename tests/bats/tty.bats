#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Terminals: by --console-socket, and `run` at a terminal of the caller.

load helpers

setup() {
	requires python
	test_setup
	config '.process.terminal = true'
	# A socket's path is limited to 107 bytes, so it has a place of its own.
	SOCKET_DIR=$(mktemp -d /tmp/tty.XXXXXX)
}

teardown() {
	rm -rf "${SOCKET_DIR:-/none}"
	test_teardown
}

# receive STEP...: start the receiver, wait until it listens.
receive() {
	python3 "$HERE/terminal.py" recv "$SOCKET_DIR/s" "$SOCKET_DIR/ready" "$@" >"$BATS_TEST_TMPDIR/tty" 2>&1 3>&- &
	RECEIVER=$!
	poll 10 test -e "$SOCKET_DIR/ready"
}

received() {
	local rc=0
	wait "$RECEIVER" || rc=$?
	output=$(tr -d '\r' <"$BATS_TEST_TMPDIR/tty")
	[[ $rc -eq 0 ]] || fail "receiver: status $rc: $output"
}

# ct_received: create and start with the receiver, until both have ended.
ct_received() {
	ct_create --console-socket "$SOCKET_DIR/s"
	lodger start "$ID"
	received
	ct_wait_stopped
	ct_delete
}

# at_terminal STEP...: run the container under a terminal.
at_terminal() {
	tree_note
	run python3 "$HERE/terminal.py" run "$@" -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	output=${output//$'\r'/}
	printf '[terminal]\n%s\n' "$output" >>"$TRACE"
}

@test "tty: --console-socket gets one terminal, the container's three descriptors are it" {
	sh_args 'tty; test -t 0 && test -t 1 && test -t 2 && echo three'
	receive expect:three eof
	ct_received
	assert_match "$output" '\[tty True\]'
	assert_match "$output" '/dev/(pts/0|console)'
	assert_match "$output" 'three'
}

@test "tty: the message on the console socket names the terminal" {
	args true
	receive eof
	ct_received
	assert_match "$output" '\[name /dev/(ptmx|pts/[0-9]+|console)'
}

@test "tty: it is the controlling terminal, /dev/console and /dev/tty work" {
	sh_args 'tool ctty; echo to-console >/dev/console; echo to-tty >/dev/tty; stat -c "%F" /dev/console'
	receive expect:to-console expect:to-tty expect:'character special' eof
	ct_received
	assert_match "$output" $'\ncontrolling terminal'
}

@test "tty: input goes in, window sizes too" {
	sh_args 'read a; echo "got $a"; exec tool winch 1'
	receive send:'hello\n' expect:'got hello' expect:ready size:33,99 expect:'33 99' eof
	ct_received
}

@test "tty: consoleSize" {
	config '.process.consoleSize = {height: 17, width: 71}'
	sh_args 'stty size'
	receive expect:'17 71' eof
	ct_received
}

@test "tty: the terminal belongs to the container's user" {
	requires subids
	config '.process.user = {uid: 1000, gid: 1000}'
	sh_args 'stat -c %u $(tty); echo written >$(tty)'
	receive expect:1000 expect:written eof
	ct_received
}

@test "tty: a terminal without a socket is refused by create, and by run --detach" {
	args true
	ct_try_create
	refused 'console.?socket|terminal|tty'
	run lodger run --detach --bundle "$BUNDLE" "$ID" </dev/null
	refused 'console.?socket|terminal|tty'
}

@test "tty: a socket without a terminal is refused" {
	config '.process.terminal = false'
	args true
	ct_try_create --console-socket "$SOCKET_DIR/s"
	refused 'console.?socket|terminal'
}

@test "tty: a socket that does not exist or does not listen is an error with its name" {
	args true
	ct_try_create --console-socket "$SOCKET_DIR/none"
	refused "$SOCKET_DIR/none"
	touch "$SOCKET_DIR/file"
	ct_try_create --console-socket "$SOCKET_DIR/file"
	refused "$SOCKET_DIR/file"
}

@test "tty: a receiver that closes without taking the descriptor does not hang create" {
	args true
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
open(sys.argv[2], "w").close()
s.accept()[0].close()' "$SOCKET_DIR/s" "$SOCKET_DIR/ready" 3>&- &
	poll 10 test -e "$SOCKET_DIR/ready"
	ct_try_create --console-socket "$SOCKET_DIR/s"
	((status == 0 || status == 1)) || fail "status $status"
	ct_delete
	wait
}

@test "tty: a console socket path of more than 107 bytes works or is refused clearly" {
	args true
	local dir
	dir=$SOCKET_DIR/$(printf 'd%.0s' {1..120})
	mkdir "$dir"
	ct_try_create --console-socket "$dir/s"
	assert_eq "$status" 1
	[[ -n $output ]]
}

@test "tty: hang-up of the receiver is a SIGHUP in the container" {
	sh_args 'trap "exit 9" HUP; echo ready; while :; do sleep 0.05; done'
	receive expect:ready hangup
	ct_received
}

@test "tty: run at a terminal: raw while it runs, cooked after, output intact" {
	sh_args 'echo up; tty; read line; echo "line=$line"; exit 6'
	at_terminal expect:up raw send:'typed\r' expect:line=typed
	assert_eq "$status" 6 "status ($output)"
	assert_match "$output" 'cooked at the end: True'
}

@test "tty: run at a terminal: changes of the window's size arrive" {
	args tool winch 2
	at_terminal expect:ready size:40,120 expect:'40 120' size:41,121 expect:'41 121'
	assert_eq "$status" 0 "status ($output)"
}

@test "tty: run at a terminal: its size is there when the process starts" {
	sh_args 'stty size'
	tree_note
	run python3 "$HERE/terminal.py" run size:29,77 -- sh -c \
		'until [ "$(stty size)" = "29 77" ]; do sleep 0.01; done; exec "$@"' - \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_eq "$status" 0 "status ($output)"
	assert_match "$output" '29 77'
}

@test "tty: run at a terminal: Ctrl-C is the container's" {
	sh_args 'trap "echo interrupted; exit 7" INT; echo ready; while :; do sleep 0.05; done'
	at_terminal expect:ready raw send:'\x03' expect:interrupted
	assert_eq "$status" 7 "status ($output)"
	assert_match "$output" 'cooked at the end: True'
}

@test "tty: run at a terminal: Ctrl-D ends the input" {
	args cat
	at_terminal raw send:'echo-me\r' expect:'echo-me' expect:'echo-me' send:'\x04'
	assert_eq "$status" 0 "status ($output)"
}

@test "tty: run at a terminal: the shell's job control works" {
	args sh -i
	# The child says so itself when it is in the foreground.
	at_terminal expect:'#' send:'sh -c "echo up-$((1+1)); exec sleep 100"\r' expect:up-2 send:'\x1a' \
		expect:Stopped send:'kill %1; exit 5\rexit 5\r'
	assert_eq "$status" 5 "status ($output)"
	refute_match "$output" "can't access tty"
}

@test "tty: run at a terminal: 200 KiB of output arrive whole" {
	sh_args 'i=0; while [ $i -lt 4000 ]; do echo "line $i of the fifty bytes that each line of this has"; i=$((i+1)); done; echo THE-END'
	at_terminal expect:THE-END
	assert_eq "$status" 0
	assert_eq "$(grep -c '^line [0-9]* of' <<<"$output")" 4000
}

@test "tty: run at a terminal: output that nobody waits for is not lost at exit" {
	sh_args 'i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i+1)); done; echo THE-END'
	local i
	for i in 1 2 3 4 5; do
		at_terminal
		assert_match "$output" 'THE-END'
	done
}

@test "tty: run at a terminal: the terminal goes away, the container gets SIGHUP and run ends" {
	sh_args 'trap "exit 9" HUP; echo ready; while :; do sleep 0.05; done'
	at_terminal expect:ready raw hangup
	refute_match "$output" 'does not end'
	poll 5 no_processes || fail "left: $(processes)"
	lodger delete --force "$ID"
}

@test "tty: run at a terminal: an error restores the terminal" {
	args no-such-program
	at_terminal
	assert_eq "$status" 1 "status ($output)"
	assert_match "$output" 'no-such-program'
	assert_match "$output" 'cooked at the end: True'
}

@test "tty: run at a terminal: TERM to the front end reaches the container" {
	sh_args 'trap "exit 8" TERM; echo ready; while :; do sleep 0.05; done'
	at_terminal expect:ready raw term
	assert_eq "$status" 8 "status ($output)"
	assert_match "$output" 'cooked at the end: True'
}

@test "tty: no controlling terminal without terminal: true" {
	config '.process.terminal = false'
	args tool ctty
	at_terminal
	assert_match "$output" 'no controlling terminal'
}
