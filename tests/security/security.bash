# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Common to the security tests. The root filesystem is the attacker's, config.json is the caller's.
# $VICTIM is a directory on the host that the caller may write, so only the runtime's own care
# protects it. Every test ends in the same question: is it as it was, and was each attack either
# resolved inside the root or refused?

load ../bats/helpers

setup() {
	test_setup
	victim_make
}

victim_make() {
	VICTIM=$BATS_TEST_TMPDIR/victim
	mkdir -p "$VICTIM"/{sub,pts,shm,fs/cgroup,net}
	echo precious >"$VICTIM/file"
	echo precious >"$VICTIM/null"
	echo precious >"$VICTIM/ptmx"
	echo precious >"$VICTIM/sub/file"
	ln -s file "$VICTIM/link"
	chmod 700 "$VICTIM/sub"
	victim_tree >"$BATS_TEST_TMPDIR/victim.before"
	# An attacked root filesystem may get files inside; only the host's count here.
	rootfs_may_change
}

# Everything about it but access times.
victim_tree() {
	(cd "$VICTIM" && find . -printf '%p %y %m %U:%G %s %T@ %l\n' | sort &&
		find . -type f -exec sha256sum {} + | sort)
}

victim_same() {
	victim_tree | diff "$BATS_TEST_TMPDIR/victim.before" - || fail "the host was changed"
	# Not by `run`, which would take the place of what the container said.
	if grep -F "$VICTIM" /proc/self/mountinfo; then
		fail "a mount is left on the host"
	fi
}

# attack [FLAG...]: run; it must end by itself, with success or a refusal, and the host be the same.
attack() {
	ct_run "$@"
	# The container's own statuses in these tests are 0 to 9.
	((status < 10)) || fail "status $status: $output ${stderr:-}"
	if [[ $status -eq 1 && -z $output ]]; then
		[[ -n ${stderr:-} ]] || fail "refused without a word"
	fi
	victim_same
}

# with_links FUNCTION: call it for each way to point from the root to the victim: an absolute path
# of the host, and one that climbs.
each_link() {
	local target
	for target in "$VICTIM" "../../../../../../../../../..$VICTIM"; do
		"$1" "$target"
	done
}
