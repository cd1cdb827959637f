# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A container that counts, and a criu(8) that works here. Sourced by the tests of checkpoint and
# restore.

# criu_setup: once per file. The criu is tests/env/criu's; without one, the reason is kept.
criu_setup() {
	local found why=$BATS_FILE_TMPDIR/no-criu
	CRIU_PATH='' CRIU_WHY=''
	if ! is_root; then
		CRIU_WHY="needs root of the initial user namespace"
	elif found=$("${LODGER_TEST_ENV:-$HERE/../env}/criu" 2>"$why"); then
		CRIU_PATH=$found
	else
		CRIU_WHY="no criu(8) that works on this kernel: $(tail -n 1 "$why")"
	fi
	export CRIU_PATH CRIU_WHY
}

need_criu() {
	[[ -n $CRIU_PATH ]] || { echo "$CRIU_WHY" && false; }
}

need_dirty_tracking() {
	criu check --feature mem_dirty_track >/dev/null 2>&1 ||
		{ echo "needs a kernel that tracks dirty memory (CONFIG_MEM_SOFT_DIRTY)" && false; }
}

# A container that counts in memory, and tells the number in a volume when it is asked: criu wants a
# file that is open to have the size at restore that it had, and one left running would go on writing.
counter_make() {
	requires root criu lodger
	PATH=$CRIU_PATH:$PATH
	VOLUME=$BATS_TEST_TMPDIR/volume IMAGES=$BATS_TEST_TMPDIR/images
	mkdir "$VOLUME"
	bind_add "$VOLUME" /mnt rw
	# What is restored must not find the number anywhere but in its memory.
	sh_args 'n=0
		while :; do
			n=$((n + 1))
			if [ -e /mnt/ask ]; then echo $n >/mnt/new; mv /mnt/new /mnt/n; rm /mnt/ask; fi
			usleep 1000
		done'
	config '.root.readonly = false'
}

counted() {
	cat "$VOLUME/n"
}

has_counted() {
	: >"$VOLUME/ask"
	[[ -e $VOLUME/n ]] && (($(counted) > $1))
}

has_answered() {
	[[ ! -e $VOLUME/ask ]]
}

# counts_to N: the container has counted further, and tells nothing any more.
counts_to() {
	poll 20 has_counted "$1" || fail "does not count to $1: $(cat "$VOLUME/n" 2>&1)"
	poll 20 has_answered || fail "does not answer"
}

# counts_on FROM: the container counts beyond a number that it can only have from its memory.
counts_on() {
	rm -f "$VOLUME/n"
	counts_to "$1"
}

# counter_up: until it has counted further than a new one does in the time of a restore.
counter_up() {
	ct_up "$@"
	counts_to 100
}

checkpoint() {
	lodger checkpoint --image-path "$IMAGES" "$@" "$ID"
}

# restore [FLAG...]: detached, with descriptors that keep nobody waiting.
restore() {
	lodger restore --detach --bundle "$BUNDLE" --image-path "$IMAGES" "$@" "$ID" \
		</dev/null >>"$OUT" 2>&1
}
