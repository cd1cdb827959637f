#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# containerd's API for Kubernetes, called as a kubelet calls it for a pod with a RuntimeClass: the
# runtime is named in containerd's configuration, see docs/kubernetes.md. The pods are in the host's
# network, since a network of their own is CNI's business. containerd is rootless.

load containerd_helpers

setup() {
	NAME=$(test_name)
	export NAME
	DIR=$BATS_TEST_TMPDIR
	poll image_is_known localhost/busybox
	poll image_is_known localhost/pause
	mkdir "$DIR/logs"
	SANDBOX=$(jq -nc --arg name "$NAME" --arg logs "$DIR/logs" '{
		metadata: {name: $name, uid: $name, namespace: "tests"}, log_directory: $logs,
		linux: {cgroup_parent: "user.slice",
			security_context: {namespace_options: {network: 2, pid: 1}}}}')
	POD=
}

teardown() {
	[[ -z $POD ]] || cri RemovePodSandbox "{\"pod_sandbox_id\": \"$POD\"}" >/dev/null
}

# cri METHOD REQUEST: the answer, as JSON.
cri() {
	in_containerd python3 "$BATS_TEST_DIRNAME/cri.py" "$CONTAINERD_STATE/containerd.sock" "$@" 3>&- 4>&-
}

# The store of images is told of what ctr has imported.
image_is_known() {
	[[ $(cri ImageStatus "{\"image\": {\"image\": \"$1:latest\"}}" | jq -r '.image.id') == sha256:* ]]
}

# pod: one that runs, in POD.
pod() {
	POD=$(cri RunPodSandbox "$(jq -nc --argjson config "$SANDBOX" --arg handler "$CALLERS_RUNTIME" \
		'{config: $config, runtime_handler: $handler}')" | jq -r .pod_sandbox_id)
	[[ -n $POD ]]
}

# container CONFIG [COMMAND...]: a container in the pod that is created, in CONTAINER.
container() {
	CONTAINER=$(cri CreateContainer "$(jq -nc --arg pod "$POD" --argjson sandbox "$SANDBOX" \
		--argjson more "$1" '{pod_sandbox_id: $pod, sandbox_config: $sandbox, config: ({
			metadata: {name: "c"}, image: {image: "localhost/busybox:latest"}, log_path: "c.log",
			linux: {security_context: {namespace_options: {network: 2, pid: 1}}},
			command: $ARGS.positional} * $more)}' --args -- "${@:2}")" | jq -r .container_id)
	[[ -n $CONTAINER ]]
}

# of METHOD [MEMBER...]: call it for the container.
of() {
	cri "$1" "$(jq -nc --arg id "$CONTAINER" --argjson more "${2:-"{}"}" '{container_id: $id} + $more')"
}

# inside COMMAND...: by ExecSync; sets status and output.
inside() {
	local answer
	answer=$(of ExecSync "$(jq -nc '{cmd: $ARGS.positional, timeout: 600}' --args -- "$@")")
	status=$(jq .exit_code <<<"$answer")
	output=$(jq -r '.stdout + .stderr' <<<"$answer")
}

status_of_container() {
	of ContainerStatus | jq -r '.status.state'
}

CREATED=0 RUNNING=1 EXITED=2

