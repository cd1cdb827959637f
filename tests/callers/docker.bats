#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# docker, rootless: a daemon of the user's with both runtimes.

load docker_helpers

# bats test_tags=vm
@test "docker run: output and status" {
	run said -- sh -c 'echo hello; exit 7'
	assert_eq "$status" 7
	assert_eq "$output" hello
}

@test "docker run: a command that is not there is 127" {
	[[ $CALLERS_RUNTIME != crun ]] || skip "crun's words are not those that docker looks for: 125"
	run -127 d run --rm busybox no-such-command
	assert_match "$output" 'executable file not found in'
	run -127 d run --rm busybox /no/such/command
	assert_match "$output" 'no such file or directory'
}

@test "docker run: a command that cannot be executed is 126" {
	[[ $CALLERS_RUNTIME != crun ]] || skip "crun's words are not those that docker looks for: 125"
	run d run --rm busybox /etc/passwd
	assert_eq "$status" 126
	assert_match "$output" 'permission denied'
}

@test "docker run: a bad mount is 125 or more, and the message names it" {
	run d run --rm -v /etc/passwd:/proc/1:ro busybox true
	[[ $status -ge 125 ]]
	assert_match "$output" 'proc/1'
}

@test "docker run -i: standard input" {
	# What is read is told in the status: the output of one that ends at once may be lost.
	run d run --rm -i busybox sh -c 'read -r a; read -r b; test "$a $b" = "some words" && exit 6' <<<$'some\nwords'
	assert_eq "$status" 6
}

@test "docker run -it: a terminal of the caller's size" {
	run on_terminal docker run --runtime "$CALLERS_RUNTIME" --rm -it busybox \
		sh -c "$until_heard" - sh -c "$terminal_size; test -t 0 && tty; exit 3"
	assert_eq "$status" 3
	assert_match "$output" '/dev/pts/0'
	assert_match "$output" '33 99'
}

@test "docker run -d, logs, wait" {
	d run -d --name "$NAME" busybox sh -c 'trap "exit 5" USR1; echo out; sleep 1000 & wait' >/dev/null
	poll is out docker logs "$NAME"
	docker kill --signal USR1 "$NAME" >/dev/null
	assert_eq "$(docker wait "$NAME")" 5
	assert_eq "$(docker logs "$NAME")" out
}

@test "docker exec: output, status, environment, user" {
	up
	INSIDE_FLAGS=(-e A=b -w /tmp -u 5:6)
	run inside sh -c 'echo $A $(pwd) $(id -u):$(id -g); exit 8'
	assert_eq "$status" 8
	assert_eq "$output" 'b /tmp 5:6'
	status=0
	docker exec "$NAME" no-such-command || status=$?
	[[ $status -eq 126 || $status -eq 127 ]]
}

@test "docker exec -it: a terminal" {
	up
	run on_terminal docker exec -it "$NAME" sh -c "$until_heard" - \
		sh -c 'test -t 0 && tty; exit 3'
	assert_eq "$status" 3
	assert_match "$output" '/dev/pts/'
}

@test "docker exec -d" {
	up
	docker exec -d "$NAME" touch /tmp/done
	poll docker exec "$NAME" test -e /tmp/done
}

@test "docker stop, start, restart, kill" {
	d run -d --name "$NAME" busybox sh -c 'trap "exit 4" TERM; echo ready; sleep 1000 & wait' >/dev/null
	poll is ready docker logs "$NAME"
	docker stop "$NAME" >/dev/null
	assert_eq "$(docker inspect --format '{{.State.ExitCode}}' "$NAME")" 4
	docker start "$NAME" >/dev/null
	docker restart -t 0 "$NAME" >/dev/null
	docker kill --signal KILL "$NAME" >/dev/null
	assert_eq "$(docker wait "$NAME")" 137
}

@test "docker pause, unpause" {
	up
	docker pause "$NAME" >/dev/null
	assert_eq "$(docker inspect --format '{{.State.Status}}' "$NAME")" paused
	docker unpause "$NAME" >/dev/null
	assert_eq "$(inside echo alive)" alive
}

@test "docker top" {
	up
	assert_match "$(docker top "$NAME")" 'sleep 1000'
}

# bats test_tags=vm
@test "docker stats" {
	requires_controller memory
	up
	assert_match "$(docker stats --no-stream --format '{{.Name}} {{.PIDs}}' "$NAME")" "$NAME 1"
}

