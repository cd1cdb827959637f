#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What config.json says of the process: capabilities, limits, ids, environment, seccomp, sysctl.

load helpers

caps() {
	sh_args 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status'
}

field() {
	awk -v key="$1:" '$1 == key { print $2 }' <<<"$output"
}

@test "process: the five capability sets" {
	# KILL is bit 5, NET_BIND_SERVICE 10, AUDIT_WRITE 29, CHOWN 0.
	config '.process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
		permitted: ["CAP_CHOWN", "CAP_KILL"],
		effective: ["CAP_CHOWN"],
		inheritable: [],
		ambient: []}'
	# execve(2) as root would raise permitted and effective to the bounding set; no_new_privs keeps
	# them at what was permitted before.
	caps
	ct_ok
	assert_eq "$(field CapBnd)" 0000000000000421
	assert_eq "$(field CapInh)" 0000000000000000
	assert_eq "$(field CapAmb)" 0000000000000000
	assert_eq "$(field CapPrm)" 0000000000000021
}

@test "process: ambient and inheritable capabilities reach a user that is not root" {
	requires user subids
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {
		bounding: ["CAP_KILL", "CAP_CHOWN"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"],
		inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
	caps
	ct_ok
	assert_eq "$(field CapBnd)" 0000000000000021
	assert_eq "$(field CapInh)" 0000000000000020
	assert_eq "$(field CapPrm)" 0000000000000020
	assert_eq "$(field CapEff)" 0000000000000020
	assert_eq "$(field CapAmb)" 0000000000000020
}

@test "process: without ambient ones a user that is not root has none" {
	requires subids
	config '.process.user = {uid: 1000, gid: 1000}'
	caps
	ct_ok
	assert_eq "$(field CapEff)" 0000000000000000
	assert_eq "$(field CapPrm)" 0000000000000000
}

@test "process: no capabilities member means none at all" {
	config 'del(.process.capabilities)'
	caps
	ct_ok
	assert_eq "$(field CapBnd)" 0000000000000000
	assert_eq "$(field CapEff)" 0000000000000000
}

@test "process: an unknown capability is a warning or an error that names it" {
	config '.process.capabilities.bounding += ["CAP_FLY"]'
	caps
	ct_run
	assert_match "$stderr" CAP_FLY
}

@test "process: no_new_privs on and off" {
	caps
	ct_ok
	assert_eq "$(field NoNewPrivs)" 1
	config '.process.noNewPrivileges = false'
	tree_forget
	ct_ok
	assert_eq "$(field NoNewPrivs)" 0
}

@test "process: rlimits soft and hard" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	sh_args 'ulimit -Sn; ulimit -Hn; ulimit -Hc'
	ct_ok
	assert_eq "$output" $'100\n200\n0'
}

@test "process: an rlimit above the caller's hard limit is clamped, with a warning" {
	requires user lodger
	ulimit -n 512
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100000, hard: 100000}]'
	sh_args 'ulimit -Sn; ulimit -Hn'
	ct_ok
	assert_eq "$output" $'512\n512'
	assert_match "$stderr" 'RLIMIT_NOFILE'
}

@test "process: an unlimited stack by its 64-bit number" {
	local hard
	hard=$(ulimit -Hc)
	[[ $hard == unlimited || $RUNTIME == lodger ]] || skip "$RUNTIME does not clamp and the hard limit is $hard"
	# jq cannot write this number, being short of a 64-bit integer.
	config '.process.rlimits = [{type: "RLIMIT_STACK", soft: "MAX", hard: "MAX"}]'
	sh_args 'ulimit -Hs'
	sed -i 's/"MAX"/18446744073709551615/' "$BUNDLE/config.json"
	ct_ok
	assert_eq "$output" "$(ulimit -Hs)"
}

@test "process: hostname, of the container only" {
	config '.hostname = "lodge"'
	sh_args 'hostname; cat /proc/sys/kernel/hostname'
	local before
	before=$(hostname)
	ct_ok
	assert_eq "$output" $'lodge\nlodge'
	assert_eq "$(hostname)" "$before"
}

@test "process: domainname" {
	requires lodger
	config '.domainname = "example.org"'
	sh_args 'cat /proc/sys/kernel/domainname'
	ct_ok
	assert_eq "$output" example.org
}

