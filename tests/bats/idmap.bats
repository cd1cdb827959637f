#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who calls decides which user namespace and which ids: the unprivileged caller, with subordinate
# ranges. The other cases need another /etc and are in root/idmap.bats.

load helpers

setup() {
	test_setup
	FIRST_UID=$(awk -F: -v n="$(id -un)" '$1 == n { print $2; exit }' /etc/subuid)
	FIRST_GID=$(awk -F: -v n="$(id -un)" '$1 == n { print $2; exit }' /etc/subgid)
}

map_of() {
	awk 'NF {print $1, $2, $3}' <<<"$1"
}

@test "idmap: no user namespace in config.json: caller is root, all ranges follow" {
	requires user subids lodger
	jq -e '.linux.namespaces | map(.type) | index("user") | not' "$BUNDLE/config.json"
	sh_args 'cat /proc/self/uid_map; echo --; cat /proc/self/gid_map'
	ct_ok
	local count expected at=1 start size
	for count in uid gid; do
		expected="0 $(id -${count:0:1}) 1"
		at=1
		while IFS=: read -r _ start size; do
			expected+=$'\n'"$at $start $size"
			at=$((at + size))
		done < <(grep "^$(id -un):" "/etc/sub$count")
		if [[ $count == uid ]]; then
			assert_eq "$(map_of "${output%%--*}" | grep .)" "$expected" "uid map"
		else
			assert_eq "$(map_of "${output##*--}" | grep .)" "$expected" "gid map"
		fi
	done
}

@test "idmap: a user namespace in config.json without mappings gets the same" {
	requires user subids lodger
	config '.linux.namespaces += [{"type": "user"}]'
	sh_args 'cat /proc/self/uid_map'
	ct_ok
	assert_match "$(map_of "$output")" "^0 $(id -u) 1"$'\n'"1 $FIRST_UID"
}

@test "idmap: the caller is root inside, with the group" {
	requires user
	sh_args 'id -u; id -g'
	ct_ok
	assert_eq "$output" $'0\n0'
}

@test "idmap: a file of the container's user 1 belongs to the first subordinate id" {
	requires user subids
	rootfs_may_change
	config '.root.readonly = false'
	caps_add CAP_CHOWN
	sh_args 'touch /tmp/mine && chown 1:1 /tmp/mine && touch /tmp/root'
	ct_ok
	assert_eq "$(stat -c %u:%g "$ROOTFS/tmp/mine")" "$FIRST_UID:$FIRST_GID"
	assert_eq "$(stat -c %u:%g "$ROOTFS/tmp/root")" "$(id -u):$(id -g)"
}

@test "idmap: mappings of config.json are honoured" {
	requires user subids
	config '.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $f, size: 10}, {containerID: 1000, hostID: $u, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: $g, size: 10}, {containerID: 1000, hostID: $o, size: 1}]' \
		--argjson f "$FIRST_UID" --argjson g "$FIRST_GID" --argjson u "$(id -u)" --argjson o "$(id -g)"
	# The root directory then belongs to 1000 inside; container root may still read it.
	sh_args 'cat /proc/self/uid_map; echo --; cat /proc/self/gid_map'
	ct_ok
	assert_eq "$(map_of "${output%%--*}" | grep .)" "0 $FIRST_UID 10"$'\n'"1000 $(id -u) 1"
	assert_eq "$(map_of "${output##*--}" | grep .)" "0 $FIRST_GID 10"$'\n'"1000 $(id -g) 1"
}

@test "idmap: one id is written directly, with setgroups denied" {
	requires user
	config '.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}]' \
		--argjson u "$(id -u)" --argjson g "$(id -g)"
	sh_args 'cat /proc/self/uid_map /proc/self/setgroups'
	ct_ok
	assert_eq "$(map_of "${lines[0]}")" "0 $(id -u) 1"
	assert_eq "${lines[-1]}" deny
}

@test "idmap: one id that is not 0 inside" {
	requires user lodger
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 5, hostID: $u, size: 1}]
		| .linux.gidMappings = [{containerID: 6, hostID: $g, size: 1}]
		| .process.user = {uid: 5, gid: 6}' \
		--argjson u "$(id -u)" --argjson g "$(id -g)"
	sh_args 'id -u; id -g'
	ct_ok
	assert_eq "$output" $'5\n6'
}

@test "idmap: many extents" {
	requires user subids
	local json
	json=$(jq -n --argjson f "$FIRST_UID" '[range(1; 100) | {containerID: (. * 2), hostID: ($f + . * 3), size: 1}]')
	config '.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}] + $m
		| .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}] + $m' \
		--argjson m "$json" --argjson u "$(id -u)" --argjson g "$(id -g)"
	sh_args 'wc -l </proc/self/uid_map'
	ct_ok
	assert_eq "$output" 100
}

@test "idmap: a range that is not the caller's is an error with the file and the fix" {
	requires user lodger
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 4000000, size: 100}]
		| .linux.gidMappings = [{containerID: 0, hostID: 4000000, size: 100}]'
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" '/etc/sub[ug]id|linux\.uidMappings'
}

@test "idmap: process.user with an id that is not mapped is an error with its JSON path" {
	requires user lodger
	config '.process.user.uid = 4000000'
	ct_run
	assert_eq "$status" 1
	assert_match "$stderr" 'process\.user\.uid'
}

