#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Races: while containers are set up, a sibling that shares a volume swaps its paths for symlinks to
# the host. Each is bounded in time. CVE-2019-19921, 2021-30465, 2024-45310, 2025-31133, 2025-52565.

load security

setup() {
	test_setup
	victim_make
	VOLUME=$BATS_TEST_TMPDIR/volume
	mkdir "$VOLUME"
	MS=${LODGER_TEST_RACE_MS:-2500}
}

# swap A B: swap the two in the background until swap_end.
swap() {
	"$TOOL" exchange "$1" "$2" >"$BATS_TEST_TMPDIR/swaps" 3>&- &
	SWAPPER=$!
	RUNS=0
	END=$((${EPOCHREALTIME/[.,]/} + MS * 1000))
}

# Once more? A slow machine gets its containers too.
again() { ((RUNS++ < 4 || ${EPOCHREALTIME/[.,]/} < END)); }

swap_end() {
	kill "$SWAPPER"
	wait "$SWAPPER" || fail "the swapper did not work"
}

# race A B: swap the two for $MS while containers run one after the other; the host stays the same.
race() {
	swap "$1" "$2"
	while again; do
		ct_run
		((status < 10)) || fail "status $status: $output $stderr"
		refute_match "$output" precious
	done
	swap_end
	victim_same
	(($(<"$BATS_TEST_TMPDIR/swaps") > 1000)) || fail "only $(<"$BATS_TEST_TMPDIR/swaps") swaps"
	echo "# $RUNS containers, $(<"$BATS_TEST_TMPDIR/swaps") swaps" >&3
}

@test "security: race: a mount point in a shared volume, directory against symlink to the host" {
	mkdir "$VOLUME/target" "$BATS_TEST_TMPDIR/data"
	ln -s "$VICTIM" "$VOLUME/evil"
	bind_add "$VOLUME" /mnt
	bind_add "$BATS_TEST_TMPDIR/data" /mnt/target
	# What is mounted on the wrong place would show itself by this file.
	sh_args 'touch /mnt/target/from-container 2>/dev/null; cat /mnt/target/file 2>/dev/null; true'
	race "$VOLUME/target" "$VOLUME/evil"
}

@test "security: race: a parent of a mount point that must be made" {
	mkdir "$VOLUME/parent" "$BATS_TEST_TMPDIR/data"
	ln -s "$VICTIM/sub" "$VOLUME/evil"
	bind_add "$VOLUME" /mnt
	bind_add "$BATS_TEST_TMPDIR/data" /mnt/parent/a/b/c/d
	sh_args 'rm -rf /mnt/parent/a /mnt/evil/a 2>/dev/null; true'
	race "$VOLUME/parent" "$VOLUME/evil"
}

@test "security: race: a tmpfs in a shared volume whose path is /proc of the host's kind" {
	mkdir "$VOLUME/target"
	ln -s /proc "$VOLUME/evil"
	bind_add "$VOLUME" /mnt
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/mnt/target"}'
	# Over /proc it would be a procfs of the image's making, for what the runtime does later.
	sh_args 'cat /proc/self/status >/dev/null || echo "proc was covered"; true'
	race "$VOLUME/target" "$VOLUME/evil"
	refute_match "$(<"$TRACE")" 'proc was covered'
}

@test "security: race: /dev/null of a shared /dev against a symlink to /proc/sys/kernel/core_pattern" {
	local before
	before=$(</proc/sys/kernel/core_pattern)
	touch "$VOLUME/null"
	ln -s /proc/sys/kernel/core_pattern "$VOLUME/evil"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	bind_add "$VOLUME" /dev
	sh_args 'for f in /proc/kcore /proc/keys /proc/timer_list; do [ ! -e $f ] || [ "$(wc -c <$f)" = 0 ] || echo uncovered; done
		grep -c core_pattern /proc/self/mountinfo; true'
	race "$VOLUME/null" "$VOLUME/evil"
	refute_match "$(<"$TRACE")" 'uncovered'
	assert_eq "$(</proc/sys/kernel/core_pattern)" "$before"
}

@test "security: race: a masked directory in a shared volume" {
	mkdir "$VOLUME/secret"
	echo hidden >"$VOLUME/secret/file"
	ln -s "$VICTIM/sub" "$VOLUME/evil"
	bind_add "$VOLUME" /mnt
	config '.linux.maskedPaths += ["/mnt/secret"] | .linux.readonlyPaths += ["/mnt/secret"]'
	sh_args 'true'
	race "$VOLUME/secret" "$VOLUME/evil"
}

@test "security: race: the cwd in a shared volume" {
	mkdir "$VOLUME/start"
	ln -s "$VICTIM" "$VOLUME/evil"
	bind_add "$VOLUME" /mnt
	config '.process.cwd = "/mnt/start"'
	sh_args 'cat file 2>/dev/null; true'
	race "$VOLUME/start" "$VOLUME/evil"
}

@test "security: race: the root filesystem's own mount point, as a second container of the bundle would" {
	mkdir "$ROOTFS/point" "$BATS_TEST_TMPDIR/data"
	ln -s "$VICTIM/sub" "$ROOTFS/evil"
	bind_add "$BATS_TEST_TMPDIR/data" /point/new
	sh_args 'true'
	race "$ROOTFS/point" "$ROOTFS/evil"
}

@test "security: race: /dev/pts of a container with a terminal and a shared /dev" {
	requires python
	mkdir "$VOLUME/pts"
	ln -s "$VICTIM" "$VOLUME/evil"
	config '.process.terminal = true | .mounts |= map(select(.destination != "/dev"))'
	config '.mounts = [.mounts[0], {type: "bind", source: $v, destination: "/dev", options: ["bind"]}] + .mounts[1:]' --arg v "$VOLUME"
	sh_args 'test ! -e /dev/console || test -c /dev/console || echo "console is no device"; true'
	swap "$VOLUME/pts" "$VOLUME/evil"
	while again; do
		run python3 "$HERE/terminal.py" run -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
		((status < 10)) || fail "status $status: $output"
		refute_match "$output" 'console is no device'
	done
	swap_end
	victim_same
}
