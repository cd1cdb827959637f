#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What callers know from runc and crun of a process: its environment, its terminal's lines.

load helpers

@test "peers: of several environment entries with one name the last one counts, once" {
	args env
	config '.process.env = ["A=first", "PATH=/bin", "AB=other", "A=second", "A=", "A=last"]'
	ct_ok
	assert_eq "$(grep '^A' <<<"$output")" $'AB=other\nA=last'
}

@test "peers: an entry is searched in the last PATH" {
	config '.process.env = ["PATH=/nowhere", "PATH=/bin"]'
	args true
	ct_ok
}

@test "peers: an empty HOME is replaced, one that is set is kept" {
	sh_args 'echo "$HOME"'
	config '.process.env = ["PATH=/bin", "HOME="]'
	ct_ok
	assert_eq "$output" /root
	config '.process.env = ["PATH=/bin", "HOME=/x", "HOME="]'
	ct_ok
	assert_eq "$output" /root
	config '.process.env = ["PATH=/bin", "HOME=", "HOME=/x"]'
	ct_ok
	assert_eq "$output" /x
}

@test "peers: a terminal's lines have no carriage return where they go to a file" {
	config '.process.terminal = true'
	sh_args 'test -t 1 && echo terminal; echo second'
	lodger run --bundle "$BUNDLE" "$ID" </dev/null >"$OUT"
	[[ $(<"$OUT") == $'terminal\nsecond' ]] || fail "$(od -c "$OUT")"
}
