#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman run, rootless: what its options ask of the runtime.

load podman_helpers

@test "podman --userns=keep-id: the user's own ids inside" {
	assert_eq "$(p run --rm --userns=keep-id busybox id -u)" "$(id -u)"
	mkdir "$DIR/shared"
	p run --rm --userns=keep-id -v "$DIR/shared:/shared" busybox touch /shared/file
	assert_eq "$(stat -c %u "$DIR/shared/file")" "$(id -u)"
}

# podman finds no free ids while a container of the other runtime's tests has all of them.
auto_map() {
	p run --rm --userns=auto:size=1000 busybox cat /proc/self/uid_map >"$DIR/map" 2>"$DIR/error" ||
		! grep -q 'not enough unused IDs' "$DIR/error"
}

@test "podman --userns=auto, nomap, --uidmap" {
	poll auto_map
	assert_match "$(cat "$DIR/map" "$DIR/error")" ' 1000$'
	p run --rm --userns=nomap busybox true
	assert_match "$(p run --rm --uidmap 0:1:100 --gidmap 0:1:100 busybox cat /proc/self/uid_map)" '^ +0 +1 +100$'
}

@test "podman --user, --group-add, --umask, --workdir, --hostname, --env" {
	assert_eq "$(p run --rm --user 7:8 --group-add 9 busybox sh -c 'id -u; id -g; id -G')" $'7\n8\n8 9'
	assert_eq "$(p run --rm --umask 0027 busybox sh -c umask)" 0027
	assert_eq "$(p run --rm -w /tmp -h there -e A=b busybox sh -c 'echo $(pwd) $(hostname) $A')" '/tmp there b'
}

# The tests' user has their own group among the supplementary ones; inside it is group 0.
@test "podman --group-add keep-groups" {
	assert_eq "$(p run --rm --user 5:6 busybox id -G)" 6
	assert_eq "$(p run --rm --user 5:6 --group-add keep-groups busybox id -G)" '6 0'
	up --user 5:6 --group-add keep-groups
	assert_eq "$(p exec "$NAME" id -G)" '6 0'
}

@test "podman -v: read-write, read-only" {
	mkdir "$DIR/data"
	p run --rm -v "$DIR/data:/data" busybox sh -c 'echo text >/data/file'
	assert_eq "$(cat "$DIR/data/file")" text
	run p run --rm -v "$DIR/data:/data:ro" busybox touch /data/other
	[[ $status -ne 0 ]]
	assert_match "$output" 'Read-only file system'
}

@test "podman -v :U gives the volume to the user" {
	mkdir "$DIR/data"
	assert_eq "$(p run --rm --user 5:6 -v "$DIR/data:/data:U" busybox stat -c %u:%g /data)" 5:6
	podman unshare rm -r "$DIR/data"
}

@test "podman -v :idmap" {
	mkdir "$DIR/data"
	run p run --rm --uidmap 0:1:100 --gidmap 0:1:100 -v "$DIR/data:/data:idmap" busybox stat -c %u /data
	# The kernel lets only root of the file system's own user namespace map a mount.
	[[ $status -ne 0 ]] || assert_eq "$output" 0
	[[ $status -eq 0 ]] || assert_match "$output" '[Ii]dmap|ID.map|mount_setattr|permitted'
}

@test "podman -v with a named volume, --tmpfs, --mount type=tmpfs, --shm-size" {
	p run --rm -v "$NAME:/data" busybox touch /data/file
	p run --rm -v "$NAME:/data" busybox test -e /data/file
	p volume rm "$NAME" >/dev/null
	assert_match "$(p run --rm --tmpfs /scratch:size=1m,mode=1777 busybox grep ' /scratch ' /proc/mounts)" '^tmpfs .*size=1024k'
	assert_match "$(p run --rm --shm-size 2m busybox grep ' /dev/shm ' /proc/mounts)" 'size=2048k'
}

@test "podman --read-only" {
	run p run --rm --read-only busybox touch /file
	assert_match "$output" 'Read-only file system'
	p run --rm --read-only busybox touch /tmp/file
	p run --rm --read-only --read-only-tmpfs=false busybox true
}

