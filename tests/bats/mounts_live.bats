#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# lodger mounts: what is mounted in a container that runs, changed; a container that is in the way.

# shellcheck disable=SC2119,SC2120

load helpers

setup() {
	test_setup
	requires lodger
	HOST=$BATS_TEST_TMPDIR/host
	mkdir -m 755 "$HOST"
	echo host >"$HOST/file"
	MOUNTS=$BATS_TEST_TMPDIR/mounts.json
	config '.root.readonly = false'
	ROOTFS_MAY_CHANGE=1
}

# mounts ACTION JSON: sets status and output.
mounts() {
	printf '%s\n' "$2" >"$MOUNTS"
	run lodger mounts "$1" "$ID" "$MOUNTS"
}

added() {
	mounts add "$1"
	assert_eq "$status" 0 "status ($output)"
	assert_eq "$output" ''
}

removed() {
	mounts remove "$1"
	assert_eq "$status" 0 "status ($output)"
}

# refused WORDS: and nothing has changed in the container.
refused() {
	assert_eq "$status" 1 "status ($output)"
	assert_match "$output" "$1"
	assert_eq "$(table)" "$BEFORE"
}

table() {
	awk '{ print $5 }' "/proc/$(ct_pid)/mountinfo"
}

in_ct() {
	lodger exec "$ID" "$@"
}

up() {
	args sleep 1000
	ct_up
	BEFORE=$(table)
	HOST_BEFORE=$(host_mounts)
}

teardown() {
	# Whatever happened, this mount namespace is as it was.
	[[ -z ${HOST_BEFORE:-} ]] || assert_eq "$(host_mounts)" "$HOST_BEFORE"
	test_teardown
}

@test "mounts: a bind mount is added and removed" {
	up
	added '[{"destination": "/data", "source": "'"$HOST"'", "type": "bind", "options": ["rbind"]}]'
	assert_eq "$(in_ct cat /data/file)" host
	echo later >"$HOST/other"
	assert_eq "$(in_ct cat /data/other)" later
	in_ct sh -c 'echo inside >/data/new'
	assert_eq "$(<"$HOST/new")" inside
	removed '[{"destination": "/data"}]'
	assert_eq "$(table)" "$BEFORE"
	assert_eq "$(in_ct ls /data)" ''
}

@test "mounts: an object with mounts, from standard input; a relative source is the bundle's" {
	up
	mkdir "$BUNDLE/more"
	echo bundle >"$BUNDLE/more/file"
	echo '{"ociVersion": "1.0.2", "mounts": [{"destination": "/data", "source": "more", "options": ["bind"]}]}' |
		lodger mounts add "$ID" -
	assert_eq "$(in_ct cat /data/file)" bundle
}

@test "mounts: a file on a file, and flags" {
	up
	added '[{"destination": "/etc/added", "source": "'"$HOST/file"'", "options": ["bind", "ro", "noexec", "nosuid"]}]'
	assert_eq "$(in_ct cat /etc/added)" host
	run in_ct sh -c 'echo x >/etc/added'
	assert_match "$output" 'Read-only file system'
	assert_match "$(in_ct grep /etc/added /proc/self/mountinfo)" 'ro,nosuid,.*noexec'
}

@test "mounts: a tmpfs of the container's own, read-only too" {
	up
	added '[{"destination": "/scratch", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m", "mode=700"]},
		{"destination": "/empty", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}]'
	in_ct sh -c 'echo x >/scratch/file'
	assert_eq "$(in_ct stat -c '%a %u' /scratch)" '700 0'
	run in_ct sh -c 'echo x >/empty/file'
	assert_match "$output" 'Read-only file system'
}

@test "mounts: to a container that waits for start, and one that is below another" {
	args sleep 1000
	ct_create
	added '[{"destination": "/a", "type": "tmpfs", "source": "tmpfs"},
		{"destination": "/a/b", "source": "'"$HOST"'", "options": ["bind"]}]'
	lodger start "$ID"
	assert_eq "$(in_ct cat /a/b/file)" host
	removed '[{"destination": "/a"}, {"destination": "/a/b"}]'
	assert_eq "$(in_ct ls /a)" ''
}

@test "mounts: all or none" {
	up
	mounts add '[{"destination": "/one", "source": "'"$HOST"'", "options": ["bind"]},
		{"destination": "/two", "type": "tmpfs", "source": "tmpfs"},
		{"destination": "/etc/passwd/x", "source": "'"$HOST"'", "options": ["bind"]}]'
	refused 'mounts\[2\].*/etc/passwd/x'
	mounts add '[{"destination": "/one", "source": "'"$HOST"'", "options": ["bind"]},
		{"destination": "/two", "source": "'"$HOST"'/absent", "options": ["bind"]}]'
	refused "mounts\[1\].*$HOST/absent.*[Nn]o such file"
	in_ct true
}

@test "mounts: a source that is missing on the host is not looked up in the container" {
	up
	mounts add '[{"destination": "/data", "source": "/bin/tool", "options": ["bind"]}]'
	[[ ! -e /bin/tool ]] || skip "the host has a /bin/tool"
	refused '/bin/tool.*[Nn]o such file'
}

@test "mounts: a symlink in the container does not lead out of it, with add" {
	up
	in_ct sh -c "ln -s '$HOST' /out; ln -s ../../../../..$HOST /up; ln -s /proc /p"
	added '[{"destination": "/out/sub", "source": "'"$HOST"'", "options": ["bind"]},
		{"destination": "/up/sub2", "source": "'"$HOST"'", "options": ["bind"]}]'
	assert_eq "$(in_ct cat "$HOST/sub/file")" host
	[[ ! -e $HOST/sub && ! -e $HOST/sub2 ]]
	BEFORE=$(table)
	mounts add '[{"destination": "/p/1", "source": "'"$HOST"'", "options": ["bind"]}]'
	refused 'inside procfs'
}

