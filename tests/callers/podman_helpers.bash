# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the tests of podman: sourced by them.

# shellcheck source=tests/callers/helpers.bash disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/helpers.bash"

setup() {
	podman_setup
}

podman_setup() {
	NAME=$(test_name)
	DIR=$BATS_TEST_TMPDIR
}

teardown() {
	podman_teardown
}

podman_teardown() {
	local id rc=0
	for id in $(podman ps -aq --filter "name=^$NAME"); do
		if [[ -z ${BATS_TEST_COMPLETED:-} && -z ${BATS_TEST_SKIPPED:-} ]]; then
			echo "# $(podman ps -a --filter "id=$id")"
			podman logs "$id" 2>&1 | sed 's/^/# log: /' || :
		fi
		timeout "$LIMIT" podman rm -f -t 0 "$id" >/dev/null || rc=1
	done
	return $rc
}

# p ARGUMENT...: podman with the runtime under test; a hang is status 124.
p() {
	timeout -k 5 "$LIMIT" podman --runtime "$CALLERS_RUNTIME" "$@" 3>&- 4>&-
}

# up [ARGUMENT...]: a container that runs.
up() {
	p run -d --name "$NAME" "$@" busybox sleep 1000 >/dev/null
}

# as_service PROPERTIES... COMMAND...: as a service of the user's systemd.
as_service() {
	timeout -k 5 "$LIMIT" systemd-run --user --pipe --quiet --wait --collect \
		--setenv CONTAINERS_CONF_OVERRIDE="$CONTAINERS_CONF_OVERRIDE" "$@" 3>&- 4>&-
}
