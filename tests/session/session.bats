#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The environment itself: what the other tests of this folder take for granted.

load helpers

@test "session: this is a login session of an unprivileged user" {
	[[ $(id -u) -ne 0 ]]
	assert_match "$(own_cgroup)" "^/user.slice/user-$(id -u).slice/session-.*\.scope$"
	assert_eq "$(loginctl show-session "$XDG_SESSION_ID" --property Name --value)" "$(id -un)"
}

@test "session: the user's systemd runs and nothing has failed" {
	assert_eq "$(systemctl --user is-system-running)" running
	assert_eq "$(systemctl is-system-running)" running
}

@test "session: a scope can be delegated, frozen and killed" {
	local scope=lodger-probe-$BATS_TEST_NUMBER-$$ dir
	systemd-run --user --scope --quiet --unit "$scope" -p Delegate=yes sleep 1000 3>&- &
	poll 10 systemctl --user is-active --quiet "$scope.scope"
	dir=/sys/fs/cgroup$(systemctl --user show --property ControlGroup --value "$scope.scope")
	[[ -w $dir/cgroup.procs && -O $dir/cgroup.freeze ]]
	echo 1 >"$dir/cgroup.freeze"
	poll 10 grep -q 'frozen 1' "$dir/cgroup.events"
	echo 1 >"$dir/cgroup.kill"
	run wait $!
	poll 10 is_gone "$dir"
}

is_gone() {
	[[ ! -e $1 ]]
}

@test "session: a container runs" {
	args cat /proc/self/cgroup
	ct_ok
	assert_match "$output" '0::'
}
