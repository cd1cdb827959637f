#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore, with a real criu(8): what is saved goes on, what fails leaves nothing.

load ../helpers
load ../criu

setup_file() {
	files_setup
	criu_setup
}

setup() {
	test_setup
	counter_make
}

# Images are no leftovers of a container, and what is made in the root is in the bundle.
teardown() {
	ROOTFS_MAY_CHANGE=1
	[[ -z ${RECEIVER:-} ]] || kill "$RECEIVER" 2>/dev/null || :
	[[ -z ${NETNS:-} ]] || ip netns del "$NETNS" || :
	test_teardown
}

@test "checkpoint: memory goes on where it was; the container has a new pid, exec, kill and delete" {
	local saved pid
	counter_up
	pid=$(ct_pid)
	checkpoint
	ct_wait "$pid"
	run lodger state "$ID"
	refused 'does not exist'
	[[ -s $IMAGES/inventory.img && -s $IMAGES/dump.log ]]
	assert_eq "$(jq -r 'length' "$IMAGES/descriptors.json")" 3
	saved=$(counted)
	restore --pid-file "$BATS_TEST_TMPDIR/pid"
	assert_eq "$(ct_status)" running
	assert_eq "$(cat "$BATS_TEST_TMPDIR/pid")" "$(ct_pid)"
	[[ -s $IMAGES/restore.log ]]
	counts_on "$saved"
	run lodger exec "$ID" sh -c 'echo $$ >/dev/null; cat /proc/1/comm'
	assert_eq "$output" sh
	# lo is up as it is in a new container.
	run lodger exec "$ID" ifconfig lo
	assert_match "$output" 'UP LOOPBACK'
	pid=$(ct_pid)
	lodger kill "$ID" KILL
	ct_wait "$pid"
	ct_wait_stopped
	lodger delete "$ID"
}

@test "checkpoint: twice in a row" {
	local saved
	counter_up
	for _ in 1 2; do
		checkpoint
		saved=$(counted)
		restore
		counts_on "$saved"
	done
}

@test "checkpoint: logs are in the work path, which is made" {
	counter_up
	checkpoint --work-path "$BATS_TEST_TMPDIR/a/work"
	[[ -s $BATS_TEST_TMPDIR/a/work/dump.log && ! -e $IMAGES/dump.log ]]
	restore --work-path "$BATS_TEST_TMPDIR/a/work"
	[[ -s $BATS_TEST_TMPDIR/a/work/restore.log && ! -e $IMAGES/restore.log ]]
}

@test "checkpoint: the default image path is checkpoint, in the working directory" {
	counter_up
	cd "$BATS_TEST_TMPDIR"
	lodger checkpoint "$ID"
	[[ -s checkpoint/inventory.img ]]
	lodger restore --detach --bundle "$BUNDLE" "$ID" </dev/null >>"$OUT" 2>&1
	counts_on 100
}

@test "checkpoint --leave-running: the container goes on, and can be restored under another name" {
	local pid saved
	counter_up
	pid=$(ct_pid)
	checkpoint --leave-running
	assert_eq "$(ct_status)" running
	assert_eq "$(ct_pid)" "$pid"
	saved=$(counted)
	counts_on "$saved"
	ct_delete
	ID=$ID-2
	restore
	counts_on 100
}

@test "checkpoint: of a paused container" {
	counter_up
	lodger pause "$ID"
	checkpoint
	restore
	assert_eq "$(ct_status)" running
	counts_on 100
}

@test "checkpoint: of a container that is not running is refused" {
	args sleep 1000
	ct_create
	run checkpoint
	refused 'cannot be checkpointed: it is created'
	[[ ! -e $IMAGES ]]
}

@test "restore: under a name that is in use is refused" {
	counter_up
	checkpoint --leave-running
	run restore
	refused ''
	assert_match "$(cat "$OUT")" 'already exists'
	counts_on "$(counted)"
}

