# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Common ground of the integration tests: a bundle per test, a wrapper around the runtime, gates
# that say why a test is skipped, and a teardown that fails the test if anything is left behind.
#
# In:  LODGER                the runtime under test (default: the built one in this tree)
#      LODGER_TEST_TIMEOUT   seconds after which a call counts as hung (default 30)
#      LODGER_TEST_SLOW      how many times as long as usual to wait for things (default 1)
#      LODGER_TEST_TOOL      a built tool.c (default: built once per file)
#      LODGER_TEST_ROOTFS    a directory to copy as the root filesystem (default: busybox)
#
# The suite can be pointed at another OCI runtime; tests of what lodger alone does then skip.
# Variables that a test may read: ID BUNDLE ROOTFS STATE OUT TOOL RUNTIME status output stderr.

bats_require_minimum_version 1.5.0

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LODGER=${LODGER:-$(cd "$HERE/../.." && pwd)/lodger}
LODGER_TEST_TIMEOUT=${LODGER_TEST_TIMEOUT:-$((30 * ${LODGER_TEST_SLOW:-1}))}
export LC_ALL=C
umask 022

# shellcheck source=tests/bats/bundle.bash disable=SC1091
source "$HERE/bundle.bash"
# shellcheck source=tests/bats/checks.bash disable=SC1091
source "$HERE/checks.bash"

setup_file() {
	files_setup
}

setup() {
	test_setup
}

teardown() {
	test_teardown
}

# --- set-up ----------------------------------------------------------------------------------

# Once per file: the tool and the root filesystem that every test copies by hard links.
files_setup() {
	if [[ ! -x $LODGER ]]; then
		echo "LODGER=$LODGER is not executable" >&2
		return 1
	fi
	RUNTIME=$("$LODGER" --version | sed -n '1s/ .*//p')
	TOOL=${LODGER_TEST_TOOL:-$BATS_FILE_TMPDIR/tool}
	[[ -x $TOOL ]] || ${CC:-cc} -static -O1 -o "$TOOL" "$HERE/tool.c"
	ROOTFS_TEMPLATE=$BATS_FILE_TMPDIR/rootfs
	rootfs_make "$ROOTFS_TEMPLATE"
	export RUNTIME TOOL ROOTFS_TEMPLATE
}

# A busybox root filesystem in which all the usual mount points exist.
rootfs_make() {
	local dir=$1 busybox applet
	if [[ -n ${LODGER_TEST_ROOTFS:-} ]]; then
		cp -a "$LODGER_TEST_ROOTFS" "$dir"
		return
	fi
	mkdir -p "$dir"/{bin,dev,etc,proc,sys,root,run,mnt,var,sbin}
	mkdir -m 1777 "$dir/tmp"
	busybox=$(command -v busybox)
	cp "$busybox" "$dir/bin/busybox"
	cp "$TOOL" "$dir/bin/tool"
	for applet in $("$busybox" --list); do
		[[ $applet == busybox ]] || ln -s busybox "$dir/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n' >"$dir/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$dir/etc/group"
}

test_setup() {
	# The bundle lies below a path that no other test has, which is how leftovers are found.
	ID=t$BATS_SUITE_TEST_NUMBER-$$-$RANDOM
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	ROOTFS=$BUNDLE/rootfs
	OUT=$BATS_TEST_TMPDIR/out
	TRACE=$BATS_TEST_TMPDIR/trace
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	GLOBAL=()
	STATE=$XDG_RUNTIME_DIR/$RUNTIME
	if is_root; then
		STATE=$BATS_TEST_TMPDIR/state
		GLOBAL=(--root "$STATE")
	fi
	chmod 755 "$BATS_TEST_TMPDIR"
	mkdir "$BUNDLE"
	cp -al "$ROOTFS_TEMPLATE" "$ROOTFS"
	spec_make "$BUNDLE"
	: >"$TRACE"
}

# --- calling the runtime ---------------------------------------------------------------------

# Every call goes through here: a hang becomes status 124, bats's own descriptors stay out, and
# the trace is shown when the test fails.
lodger() {
	local rc=0
	tree_note
	timeout -k 5 "$LODGER_TEST_TIMEOUT" "$LODGER" "${GLOBAL[@]}" "$@" 3>&- 4>&- || rc=$?
	echo "lodger ${GLOBAL[*]} $* -> $rc" >>"$TRACE"
	[[ $rc -ne 0 || -z ${LODGER_TEST_CONFIGS:-} ]] || config_keep "$1" || :
	return "$rc"
}

# Configs with which a container was made, for the suite to hold against the specification's schema.
config_keep() {
	[[ ($1 == create || $1 == run) && -f $BUNDLE/config.json ]] || return 0
	local file=${BATS_TEST_FILENAME##*/}
	# A test that takes processes or descriptors away does without.
	file=$(mktemp -p "$LODGER_TEST_CONFIGS" "${file%.bats}-$BATS_TEST_NUMBER-XXXXXX") &&
		cp "$BUNDLE/config.json" "$file"
}

# ct_run [FLAG...]: run the container; sets status, output (its stdout) and stderr.
ct_run() {
	run --separate-stderr lodger run --bundle "$BUNDLE" "$@" "$ID"
	printf '[stdout]\n%s\n[stderr]\n%s\n' "$output" "${stderr:-}" >>"$TRACE"
}

# ct_ok [FLAG...]: the same, and it must succeed.
ct_ok() {
	ct_run "$@"
	[[ $status -eq 0 ]] || fail "run: status $status: $output ${stderr:-}"
}

# ct_try_create [FLAG...]: create with the container's stdio in $OUT, since a container that lives
# on would keep `run` waiting for the end of its pipe. Sets status and output.
ct_try_create() {
	status=0
	lodger create --bundle "$BUNDLE" "$@" "$ID" </dev/null >>"$OUT" 2>&1 || status=$?
	output=$(<"$OUT")
}

ct_create() {
	ct_try_create "$@"
	[[ $status -eq 0 ]] || fail "create: status $status: $output"
}

# ct_up [FLAG...]: a running container.
ct_up() {
	ct_create "$@"
	lodger start "$ID"
}

ct_state() {
	lodger state "${1:-$ID}"
}

ct_status() {
	ct_state "${1:-$ID}" | jq -r .status
}

ct_pid() {
	ct_state "${1:-$ID}" | jq -r .pid
}

# ct_wait PID: until the process has ended.
ct_wait() {
	"$TOOL" wait "$1" 10000 || fail "process $1 is still there"
}

# ct_wait_stopped [ID]: until state says so. The zombie may outlive the process for a moment when
# its reaper is slow, hence state and not the process decides.
ct_wait_stopped() {
	poll 10 status_is "${1:-$ID}" stopped || fail "container does not stop: $(ct_state "${1:-$ID}")"
}

status_is() {
	[[ $(ct_status "$1") == "$2" ]]
}

# ct_delete: kill what runs, delete.
ct_delete() {
	lodger delete --force "${1:-$ID}"
}

# poll SECONDS COMMAND...: until the command succeeds, for where the kernel has no event to wait for.
poll() {
	local end=$((SECONDS + $1 * ${LODGER_TEST_SLOW:-1} + 1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}