# bats test_tags=vm
@test "docker --memory, --cpus, --pids-limit, and update" {
	requires_controller memory cpu pids
	up --memory 64m --cpus 0.5 --pids-limit 50
	assert_eq "$(inside cat /sys/fs/cgroup/memory.max)" 67108864
	assert_eq "$(inside cat /sys/fs/cgroup/cpu.max)" '50000 100000'
	assert_eq "$(inside cat /sys/fs/cgroup/pids.max)" 50
	docker update --memory 128m --memory-swap 128m "$NAME" >/dev/null
	assert_eq "$(inside cat /sys/fs/cgroup/memory.max)" 134217728
}

@test "docker --restart=on-failure" {
	d run -d --name "$NAME" --restart on-failure:2 busybox sh -c 'exit 3' >/dev/null
	poll is '2 exited' docker inspect --format '{{.RestartCount}} {{.State.Status}}' "$NAME"
}

@test "docker: volumes, read-only, capabilities, user, limits" {
	mkdir "$DIR/data"
	d run --rm -v "$DIR/data:/data" busybox sh -c 'echo text >/data/file'
	assert_eq "$(cat "$DIR/data/file")" text
	run said -v "$DIR/data:/data:ro" -- touch /data/other
	assert_match "$output" 'Read-only file system'
	run said --read-only -- touch /file
	assert_match "$output" 'Read-only file system'
	assert_eq "$(said --cap-drop all --cap-add chown -- awk '/CapEff/ { print $2 }' /proc/self/status)" 0000000000000001
	assert_eq "$(said --user 7:8 --group-add 9 -- sh -c 'id -u; id -g; id -G')" $'7\n8\n8 9'
	assert_eq "$(said --ulimit nofile=100:200 -- sh -c 'ulimit -n; ulimit -H -n')" $'100\n200'
}

@test "docker --network none, host, and the bridge" {
	assert_eq "$(said --network none -- ls /sys/class/net)" lo
	d run --rm --network host busybox true
	assert_match "$(said --network bridge -- ip -4 address show eth0)" 'inet 172\.'
}

# bats test_tags=vm
@test "lodger-net as the slirp4netns of docker's daemon: a published port" {
	local port
	[[ -x $(lodger_net) ]] || skip "there is no lodger-net: built without libslirp"
	make_page
	assert_match "$(<"$CALLERS_DIR/network.log")" '--netns-type=path|--userns-path|tap0'
	port=$(free_port)
	d run -d --name "$NAME" -p "127.0.0.1:$port:80" -v "$DIR/www:/www:ro" busybox httpd -f -p 80 -h /www >/dev/null
	serves "127.0.0.1:$port"
	docker rm -f "$NAME" >/dev/null
	run ! fetch "127.0.0.1:$port"
}

# bats test_tags=vm
@test "lodger-net as the slirp4netns of docker's daemon: out to the host's network, not its loopback" {
	local address port server
	[[ -x $(lodger_net) ]] || skip "there is no lodger-net: built without libslirp"
	address=$(hostname -I | cut -d' ' -f1)
	[[ -n $address ]] || skip "this machine has no address but its loopback's"
	[[ $address != 10.0.2.* ]] || skip "the host's address, $address, is in the daemon's own network"
	make_page
	port=$(free_port)
	busybox httpd -f -p "$port" -h "$DIR/www" 3>&- 4>&- &
	server=$!
	serves "127.0.0.1:$port"
	up
	assert_eq "$(inside wget -q -O - "http://$address:$port/index.html")" "page of $NAME"
	run inside wget -q -O - "http://10.0.2.2:$port/index.html"
	[[ $status -ne 0 ]]
	kill "$server"
}

@test "docker cp, commit, --init, --privileged" {
	up
	echo content >"$DIR/file"
	docker cp "$DIR/file" "$NAME:/tmp/file" >/dev/null 2>&1
	assert_eq "$(inside cat /tmp/file)" content
	d run --rm --privileged busybox sh -c 'mkdir /m && mount -t tmpfs tmpfs /m'
}

@test "docker: a script in runc's place that logs argv and executes the runtime" {
	[[ $CALLERS_RUNTIME == lodger ]] || skip "is about lodger in runc's place"
	assert_eq "$(heard timeout "$LIMIT" docker run --rm -i busybox \
		sh -c "$until_heard" - echo through the script)" 'through the script'
	grep -q -- '--log-format json.* create --bundle .*/init.pid' "$CALLERS_DIR/argv.log"
	grep -q ' start ' "$CALLERS_DIR/argv.log"
	grep -q ' delete ' "$CALLERS_DIR/argv.log"
}

@test "docker: a copy of the runtime by the name of runc" {
	[[ $CALLERS_RUNTIME == lodger ]] || skip "is about lodger in runc's place"
	assert_eq "$(heard timeout "$LIMIT" docker run --rm -i --runtime copied busybox \
		sh -c "$until_heard" - echo as runc)" 'as runc'
}
