# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A host and a container for the tests of lodger-net, both of namespaces only: the "host" is a
# network of its own, in which the test may bind every port and have any resolv.conf; the "container"
# is a network namespace in it. Nothing goes to a real network. Loaded after helpers.
#
#   host_up               makes the host: lo with 192.0.2.1, 192.0.2.2 and 2001:db8::1
#   net_up [OPTION...]    makes the container, starts lodger-net for it, waits until it is ready
#   on_host, in_guest     run a command there; both are root there
#   serve WHERE ARGS...   starts a peer of net.py in the background and waits until it is ready
#
# Variables: HOST HELPER GUEST: pids, the last two as the host sees them. API: the control socket.

LODGER_NET=${LODGER_NET:-$(dirname "$LODGER")/lodger-net}
PEER=$HERE/net.py

need_tap() {
	[[ -x $LODGER_NET ]] || { echo "needs lodger-net beside $LODGER" && false; }
	[[ -c /dev/net/tun && -w /dev/net/tun ]] ||
		{ echo "needs a /dev/net/tun that $(id -un) may open" && false; }
}

on_host() { nsenter -t "$HOST" -U -n -m -p --preserve-credentials --wd=/ "$@"; }
in_guest() { on_host nsenter -t "$GUEST" -U -n --preserve-credentials "$@"; }
busy() { "$1" "$(command -v busybox)" "${@:2}"; }

host_up() {
	local fifo=$BATS_TEST_TMPDIR/host-up dir=$BATS_TEST_TMPDIR
	mkfifo "$fifo"
	mkdir -p "$dir/etc" "$dir/real"
	printf 'nameserver 192.0.2.1\n' >"$dir/etc/resolv.conf"
	# All of it ends with the first process of the pid namespace.
	# shellcheck disable=SC2016 # the inner shell's
	unshare -Urnm --pid --fork --kill-child --mount-proc sh -c '
		busybox=$1
		mount --bind "$2/etc" /etc
		$busybox ip link set lo up
		for a in 192.0.2.1/32 192.0.2.2/32 2001:db8::1/128; do $busybox ip addr add $a dev lo; done
		echo "0 0" >/proc/sys/net/ipv4/ping_group_range
		echo up >"$3"
		exec $busybox sleep 10000' sh "$(command -v busybox)" "$dir" "$fifo" 3>&- &
	UNSHARED=$!
	read -r _ <"$fifo"
	HOST=$(pgrep -P "$UNSHARED")
}

# guest_up: only the network namespace.
guest_up() {
	local fifo=$BATS_TEST_TMPDIR/guest-up
	rm -f "$fifo"
	mkfifo "$fifo"
	# shellcheck disable=SC2016
	on_host unshare -Urn sh -c 'echo $$ >"$1"; exec "$2" sleep 10000' sh "$fifo" \
		"$(command -v busybox)" 3>&- &
	read -r GUEST <"$fifo"
}

# helper_start ARG...: lodger-net on the host, until ready. Its standard error is in $OUT.
helper_start() {
	local fifo=$BATS_TEST_TMPDIR/ready word='' pidfile=$BATS_TEST_TMPDIR/helper-pid
	rm -f "$fifo"
	mkfifo "$fifo"
	API=$BATS_TEST_TMPDIR/api
	# shellcheck disable=SC2016
	on_host sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$pidfile" \
		"$LODGER_NET" --ready-fd=9 --api-socket="$API" "$@" 9>"$fifo" 2>"$OUT" 3>&- &
	read -r -n 1 word <"$fifo" || :
	HELPER=$(<"$pidfile")
	[[ $word == 1 ]] || fail "lodger-net did not become ready: $(<"$OUT")"
}

net_up() {
	guest_up
	helper_start --configure "$@" "$GUEST" tap0
}

net_down() {
	[[ -z ${HOST:-} ]] || kill -KILL "$HOST" 2>/dev/null || :
	[[ -z ${UNSHARED:-} ]] || wait "$UNSHARED" 2>/dev/null || :
	HOST='' UNSHARED=''
}

# serve on_host|in_guest ARGS...: standard output of the peer goes to $BATS_TEST_TMPDIR/ARG1-ARG3...
serve() {
	local where=$1 log
	shift
	log=$BATS_TEST_TMPDIR/$(tr -c 'a-z0-9\n' - <<<"$*")
	: >"$log"
	"$where" "$PEER" "$@" >"$log" 2>&1 3>&- &
	poll 10 grep -q ready "$log"
	SERVED=$log
}

# In setup_file: the program that makes load, LOAD.
load_build() {
	export LOAD=$BATS_FILE_TMPDIR/load
	${CC:-cc} -O1 -o "$LOAD" "$HERE/load.c"
}

# load_serve WHERE PORT
load_serve() {
	"$1" "$LOAD" serve "$2" >"$BATS_TEST_TMPDIR/load-$2" 3>&- &
	poll 10 grep -q ready "$BATS_TEST_TMPDIR/load-$2"
}

api() { on_host "$PEER" api "$API" "$@"; }
# Nobody on this "host" reaps: who has ended is a zombie, or gone.
helper_lives() { [[ $(on_host cat "/proc/$HELPER/stat" 2>/dev/null) == *') '[RSD]' '* ]]; }
helper_ended() { ! helper_lives; }
