# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The bundle of a test: making and editing config.json. Sourced by helpers.bash.

# The config that `spec` writes, without a terminal. Another runtime gets the id maps that lodger
# finds by itself, since runc refuses an unprivileged user without them.
spec_make() {
	local dir=$1
	if [[ $RUNTIME == lodger ]] || is_root; then
		"$LODGER" spec --bundle "$dir" 3>&-
	else
		"$LODGER" spec --rootless --bundle "$dir" 3>&- 2>/dev/null ||
			(cd "$dir" && "$LODGER" spec --rootless 3>&-)
		BUNDLE=$dir config '.linux.uidMappings = $u | .linux.gidMappings = $g' \
			--argjson u "$(id_map_json "$(id -u)" /etc/subuid)" \
			--argjson g "$(id_map_json "$(id -g)" /etc/subgid)"
	fi
	BUNDLE=$dir config '.process.terminal = false'
}

# The caller as id 0 and the first subordinate range from 1, as config.json has it.
id_map_json() {
	local own=$1 file=$2
	awk -F: -v own="$own" -v name="$(id -un)" -v uid="$(id -u)" '
		BEGIN { printf "[{\"containerID\":0,\"hostID\":%d,\"size\":1}", own }
		($1 == name || $1 == uid) && !n++ {
			printf ",{\"containerID\":1,\"hostID\":%d,\"size\":%d}", $2, $3 }
		END { print "]" }' "$file"
}

# config FILTER [JQ-ARG...]: edit config.json in place.
config() {
	local filter=$1
	shift
	jq "$filter" "$@" <"$BUNDLE/config.json" >"$BUNDLE/.config.new"
	mv "$BUNDLE/.config.new" "$BUNDLE/config.json"
}

# args WORD...: what the container runs.
args() {
	# shellcheck disable=SC2016
	config '.process.args = $ARGS.positional' --args -- "$@"
}

sh_args() {
	args sh -c "$1"
}

# caps_add NAME...: into the bounding, effective and permitted sets.
caps_add() {
	config '.process.capabilities |= (.bounding += $ARGS.positional
		| .effective += $ARGS.positional | .permitted += $ARGS.positional)' --args -- "$@"
}

# ns_drop TYPE...: leave namespaces out of config.json.
ns_drop() {
	local type
	for type in "$@"; do
		# shellcheck disable=SC2016
		config '.linux.namespaces |= map(select(.type != $t))' --arg t "$type"
	done
}

# mount_add JSON: append a mount.
mount_add() {
	# shellcheck disable=SC2016
	config '.mounts += [$m]' --argjson m "$1"
}

# bind_add SOURCE DESTINATION [OPTION...]
bind_add() {
	local source=$1 destination=$2
	shift 2
	# shellcheck disable=SC2016
	config '.mounts += [{type: "bind", source: $s, destination: $d,
		options: (["bind"] + $ARGS.positional)}]' \
		--arg s "$source" --arg d "$destination" --args -- "$@"
}

# What a directory tree consists of: names, types, modes, link targets, sizes.
tree() {
	(cd "$1" && find . -printf '%P %y %m %s %l\n' | sort)
}

# A test whose container writes into its root filesystem, or leaves files in the bundle, says so.
# The tree was changed by the test itself; the next call takes note of it anew.
tree_forget() {
	rm -f "$BATS_TEST_TMPDIR/tree"
}

rootfs_may_change() {
	ROOTFS_MAY_CHANGE=1
}

tree_note() {
	[[ -e $BATS_TEST_TMPDIR/tree || ! -d $BUNDLE ]] ||
		(cd "$BUNDLE" && find . -printf '%P %y %l\n' | sort) >"$BATS_TEST_TMPDIR/tree"
}
