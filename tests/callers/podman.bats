#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman, rootless: the life of a container.

load podman_helpers

# bats test_tags=vm
@test "podman run: output and status" {
	run p run --rm busybox sh -c 'echo hello; exit 7'
	assert_eq "$status" 7
	assert_eq "$output" hello
}

@test "podman run: a command that is not there is 127" {
	run -127 p run --rm busybox no-such-command
	assert_match "$output" 'executable file .*not found in'
	run -127 p run --rm busybox /no/such/command
	assert_match "${output,,}" 'no such file or directory'
}

@test "podman run: a command that cannot be executed is 126" {
	run p run --rm busybox /etc/passwd
	assert_eq "$status" 126
	assert_match "${output,,}" 'permission denied'
}

@test "podman run: a working directory that cannot be made says so" {
	run p run --rm --workdir /etc/passwd/x busybox true
	assert_eq "$status" 126
	assert_match "${output,,}" 'not a directory'
}

@test "podman run -i: standard input" {
	assert_eq "$(echo words | p run --rm -i busybox cat)" words
}

@test "podman run -it: a terminal of the caller's size" {
	run on_terminal podman --runtime "$CALLERS_RUNTIME" run --rm -it busybox \
		sh -c "$until_heard" - sh -c "$terminal_size; test -t 0 && test -t 1 && tty; exit 3"
	assert_eq "$status" 3
	assert_match "$output" '/dev/pts/0'
	assert_match "$output" '33 99'
}

@test "podman run -d, logs, wait, rm" {
	p run -d --name "$NAME" busybox sh -c 'echo out; echo err >&2; exit 5' >/dev/null
	assert_eq "$(p wait "$NAME")" 5
	assert_eq "$(p logs "$NAME" 2>/dev/null)" out
	assert_eq "$(p logs "$NAME" 2>&1 >/dev/null)" err
	assert_eq "$(p inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$NAME")" 'exited 5'
	p rm "$NAME" >/dev/null
}

@test "podman create, start, restart, start of an exited one" {
	p create --name "$NAME" busybox sh -c 'echo up; exec sleep 1000' >/dev/null
	p start "$NAME" >/dev/null
	p restart -t 0 "$NAME" >/dev/null
	p stop -t 0 "$NAME" >/dev/null
	p start "$NAME" >/dev/null
	poll is $'up\nup\nup' podman logs "$NAME"
}

@test "podman start --attach: output and status" {
	p create --name "$NAME" busybox sh -c 'echo attached; exit 9' >/dev/null
	run p start --attach "$NAME"
	assert_eq "$status" 9
	assert_eq "$output" attached
}

@test "podman inspect names the runtime and the process" {
	up
	assert_eq "$(p inspect --format '{{.OCIRuntime}}' "$NAME")" "$CALLERS_RUNTIME"
	grep -q sleep "/proc/$(p inspect --format '{{.State.Pid}}' "$NAME")/cmdline"
}

@test "podman stop: SIGTERM arrives, and SIGKILL after the time" {
	p run -d --name "$NAME" busybox sh -c 'trap "echo got it; exit 4" TERM; echo ready; while :; do sleep 0.1; done' >/dev/null
	poll is ready podman logs "$NAME"
	p stop "$NAME" >/dev/null
	assert_eq "$(p inspect --format '{{.State.ExitCode}}' "$NAME")" 4
	assert_match "$(p logs "$NAME")" 'got it'
	p rm "$NAME" >/dev/null
	up
	p stop -t 0 "$NAME" >/dev/null
	assert_eq "$(p inspect --format '{{.State.ExitCode}}' "$NAME")" 137
}

@test "podman kill: signals by name and number" {
	p run -d --name "$NAME" busybox sh -c 'trap "echo usr1" USR1; trap "exit 6" HUP; echo ready; while :; do sleep 0.1; done' >/dev/null
	poll is ready podman logs "$NAME"
	p kill --signal USR1 "$NAME" >/dev/null
	poll is $'ready\nusr1' podman logs "$NAME"
	p kill --signal 1 "$NAME" >/dev/null
	assert_eq "$(p wait "$NAME")" 6
}

@test "podman kill with the host's pid namespace ends all its processes" {
	p run -d --pid host --name "$NAME" busybox sh -c 'sleep 1000 & echo $!; exec sleep 1000' >/dev/null
	local child
	poll child_is_known
	child=$(p logs "$NAME")
	p rm -f -t 0 "$NAME" >/dev/null
	poll test ! -d "/proc/$child"
}

child_is_known() {
	[[ $(p logs "$NAME") =~ ^[0-9]+$ ]]
}

@test "podman rm -f of a running container" {
	up
	local pid
	pid=$(p inspect --format '{{.State.Pid}}' "$NAME")
	p rm -f -t 0 "$NAME" >/dev/null
	poll test ! -d "/proc/$pid"
}

# bats test_tags=vm
@test "podman pause, unpause" {
	up
	p pause "$NAME" >/dev/null
	assert_eq "$(p inspect --format '{{.State.Status}}' "$NAME")" paused
	p unpause "$NAME" >/dev/null
	assert_eq "$(p inspect --format '{{.State.Status}}' "$NAME")" running
	assert_eq "$(p exec "$NAME" echo alive)" alive
}

@test "podman top" {
	up
	assert_match "$(p top "$NAME" pid args)" '1 +sleep 1000'
}

# bats test_tags=vm
@test "podman stats" {
	requires_controller memory pids
	up
	assert_match "$(p stats --no-stream --format '{{.Name}} {{.PIDs}}' "$NAME")" "$NAME 1"
}

@test "podman healthcheck" {
	p run -d --name "$NAME" --health-cmd 'test -e /tmp/well' --health-interval disable busybox sleep 1000 >/dev/null
	run p healthcheck run "$NAME"
	assert_eq "$status" 1
	p exec "$NAME" touch /tmp/well
	p healthcheck run "$NAME"
}

@test "podman cp, diff, commit" {
	up
	echo content >"$DIR/file"
	p cp "$DIR/file" "$NAME:/tmp/file"
	assert_eq "$(p exec "$NAME" cat /tmp/file)" content
	assert_match "$(p diff "$NAME")" '/tmp/file'
	p commit -q "$NAME" "localhost/$NAME" >/dev/null
	assert_eq "$(p run --rm "localhost/$NAME" cat /tmp/file)" content
	p rmi -f "localhost/$NAME" >/dev/null
}

@test "podman attach" {
	p run -d -i --name "$NAME" busybox sh -c 'read line; echo "got $line"; exit 2' >/dev/null
	assert_match "$(echo words | p attach "$NAME")" 'got words'
	assert_eq "$(p wait "$NAME")" 2
}

@test "podman run --rm: eight at the same time" {
	local i pids=()
	for i in 1 2 3 4 5 6 7 8; do
		p run --rm busybox echo "n$i" >"$DIR/out.$i" 2>&1 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in 1 2 3 4 5 6 7 8; do
		assert_eq "$(cat "$DIR/out.$i")" "n$i"
	done
}

@test "podman container checkpoint is refused with a reason" {
	up
	run p container checkpoint "$NAME"
	[[ $status -ne 0 ]]
	assert_match "$output" 'root'
}
