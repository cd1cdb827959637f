#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The parts between the processes: what is there between create and start, and that a death of
# either side is an error and never a hang. Every call is under a time limit (see helpers).

load helpers

# Kills whatever init there is of this test, at once and by pid.
inits() {
	processes | awk '/lodger:\[|lodger-init/ { print $1 }'
}

@test "protocol: ps shows lodger:[2:INIT] for the init that waits" {
	requires lodger
	args sleep 100
	ct_create
	local pid
	pid=$(ct_pid)
	assert_match "$(tr '\0' ' ' <"/proc/$pid/cmdline")" '^lodger:\[2:INIT\]'
	ct_delete
}

@test "protocol: ps shows lodger:[1:INIT] for the init that is set up" {
	requires lodger
	# The plan never comes: it would not be long in that stage.
	local init pid fifo=$BATS_TEST_TMPDIR/fifo
	init=$(dirname "$LODGER")/lodger-init
	mkfifo "$fifo"
	(_LODGER_INITPIPE=7 _LODGER_SYNCPIPE=7 exec -a 'lodger:[0:INIT]' "$init" 7<>"$fifo") &
	pid=$!
	stage_1() { [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == 'lodger:[1:INIT]'* ]]; }
	poll 20 stage_1
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || :
}

@test "protocol: the name in /proc/PID/comm tells that it is lodger" {
	requires lodger
	args sleep 100
	ct_create
	assert_match "$(<"/proc/$(ct_pid)/comm")" '^lodger'
	ct_delete
}

@test "protocol: exec.fifo is there from create to start" {
	requires lodger
	args sleep 100
	ct_create
	[[ -p $STATE/$ID/exec.fifo ]]
	lodger start "$ID"
	[[ ! -e $STATE/$ID/exec.fifo ]]
	ct_delete
}

@test "protocol: start after init was killed: an error, at once" {
	args sleep 100
	ct_create
	kill -KILL "$(ct_pid)"
	ct_wait_stopped
	run lodger start "$ID"
	refused 'stopped|not|dead|exited'
	ct_delete
}

@test "protocol: init killed while start waits for it: an error, at once" {
	requires lodger
	args sleep 100
	ct_create
	local pid rc=0
	pid=$(ct_pid)
	# A stopped init cannot open its end, so start is held exactly where it waits.
	kill -STOP "$pid"
	lodger start "$ID" >"$BATS_TEST_TMPDIR/start" 2>&1 &
	local starter=$!
	# The stopped one is killed; start must see it even though nothing ever comes through the fifo.
	kill -KILL "$pid"
	wait "$starter" || rc=$?
	assert_eq "$rc" 1 "status of start ($(<"$BATS_TEST_TMPDIR/start"))"
	ct_wait_stopped
	ct_delete
}

@test "protocol: init killed during create, at many moments: an error or a container, never a hang" {
	requires lodger
	args sleep 100
	local i rc pid errors=0
	for i in {1..15}; do
		lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 &
		local front=$!
		while kill -0 "$front" 2>/dev/null; do
			pid=$(inits | tail -1)
			if [[ -n $pid ]]; then
				kill -KILL "$pid" 2>/dev/null || :
				break
			fi
		done
		rc=0
		wait "$front" || rc=$?
		((rc == 0 || rc == 1)) || fail "status $rc: $(<"$OUT")"
		if ((rc)); then
			errors=$((errors + 1))
			[[ -s $OUT ]] || fail "no message"
			run ! lodger state "$ID"
		fi
		ct_delete
	done
	echo "# $errors of 15 were killed before create had ended" >&3
}

