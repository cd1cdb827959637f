#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `features`: what it lists is known, what it denies is refused or said to have no effect.

load helpers

setup() {
	requires lodger
	test_setup
	lodger features >"$BATS_TEST_TMPDIR/features"
}

# features FILTER [JQ-ARG...]
features() {
	jq -r "$@" "$BATS_TEST_TMPDIR/features"
}

@test "features: the members of the specification, no other" {
	assert_eq "$(features 'keys_unsorted | join(" ")')" \
		"ociVersionMin ociVersionMax hooks mountOptions linux annotations potentiallyUnsafeConfigAnnotations"
	assert_eq "$(features '.linux | keys | join(" ")')" \
		"apparmor capabilities cgroup intelRdt memoryPolicy mountExtensions namespaces netDevices seccomp selinux"
	assert_eq "$(features '.hooks | join(" ")')" \
		"prestart createRuntime createContainer startContainer poststart poststop"
	assert_eq "$(features '.linux.namespaces | join(" ")')" \
		"cgroup ipc mount network pid time user uts"
	assert_eq "$(features '.linux.capabilities | length')" 41
	features -e '[.. | arrays | length != (unique | length)] | any | not'
}

@test "features: version, commit and libseccomp are those of --version" {
	local version
	version=$("$LODGER" --version)
	assert_eq "$(features '.annotations["org.lodger.version"]')" \
		"$(sed -n 's/^lodger version //p' <<<"$version")"
	assert_eq "$(features '.annotations["org.lodger.commit"]')" \
		"$(sed -n 's/^commit: //p' <<<"$version")"
	assert_eq "$(features '.annotations["org.lodger.libseccomp.version"]')" \
		"$(sed -n 's/^libseccomp: //p' <<<"$version")"
	assert_eq "$(features .ociVersionMax)" "$(sed -n 's/^spec: //p' <<<"$version")"
}

@test "features: both versions are accepted" {
	local version
	args true
	for version in "$(features .ociVersionMin)" "$(features .ociVersionMax)"; do
		# shellcheck disable=SC2016
		config '.ociVersion = $v' --arg v "$version"
		tree_forget
		ct_ok
	done
}

# A bind passes no word to a file system, so that a word which lodger does not know is refused. What
# the kernel refuses an unprivileged user is known all the same.
@test "features: every mount option that is listed is known" {
	local word
	mkdir "$BATS_TEST_TMPDIR/data"
	args true
	for word in $(features '.mountOptions[]') frobnicate; do
		# shellcheck disable=SC2016
		config '.mounts |= map(select(.destination != "/mnt")) + [{destination: "/mnt",
			source: $s, options: ["rbind", $w]}]' --arg s "$BATS_TEST_TMPDIR/data" --arg w "$word"
		: >"$OUT"
		ct_try_create
		[[ $status -ne 0 ]] || lodger delete "$ID"
		[[ $word == frobnicate ]] || refute_match "$output" 'not an option'
	done
	refused '"frobnicate" is not an option of a bind mount'
}

@test "features: seccomp flags are supported if the kernel takes them in a filter" {
	local flag
	args true
	for flag in $(features '.linux.seccomp.supportedFlags[]'); do
		# It needs a listener.
		[[ $flag != *WAIT_KILLABLE_RECV ]] || continue
		# shellcheck disable=SC2016
		config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: [$f],
			syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}' --arg f "$flag"
		tree_forget
		ct_ok
	done
	[[ -n $flag ]] || fail "no flag at all: $(features -c .linux.seccomp)"
}

@test "features: every action that is listed can be used in a filter" {
	local action
	args true
	for action in $(features '.linux.seccomp.actions[] | select(. != "SCMP_ACT_NOTIFY")'); do
		# shellcheck disable=SC2016
		config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["acct"], action: $a}]}' --arg a "$action"
		tree_forget
		ct_ok
	done
}

@test "features: cgroups of either version are promised" {
	assert_eq "$("$LODGER" features | jq -c .linux.cgroup.v1,.linux.cgroup.v2 | sort -u)" true
}

@test "features: intelRdt is promised, and refused to whom the kernel refuses it" {
	requires user
	assert_eq "$("$LODGER" features | jq .linux.intelRdt.enabled)" true
	args true
	config '.linux.intelRdt = {closID: "x"}'
	ct_run
	refused "linux\\.intelRdt: .*only the host's root"
	assert_match "$stderr" 'fix: leave out linux.intelRdt, or call as root'
}

@test "features: netDevices is promised, and refused to whom the kernel refuses it" {
	requires user
	assert_eq "$("$LODGER" features | jq .linux.netDevices.enabled)" true
	args true
	config '.linux.netDevices = {lo: {}}'
	ct_run
	refused 'linux\.netDevices: .*by root only'
	assert_match "$stderr" 'fix: run lodger as root'
}

@test "features: mounts with maps of their own are promised and work" {
	assert_eq "$("$LODGER" features | jq .linux.mountExtensions.idmap.enabled)" true
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt",
		"options": ["idmap=uids=@0-0-1;gids=@0-0-1"]}'
	config '.linux.namespaces += [{type: "user"}]'
	args true
	ct_ok
}

@test "features: takes no arguments" {
	run lodger features x
	assert_eq "$status" 1
}
