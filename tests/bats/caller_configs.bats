#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Configs as podman 5.4, docker 26 and containerd 1.7 hand them to the runtime for a container
# without options, rootless, run by an unprivileged user as they are. configs/ holds what they wrote,
# but for what is of one container or machine: args, root, the hook that asks the daemon for its
# network, the path of a network namespace, ids, and the folder of files that are bound. With the
# programs themselves, callers.bats and tests/callers do the same.

load helpers

setup() {
	requires user lodger subids
	test_setup
}

# from NAME SCRIPT: its config for this bundle, with a shell script in the place of `true`.
from() {
	local file
	# What an image or the engine has prepared, so that nothing has to be made.
	mkdir -p "$BUNDLE/files/shm" "$ROOTFS/run"
	touch "$ROOTFS"/etc/{resolv.conf,hosts,hostname} "$ROOTFS/run/.containerenv"
	for file in resolv.conf hosts hostname .containerenv; do
		echo "$1" >"$BUNDLE/files/$file"
	done
	cp "$HERE/configs/$1.json" "$BUNDLE/config.json"
	chmod 644 "$BUNDLE/config.json"
	# shellcheck disable=SC2016
	config '.process.args[2] = $s' --arg s "$2"
}

look='id -u; pwd; grep -w Seccomp /proc/self/status; grep CapEff /proc/self/status'

@test "configs: podman's default" {
	from podman "$look; cat /etc/hosts; hostname; touch /dev/shm/file; echo \$container"
	ct_ok
	assert_eq "$(xargs <<<"$output")" \
		'0 / Seccomp: 2 CapEff: 00000000800405fb podman c0ffee000000 podman'
	rm "$BUNDLE/files/shm/file" || fail "/dev/shm is another"
}

@test "configs: docker's default" {
	from docker "$look; cat /etc/resolv.conf; hostname; cat /proc/self/oom_score_adj"
	ct_ok
	assert_eq "$(xargs <<<"$output")" \
		'0 / Seccomp: 2 CapEff: 00000000a80425fb docker c0ffee000000 200'
}

@test "configs: containerd's default" {
	from containerd "$look; ulimit -n; grep NoNewPrivs /proc/self/status; touch /run/file"
	ct_ok
	assert_eq "$(xargs <<<"$output")" \
		'0 / Seccomp: 0 CapEff: 00000000a80425fb 1024 NoNewPrivs: 1'
}

@test "configs: each is created, started and deleted, with exec between" {
	local name
	for name in podman docker containerd; do
		from "$name" 'exec sleep 100'
		ct_up
		assert_eq "$(lodger exec "$ID" id -u)" 0
		ct_delete
		tree_forget
	done
}
