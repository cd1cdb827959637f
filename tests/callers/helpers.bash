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

# on_terminal COMMAND...: with a terminal of 33 rows and 99 columns; its output, without the \r.
on_terminal() {
	python3 - "$@" <<-'END'
		import fcntl, os, pty, struct, sys, termios
		pid, fd = pty.fork()
		if pid == 0:
		    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
		    os.execvp(sys.argv[1], sys.argv[1:])
		out = b""
		while True:
		    try:
		        data = os.read(fd, 4096)
		    except OSError:
		        break
		    if not data:
		        break
		    out += data
		sys.stdout.write(out.decode(errors="replace").replace("\r", ""))
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
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
