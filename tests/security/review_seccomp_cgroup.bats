#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Filters that the kernel would refuse late, and what stands in for a file system it refuses.

load security

@test "security: a filter longer than the kernel takes is refused by create" {
	requires lodger
	config '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [range(3000) | {names: ["personality"], action: "SCMP_ACT_ERRNO",
			args: [{index: 0, value: (. * 8589934592 + .), op: "SCMP_CMP_EQ"}]}]}'
	ct_try_create
	refused '4096'
}

@test "security: a hook whose timeout overflows a number is not killed" {
	requires lodger
	config '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "sleep 1"],
		timeout: 4294968}]}'
	args echo ran
	ct_ok
	assert_eq "$output" ran
}

# A network namespace of the host's root: the kernel refuses its sysfs to the user namespace.
@test "security: the host's sysfs in place of a refused one is read-only, even if rw was asked for" {
	requires root lodger
	unshare -n sleep 100 3>&- &
	local pid=$!
	poll 5 test "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$pid/ns/net")"
	# shellcheck disable=SC2016
	config '(.linux.namespaces[] | select(.type == "network")).path = $p
		| .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]
		| .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(if .type == "devpts" then .options = ["newinstance"] else . end)
		| (.mounts[] | select(.type == "sysfs")).options = ["rw"]' --arg p "/proc/$pid/ns/net"
	args grep ' /sys ' /proc/mounts
	ct_ok
	assert_match "$output" ' ro,'
	kill "$pid"
}