# bats test_tags=vm
@test "cri: a pod and a container of the runtime that the handler names, from start to end" {
	pod
	assert_eq "$(cri PodSandboxStatus "{\"pod_sandbox_id\": \"$POD\"}" | jq -r '.status | "\(.state) \(.runtime_handler)"')" \
		"0 $CALLERS_RUNTIME"
	container '{}' sh -c 'trap "exit 5" TERM; echo begun; while :; do sleep 0.1; done'
	assert_eq "$(status_of_container)" $CREATED
	of StartContainer >/dev/null
	assert_eq "$(status_of_container)" $RUNNING
	inside sh -c 'hostname; cat /proc/1/comm; exit 7'
	assert_eq "$status" 7
	assert_match "$output" $'\nsh$'
	# The handler is lodger: its own state knows the container.
	if [[ $CALLERS_RUNTIME == lodger ]]; then
		assert_eq "$(in_containerd "$(<"$CALLERS_DIR/runtime.lodger")" --root /run/containerd/runc/k8s.io \
			state "$CONTAINER" | jq -r .status)" running
	fi
	poll grep -q begun "$DIR/logs/c.log"
	of StopContainer '{"timeout": 60}' >/dev/null
	assert_eq "$(status_of_container)" $EXITED
	assert_eq "$(of ContainerStatus | jq .status.exit_code)" 5
	of RemoveContainer >/dev/null
	run of ContainerStatus
	[[ $status -ne 0 ]]
	assert_match "$output" 'NOT_FOUND'
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$POD\"}" >/dev/null
	assert_eq "$(cri PodSandboxStatus "{\"pod_sandbox_id\": \"$POD\"}" | jq .status.state)" 1
	cri RemovePodSandbox "{\"pod_sandbox_id\": \"$POD\"}" >/dev/null
	POD=
}

@test "cri: user, mounts, a read-only root, environment and working directory of a container" {
	mkdir "$DIR/data"
	echo text >"$DIR/data/file"
	pod
	container "$(jq -nc --arg dir "$DIR/data" '{
		mounts: [{container_path: "/data", host_path: $dir, readonly: true}], working_dir: "/data",
		envs: [{key: "A", value: "b c"}],
		linux: {security_context: {run_as_user: {value: 7}, readonly_rootfs: true}}}')" sleep 1000
	of StartContainer >/dev/null
	inside sh -c 'echo $(id -u) $A $(pwd) $(cat file); touch file; touch /file'
	assert_match "$output" '^7 b c /data text'
	assert_match "$output" 'touch: file: Read-only file system'
	assert_match "$output" 'touch: /file: Read-only file system'
}

@test "cri: two containers of a pod share its ipc namespace, and one outlives the other" {
	local first ipc
	pod
	container '{"metadata": {"name": "one"}, "log_path": "1.log"}' sleep 1000
	first=$CONTAINER
	of StartContainer >/dev/null
	inside readlink /proc/self/ns/ipc
	ipc=$output
	container '{"metadata": {"name": "two"}, "log_path": "2.log"}' sleep 1000
	of StartContainer >/dev/null
	inside readlink /proc/self/ns/ipc
	assert_eq "$output" "$ipc"
	CONTAINER=$first of StopContainer >/dev/null
	inside echo alive
	assert_eq "$output" alive
}

@test "cri: a command that is not there, and a handler that is not" {
	pod
	container '{}' no-such-command
	run of StartContainer
	[[ $status -ne 0 ]]
	assert_match "$output" 'executable file.*not found'
	assert_eq "$(status_of_container)" $EXITED
	run cri RunPodSandbox "$(jq -nc --argjson config "$SANDBOX" '{config: ($config | .metadata.uid = "other"), runtime_handler: "none"}')"
	[[ $status -ne 0 ]]
	assert_match "$output" 'no runtime for "none" is configured'
}

# bats test_tags=vm
@test "cri: limits of a container, and their update while it runs" {
	requires_controller memory cpu pids
	pod
	container '{"linux": {"resources": {"memory_limit_in_bytes": 67108864, "cpu_quota": 50000,
		"cpu_period": 100000, "cpu_shares": 512}}}' sleep 1000
	of StartContainer >/dev/null
	inside cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max
	assert_eq "$output" $'67108864\n50000 100000'
	of UpdateContainerResources '{"linux": {"memory_limit_in_bytes": 134217728, "cpu_quota": 20000,
		"cpu_period": 100000}}' >/dev/null
	inside cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max
	assert_eq "$output" $'134217728\n20000 100000'
}
