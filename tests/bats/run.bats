#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `run`: create, start, wait and delete in one.

load helpers

@test "run: output is the container's, status 0, nothing remains" {
	sh_args 'echo hello'
	ct_ok
	assert_eq "$output" hello
	run ! lodger state "$ID"
}

@test "run: the container's status is the command's" {
	local code
	for code in 1 2 42 125 126 255; do
		sh_args "exit $code"
		tree_forget
		ct_run
		assert_eq "$status" "$code"
	done
}

@test "run: death by signal N is 128+N" {
	# PID 1 of a pid namespace does not die of its own signals, so this is sent from outside.
	args sleep 100
	local sig
	for sig in 9 15; do
		tree_forget
		lodger run --bundle "$BUNDLE" "$ID" >"$OUT" 2>&1 </dev/null &
		local front=$!
		poll 10 status_is "$ID" running
		lodger kill "$ID" "$sig" || :
		if [[ $sig == 15 ]]; then
			# sleep has no handler, PID 1 ignores it: the container lives.
			assert_eq "$(ct_status)" running
			lodger kill "$ID" KILL
		fi
		local rc=0
		wait "$front" || rc=$?
		assert_eq "$rc" 137
	done
}

@test "run: stdin reaches the container, with its end" {
	args cat
	run lodger run --bundle "$BUNDLE" "$ID" <<<'through stdin'
	assert_eq "$output" 'through stdin'
	assert_eq "$status" 0
}

@test "run: a large output arrives whole" {
	sh_args 'dd if=/dev/zero bs=1024 count=4096 2>/dev/null'
	assert_eq "$(lodger run --bundle "$BUNDLE" "$ID" | wc -c)" 4194304
}

@test "run: stdout and stderr stay apart" {
	sh_args 'echo out; echo err >&2'
	ct_ok
	assert_eq "$output" out
	assert_match "$stderr" err
}

@test "run: SIGTERM and SIGINT sent to the front end reach the container" {
	rootfs_may_change
	local sig
	for sig in TERM INT USR1; do
		sh_args "trap 'echo got $sig; exit 3' $sig; echo ready; while :; do sleep 0.05; done"
		mkfifo "$BATS_TEST_TMPDIR/out.$sig"
		# Not through the wrapper: timeout(1) would be the one that gets the signal. A shell starts
		# background jobs with SIGINT ignored, so env(1) puts that back.
		env --default-signal=INT,TERM,USR1 "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" \
			>"$BATS_TEST_TMPDIR/out.$sig" 2>&1 </dev/null 3>&- &
		local front=$! line rc=0
		exec 8<"$BATS_TEST_TMPDIR/out.$sig"
		while read -r -t 10 line <&8 && [[ $line != ready ]]; do :; done
		assert_eq "$line" ready
		kill -"$sig" "$front"
		read -r -t 10 line <&8
		assert_eq "$line" "got $sig"
		exec 8<&-
		wait "$front" || rc=$?
		assert_eq "$rc" 3 "status after $sig"
	done
}

@test "run --detach: returns while the container runs" {
	args sleep 100
	lodger run --detach --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" \
		</dev/null >"$OUT" 2>&1
	assert_eq "$(ct_status)" running
	assert_eq "$(<"$BATS_TEST_TMPDIR/pid")" "$(ct_pid)"
	ct_delete
}

@test "run --detach: a container that has ended stays until delete" {
	sh_args 'echo finished'
	lodger run -d --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	ct_wait_stopped
	assert_eq "$(<"$OUT")" finished
	lodger delete "$ID"
}

@test "run --keep: the container remains, stopped" {
	requires lodger
	args true
	ct_ok --keep
	assert_eq "$(ct_status)" stopped
	lodger delete "$ID"
}

@test "run: an id that exists is refused" {
	args sleep 100
	ct_up
	run lodger run --bundle "$BUNDLE" "$ID"
	refused exist
	assert_eq "$(ct_status)" running
	ct_delete
}

@test "run: an executable that does not exist is 1, and nothing remains" {
	args no-such-program
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'no-such-program'
	run ! lodger state "$ID"
}

@test "run: orphans of the container die with it" {
	sh_args 'setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo started'
	ct_ok
	assert_eq "$output" started
}

@test "run: zombies of the container's PID 1 children do not keep it" {
	sh_args '(true &) ; (true &) ; exec true'
	ct_ok
}

@test "run: a plain spec config runs sh in a terminalless container" {
	# Nothing but terminal was changed in what `spec` wrote.
	run lodger run --bundle "$BUNDLE" "$ID" <<<'echo from sh $0'
	assert_eq "$status" 0
	assert_eq "$output" 'from sh sh'
}
