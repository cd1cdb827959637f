#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec: one more process in a container, with the identity, rights and limits of its config, of
# --process, or of the command line.

load helpers

setup() {
	test_setup
	args sleep 1000
	SOCKET_DIR=$(mktemp -d /tmp/exec.XXXXXX)
}

teardown() {
	rm -rf "${SOCKET_DIR:-/none}"
	test_teardown
}

# ct_exec OPTION... -- WORD...: what stands before "--" comes before the container's name.
ct_exec() {
	local opts=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		opts+=("$1")
		shift
	done
	shift
	run --separate-stderr lodger exec "${opts[@]}" "$ID" "$@" </dev/null
	printf '[stdout]\n%s\n[stderr]\n%s\n' "$output" "${stderr:-}" >>"$TRACE"
}

exec_ok() {
	ct_exec "$@"
	[[ $status -eq 0 ]] || fail "exec: status $status: $output ${stderr:-}"
}

# failed REGEX: lodger itself failed, as runc's callers see it.
failed() {
	assert_eq "$status" 255 "exit status ($output ${stderr:-})"
	assert_match "$stderr" "$1"
}

@test "exec: the process is in the container, and no descriptor or variable of the caller is" {
	ct_up
	local pid
	pid=$(ct_pid)
	export EXEC_TEST_VARIABLE=host
	exec_ok -- sh -c 'for n in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$n; done; echo "host:$EXEC_TEST_VARIABLE"'
	local want=
	for n in user mnt pid net ipc uts cgroup; do
		want+=$(readlink "/proc/$pid/ns/$n")$'\n'
	done
	assert_eq "$output" "${want}host:"
	run "$TOOL" with-fds 5 "$BUNDLE" "$LODGER" "${GLOBAL[@]}" exec "$ID" tool fds </dev/null
	assert_eq "$(wc -l <<<"$output")" 3 "descriptors: $output"
	refute_match "$output" "$BUNDLE"
}

@test "exec: exit statuses: the command's, 128+N, 255 for the runtime" {
	ct_up
	ct_exec -- sh -c 'exit 37'
	assert_eq "$status" 37
	ct_exec -- sh -c 'kill -TERM $$'
	assert_eq "$status" 143
	ct_exec -- nosuch
	failed 'exec failed: .*exec: "nosuch": executable file not found in \$PATH'
	ct_exec -- /nosuch
	failed 'exec: "/nosuch": stat /nosuch: no such file or directory'
	ct_exec -- /etc/passwd
	failed 'exec: "/etc/passwd": permission denied'
	ct_exec -- /etc
	failed 'exec: "/etc": is a directory'
}

@test "exec: options after the container's name belong to the command" {
	ct_up
	exec_ok -- echo --user 1 -t
	assert_eq "$output" '--user 1 -t'
	exec_ok -- -- echo x
	assert_eq "$output" x
}

@test "exec: environment, directory, user, groups" {
	requires subids
	ct_up
	exec_ok --cwd /tmp -e A=1 --env B=2 --user 1000:7 --additional-gids 5 -g 6,8 -- \
		sh -c 'pwd; echo "$A$B"; id; echo "$HOME"'
	assert_eq "$output" $'/tmp\n12\nuid=1000(user) gid=7 groups=5,6,8\n/tmp'
	exec_ok -u 9 -- id
	assert_eq "$output" 'uid=9 gid=0(root)'
}

@test "exec: what is no user is an error and never root" {
	ct_up
	local user
	for user in "" : 1: :1 4294967296 4294967295 -1 root 1:2:3 0x0; do
		ct_exec --user="$user" -- id
		failed 'is not UID or UID:GID'
		assert_eq "$output" ""
	done
}

@test "exec: no supplementary group of the caller" {
	ct_up
	exec_ok -- id -G
	assert_eq "$output" 0
}

@test "exec: capabilities of the config, and those that --cap adds; none becomes inheritable" {
	ct_up
	exec_ok -- sh -c 'grep ^Cap /proc/self/status'
	local before=$output
	assert_match "$before" 'CapInh:[[:space:]]0+'
	exec_ok --cap CAP_NET_RAW -- sh -c 'grep ^Cap /proc/self/status'
	assert_match "$output" 'CapInh:[[:space:]]0+'
	assert_match "$output" 'CapAmb:[[:space:]]0+'
	assert_eq "$(awk '/CapBnd/ { print $2 }' <<<"$output")" \
		"$(printf '%016x' $((0x$(awk '/CapBnd/ { print $2 }' <<<"$before") | 1 << 13)))"
	exec_ok --cap CAP_FLY -- sh -c 'grep ^Cap /proc/self/status'
	assert_eq "$output" "$before"
	assert_match "$stderr" '"CAP_FLY" is not the name of a capability and is left out'
}

