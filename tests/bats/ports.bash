# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Ports of the host for tests, which run beside each other.
#
# In:  LODGER_TEST_PORTS  a folder that all of them can write to: who makes a file there that is
#                         named as a port has that port, until the folder goes

# A port of the host that nobody listens at, and that no other test has been given: below those that
# the kernel chooses by itself.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		[[ -z ${LODGER_TEST_PORTS:-} ]] || mkdir "$LODGER_TEST_PORTS/$port" 2>/dev/null || continue
		(exec 5<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}
