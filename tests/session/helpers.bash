# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests that run in a login session (tests/env/session) have beyond those of tests/bats:
# the session's own XDG_RUNTIME_DIR with its bus, and so a state directory that is named by --root.

# shellcheck source=tests/bats/helpers.bash disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/../bats/helpers.bash"

setup_file() {
	SESSION_RUNTIME_DIR=${XDG_RUNTIME_DIR:?is not set: this is no login session}
	export SESSION_RUNTIME_DIR
	files_setup
}

setup() {
	session_setup
}

session_setup() {
	test_setup
	XDG_RUNTIME_DIR=$SESSION_RUNTIME_DIR
	STATE=$BATS_TEST_TMPDIR/state
	GLOBAL=(--root "$STATE")
}

# The caller's cgroup v2, as the kernel names it.
own_cgroup() {
	cgroup_of self
}

# cgroup_of PID
cgroup_of() {
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

# The systemd that this session answers to: the user's, or root's.
user_systemctl() {
	if [[ $(id -u) -eq 0 ]]; then
		systemctl "$@"
	else
		user_show "$@"
	fi
}

# requires_controller NAME...: skip where this machine's cgroup v2 does not have them.
requires_controller() {
	local name
	for name in "$@"; do
		grep -qw "$name" /sys/fs/cgroup/cgroup.controllers ||
			skip "needs the $name controller in cgroup v2, which has: $(</sys/fs/cgroup/cgroup.controllers)"
	done
}

# user_show ARGUMENT...: a systemd that is executed anew answers nobody for a moment;
# a test beside this one may have that done.
user_show() {
	poll 30 user_answers "$@" || fail "systemctl --user $*: no answer"
	echo "$ANSWER"
}

user_answers() {
	ANSWER=$(systemctl --user "$@" 2>/dev/null)
}

# at_scope: what the script on standard input does in the place of each request for a scope. It has
# what lodger has asked in the file $QUESTION, which "$REAL" start, the program itself, reads on
# standard input; the pid of init, $INIT; and its own directory, $GATE, as the current one. lodger
# goes on when it reads "done" on standard error. So a test decides what happens between lodger's
# question and systemd's answer.
at_scope() {
	local from
	from=$(dirname "$LODGER")
	GATE=$BATS_TEST_TMPDIR/gate
	mkdir -m 777 "$GATE"
	cp "$from/lodger" "$from/lodger-init" "$GATE/"
	cp "$from/lodger-scope" "$GATE/real"
	{
		printf '#!/bin/bash\nexport XDG_RUNTIME_DIR=%q\n' "$XDG_RUNTIME_DIR"
		# shellcheck disable=SC2016,SC2028 # the script's own
		echo 'cd "${0%/*}" && GATE=$PWD REAL=$PWD/real && case $1 in start) ;; *) exec "$REAL" "$@" ;; esac
			mapfile -d "" -t WORDS && INIT=${WORDS[5]} QUESTION=$PWD/question.$$
			[[ ! ${BUS-} ]] || WORDS[0]=$BUS
			printf "%s\0" "${WORDS[@]}" >"$QUESTION"'
		cat
	} >"$GATE/lodger-scope"
	chmod 755 "$GATE/lodger-scope"
	LODGER=$GATE/lodger
}

# The pid of the user's systemd.
user_manager() {
	systemctl show --property MainPID --value "user@${1:-$(id -u)}.service"
}

# Whether a program waits for something: it has said all that it has to say.
is_waiting() {
	[[ $(cut -d ' ' -f 3 "/proc/$1/stat") == S ]]
}