@test "exec: no_new_privs, seccomp and rlimits are those of the config" {
	config '.process.noNewPrivileges = true | .process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 2}]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	ct_up
	exec_ok -- sh -c 'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status; ulimit -c; mkdir /tmp/x 2>&1; true'
	assert_match "$output" 'NoNewPrivs:[[:space:]]1'
	assert_match "$output" 'Seccomp:[[:space:]]2'
	assert_match "$(sed -n 3p <<<"$output")" '^(0|1)$'
	assert_match "$output" '[Ff]unction not implemented'
}

@test "exec: --no-new-privs where the config has it not" {
	config '.process.noNewPrivileges = false'
	ct_up
	exec_ok -- grep NoNewPrivs /proc/self/status
	assert_match "$output" '0$'
	exec_ok --no-new-privs -- grep NoNewPrivs /proc/self/status
	assert_match "$output" '1$'
}

@test "exec: --process says all of the process, from a file or standard input" {
	requires subids
	ct_up
	jq -n '{args: ["sh", "-c", "id; pwd; echo $A; ulimit -n; umask"], cwd: "/tmp", env: ["PATH=/bin", "A=b"],
		user: {uid: 3, gid: 4, additionalGids: [5], umask: 63},
		rlimits: [{type: "RLIMIT_NOFILE", soft: 20, hard: 30}]}' >"$BATS_TEST_TMPDIR/p.json"
	run --separate-stderr lodger exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	assert_eq "$output" $'uid=3 gid=4 groups=5\n/tmp\nb\n20\n0077'
	run --separate-stderr lodger exec --process - "$ID" <"$BATS_TEST_TMPDIR/p.json"
	assert_eq "${lines[0]}" 'uid=3 gid=4 groups=5'
}

@test "exec: a --process that is wrong is an error with file and place" {
	ct_up
	local f=$BATS_TEST_TMPDIR/p.json
	echo '{"args": ["true"]}' >"$f"
	ct_exec --process "$f" --
	failed "$f"
	failed cwd
	echo '{"cwd": "/", "args": ["true"], "rlimits": [{"type": "RLIMIT_FOO", "soft": 1, "hard": 1}]}' >"$f"
	ct_exec --process "$f" --
	failed RLIMIT_FOO
	echo '{"cwd": "/", "args": 1}' >"$f"
	ct_exec --process "$f" --
	failed 'line 1'
	ct_exec --process /nosuch --
	failed '/nosuch: no such file or directory'
	ct_exec --
	failed 'no command'
}

@test "exec: statuses of the container in which it is refused" {
	ct_exec -- true
	failed 'does not exist'
	ct_create
	exec_ok -- true
	lodger start "$ID"
	exec_ok -- true
	lodger kill "$ID" KILL
	ct_wait_stopped
	ct_exec -- true
	failed 'cannot exec in a stopped container'
}

@test "exec: --detach, --pid-file, and standard streams that stay" {
	ct_up
	local pid
	lodger exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sh -c 'echo begin; read -r x; echo "got $x"' \
		< <(poll 10 test -s "$BATS_TEST_TMPDIR/pid" && echo line) >"$BATS_TEST_TMPDIR/log" 2>&1
	pid=$(<"$BATS_TEST_TMPDIR/pid")
	assert_match "$pid" '^[0-9]+$'
	ct_wait "$pid"
	assert_eq "$(<"$BATS_TEST_TMPDIR/log")" $'begin\ngot line'
	# A failure leaves no pid file.
	ct_exec --detach --pid-file "$BATS_TEST_TMPDIR/pid2" -- nosuch
	failed 'not found'
	[[ ! -e $BATS_TEST_TMPDIR/pid2 ]]
}

