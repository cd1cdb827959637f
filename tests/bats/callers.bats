#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Configs that other programs write, those of their defaults with their whole seccomp profile, run as
# they are by an unprivileged user: by the programs themselves where they can be told a runtime.

load helpers

setup() {
	requires user lodger subids
	test_setup
	export HOME=$BATS_TEST_TMPDIR/home
	mkdir -m 700 "$HOME"
	PAUSE=$XDG_RUNTIME_DIR/libpod/tmp/pause.pid
	# podman takes no longer one than 50 characters.
	RUNROOT=$(mktemp -d /tmp/lodger-podman.XXXXXX)
	STORE=(--storage-driver vfs --root "$BATS_TEST_TMPDIR/store" --runroot "$RUNROOT")
	STATE=$XDG_RUNTIME_DIR/lodger
}

# The store's files belong to subordinate ids, and the pause process of podman lives on.
teardown() {
	if [[ -e ${PAUSE:-} ]]; then
		local pid
		pid=$(<"$PAUSE")
		[[ $(<"/proc/$pid/comm") != podman* && $(<"/proc/$pid/comm") != catatonit ]] || kill "$pid"
	fi
	[[ ! -d ${RUNROOT:-} ]] || unshare -Ur --map-auto rm -rf "$BATS_TEST_TMPDIR/store" "$RUNROOT"
	test_teardown
}

# image: an archive with busybox and nothing else.
image() {
	tar -C "$ROOTFS/bin" -c busybox
}

podman() {
	command podman "${STORE[@]}" --events-backend file --cgroup-manager cgroupfs --runtime "$LODGER" "$@" \
		3>&- 4>&-
}

@test "callers: podman: its default config, a user and a read-only root, an exit status" {

	need_command podman >/dev/null || skip "needs podman"
	image | podman import - callers:1 >"$OUT" 2>&1 || skip "podman cannot import here: $(tail -n 1 "$OUT")"
	run --separate-stderr podman run --rm --network none callers:1 /busybox sh -c \
		'/busybox id -u; /busybox grep Seccomp: /proc/self/status; exit 7'
	assert_eq "$status" 7 "status ($stderr)"
	assert_eq "${lines[0]}" 0
	assert_match "${lines[1]}" 'Seccomp:[[:space:]]*2'
	run --separate-stderr podman run --rm --network none --read-only --user 1000:1000 callers:1 \
		/busybox sh -c '/busybox id -u; /busybox touch /x'
	assert_eq "$status" 1 "status ($stderr)"
	assert_eq "${lines[0]}" 1000
	assert_match "$stderr" 'Read-only file system'
	run -127 --separate-stderr podman run --rm --network none callers:1 /no-such-program
}

@test "callers: buildah: a command in a container that is being built" {
	need_command buildah podman >/dev/null || skip "needs buildah, and podman to make an image"
	image | podman import - callers:1 >"$OUT" 2>&1 || skip "podman cannot import here: $(tail -n 1 "$OUT")"
	local name
	name=$(buildah "${STORE[@]}" from --pull-never localhost/callers:1 3>&- 4>&-)
	run --separate-stderr buildah "${STORE[@]}" run --runtime "$LODGER" --network none "$name" \
		/busybox sh -c '/busybox id -u; exit 5' 3>&- 4>&-
	assert_match "$output" '^0'
	assert_eq "$status" 5 "status ($stderr)"
}

@test "callers: umoci unpack --rootless: the bundle as it is" {
	need_command umoci script >/dev/null || skip "needs umoci and script(1)"
	local dir=$BATS_TEST_TMPDIR/umoci
	mkdir "$dir"
	umoci init --layout "$dir/l" >/dev/null
	umoci new --image "$dir/l:t" >/dev/null
	umoci unpack --rootless --image "$dir/l:t" "$dir/bundle" >/dev/null
	mkdir "$dir/bundle/rootfs/bin"
	cp "$ROOTFS/bin/busybox" "$dir/bundle/rootfs/bin/sh"
	# It asks for a terminal and a shell.
	run --separate-stderr script -qec "$LODGER run --bundle $dir/bundle $ID" /dev/null 3>&- 4>&- \
		<<<'echo status $((4 + 2)); exit 6'
	assert_eq "$status" 6 "status ($output)"
	assert_match "$output" 'status 6'
}

@test "callers: containerd: the default spec of ctr, with a program as an image has one" {
	need_command ctr >/dev/null || skip "needs ctr"
	ctr oci spec >"$BUNDLE/config.json" || skip "this ctr prints no spec"
	args /bin/sh -c '/bin/id -u; /bin/cat /proc/self/status'
	ct_ok
	assert_eq "${lines[0]}" 0
	assert_eq "$(status_field CapInh <<<"$output")" 0000000000000000
}
