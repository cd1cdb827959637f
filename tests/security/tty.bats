#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Terminals as a way out. CVE-2017-5226 (TIOCSTI), 2025-52565 (/dev/console).

load security

@test "security: TIOCSTI cannot push input into the caller's terminal" {
	requires python
	# Without a terminal of its own the container's stdin is the caller's terminal.
	sh_args 'tool tiocsti "echo pushed-by-container
"; true'
	run python3 "$HERE/terminal.py" run expect:TIOCSTI -- sh -c '"$@"; read -r -t 1 line && echo "GOT $line"; true' - \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_match "$output" 'TIOCSTI'
	refute_match "$output" 'TIOCSTI: pushed|GOT'
}

@test "security: the container has no controlling terminal of the caller's" {
	requires python
	args tool ctty
	run python3 "$HERE/terminal.py" run -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_match "$output" 'no controlling terminal'
}

@test "security: the container's session is its own" {
	requires python
	sh_args 'cut -d" " -f5,6 /proc/self/stat; cut -d" " -f5,6 /proc/1/stat'
	run python3 "$HERE/terminal.py" run -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_match "$output" '1 1'
}

@test "security: the terminal of the container is of its own devpts, not the host's" {
	requires python
	config '.process.terminal = true'
	sh_args 'tty; ls /dev/pts'
	run python3 "$HERE/terminal.py" run -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_match "$output" '/dev/(pts/0|console)'
	refute_match "$output" '[1-9][0-9]*[^0-9]*ptmx'
}

@test "security: /dev/console is a device of the container even when the image has a file there" {
	requires python
	config '.process.terminal = true'
	mkdir -p "$ROOTFS/dev"
	echo file >"$ROOTFS/dev/console"
	sh_args 'stat -c %F /dev/console'
	run python3 "$HERE/terminal.py" run -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_match "$output" 'character special'
	assert_eq "$(<"$ROOTFS/dev/console")" file
}
