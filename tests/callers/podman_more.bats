#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman's pods, kube play, build, hooks, and a real systemd in a container.

load podman_helpers

teardown() {
	# A pod of another test's is not ours to remove.
	timeout "$LIMIT" podman pod rm -f -i -t 0 "$NAME-pod" "$NAME-kube" >/dev/null
	podman_teardown
}

@test "podman pod: two containers share what a pod shares" {
	p pod create --name "$NAME-pod" --infra-image busybox --infra-command 'sleep 1000' >/dev/null
	p run -d --pod "$NAME-pod" --name "$NAME-1" busybox sh -c 'echo from one | nc -l -p 8000' >/dev/null
	poll p exec "$NAME-1" grep -q ':1F40 ' /proc/net/tcp /proc/net/tcp6
	assert_eq "$(p run --rm --pod "$NAME-pod" busybox nc -w 60 127.0.0.1 8000)" 'from one'
	p pod stop -t 0 "$NAME-pod" >/dev/null
	p pod start "$NAME-pod" >/dev/null
	p pod pause "$NAME-pod" >/dev/null
	p pod unpause "$NAME-pod" >/dev/null
	p pod rm -f -t 0 "$NAME-pod" >/dev/null
}

@test "podman kube play, kube down" {
	cat >"$DIR/pod.yaml" <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: $NAME-kube}
		spec:
		  restartPolicy: Never
		  containers:
		  - name: main
		    image: localhost/busybox:latest
		    imagePullPolicy: Never
		    command: ["sh", "-c", "echo from kube; exec sleep 1000"]
		    securityContext: {runAsUser: 5, readOnlyRootFilesystem: true}
	END
	p kube play "$DIR/pod.yaml" >/dev/null
	poll is 'from kube' podman logs "$NAME-kube-main"
	assert_eq "$(p exec "$NAME-kube-main" id -u)" 5
	p kube down "$DIR/pod.yaml" >/dev/null
}

@test "podman build: RUN, USER, WORKDIR, a mount" {
	printf '%s\n' 'FROM localhost/busybox' 'RUN echo built >/file && id -u >/id' \
		'RUN --mount=type=tmpfs,target=/scratch touch /scratch/x' 'USER 5' 'WORKDIR /tmp' \
		'RUN touch here' 'CMD cat /file' >"$DIR/Containerfile"
	p build --runtime "$(runtime_path)" -q -t "localhost/$NAME" "$DIR" >/dev/null
	assert_eq "$(p run --rm "localhost/$NAME")" built
	p rmi -f "localhost/$NAME" >/dev/null
	printf '%s\n' 'FROM localhost/busybox' 'RUN exit 3' >"$DIR/Containerfile"
	run p build --runtime "$(runtime_path)" --no-cache -q "$DIR"
	[[ $status -ne 0 ]]
	assert_match "$output" 'status 3'
}

runtime_path() {
	cat "$CALLERS_DIR/runtime.$CALLERS_RUNTIME"
}

@test "buildah run, from, rm" {
	local container
	container=$(buildah from localhost/busybox)
	run buildah run --runtime "$(runtime_path)" "$container" sh -c 'echo in buildah; exit 4'
	buildah rm "$container" >/dev/null
	assert_eq "$status" 4
	assert_match "$output" 'in buildah'
}

@test "podman: hooks of hooks.d run at their points" {
	mkdir "$DIR/hooks"
	local point
	for point in prestart createRuntime createContainer poststart poststop; do
		printf '#!/bin/sh\nhead -c 20 >"%s/%s"\n' "$DIR" "$point" >"$DIR/hook-$point"
		chmod +x "$DIR/hook-$point"
		printf '{"version": "1.0.0", "hook": {"path": "%s"}, "when": {"always": true}, "stages": ["%s"]}' \
			"$DIR/hook-$point" "$point" >"$DIR/hooks/$point.json"
	done
	p --hooks-dir "$DIR/hooks" run --rm busybox true
	for point in prestart createRuntime createContainer poststart poststop; do
		assert_match "$(cat "$DIR/$point")" ociVersion
	done
}

# The system's own systemd, and what it needs.
systemd_image() {
	local root=$CALLERS_DIR/systemd
	! podman image exists localhost/systemd || return 0
	mkdir -p "$root"/{dev,etc,proc,root,run,sys,var,tmp}
	ln -s usr/bin "$root/bin"
	ln -s usr/sbin "$root/sbin"
	ln -s usr/lib "$root/lib"
	ln -s usr/lib64 "$root/lib64"
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	tar -C "$root" -cf "$CALLERS_DIR/systemd.tar" --owner=0 --group=0 .
	tar -C / -rf "$CALLERS_DIR/systemd.tar" --owner=0 --group=0 --no-recursion --ignore-failed-read \
		--files-from=/usr/share/systemd-image.list 2>/dev/null || :
	podman import -q "$CALLERS_DIR/systemd.tar" localhost/systemd >/dev/null
	rm -rf "$CALLERS_DIR/systemd.tar"
}
export -f systemd_image

# bats test_tags=vm
@test "podman --systemd=always: a real systemd" {
	[[ -r /usr/share/systemd-image.list ]] || skip "the system does not say what its systemd consists of"
	flock "$CALLERS_DIR/systemd.lock" bash -ec systemd_image
	p run -d --name "$NAME" --systemd=always localhost/systemd /usr/lib/systemd/systemd >/dev/null
	poll is running p exec "$NAME" systemctl is-system-running
	assert_match "$(p exec "$NAME" cat /proc/1/cgroup)" init.scope
	p stop -t 100 "$NAME" >/dev/null
	assert_match "$(p inspect --format '{{.State.ExitCode}}' "$NAME")" '^(0|130)$'
}
