#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A seccomp agent for the integration tests.

agent.py SOCKET OUT ERRNO   listen on SOCKET, take one seccomp listener with the container's state,
                            write the state to OUT, and answer every system call that the listener
                            reports with ERRNO, until its filter is gone
"""
import array
import fcntl
import select
import socket
import struct
import sys

# seccomp_unotify(2): struct seccomp_notif has 80 bytes, struct seccomp_notif_resp 24.
NOTIF_RECV = 0xC0502100
NOTIF_SEND = 0xC0182101


def receive(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen(1)
        connection, _ = server.accept()
    connection.settimeout(20)
    text, control, _, _ = connection.recvmsg(1 << 16, socket.CMSG_SPACE(16))
    fds = array.array("i")
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
    while more := connection.recv(1 << 16):
        text += more
    return text, fds[0]


def answer(listener, errno):
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while events := poll.poll(20000):
        if not events[0][1] & select.POLLIN:
            return
        request = bytearray(80)
        fcntl.ioctl(listener, NOTIF_RECV, request)
        cookie = struct.unpack_from("Q", request)[0]
        fcntl.ioctl(listener, NOTIF_SEND, struct.pack("QqiI", cookie, 0, -errno, 0))


if __name__ == "__main__":
    state, fd = receive(sys.argv[1])
    with open(sys.argv[2], "wb") as out:
        out.write(state)
    answer(fd, int(sys.argv[3]))
