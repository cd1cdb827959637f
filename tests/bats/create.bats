#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `create`: what is there after it, what it refuses.

load helpers

@test "create: the container is created, its process has not run" {
	sh_args 'echo ran'
	ct_create
	assert_eq "$(ct_status)" created
	assert_eq "$(<"$OUT")" "" "output before start"
	ct_delete
}

@test "create: --pid-file holds init's pid and no newline" {
	args sleep 100
	ct_create --pid-file "$BATS_TEST_TMPDIR/pid"
	assert_eq "$(<"$BATS_TEST_TMPDIR/pid")" "$(ct_pid)"
	assert_eq "$(wc -l <"$BATS_TEST_TMPDIR/pid")" 0 "newlines"
	kill -0 "$(<"$BATS_TEST_TMPDIR/pid")" || fail "no such process"
	ct_delete
}

@test "create: --pid-file that is no file is written to, and is what it was afterwards" {
	requires lodger
	args sleep 100
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	ln -s /dev/null "$BATS_TEST_TMPDIR/null"
	exec 5<>"$BATS_TEST_TMPDIR/fifo"
	ct_create --pid-file "$BATS_TEST_TMPDIR/fifo"
	local pid
	pid=$(ct_pid)
	read -r -t 10 -n "${#pid}" -u 5 line
	assert_eq "$line" "$pid"
	[[ -p $BATS_TEST_TMPDIR/fifo ]]
	ct_delete
	exec 5<&-
	ct_create --pid-file "$BATS_TEST_TMPDIR/null"
	[[ -L $BATS_TEST_TMPDIR/null ]]
	ct_delete
	# Nobody reads it: an error, and no wait.
	ct_try_create --pid-file "$BATS_TEST_TMPDIR/fifo"
	refused 'pid-file'
	[[ -p $BATS_TEST_TMPDIR/fifo ]]
}

@test "create: --pid-file may be relative to the caller's directory" {
	args sleep 100
	cd "$BATS_TEST_TMPDIR"
	ct_create --pid-file ./relative.pid
	assert_eq "$(<"$BATS_TEST_TMPDIR/relative.pid")" "$(ct_pid)"
	ct_delete
}

@test "create: a pid file that cannot be written fails, and nothing is left" {
	ct_try_create --pid-file "$BATS_TEST_TMPDIR/no/such/dir/pid"
	[[ $status -ne 0 ]]
	run ! lodger state "$ID"
}

@test "create: without --bundle, the current directory is the bundle" {
	args sleep 100
	cd "$BUNDLE"
	lodger create "$ID" </dev/null >"$OUT" 2>&1
	assert_eq "$(ct_state | jq -r .bundle)" "$BUNDLE"
	ct_delete
}

@test "create: -b, and a bundle given by a relative path" {
	args sleep 100
	cd "$BATS_TEST_TMPDIR"
	lodger create -b bundle "$ID" </dev/null >"$OUT" 2>&1
	assert_eq "$(ct_state | jq -r .bundle)" "$BUNDLE"
	ct_delete
}

@test "create: an id that exists is refused, the first container lives on" {
	args sleep 100
	ct_create
	local pid
	pid=$(ct_pid)
	ct_try_create
	[[ $status -eq 1 ]]
	assert_match "$output" 'exist'
	assert_eq "$(ct_pid)" "$pid" pid
	assert_eq "$(ct_status)" created
	ct_delete
}

@test "create: ids are validated as runc does" {
	local id
	for id in . .. a/b ../x 'a b' 'a$b' 'a:b' $'a\nb' 'é' ''; do
		status=0
		lodger create --bundle "$BUNDLE" "$id" </dev/null >"$OUT" 2>&1 || status=$?
		assert_eq "$status" 1 "status for id '$id'"
	done
	assert_eq "$(find "$STATE" -mindepth 1 2>/dev/null)" ""
}

@test "create: an id of 1024 characters is refused or works, and never half" {
	# A name that long does not fit a directory entry (255); runc too fails then.
	ID=$(printf 'x%.0s' {1..1024})
	run lodger create --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 1
	assert_eq "$(find "$STATE" -mindepth 1 2>/dev/null)" ""
}

@test "create: ids with all the characters allowed" {
	ID="${ID}_A-z.9+"
	args sleep 100
	ct_create
	assert_eq "$(ct_state | jq -r .id)" "$ID"
	ct_delete
}

@test "create: no argument, two arguments, an unknown flag: status 1" {
	run lodger create --bundle "$BUNDLE"
	[[ $status -eq 1 ]]
	run lodger create --bundle "$BUNDLE" "$ID" "$ID-2"
	[[ $status -eq 1 ]]
	run lodger create --bundle "$BUNDLE" --no-such-flag "$ID"
	[[ $status -eq 1 ]]
}

@test "create: a bundle that does not exist, or has no config.json, is named" {
	run lodger create --bundle "$BATS_TEST_TMPDIR/nowhere" "$ID"
	refused 'nowhere'
	mkdir "$BATS_TEST_TMPDIR/empty"
	run lodger create --bundle "$BATS_TEST_TMPDIR/empty" "$ID"
	refused 'config.json'
}

@test "create: a root filesystem that does not exist is named" {
	config '.root.path = "no-such-rootfs"'
	ct_try_create
	refused 'no-such-rootfs'
}

@test "create: an executable that does not exist is an error of create, in runc's words" {
	args no-such-program
	ct_try_create
	refused 'executable file .?no-such-program.? not found|executable file not found in \$PATH'
	run ! lodger state "$ID"
}

@test "create: an absolute path that does not exist says no such file" {
	args /no/such/program
	ct_try_create
	refused '[Nn]o such file or directory'
	assert_match "$output" '/no/such/program'
}

@test "create: a file without execute permission says permission denied" {
	rm -f "$ROOTFS/etc/plain"
	echo text >"$ROOTFS/etc/plain"
	args /etc/plain
	ct_try_create
	refused '[Pp]ermission denied'
}

@test "create: the exit of create leaves no process but init" {
	args sleep 100
	ct_create
	local left
	left=$(processes)
	assert_eq "${left%% *}" "$(ct_pid)" "processes"
	assert_eq "$(wc -l <<<"$left")" 1 "number of processes"
	ct_delete
}

@test "create: several containers from one bundle" {
	args sleep 100
	local i
	for i in 1 2 3; do
		lodger create --bundle "$BUNDLE" "$ID-$i" </dev/null >"$OUT" 2>&1
	done
	assert_eq "$(lodger list -q | grep -c "$ID")" 3
	for i in 1 2 3; do
		ct_delete "$ID-$i"
	done
}

@test "create: two at the same moment with one id: one wins" {
	args sleep 100
	tree_note
	local i won=0
	local -a pids=()
	for i in 1 2 3 4; do
		lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		if wait "$i"; then won=$((won + 1)); fi
	done
	assert_eq "$won" 1 "creates that succeeded"
	assert_eq "$(ct_status)" created
	ct_delete
}

@test "create: the config of the moment counts, a later edit changes nothing" {
	sh_args 'echo first'
	ct_create
	sh_args 'echo second'
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" first
	ct_delete
	tree_forget
}
