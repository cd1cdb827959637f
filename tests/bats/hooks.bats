#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hooks: where and when each kind runs, and what follows from one that fails (runtime-spec
# runtime.md, "Lifecycle").

load helpers

# hook KIND SCRIPT [JSON]: a shell script as a hook; JSON is merged into it.
hook() {
	# shellcheck disable=SC2016
	config '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $script]} + $more]' \
		--arg kind "$1" --arg script "$2" --argjson more "${3:-"{}"}"
}

# A line for each hook that ran, with the state's status.
note_hooks() {
	local kind
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook "$kind" "echo $kind \$(tr -d '\\n \"' | sed 's/.*status:\\([a-z]*\\).*/\\1/') >>'$OUT.hooks'"
	done
	: >"$OUT.hooks"
	chmod 666 "$OUT.hooks"
}

# fails KIND: the last hook of the kind, once the others are noted.
fails() {
	hook "$1" 'echo on purpose >&2; exit 3'
}

gone() {
	run lodger state "$ID"
	assert_match "$output" 'does not exist'
}

@test "hooks: each kind with its status, create and start and delete" {
	note_hooks
	args sleep 100
	ct_create
	assert_eq "$(<"$OUT.hooks")" $'prestart creating\ncreateRuntime creating\ncreateContainer creating'
	lodger start "$ID"
	assert_eq "$(tail -n 1 "$OUT.hooks")" 'poststart running'
	ct_delete
	assert_eq "$(tail -n 1 "$OUT.hooks")" 'poststop stopped'
}

@test "hooks: createContainer is at the root filesystem, and the payload where it asked to be" {
	rootfs_may_change
	hook createContainer 'echo from the hook >./tmp/file'
	config '.process.cwd = "/tmp"'
	args cat file
	ct_ok
	assert_eq "$output" 'from the hook'
}

@test "hooks: the namespaces of each kind" {
	requires lodger
	local kind
	for kind in prestart createRuntime poststart poststop; do
		hook "$kind" "readlink /proc/self/ns/mnt /proc/self/ns/uts >>'$OUT.ns'"
	done
	: >"$OUT.inside"
	chmod 666 "$OUT.inside"
	# In the container's namespaces, where the host's root is not left yet.
	hook createContainer "readlink /proc/self/ns/uts /proc/self/ns/net >'$OUT.inside'; test -e '$BUNDLE'"
	hook startContainer 'for n in uts net; do readlink /proc/self/ns/$n; done >/dev/shm/there'
	sh_args "cat /dev/shm/there; readlink /proc/self/ns/uts; readlink /proc/self/ns/net; test ! -e $BUNDLE"
	ct_ok
	assert_eq "$(sort "$OUT.ns" | uniq -c | xargs)" \
		"$(readlink /proc/self/ns/mnt /proc/self/ns/uts | sort | sed 's/^/4 /' | xargs)"
	assert_eq "${lines[0]} ${lines[1]}" "${lines[2]} ${lines[3]}" startContainer
	assert_eq "$(xargs <"$OUT.inside")" "${lines[2]} ${lines[3]}" createContainer
}

@test "hooks: one of create that fails: an error, no container, poststop hooks" {
	local kind
	for kind in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		note_hooks
		fails "$kind"
		args true
		ct_try_create
		refused "$kind hook #1.*status 3"
		assert_eq "$(tail -n 1 "$OUT.hooks")" 'poststop stopped' "$kind"
		refute_match "$(<"$OUT.hooks")" poststart
		gone
		ct_run
		refused "$kind hook #1.*status 3"
		assert_eq "$(grep -c poststop "$OUT.hooks")" 2 "$kind"
		gone
	done
}

@test "hooks: something else that fails after them: poststop hooks undo what they did" {
	note_hooks
	args no-such-program
	ct_try_create
	refused 'no-such-program'
	assert_eq "$(tail -n 1 "$OUT.hooks")" 'poststop stopped'
	gone
}

@test "hooks: a create that fails before any of them runs none" {
	note_hooks
	args true
	config '.root.path = "nowhere"'
	ct_try_create
	assert_eq "$status" 1
	assert_eq "$(<"$OUT.hooks")" ''
}

@test "hooks: startContainer that fails is an error of start, stops and destroys" {
	requires lodger
	note_hooks
	fails startContainer
	args sleep 100
	ct_create
	local pid
	pid=$(ct_pid)
	run --separate-stderr lodger start "$ID"
	refused 'startContainer hook #0.*status 3'
	ct_wait "$pid"
	assert_eq "$(tail -n 1 "$OUT.hooks")" 'poststop stopped'
	refute_match "$(<"$OUT.hooks")" poststart
	gone
}

@test "hooks: a program for startContainer that is missing is an error of start" {
	requires lodger
	config '.hooks.startContainer = [{path: "/no/such/hook"}]'
	args true
	ct_create
	run --separate-stderr lodger start "$ID"
	refused 'startContainer hook #0.*/no/such/hook.*no such file'
	gone
}

@test "hooks: start returns after startContainer hooks, and the container runs" {
	requires lodger
	hook startContainer 'echo hook >/dev/shm/order'
	hook startContainer 'sleep 0; echo second >>/dev/shm/order'
	sh_args 'cat /dev/shm/order; sleep 100'
	ct_up
	assert_eq "$(ct_status)" running
	poll 5 grep -q second "$OUT" || fail "no output: $(<"$OUT")"
	assert_eq "$(<"$OUT")" $'hook\nsecond'
	ct_delete
}

@test "hooks: startContainer whose time is over is killed, and start says so" {
	requires lodger
	hook startContainer 'echo waiting for nobody >&2; exec sleep 100' '{"timeout": 1}'
	args true
	ct_create
	run --separate-stderr lodger start "$ID"
	refused 'startContainer hook #0.*did not end.*stderr: waiting for nobody'
	gone
}

@test "hooks: an init that is killed in a startContainer hook does not hang start" {
	requires lodger
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	bind_add "$BATS_TEST_TMPDIR/fifo" /run/fifo
	rootfs_may_change
	hook startContainer 'echo here >/run/fifo; exec sleep 100'
	args true
	ct_create
	lodger start "$ID" 2>"$OUT.start" &
	local start=$! rc=0
	read -r <"$BATS_TEST_TMPDIR/fifo"
	kill -9 "$(ct_pid)"
	wait "$start" || rc=$?
	assert_eq "$rc" 1
	assert_match "$(<"$OUT.start")" 'died before it could be started'
	ct_delete
}

@test "hooks: poststop that fails is a warning, the next one runs" {
	hook poststop 'exit 3'
	hook poststop "echo second >'$OUT.second'"
	args true
	ct_run
	assert_eq "$status" 0
	assert_match "$stderr" 'poststop hook #0.*status 3'
	assert_eq "$(<"$OUT.second")" second
}
