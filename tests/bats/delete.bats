#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `delete`: what it takes away, what it refuses.

load helpers

@test "delete: a stopped container goes, with its directory" {
	args true
	ct_up
	ct_wait_stopped
	lodger delete "$ID"
	[[ ! -e $STATE/$ID ]]
	run ! lodger state "$ID"
}

@test "delete: a running container is refused and runs on" {
	args sleep 100
	ct_up
	run lodger delete "$ID"
	refused 'running|not stopped'
	assert_eq "$(ct_status)" running
	ct_delete
}

@test "delete: a created container goes as well, as with runc" {
	args sleep 100
	ct_create
	local pid
	pid=$(ct_pid)
	run lodger delete "$ID"
	if [[ $RUNTIME == crun ]]; then
		ct_delete
	else
		assert_eq "$status" 0 "status ($output)"
	fi
	ct_wait "$pid"
}

@test "delete --force: a running container is killed first" {
	args sleep 100
	ct_up
	local pid
	pid=$(ct_pid)
	lodger delete --force "$ID"
	ct_wait "$pid"
	run ! lodger state "$ID"
}

@test "delete -f: of a container that does not exist is no error" {
	lodger delete -f "$ID"
}

@test "delete: of a container that does not exist is an error" {
	run lodger delete "$ID"
	refused 'does not exist'
}

@test "delete: twice" {
	args true
	ct_up
	ct_wait_stopped
	lodger delete "$ID"
	run lodger delete "$ID"
	refused 'does not exist'
}

@test "delete --force: all the container's processes go" {
	sh_args 'sleep 1000 & (setsid sleep 1000 &); exec sleep 1000'
	ct_up
	ct_delete
	# The teardown looks for processes.
}

@test "delete: the root filesystem and the bundle are left alone" {
	args true
	local before
	before=$(tree "$ROOTFS")
	ct_up
	ct_wait_stopped
	lodger delete "$ID"
	assert_eq "$(tree "$ROOTFS")" "$before" "root filesystem"
}

@test "delete: works when the bundle is gone" {
	args true
	ct_up
	ct_wait_stopped
	ROOTFS_MAY_CHANGE=1
	mv "$BUNDLE" "$BUNDLE.moved"
	lodger delete "$ID"
	mv "$BUNDLE.moved" "$BUNDLE"
}

@test "delete: the id can be used again at once" {
	args true
	local i
	for i in 1 2 3 4 5; do
		ct_up
		ct_wait_stopped
		lodger delete "$ID"
	done
}

@test "delete: ids that are paths are refused" {
	mkdir -p "$STATE" "$XDG_RUNTIME_DIR/victim"
	run lodger delete --force ../victim
	[[ $status -eq 1 ]]
	[[ -d $XDG_RUNTIME_DIR/victim ]]
	run lodger delete --force .
	[[ $status -eq 1 ]]
	[[ -d $STATE ]]
}

@test "delete: what lies beside the containers of --root and is none is left alone" {
	requires lodger
	local root=$BATS_TEST_TMPDIR/home dir
	mkdir -p "$root"/{letters,site,bundle/rootfs}
	echo precious | tee "$root/letters/file" >"$root/site/index.html"
	echo '{"version": 4}' >"$root/site/state.json"
	cp "$BUNDLE/config.json" "$root/bundle"
	tree "$root" >"$BATS_TEST_TMPDIR/before"
	GLOBAL=(--root "$root")
	for dir in letters site bundle; do
		run lodger delete "$dir"
		refused "$dir"
		run lodger delete --force "$dir"
		run lodger kill "$dir" KILL
		refused "$dir"
	done
	run lodger delete letters
	refused 'does not exist: .*letters is none of lodger.s, it has "file" in it'
	run lodger delete --force --regex .
	tree "$root" | diff "$BATS_TEST_TMPDIR/before" -
	assert_eq "$(lodger list -q)" ""
}

@test "delete: a container whose record is lost leaves nothing, whatever it has in its directory" {
	requires lodger
	local flags=() pid
	args sleep 100
	rootfs_may_change
	# All that there may be: a socket for sd_notify, files of a network, a half-written record.
	if test -w /dev/net/tun && [[ -x $(dirname "$LODGER")/lodger-net ]]; then
		flags=(--network slirp)
	fi
	HOME=$BATS_TEST_TMPDIR NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify ct_create "${flags[@]}"
	pid=$(ct_pid)
	ls -A "$STATE/$ID" >&2
	mv "$STATE/$ID/state.json" "$STATE/$ID/.state.json.1.tmp"
	echo '{}' >"$STATE/$ID/resources.json"
	kill -KILL "$pid"
	ct_wait "$pid"
	lodger delete "$ID"
	[[ ! -e $STATE/$ID ]]
}
