# SPDX-License-Identifier: Apache-2.0
# Completion of lodger's command line for fish.

# Print the command on the command line; fails where there is none yet.
function __lodger_command
	set -l words (commandline -opc)
	set -l value 0
	for word in $words[2..-1]
		if test $value = 1
			set value 0
		else if contains -- $word $__lodger_valued
			set value 1
		else if not string match -q -- '-*' $word
			echo $word
			return 0
		end
	end
	return 1
end

function __lodger_needs_command
	not __lodger_command >/dev/null
end

function __lodger_command_is
	test "$(__lodger_command)" = $argv[1]
end

function __lodger_containers
	lodger list --quiet 2>/dev/null
end

function __lodger_signals
	for signal in (string match -a -r '[A-Z][A-Z0-9+-]+' -- (kill -l))
		printf '%s\nSIG%s\n' $signal $signal
	end
end

complete -c lodger -f
complete -c lodger -n '__lodger_needs_command' -l root -x -a '(__fish_complete_directories)' -d 'keep the state of containers in DIR; default: lodger in $XDG_RUNTIME_DIR, for root /run/lodger'
complete -c lodger -n '__lodger_needs_command' -l log -r -F -d 'append log messages to FILE, or send them to journald:[NAME] or syslog:[NAME]; default: standard error'
complete -c lodger -n '__lodger_needs_command' -l log-format -x -a 'text json' -d 'how log messages are written: text (the default) or json'
complete -c lodger -n '__lodger_needs_command' -l log-level -x -a 'error warning info debug' -d 'least important messages to log: error, warning (the default), info or debug'
complete -c lodger -n '__lodger_needs_command' -l debug -d 'the same as --log-level debug'
complete -c lodger -n '__lodger_needs_command' -l systemd-cgroup -d 'let systemd make the container'\''s cgroup, as a scope: the user'\''s systemd, for root the system'\''s'
complete -c lodger -n '__lodger_needs_command' -l cgroup-manager -x -a 'cgroupfs systemd session disabled' -d 'who makes the container'\''s cgroup: systemd, cgroupfs (directories where the caller may make some), session (directories in one scope of systemd'\''s for all of the user'\''s containers), or disabled for none; default: whoever can, systemd only where config.json asks for something that needs it'
complete -c lodger -n '__lodger_needs_command' -l rootless -x -a 'auto true false' -d 'accepted for runc'\''s callers, without effect: lodger finds out by itself'
complete -c lodger -n '__lodger_needs_command' -l criu -x -d 'the criu program, for checkpoint and restore; default: criu in $PATH'
complete -c lodger -n '__lodger_needs_command' -s v -l version -d 'print the version and exit'
complete -c lodger -n '__lodger_needs_command' -s h -l help -d 'print this help and exit'
complete -c lodger -n __lodger_needs_command -a checkpoint -d 'save a running container'\''s processes'
complete -c lodger -n '__lodger_command_is checkpoint' -l image-path -x -a '(__fish_complete_directories)' -d 'the directory of the checkpoint; default: checkpoint in the working directory'
complete -c lodger -n '__lodger_command_is checkpoint' -l work-path -x -a '(__fish_complete_directories)' -d 'where criu keeps its log; default: the image path'
complete -c lodger -n '__lodger_command_is checkpoint' -l tcp-established -d 'allow established TCP connections'
complete -c lodger -n '__lodger_command_is checkpoint' -l ext-unix-sk -d 'allow external Unix sockets'
complete -c lodger -n '__lodger_command_is checkpoint' -l shell-job -d 'allow a terminal that is outside of the container'
complete -c lodger -n '__lodger_command_is checkpoint' -l file-locks -d 'allow file locks'
complete -c lodger -n '__lodger_command_is checkpoint' -l manage-cgroups-mode -x -a 'soft full strict ignore' -d 'what criu does about cgroups: soft (the default), full, strict, ignore'
complete -c lodger -n '__lodger_command_is checkpoint' -l network-lock -x -a 'iptables nftables skip' -d 'how criu keeps the network still: iptables, nftables, skip'
complete -c lodger -n '__lodger_command_is checkpoint' -l empty-ns -x -d 'a namespace that is made anew and left empty'
complete -c lodger -n '__lodger_command_is checkpoint' -l lazy-pages -d 'move memory on demand'
complete -c lodger -n '__lodger_command_is checkpoint' -l auto-dedup -d 'keep memory once'
complete -c lodger -n '__lodger_command_is checkpoint' -s R -l leave-running -d 'let the container go on after it'
complete -c lodger -n '__lodger_command_is checkpoint' -l parent-path -x -a '(__fish_complete_directories)' -d 'an earlier checkpoint, relative to the image path'
complete -c lodger -n '__lodger_command_is checkpoint' -l pre-dump -d 'save memory only, as a parent for later'
complete -c lodger -n '__lodger_command_is checkpoint' -l tcp-skip-in-flight -d 'pass over connections that are being made'
complete -c lodger -n '__lodger_command_is checkpoint' -l link-remap -d 'allow files that were removed'
complete -c lodger -n '__lodger_command_is checkpoint' -l status-fd -x -d 'descriptor that gets a byte when lazy pages can be served'
complete -c lodger -n '__lodger_command_is checkpoint' -l page-server -x -d 'send memory to criu'\''s page server there'
complete -c lodger -n '__lodger_command_is checkpoint' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is checkpoint' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a create -d 'make a container that waits for start'
complete -c lodger -n '__lodger_command_is create' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'the bundle, a directory with config.json; default: the working directory'
complete -c lodger -n '__lodger_command_is create' -s f -l config -r -F -d 'read FILE in place of the bundle'\''s config.json'
complete -c lodger -n '__lodger_command_is create' -l console-socket -r -F -d 'send the container'\''s terminal to the Unix socket SOCKET'
complete -c lodger -n '__lodger_command_is create' -l pid-file -r -F -d 'write the process id of the container'\''s first process to FILE'
complete -c lodger -n '__lodger_command_is create' -l pidfd-socket -r -F -d 'send a pidfd of the first process to the Unix socket SOCKET'
complete -c lodger -n '__lodger_command_is create' -l no-pivot -d 'do without pivot_root, for a root filesystem on a ramdisk'
complete -c lodger -n '__lodger_command_is create' -l no-new-keyring -d 'let the container have the caller'\''s session keyring'
complete -c lodger -n '__lodger_command_is create' -l preserve-fds -x -d 'hand N descriptors to the container, after those of LISTEN_FDS'
complete -c lodger -n '__lodger_command_is create' -l network -x -d 'none, host, slirp[:OPTION,...], pasta[:ARGUMENT,...] or ns:PATH, whatever config.json says'
complete -c lodger -n '__lodger_command_is create' -s p -l publish -x -d '[[IP:]HOST:]CONTAINER[/tcp|udp]: let a port of the host lead to one of the container; more than once, ranges too'
complete -c lodger -n '__lodger_command_is create' -s h -l help -d 'print this help and exit'
complete -c lodger -n __lodger_needs_command -a delete -d 'remove what is left of a container'
complete -c lodger -n '__lodger_command_is delete' -s f -l force -d 'kill a container that still runs; be silent where there is none'
complete -c lodger -n '__lodger_command_is delete' -s r -l regex -d 'CONTAINER is a regular expression; delete each container that it matches'
complete -c lodger -n '__lodger_command_is delete' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is delete' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a events -d 'print what a container uses, and its OOM kills'
complete -c lodger -n '__lodger_command_is events' -l interval -x -d 'time between statistics, as 500ms or 1m (default: 5s)'
complete -c lodger -n '__lodger_command_is events' -l stats -d 'print the statistics of now and exit'
complete -c lodger -n '__lodger_command_is events' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is events' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a exec -d 'run one more command in a container'
complete -c lodger -n '__lodger_command_is exec' -s p -l process -r -F -d 'read what to run, and as whom, from FILE, a process as in config.json; - is standard input'
complete -c lodger -n '__lodger_command_is exec' -s e -l env -x -d 'set an environment variable; may be given several times'
complete -c lodger -n '__lodger_command_is exec' -l cwd -x -a '(__fish_complete_directories)' -d 'working directory in the container; default: that of config.json'
complete -c lodger -n '__lodger_command_is exec' -s u -l user -x -d 'user and group, as numbers; default: those of config.json'
complete -c lodger -n '__lodger_command_is exec' -s g -l additional-gids -x -d 'add a supplementary group; may be given several times'
complete -c lodger -n '__lodger_command_is exec' -s c -l cap -x -d 'add a capability, as CAP_NET_RAW; may be given several times'
complete -c lodger -n '__lodger_command_is exec' -s t -l tty -d 'give the command a terminal'
complete -c lodger -n '__lodger_command_is exec' -s d -l detach -d 'return as soon as the command runs'
complete -c lodger -n '__lodger_command_is exec' -l console-socket -r -F -d 'send the command'\''s terminal to the Unix socket SOCKET'
complete -c lodger -n '__lodger_command_is exec' -l pid-file -r -F -d 'write the process id of the command to FILE'
complete -c lodger -n '__lodger_command_is exec' -l pidfd-socket -r -F -d 'send a pidfd of the command to the Unix socket SOCKET'
complete -c lodger -n '__lodger_command_is exec' -l no-new-privs -d 'let the command gain no privilege by executing a file'
complete -c lodger -n '__lodger_command_is exec' -l apparmor -x -d 'AppArmor profile of the command'
complete -c lodger -n '__lodger_command_is exec' -l process-label -x -d 'SELinux label of the command'
complete -c lodger -n '__lodger_command_is exec' -l preserve-fds -x -d 'hand N descriptors to the command, 3 and those after it'
complete -c lodger -n '__lodger_command_is exec' -l cgroup -x -d 'run the command in the cgroup PATH below the container'\''s; with cgroup v1, CONTROLLER[,CONTROLLER...]:PATH, which may be given several times'
complete -c lodger -n '__lodger_command_is exec' -l ignore-paused -d 'accept a paused container: the command runs when it is resumed'
complete -c lodger -n '__lodger_command_is exec' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is exec' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a features -d 'print what lodger can do, as JSON'
complete -c lodger -n '__lodger_command_is features' -s h -l help -d 'print this help and exit'
complete -c lodger -n __lodger_needs_command -a help -d 'print help about lodger or one of its commands'
complete -c lodger -n '__lodger_command_is help' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is help' -a checkpoint
complete -c lodger -n '__lodger_command_is help' -a create
complete -c lodger -n '__lodger_command_is help' -a delete
complete -c lodger -n '__lodger_command_is help' -a events
complete -c lodger -n '__lodger_command_is help' -a exec
complete -c lodger -n '__lodger_command_is help' -a features
complete -c lodger -n '__lodger_command_is help' -a help
complete -c lodger -n '__lodger_command_is help' -a kill
complete -c lodger -n '__lodger_command_is help' -a list
complete -c lodger -n '__lodger_command_is help' -a mounts
complete -c lodger -n '__lodger_command_is help' -a pause
complete -c lodger -n '__lodger_command_is help' -a port
complete -c lodger -n '__lodger_command_is help' -a ps
complete -c lodger -n '__lodger_command_is help' -a restore
complete -c lodger -n '__lodger_command_is help' -a resume
complete -c lodger -n '__lodger_command_is help' -a run
complete -c lodger -n '__lodger_command_is help' -a spec
complete -c lodger -n '__lodger_command_is help' -a start
complete -c lodger -n '__lodger_command_is help' -a state
complete -c lodger -n '__lodger_command_is help' -a update
complete -c lodger -n __lodger_needs_command -a kill -d 'send a signal to a container'
complete -c lodger -n '__lodger_command_is kill' -s a -l all -d 'send the signal to every process of the container'
complete -c lodger -n '__lodger_command_is kill' -s r -l regex -d 'CONTAINER is a regular expression; signal each container that it matches'
complete -c lodger -n '__lodger_command_is kill' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is kill' -a '(__lodger_containers)'
complete -c lodger -n '__lodger_command_is kill' -a '(__lodger_signals)'
complete -c lodger -n __lodger_needs_command -a list -d 'list containers'
complete -c lodger -n '__lodger_command_is list' -s f -l format -x -a 'table json' -d 'table (the default) or json'
complete -c lodger -n '__lodger_command_is list' -s q -l quiet -d 'names only'
complete -c lodger -n '__lodger_command_is list' -s h -l help -d 'print this help and exit'
complete -c lodger -n __lodger_needs_command -a mounts -d 'add mounts to a container that runs, or remove them'
complete -c lodger -n '__lodger_command_is mounts' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is mounts' -a 'add remove'
complete -c lodger -n '__lodger_command_is mounts' -F
complete -c lodger -n '__lodger_command_is mounts' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a pause -d 'stop every process of a container'
complete -c lodger -n '__lodger_command_is pause' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is pause' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a port -d 'list, add and remove published ports'
complete -c lodger -n '__lodger_command_is port' -s a -l add -x -d 'publish another port, written as for --publish of lodger run'
complete -c lodger -n '__lodger_command_is port' -s r -l remove -x -d 'no longer publish PORT; before those of --add are published'
complete -c lodger -n '__lodger_command_is port' -s f -l format -x -a 'table json' -d 'table (the default) or json'
complete -c lodger -n '__lodger_command_is port' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is port' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a ps -d 'list the processes of a container'
complete -c lodger -n '__lodger_command_is ps' -s f -l format -x -a 'table json' -d 'table (the default), which ps(1) prints, or json, a list of pids'
complete -c lodger -n '__lodger_command_is ps' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is ps' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a restore -d 'make a container from a checkpoint'
complete -c lodger -n '__lodger_command_is restore' -l image-path -x -a '(__fish_complete_directories)' -d 'the directory of the checkpoint; default: checkpoint in the working directory'
complete -c lodger -n '__lodger_command_is restore' -l work-path -x -a '(__fish_complete_directories)' -d 'where criu keeps its log; default: the image path'
complete -c lodger -n '__lodger_command_is restore' -l tcp-established -d 'allow established TCP connections'
complete -c lodger -n '__lodger_command_is restore' -l ext-unix-sk -d 'allow external Unix sockets'
complete -c lodger -n '__lodger_command_is restore' -l shell-job -d 'allow a terminal that is outside of the container'
complete -c lodger -n '__lodger_command_is restore' -l file-locks -d 'allow file locks'
complete -c lodger -n '__lodger_command_is restore' -l manage-cgroups-mode -x -a 'soft full strict ignore' -d 'what criu does about cgroups: soft (the default), full, strict, ignore'
complete -c lodger -n '__lodger_command_is restore' -l network-lock -x -a 'iptables nftables skip' -d 'how criu keeps the network still: iptables, nftables, skip'
complete -c lodger -n '__lodger_command_is restore' -l empty-ns -x -d 'a namespace that is made anew and left empty'
complete -c lodger -n '__lodger_command_is restore' -l lazy-pages -d 'move memory on demand'
complete -c lodger -n '__lodger_command_is restore' -l auto-dedup -d 'keep memory once'
complete -c lodger -n '__lodger_command_is restore' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'the bundle of the container; default: the working directory'
complete -c lodger -n '__lodger_command_is restore' -l console-socket -r -F -d 'send the container'\''s terminal to the Unix socket SOCKET'
complete -c lodger -n '__lodger_command_is restore' -l no-subreaper -d 'accepted for runc'\''s callers, without effect'
complete -c lodger -n '__lodger_command_is restore' -l pid-file -r -F -d 'write the process id of the container'\''s first process to FILE'
complete -c lodger -n '__lodger_command_is restore' -s d -l detach -d 'return as soon as the container runs'
complete -c lodger -n '__lodger_command_is restore' -l tcp-close -d 'close TCP connections'
complete -c lodger -n '__lodger_command_is restore' -l no-pivot -d 'accepted for runc'\''s callers: criu changes the root'
complete -c lodger -n '__lodger_command_is restore' -l no-new-keyring -d 'let the container have the caller'\''s session keyring'
complete -c lodger -n '__lodger_command_is restore' -l preserve-fds -x -d 'accepted for runc'\''s callers: what is open in the container is in the images'
complete -c lodger -n '__lodger_command_is restore' -l lsm-profile -x -d 'another AppArmor profile or SELinux label than at the checkpoint'
complete -c lodger -n '__lodger_command_is restore' -l lsm-mount-context -x -d 'another SELinux context of mounts than at the checkpoint'
complete -c lodger -n '__lodger_command_is restore' -s h -l help -d 'print this help and exit'
complete -c lodger -n __lodger_needs_command -a resume -d 'let a paused container go on'
complete -c lodger -n '__lodger_command_is resume' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is resume' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a run -d 'make a container and run it to its end'
complete -c lodger -n '__lodger_command_is run' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'the bundle, a directory with config.json; default: the working directory'
complete -c lodger -n '__lodger_command_is run' -s f -l config -r -F -d 'read FILE in place of the bundle'\''s config.json'
complete -c lodger -n '__lodger_command_is run' -l console-socket -r -F -d 'send the container'\''s terminal to the Unix socket SOCKET'
complete -c lodger -n '__lodger_command_is run' -l pid-file -r -F -d 'write the process id of the container'\''s first process to FILE'
complete -c lodger -n '__lodger_command_is run' -l pidfd-socket -r -F -d 'send a pidfd of the first process to the Unix socket SOCKET'
complete -c lodger -n '__lodger_command_is run' -l no-pivot -d 'do without pivot_root, for a root filesystem on a ramdisk'
complete -c lodger -n '__lodger_command_is run' -l no-new-keyring -d 'let the container have the caller'\''s session keyring'
complete -c lodger -n '__lodger_command_is run' -l preserve-fds -x -d 'hand N descriptors to the container, after those of LISTEN_FDS'
complete -c lodger -n '__lodger_command_is run' -l network -x -d 'none, host, slirp[:OPTION,...], pasta[:ARGUMENT,...] or ns:PATH, whatever config.json says'
complete -c lodger -n '__lodger_command_is run' -s p -l publish -x -d '[[IP:]HOST:]CONTAINER[/tcp|udp]: let a port of the host lead to one of the container; more than once, ranges too'
complete -c lodger -n '__lodger_command_is run' -s d -l detach -d 'return as soon as the container'\''s process runs'
complete -c lodger -n '__lodger_command_is run' -l keep -d 'do not delete the container when its process has ended'
complete -c lodger -n '__lodger_command_is run' -l no-subreaper -d 'accepted for runc'\''s callers, without effect'
complete -c lodger -n '__lodger_command_is run' -s h -l help -d 'print this help and exit'
complete -c lodger -n __lodger_needs_command -a spec -d 'write a config.json to begin with'
complete -c lodger -n '__lodger_command_is spec' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'where to write config.json; default: the working directory'
complete -c lodger -n '__lodger_command_is spec' -l rootless -d 'for use without root: a user namespace in which the caller is root'
complete -c lodger -n '__lodger_command_is spec' -s h -l help -d 'print this help and exit'
complete -c lodger -n __lodger_needs_command -a start -d 'let a created container run its process'
complete -c lodger -n '__lodger_command_is start' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is start' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a state -d 'print the state of a container as JSON'
complete -c lodger -n '__lodger_command_is state' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is state' -a '(__lodger_containers)'
complete -c lodger -n __lodger_needs_command -a update -d 'change the limits of a container'
complete -c lodger -n '__lodger_command_is update' -s r -l resources -r -F -d 'a JSON file with what config.json has as linux.resources; - is standard input'
complete -c lodger -n '__lodger_command_is update' -l memory -x -d 'limit of memory; -1 is none, and k, m, g after the number are powers of 1024'
complete -c lodger -n '__lodger_command_is update' -l memory-swap -x -d 'limit of memory and swap together; -1 is none'
complete -c lodger -n '__lodger_command_is update' -l memory-reservation -x -d 'memory that is left to the container when the host runs short'
complete -c lodger -n '__lodger_command_is update' -l cpu-share -x -d 'share of the CPU, 2 to 262144, beside others'\'''
complete -c lodger -n '__lodger_command_is update' -l cpu-quota -x -d 'CPU time in each period; -1 is no limit'
complete -c lodger -n '__lodger_command_is update' -l cpu-period -x -d 'length of the period of --cpu-quota'
complete -c lodger -n '__lodger_command_is update' -l cpu-burst -x -d 'unused quota that may be saved for later periods'
complete -c lodger -n '__lodger_command_is update' -l cpu-idle -x -d 'run only when the CPU has nothing else to do'
complete -c lodger -n '__lodger_command_is update' -l cpu-rt-period -x -d 'period of the limit for real-time tasks'
complete -c lodger -n '__lodger_command_is update' -l cpu-rt-runtime -x -d 'CPU time of real-time tasks in each period'
complete -c lodger -n '__lodger_command_is update' -l cpuset-cpus -x -d 'the CPUs to use: 0-2,4'
complete -c lodger -n '__lodger_command_is update' -l cpuset-mems -x -d 'the memory nodes to use'
complete -c lodger -n '__lodger_command_is update' -l pids-limit -x -d 'the number of processes and threads; -1 is no limit'
complete -c lodger -n '__lodger_command_is update' -l blkio-weight -x -d 'weight of I/O, 10 to 1000, beside others'\'''
complete -c lodger -n '__lodger_command_is update' -l l3-cache-schema -x -d 'part of the L3 cache (resctrl)'
complete -c lodger -n '__lodger_command_is update' -l mem-bw-schema -x -d 'part of the memory bandwidth (resctrl)'
complete -c lodger -n '__lodger_command_is update' -l kernel-memory -x -d 'obsolete: kernels count it as memory'
complete -c lodger -n '__lodger_command_is update' -l kernel-memory-tcp -x -d 'obsolete, for cgroup v1'
complete -c lodger -n '__lodger_command_is update' -s h -l help -d 'print this help and exit'
complete -c lodger -n '__lodger_command_is update' -a '(__lodger_containers)'