@test "mounts: a symlink of the container does not choose what is removed" {
	up
	in_ct sh -c 'mkdir /x; ln -s /proc /x/p; ln -s /proc /y'
	mounts remove '[{"destination": "/x/p"}]'
	refused 'nothing is mounted'
	mounts remove '[{"destination": "/y/sys"}]'
	refused 'leads to /proc/sys'
	mounts remove '[{"destination": "'"$(jq -r '.linux.maskedPaths[0]' "$BUNDLE/config.json")"'"}]'
	refused 'protected by linux.maskedPaths'
	mounts remove '[{"destination": "/../proc//sys/."}]'
	refused 'protected by linux.readonlyPaths'
}

@test "mounts: what cannot be added or removed says why" {
	up
	mounts add '[{"destination": "/", "source": "'"$HOST"'", "options": ["bind"]}]'
	refused 'root filesystem'
	mounts remove '[{"destination": "/"}]'
	refused 'root filesystem'
	mounts remove '[{"destination": "/etc"}]'
	refused 'nothing is mounted'
	mounts remove '[{"destination": "/absent"}]'
	refused '/absent.*[Nn]o such file'
	local type
	for type in proc sysfs cgroup mqueue devpts overlay; do
		mounts add '[{"destination": "/data", "type": "'$type'", "source": "x"}]'
		refused "$type.*cannot be added to a container that runs"
	done
	mounts add '[{"destination": "/data", "source": "'"$HOST"'", "options": ["bind", "idmap"]}]'
	refused 'cannot be added to a container that runs'
	mounts add '[{"destination": "/data", "source": "'"$HOST"'", "options": ["bind", "size=3"]}]'
	refused 'size=3'
}

@test "mounts: a file that is none, and words that are none" {
	up
	mounts add '{"mount": []}'
	refused 'mounts'
	mounts add '[{"source": "/"}]'
	refused 'destination'
	mounts add '[{'
	refused 'line 1|line 2'
	mounts frob '[]'
	refused 'neither add nor remove'
	run lodger mounts add "$ID" "$BATS_TEST_TMPDIR/absent"
	refused 'absent.*[Nn]o such file'
	run lodger mounts add "$ID"
	refused 'too few arguments'
}

@test "mounts: a container that is not there, or has ended" {
	run lodger mounts add "$ID" /dev/null
	assert_eq "$status" 1
	up
	lodger kill "$ID" KILL
	ct_wait_stopped
	unset BEFORE
	run lodger mounts add "$ID" /dev/null
	assert_eq "$status" 1
	assert_match "$output" 'not running'
}

@test "mounts: a container that exchanges its directories meanwhile" {
	sh_args 'mkdir /a /b /a/data /b/data; ln -s /proc /l; while :; do mv /a /t; mv /b /a; mv /t /b; done 2>/dev/null'
	ct_up
	HOST_BEFORE=$(host_mounts)
	poll 10 test -d "$ROOTFS/b/data" -o -d "$ROOTFS/a/data"
	local n
	for n in 1 2 3 4 5 6 7 8; do
		mounts add '[{"destination": "/a/data/'$n'", "source": "'"$HOST"'", "options": ["bind"]}]'
		assert_match "$(table | grep "/data/$n$" || echo none)" '^(/[abt]/data/'$n'|none)$'
	done
	assert_eq "$(ls "$HOST")" file
}

# as podman and rootlesskit call: below a user namespace of the caller's, in which he is root.
below() {
	run --separate-stderr unshare -Urm --map-auto bash -c '
		set -e
		lodger() { "$LODGER" --root "$STATE" "$@" 3>&- 4>&-; }
		lodger create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null
		lodger start "$ID"
		table() { lodger exec "$ID" cut -d " " -f 5 /proc/self/mountinfo; }
		before=$(table) host=$(cat /proc/self/mountinfo)
		echo "[{\"destination\": \"/data\", \"source\": \"$HOST\", \"options\": [\"rbind\", \"nosuid\"]},
			{\"destination\": \"/scratch\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"mode=711\"]}]" |
			lodger mounts add "$ID" -
		lodger exec "$ID" sh -c "cat /data/file; echo inside >/data/new; stat -c %a:%u /scratch"
		cat "$HOST/new"
		echo "[{\"destination\": \"/data\"}, {\"destination\": \"/scratch\"}]" | lodger mounts remove "$ID" -
		[[ $(table) == "$before" ]] || echo "not as it was"
		[[ $(cat /proc/self/mountinfo) == "$host" ]] || echo "left on the host"
		lodger delete --force "$ID"'
	assert_eq "$status" 0 "status ($output $stderr)"
	assert_eq "$output" $'host\n711:0\ninside' "output ($stderr)"
	assert_eq "$stderr" ''
	rm "$HOST/new"
}

@test "mounts: below a caller's user namespace, with and without one of the container's own" {
	requires user subids
	args sleep 1000
	chmod 777 "$HOST"
	export BUNDLE STATE HOST ID LODGER
	config '.linux.namespaces |= map(select(.type != "user"))'
	below
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 1, size: 1000}]
		| .linux.gidMappings = [{containerID: 0, hostID: 1, size: 1000}]'
	below
}
