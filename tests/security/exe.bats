#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Container root, who is the user outside, must not overwrite the runtime's own programs through
# /proc/PID/exe. CVE-2019-5736.

load security

# The programs are copied to a place that the caller may write: a home directory, as it were.
setup() {
	test_setup
	victim_make
	requires lodger
	OWN=$BATS_TEST_TMPDIR/own
	mkdir "$OWN"
	cp "$LODGER" "$OWN/lodger"
	cp "$(dirname "$LODGER")"/lodger-* "$OWN/"
	chmod 755 "$OWN"/*
	LODGER=$OWN/lodger
	sums >"$BATS_TEST_TMPDIR/sums"
	config '.process.noNewPrivileges = false | .root.readonly = false'
}

sums() {
	sha256sum "$OWN"/*
}

same_programs() {
	sums | diff "$BATS_TEST_TMPDIR/sums" - || fail "a program of the runtime was overwritten"
}

@test "security: an entry point '#!/proc/self/exe'" {
	printf '#!/proc/self/exe\n' >"$ROOTFS/bin/entry"
	chmod 755 "$ROOTFS/bin/entry"
	args /bin/entry
	attack
	same_programs
}

@test "security: an entry point that is a symlink to /proc/self/exe" {
	ln -s /proc/self/exe "$ROOTFS/bin/entry"
	args /bin/entry spec
	attack
	same_programs
	refute_match "$output" 'ociVersion'
}

@test "security: an image's libraries are not loaded by init" {
	# A dynamic lodger-init would look for its libraries inside; a static one has no interpreter.
	mkdir -p "$ROOTFS/lib64" "$ROOTFS/lib"
	printf '#!/bin/sh\ntouch /ran\n' >"$ROOTFS/lib64/ld-linux-x86-64.so.2"
	chmod 755 "$ROOTFS/lib64/ld-linux-x86-64.so.2"
	args true
	attack
	[[ ! -e $ROOTFS/ran ]]
	# With sanitizers it cannot be static.
	[[ -n ${LODGER_TEST_SANITIZED:-} ]] || run ! grep -aq 'ld-linux' "$OWN/lodger-init"
}

@test "security: a process that waits for init in the same pid namespace cannot reopen its program" {
	# The first container is the attacker, the second joins its pid namespace.
	sh_args 'exec tool hunt overwritten'
	ct_up
	local pid i hunter=$ID
	pid=$(ct_pid)
	jq --arg p "/proc/$pid/ns/pid" --arg u "/proc/$pid/ns/user" '.process.args = ["true"]
		| .linux.namespaces |= map(if .type == "pid" then .path = $p else . end) + [{type: "user", path: $u}]
		| del(.linux.uidMappings, .linux.gidMappings)' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/second.json"
	mkdir "$BATS_TEST_TMPDIR/second"
	cp "$BATS_TEST_TMPDIR/second.json" "$BATS_TEST_TMPDIR/second/config.json"
	cp -al "$ROOTFS" "$BATS_TEST_TMPDIR/second/rootfs"
	for i in {1..25}; do
		lodger run --bundle "$BATS_TEST_TMPDIR/second" "$ID-$i" </dev/null >>"$BATS_TEST_TMPDIR/log" 2>&1 || echo failed >>"$BATS_TEST_TMPDIR/log"
	done
	lodger kill "$hunter" TERM
	ct_wait_stopped "$hunter"
	same_programs
	refute_match "$(<"$OUT")" 'overwrote'
	# The attack must have had its chance: the joins worked.
	assert_eq "$(sort -u "$BATS_TEST_TMPDIR/log")" "" "what the second containers said"
	assert_match "$(<"$OUT")" 'never overwritten'
	ct_delete
}

@test "security: the waiting init's program cannot be opened for writing, even by its user" {
	args sleep 100
	ct_create
	run "$TOOL" openw "/proc/$(ct_pid)/exe"
	[[ $status -ne 0 ]] || fail "$output"
	ct_delete
	same_programs
}

@test "security: after its end the waiting init's program cannot be written through an old handle" {
	args sleep 100
	ct_create
	exec 9<"/proc/$(ct_pid)/exe"
	ct_delete
	# With the program no longer running ETXTBSY does not protect it any more.
	run "$TOOL" openw /proc/self/fd/9
	if [[ $status -eq 0 ]]; then
		bash -c 'echo overwritten >/proc/self/fd/9' 2>/dev/null || :
	fi
	exec 9<&-
	same_programs
}

@test "security: the handle that init runs from is sealed or read-only" {
	args sleep 100
	ct_create
	local pid exe
	pid=$(ct_pid)
	exe=$(readlink "/proc/$pid/exe")
	exec 9<"/proc/$pid/exe"
	lodger delete --force "$ID"
	run bash -c 'exec 8<>/proc/self/fd/9 && echo x >&8'
	exec 9<&-
	[[ $status -ne 0 ]] || fail "$exe was written"
}
