#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Annotations that runtimes act on. Those of a network are in net.bats.

load helpers

setup() {
	requires lodger
	test_setup
}

# annotate KEY VALUE
annotate() {
	# shellcheck disable=SC2016
	config '.annotations[$k] = $v' --arg k "$1" --arg v "$2"
}

@test "annotations: those that lodger does not act on are warnings, and nothing happens" {
	args true
	annotate run.oci.hooks.stdout "$BATS_TEST_TMPDIR/out.log"
	annotate run.oci.seccomp_bpf_data AAAA
	annotate run.oci.handler wasm
	annotate run.oci.of_next_year 1
	annotate org.example.anything else
	config '.hooks.createRuntime = [{path: "/bin/echo", args: ["echo", "word"]}]'
	ct_ok
	assert_match "$stderr" 'annotations\["run.oci.hooks.stdout"\]: not acted on: '
	assert_match "$stderr" 'annotations\["run.oci.seccomp_bpf_data"\]: not acted on: .*linux.seccomp'
	assert_match "$stderr" 'annotations\["run.oci.handler"\]: not acted on'
	assert_match "$stderr" 'annotations\["run.oci.of_next_year"\]: not acted on'
	refute_match "$stderr" 'org.example'
	[[ ! -e $BATS_TEST_TMPDIR/out.log ]] || fail "a file of the host was written"
}

@test "annotations: an empty subgroup, as CRI-O writes it, is what there is" {
	args true
	annotate run.oci.systemd.subgroup ''
	ct_ok
	assert_eq "$stderr" ''
	annotate run.oci.systemd.subgroup container
	tree_forget
	ct_ok
	assert_match "$stderr" 'subgroup"\]: not acted on'
}

@test "annotations: a name that no system call has is an error where that is asked for" {
	args true
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["acct", "no_such_call"], action: "SCMP_ACT_ERRNO"}]}'
	ct_ok
	# The profile is kept now, and still looked at.
	annotate run.oci.seccomp_fail_unknown_syscall 1
	ct_run
	refused 'linux\.seccomp\.syscalls\[0\]\.names: no system call is named "no_such_call"'
	config '.linux.seccomp.syscalls[0].names = ["acct"]'
	tree_forget
	ct_ok
}

@test "annotations: exec does not say again what create has said" {
	args sleep 100
	annotate run.oci.timens_offset 'x'
	ct_up
	assert_match "$(<"$OUT")" 'timens_offset'
	run --separate-stderr lodger exec "$ID" true
	assert_eq "$stderr" ''
	ct_delete
}

@test "annotations: features names those that are acted on" {
	assert_eq "$("$LODGER" features | jq -c '[.potentiallyUnsafeConfigAnnotations[] |
		select(startswith("run.oci"))]')" \
		'["run.oci.keep_original_groups","run.oci.mount_context_type","run.oci.seccomp_fail_unknown_syscall"]'
}
