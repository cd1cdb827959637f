#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad config.json: an error with the JSON path, status 1, and nothing left. The rows below are
#   jq edit | regular expression that the message must match
# and each is tried with `create` and with `run`.

load helpers

setup() {
	requires lodger
	test_setup
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/good.json"
}

# try_row EDIT REGEX: prints what is wrong.
try_row() {
	local edit=$1 regex=$2 verb
	jq "$edit" <"$BATS_TEST_TMPDIR/good.json" >"$BUNDLE/config.json" || { echo "bad row: $edit" && return; }
	for verb in create run; do
		status=0
		lodger "$verb" --bundle "$BUNDLE" "$ID" >"$OUT" 2>&1 </dev/null || status=$?
		if [[ $status -ne 1 ]]; then
			echo "$verb after '$edit': status $status, expected 1; $(<"$OUT")"
		elif ! grep -qE -e "$regex" "$OUT"; then
			echo "$verb after '$edit': no match of '$regex' in: $(<"$OUT")"
		fi
		if [[ -e $STATE/$ID ]]; then
			echo "$verb after '$edit' left state"
			lodger delete --force "$ID" || :
		fi
	done
}

# Every row of standard input; all failures are reported.
rows() {
	local row edit regex wrong n=0
	while read -r row; do
		# "|" of jq and of the expression is written as "¦", since it parts the two.
		regex=${row##* | }
		edit=${row%% | *}
		n=$((n + 1))
		try_row "${edit//¦/|}" "${regex//¦/|}" >>"$BATS_TEST_TMPDIR/wrong"
	done
	((n > 0)) || fail "no rows"
	: >"$OUT"
	wrong=$(<"$BATS_TEST_TMPDIR/wrong")
	[[ -z $wrong ]] || fail "$wrong"
}

# broken REGEX: standard input as config.json, for text that jq would not write.
broken() {
	cat >"$BUNDLE/config.json"
	: >"$OUT"
	ct_try_create
	refused "$1"
	[[ ! -e $STATE/$ID ]]
	: >"$OUT"
}

@test "config: the good one of these tests runs" {
	args true
	ct_ok
}

@test "config: wrong types, by JSON path" {
	rows <<'E'
.ociVersion = 1 | ociVersion: must be a string
.process = [] | process: must be an object
.process.terminal = "no" | process\.terminal: must be true or false
.process.args = "sh" | process\.args: must be an array
.process.args[1] = 5 | process\.args\[1\]: must be a string
.process.env = {} | process\.env: must be an array
.process.cwd = 7 | process\.cwd: must be a string
.process.user = "root" | process\.user: must be an object
.process.user.uid = "0" | process\.user\.uid: must be an integer
.process.user.uid = 1.5 | process\.user\.uid: must be an integer
.process.user.additionalGids = [1, "2"] | process\.user\.additionalGids\[1\]: must be an integer
.process.capabilities = [] | process\.capabilities: must be an object
.process.capabilities.bounding = "CAP_KILL" | process\.capabilities\.bounding: must be an array
.process.rlimits = {} | process\.rlimits: must be an array
.process.rlimits[0].soft = "1024" | process\.rlimits\[0\]\.soft: must be an integer
.process.noNewPrivileges = 1 | process\.noNewPrivileges: must be true or false
.root = "rootfs" | root: must be an object
.root.readonly = "true" | root\.readonly: must be true or false
.hostname = [] | hostname: must be a string
.mounts = {} | mounts: must be an array
.mounts[1].options = "ro" | mounts\[1\]\.options: must be an array
.mounts[2].destination = 5 | mounts\[2\]\.destination: must be a string
.linux = [] | linux: must be an object
.linux.namespaces = {} | linux\.namespaces: must be an array
.linux.namespaces[1] = "pid" | linux\.namespaces\[1\]: must be an object
.linux.maskedPaths[0] = {} | linux\.maskedPaths\[0\]: must be a string
.linux.sysctl = {"kernel.msgmax": 1} | linux\.sysctl.*kernel\.msgmax.*must be a string
.annotations = [] | annotations: must be an object
E
}

@test "config: unknown enumerators, with what is allowed" {
	rows <<'E'
.linux.namespaces[2].type = "netwrok" | linux\.namespaces\[2\]\.type: "netwrok" is not one of .*network
.process.rlimits[0].type = "RLIMIT_FILES" | process\.rlimits\[0\]\.type: "RLIMIT_FILES" is not one of
.linux.rootfsPropagation = "open" | linux\.rootfsPropagation: "open" is not one of .*slave
.linux.seccomp = {defaultAction: "ALLOW"} | linux\.seccomp\.defaultAction: "ALLOW" is not one of .*SCMP_ACT_ALLOW
.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_PDP11"]} | linux\.seccomp\.architectures\[0\]: "SCMP_ARCH_PDP11" is not one of
.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["kill"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 1, op: "EQ"}]}]} | linux\.seccomp\.syscalls\[0\]\.args\[0\]\.op: "EQ" is not one of
.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 3}] | linux\.devices\[0\]\.type: "z" is not one of
E
}

