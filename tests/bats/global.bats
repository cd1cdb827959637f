#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What stands before the command: --root --log --log-format --debug --version --help, exit statuses.

load helpers

@test "global: --version has the lines that callers parse" {
	run --separate-stderr "$LODGER" --version
	assert_eq "$status" 0
	assert_match "${lines[0]}" "^$RUNTIME version [0-9]+\.[0-9]+"
	assert_match "$output" $'\nspec: 1\.[0-9]+\.[0-9]+'
}

@test "global: --version of lodger names the specification it implements" {
	requires lodger
	run --separate-stderr "$LODGER" --version
	assert_match "$output" $'(^|\n)spec: 1\.3\.0'
	run --separate-stderr "$LODGER" -v
	assert_match "${lines[0]}" '^lodger version '
}

@test "global: --help and help of every command, on stdout, status 0" {
	local command
	run --separate-stderr "$LODGER" --help
	assert_eq "$status" 0
	for command in create start run state kill delete list spec; do
		assert_match "$output" "$command"
	done
	for command in create start run state kill delete list spec; do
		run --separate-stderr "$LODGER" "$command" --help
		assert_eq "$status" 0 "status of $command --help"
		[[ -n $output ]] || fail "$command --help says nothing on stdout"
	done
}

@test "global: an unknown command is an error that names it" {
	run "$LODGER" frobnicate
	[[ $status -ne 0 ]]
	assert_match "$output" frobnicate
}

@test "global: an unknown option is an error that names it" {
	run "$LODGER" --frobnicate list
	assert_eq "$status" 1
	assert_match "$output" frobnicate
}

@test "global: --root wins over XDG_RUNTIME_DIR" {
	args sleep 100
	local other=$BATS_TEST_TMPDIR/other
	lodger --root "$other" create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	[[ -d $other/$ID ]]
	[[ ! -e $STATE/$ID ]]
	run ! lodger state "$ID"
	assert_eq "$(lodger --root "$other" state "$ID" | jq -r .status)" created
	lodger --root="$other" delete --force "$ID"
	[[ ! -e $other/$ID ]]
}

@test "global: a --root that cannot be made is an error that names it" {
	args true
	run lodger --root /proc/none/here create --bundle "$BUNDLE" "$ID"
	refused '/proc/none'
}

@test "global: --log-format json writes runc's error line" {
	local log=$BATS_TEST_TMPDIR/log
	run lodger --log "$log" --log-format json state "$ID"
	assert_eq "$status" 1
	assert_eq "$(jq -rs '[.[] | select(.level == "error")] | length' "$log")" 1
	assert_match "$(jq -r 'select(.level == "error") | .msg' "$log")" 'does not exist'
	assert_match "$(jq -r 'select(.level == "error") | .time' "$log")" \
		'^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$'
}

@test "global: --log=FILE --log-format=json, as podman passes them" {
	local log=$BATS_TEST_TMPDIR/log
	args no-such-program
	run lodger --log-format=json --log="$log" create --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 1
	assert_match "$(jq -r 'select(.level == "error") | .msg' "$log")" 'no-such-program'
}

@test "global: the log file is appended to" {
	local log=$BATS_TEST_TMPDIR/log
	lodger --log "$log" --log-format json state "$ID" 2>/dev/null || :
	lodger --log "$log" --log-format json state "$ID" 2>/dev/null || :
	assert_eq "$(jq -s 'length >= 2' "$log")" true
}

@test "global: a hostile id or path does not break the JSON line" {
	requires lodger
	local log=$BATS_TEST_TMPDIR/log
	run lodger --log "$log" --log-format json state $'a"b\\c\nd\x01\xff'
	assert_eq "$status" 1
	jq -e . "$log"
	assert_eq "$(wc -l <"$log")" 1 "lines"
}

@test "global: text log is the default format" {
	local log=$BATS_TEST_TMPDIR/log
	run lodger --log "$log" state "$ID"
	assert_eq "$status" 1
	assert_match "$(<"$log")" 'does not exist'
	run ! jq -e . "$log"
}

@test "global: an unknown log format is refused" {
	run lodger --log-format yaml list
	assert_eq "$status" 1
	assert_match "$output" 'yaml|format'
}

@test "global: a log file that cannot be opened is an error that names it" {
	run lodger --log "$BATS_TEST_TMPDIR/no/such/log" list
	[[ $status -ne 0 ]]
	assert_match "$output" 'no/such/log'
}

@test "global: --debug says what is done, without it a good run says nothing" {
	requires lodger
	args true
	ct_ok
	assert_eq "$stderr" ""
	run --separate-stderr lodger --debug run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0
	[[ -n $stderr ]] || fail "--debug says nothing"
}

