#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The unprivileged caller on a machine that lacks something: no subordinate range, no helper, a
# helper that fails. Root prepares /etc and /usr/bin in a mount namespace of its own, then the
# account calls.

load ../helpers

setup() {
	requires root account lodger
	ACCOUNT=${LODGER_TEST_USER:-lodger-dev}
	test_setup
	GLOBAL=()
	STATE=$BATS_TEST_TMPDIR/run/lodger
	chown -R "$ACCOUNT:$ACCOUNT" "$BATS_TEST_TMPDIR"
	chmod 755 "$BATS_RUN_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" "$BATS_TEST_TMPDIR"
	# The hard links of the template are the template: give this test its own files.
	rm -rf "$ROOTFS"
	cp -a "$ROOTFS_TEMPLATE" "$ROOTFS"
	chown -R "$ACCOUNT:$ACCOUNT" "$ROOTFS"
	FAKE=$BATS_TEST_TMPDIR/fake
	mkdir -m 755 "$FAKE"
	sh_args 'id -u; cat /proc/self/uid_map; echo gids; cat /proc/self/gid_map'
	UID_OF=$(id -u "$ACCOUNT")
}

# as_prepared SCRIPT: in a private mount namespace, SCRIPT as root (it finds $FAKE), then the
# account runs the container. Sets status, output, stderr.
as_prepared() {
	tree_note
	chown "$ACCOUNT" "$BUNDLE/config.json"
	run --separate-stderr unshare -m --propagation private bash -c '
		set -e
		FAKE=$2
		eval "$1"
		shift 2
		exec setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}" 3>&- 4>&-
	' - "$1" "$FAKE" "$ACCOUNT" env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" timeout 30 \
		"$LODGER" run --bundle "$BUNDLE" "$ID"
	printf '[stdout]\n%s\n[stderr]\n%s\n' "$output" "$stderr" >>"$TRACE"
}

# hide FILE...: text for as_prepared: the program is not there.
hide() {
	printf 'mkdir -p "$FAKE/bin"; for f in /usr/bin/*; do case ${f##*/} in %s) ;; *) ln -s "/real/${f##*/}" "$FAKE/bin/" ;; esac; done\n' "$1"
	printf 'mkdir -p "$FAKE/real"; mount --bind /usr/bin "$FAKE/real"; mount -t tmpfs none /mnt; mkdir /mnt/real; mount --bind "$FAKE/real" /mnt/real\n'
	printf 'for l in "$FAKE"/bin/*; do ln -sfn "/mnt/real/${l##*/}" "$l"; done; mount --bind "$FAKE/bin" /usr/bin\n'
}

# fake NAME BODY: a helper that does something else, in the place of the real one.
fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$FAKE/$1"
	chmod 755 "$FAKE/$1"
	printf 'mount --bind "$FAKE/%s" /usr/bin/%s\n' "$1" "$1"
}

# The first subordinate id of the account in a file.
first_id() {
	awk -F: -v name="$ACCOUNT" -v uid="$UID_OF" '$1 == name || $1 == uid { print $2; exit }' "$1"
}

asks_for_ids() {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}, {containerID: 1, hostID: $U, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}, {containerID: 1, hostID: $G, size: 1000}]' \
		--argjson u "$UID_OF" --argjson g "$(id -g "$ACCOUNT")" \
		--argjson U "$(first_id /etc/subuid)" --argjson G "$(first_id /etc/subgid)"
}

