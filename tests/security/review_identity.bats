#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Init while it is still the caller: who may look into it, and what the container's user may open.
# CVE-2016-9962.

load security

@test "security: create and start work for any user, whatever the umask" {
	requires subids
	config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
	args id -u
	umask 077
	ct_create
	lodger start "$ID"
	ct_wait_stopped
	assert_eq "$(<"$OUT")" 1000
}

# As in rootless podman: the caller is root of a user namespace, and so is the first container.
# Root of the first owns the user namespace of the second, which joins its pid namespace, and looks
# for a process there that has the host's root. Many sources make the second init slow.
@test "security: root of a container cannot look into the init of one that joins its pid namespace" {
	requires user subids lodger
	local inner=$BATS_TEST_TMPDIR/inner.sh second=$BATS_TEST_TMPDIR/second.json
	unshare -Ur --map-auto true || skip "needs unshare with --map-auto"
	echo secret >"$VICTIM/secret"
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	# shellcheck disable=SC2016
	sh_args 'while :; do for p in /proc/[0-9]*; do
		[ -e "$p/root'"$VICTIM"'/secret" ] && echo escaped; done; done'
	jq '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 100}]
		| .linux.gidMappings = .linux.uidMappings | .process.args = ["true"]
		| .mounts |= map(select(.type != "proc"))
		| .mounts += [range(200) | {type: "bind", source: "/", destination: "/mnt",
			options: ["rbind", "ro"]}]' "$BUNDLE/config.json" >"$second.in"
	chmod 711 "$BATS_TEST_TMPDIR" "$BUNDLE" "$ROOTFS"
	cat >"$inner" <<-END
		set -e
		lodger() { timeout -k 5 $LODGER_TEST_TIMEOUT "$LODGER" --root "$BATS_TEST_TMPDIR/inner" "\$@"; }
		lodger create --bundle "$BUNDLE" first </dev/null >"$OUT" 2>&1
		lodger start first
		pid=\$(lodger state first | jq .pid)
		jq --arg p "/proc/\$pid/ns/pid" '(.linux.namespaces[] | select(.type == "pid")).path = \$p' \
			"$second.in" >"$second"
		for i in 1 2 3 4 5; do
			lodger run --bundle "$BUNDLE" --config "$second" second
		done
		lodger delete --force first
	END
	unshare -Ur --map-auto bash "$inner" 3>&-
	assert_eq "$(<"$OUT")" ""
	victim_tree >"$BATS_TEST_TMPDIR/victim.before"
}

@test "security: a container joins the user namespace of one that has a single id" {
	requires user
	unshare -Ur sleep 100 3>&- >/dev/null 2>&1 &
	local pid=$!
	poll 5 grep -qs deny "/proc/$pid/setgroups"
	# shellcheck disable=SC2016
	config '.linux.namespaces += [{type: "user", path: $p}]
		| (.mounts[] | select(.type == "devpts")).options = ["newinstance"]' \
		--arg p "/proc/$pid/ns/user"
	args id -u
	ct_ok
	assert_eq "$output" 0
	kill "$pid"
}