@test "process: user, group, additional groups" {
	requires subids
	config '.process.user = {uid: 33, gid: 34, additionalGids: [35, 36]}'
	sh_args 'id -u; id -g; grep ^Groups /proc/self/status | xargs'
	ct_ok
	assert_eq "${lines[0]}" 33
	assert_eq "${lines[1]}" 34
	assert_match "${lines[2]}" 'Groups: (34 )?35 36$'
}

@test "process: another user with create and start" {
	requires subids
	config '.process.user = {uid: 33, gid: 34}'
	sh_args 'id -u; id -g'
	ct_up
	ct_wait_stopped
	assert_eq "$(<"$OUT")" $'33\n34'
	ct_delete
}

@test "process: cwd" {
	config '.process.cwd = "/etc"'
	sh_args 'pwd; ls passwd'
	ct_ok
	assert_eq "$output" $'/etc\npasswd'
}

@test "process: a cwd that does not exist is made or is an error that names it" {
	rootfs_may_change
	config '.process.cwd = "/srv/new" | .root.readonly = false'
	sh_args 'pwd'
	ct_run
	[[ $output == /srv/new ]] || assert_match "$stderr" '/srv/new'
}

@test "process: a cwd on a mount" {
	mkdir "$BATS_TEST_TMPDIR/data"
	bind_add "$BATS_TEST_TMPDIR/data" /mnt
	config '.process.cwd = "/mnt"'
	sh_args 'echo x >here'
	ct_ok
	[[ -f $BATS_TEST_TMPDIR/data/here ]]
}

@test "process: a cwd that only the container's user may enter" {
	requires subids user
	config '.process.cwd = "/mnt" | .process.user = {uid: 1000, gid: 1000}'
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt", "options": ["mode=0700", "uid=1000", "gid=1000"]}'
	sh_args 'pwd'
	ct_run
	[[ $output == /mnt ]] || fail "status $status: $stderr"
}

@test "process: the environment is that of config.json" {
	config '.process.env = ["PATH=/bin", "A=b=c d", "EMPTY="]'
	sh_args 'echo "$A|${EMPTY-unset}|$PATH"; env | grep -c -E "^(LODGER|BATS|XDG|USER)"'
	ct_run
	assert_eq "${lines[0]}" 'b=c d||/bin'
	assert_eq "${lines[1]}" 0
}

@test "process: HOME comes from passwd where env has none" {
	config '.process.env = ["PATH=/bin"]'
	sh_args 'echo "$HOME"'
	ct_ok
	assert_eq "$output" /root
}

@test "process: PATH of config.json finds the program, not the caller's" {
	mkdir "$ROOTFS/opt"
	printf '#!/bin/sh\necho found $0\n' >"$ROOTFS/opt/prog"
	chmod 755 "$ROOTFS/opt/prog"
	config '.process.env = ["PATH=/opt:/bin"]'
	args prog
	ct_ok
	assert_eq "$output" 'found /opt/prog'
	config '.process.env = ["PATH=/bin"]'
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'prog'
}

@test "process: umask" {
	requires lodger
	sh_args 'umask'
	ct_ok
	assert_eq "$output" 0022
	config '.process.user.umask = 63'
	tree_forget
	ct_ok
	assert_eq "$output" 0077
}

@test "process: oom_score_adj" {
	config '.process.oomScoreAdj = 500'
	sh_args 'cat /proc/self/oom_score_adj'
	ct_ok
	assert_eq "$output" 500
}

@test "process: an oom_score_adj that may not be lowered is a warning" {
	requires user lodger
	config '.process.oomScoreAdj = -900'
	sh_args 'cat /proc/self/oom_score_adj'
	ct_ok
	assert_eq "$output" "$(cat /proc/self/oom_score_adj)"
	assert_match "$stderr" 'oom'
}

@test "process: a seccomp filter that refuses a call with an errno" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
	sh_args 'grep ^Seccomp: /proc/self/status; mkdir /dev/shm/x'
	ct_run
	assert_match "$output" 'Seccomp:.*2'
	assert_match "$stderr" 'No space left'
}

@test "process: a seccomp filter with arguments" {
	# kill(2) with signal 0 only is refused.
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{index: 1, value: 0, op: "SCMP_CMP_EQ"}]}]}'
	sh_args 'kill -0 $$ 2>/dev/null || echo refused; kill -CONT $$ && echo allowed'
	ct_ok
	assert_eq "$output" $'refused\nallowed'
}