@test "protocol: the front end killed during create, at many moments: delete clears what it left" {
	local i pid
	args sleep 100
	for i in 1 2 3 4 5 7 9 12 15 20; do
		"$LODGER" "${GLOBAL[@]}" create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 3>&- &
		pid=$!
		# The delay is the variable of this test and synchronises nothing.
		sleep "0.00$i"
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		# What is there may be nothing, a half-made or a whole container; all must go.
		lodger delete --force "$ID" >"$OUT" 2>&1 || :
		poll 5 no_processes || fail "after ${i} ms: $(processes)"
		[[ ! -e $STATE/$ID ]] || fail "after ${i} ms state is left: $(ls "$STATE/$ID")"
		rm -f "$BUNDLE"/../*.pid
	done
}

@test "protocol: run whose front end is killed leaves a container that delete --force clears" {
	args sleep 100
	"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 3>&- &
	local pid=$!
	poll 10 status_is "$ID" running
	kill -KILL "$pid"
	wait "$pid" || :
	ct_delete
}

@test "protocol: create whose caller is gone: init still waits, start still works" {
	sh_args 'echo alive'
	# The shell that called create has ended before start is called.
	bash -c 'exec "$0" "$@" </dev/null' "$LODGER" "${GLOBAL[@]}" create --bundle "$BUNDLE" "$ID" \
		>"$OUT" 2>&1 3>&-
	assert_eq "$(ct_status)" created
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" alive
	ct_delete
}

@test "protocol: an error in init's set-up arrives with its object, once" {
	requires lodger
	mount_add '{"type": "bind", "source": "/no/such/source", "destination": "/mnt", "options": ["bind"]}'
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" '/no/such/source'
	assert_match "$stderr" 'no such file or directory'
	assert_eq "$(grep -c '/no/such/source' <<<"$stderr")" 1 "lines of the error"
}

@test "protocol: variables of the protocol do not reach the container" {
	sh_args 'env; tr "\0" "\n" </proc/1/environ'
	ct_ok
	refute_match "$output" '_LODGER|_LIBCONTAINER|XDG_RUNTIME_DIR'
}

@test "protocol: signal mask and dispositions of the caller do not reach the container" {
	requires lodger
	# No shell in between: busybox's ignores SIGQUIT.
	args grep -E '^Sig(Blk|Ign)' /proc/self/status
	run --separate-stderr "$TOOL" ignore 13 "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0
	assert_match "${lines[0]}" '0000000000000000'
	assert_match "${lines[1]}" '0000000000000000'
}

@test "protocol: init is not dumpable for others while it waits" {
	requires lodger
	args sleep 100
	ct_create
	# Another container's root, as the same user outside, must not be able to trace it into its own
	# hands: /proc files of a process that is not dumpable belong to root.
	[[ $(stat -c %u "/proc/$(ct_pid)/environ") -ne $(id -u) ]] || ! is_root ||
		fail "environ belongs to $(id -u)"
	ct_delete
}

@test "protocol: kill of a created container before start" {
	args sleep 100
	ct_create
	lodger kill "$ID" KILL
	ct_wait_stopped
	run lodger start "$ID"
	[[ $status -eq 1 ]]
	ct_delete
}

@test "protocol: delete while start waits for the lock does not hang" {
	args sleep 100
	ct_create
	lodger delete --force "$ID" &
	local a=$!
	lodger start "$ID" >"$OUT" 2>&1 &
	local b=$! rc=0
	wait "$a"
	wait "$b" || rc=$?
	((rc == 0 || rc == 1)) || fail "start: status $rc"
	lodger delete --force "$ID"
}

@test "protocol: a fifo that somebody else has opened for reading does not fool start" {
	requires lodger
	args sleep 100
	ct_create
	exec 9<>"$STATE/$ID/exec.fifo"
	# Whoever may open it may also swallow init's byte; what must not happen is a hang.
	run timeout 10 "$LODGER" "${GLOBAL[@]}" start "$ID" 3>&- 9>&-
	exec 9>&-
	((status == 0 || status == 1)) || fail "start: status $status: $output"
	ct_delete
}

@test "protocol: peak resident set of the processes of run stays under 3 MiB" {
	requires lodger
	args sleep 100
	ct_create
	local rss
	rss=$(awk '/^VmHWM/ { print $2 }' "/proc/$(ct_pid)/status")
	ct_delete
	if [[ -n ${LODGER_TEST_SANITIZED:-} ]]; then
		skip "sanitizers take memory of their own"
	fi
	((rss < 3072)) || fail "init: $rss KiB"
}

@test "protocol: an init that ends before it has read a long plan is an error, of run too" {
	requires lodger
	local dir=$BATS_TEST_TMPDIR/bin verb
	mkdir "$dir"
	cp "$LODGER" "$dir/lodger"
	cp "$TOOL" "$dir/lodger-init"
	args true
	# More than a pipe holds: the front end is still writing when its reader goes.
	config '.process.env += ["LONG=" + ("x" * 200000)]'
	for verb in run create; do
		tree_note
		run --separate-stderr timeout 30 "$dir/lodger" "${GLOBAL[@]}" "$verb" --bundle "$BUNDLE" "$ID" 3>&-
		refused 'init ended with status 2'
	done
}