@test "exec: --preserve-fds hands down what it names and nothing else" {
	ct_up
	echo three >"$BATS_TEST_TMPDIR/3"
	exec 7<"$BATS_TEST_TMPDIR/3"
	run bash -c 'exec 3<&7 4<&7 5<&7; exec "$@"' - "$LODGER" "${GLOBAL[@]}" exec --preserve-fds 1 "$ID" sh -c 'cat <&3; tool fds' </dev/null
	exec 7<&-
	assert_eq "${lines[0]}" three
	assert_eq "${#lines[@]}" 5 "descriptors: $output"
	run bash -c 'exec 3<&- 4<&- 5<&-; exec "$@"' - "$LODGER" "${GLOBAL[@]}" exec --preserve-fds 1 "$ID" true </dev/null
	assert_eq "$status" 255
	assert_match "$output" 'descriptor 3 is not open'
	# With a gap, as podman exec --preserve-fd 5 has it.
	run bash -c 'exec 5<"$0" 3<&- 4<&-; exec "$@"' "$BATS_TEST_TMPDIR/3" "$LODGER" "${GLOBAL[@]}" \
		--log "$BATS_TEST_TMPDIR/log" exec --preserve-fds 3 "$ID" sh -c 'cat <&5; tool fds | cut -d" " -f1 | xargs' </dev/null
	assert_eq "$output" $'three\n0 1 2 5'
}

@test "exec: signals are passed on" {
	ct_up
	lodger exec "$ID" sh -c 'trap "echo term; exit 9" TERM; echo ready; while :; do sleep 0.05; done' \
		</dev/null >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	local client=$! rc=0 front
	poll 10 grep -q ready "$BATS_TEST_TMPDIR/log"
	# timeout(1), below which the wrapper runs it, passes the signal on.
	front=$(pgrep -P "$client" -f 'timeout' || echo "$client")
	kill -TERM "$front"
	wait "$client" || rc=$?
	assert_match "$(<"$BATS_TEST_TMPDIR/log")" term
}

@test "exec: a container that ends takes its exec with it: 137" {
	ct_up
	lodger exec "$ID" sh -c 'echo ready; sleep 1000' </dev/null >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	local client=$! rc=0
	poll 10 grep -q ready "$BATS_TEST_TMPDIR/log"
	lodger kill "$ID" KILL
	wait "$client" || rc=$?
	assert_eq "$rc" 137
}

@test "exec: a container that ends while others enter: each exec says so or has run" {
	ct_up
	local i rc
	for i in {1..12}; do
		(rc=0
			lodger exec "$ID" true </dev/null >"$BATS_TEST_TMPDIR/log.$i" 2>&1 3>&- || rc=$?
			echo "$rc" >"$BATS_TEST_TMPDIR/rc.$i") &
		[[ $i -ne 6 ]] || lodger kill "$ID" KILL
	done
	wait
	for i in {1..12}; do
		rc=$(<"$BATS_TEST_TMPDIR/rc.$i")
		case $rc in
		0 | 137) ;;
		255) assert_match "$(<"$BATS_TEST_TMPDIR/log.$i")" 'stopped container' ;;
		*) fail "exec $i: status $rc: $(<"$BATS_TEST_TMPDIR/log.$i")" ;;
		esac
	done
}

@test "exec: a terminal by --console-socket" {
	requires python
	ct_up
	python3 "$HERE/terminal.py" recv "$SOCKET_DIR/s" "$SOCKET_DIR/ready" expect:three eof >"$BATS_TEST_TMPDIR/tty" 2>&1 3>&- &
	local receiver=$!
	poll 10 test -e "$SOCKET_DIR/ready"
	lodger exec --tty --detach --console-socket "$SOCKET_DIR/s" "$ID" \
		sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && tool ctty && echo three' </dev/null
	wait "$receiver" || fail "$(<"$BATS_TEST_TMPDIR/tty")"
	assert_match "$(<"$BATS_TEST_TMPDIR/tty")" '/dev/pts/0'
	assert_match "$(<"$BATS_TEST_TMPDIR/tty")" 'controlling terminal'
}

@test "exec: a terminal of the caller, its size, its input, the exit status" {
	requires python
	ct_up
	run python3 "$HERE/terminal.py" run size:31,97 expect:ready 'send:line\n' 'expect:got line' -- sh -c \
		'until [ "$(stty size)" = "31 97" ]; do sleep 0.01; done; exec "$@"' - \
		"$LODGER" "${GLOBAL[@]}" exec -t "$ID" sh -c 'stty size; echo ready; read -r x; echo "got $x"; exit 5' 3>&-
	assert_eq "$status" 5
	assert_match "$output" '31 97'
	assert_match "$output" 'got line'
}

@test "exec: --tty only where there is somebody for it, a socket only where there is a terminal" {
	ct_up
	ct_exec --tty --detach -- true
	failed 'needs --console-socket'
	ct_exec --console-socket /nosuch/s -- true
	failed 'console-socket'
}