@test "config: missing members" {
	rows <<'E'
del(.ociVersion) | ociVersion: is missing
del(.root) | root: is missing
del(.root.path) | root\.path: is missing
del(.process) | process: is (missing¦required)
del(.process.args) | process\.args: is (missing¦empty)
.process.args = [] | process\.args: is (missing¦empty)
del(.process.cwd) | process\.cwd: is missing
del(.mounts[0].destination) | mounts\[0\]\.destination: is missing
del(.linux.namespaces[0].type) | linux\.namespaces\[0\]\.type: is missing
.linux.devices = [{type: "c", major: 1, minor: 3}] | linux\.devices\[0\]\.path: is missing
.linux.devices = [{path: "/dev/x", type: "c", major: 1}] | linux\.devices\[0\]\.minor: is missing
.linux.seccomp = {} | linux\.seccomp\.defaultAction: is missing
del(.process.rlimits[0].hard) | process\.rlimits\[0\]\.hard: is missing
E
}

@test "config: values out of range" {
	rows <<'E'
.process.user.uid = -1 | process\.user\.uid: -1 is out of range
.process.user.gid = 4294967296 | process\.user\.gid: 4294967296 is out of range
.process.oomScoreAdj = 1001 | process\.oomScoreAdj: 1001 is out of range
.process.user.umask = 512 | process\.user\.umask: 512 is out of range
.process.rlimits[0].soft = -5 | process\.rlimits\[0\]\.soft: -5 is out of range
.process.rlimits[0].soft = 9 ¦ .process.rlimits[0].hard = 8 | process\.rlimits\[0\]\.soft: .*above the hard limit
.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 0}] ¦ .linux.gidMappings = .linux.uidMappings ¦ .linux.namespaces += [{type: "user"}] | linux\.uidMappings\[0\]\.size
.linux.uidMappings = [{containerID: 4294967290, hostID: 1000, size: 10}] ¦ .linux.gidMappings = .linux.uidMappings ¦ .linux.namespaces += [{type: "user"}] | linux\.uidMappings\[0\]
.ociVersion = "one" | ociVersion: "one" is not a version
.ociVersion = "2.0.0" | ociVersion: "2.0.0" is not supported
.hostname = ("x" * 65) | hostname: is longer than 64
E
}

@test "config: members that contradict each other" {
	rows <<'E'
.linux.namespaces += [{type: "pid"}] | linux\.namespaces\[[0-9]+\]\.type: duplicate namespace "pid"
.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] ¦ .linux.namespaces += [{type: "user"}] | linux\.(uid¦gid)Mappings
.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 5}, {containerID: 3, hostID: 200000, size: 5}] ¦ .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 9}] ¦ .linux.namespaces += [{type: "user"}] | linux\.uidMappings\[[01]\].*overlap
.linux.namespaces = (.linux.namespaces ¦ map(select(.type != "uts"))) | hostname: is set without a uts namespace
.linux.sysctl = {"net.ipv4.ip_forward": "1"} ¦ .linux.namespaces = (.linux.namespaces ¦ map(select(.type != "network"))) | linux\.sysctl.*network namespace
.linux.sysctl = {"kernel.msgmax": "1"} ¦ .linux.namespaces = (.linux.namespaces ¦ map(select(.type != "ipc"))) | linux\.sysctl.*ipc namespace
.linux.sysctl = {"vm.swappiness": "1"} | linux\.sysctl.*vm\.swappiness
.linux.sysctl = {"kernel.hostname": "x"} | linux\.sysctl.*kernel\.hostname
.linux.namespaces = (.linux.namespaces ¦ map(select(.type != "mount"))) | linux\.(maskedPaths¦readonlyPaths¦namespaces)¦mounts
.linux.timeOffsets = {boottime: {secs: 1}} | linux\.timeOffsets.*time namespace
.process.rlimits += [.process.rlimits[0]] | process\.rlimits\[1\]\.type: .*twice
E
}

@test "config: paths that must be absolute, names that must be names" {
	rows <<'E'
.process.cwd = "tmp" | process\.cwd: "tmp" is not an absolute path
.process.cwd = "" | process\.cwd: is empty
.linux.namespaces[0].path = "proc/self/ns/pid" | linux\.namespaces\[0\]\.path: .*not an absolute path
.linux.maskedPaths = ["etc"] | linux\.maskedPaths\[0\]: "etc" is not an absolute path
.linux.readonlyPaths = [""] | linux\.readonlyPaths\[0\]
.linux.devices = [{path: "dev/x", type: "c", major: 1, minor: 3}] | linux\.devices\[0\]\.path: .*not an absolute path
.process.env = ["NOVALUE"] | process\.env\[0\]: "NOVALUE" is not NAME=VALUE
.annotations = {"": "x"} | annotations
.linux.sysctl = {"net/../kernel/core_pattern": "x"} | linux\.sysctl.*is not the name of a sysctl
.linux.sysctl = {"net..ipv4": "x"} | linux\.sysctl.*is not the name of a sysctl
.root.path = "" | root\.path
E
}

