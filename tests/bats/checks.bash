# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Assertions, gates, and the check after every test that nothing is left. Sourced by helpers.bash.

# --- asserting -------------------------------------------------------------------------------

fail() {
	printf '%s\n' "$*" >&2
	return 1
}

assert_eq() {
	[[ $1 == "$2" ]] || fail "${3:-value}: expected '$2', got '$1'"
}

assert_match() {
	[[ $1 =~ $2 ]] || fail "expected a match of '$2' in: $1"
}

refute_match() {
	[[ ! $1 =~ $2 ]] || fail "expected no match of '$2' in: $1"
}

# refused REGEX: the last call failed with status 1 and a matching message.
refused() {
	assert_eq "$status" 1 "exit status ($output ${stderr:-})"
	assert_match "$output ${stderr:-}" "$1"
}

# The container's own view: PID 1's status file.
status_field() {
	awk -v key="$1:" '$1 == key { $1 = ""; sub(/^ /, ""); print }'
}

is_root() {
	[[ $(id -u) -eq 0 ]] && in_initial_userns
}

in_initial_userns() {
	# PROC_USER_INIT_INO of the kernel: the first user namespace has this number.
	[[ $(readlink /proc/self/ns/user) == 'user:[4026531837]' ]]
}

# --- gates -----------------------------------------------------------------------------------

# requires WHAT...: skip, with the reason, where something is missing.
requires() {
	local what why
	for what in "$@"; do
		why=$("need_$what") || skip "$why"
	done
}

need_root() { is_root || { echo "needs root of the initial user namespace" && false; }; }
need_user() { [[ $(id -u) -ne 0 ]] || { echo "needs an unprivileged user" && false; }; }
need_lodger() {
	[[ $RUNTIME == lodger ]] || { echo "tests what lodger alone does, this is $RUNTIME" && false; }
}
need_subids() {
	is_root || [[ $(id_map_json 0 /etc/subuid) == *,* && $(id_map_json 0 /etc/subgid) == *,* ]] ||
		{ echo "needs lines for $(id -un) in /etc/subuid and /etc/subgid" && false; }
	need_command newuidmap newgidmap
}
need_command() {
	local c
	for c in "$@"; do
		command -v "$c" >/dev/null || { echo "needs $c(1)" && return 1; }
	done
}
need_python() { need_command python3; }
need_strace() { need_command strace; }
need_network() {
	need_tun || return 1
	[[ -x ${LODGER%/*}/lodger-net ]] || { echo "needs lodger-net beside ${LODGER##*/}" && false; }
}
need_pasta() { need_command pasta && need_tun; }
need_tun() {
	[[ -c /dev/net/tun && -w /dev/net/tun ]] ||
		{ echo "needs a /dev/net/tun that $(id -un) may open" && false; }
}
need_openat2() { "$TOOL" openat2 || { echo "needs a kernel with openat2(2)" && false; }; }
need_account() {
	id "${LODGER_TEST_USER:-lodger-dev}" >/dev/null 2>&1 ||
		{ echo "needs the account ${LODGER_TEST_USER:-lodger-dev} (LODGER_TEST_USER)" && false; }
}

# --- teardown --------------------------------------------------------------------------------

test_teardown() {
	local id rc=0
	[[ -n ${BUNDLE:-} ]] || return 0
	if [[ -z ${BATS_TEST_COMPLETED:-} && -z ${BATS_TEST_SKIPPED:-} ]]; then
		echo "# calls:" && cat "$TRACE"
		[[ ! -s $OUT ]] || { echo "# container:" && cat "$OUT"; }
	fi
	for id in $(lodger list --quiet 2>/dev/null); do
		lodger delete --force "$id" >/dev/null 2>&1 || echo "cannot delete $id"
	done
	nothing_left || rc=1
	return "$rc"
}

# The caller's mounts, without those of tests beside this one: in their directories, or of ip-netns(8).
host_mounts() {
	awk -v own="$BATS_TEST_TMPDIR" 'index($0, own) || !/\/bats-run-| \/run\/netns/' /proc/self/mountinfo
}

# A killed process needs a moment to go, so this is asked until it holds or two seconds are over.
nothing_left() {
	poll 2 no_processes || { echo "left behind: processes" && processes && return 1; }
	if grep -F "$BATS_TEST_TMPDIR" /proc/self/mountinfo; then
		echo "left behind: mounts"
		return 1
	fi
	if [[ -n $(find "$STATE" -mindepth 1 -print -quit 2>/dev/null) ]]; then
		echo "left behind: state" && find "$STATE"
		return 1
	fi
	if find /sys/fs/cgroup -type d -name "*$ID*" 2>/dev/null | grep .; then
		echo "left behind: cgroups"
		return 1
	fi
	if [[ -z ${ROOTFS_MAY_CHANGE:-} && -e $BATS_TEST_TMPDIR/tree ]]; then
		(cd "$BUNDLE" && find . -printf '%P %y %l\n' | sort) |
			diff "$BATS_TEST_TMPDIR/tree" - || { echo "left behind: files in the bundle" && return 1; }
	fi
}

# Processes that know the test's directory by argument, environment or mount, this shell and
# bats's own apart.
processes() {
	local pid pids
	# Looked at only when those that list them have ended, and are not found themselves.
	pids=$(grep -lasF -e "$BATS_TEST_TMPDIR" /proc/[0-9]*/{cmdline,environ,mountinfo} 2>/dev/null |
		cut -d/ -f3 | sort -un)
	for pid in $pids; do
		[[ -d /proc/$pid && $pid != "$$" && $pid != "$BASHPID" && $pid != "$PPID" ]] || continue
		# Its own directory is called bats-run-*, so the name alone tells nothing.
		grep -qaE 'libexec/bats|lib/bats|bats-exec-' "/proc/$pid/cmdline" 2>/dev/null && continue
		echo "$pid $({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null)"
	done
}

no_processes() {
	[[ -z $(processes) ]]
}
