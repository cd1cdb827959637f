# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the tests of docker: sourced by them. The daemon is the user's, started by the first file that
# needs it as a service of the user's systemd, and ends with the session.

# shellcheck source=tests/callers/helpers.bash disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/helpers.bash"

setup_file() {
	docker_setup_file
}

docker_setup_file() {
	export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock
	[[ -x /usr/share/docker.io/contrib/dockerd-rootless.sh ]] || skip "docker is not installed"
	flock "$CALLERS_DIR/docker.lock" bash -c 'docker_start' ||
		fail "dockerd does not start: $(journalctl --user -u docker -n 30 2>&1)"
}

docker_start() {
	! docker image inspect busybox >/dev/null 2>&1 || return 0
	local lodger copy=$CALLERS_DIR/copied log=$CALLERS_DIR/argv.log
	lodger=$(<"$CALLERS_DIR/runtime.lodger")
	# In runc's place: a script that logs and goes on, and a copy of that name. In slirp4netns's place,
	# for the network of the daemon itself: lodger-net, in the same way.
	mkdir -p "$HOME/.config/docker" "$CALLERS_DIR/script" "$copy"
	printf '#!/bin/sh\necho "$*" >>"%s"\nexec "%s" "$@"\n' "$log" "$lodger" >"$CALLERS_DIR/script/runc"
	printf '#!/bin/bash\necho "$*" >>"%s"\nexec -a slirp4netns "%s" "$@"\n' "$CALLERS_DIR/network.log" \
		"$(lodger_net)" >"$CALLERS_DIR/script/slirp4netns"
	chmod +x "$CALLERS_DIR"/script/*
	[[ -x $(lodger_net) ]] || rm "$CALLERS_DIR/script/slirp4netns"
	cp "$lodger" "$copy/runc"
	cp "$(dirname "$lodger")"/lodger-* "$copy/"
	cat >"$HOME/.config/docker/daemon.json" <<-END
		{"runtimes": {"lodger": {"path": "$lodger"},
		              "crun": {"path": "$(<"$CALLERS_DIR/runtime.crun")"},
		              "copied": {"path": "$copy/runc"}},
		 "storage-driver": "overlay2"}
	END
	# /usr/sbin holds dockerd and iptables, which a user's PATH has not; docker's own runtime is the
	# first runc there.
	systemd-run --user --unit docker --quiet --collect -p Delegate=yes \
		--setenv DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=slirp4netns \
		--setenv PATH="$CALLERS_DIR/script:/usr/sbin":/sbin:/usr/bin:/bin -p Type=notify -p NotifyAccess=all \
		-p TimeoutStartSec="$LIMIT" \
		/usr/share/docker.io/contrib/dockerd-rootless.sh
	docker import "$CALLERS_DIR/busybox.tar" busybox >/dev/null
}
export -f docker_start lodger_net

setup() {
	NAME=$(test_name)
	DIR=$BATS_TEST_TMPDIR
	INSIDE_FLAGS=()
}

teardown() {
	local id
	for id in $(docker ps -aq --filter "name=^$NAME"); do
		if [[ -z ${BATS_TEST_COMPLETED:-} && -z ${BATS_TEST_SKIPPED:-} ]]; then
			docker logs "$id" 2>&1 | sed 's/^/# log: /' || :
		fi
		timeout "$LIMIT" docker rm -f "$id" >/dev/null
	done
}

# d run ARGUMENT...: docker's command with the runtime under test.
d() {
	timeout -k 5 "$LIMIT" docker "$1" --runtime "$CALLERS_RUNTIME" "${@:2}" 3>&- 4>&-
}

export -f d

# said FLAG... -- COMMAND...: what the command prints in a new container, all of it (see heard).
said() {
	local flags=()
	while [[ $1 != -- ]]; do
		flags+=("$1")
		shift
	done
	heard d run --rm -i "${flags[@]}" busybox sh -c "$until_heard" - "${@:2}"
}

# inside COMMAND...: the same in the test's container, by docker exec. INSIDE_FLAGS: for that.
inside() {
	heard timeout -k 5 "$LIMIT" docker exec -i "${INSIDE_FLAGS[@]}" "$NAME" sh -c "$until_heard" - "$@"
}

# up [ARGUMENT...]: a container that runs.
up() {
	d run -d --name "$NAME" "$@" busybox sleep 1000 >/dev/null
}