@test "exec: the config's terminal is not exec's" {
	requires python
	config '.process.terminal = true'
	python3 "$HERE/terminal.py" recv "$SOCKET_DIR/s" "$SOCKET_DIR/ready" eof >/dev/null 2>&1 3>&- &
	poll 10 test -e "$SOCKET_DIR/ready"
	ct_up --console-socket "$SOCKET_DIR/s"
	exec_ok -- sh -c 'test -t 1 || echo none'
	assert_eq "$output" none
}

@test "exec: --pidfd-socket gets a pidfd of the process" {
	requires python
	ct_up
	python3 - "$SOCKET_DIR/p" "$SOCKET_DIR/ready" >"$BATS_TEST_TMPDIR/got" 2>&1 3>&- <<'PY' &
import os, signal, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.bind(sys.argv[1])
s.listen(1)
open(sys.argv[2], "w").close()
c = s.accept()[0]
name, fds, _, _ = socket.recv_fds(c, 100, 1)
print(name.decode(), len(fds))
signal.pidfd_send_signal(fds[0], signal.SIGTERM)
PY
	local receiver=$!
	poll 10 test -e "$SOCKET_DIR/ready"
	ct_exec --pidfd-socket "$SOCKET_DIR/p" -- sleep 1000
	assert_eq "$status" 143
	wait "$receiver"
	assert_eq "$(<"$BATS_TEST_TMPDIR/got")" 'setns 1'
}

@test "exec: execCPUAffinity" {
	[[ $(nproc) -gt 1 ]] || skip "needs two processors"
	config '.process.execCPUAffinity = {initial: "0", final: "1"}'
	ct_up
	exec_ok -- grep Cpus_allowed_list /proc/self/status
	assert_match "$output" '[[:space:]]1$'
	echo '{"cwd": "/", "args": ["/bin/grep", "Cpus_allowed_list", "/proc/self/status"], "execCPUAffinity": {"initial": "0"}}' >"$BATS_TEST_TMPDIR/p.json"
	ct_exec --process "$BATS_TEST_TMPDIR/p.json" --
	assert_match "$output" '[[:space:]]0$'
	echo '{"cwd": "/", "args": ["true"], "execCPUAffinity": {"final": "4000"}}' >"$BATS_TEST_TMPDIR/p.json"
	ct_exec --process "$BATS_TEST_TMPDIR/p.json" --
	failed 'execCPUAffinity.final'
}

@test "exec: oomScoreAdj and nice of --process" {
	ct_up
	echo '{"cwd": "/", "args": ["/bin/sh", "-c", "cat /proc/self/oom_score_adj; cut -d\" \" -f19 /proc/self/stat"], "oomScoreAdj": 777,
		"scheduler": {"policy": "SCHED_OTHER", "nice": 7}}' >"$BATS_TEST_TMPDIR/p.json"
	ct_exec --process "$BATS_TEST_TMPDIR/p.json" --
	assert_eq "$output" $'777\n7'
}

@test "exec: in a pid namespace that the container shares" {
	ns_drop pid
	mount_drop_proc() { config '.mounts |= map(select(.destination != "/proc"))'; }
	mount_drop_proc
	ct_up
	exec_ok -- sh -c 'echo in; id -u'
	assert_eq "$output" $'in\n0'
}

@test "exec: in a container with one id" {
	requires user
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}]
		| .mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end)' \
		--argjson u "$(id -u)" --argjson g "$(id -g)"
	ct_up
	exec_ok -- id -u
	assert_eq "$output" 0
	ct_exec --user 1 -- id
	failed 'uid 1 does not exist'
}

@test "exec: below a caller's user namespace, as podman and rootlesskit call" {
	requires user subids
	run --separate-stderr unshare -Urm --map-auto bash -c '
		"$1" create --bundle "$2" "$3" </dev/null >/dev/null && "$1" start "$3" || exit 91
		"$1" exec --user 5:6 "$3" id </dev/null; "$1" exec "$3" sh -c "exit 7" </dev/null; echo $?
		"$1" delete --force "$3"' - "$LODGER" "$BUNDLE" "$ID" 3>&-
	assert_eq "$output" $'uid=5 gid=6\n7' "stderr: $stderr"
}

@test "exec: errors in the JSON log have code, step, object" {
	ct_up
	run lodger --log "$BATS_TEST_TMPDIR/log" --log-format json exec "$ID" nosuch
	assert_eq "$status" 255
	assert_eq "$(jq -r '[.code, .step, .object, .kind] | join(" ")' "$BATS_TEST_TMPDIR/log" | tail -1)" \
		'exec find-executable process.args[0] config'
}