@test "process: seccomp that kills" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	sh_args 'mkdir /dev/shm/x; echo "status $?"'
	ct_run
	assert_eq "$output" 'status 159'
}

@test "process: seccomp without no_new_privs" {
	config '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	caps
	ct_ok
	assert_eq "$(field NoNewPrivs)" 0
	assert_eq "$(field Seccomp)" 2
}

@test "process: names of system calls that this machine does not know are passed over" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["no_such_call", "mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	sh_args 'mkdir /dev/shm/x 2>/dev/null || echo refused'
	ct_ok
	assert_eq "$output" refused
}

@test "process: no seccomp filter without one in config.json" {
	caps
	ct_ok
	assert_eq "$(field Seccomp)" 0
}

@test "process: sysctl of a namespace of its own" {
	config '.linux.sysctl = {"kernel.msgmax": "4096", "kernel.shm_rmid_forced": "1"}'
	sh_args 'cat /proc/sys/kernel/msgmax /proc/sys/kernel/shm_rmid_forced'
	ct_ok
	assert_eq "$output" $'4096\n1'
}

@test "process: sysctl net.* with a network namespace, with slashes too" {
	jq -e '.linux.namespaces | map(.type) | index("network")' "$BUNDLE/config.json" ||
		config '.linux.namespaces += [{type: "network"}]'
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "net/ipv4/ip_unprivileged_port_start": "80"}'
	[[ $RUNTIME == lodger ]] || config '.linux.sysctl |= del(.["net/ipv4/ip_unprivileged_port_start"])'
	sh_args 'cat /proc/sys/net/ipv4/ip_forward'
	ct_ok
	assert_eq "$output" 1
}

@test "process: every namespace of config.json is a new one, the others are the caller's" {
	sh_args 'for n in ipc mnt pid uts net; do echo $n $(readlink /proc/self/ns/$n); done'
	config '.linux.namespaces |= map(select(.type != "network"))'
	local kind value
	ct_ok
	while read -r kind value; do
		if [[ $kind == net ]]; then
			assert_eq "$value" "$(readlink /proc/self/ns/net)" "network namespace"
		else
			[[ $value != "$(readlink "/proc/self/ns/$kind")" ]] || fail "$kind is the caller's"
		fi
	done <<<"$output"
}

@test "process: the caller's own namespaces by their paths are joined already" {
	config '.linux.namespaces |= map(select(.type | IN("network", "uts") | not))
		+ [{type: "network", path: "/proc/self/ns/net"}, {type: "uts", path: "/proc/self/ns/uts"}]
		| del(.hostname)'
	[[ $RUNTIME == lodger ]] || is_root || skip "$RUNTIME calls setns, and has no rights over them"
	sh_args 'for n in net uts; do readlink /proc/self/ns/$n; done; ls -d /sys/class'
	ct_ok
	assert_eq "$output" "$(readlink /proc/self/ns/net; readlink /proc/self/ns/uts; echo /sys/class)"
}

@test "process: namespaces joined by path" {
	requires user subids
	unshare -Ur --map-auto -niu sh -c 'hostname holder; exec sleep 100' 3>&- &
	local holder=$!
	poll 5 grep -qs sleep "/proc/$holder/cmdline"
	[[ $RUNTIME == lodger ]] || { kill "$holder"; skip "$RUNTIME wants mappings beside the path"; }
	config '.linux.namespaces |= map(select(.type | IN("network", "ipc", "uts") | not))
		+ [{type: "user", path: "\($p)/user"}, {type: "network", path: "\($p)/net"},
		{type: "uts", path: "\($p)/uts"}, {type: "ipc", path: "\($p)/ipc"}] | del(.hostname)' \
		--arg p "/proc/$holder/ns"
	sh_args 'for n in net uts ipc user; do readlink /proc/self/ns/$n; done; hostname'
	ct_run
	local expected
	expected=$(for n in net uts ipc user; do readlink "/proc/$holder/ns/$n"; done; echo holder)
	kill "$holder"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$output" "$expected"
}