@test "restore: pipes as standard descriptors are the caller's; the exit status is the container's" {
	sh_args 'n=$((20 + 1)); read -r line; echo "got $line $n"; echo "bad" >&2; exit 7'
	coproc feeder { cat; }
	lodger run --detach --bundle "$BUNDLE" "$ID" <&"${feeder[0]}" > >(cat >>"$OUT") 2> >(cat >>"$OUT")
	poll 10 status_is "$ID" running
	checkpoint
	eval "exec ${feeder[1]}>&-"
	[[ ! -s $OUT ]]
	run bash -c 'set -o pipefail; echo hello | "$@" 2> >(cat >"$0") | cat' "$BATS_TEST_TMPDIR/err" \
		"$LODGER" "${GLOBAL[@]}" restore --bundle "$BUNDLE" --image-path "$IMAGES" "$ID" 3>&- 4>&-
	assert_eq "$status" 7
	assert_eq "$output" "got hello 21"
	poll 5 grep -qx bad "$BATS_TEST_TMPDIR/err"
	run lodger state "$ID"
	refused 'does not exist'
}

@test "restore: a terminal goes to the console socket, and is the one that the container had" {
	requires python
	# Short: the path of a Unix socket has 107 bytes.
	SOCKET_DIR=$(mktemp -d /tmp/lodger-XXXXXX)
	config '.process.terminal = true'
	sh_args 'read -r line; echo "got $line on $(tty)"'
	receive() {
		rm -f "$SOCKET_DIR"/*
		python3 "$HERE/terminal.py" recv "$SOCKET_DIR/s" "$SOCKET_DIR/ready" "$@" \
			>"$BATS_TEST_TMPDIR/tty" 2>&1 3>&- &
		RECEIVER=$!
		poll 10 test -e "$SOCKET_DIR/ready"
	}
	receive eof
	ct_up --console-socket "$SOCKET_DIR/s"
	checkpoint
	wait "$RECEIVER" || :
	receive 'send:hello\n' eof
	restore --console-socket "$SOCKET_DIR/s"
	wait "$RECEIVER"
	assert_match "$(tr -d '\r' <"$BATS_TEST_TMPDIR/tty")" 'got hello on /dev/pts/0'
	rm -r "$SOCKET_DIR"
	ct_wait_stopped
}

@test "restore: the cgroup is the one that config.json names then, with its limits" {
	counter_up
	checkpoint --manage-cgroups-mode ignore
	config ".linux.cgroupsPath = \"/lodger-bats-$ID\" | .linux.resources.pids.limit = 77"
	restore --manage-cgroups-mode ignore
	assert_match "$(cut -d: -f3 "/proc/$(ct_pid)/cgroup")" "^/lodger-bats-$ID"
	assert_eq "$(cat /sys/fs/cgroup{,/pids}"/lodger-bats-$ID/pids.max" 2>/dev/null)" 77
	counts_on 100
	ct_delete
	[[ -z $(find /sys/fs/cgroup -type d -name "lodger-bats-$ID") ]]
}

@test "restore: volumes in volumes get their mount points again; read-only ones stay so" {
	mkdir "$BATS_TEST_TMPDIR"/{outer,inner,ro}
	bind_add "$BATS_TEST_TMPDIR/outer" /outer rw
	bind_add "$BATS_TEST_TMPDIR/inner" /outer/a/b rw
	bind_add "$BATS_TEST_TMPDIR/ro" /ro ro
	counter_up
	checkpoint
	rm -r "$BATS_TEST_TMPDIR/outer/a" "$ROOTFS/ro"
	restore
	counts_on 100
	lodger exec "$ID" sh -c 'echo x >/outer/a/b/file'
	[[ -s $BATS_TEST_TMPDIR/inner/file ]]
	run lodger exec "$ID" touch /ro/file
	assert_eq "$status" 1
	assert_match "$output" 'Read-only'
}

@test "restore: a destination that is a symlink leads where it led" {
	mkdir -p "$ROOTFS/real/conf" "$BATS_TEST_TMPDIR/conf"
	ln -s /real/conf "$ROOTFS/conf"
	bind_add "$BATS_TEST_TMPDIR/conf" /conf rw
	counter_up
	checkpoint
	restore
	lodger exec "$ID" touch /conf/file
	[[ -e $BATS_TEST_TMPDIR/conf/file ]]
}

@test "restore: masked and read-only paths, tmpfs and its files are as they were" {
	counter_up
	lodger exec "$ID" sh -c 'echo kept >/dev/shm/file'
	lodger exec "$ID" cat /proc/self/mountinfo | awk '{ print $5, $6 }' | sort >"$BATS_TEST_TMPDIR/before"
	checkpoint
	restore
	lodger exec "$ID" cat /proc/self/mountinfo | awk '{ print $5, $6 }' | sort >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	run lodger exec "$ID" cat /dev/shm/file
	assert_eq "$output" kept
}

@test "restore: prestart, createRuntime and poststart hooks run, poststop ones at either end" {
	local log=$BATS_TEST_TMPDIR/hooks
	# shellcheck disable=SC2016
	config '.hooks = ([["prestart", "createRuntime", "poststart", "poststop"][] |
		{(.): [{path: "/bin/sh", args: ["sh", "-c",
			"echo \(.) $(jq -r .status) >>\($log)"]}]}] | add)' --arg log "$log"
	counter_up
	: >"$log"
	checkpoint
	assert_eq "$(cat "$log")" "poststop stopped"
	: >"$log"
	restore
	assert_eq "$(paste -sd, "$log")" "prestart creating,createRuntime creating,poststart running"
}

@test "restore: a hook that fails leaves nothing" {
	counter_up
	checkpoint
	config '.hooks = {createRuntime: [{path: "/bin/false"}]}'
	run restore
	assert_eq "$status" 1
	assert_match "$(cat "$OUT")" 'createRuntime hook #0'
	run lodger state "$ID"
	refused 'does not exist'
}

@test "restore: a network namespace that config.json names is the one that it comes back to" {
	need_command ip || skip "needs ip(8)"
	NETNS=lodger-$RANDOM$RANDOM
	ip netns add "$NETNS"
	# shellcheck disable=SC2016
	config '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' \
		--arg p "/run/netns/$NETNS"
	counter_up
	checkpoint
	restore
	counts_on 100
	assert_eq "$(stat -Lc %i "/proc/$(ct_pid)/ns/net")" "$(stat -Lc %i "/run/netns/$NETNS")"
	ct_delete
}

@test "restore: in a user namespace" {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	# A bind with others below it, as of the host's cgroups, is beyond criu there.
	config '.mounts |= map(select(.type != "cgroup"))'
	# criu looks for the volume as the container's root.
	VOLUME=$(mktemp -d /tmp/lodger-XXXXXX)
	chmod 755 "$VOLUME"
	# shellcheck disable=SC2016
	config '.mounts |= map(if .destination == "/mnt" then .source = $v else . end)' --arg v "$VOLUME"
	chown -R 100000:100000 "$ROOTFS" "$VOLUME"
	: >"$OUT"
	chmod 666 "$OUT"
	counter_up
	checkpoint
	restore
	counts_on 100
	assert_eq "$(stat -c %u "/proc/$(ct_pid)")" 100000
	ct_delete
	rm -r "$VOLUME"
}

@test "checkpoint: what cannot be saved is quoted from criu's log, and the container goes on" {
	# One process of each end, connected for as long as the container lives.
	config '.process.args[2] = "nc -l -p 7777 -e cat & tail -f /dev/null | until nc 127.0.0.1 7777;
		do usleep 10000; done & " + .process.args[2]'
	connected() {
		lodger exec "$ID" netstat -tn | grep -c ESTABLISHED | grep -qx 2
	}
	counter_up
	poll 10 connected
	run lodger --log "$BATS_TEST_TMPDIR/log" --log-format json checkpoint --image-path "$IMAGES" "$ID"
	refused ''
	assert_match "$(jq -r .msg "$BATS_TEST_TMPDIR/log")" \
		"criu could not save the container: .*Connected TCP socket.*$IMAGES/dump.log"
	assert_eq "$(jq -r '[.code, .step, .object] | join(" ")' "$BATS_TEST_TMPDIR/log")" \
		"child-died checkpoint $IMAGES/dump.log"
	assert_eq "$(ct_status)" running
	counts_on "$(counted)"
	checkpoint --tcp-established --network-lock skip
	restore --tcp-established --network-lock skip
	connected
	counts_on 100
}

@test "restore: images that are damaged or missing leave nothing" {
	run restore
	assert_eq "$status" 1
	assert_match "$(cat "$OUT")" "$IMAGES"
	counter_up
	checkpoint
	truncate -s 100 "$IMAGES"/core-1.img
	: >"$OUT"
	run restore
	assert_eq "$status" 1
	assert_match "$(cat "$OUT")" 'criu could not restore the container: .*restore.log'
	run lodger state "$ID"
	refused 'does not exist'
}

@test "restore: of images without what belongs to them is refused" {
	counter_up
	checkpoint
	rm "$IMAGES/descriptors.json"
	run restore
	assert_eq "$status" 1
	assert_match "$(cat "$OUT")" 'is not a checkpoint'
}

@test "checkpoint: a destination with ]: in it, which criu would take for two names, is refused" {
	mkdir "$BATS_TEST_TMPDIR/evil"
	bind_add "$BATS_TEST_TMPDIR/evil" '/x]:etc' rw
	counter_up
	run checkpoint
	refused 'cannot be told to criu'
	assert_eq "$(ct_status)" running
}

@test "checkpoint: a symlink of the container's that leads to a name with ]: is refused" {
	mkdir -p "$BATS_TEST_TMPDIR/data" "$ROOTFS/x]:etc"
	ln -s '/x]:etc' "$ROOTFS/data"
	bind_add "$BATS_TEST_TMPDIR/data" /data rw
	counter_up
	run checkpoint
	refused 'cannot be told to criu'
	assert_eq "$(ct_status)" running
}

@test "checkpoint: volumes that the container has made change places are refused" {
	mkdir -p "$BATS_TEST_TMPDIR"/{one,two} "$ROOTFS"/{one,two}
	bind_add "$BATS_TEST_TMPDIR/one" /one/v ro
	bind_add "$BATS_TEST_TMPDIR/two" /two/v rw
	counter_up
	lodger exec "$ID" sh -c 'mv /one /x && mv /two /one && mv /x /two'
	run checkpoint
	refused 'has exchanged its mounts'
	assert_eq "$(ct_status)" running
}

@test "checkpoint --pre-dump: memory alone, then the rest with --parent-path" {
	requires dirty_tracking
	counter_up
	lodger checkpoint --pre-dump --image-path "$IMAGES/parent" "$ID"
	assert_eq "$(ct_status)" running
	lodger checkpoint --parent-path ../parent --image-path "$IMAGES/last" "$ID"
	[[ -e $IMAGES/last/parent ]]
	IMAGES=$IMAGES/last
	restore
	counts_on 100
}

@test "checkpoint --parent-path: one that is absolute or is not there is refused" {
	counter_up
	run checkpoint --parent-path "$BATS_TEST_TMPDIR"
	refused '--parent-path .*relative'
	run checkpoint --parent-path ../nothing
	refused '--parent-path ../nothing.*no such file'
	assert_eq "$(ct_status)" running
}

@test "checkpoint: a criu that dies is an error, and the container goes on" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 3\n' >"$BATS_TEST_TMPDIR/bin/criu"
	chmod 755 "$BATS_TEST_TMPDIR/bin/criu"
	counter_up
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run checkpoint
	refused 'criu died'
	counts_on "$(counted)"
	checkpoint
	run lodger --criu "$BATS_TEST_TMPDIR/bin/criu" restore --detach --bundle "$BUNDLE" \
		--image-path "$IMAGES" "$ID"
	refused 'criu died'
}

@test "restore: a signal ends a criu that hangs, and leaves nothing" {
	local pid rc=0
	mkdir "$BATS_TEST_TMPDIR/bin"
	# It says by a file that it has been executed; the socket is its standard descriptor 3.
	printf '#!/bin/sh\n: >"%s"\nexec sleep 1000\n' "$BATS_TEST_TMPDIR/begun" >"$BATS_TEST_TMPDIR/bin/criu"
	chmod 755 "$BATS_TEST_TMPDIR/bin/criu"
	counter_up
	checkpoint
	"$LODGER" "${GLOBAL[@]}" --criu "$BATS_TEST_TMPDIR/bin/criu" restore --detach \
		--bundle "$BUNDLE" --image-path "$IMAGES" "$ID" </dev/null >>"$OUT" 2>&1 3>&- 4>&- &
	pid=$!
	poll 10 test -e "$BATS_TEST_TMPDIR/begun"
	kill -TERM "$pid"
	wait "$pid" || rc=$?
	assert_eq "$rc" 143
	run lodger state "$ID"
	refused 'does not exist'
}

@test "checkpoint: without criu the error says what to install" {
	counter_up
	PATH=/nonexistent run /usr/bin/timeout 20 "$LODGER" "${GLOBAL[@]}" checkpoint --image-path "$IMAGES" "$ID"
	refused 'criu\(8\) is not installed'
	assert_match "$output" 'fix: .*install'
	assert_eq "$(ct_status)" running
}
