# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests that run in a login session (tests/env/session) have beyond those of tests/bats:
# the session's own XDG_RUNTIME_DIR with its bus, and so a state directory that is named by --root.

# shellcheck source=tests/bats/helpers.bash disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/../bats/helpers.bash"

setup_file() {
	SESSION_RUNTIME_DIR=${XDG_RUNTIME_DIR:?is not set: this is no login session}
	export SESSION_RUNTIME_DIR
	files_setup
}

setup() {
	session_setup
}

session_setup() {
	test_setup
	XDG_RUNTIME_DIR=$SESSION_RUNTIME_DIR
	STATE=$BATS_TEST_TMPDIR/state
	GLOBAL=(--root "$STATE")
}

# The caller's cgroup v2, as the kernel names it.
own_cgroup() {
	cgroup_of self
}

# cgroup_of PID
cgroup_of() {
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

# The systemd that this session answers to: the user's, or root's.
user_systemctl() {
	if [[ $(id -u) -eq 0 ]]; then
		systemctl "$@"
	else
		systemctl --user "$@"
	fi
}

# requires_controller NAME...: skip where this machine's cgroup v2 does not have them.
requires_controller() {
	local name
	for name in "$@"; do
		grep -qw "$name" /sys/fs/cgroup/cgroup.controllers ||
			skip "needs the $name controller in cgroup v2, which has: $(</sys/fs/cgroup/cgroup.controllers)"
	done
}
