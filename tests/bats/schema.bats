#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The documents that lodger writes, against the JSON schemas of the runtime specification. The
# schemas are another project's and not among our files: LODGER_SPEC_SCHEMA names their directory,
# else it is shared/spec/schema beside the checkout.

load helpers

setup() {
	requires lodger
	SCHEMAS=${LODGER_SPEC_SCHEMA:-$(dirname "${HERE%/tests/bats}")/shared/spec/schema}
	[[ -n ${LODGER_SPEC_SCHEMA:-} || -d $SCHEMAS ]] ||
		skip "needs the schemas of runtime-spec (LODGER_SPEC_SCHEMA)"
	# The distribution's Python first: another one may not have the distribution's library.
	for PYTHON in /usr/bin/python3 python3; do
		"$PYTHON" -c 'import jsonschema' 2>/dev/null && break
		PYTHON=
	done
	[[ -n $PYTHON ]] || skip "needs Python's jsonschema (Debian: python3-jsonschema)"
	test_setup
}

# valid SCHEMA FILE...
valid() {
	local schema=$1
	shift
	"$PYTHON" "$HERE/schema.py" "$SCHEMAS" "$schema.json" "$@"
}

@test "schema: mistakes are found, those behind references too" {
	lodger features | jq '.linux.namespaces += ["net"]' >"$OUT"
	run valid features-schema "$OUT"
	assert_eq "$status" 1
	assert_match "$output" 'linux\.namespaces\.[0-9]+'
	jq '.linux.namespaces[0].type = "net" | .process.user.uid = -1' "$BUNDLE/config.json" >"$OUT"
	run valid config-schema "$OUT"
	assert_eq "$status" 1
	assert_match "$output" 'linux\.namespaces\.0: '
	assert_match "$output" 'process\.user\.uid'
}

@test "schema: features" {
	lodger features >"$OUT"
	valid features-schema "$OUT"
}

@test "schema: spec, spec --rootless" {
	mkdir "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/rootless"
	lodger spec --bundle "$BATS_TEST_TMPDIR/plain"
	lodger spec --rootless --bundle "$BATS_TEST_TMPDIR/rootless"
	valid config-schema "$BATS_TEST_TMPDIR"/{plain,rootless}/config.json
}

@test "schema: state, of a created, a running and a stopped container" {
	config '.annotations = {"org.example.key": "value"}'
	args sleep 100
	ct_create
	ct_state >"$OUT.created"
	lodger start "$ID"
	ct_state >"$OUT.running"
	lodger kill "$ID" KILL
	ct_wait_stopped
	ct_state >"$OUT.stopped"
	ct_delete
	valid state-schema "$OUT".{created,running,stopped}
	assert_eq "$(jq -r .status "$OUT".{created,running,stopped} | xargs)" "created running stopped"
}

@test "schema: the state that hooks get" {
	local kind
	args true
	for kind in prestart createRuntime createContainer poststart poststop; do
		# shellcheck disable=SC2016
		config '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", $script]}]' \
			--arg kind "$kind" --arg script "cat >'$OUT.$kind'"
	done
	ct_ok
	valid state-schema "$OUT".{prestart,createRuntime,createContainer,poststart,poststop}
	assert_eq "$(jq -r .status "$OUT".{prestart,createRuntime,createContainer,poststart,poststop} | xargs)" \
		"creating creating creating running stopped"
}
