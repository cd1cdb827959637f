#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `list`: the table, the ids, the JSON.

load helpers

@test "list: an empty state root" {
	run lodger list -q
	assert_eq "$status" 0
	assert_eq "$output" ""
	run lodger list
	assert_eq "$status" 0
	assert_match "$output" 'ID.*PID.*STATUS.*BUNDLE.*CREATED.*OWNER'
}

@test "list: the table has a line for each container" {
	args sleep 100
	ct_create
	local pid
	pid=$(ct_pid)
	run lodger list
	assert_match "${lines[0]}" '^(ID|NAME) +PID +STATUS +BUNDLE +CREATED +OWNER'
	assert_match "${lines[1]}" "^$ID +$pid +created +$BUNDLE"
	assert_match "${lines[1]}" "$(id -un)|[0-9]"
	ct_delete
}

@test "list --format json: an array that carries what state has" {
	args sleep 100
	ct_up
	run --separate-stderr lodger list --format json
	assert_eq "$(jq -r 'length' <<<"$output")" 1
	assert_eq "$(jq -r '.[0].id' <<<"$output")" "$ID"
	assert_eq "$(jq -r '.[0].status' <<<"$output")" running
	assert_eq "$(jq -r '.[0].pid' <<<"$output")" "$(ct_pid)"
	assert_eq "$(jq -r '.[0].bundle' <<<"$output")" "$BUNDLE"
	ct_delete
}

@test "list --format json: nothing is null or an empty array, as with runc" {
	run --separate-stderr lodger list -f json
	assert_eq "$status" 0
	jq -e '. == null or . == []' <<<"$output"
}

@test "list --quiet: ids only, sorted" {
	args sleep 100
	local i
	for i in c a b; do
		lodger create --bundle "$BUNDLE" "$i-$ID" </dev/null >"$OUT" 2>&1
	done
	run --separate-stderr lodger list --quiet
	assert_eq "$(sort <<<"$output")" "$(printf '%s\n' "a-$ID" "b-$ID" "c-$ID")"
	for i in c a b; do
		ct_delete "$i-$ID"
	done
}

@test "list: a stopped container is listed" {
	args true
	ct_up
	ct_wait_stopped
	run lodger list
	assert_match "$output" "$ID +0 +stopped"
	ct_delete
}

@test "list: an unknown format is refused" {
	run lodger list --format xml
	assert_eq "$status" 1
}

@test "list: one damaged container does not hide the others" {
	requires lodger
	args sleep 100
	ct_create
	mkdir -m 700 "$STATE/damaged"
	echo 'no json' >"$STATE/damaged/state.json"
	run --separate-stderr lodger list -q
	assert_eq "$status" 0
	assert_match "$output" "$ID"
	ct_delete
	rm -r "$STATE/damaged"
}