@test "global: what a user may not have is done otherwise, with a debug line each" {
	requires user lodger
	args true
	local log=$BATS_TEST_TMPDIR/log
	run lodger --debug --log "$log" --log-format json run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0
	jq -s . "$log" >/dev/null || fail "a line of the log is no JSON"
	assert_match "$(jq -r 'select(.level == "debug") | .msg' "$log")" '[Dd]evice|/dev/'
	assert_match "$(jq -r 'select(.level == "debug") | .msg' "$log")" 'cgroup'
}

@test "global: messages of init reach the log as well" {
	requires lodger
	args true
	mount_add '{"type": "nosuchfs", "source": "none", "destination": "/mnt"}'
	local log=$BATS_TEST_TMPDIR/log
	run lodger --log "$log" --log-format json run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 1
	assert_match "$(jq -r 'select(.level == "error") | .msg' "$log")" 'nosuchfs|/mnt'
}

@test "global: --systemd-cgroup --cgroup-manager --rootless are taken, as callers pass them" {
	requires lodger
	args true
	run lodger --rootless true list -q
	assert_eq "$status" 0
	run lodger --rootless=auto list -q
	assert_eq "$status" 0
	run lodger --cgroup-manager cgroupfs list -q
	assert_eq "$status" 0
	run lodger --cgroup-manager=disabled list -q
	assert_eq "$status" 0
	run lodger --systemd-cgroup list -q
	assert_eq "$status" 0
	run lodger --cgroup-manager nonsense list -q
	assert_eq "$status" 1
}

@test "global: it runs with closed standard descriptors" {
	args true
	local rc=0
	lodger run --bundle "$BUNDLE" "$ID" <&- >&- 2>&- || rc=$?
	assert_eq "$rc" 0
}

@test "global: it works with the barest environment" {
	requires lodger
	args true
	env -i XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
}

@test "global: a full standard output is an error, not silence" {
	requires lodger
	args sleep 100
	ct_create
	local rc=0
	lodger list -q >/dev/full 2>"$OUT" || rc=$?
	assert_eq "$rc" 1 "status of list with a full standard output"
	ct_delete
}

@test "global: --log journald: and syslog: where nobody listens is an error that names the socket" {
	requires lodger
	[[ ! -S /run/systemd/journal/socket ]] || skip "there is a journal"
	run lodger --log journald:name list
	refused 'connect to /run/systemd/journal/socket'
	[[ -S /dev/log ]] || {
		run lodger --log syslog: list
		refused 'connect to /dev/log'
	}
}

@test "global: --log file: names a file, as with crun" {
	requires lodger
	run lodger --log "file:$BATS_TEST_TMPDIR/log" state nosuch
	assert_eq "$status" 1
	assert_match "$(<"$BATS_TEST_TMPDIR/log")" 'does not exist'
}

@test "global: errors of every stage have code, step, object and errno in the JSON log, and one or two lines of text" {
	requires lodger
	local log=$BATS_TEST_TMPDIR/log
	fails() {
		rm -f "$log"
		run lodger --log "$log" --log-format json "$@" </dev/null
		[[ $status -ne 0 ]] || fail "succeeded: $*"
		((${#lines[@]} <= 2)) || fail "more than two lines: $output"
		tail -n 1 "$log" | jq -e '(.code | length > 0) and (.kind | length > 0) and (.step | length > 0)
			and (.object | length > 0) and (.errno | type == "number")
			and (.kind != "host" or (.fix | length > 0))' >/dev/null ||
			fail "$*: $(<"$log")"
	}
	fails state nosuch
	fails state 'no/such'
	fails start nosuch
	fails kill nosuch
	fails kill "$ID" NOSIGNAL
	fails frobnicate
	fails list --format xml
	fails create --bundle /nosuch "$ID"
	fails exec nosuch true
	fails checkpoint nosuch
	config '.process.args = ["/nosuch"]'
	fails run --bundle "$BUNDLE" "$ID"
	config '.process.args = ["true"] | .process.cwd = "/etc/passwd/x"'
	fails run --bundle "$BUNDLE" "$ID"
	config '.process.cwd = "/" | .root.path = "nosuch"'
	fails run --bundle "$BUNDLE" "$ID"
	config '.root.path = "rootfs" | .linux.sysctl = {"kernel.panic": "1"}'
	fails run --bundle "$BUNDLE" "$ID"
	config 'del(.linux.sysctl) | .mounts += [{type: "bind", source: "/nosuch", destination: "/mnt", options: ["bind"]}]'
	fails run --bundle "$BUNDLE" "$ID"
	config '.mounts = "x"'
	fails run --bundle "$BUNDLE" "$ID"
	echo '{' >"$BUNDLE/config.json"
	fails run --bundle "$BUNDLE" "$ID"
}