@test "podman --cap-add, --cap-drop" {
	assert_eq "$(p run --rm --cap-drop all busybox awk '/CapEff/ { print $2 }' /proc/self/status)" 0000000000000000
	assert_eq "$(p run --rm --cap-drop all --cap-add chown busybox awk '/CapEff/ { print $2 }' /proc/self/status)" 0000000000000001
	assert_eq "$(p run --rm --user 5 --cap-drop all --cap-add net_bind_service busybox awk '/CapEff/ { print $2 }' /proc/self/status)" 0000000000000400
}

@test "podman --security-opt seccomp: a profile, unconfined" {
	cat >"$DIR/profile.json" <<-'END'
		{"defaultAction": "SCMP_ACT_ALLOW",
		 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
	END
	run p run --rm --security-opt seccomp="$DIR/profile.json" busybox mkdir /dir
	assert_match "$output" 'not supported'
	assert_eq "$(p run --rm --security-opt seccomp=unconfined busybox awk '/^Seccomp:/ { print $2 }' /proc/self/status)" 0
	assert_eq "$(p run --rm busybox awk '/^Seccomp:/ { print $2 }' /proc/self/status)" 2
}

@test "podman --security-opt no-new-privileges, mask, unmask" {
	assert_eq "$(p run --rm --security-opt no-new-privileges busybox awk '/NoNewPrivs/ { print $2 }' /proc/self/status)" 1
	run p run --rm --security-opt mask=/proc/version busybox cat /proc/version
	assert_eq "$output" ''
	p run --rm --security-opt unmask=ALL busybox true
}

@test "podman --privileged" {
	p run --rm --privileged busybox mount -t tmpfs tmpfs /mnt 2>/dev/null ||
		p run --rm --privileged busybox sh -c 'mkdir /m && mount -t tmpfs tmpfs /m'
}

@test "podman --ulimit, --sysctl, --oom-score-adj" {
	assert_eq "$(p run --rm --ulimit nofile=100:200 busybox sh -c 'ulimit -n; ulimit -H -n')" $'100\n200'
	assert_eq "$(p run --rm --sysctl net.ipv4.ip_unprivileged_port_start=80 busybox cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 80
	assert_eq "$(p run --rm --oom-score-adj 500 busybox cat /proc/self/oom_score_adj)" 500
}

@test "podman --pid, --ipc, --uts, --network host" {
	assert_eq "$(p run --rm --pid host busybox readlink /proc/self/ns/pid)" "$(readlink /proc/self/ns/pid)"
	assert_eq "$(p run --rm --ipc host busybox readlink /proc/self/ns/ipc)" "$(podman unshare readlink /proc/self/ns/ipc)"
	assert_eq "$(p run --rm --uts host busybox hostname)" "$(hostname)"
	assert_eq "$(p run --rm --network host busybox readlink /proc/self/ns/net)" "$(podman unshare readlink /proc/self/ns/net)"
}

@test "podman --pid, --network, --ipc container:NAME" {
	up
	assert_match "$(p run --rm --pid "container:$NAME" busybox ps)" 'sleep 1000'
	assert_eq "$(p run --rm --network "container:$NAME" busybox readlink /proc/self/ns/net)" "$(p exec "$NAME" readlink /proc/self/ns/net)"
	p run --rm --ipc "container:$NAME" busybox true
}

@test "podman --init, --entrypoint, --device, --tz" {
	[[ ! -e /usr/libexec/podman/catatonit && ! -e /usr/bin/catatonit ]] ||
		p run --rm --init busybox true
	assert_eq "$(p run --rm --entrypoint echo busybox word)" word
	p run --rm --device /dev/null:/dev/nothing busybox test -c /dev/nothing
}

@test "podman --cgroupns private and host" {
	assert_eq "$(p run --rm --cgroupns private busybox sed -n 's/^0:://p' /proc/self/cgroup)" /
	assert_match "$(p run --rm --cgroupns host busybox cat /proc/self/cgroup)" '0::/user.slice/'
}

# bats test_tags=vm
@test "podman: systemd makes the container's scope, and it is gone afterwards" {
	up
	local pid scope
	pid=$(p inspect --format '{{.State.Pid}}' "$NAME")
	scope=$(sed -n 's|^0::.*/\(libpod-[0-9a-f]*\.scope\).*|\1|p' "/proc/$pid/cgroup")
	assert_match "$scope" '^libpod-'
	systemctl --user is-active --quiet "$scope"
	p rm -f -t 0 "$NAME" >/dev/null
	poll is inactive systemctl --user is-active "$scope"
}

@test "podman --cgroups=disabled, split, no-conmon" {
	p run --rm --cgroups=disabled busybox true
	p run --rm --cgroups=no-conmon busybox true
	as_service -p Delegate=yes podman --runtime "$CALLERS_RUNTIME" run --rm --cgroups=split busybox true
}

@test "podman --cgroup-manager=cgroupfs" {
	as_service -p Delegate=yes podman --cgroup-manager=cgroupfs --runtime "$CALLERS_RUNTIME" run --rm busybox true
}

# bats test_tags=vm
@test "podman --memory, --cpus, --pids-limit, and update" {
	requires_controller memory cpu pids
	up --memory 64m --cpus 0.5 --pids-limit 50
	assert_eq "$(p exec "$NAME" cat /sys/fs/cgroup/memory.max)" 67108864
	assert_eq "$(p exec "$NAME" cat /sys/fs/cgroup/cpu.max)" '50000 100000'
	assert_eq "$(p exec "$NAME" cat /sys/fs/cgroup/pids.max)" 50
	p update --memory 128m --pids-limit 60 "$NAME" >/dev/null
	assert_eq "$(p exec "$NAME" cat /sys/fs/cgroup/memory.max)" 134217728
	assert_eq "$(p exec "$NAME" cat /sys/fs/cgroup/pids.max)" 60
}

# bats test_tags=vm
@test "podman --memory: what takes more is killed, and podman says so" {
	requires_controller memory
	p run -d --name "$NAME" --memory 16m --memory-swap 16m busybox \
		dd if=/dev/zero of=/dev/null bs=200M count=1 >/dev/null
	assert_eq "$(p wait "$NAME")" 137
	assert_eq "$(p inspect --format '{{.State.OOMKilled}}' "$NAME")" true
}

@test "podman --network none" {
	assert_eq "$(p run --rm --network none busybox ls /sys/class/net)" lo
}

@test "podman --network slirp4netns" {
	assert_match "$(p run --rm --network slirp4netns busybox ip address show tap0)" '10\.0\.2\.'
}

@test "podman --network pasta" {
	assert_match "$(p run --rm --network pasta busybox ip -4 address)" '(eth|ens|enp|tap)[^ ]*: .* inet [0-9]'
}

@test "podman --network bridge: two containers reach each other, by name" {
	p network create "$NAME" >/dev/null
	p run -d --name "$NAME" --network "$NAME" busybox httpd -f -p 80 -h /etc >/dev/null
	# The server may not listen yet.
	run p run --rm --network "$NAME" busybox sh -c \
		'n=0; until wget -q -O - "$0" 2>/dev/null || test $((n += 1)) = 600; do sleep 0.1; done' "http://$NAME/group"
	p rm -f -t 0 "$NAME" >/dev/null
	p network rm "$NAME" >/dev/null
	assert_eq "$output" root:x:0:
}

@test "podman -p: a published port" {
	local port
	port=$(free_port)
	p run -d --name "$NAME" -p "127.0.0.1:$port:8000" busybox sh -c 'while :; do echo from inside | nc -l -p 8000; done' >/dev/null
	poll is 'from inside' bash -c "exec 4<>/dev/tcp/127.0.0.1/$port && timeout 60 head -n 1 <&4"
}

@test "podman --preserve-fds" {
	assert_eq "$(timeout "$LIMIT" podman --runtime "$CALLERS_RUNTIME" run --rm --preserve-fds 2 busybox \
		sh -c 'cat <&3; cat <&4' 3<<<three 4<<<four)" $'three\nfour'
}

@test "podman --preserve-fd, with a gap below it" {
	podman run --help | grep -q -e '--preserve-fd ' || skip "this podman has no --preserve-fd"
	assert_eq "$(timeout "$LIMIT" podman --runtime "$CALLERS_RUNTIME" run --rm --preserve-fd 5 busybox \
		sh -c 'cat <&5; ls /proc/self/fd | xargs' 3<&- 4<&- 5<<<five)" $'five\n0 1 2 3 5'
}

@test "podman --sdnotify=container" {
	cat >"$DIR/notify" <<-END
		#!/bin/sh
		exec podman --runtime $CALLERS_RUNTIME run --rm --sdnotify=container busybox \
			sh -c 'test -S "\$NOTIFY_SOCKET"'
	END
	chmod +x "$DIR/notify"
	as_service -p NotifyAccess=all "$DIR/notify"
}
