// SPDX-License-Identifier: Apache-2.0
/*
 * Every message between the front end and init on the sync socket. One row a message: enumerator,
 * the name that people see, who sends it, whether a descriptor comes with it, and the answer that
 * the sender then waits for. The names are runc's where runc has the message.
 *
 *   init                                   front end
 *   procMaps              ---------------> write the id maps of a user namespace made by init
 *                         <--------------- procMapped (unasked where clone3 made the namespace)
 *   procCgroup            ---------------> put init into its cgroup
 *                         <--------------- procPlaced
 *   procForked (pidfd)    ---------------> the second init is the container from now on
 *   procNetwork (netns)   ---------------> connect it to the outside; ready before what follows
 *   procConsole (ptmx)    ---------------> keep, or pass on to the console socket
 *   procDevices (socket)  ---------------> move network devices in, by this netlink socket
 *                         <--------------- procDevicesDone
 *   procHooks             ---------------> run prestart and createRuntime hooks
 *                         <--------------- procResume
 *   procReady             ---------------> record the state
 *                         <--------------- procRun
 *   procSeccomp (fd)      ---------------> pass the listener to its agent
 *                         <--------------- procSeccompDone
 *   procError             ---------------> report, undo
 *   end of stream         ---------------> init waits at exec.fifo, or has executed the payload
 */
#ifndef LODGER_PROTOCOL_MESSAGE_H
#define LODGER_PROTOCOL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum message_from { FROM_INIT, FROM_FRONT };

#define MESSAGES(X)                                                                                \
	X(MSG_FORKED, "procForked", FROM_INIT, true, MSG_NONE)                                     \
	X(MSG_MAPS, "procMaps", FROM_INIT, false, MSG_MAPPED)                                      \
	X(MSG_MAPPED, "procMapped", FROM_FRONT, false, MSG_NONE)                                   \
	X(MSG_NETWORK, "procNetwork", FROM_INIT, true, MSG_NONE)                                   \
	X(MSG_CGROUP, "procCgroup", FROM_INIT, false, MSG_PLACED)                                  \
	X(MSG_PLACED, "procPlaced", FROM_FRONT, false, MSG_NONE)                                   \
	X(MSG_CONSOLE, "procConsole", FROM_INIT, true, MSG_NONE)                                   \
	X(MSG_DEVICES, "procDevices", FROM_INIT, true, MSG_DEVICES_DONE)                           \
	X(MSG_DEVICES_DONE, "procDevicesDone", FROM_FRONT, false, MSG_NONE)                        \
	X(MSG_HOOKS, "procHooks", FROM_INIT, false, MSG_RESUME)                                    \
	X(MSG_RESUME, "procResume", FROM_FRONT, false, MSG_NONE)                                   \
	X(MSG_READY, "procReady", FROM_INIT, false, MSG_RUN)                                       \
	X(MSG_RUN, "procRun", FROM_FRONT, false, MSG_NONE)                                         \
	X(MSG_SECCOMP, "procSeccomp", FROM_INIT, true, MSG_SECCOMP_DONE)                           \
	X(MSG_SECCOMP_DONE, "procSeccompDone", FROM_FRONT, false, MSG_NONE)                        \
	X(MSG_ERROR, "procError", FROM_INIT, false, MSG_NONE)

enum message_type {
	MSG_NONE, /* end of stream, or "no answer" */
#define X(type, name, from, fd, reply) type,
	MESSAGES(X)
#undef X
		MSG_NR
};

/* Environment in which init finds its descriptors, by runc's names with lodger's prefix. */
#define PROTOCOL_ENV_INITPIPE "_LODGER_INITPIPE" /* the plan comes down here */
#define PROTOCOL_ENV_SYNCPIPE "_LODGER_SYNCPIPE" /* these messages */
#define PROTOCOL_ENV_LOGPIPE  "_LODGER_LOGPIPE" /* log lines: level digit, text, NUL */
#define PROTOCOL_ENV_FIFOFD                                                                        \
	"_LODGER_FIFOFD" /* exec.fifo, O_PATH; only where start is waited for                      \
			  */
/* first of the namespaces to join, in slot order; for exec, the pidfd of the container's init */
#define PROTOCOL_ENV_NSFD    "_LODGER_NSFD"
#define PROTOCOL_ENV_MOUNTFD "_LODGER_MOUNTFD" /* first of the mounts made outside, likewise */

/* Longest message: a procError with all its texts. */
#define MESSAGE_MAX 8192

struct message {
	enum message_type type; /* MSG_NONE: the peer closed its end */
	int fd; /* -1 if none; owned by the receiver */
	struct err err; /* of a MSG_ERROR */
};

const char *message_name(enum message_type type);
enum message_from message_sender(enum message_type type);
enum message_type message_reply(enum message_type type);

/* Send; `fd` -1 for none, else it must be a message that carries one. 0 or -errno. */
int message_send(int sock, enum message_type type, int fd);

/* Send a procError. */
int message_send_error(int sock, const struct err *err);

/*
 * Receive what `from` may send. An unknown type, one of the other direction, a missing or surplus
 * descriptor, a wrong length: ERR_PROTOCOL, naming both sides. The end of the stream is MSG_NONE.
 */
int message_recv(int sock, enum message_from from, struct message *ret, struct err *e);

/*
 * Replace control characters in text that init wrote: it ends on somebody's terminal, and parts of
 * it come from the root filesystem.
 */
void message_clean(char *text);

/* Send a request and wait for its answer; anything else is an error. For init. */
int message_call(int sock, enum message_type type, int fd, struct err *e);

#endif