@test "config: unknown members are passed over" {
	config '.futureMember = {"a": [1]} | .process.futureMember = true | .linux.futureMember = "x"'
	args true
	ct_ok
}

@test "config: a namespace path that does not exist is an error with it" {
	config '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/1/no/such" else . end)'
	ct_try_create
	refused '/proc/1/no/such'
}

@test "config: not JSON: line and column" {
	printf '{\n  "ociVersion": "1.0.2",\n  "process": {,}\n}\n' | broken 'line 3, column [0-9]+'
	printf '{\n  "ociVersion": "1.0.2"' | broken 'line [0-9]+, column [0-9]+'
	printf '' | broken 'config\.json'
	printf 'ociVersion: 1' | broken 'line 1, column [0-9]+'
	printf '[]' | broken 'config\.json'
	printf '{"ociVersion": "1.0.2"} trailing' | broken 'line 1, column [0-9]+'
	printf '\0\0\0\0' | broken 'config\.json'
	printf '{"ociVersion": "\xff\xfe"}' | broken 'config\.json|ociVersion'
	printf '{"ociVersion": "1.0.2", /* c */ "a": 1}' | broken 'line 1, column [0-9]+'
	tree_forget
}

@test "config: a wrong type says line and column" {
	jq '.process.cwd = 5' <"$BATS_TEST_TMPDIR/good.json" >"$BUNDLE/config.json"
	local line
	line=$(grep -n '"cwd": 5' "$BUNDLE/config.json" | cut -d: -f1)
	ct_try_create
	refused "process\.cwd.*line $line, column [0-9]+"
}

@test "config: nested a hundred thousand deep is refused, not crashed on" {
	{
		printf '{"annotations":'
		head -c 100000 /dev/zero | tr '\0' '['
	} | broken 'config\.json'
	{
		printf '{"ociVersion":"1.0.2","x":'
		head -c 50000 /dev/zero | tr '\0' '['
		head -c 50000 /dev/zero | tr '\0' ']'
		printf '}'
	} | broken 'config\.json'
}

@test "config: 64 MiB of it are refused" {
	{
		printf '{"annotations":{"k":"'
		head -c 67108864 /dev/zero | tr '\0' x
		printf '"}}'
	} | broken 'config\.json'
}

@test "config: a member given twice is refused or one of the two counts" {
	sed -i '0,/"ociVersion"/s//"hostname": "first", "ociVersion"/' "$BUNDLE/config.json"
	ct_try_create
	if [[ $status -eq 0 ]]; then
		ct_delete
	else
		refused 'hostname'
	fi
}

@test "config: a string with an embedded NUL is refused, it would be cut" {
	sed -i 's|"cwd": "/"|"cwd": "/\\u0000etc"|' "$BUNDLE/config.json"
	grep -q u0000 "$BUNDLE/config.json"
	ct_try_create
	refused 'process\.cwd|NUL|u0000|config\.json'
}

@test "config: config.json that is a directory, a FIFO, a link to nowhere, or unreadable" {
	rm "$BUNDLE/config.json"
	mkdir "$BUNDLE/config.json"
	ct_try_create
	refused 'config\.json'
	rmdir "$BUNDLE/config.json"
	mkfifo "$BUNDLE/config.json"
	ct_try_create
	refused 'config\.json'
	rm "$BUNDLE/config.json"
	ln -s /no/such/file "$BUNDLE/config.json"
	ct_try_create
	refused 'config\.json'
	rm "$BUNDLE/config.json"
	echo '{}' >"$BUNDLE/config.json"
	if [[ $(id -u) -ne 0 ]]; then
		chmod 0 "$BUNDLE/config.json"
		ct_try_create
		refused 'config\.json.*permission denied'
	fi
	tree_forget
}

@test "config: the JSON log has kind and path of a config error" {
	jq '.linux.namespaces[2].type = "netwrok"' <"$BATS_TEST_TMPDIR/good.json" >"$BUNDLE/config.json"
	local log=$BATS_TEST_TMPDIR/log
	run lodger --log "$log" --log-format json create --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 1
	assert_match "$(jq -r .msg "$log")" 'linux\.namespaces\[2\]\.type'
	assert_eq "$(jq -r .kind "$log")" config
}

@test "config: an error of init's part leaves no file in the bundle either" {
	local before
	jq '.mounts[0].type = "nosuchfs"' <"$BATS_TEST_TMPDIR/good.json" >"$BUNDLE/config.json"
	before=$(tree "$BUNDLE")
	ct_try_create
	[[ $status -eq 1 ]]
	assert_eq "$(tree "$BUNDLE")" "$before"
}
