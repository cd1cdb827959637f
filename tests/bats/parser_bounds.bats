#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a config.json can cost: its size, depth and width are bounded, and so is the memory that
# reading it takes, whether it is accepted or refused.

load helpers

LIMIT_KIB=65536

setup() {
	requires lodger
	[[ -z ${LODGER_TEST_SANITIZED:-} ]] || skip "sanitizers take memory of their own"
	test_setup
	# Whatever is accepted ends here, before a container is made.
	config '.root.path = "nowhere"'
}

# costs REGEX: config.json is refused by a matching message, within the memory.
costs() {
	local peak
	tree_note
	run --separate-stderr timeout 30 "$TOOL" peak "$BATS_TEST_TMPDIR/peak" "$LODGER" "${GLOBAL[@]}" \
		create --bundle "$BUNDLE" "$ID" 3>&-
	refused "$1"
	peak=$(<"$BATS_TEST_TMPDIR/peak")
	((peak < LIMIT_KIB)) || fail "$peak KiB for: ${stderr:0:200}"
	tree_forget
}

# wide KEY-PATH ELEMENT: as many as fit into the greatest config that is read.
wide() {
	local n=$(((4194304 - 8192) / (${#2} + 1)))
	config "$1 = \"@here@\""
	jq -c . "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/one"
	{
		sed 's/"@here@".*//' "$BATS_TEST_TMPDIR/one" | tr -d '\n'
		printf '['
		yes "$2" | head -n $((n - 1)) | tr '\n' ','
		printf '%s]' "$2"
		sed 's/.*"@here@"//' "$BATS_TEST_TMPDIR/one"
	} >"$BUNDLE/config.json"
	(($(stat -c %s "$BUNDLE/config.json") > 4000000)) || fail "not as wide as meant"
}

@test "parser: 100 MB, as one text, as white space, as members" {
	printf '{"annotations":{"k":"' >"$BUNDLE/config.json"
	head -c 100000000 /dev/zero | tr '\0' x >>"$BUNDLE/config.json"
	costs 'config\.json'
	head -c 100000000 /dev/zero | tr '\0' ' ' >"$BUNDLE/config.json"
	costs 'config\.json'
	yes '{"a":1},' | head -c 100000000 >"$BUNDLE/config.json"
	costs 'config\.json'
}

@test "parser: nested a hundred thousand deep" {
	{
		printf '{"annotations":'
		head -c 100000 /dev/zero | tr '\0' '['
	} >"$BUNDLE/config.json"
	costs 'config\.json'
	yes '{"a":' | head -n 100000 | tr -d '\n' >"$BUNDLE/config.json"
	costs 'config\.json'
}

@test "parser: as many small values as fit, in a list of every kind" {
	local row
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/before"
	for row in '.x 0' '.x {}' '.process.args "a"' '.process.env "a=b"' '.mounts {}' \
		'.mounts {"destination":"/"}' '.hooks.prestart {}' '.linux.seccomp.syscalls {}' \
		'.linux.maskedPaths "/"' '.process.user.additionalGids 1' '.process.rlimits {}' \
		'.linux.devices {}' '.linux.uidMappings {}'; do
		cp "$BATS_TEST_TMPDIR/before" "$BUNDLE/config.json"
		wide "${row%% *}" "${row#* }"
		costs '.'
	done
}

@test "parser: NUL, invalid UTF-8, duplicate keys and numbers beyond 64 bits name their place" {
	local good
	good=$(<"$BUNDLE/config.json")
	printf '%s' "${good/\"cwd\": \"\/\"/\"cwd\": \"/\\u0000\"}" >"$BUNDLE/config.json"
	costs 'config\.json.*line [0-9]+, column [0-9]+'
	printf '%s' "${good/\"cwd\": \"\/\"/\"cwd\": \"/$(printf '\377')\"}" >"$BUNDLE/config.json"
	costs 'config\.json.*line [0-9]+, column [0-9]+'
	printf '%s' "${good/\"cwd\": \"\/\"/\"cwd\": \"/\", \"cwd\": \"/tmp\"}" >"$BUNDLE/config.json"
	costs 'config\.json.*cwd.*line [0-9]+, column [0-9]+'
	printf '%s' "${good/\"cwd\": \"\/\"/\"cwd\": \"/\", \"oomScoreAdj\": 18446744073709551616}" \
		>"$BUNDLE/config.json"
	costs 'config\.json.*oomScoreAdj'
	printf '%s' "${good/\"cwd\": \"\/\"/\"cwd\": \"/\", \"oomScoreAdj\": 1e400}" >"$BUNDLE/config.json"
	costs 'config\.json.*oomScoreAdj'
}
