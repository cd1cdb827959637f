#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Descriptors: those of --preserve-fds arrive, no other does.

load helpers

# fds FILE: numbers of open descriptors listed by `tool fds`, PID 1's view.
numbers() {
	awk '{print $1}' <<<"$output" | xargs
}

@test "fds: the container has 0, 1 and 2" {
	args tool fds
	ct_ok
	assert_eq "$(numbers)" '0 1 2'
}

@test "fds: what the caller has open does not reach the container" {
	args tool fds
	run --separate-stderr "$TOOL" with-fds 40 / "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0
	assert_eq "$(numbers)" '0 1 2'
}

@test "fds: nor through create and start" {
	args tool fds
	"$TOOL" with-fds 10 / "$LODGER" "${GLOBAL[@]}" create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	lodger start "$ID"
	ct_wait_stopped
	output=$(<"$OUT")
	assert_eq "$(numbers)" '0 1 2'
	ct_delete
}

@test "fds: the caller's do not stay open in the init that waits" {
	args true
	echo leak >"$BATS_TEST_TMPDIR/leak"
	"$TOOL" with-fds 10 "$BATS_TEST_TMPDIR/leak" "$LODGER" "${GLOBAL[@]}" create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	local pid links
	pid=$(ct_pid)
	links=$(readlink "/proc/$pid"/fd/* 2>/dev/null || :)
	ct_delete
	refute_match "$links" leak
}

@test "fds: --preserve-fds hands down that many from 3 on" {
	echo three >"$BATS_TEST_TMPDIR/3"
	echo four >"$BATS_TEST_TMPDIR/4"
	sh_args 'cat <&3; cat <&4; tool fds | cut -d" " -f1 | xargs'
	run --separate-stderr bash -c 'exec "$@" 3<'"$BATS_TEST_TMPDIR/3"' 4<'"$BATS_TEST_TMPDIR/4"' 5</dev/null' - \
		"$LODGER" "${GLOBAL[@]}" run --preserve-fds 2 --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$output" $'three\nfour\n0 1 2 3 4'
}

@test "fds: --preserve-fds with create and start" {
	echo three >"$BATS_TEST_TMPDIR/3"
	sh_args 'cat <&3'
	"$LODGER" "${GLOBAL[@]}" create --preserve-fds 1 --bundle "$BUNDLE" "$ID" \
		</dev/null >"$OUT" 2>&1 3<"$BATS_TEST_TMPDIR/3"
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" three
	ct_delete
}

@test "fds: --preserve-fds with a descriptor that is not open is an error" {
	args true
	run bash -c 'exec "$@" 3</dev/null 4<&- 5<&- 6<&-' - \
		"$LODGER" "${GLOBAL[@]}" run --preserve-fds 60 --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 1 "status ($output)"
}

@test "fds: a gap in what --preserve-fds names stays one" {
	requires lodger
	# conmon's way when podman has --preserve-fd 5. The log is a file of lodger's in the gap.
	echo five >"$BATS_TEST_TMPDIR/5"
	sh_args 'cat <&5; tool fds | cut -d" " -f1 | xargs'
	run --separate-stderr bash -c 'exec 5<'"$BATS_TEST_TMPDIR/5"' 3<&- 4<&- 6<&- 7<&-; exec "$@"' - \
		"$LODGER" "${GLOBAL[@]}" --log "$BATS_TEST_TMPDIR/log" --debug run --preserve-fds 3 --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$output" $'five\n0 1 2 5'
	# What would land on the numbers of the gap must not stay open in an init that waits either.
	bash -c 'exec 5<'"$BATS_TEST_TMPDIR/5"' 3<&- 4<&-; exec "$@"' - \
		"$LODGER" "${GLOBAL[@]}" --log "$BATS_TEST_TMPDIR/log" create --preserve-fds 3 --bundle "$BUNDLE" "$ID" \
		</dev/null >"$OUT" 2>&1
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" $'five\n0 1 2 5'
	ct_delete
}

@test "fds: --preserve-fds takes numbers only" {
	args true
	local n
	for n in x 3x 99999999999; do
		run lodger run --preserve-fds "$n" --bundle "$BUNDLE" "$ID"
		assert_eq "$status" 1 "status for $n"
	done
}

@test "fds: six hundred preserved" {
	requires lodger
	ulimit -n "$(ulimit -Hn)"
	(($(ulimit -n) > 700)) || skip "needs a hard limit of more than 700 descriptors, has $(ulimit -n)"
	sh_args 'tool fds | wc -l'
	run --separate-stderr "$TOOL" with-fds 600 / "$LODGER" "${GLOBAL[@]}" run --preserve-fds 600 --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$output" 603
}

@test "fds: LISTEN_FDS reaches the container with its descriptors" {
	requires lodger
	echo three >"$BATS_TEST_TMPDIR/3"
	sh_args 'echo "$LISTEN_FDS $LISTEN_PID"; cat <&3'
	run --separate-stderr bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<'"$BATS_TEST_TMPDIR/3" - \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	[[ $output == $'1 1\nthree' ]] ||
		skip "socket activation is not passed through by this build (got: ${output//$'\n'/, })"
}

@test "fds: stdin of a directory is no way out" {
	sh_args 'cd -P /proc/self/fd/0/.. 2>/dev/null && ls debian_version; ls -d /proc/self/fd/9 2>/dev/null; echo end'
	run --separate-stderr bash -c 'exec 9</etc; exec "$@" </dev/null' - \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	assert_eq "$output" end
}
