#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What many containers leave behind. LODGER_TEST_CONTAINERS says how many (default: 60):
#
#   LODGER_TEST_CONTAINERS=1000 LODGER_TEST_FILE_LIMIT=1200 tests/run --build build session

load helpers

setup() {
	session_setup
	GLOBAL+=(--systemd-cgroup)
	COUNT=${LODGER_TEST_CONTAINERS:-60}
	# Of all that is made here, and of nothing else on the machine.
	ID=many-$$-$RANDOM
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
}

units_of() {
	systemctl --user list-units --all --no-legend --plain "lodger-$ID*"
}

no_units() {
	[[ -z $(units_of) ]]
}

# variant NAME FILTER: a config for --config.
variant() {
	jq "$2" "$BUNDLE/config.json" >"$BUNDLE/$1.json"
}

# one N: a container of one of the ways in which they come and go.
one() {
	local id=$ID-$1
	case $(($1 % 5)) in
		0) lodger run --bundle "$BUNDLE" --config "$BUNDLE/true.json" "$id" ;;
		1) ! lodger run --bundle "$BUNDLE" --config "$BUNDLE/crash.json" "$id" ;;
		2)
			lodger create --bundle "$BUNDLE" --config "$BUNDLE/sleep.json" "$id"
			lodger start "$id"
			lodger delete --force "$id"
			;;
		3)
			lodger create --bundle "$BUNDLE" --config "$BUNDLE/sleep.json" "$id"
			lodger delete --force "$id"
			;;
		4) ! lodger create --bundle "$BUNDLE" --config "$BUNDLE/hook.json" "$id" ;;
	esac </dev/null >>"$OUT" 2>&1
}

@test "many: no scope, no failed unit and no cgroup remains" {
	local i failed=() line
	variant true '.process.args = ["true"]'
	variant sleep '.process.args = ["sleep", "1000"]'
	# The first process of a pid namespace would not mind a signal of its own.
	variant crash '.process.args = ["sh", "-c", "kill -SEGV $$"]
		| .linux.namespaces |= map(select(.type != "pid"))'
	variant hook '.hooks.createRuntime = [{path: "/bin/false"}]'
	line=$(units_of)
	assert_eq "$line" ""
	for ((i = 0; i < COUNT; i++)); do
		one "$i" || failed+=("$i")
	done
	assert_eq "${failed[*]}" ""
	poll 10 no_units || fail "units: $(units_of)"
	assert_eq "$(systemctl --user list-units --failed --no-legend --plain "lodger-$ID*")" ""
	assert_eq "$(find /sys/fs/cgroup -name "*$ID*")" ""
	assert_eq "$(ls -A "$STATE")" ""
	# Nor do jobs or transient units pile up in the user's systemd.
	assert_eq "$(systemctl --user list-jobs --no-legend "lodger-$ID*")" ""
	assert_eq "$(find "$XDG_RUNTIME_DIR/systemd/transient" -name "lodger-$ID*" 2>/dev/null)" ""
	echo "# $COUNT containers" >&3
}
