#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `state`: the JSON that callers parse, and where it comes from.

load helpers

@test "state: the members that runc has" {
	args sleep 100
	config '.annotations = {"org.example.key": "value"}'
	ct_create
	local s
	s=$(ct_state)
	assert_eq "$(jq -r .id <<<"$s")" "$ID"
	assert_eq "$(jq -r .status <<<"$s")" created
	assert_eq "$(jq -r .bundle <<<"$s")" "$BUNDLE"
	assert_eq "$(jq -r .rootfs <<<"$s")" "$ROOTFS"
	assert_match "$(jq -r .ociVersion <<<"$s")" '^1\.[0-9]+\.[0-9]+'
	assert_eq "$(jq -r '.pid | type' <<<"$s")" number
	assert_eq "$(jq -r '.annotations["org.example.key"]' <<<"$s")" value
	assert_match "$(jq -r .created <<<"$s")" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z$'
	assert_eq "$(jq -r 'has("owner")' <<<"$s")" true
	ct_delete
}

@test "state: created is now" {
	args sleep 100
	ct_create
	local made now
	made=$(date -d "$(ct_state | jq -r .created)" +%s)
	now=$(date +%s)
	((now - made >= 0 && now - made < 30)) || fail "created $made, now $now"
	ct_delete
}

@test "state: pid is 0 once stopped" {
	args true
	ct_up
	ct_wait_stopped
	assert_eq "$(ct_pid)" 0
	ct_delete
}

@test "state: a killed container is stopped, not running" {
	args sleep 100
	ct_up
	local pid
	pid=$(ct_pid)
	kill -KILL "$pid"
	ct_wait_stopped
	ct_delete
}

@test "state: a container that does not exist" {
	run lodger state "$ID"
	refused 'does not exist'
}

@test "state: of an unknown id in a state root that does not exist makes nothing" {
	rm -rf "$STATE"
	run lodger state "$ID"
	[[ $status -eq 1 ]]
	[[ ! -e $STATE/$ID ]]
}

@test "state: usage errors have status 1" {
	run lodger state
	[[ $status -eq 1 ]]
	run lodger state "$ID" "$ID"
	[[ $status -eq 1 ]]
	run lodger state ../../etc
	[[ $status -eq 1 ]]
}

@test "state: lies in XDG_RUNTIME_DIR/lodger/ID, mode 0700, with the container's files" {
	requires user lodger
	args sleep 100
	ct_create
	assert_eq "$(stat -c %a "$XDG_RUNTIME_DIR/lodger/$ID")" 700
	[[ -f $XDG_RUNTIME_DIR/lodger/$ID/state.json ]]
	[[ -p $XDG_RUNTIME_DIR/lodger/$ID/exec.fifo ]]
	jq -e .version "$XDG_RUNTIME_DIR/lodger/$ID/state.json" >/dev/null
	lodger start "$ID"
	[[ ! -e $XDG_RUNTIME_DIR/lodger/$ID/exec.fifo ]]
	ct_delete
}

@test "state: readers never see half a record while others write" {
	args sleep 100
	ct_create
	local i
	(
		for i in {1..40}; do
			lodger state "$ID" >"$BATS_TEST_TMPDIR/s.$i" 2>&1 || echo "failed" >>"$BATS_TEST_TMPDIR/s.$i"
		done
	) &
	local reader=$!
	lodger start "$ID"
	lodger kill "$ID" KILL
	wait "$reader"
	for i in {1..40}; do
		jq -e .id "$BATS_TEST_TMPDIR/s.$i" >/dev/null || fail "$(cat "$BATS_TEST_TMPDIR/s.$i")"
	done
	ct_wait_stopped
	ct_delete
}

@test "state: a reused pid is not taken for the container" {
	requires lodger
	args sleep 100
	ct_up
	lodger kill "$ID" KILL
	ct_wait_stopped
	# What the record would hold if the kernel had given the pid to another process: a live pid
	# with another start time.
	local file=$STATE/$ID/state.json
	jq --argjson pid $$ '.pid = $pid' "$file" >"$BATS_TEST_TMPDIR/new"
	assert_eq "$(jq .pid "$BATS_TEST_TMPDIR/new")" $$ "the record's pid member"
	cat "$BATS_TEST_TMPDIR/new" >"$file"
	assert_eq "$(ct_status)" stopped
	run lodger kill "$ID" KILL
	[[ $status -eq 1 ]]
	lodger delete "$ID"
}

@test "state: a record that is no JSON is an error that names it, and delete --force clears it" {
	requires lodger
	args true
	ct_up
	ct_wait_stopped
	echo '{"version": 1, "id":' >"$STATE/$ID/state.json"
	run lodger state "$ID"
	refused "state.json"
	ct_delete
	[[ ! -e $STATE/$ID ]]
}

@test "state: a record of a later version is refused, not misread" {
	requires lodger
	args true
	ct_up
	ct_wait_stopped
	jq '.version = 99' "$STATE/$ID/state.json" >"$BATS_TEST_TMPDIR/new"
	cat "$BATS_TEST_TMPDIR/new" >"$STATE/$ID/state.json"
	run lodger state "$ID"
	refused 'version'
	ct_delete
}

@test "state: XDG_RUNTIME_DIR unset gives a clear error or a 0700 fallback of the caller's" {
	requires user lodger
	args sleep 100
	unset XDG_RUNTIME_DIR
	ct_try_create
	if [[ $status -eq 0 ]]; then
		local dir
		for dir in "/run/user/$(id -u)/lodger" "/tmp/lodger-$(id -u)" /tmp/lodger*; do
			[[ -d $dir/$ID ]] || [[ -d $dir/lodger/$ID ]] || continue
			assert_match "$(stat -c '%a %u' "$dir")" "^1?700 $(id -u)$"
			lodger delete --force "$ID"
			rmdir "$dir" 2>/dev/null || :
			return
		done
		fail "cannot find where the state of $ID went"
	fi
	assert_match "$output" 'XDG_RUNTIME_DIR'
}

@test "state: a relative or foreign XDG_RUNTIME_DIR is refused with its name" {
	requires user lodger
	XDG_RUNTIME_DIR=/proc/1 ct_try_create
	[[ $status -eq 1 ]]
	assert_match "$output" '/proc/1'
}
