#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The systemd of an unprivileged user goes and comes back while a container of theirs is made, which
# root brings about.

load ../helpers

setup() {
	session_setup
	USER_ID=$(id -u "$LODGER_TEST_USER")
	GROUP_ID=$(id -g "$LODGER_TEST_USER")
	UNIT=lodger-$ID.scope
	STATE=$BATS_TEST_TMPDIR/state
	GLOBAL=(--root "$STATE" --systemd-cgroup)
	# The user must be able to reach the bundle.
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	mkdir -m 700 "$STATE"
	chown "$USER_ID:$GROUP_ID" "$STATE"
	# The first process of a pid namespace does not mind SIGTERM, for which systemd waits 90 seconds.
	config '.annotations["org.systemd.property.TimeoutStopUSec"] = "uint64 1000000"
		| .linux.namespaces |= map(select(.type != "cgroup"))'
	args sleep 1000
}

# The container is the user's, and lodger runs as they.
as_user() {
	setpriv --reuid "$USER_ID" --regid "$GROUP_ID" --init-groups \
		env XDG_RUNTIME_DIR="/run/user/$USER_ID" \
		DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$USER_ID/bus" "$@"
}

lodger() {
	as_user timeout -k 5 "$LODGER_TEST_TIMEOUT" "$LODGER" "${GLOBAL[@]}" "$@" 3>&- 4>&-
}

# begin: a create that waits for `go` at the place that at_scope's script says.
begin() {
	mkfifo -m 666 "$GATE/go"
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 &
	CREATE=$!
	poll 30 test -e "$GATE/asked"
}

user_is_away() {
	! systemctl is-active --quiet "user@$USER_ID.service"
}

restart() {
	systemctl restart "user@$USER_ID.service"
}

nothing_left() {
	[[ -z $(find /sys/fs/cgroup -name "*$ID*") ]]
	[[ ! -e $STATE/$ID ]]
	assert_eq "$(as_user systemctl --user list-units --failed --no-legend --plain "$UNIT")" ""
	assert_eq "$(as_user systemctl --user show --property LoadState --value "$UNIT")" not-found
}

is_made() {
	wait "$CREATE" || fail "create: $(<"$OUT")"
	assert_match "$(cgroup_of "$(ct_pid)")" "/user@$USER_ID.service/user.slice/$UNIT$"
	lodger delete --force "$ID"
	nothing_left
}

@test "restart: the user's systemd is restarted before it is asked" {
	at_scope <<'END'
: >asked
read -r _ <go
exec "$REAL" start <"$QUESTION"
END
	begin
	restart
	echo >"$GATE/go"
	is_made
}

@test "restart: the user's systemd is killed while it is asked, and comes back" {
	local manager
	at_scope <<'END'
"$REAL" start <"$QUESTION" &
echo $! >asked.new
mv asked.new asked
wait $!
END
	manager=$(user_manager "$USER_ID")
	kill -STOP "$manager"
	begin
	poll 30 is_waiting "$(<"$GATE/asked")"
	kill -KILL "$manager"
	poll 30 user_is_away
	systemctl reset-failed "user@$USER_ID.service"
	systemctl start "user@$USER_ID.service"
	is_made
}

@test "restart: the user's systemd is restarted when init is in its scope: an error, nothing left" {
	at_scope <<'END'
answer=$("$REAL" start <"$QUESTION" 2>&1) || exit
: >asked
read -r _ <go
echo "$answer" >&2
END
	begin
	restart
	echo >"$GATE/go"
	! wait "$CREATE" || fail "create has succeeded"
	assert_match "$(<"$OUT")" 'init was killed by signal'
	nothing_left
}

@test "restart: a container of before is stopped, and can be deleted and made anew" {
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	lodger start "$ID"
	restart
	poll 10 status_is "$ID" stopped
	lodger delete "$ID"
	nothing_left
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	lodger delete --force "$ID"
	nothing_left
}

# Init has no payload yet, and is the first process of a pid namespace: what it has no handler for,
# the kernel would drop.
@test "restart: a created container does not hold the user's systemd up" {
	local waiting
	config '.annotations["org.systemd.property.TimeoutStopUSec"] = "uint64 900000000"'
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	waiting=$(ct_pid)
	timeout 60 systemctl restart "user@$USER_ID.service"
	ct_wait "$waiting"
	assert_eq "$(ct_status)" stopped
	lodger delete "$ID"
	nothing_left
}

# The scope that all of the user's containers share ends with their systemd, as every unit does.
@test "restart: with --cgroup-manager=session the next container has the scope made anew" {
	GLOBAL=(--root "$STATE" --cgroup-manager=session)
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	assert_match "$(cgroup_of "$(ct_pid)")" "/user@$USER_ID.service/app.slice/lodger.scope/lodger-$ID$"
	lodger start "$ID"
	restart
	poll 10 status_is "$ID" stopped
	lodger delete "$ID"
	lodger create --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1 || fail "$(<"$OUT")"
	assert_match "$(cgroup_of "$(ct_pid)")" "/user@$USER_ID.service/app.slice/lodger.scope/lodger-$ID$"
	lodger delete --force "$ID"
	as_user systemctl --user stop lodger.scope
	nothing_left
}