@test "idmap: process.user as another id" {
	requires user subids
	config '.process.user = {uid: 1000, gid: 1000}'
	sh_args 'id -u; id -g; id -G'
	ct_ok
	assert_eq "$output" $'1000\n1000\n1000'
}

@test "idmap: supplementary groups are those of config.json and no other" {
	requires user subids
	config '.process.user = {uid: 1000, gid: 1000, additionalGids: [7, 20]}'
	sh_args 'id -G'
	ct_ok
	assert_eq "$output" '1000 7 20'
}

@test "idmap: inside somebody's user namespace, root makes no second one" {
	requires user subids lodger
	sh_args 'readlink /proc/self/ns/user; cat /proc/self/uid_map'
	run --separate-stderr unshare -Ur --map-auto bash -c '
		readlink /proc/self/ns/user
		exec "$0" run --bundle "$1" "$2" 3>&-' "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "${lines[0]}" "${lines[1]}" "user namespace"
	assert_eq "$(map_of "${lines[2]}")" "0 $(id -u) 1"
}

@test "idmap: inside somebody's user namespace with one id only" {
	requires user lodger
	sh_args 'readlink /proc/self/ns/user; id -u'
	run --separate-stderr unshare -Ur bash -c '
		readlink /proc/self/ns/user
		exec "$0" run --bundle "$1" "$2" 3>&-' "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "${lines[0]}" "${lines[1]}" "user namespace"
	assert_eq "${lines[2]}" 0
}

@test "idmap: inside somebody's user namespace, one that config.json asks for is made" {
	requires user subids lodger
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 1, size: 100}]
		| .linux.gidMappings = [{containerID: 0, hostID: 1, size: 100}]'
	sh_args 'readlink /proc/self/ns/user; cat /proc/self/uid_map'
	run --separate-stderr unshare -Ur --map-auto bash -c '
		readlink /proc/self/ns/user
		exec "$0" run --bundle "$1" "$2" 3>&-' "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	[[ ${lines[0]} != "${lines[1]}" ]] || fail "no new user namespace"
	assert_match "$(map_of "${lines[2]}")" '^0 1 100$'
}

@test "idmap: a root filesystem and a source that only the container's root can reach" {
	requires user subids lodger
	mkdir "$BATS_TEST_TMPDIR/outer"
	mv "$ROOTFS" "$BATS_TEST_TMPDIR/outer/rootfs"
	mkdir "$BATS_TEST_TMPDIR/outer/source"
	touch "$BATS_TEST_TMPDIR/outer/source/file"
	config '.root.path = $outer + "/rootfs" | .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 1, size: 100}, {containerID: 100, hostID: 0, size: 1}]
		| .linux.gidMappings = .linux.uidMappings' --arg outer "$BATS_TEST_TMPDIR/outer"
	bind_add "$BATS_TEST_TMPDIR/outer/source" /mnt
	sh_args 'id -u; ls /mnt'
	run --separate-stderr unshare -Ur --map-auto bash -c '
		chown 1:1 "$3" "$3/rootfs" && chmod 700 "$3"
		"$0" run --bundle "$1" "$2" 3>&-
		rc=$?
		chown 0:0 "$3" "$3/rootfs"
		exit $rc' "$LODGER" "$BUNDLE" "$ID" "$BATS_TEST_TMPDIR/outer"
	mv "$BATS_TEST_TMPDIR/outer/rootfs" "$ROOTFS"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$output" $'0\nfile'
}

@test "idmap: a caller who is not root inside a user namespace gets one of his own" {
	requires user lodger
	sh_args 'id -u; cat /proc/self/uid_map'
	run --separate-stderr unshare -U --map-user=5 --map-group=5 bash -c '
		exec setpriv --inh-caps=-all --bounding-set=-all "$0" run --bundle "$1" "$2" 3>&-' "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "${lines[0]}" 0
}

@test "idmap: an existing user namespace is joined by path" {
	requires user subids
	unshare -Ur --map-auto sleep 100 3>&- &
	local holder=$!
	poll 5 grep -qs ' 1 ' "/proc/$holder/uid_map"
	config '.linux.namespaces |= map(select(.type != "user")) + [{type: "user", path: $p}]
		| del(.linux.uidMappings, .linux.gidMappings)' --arg p "/proc/$holder/ns/user"
	sh_args 'readlink /proc/self/ns/user'
	ct_run
	local expected
	expected=$(readlink "/proc/$holder/ns/user")
	kill "$holder"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$output" "$expected"
}

@test "idmap: no capability and no id of the caller leaks to a container user" {
	requires user subids
	config '.process.user = {uid: 1000, gid: 1000}'
	sh_args 'grep -E "^Cap(Eff|Prm|Inh|Amb)" /proc/self/status | cut -f2 | sort -u'
	ct_ok
	assert_eq "$output" 0000000000000000
}

@test "idmap: user namespaces that are used up: an error that names the sysctl" {
	requires user subids lodger
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 0, size: 100}]
		| .linux.gidMappings = [{containerID: 0, hostID: 0, size: 100}]'
	args true
	# The limit counts per namespace, so this one is nobody else's.
	run --separate-stderr unshare -Ur --map-auto bash -c '
		echo 0 >/proc/sys/user/max_user_namespaces
		exec "$0" run --bundle "$1" "$2" 3>&-' "$LODGER" "$BUNDLE" "$ID"
	assert_eq "$status" 1
	assert_match "$stderr" 'max_user_namespaces'
}
