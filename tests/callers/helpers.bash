# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the callers' tests share: a runtime to call with, local images, and containers that go with
# the test. Sourced by the bats files here, which tests/callers/suite runs once for each runtime.
#
# In:  CALLERS_RUNTIME  the runtime's name, as the callers know it: lodger or crun
#      LODGER_TEST_SLOW how many times as long as natively to wait (default 1)
#      CALLERS_DIR      what tests/callers/suite has prepared: images and configurations

bats_require_minimum_version 1.5.0
LIMIT=$((300 * ${LODGER_TEST_SLOW:-1}))

# shellcheck source=tests/bats/ports.bash disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/../bats/ports.bash"


fail() {
	printf '%s\n' "$*" >&2
	return 1
}

# A name that no other test's begins with, for what a test makes.
test_name() {
	echo "$CALLERS_RUNTIME-$BATS_SUITE_TEST_NUMBER-$$-t"
}

assert_eq() {
	[[ $1 == "$2" ]] || fail "${3:-value}: expected '$2', got '$1'"
}

assert_match() {
	[[ $1 =~ $2 ]] || fail "expected a match of '$2' in: $1"
}

# poll COMMAND...: until it succeeds, for what callers have no event for that a test could wait for.
poll() {
	local end=$((SECONDS + LIMIT))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

is() {
	[[ $("${@:2}" 2>/dev/null) == "$1" ]]
}

# For a shell in a container: callers tell the size when it runs already. Until then busybox's stty
# prints no size, with status 0.
terminal_size='n=0; until stty size 2>/dev/null | grep . || test $((n += 1)) = 600; do sleep 0.1; done'

# On a busy machine callers may lose output of a container that begins or ends at once, with any
# runtime. conmon reads a terminal before it has accepted the connection over which podman listens
# (with all processors busy two of twenty lost their first line with lodger, one with crun). Clients
# of containerd, dockerd and ctr, open a container's pipes in the background, and give up one that
# they have not come to open when they hear of the end (ctr at nice 19: one of forty with either).
# So here a container does not begin before it is told to over its caller's connection, nor end before
# its output has been read: a command is wrapped in this shell script, as in
#	heard docker run -i IMAGE sh -c "$until_heard" - COMMAND...
# shellcheck disable=SC2016,SC2089 # for the shell inside
until_heard='until test "$go" = go; do read -r go || break; done; "$@" 2>&1; status=$?
	echo "heard?"; until test "$answer" = yes; do read -r answer || break; done; exit $status'
# shellcheck disable=SC2090
export until_heard LIMIT

# heard COMMAND...: run it, and tell the script in the container to go and that it was heard. Prints
# its standard output without the question; its status.
heard() {
	conversation pipe "$@"
}

# on_terminal COMMAND...: the same on a terminal of 33 rows and 99 columns; the output without the \r.
# The command is told of the size again while it says nothing: podman passes it on once, and where
# conmon has not got the container's terminal yet it is lost, seen with crun as with lodger.
on_terminal() {
	conversation terminal "$@"
}

conversation() {
	python3 - "$@" <<-'END'
		import fcntl, os, pty, select, signal, struct, subprocess, sys, termios
		# The command may be a function of this shell's.
		command = ["bash", "-c", '"$@"', "-"] + sys.argv[2:]
		if sys.argv[1] == "terminal":
		    source, slave = pty.openpty()
		    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
		    child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
		        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
		    os.close(slave)
		    sink = source
		else:
		    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		    source, sink = child.stdout.fileno(), child.stdin.fileno()
		def tell(what):
		    try:
		        os.write(sink, what)
		    except OSError:
		        pass
		out, answered = b"", False
		tell(b"go\n")
		while True:
		    while source == sink and not select.select([source], [], [], 1)[0]:
		        try:
		            os.killpg(child.pid, signal.SIGWINCH)
		        except ProcessLookupError:
		            break
		        tell(b"go\n")
		    try:
		        data = os.read(source, 4096)
		    except OSError:
		        break
		    if not data:
		        break
		    out += data
		    if b"heard?" in out and not answered:
		        answered = True
		        tell(b"yes\n")
		text = out.decode(errors="replace").replace("\r", "").replace("heard?\n", "", 1)
		sys.stdout.write(text)
		sys.stdout.flush()
		status = child.wait()
		sys.exit(status if status >= 0 else 128 - status)
	END
}

lodger_net() {
	echo "$(dirname "$(<"$CALLERS_DIR/runtime.lodger")")/lodger-net"
}

# A page for web servers, by which a test knows its own, in $DIR/www.
make_page() {
	mkdir "$DIR/www"
	# shellcheck disable=SC2153 # the test's
	echo "page of $NAME" >"$DIR/www/index.html"
}

fetch() {
	busybox wget -T 60 -q -O - "http://$1/index.html"
}

# serves ADDRESS:PORT: the page is there.
serves() {
	poll is "page of $NAME" fetch "$1" || fail "$1: $(fetch "$1" 2>&1)"
}

# controllers: those that the user's systemd has been given.
controllers() {
	cat "/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers"
}

has_controller() {
	[[ " $(controllers) " == *" $1 "* ]]
}

# requires_controller NAME...: skip where the user has not been given them.
requires_controller() {
	local name
	for name in "$@"; do
		has_controller "$name" ||
			skip "the $name controller is not delegated; there is: $(controllers | grep . || echo none)"
	done
}
