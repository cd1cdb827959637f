#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Terminals for the integration tests.

terminal.py recv SOCKET READY [STEP...]   receive a terminal on a console socket, as conmon does, touch
                                     READY when the socket listens, then go through the steps
terminal.py run STEP... -- COMMAND...     run a command under a new terminal and go through the steps

Steps: expect:TEXT  wait until TEXT has been seen (10 s, else status 1)
       send:TEXT    write it; escapes such as backslash n and x03 work
       size:R,C     set the window size of the terminal
       raw          wait until the terminal is in raw mode; cooked: until it is not
       term         send SIGTERM to the command
       hangup       close the terminal; nothing but the command's end is waited for then
       eof          wait for the end of output
Everything that came out is printed at the end. The status is that of COMMAND, 128+N for a signal.
"""
import array
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

LIMIT = 10


def unescape(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


class Terminal:
    def __init__(self, fd, watch=None, process=None):
        self.fd = fd
        self.watch = fd if watch is None else watch
        self.process = process
        self.seen = b""
        self.mark = 0

    def read(self, timeout):
        """False at the end of output or when the time is over."""
        if self.fd < 0 or not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def expect(self, text):
        text = unescape(text)
        end = time.monotonic() + LIMIT
        while text not in self.seen[self.mark:]:
            left = end - time.monotonic()
            if left <= 0 or not self.read(left):
                self.give_up(f"expected {text!r}")
        self.mark = self.seen.index(text, self.mark) + len(text)

    def send(self, text):
        os.write(self.fd, unescape(text))

    def size(self, text):
        rows, columns = map(int, text.split(","))
        fcntl.ioctl(self.watch, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def mode(self, raw):
        end = time.monotonic() + LIMIT
        while bool(termios.tcgetattr(self.watch)[3] & termios.ICANON) == raw:
            if time.monotonic() > end:
                self.give_up("expected raw mode" if raw else "expected cooked mode")
            if not self.read(0.02):
                time.sleep(0.01)

    def eof(self):
        end = time.monotonic() + LIMIT
        while self.read(max(0, end - time.monotonic())):
            pass
        if time.monotonic() > end:
            self.give_up("expected the end of output")

    def hangup(self):
        os.close(self.fd)
        if self.watch != self.fd:
            os.close(self.watch)
        self.fd = self.watch = -1

    def give_up(self, why):
        sys.stdout.flush()
        sys.stdout.buffer.write(b"[" + why.encode() + b", got:]\n" + self.seen + b"\n")
        sys.stdout.flush()
        if self.process:
            self.process.kill()
        os._exit(99)

    def steps(self, steps):
        for step in steps:
            verb, _, rest = step.partition(":")
            if verb in ("expect", "send", "size"):
                getattr(self, verb)(rest)
            elif verb in ("raw", "cooked"):
                self.mode(verb == "raw")
            elif verb == "term":
                self.process.terminate()
            elif verb in ("hangup", "eof"):
                getattr(self, verb)()
            else:
                sys.exit(f"no such step: {step}")

    def show(self):
        sys.stdout.buffer.write(self.seen)
        sys.stdout.flush()


def recv(path, ready, steps):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(1)
    open(ready, "w", encoding="ascii").close()
    server.settimeout(LIMIT)
    connection, _ = server.accept()
    connection.settimeout(LIMIT)
    data, control, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(64))
    fds = array.array("i")
    for level, kind, payload in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    if len(fds) != 1:
        sys.exit(f"expected one descriptor, got {len(fds)}")
    name = data.rstrip(bytes(1)).decode()
    print(f"[name {name}] [tty {os.isatty(fds[0])}]", flush=True)
    terminal = Terminal(fds[0])
    terminal.steps(steps)
    terminal.show()


def run(steps, command):
    master, slave = os.openpty()

    def child():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=child)
    # The slave stays open here, so that the mode can be read after the command has ended.
    terminal = Terminal(master, slave, process)
    terminal.steps(steps)
    end = time.monotonic() + LIMIT
    while process.poll() is None:
        if time.monotonic() > end:
            terminal.give_up("the command does not end")
        if not terminal.read(0.02):
            time.sleep(0.01)
    while terminal.read(0):
        pass
    terminal.show()
    if terminal.watch >= 0:
        mode = termios.tcgetattr(slave)[3]
        print(f"\n[cooked at the end: {bool(mode & termios.ICANON and mode & termios.ECHO)}]")
    status = process.returncode
    sys.exit(128 - status if status < 0 else status)


def main():
    words = sys.argv[1:]
    if words[:1] == ["recv"]:
        recv(words[1], words[2], words[3:])
    elif words[:1] == ["run"] and "--" in words:
        at = words.index("--")
        run(words[1:at], words[at + 1:])
    else:
        sys.exit(__doc__)


main()
