#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A full Debian userland: a tree of LODGER_TEST_DEBIAN (made by mmdebstrap or debootstrap), else the
# machine's own /usr and /etc, bound read-only into an otherwise empty root. Which one is printed.

load helpers

setup_file() {
	files_setup
	if [[ -n ${LODGER_TEST_DEBIAN:-} ]]; then
		echo "# userland: the tree $LODGER_TEST_DEBIAN" >&3
	else
		echo "# userland: this machine's /usr and /etc, bound read-only" >&3
	fi
}

setup() {
	test_setup
	[[ -e /etc/debian_version || -n ${LODGER_TEST_DEBIAN:-} ]] ||
		skip "this machine is no Debian; set LODGER_TEST_DEBIAN to a tree that is one"
	config '.process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]'
	if [[ -n ${LODGER_TEST_DEBIAN:-} ]]; then
		config '.root.path = $p' --arg p "$LODGER_TEST_DEBIAN"
		return
	fi
	rm -rf "${ROOTFS:?}"
	mkdir -p "$ROOTFS"/{usr,etc,dev,proc,sys,run,root,var,tmp}
	local d
	for d in bin sbin lib lib32 lib64 libx32; do
		# A merged /usr has links there, which are taken over as they are.
		[[ ! -L /$d ]] || cp -P "/$d" "$ROOTFS/$d"
	done
	bind_add /usr /usr ro nosuid
	config '.mounts[-1].options = ["rbind", "ro", "nosuid"]'
	bind_add /etc /etc ro
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/tmp", "options": ["mode=1777"]}'
	mount_add '{"type": "tmpfs", "source": "tmpfs", "destination": "/run"}'
}

@test "debian: dynamic programs run: bash, ls, perl" {
	args bash -c 'cat /etc/debian_version && perl -e "print 6 * 7, qq(\n)" && ls -l /usr/bin/env | wc -l'
	ct_ok
	assert_eq "${lines[1]}" 42
	assert_eq "${lines[2]}" 1
}

@test "debian: not detached, with stdin" {
	args bash -c 'while read -r l; do echo "<$l>"; done; exit 3'
	run lodger run --bundle "$BUNDLE" "$ID" < <(printf 'one\ntwo\n')
	assert_eq "$status" 3
	assert_eq "$output" $'<one>\n<two>'
}

@test "debian: detached" {
	args bash -c 'trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done'
	lodger run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	poll 10 grep -q ready "$OUT"
	lodger kill "$ID" TERM
	ct_wait_stopped
	lodger delete "$ID"
}

@test "debian: interactive bash at a terminal" {
	requires python
	config '.process.terminal = true'
	args bash --norc -i
	tree_note
	run python3 "$HERE/terminal.py" run expect:'#' send:'echo sum $((20+3)); tty\r' expect:'sum 23' \
		expect:/dev/ send:'exit 4\r' -- "$LODGER" "${GLOBAL[@]}" run --bundle "$BUNDLE" "$ID" 3>&-
	assert_eq "$status" 4 "status ($output)"
	refute_match "$output" 'no job control'
}

@test "debian: interactive and detached, by a console socket" {
	requires python
	config '.process.terminal = true'
	args bash --norc -i
	local dir
	dir=$(mktemp -d /tmp/tty.XXXXXX)
	python3 "$HERE/terminal.py" recv "$dir/s" "$dir/ready" expect:'#' send:'echo sum $((20+3))\r' \
		expect:'sum 23' send:'exit\r' eof >"$BATS_TEST_TMPDIR/tty" 2>&1 3>&- &
	local receiver=$!
	poll 10 test -e "$dir/ready"
	lodger run --detach --console-socket "$dir/s" --bundle "$BUNDLE" "$ID" </dev/null >"$OUT" 2>&1
	wait "$receiver" || fail "$(<"$BATS_TEST_TMPDIR/tty")"
	rm -r "$dir"
	ct_wait_stopped
	lodger delete "$ID"
}

@test "debian: another user, by number, with his name from /etc/passwd" {
	requires subids
	config '.process.user = {uid: 33, gid: 33}'
	args id -un
	ct_ok
	assert_eq "$output" www-data
}

@test "debian: findmnt, ps and df of the real thing agree with the kernel" {
	args bash -c 'findmnt -n -o FSTYPE /proc && findmnt -n -o FSTYPE /dev && df / >/dev/null && echo df'
	ct_ok
	assert_eq "$output" $'proc\ntmpfs\ndf'
}