# One id each of uid_map and gid_map; `one_id uid` and `one_id gid` ask one of the two, where the
# helper of the other map works and may be used.
one_id() {
	local uids=${output%%gids*} gids=${output##*gids}
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "${lines[0]}" 0
	[[ ${1:-} == uid ]] || assert_eq "$(xargs <<<"$gids")" "0 $(id -g "$ACCOUNT") 1" "gid_map"
	[[ ${1:-} == gid ]] || assert_eq "$(xargs <<<"$uids")" "0 0 $UID_OF 1" "id and uid_map"
}

@test "idmap: the account's full map, called from here" {
	as_prepared ':'
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$(xargs <<<"${lines[1]}")" "0 $UID_OF 1"
	assert_match "$(xargs <<<"${lines[2]}")" '^1 [0-9]+ [0-9]+$'
}

@test "idmap: several ranges of one user, by name and by number" {
	local uid=$UID_OF
	as_prepared "printf '%s:200000:1000\n%s:300000:2000\nother:400000:5\n' $ACCOUNT $uid >\"\$FAKE/ids\"
		mount --bind \"\$FAKE/ids\" /etc/subuid
		mount --bind \"\$FAKE/ids\" /etc/subgid"
	assert_eq "$status" 0 "status ($stderr)"
	assert_eq "$(xargs <<<"${lines[2]}")" '1 200000 1000'
	assert_eq "$(xargs <<<"${lines[3]}")" '1001 300000 2000'
	assert_eq "${lines[4]}" gids
}

@test "idmap: no subordinate range: one id" {
	as_prepared 'mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid'
	one_id
}

@test "idmap: neither file is there: one id" {
	as_prepared 'mkdir "$FAKE/etc"; cp -a /etc/. "$FAKE/etc"; rm -f "$FAKE"/etc/sub?id*; mount --bind "$FAKE/etc" /etc'
	one_id
}

@test "idmap: a range for uids only: one id, or an error that names /etc/subgid" {
	as_prepared 'mount --bind /dev/null /etc/subgid'
	if [[ $status -eq 0 ]]; then
		assert_eq "${lines[0]}" 0
	else
		assert_match "$stderr" '/etc/subgid'
	fi
}

@test "idmap: no subordinate range, and config.json wants another user: error, line to add, command" {
	config '.process.user = {uid: 1000, gid: 1000}'
	as_prepared 'mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid'
	assert_eq "$status" 1
	assert_match "$stderr" '/etc/sub[ug]id'
	assert_match "$stderr" "$ACCOUNT:[0-9]+:[0-9]+"
	assert_match "$stderr" 'usermod|tee|echo'
}

@test "idmap: no subordinate range, and config.json maps some: error with the file" {
	asks_for_ids
	as_prepared 'mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid'
	assert_eq "$status" 1
	assert_match "$stderr" '/etc/sub[ug]id'
}

@test "idmap: no newuidmap: one id" {
	as_prepared "$(hide newuidmap)"
	one_id uid
}

@test "idmap: no newgidmap: one id" {
	as_prepared "$(hide newgidmap)"
	one_id gid
}

@test "idmap: no newuidmap, and config.json maps more: error that names it and the package" {
	asks_for_ids
	as_prepared "$(hide newuidmap)"
	assert_eq "$status" 1
	assert_match "$stderr" 'newuidmap'
	assert_match "$stderr" 'uidmap|shadow|apt|install'
}

@test "idmap: a newuidmap without setuid bit: one id, with a warning" {
	as_prepared 'cp /usr/bin/newuidmap "$FAKE/n"; chmod 755 "$FAKE/n"; mount --bind "$FAKE/n" /usr/bin/newuidmap'
	one_id
}

@test "idmap: a newuidmap that fails: one id" {
	as_prepared "$(fake newuidmap 'echo no such luck >&2; exit 1')"
	one_id
}

@test "idmap: a newgidmap that fails: one id" {
	as_prepared "$(fake newgidmap 'exit 1')"
	one_id gid
}

@test "idmap: a helper that fails, and config.json maps more: an error with its own words" {
	asks_for_ids
	as_prepared "$(fake newuidmap 'echo no such luck >&2; exit 1')"
	assert_eq "$status" 1
	assert_match "$stderr" 'newuidmap'
	assert_match "$stderr" 'no such luck'
}

@test "idmap: a helper that dies of a signal" {
	asks_for_ids
	as_prepared "$(fake newuidmap 'kill -SEGV $$')"
	assert_eq "$status" 1
	assert_match "$stderr" 'newuidmap'
}

@test "idmap: a helper that claims success and writes nothing is found out" {
	asks_for_ids
	as_prepared "$(fake newuidmap 'exit 0')"
	assert_eq "$status" 1
	[[ -n $stderr ]]
}

@test "idmap: helpers are not looked up in the caller's PATH" {
	printf '#!/bin/sh\ntouch %s/ran\nexit 1\n' "$FAKE" >"$FAKE/newuidmap"
	chmod 755 "$FAKE/newuidmap"
	chmod 777 "$FAKE"
	as_prepared 'export PATH=$FAKE:$PATH'
	[[ ! -e $FAKE/ran ]] || fail "the newuidmap of PATH was run"
	assert_eq "$status" 0 "status ($stderr)"
}

@test "idmap: no_new_privs keeps the helpers from working: one id" {
	# Services with NoNewPrivileges=yes call like this.
	tree_note
	run --separate-stderr setpriv --reuid "$ACCOUNT" --regid "$ACCOUNT" --init-groups --no-new-privs \
		env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "$LODGER" run --bundle "$BUNDLE" "$ID" 3>&-
	one_id
}
