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
LIMIT=$((60 * ${LODGER_TEST_SLOW:-1}))


fail() {
	printf '%s\n' "$*" >&2
	return 1
}

assert_eq() {
	[[ $1 == "$2" ]] || fail "${3:-value}: expected '$2', got '$1'"
}

assert_match() {
	[[ $1 =~ $2 ]] || fail "expected a match of '$2' in: $1"
}

# poll SECONDS COMMAND...: until it succeeds.
poll() {
	local end=$((SECONDS + $1 * ${LODGER_TEST_SLOW:-1} + 1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

is() {
	[[ $("${@:2}" 2>/dev/null) == "$1" ]]
}

# For a shell in a container: callers tell the size when it runs already.
terminal_size='n=0; until stty size 2>/dev/null || test $((n += 1)) = 100; do sleep 0.1; done'

# Callers that are clients of containerd (dockerd, ctr) may lose the output of a container that ends
# at once: they open its pipes in the background, and when they hear of the end they wait for what
# they copy, but give up a pipe that they have not come to open. On a busy machine it happens with
# any runtime: ctr at nice 19 lost one output in forty with crun, and one with lodger. So here the
# container does not end before its output has been read: a command is wrapped in this shell script,
#	heard docker run -i IMAGE sh -c "$until_heard" - COMMAND...
# which asks, and waits for an answer.
# shellcheck disable=SC2016,SC2089 # for the shell inside
until_heard='"$@" 2>&1; status=$?; echo "heard?"; read -r answer; exit $status'
# shellcheck disable=SC2090
export until_heard LIMIT

# heard COMMAND...: run it, and answer what asks in the container. Prints its standard output without
# the question; its status.
heard() {
	conversation pipe "$@"
}

# on_terminal COMMAND...: the same on a terminal of 33 rows and 99 columns; the output without the \r.
on_terminal() {
	conversation terminal "$@"
}

conversation() {
	python3 - "$@" <<-'END'
		import fcntl, os, pty, struct, subprocess, sys, termios
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
		out, answered = b"", False
		while True:
		    try:
		        data = os.read(source, 4096)
		    except OSError:
		        break
		    if not data:
		        break
		    out += data
		    if b"heard?" in out and not answered:
		        answered = True
		        try:
		            os.write(sink, b"yes\n")
		        except OSError:
		            pass
		text = out.decode(errors="replace").replace("\r", "").replace("heard?\n", "", 1)
		sys.stdout.write(text)
		sys.stdout.flush()
		status = child.wait()
		sys.exit(status if status >= 0 else 128 - status)
	END
}

# requires_controller NAME...: skip where the user has not been given them.
requires_controller() {
	local have name
	have=$(<"/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers")
	for name in "$@"; do
		[[ " $have " == *" $name "* ]] || skip "the $name controller is not delegated; has: ${have:-none}"
	done
}