@test "process: a pid namespace whose first process has ended is refused by name" {
	requires user subids lodger
	local holder first userns pidns
	unshare -Ur --map-auto -p --fork --kill-child sleep 100 3>&- &
	holder=$!
	poll 10 pgrep -P "$holder" -x sleep
	first=$(pgrep -P "$holder" -x sleep)
	exec {userns}<"/proc/$first/ns/user" {pidns}<"/proc/$first/ns/pid"
	# unshare blocks SIGTERM for as long as its child runs.
	kill -KILL "$first"
	wait "$holder" || :
	config '.linux.namespaces |= map(if .type == "pid" then .path = "\($fds)/\($pidns)" else . end)
		+ [{type: "user", path: "\($fds)/\($userns)"}] | del(.linux.uidMappings, .linux.gidMappings)' \
		--arg fds "/proc/$BASHPID/fd" --arg pidns "$pidns" --arg userns "$userns"
	args true
	ct_run
	exec {userns}<&- {pidns}<&-
	refused 'the first process of the pid namespace has ended'
}

@test "process: a namespace path of another type is refused with its JSON path" {
	requires lodger
	config '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/self/ns/uts" else . end)'
	args true
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'linux\.namespaces\[[0-9]+\]|/proc/self/ns/uts'
}

@test "process: loopback is up in a new network namespace" {
	requires lodger
	sh_args 'ip link show lo'
	ct_ok
	assert_match "$output" 'LOOPBACK,UP'
}

@test "process: arguments arrive as they are, empty ones and odd ones too" {
	args printf '[%s]' 'a b' '' '*' $'new\nline' 'é' '$HOME' --
	ct_ok
	assert_eq "$output" $'[a b][][*][new\nline][é][$HOME][--]'
}

@test "process: a script without an interpreter line is an exec format error or runs not at all" {
	echo 'echo ran' >"$ROOTFS/etc/script"
	chmod 755 "$ROOTFS/etc/script"
	args /etc/script
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" '[Ee]xec format error'
}

@test "process: a program that is there and cannot be executed: the error says what it may lack" {
	requires lodger
	printf '#!/no/such/interpreter\n' >"$ROOTFS/etc/script"
	printf 'echo ran\n' >"$ROOTFS/etc/text"
	chmod 755 "$ROOTFS/etc/script" "$ROOTFS/etc/text"
	args /etc/script
	ct_run
	refused 'exec /etc/script: no such file or directory.*fix: if the file is there, its interpreter is not'
	# The same of start, whose caller sees what init says.
	ct_create
	lodger start "$ID"
	ct_wait_stopped
	assert_match "$(<"$OUT")" 'fix: .*interpreter'
	ct_delete
	args /etc/text
	ct_run
	refused 'exec format error.*fix: it is a program for another architecture'
	args /etc/passwd
	ct_run
	refused 'exec: "/etc/passwd": permission denied.*fix: .*chmod \+x'
}

@test "process: the process is PID 1 and leader of its own session" {
	sh_args 'set -- $(cat /proc/self/stat); echo $$; cut -d" " -f6 /proc/1/stat'
	ct_ok
	assert_eq "$output" $'1\n1'
}

@test "process: without an own pid namespace it is no PID 1" {
	requires lodger user
	ns_drop pid
	config '.mounts |= map(select(.destination != "/proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)'
	sh_args 'echo $$'
	ct_run
	# The kernel lets nobody mount a proc of a pid namespace that is not his; without it the
	# container runs, or is refused with a reason.
	if [[ $status -eq 0 ]]; then
		((output > 1)) || fail "pid $output"
	else
		assert_match "$stderr" 'proc|pid'
	fi
}

# Two numbers: of the caller's session keyring, and of the container's.
keyrings() {
	tree_note
	run --separate-stderr "$TOOL" keyring bash -c '"$0" keyring; exec "$@"' "$TOOL" \
		"$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$@" "$ID" 3>&- 4>&-
	[[ $status -ne 2 ]] || skip "the kernel gives no keyring"
	assert_eq "$status" 0 "status ($stderr)"
}

@test "process: a session keyring of its own, the caller's with --no-new-keyring" {
	args tool keyring
	keyrings
	[[ ${lines[0]} != "${lines[1]}" ]] || fail "the container has the caller's keyring"
	keyrings --no-new-keyring
	assert_eq "${lines[1]}" "${lines[0]}" "the container's keyring"
}
