#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Many containers at once: each gets its own output and status, none waits for another for ever.

load helpers

@test "stress: 50 runs in parallel, all right" {
	sh_args 'cat; exit $((1 + 1))'
	tree_note
	local i rc bad=0
	local -a pids=()
	for i in {1..50}; do
		lodger run --bundle "$BUNDLE" "$ID-$i" <<<"number $i" >"$OUT.$i" 2>"$OUT.$i.err" &
		pids+=($!)
	done
	for i in {1..50}; do
		rc=0
		wait "${pids[i - 1]}" || rc=$?
		if [[ $rc -ne 2 || $(<"$OUT.$i") != "number $i" ]]; then
			echo "$i: status $rc, output $(<"$OUT.$i") $(<"$OUT.$i.err")"
			bad=1
		fi
	done
	((bad == 0))
}

@test "stress: 20 life cycles in parallel with a reader of the list" {
	sh_args 'exec sleep 100'
	tree_note
	local i bad=0
	local -a pids=()
	for i in {1..20}; do
		(
			set -e
			lodger create --bundle "$BUNDLE" "$ID-$i" </dev/null >"$OUT.$i" 2>&1
			lodger start "$ID-$i"
			lodger state "$ID-$i" | jq -e '.status == "running"' >/dev/null
			lodger kill "$ID-$i" KILL
			lodger delete --force "$ID-$i"
		) >"$OUT.$i.log" 2>&1 &
		pids+=($!)
	done
	for i in {1..10}; do
		lodger list --format json >"$OUT.list" || bad=1
		jq . "$OUT.list" >/dev/null || bad=1
	done
	for i in {1..20}; do
		wait "${pids[i - 1]}" || { echo "$i: $(cat "$OUT.$i" "$OUT.$i.log")" && bad=1; }
	done
	assert_eq "$(lodger list -q)" ""
	((bad == 0))
}

@test "stress: 20 containers that make the same mount point in one root filesystem" {
	rootfs_may_change
	bind_add /etc /new/point ro
	args true
	local i rc bad=0
	local -a pids=()
	for i in {1..20}; do
		lodger run --bundle "$BUNDLE" "$ID-$i" </dev/null >"$OUT.$i" 2>&1 &
		pids+=($!)
	done
	for i in {1..20}; do
		rc=0
		wait "${pids[i - 1]}" || rc=$?
		[[ $rc -eq 0 ]] || { echo "$i: status $rc: $(<"$OUT.$i")" && bad=1; }
	done
	((bad == 0))
}

@test "stress: 40 runs one after the other leave nothing, no descriptor and no zombie" {
	args true
	tree_note
	local i
	for i in {1..40}; do
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 3>&- || fail "run $i: $(<"$OUT")"
	done
}

@test "stress: a process limit that is reached is an error, not a hang" {
	requires user
	args true
	tree_note
	# The limit counts the user's processes, so one below what is there refuses every fork.
	run bash -c 'ulimit -u 1; exec timeout 20 "$@"' - "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	[[ $status -ne 0 && $status -ne 124 ]] || fail "status $status: $output"
}

@test "stress: few descriptors are enough, or the error says so" {
	args true
	tree_note
	run bash -c 'ulimit -n 20; exec timeout -k 5 20 "$@"' - "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	((status == 0 || status == 1 || status == 2)) || fail "status $status: $output"
	if [[ $RUNTIME == lodger ]]; then
		[[ $status -eq 0 ]] || assert_match "$output" '[Tt]oo many open files'
	fi
}
