#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What comes with a network: the files of /etc, annotations, lodger.conf.

load helpers
load network

setup() {
	network_setup
}

@test "files: what config.json mounts itself is left alone" {
	requires network
	echo "nameserver 192.0.2.99" >"$BATS_TEST_TMPDIR/mine"
	bind_add "$BATS_TEST_TMPDIR/mine" /etc/resolv.conf
	sh_args 'cat /etc/resolv.conf; cat /etc/hosts'
	ct_ok --network slirp
	assert_match "$output" '^nameserver 192.0.2.99'
	refute_match "$output" '10.0.2.3'
	assert_match "$output" localhost
	# All of /etc: no file is made in a directory of the host's.
	mkdir "$BATS_TEST_TMPDIR/etc"
	bind_add "$BATS_TEST_TMPDIR/etc" /etc
	args true
	tree_forget
	ct_ok --network slirp
	assert_eq "$(ls "$BATS_TEST_TMPDIR/etc")" ''
}

@test "files: an image without /etc gets one, and what is written stays outside of it" {
	rootfs_may_change
	rm -rf "${ROOTFS:?}/etc"
	sh_args 'cat /etc/hosts; echo "10.1.1.1 mine" >>/etc/hosts && tail -1 /etc/hosts'
	ct_ok --network none
	assert_match "$output" 'localhost'
	assert_match "$output" '10.1.1.1 mine$'
	# Mount points are empty files, nothing else.
	assert_eq "$(find "$ROOTFS/etc" -type f -size +0)" ''
}

@test "files: a read-only root has them too" {
	config '.root.readonly = true'
	sh_args 'cat /etc/hosts; touch /etc/x 2>&1'
	ct_run --network none
	assert_match "$output" 'localhost'
	assert_match "$output" 'Read-only file system'
}

@test "files: symlinks of an image do not lead to the host" {
	local victim=$BATS_TEST_TMPDIR/victim target
	echo untouched >"$victim"
	rootfs_may_change
	sh_args 'cat /etc/hosts; echo spoilt >/etc/hosts'
	for target in "$victim" "../../../../../../../../..$victim" /proc/self/root/etc/hosts /etc/hosts /nowhere/at/all; do
		rm -f "$ROOTFS/etc/hosts"
		ln -s "$target" "$ROOTFS/etc/hosts"
		ct_run --network none
		assert_eq "$(<"$victim")" untouched
		[[ ! -e /nowhere ]]
	done
	# /etc itself, and a directory in the file's place: not an error, said in a warning.
	rm -rf "${ROOTFS:?}/etc"
	ln -s "$BATS_TEST_TMPDIR" "$ROOTFS/etc"
	ct_run --network none
	[[ ! -e $BATS_TEST_TMPDIR/hosts ]]
	rm "${ROOTFS:?}/etc"
	mkdir -p "$ROOTFS/etc/hosts"
	sh_args 'ls -d /etc/hosts'
	ct_ok --network none
	assert_match "$stderr" 'mounting .*/hosts at /etc/hosts'
}

@test "files: a FIFO in their place and a file in that of /etc hold nobody up" {
	rootfs_may_change
	rm -f "$ROOTFS/etc/hosts"
	mkfifo "$ROOTFS/etc/hosts"
	sh_args 'test -f /etc/hosts && cat /etc/hosts'
	ct_ok --network none
	assert_match "$output" localhost
	rm -rf "${ROOTFS:?}/etc"
	echo file >"$ROOTFS/etc"
	sh_args 'cat /etc'
	ct_ok --network none
	assert_eq "$output" file
	assert_match "$stderr" 'at /etc/hosts: opening the mount point: not a directory'
}

annotate() {
	# shellcheck disable=SC2016
	config '.annotations[$k] = $v' --arg k "$1" --arg v "$2"
}

conf() {
	mkdir -p "$HOME/.config/lodger"
	printf '%s\n' "$@" >"$HOME/.config/lodger/lodger.conf"
}

@test "annotation: slirp, as a caller of create may want it" {
	requires network
	annotate org.lodger.network slirp:cidr=10.77.0.0/16
	sh_args 'ip route; sleep 100'
	ct_up
	assert_eq "$(ct_state | jq -r .network.mode)" slirp
	poll 10 grep -q 'default via 10.77.0.2' "$OUT"
	ct_delete
	# The option has the last word.
	sh_args 'ls /sys/class/net'
	ct_ok --network none
	assert_eq "$output" lo
}

@test "annotation: what an image must not choose is refused" {
	local wish want
	for wish in host ns:/proc/1/ns/net pasta slirp:host-loopback=true slirp:outbound=lo slirp:dns=192.0.2.1; do
		annotate org.lodger.network "$wish"
		ct_run
		refused "annotation org.lodger.network: .* may not be asked for by an annotation"
		no_state
	done
	config 'del(.annotations)'
	annotate org.lodger.publish 8080:80
	sh_args 'ls /sys/class/net'
	tree_forget
	ct_ok
	assert_eq "$output" lo
	assert_match "$stderr" 'annotation org.lodger.publish is passed over'
}

@test "annotation: without effect where config.json has no network namespace of its own" {
	annotate org.lodger.network slirp
	ns_drop network
	config '.linux.sysctl = {}'
	sh_args 'readlink /proc/self/ns/net'
	ct_ok
	assert_eq "$output" "$(readlink /proc/self/ns/net)"
	assert_match "$stderr" 'annotation org.lodger.network is passed over'
}

@test "conf: defaults, trust, and errors with their line" {
	requires network
	conf '# mine' 'slirp.cidr = 10.88.0.0/16' 'publish-address = 127.0.0.1'
	sh_args 'ip route; sleep 100'
	ct_up -p 0:80
	poll 10 grep -q 'default via 10.88.0.2' "$OUT"
	assert_match "$(lodger port "$ID")" 'tcp +127.0.0.1 '
	ct_delete
	conf 'annotations = trust'
	annotate org.lodger.publish 127.0.0.1:0:80
	ct_up
	assert_match "$(lodger port "$ID")" 'tcp +127.0.0.1 +[0-9]+ +80'
	ct_delete
	conf 'annotations = ignore'
	sh_args 'ls /sys/class/net'
	tree_forget
	ct_ok
	assert_eq "$output" lo
	conf '' 'slirp.mtu = huge'
	ct_run --network slirp
	refused 'lodger.conf:2: mtu: "huge" is not a number'
	XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/other ct_run --network none
	assert_eq "$status" 0 "${stderr:-}"
}

@test "conf: not read for a container that asks for no network" {
	conf 'this is no setting'
	sh_args 'echo fine'
	ct_ok
	assert_eq "$output" fine
}
