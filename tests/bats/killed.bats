#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A front end that is killed: at some of its system calls, spread over all of its life. What it has
# begun ends by itself, or is a container; and `delete` clears the rest.

load helpers
load network

setup() {
	network_setup
	if need_network >/dev/null; then
		FLAGS=(--network slirp)
	fi
	rootfs_may_change
}

# calls FILE: each call of a trace, with how many of its name were made up to it, without those that
# begin and end a process.
calls() {
	sed -nE 's/^([a-z0-9_]+)\(.*/\1/p' "$1" | awk '!/^exec|^exit/ { print $1, ++n[$1] }'
}

# run_traced OPTION... -- WORD...: lodger, by strace(1), with nothing of ours open.
run_traced() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	timeout -k 5 "$LODGER_TEST_TIMEOUT" strace -o "$BATS_TEST_TMPDIR/calls" "${options[@]}" \
		"$LODGER" "${GLOBAL[@]}" "$@" </dev/null >>"$OUT" 2>&1 3>&- 4>&-
}

ended_or_created() {
	no_processes || [[ $(ct_status 2>/dev/null) =~ created|running ]]
}

# killed_at_each STEP WORD...: the command is killed at each STEPth of its calls.
killed_at_each() {
	local step=$1 name nth killed=0
	shift
	# What a sanitizer says of being traced is no failure.
	run_traced -- "$@" || :
	[[ $(ct_status) =~ created|running ]]
	ct_delete
	calls "$BATS_TEST_TMPDIR/calls" | awk -v step="$step" 'NR % step == 0' >"$BATS_TEST_TMPDIR/list"
	while read -r -u 9 name nth; do
		run_traced -e "inject=$name:signal=KILL:when=$nth" -- "$@" || killed=$((killed + 1))
		poll 20 ended_or_created || fail "killed at $name $nth: left $(processes)"
		ct_delete || fail "killed at $name $nth: delete: $(ls -A "$STATE/$ID")"
		poll 20 no_processes || fail "killed at $name $nth: delete has left $(processes)"
		[[ ! -e $STATE/$ID ]] || fail "killed at $name $nth: delete has left a directory"
	done 9<"$BATS_TEST_TMPDIR/list"
	# The calls of one run and of another differ a little.
	((killed > $(wc -l <"$BATS_TEST_TMPDIR/list") / 2)) || fail "killed $killed times only"
}

@test "killed: create, at any call" {
	requires strace
	args sleep 100
	killed_at_each 11 create --bundle "$BUNDLE" "${FLAGS[@]}" "$ID"
}

@test "killed: run --detach, at any call" {
	requires strace
	args sleep 100
	killed_at_each 17 run --detach --bundle "$BUNDLE" "${FLAGS[@]}" "$ID"
}
