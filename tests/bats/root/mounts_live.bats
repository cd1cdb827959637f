#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger mounts by real root, for containers with and without a user namespace; by who is not allowed.

load ../helpers

setup() {
	requires root
	test_setup
	ROOTFS_MAY_CHANGE=1
	config '.root.readonly = false'
	args sleep 1000
	HOST=$BATS_TEST_TMPDIR/host
	mkdir -m 755 "$HOST"
	echo host >"$HOST/file"
	MOUNTS='[{"destination": "/data", "source": "'"$HOST"'", "options": ["bind"]},
		{"destination": "/scratch", "type": "tmpfs", "source": "tmpfs", "options": ["mode=750"]}]'
}

add_and_remove() {
	local before own
	own=$(host_mounts)
	ct_up
	before=$(</proc/"$(ct_pid)"/mountinfo)
	lodger mounts add "$ID" - <<<"$MOUNTS"
	assert_eq "$(lodger exec "$ID" cat /data/file)" host
	assert_eq "$(lodger exec "$ID" stat -c '%a %u' /scratch)" '750 0'
	lodger mounts remove "$ID" - <<<"$MOUNTS"
	assert_eq "$(</proc/"$(ct_pid)"/mountinfo)" "$before"
	assert_eq "$(host_mounts)" "$own"
}

@test "root: mounts: no user namespace" {
	add_and_remove
}

@test "root: mounts: into a user namespace" {
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 700000, size: 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$BUNDLE" "$ROOTFS"
	chown 700000:700000 "$ROOTFS"
	add_and_remove
	chown 0:0 "$ROOTFS"
}

@test "root: mounts: another user may not" {
	requires account
	ct_up
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	run setpriv --reuid "${LODGER_TEST_USER:-lodger-dev}" --clear-groups --regid "${LODGER_TEST_USER:-lodger-dev}" \
		"$LODGER" "${GLOBAL[@]}" mounts add "$ID" - <<<"$MOUNTS"
	assert_eq "$status" 1
	assert_eq "$(lodger exec "$ID" sh -c 'ls -d /data /scratch 2>/dev/null')" ''
}
