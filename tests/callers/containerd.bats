#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd, rootless in rootlesskit's namespaces, with its io.containerd.runc.v2 shim and
# BinaryName; and the runtime named in its config, as a Kubernetes RuntimeClass would have it.

load helpers

setup_file() {
	[[ -x /usr/bin/containerd ]] || skip "containerd is not installed"
	export CONTAINERD_STATE=$XDG_RUNTIME_DIR/containerd-tests
	flock "$CALLERS_DIR/containerd.lock" bash -c containerd_start ||
		fail "containerd does not start: $(journalctl --user -u containerd -n 30 2>&1)"
}

containerd_start() {
	! in_containerd ctr --address "$CONTAINERD_STATE/containerd.sock" version >/dev/null 2>&1 || return 0
	mkdir -p "$CONTAINERD_STATE"
	cat >"$CONTAINERD_STATE/config.toml" <<-END
		version = 2
		root = "$HOME/containerd"
		state = "$CONTAINERD_STATE/state"
		disabled_plugins = ["io.containerd.internal.v1.opt"]
		[grpc]
		address = "$CONTAINERD_STATE/containerd.sock"
		[plugins."io.containerd.grpc.v1.cri"]
		disable_apparmor = true
		restrict_oom_score_adj = true
		disable_hugetlb_controller = true
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.lodger]
		runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.lodger.options]
		BinaryName = "$(<"$CALLERS_DIR/runtime.lodger")"
	END
	# /run is made a copy that the namespace's root may write to, but for the user's own part.
	systemd-run --user --unit containerd --quiet --collect -p Delegate=yes \
		--setenv PATH=/usr/sbin:/sbin:/usr/bin:/bin \
		rootlesskit --state-dir "$CONTAINERD_STATE/rootlesskit" --net=host --copy-up=/etc --copy-up=/run \
		--copy-up=/var/lib --propagation=rslave \
		containerd --config "$CONTAINERD_STATE/config.toml"
	poll 60 in_containerd ctr --address "$CONTAINERD_STATE/containerd.sock" version >/dev/null 2>&1
	in_containerd docker_archive | in_containerd ctr --address "$CONTAINERD_STATE/containerd.sock" images import - >/dev/null
}

# An image as `docker save` writes it: what ctr can import, made of the same root file system.
docker_archive() {
	local dir digest
	dir=$(mktemp -d)
	mkdir "$dir/layer"
	cp "$CALLERS_DIR/busybox.tar" "$dir/layer/layer.tar"
	digest=$(sha256sum "$dir/layer/layer.tar" | cut -d' ' -f1)
	printf '{"architecture":"amd64","os":"linux","config":{"Cmd":["sh"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[]}' \
		"$digest" >"$dir/config.json"
	printf '[{"Config":"config.json","RepoTags":["localhost/busybox:latest"],"Layers":["layer/layer.tar"]}]' \
		>"$dir/manifest.json"
	tar -C "$dir" -c manifest.json config.json layer
	rm -r "$dir"
}

in_containerd() {
	nsenter --preserve-credentials -U -m -t "$(<"$CONTAINERD_STATE/rootlesskit/child_pid")" --wd=/ \
		bash -c '"$@"' - "$@"
}
export -f containerd_start docker_archive in_containerd poll

setup() {
	export NAME=$CALLERS_RUNTIME-$BATS_SUITE_TEST_NUMBER-$$
	DIR=$BATS_TEST_TMPDIR
}

teardown() {
	c task kill --signal KILL "$NAME" >/dev/null 2>&1 || :
	c task rm -f "$NAME" >/dev/null 2>&1 || :
	c container rm "$NAME" >/dev/null 2>&1 || :
}

# c ARGUMENT...: ctr. cr FLAG...: ctr run with the runtime under test.
c() {
	# In the foreground: with a process group of its own it could not read a terminal.
	timeout --foreground -k 5 "$LIMIT" nsenter --preserve-credentials -U -m \
		-t "$(<"$CONTAINERD_STATE/rootlesskit/child_pid")" --wd=/ \
		ctr --address "$CONTAINERD_STATE/containerd.sock" "$@" 3>&- 4>&-
}

cr() {
	# Without cpu-shares 0 ctr asks for the kernel's default, for which there must be a controller.
	c run --snapshotter native --cpu-shares 0 --runc-systemd-cgroup --cgroup "user.slice:ctr:$NAME" \
		--runc-binary "$(<"$CALLERS_DIR/runtime.$CALLERS_RUNTIME")" "$@"
}

export -f c cr

# bats test_tags=vm
@test "ctr run: output and status" {
	run heard cr --rm localhost/busybox:latest "$NAME" sh -c "$until_heard" - sh -c 'echo hello; exit 7'
	assert_eq "$status" 7
	assert_eq "$output" hello
}

@test "ctr run -d, task ls, exec, kill, delete" {
	cr -d localhost/busybox:latest "$NAME" sleep 1000
	assert_match "$(c task ls)" "$NAME +[0-9]+ +RUNNING"
	run heard c task exec --exec-id e1 "$NAME" sh -c "$until_heard" - sh -c 'echo in; exit 8'
	assert_eq "$status" 8
	assert_eq "$output" in
	c task kill --signal KILL "$NAME"
	poll 10 stopped
}

stopped() {
	[[ $(c task ls) =~ $NAME\ +[0-9]+\ +STOPPED ]]
}

@test "ctr task pause, resume, ps" {
	cr -d localhost/busybox:latest "$NAME" sleep 1000
	assert_match "$(c task ps "$NAME")" '[0-9]+'
	c task pause "$NAME"
	assert_match "$(c task ls)" "$NAME +[0-9]+ +PAUSED"
	c task resume "$NAME"
	assert_match "$(c task ls)" "$NAME +[0-9]+ +RUNNING"
}

@test "ctr run -t: a terminal" {
	run on_terminal cr --rm -t localhost/busybox:latest "$NAME" \
		sh -c "$until_heard" - sh -c 'test -t 0 && tty; exit 3'
	assert_eq "$status" 3 "status ($output)"
	assert_match "$output" '/dev/pts/0'
}

@test "ctr run with its own name of a cgroup, which is at the root" {
	[[ $CALLERS_RUNTIME == lodger ]] || skip "crun refuses: it cannot make /default"
	run heard c run --snapshotter native --cpu-shares 0 --runc-binary "$(<"$CALLERS_DIR/runtime.lodger")" \
		--rm localhost/busybox:latest "$NAME" sh -c "$until_heard" - sh -c 'echo hello; exit 7'
	assert_eq "$status" 7
	assert_eq "$output" hello
}

@test "ctr run: a command that is not there" {
	run cr --rm localhost/busybox:latest "$NAME" no-such-command
	[[ $status -ne 0 ]]
	assert_match "$output" 'executable file.*not found'
}
