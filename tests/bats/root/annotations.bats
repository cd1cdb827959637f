#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Annotations that runtimes act on, for callers who have something to lose by them: their groups.

load ../helpers

GROUP_OF_CALLER=47110

setup() {
	requires root account lodger
	ACCOUNT=${LODGER_TEST_USER:-lodger-dev}
	test_setup
	sh_args 'id -G; cat /mnt/secret'
	mkdir "$BATS_TEST_TMPDIR/data"
	echo text >"$BATS_TEST_TMPDIR/data/secret"
	chown "0:$GROUP_OF_CALLER" "$BATS_TEST_TMPDIR/data/secret"
	chmod 640 "$BATS_TEST_TMPDIR/data/secret"
	mount_add "{\"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/data\", \"destination\": \"/mnt\",
		\"options\": [\"bind\"]}"
}

keep_groups() {
	config '.annotations["run.oci.keep_original_groups"] = "1"'
}

# member [ARGUMENT...]: lodger as the account, which is in one group more.
member() {
	setpriv --reuid "$ACCOUNT" --regid "$ACCOUNT" --groups "$(id -g "$ACCOUNT"),$GROUP_OF_CALLER" \
		env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" \
		timeout -k 5 "$LODGER_TEST_TIMEOUT" "$LODGER" "$@" 3>&- 4>&-
}

as_member() {
	tree_note
	run --separate-stderr member "$@"
	printf '[stdout]\n%s\n[stderr]\n%s\n' "$output" "$stderr" >>"$TRACE"
}

for_account() {
	GLOBAL=()
	STATE=$BATS_TEST_TMPDIR/run/lodger
	chown "$ACCOUNT:$ACCOUNT" "$XDG_RUNTIME_DIR" "$BUNDLE"
	chmod 755 "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" "$BATS_TEST_TMPDIR"
	rm -rf "$ROOTFS"
	cp -a "$ROOTFS_TEMPLATE" "$ROOTFS"
	chown -R "$ACCOUNT:$ACCOUNT" "$ROOTFS"
}

@test "annotations: keep_original_groups: an unprivileged caller's groups reach their files" {
	for_account
	as_member run --bundle "$BUNDLE" "$ID"
	assert_match "$stderr" 'Permission denied'
	keep_groups
	as_member run --bundle "$BUNDLE" "$ID"
	assert_eq "$status" 0
	# The group has no number inside, and what it may read can be read.
	assert_eq "$output" $'0 65534\ntext'
}

@test "annotations: keep_original_groups: another user of the container, and exec" {
	for_account
	keep_groups
	config '.process.user = {uid: 5, gid: 6}'
	as_member run --bundle "$BUNDLE" "$ID"
	assert_eq "$output" $'6 0 65534\ntext'
	args sleep 100
	member run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	as_member exec "$ID" cat /mnt/secret
	assert_eq "$output" text
	as_member delete --force "$ID"
}

@test "annotations: keep_original_groups: root's, and additionalGids are left out with a warning" {
	keep_groups
	config '.process.user.additionalGids = [7]'
	run --separate-stderr setpriv --groups "0,$GROUP_OF_CALLER" "$LODGER" "${GLOBAL[@]}" run \
		--bundle "$BUNDLE" "$ID" 3>&- 4>&-
	assert_eq "$output" "0 $GROUP_OF_CALLER"$'\ntext'
	assert_match "$stderr" 'additionalGids: left out: run.oci.keep_original_groups'
}

@test "annotations: without keep_original_groups the caller's groups are gone" {
	run --separate-stderr setpriv --groups "0,$GROUP_OF_CALLER" "$LODGER" "${GLOBAL[@]}" run \
		--bundle "$BUNDLE" "$ID" 3>&- 4>&-
	assert_eq "${lines[0]}" 0
}
