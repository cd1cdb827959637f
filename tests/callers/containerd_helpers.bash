# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the tests of containerd: sourced by them. The daemon is the user's, in rootlesskit's namespaces,
# started by the first file that needs it as a service of the user's systemd; it ends with the session.

# shellcheck source=tests/callers/helpers.bash disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/helpers.bash"

setup_file() {
	[[ -x /usr/bin/containerd ]] || skip "containerd is not installed"
	export CONTAINERD_STATE=$XDG_RUNTIME_DIR/containerd-tests
	flock "$CALLERS_DIR/containerd.lock" bash -c containerd_start ||
		fail "containerd does not start: $(tail -n 30 "$CONTAINERD_STATE/log")"
}

# For containerd's API for Kubernetes: a runtime for each RuntimeClass. Without the controllers that
# limits need it is told to ask for none.
cri_config() {
	local no_cgroup=false name
	has_controller cpu && has_controller memory && has_controller pids || no_cgroup=true
	cat <<-END
		[plugins."io.containerd.grpc.v1.cri"]
		disable_apparmor = true
		disable_cgroup = $no_cgroup
		disable_hugetlb_controller = true
		restrict_oom_score_adj = true
		sandbox_image = "localhost/pause:latest"
		[plugins."io.containerd.grpc.v1.cri".containerd]
		snapshotter = "native"
		default_runtime_name = "lodger"
	END
	for name in lodger crun; do
		cat <<-END
			[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$name]
			runtime_type = "io.containerd.runc.v2"
			[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$name.options]
			BinaryName = "$(<"$CALLERS_DIR/runtime.$name")"
			SystemdCgroup = true
		END
	done
}

containerd_start() {
	! in_containerd ctr --address "$CONTAINERD_STATE/containerd.sock" version >/dev/null 2>&1 || return 0
	mkdir -p "$CONTAINERD_STATE"
	{
		cat <<-END
			version = 2
			root = "$HOME/containerd"
			state = "$CONTAINERD_STATE/state"
			disabled_plugins = ["io.containerd.internal.v1.opt"]
			[grpc]
			address = "$CONTAINERD_STATE/containerd.sock"
			# By default it gives up a shim that has not answered for two seconds.
			[timeouts]
			"io.containerd.timeout.shim.cleanup" = "${LIMIT}s"
			"io.containerd.timeout.shim.load" = "${LIMIT}s"
			"io.containerd.timeout.shim.shutdown" = "${LIMIT}s"
			"io.containerd.timeout.task.state" = "${LIMIT}s"
		END
		cri_config
	} >"$CONTAINERD_STATE/config.toml"
	# /run is made a copy that the namespace's root may write to, but for the user's own part. What is
	# the host's to a pod, its network and its name, belongs to the namespace, too.
	systemd-run --user --unit containerd --quiet --collect -p Delegate=yes \
		-p StandardError="append:$CONTAINERD_STATE/log" --setenv PATH=/usr/sbin:/sbin:/usr/bin:/bin \
		rootlesskit --state-dir "$CONTAINERD_STATE/rootlesskit" --net=slirp4netns --disable-host-loopback --utsns \
		--copy-up=/etc --copy-up=/run --copy-up=/var/lib --propagation=rslave \
		containerd --config "$CONTAINERD_STATE/config.toml"
	poll in_containerd ctr --address "$CONTAINERD_STATE/containerd.sock" version >/dev/null 2>&1
	image localhost/busybox '"sh"' | import default
	image localhost/busybox '"sh"' | import k8s.io
	image localhost/pause '"sleep", "1000000"' | import k8s.io
}

# import NAMESPACE: an image on standard input.
import() {
	in_containerd ctr --address "$CONTAINERD_STATE/containerd.sock" --namespace "$1" images import - >/dev/null
}

# image NAME COMMAND: as `docker save` writes it, of busybox: what ctr can import.
image() {
	local dir digest
	dir=$(mktemp -d)
	mkdir "$dir/layer"
	cp "$CALLERS_DIR/busybox.tar" "$dir/layer/layer.tar"
	digest=$(sha256sum "$dir/layer/layer.tar" | cut -d' ' -f1)
	printf '{"architecture":"amd64","os":"linux","config":{"Cmd":[%s],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[]}' \
		"$2" "$digest" >"$dir/config.json"
	printf '[{"Config":"config.json","RepoTags":["%s:latest"],"Layers":["layer/layer.tar"]}]' "$1" \
		>"$dir/manifest.json"
	tar -C "$dir" -c manifest.json config.json layer
	rm -r "$dir"
}

in_containerd() {
	nsenter --preserve-credentials -U -m -t "$(<"$CONTAINERD_STATE/rootlesskit/child_pid")" --wd=/ \
		bash -c '"$@"' - "$@"
}
export -f containerd_start cri_config controllers has_controller import image in_containerd poll

setup() {
	NAME=$(test_name)
	export NAME
	DIR=$BATS_TEST_TMPDIR
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
