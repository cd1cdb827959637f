#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peers for the tests of the network helper.

api PATH REQUEST...          each request on a connection of its own, ended by shutdown(2)
api-lines PATH REQUEST...    all on one connection, a line each
ports PATH N                 forwards N UDP ports, then asks for the list twice: one answer is not
                             read, of the other the number of entries is printed
dns ADDR PORT BEHAVIOUR      a resolver over UDP and TCP: "answer A.B.C.D", "silent", "servfail",
                             "large"; says "ready", then the queries' transport
ask ADDR NAME [tcp]          a query for an address; prints it, or rcode, "truncated", "timeout"
echo ADDR PORT tcp|udp       says "ready", then each peer's address, whose data it sends back
say ADDR PORT tcp|udp        sends "hello" and prints what comes back
burst ADDR PORT N            N connections at once; prints how many serve
tell ADDR PORT               sends a query by UDP and waits for nothing
forge SOURCE PORT DEST...    TCP SYNs by raw frames on tap0; prints who answers, or "silence"
garbage SEED N               random and half-right frames on tap0
attach PROGRAM ARG... PID    runs the program with --attach-fd and sends it the process's namespaces
"""
import array
import json
import os
import random
import signal
import socket
import struct
import sys

WAIT_S = 60  # for what is sure to come: a test that waits that long has failed


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def api(path, *requests):
    for request in requests:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(WAIT_S)
            s.connect(path)
            s.sendall(request.encode())
            s.shutdown(socket.SHUT_WR)
            print(s.makefile().read().strip())


def api_lines(path, *requests):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(WAIT_S)
        s.connect(path)
        answers = s.makefile()
        for request in requests:
            s.sendall(request.encode() + b"\n")
            print(answers.readline().strip())


def ports(path, n):
    listing = '{"execute":"list_hostfwd"}'
    with socket.socket(socket.AF_UNIX) as s, socket.socket(socket.AF_UNIX) as lazy:
        s.settimeout(WAIT_S)
        s.connect(path)
        answers = s.makefile()
        for port in range(20000, 20000 + int(n)):
            request = {"execute": "add_hostfwd", "arguments": {"proto": "udp", "host_port": port, "guest_port": 80}}
            s.sendall(json.dumps(request).encode() + b"\n")
            answers.readline()
        lazy.connect(path)
        lazy.sendall(listing.encode() + b"\n")
        s.sendall(listing.encode() + b"\n")
        print(len(json.loads(answers.readline())["return"]["entries"]))


def dns_answer(query, behaviour, tcp):
    end = query.index(b"\0", 12) + 5
    question = query[12:end]
    if behaviour[0] == "servfail":
        return query[:2] + b"\x81\x82" + b"\0\1\0\0\0\0\0\0" + question
    n = 200 if behaviour[0] == "large" else 1
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4"
    addr = socket.inet_aton(behaviour[1] if len(behaviour) > 1 else "192.0.2.77")
    if behaviour[0] == "large" and tcp:
        n = 1
    return query[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, n, 0, 0) + question + (record + addr) * n


def dns(addr, port, *behaviour):
    udp = socket.socket(family(addr), socket.SOCK_DGRAM)
    udp.bind((addr, int(port)))
    tcp = socket.socket(family(addr), socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind((addr, int(port)))
    tcp.listen(16)
    print("ready", flush=True)
    if os.fork() == 0:
        while True:
            conn, _ = tcp.accept()
            query = conn.recv(4096)[2:]
            print("tcp", flush=True)
            answer = dns_answer(query, behaviour, True)
            conn.sendall(struct.pack(">H", len(answer)) + answer)
            conn.close()
    while True:
        query, peer = udp.recvfrom(4096)
        print("udp", flush=True)
        if behaviour[0] != "silent":
            udp.sendto(dns_answer(query, behaviour, False), peer)


def dns_question(name):
    query = struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0)
    return query + b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0\0\1\0\1"


def ask(addr, name, transport="udp"):
    query = dns_question(name)
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family(addr), kind) as s:
        s.settimeout(WAIT_S)
        try:
            s.connect((addr, 53))
            s.send(struct.pack(">H", len(query)) + query if transport == "tcp" else query)
            answer = s.recv(65535)
            if transport == "tcp":
                answer = answer[2:]
        except socket.timeout:
            print("timeout")
            return
    if answer[2] & 2:
        print("truncated")
    elif answer[3] & 15:
        print("rcode", answer[3] & 15)
    else:
        print(socket.inet_ntoa(answer[-4:]))


def echo(addr, port, proto):
    s = socket.socket(family(addr), socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, int(port)))
    if proto == "tcp":
        s.listen(128)
    print("ready", flush=True)
    while True:
        if proto == "udp":
            data, peer = s.recvfrom(65535)
            print(peer[0], flush=True)
            s.sendto(data, peer)
            continue
        conn, peer = s.accept()
        print(peer[0], flush=True)
        conn.sendall(conn.recv(65535))
        conn.close()


def say(addr, port, proto):
    with socket.socket(family(addr), socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM) as s:
        s.settimeout(WAIT_S)
        try:
            s.connect((addr, int(port)))
            s.send(b"hello")
            print(s.recv(100).decode())
        except OSError as e:
            print(type(e).__name__, e)


def burst(addr, port, n):
    conns = [socket.socket() for _ in range(int(n))]
    for conn in conns:
        conn.setblocking(False)
        conn.connect_ex((addr, int(port)))
    for conn in conns:
        conn.settimeout(WAIT_S)
        conn.sendall(b"hello")
    print(sum(conn.recv(100) == b"hello" for conn in conns))


def tell(addr, port):
    with socket.socket(family(addr), socket.SOCK_DGRAM) as s:
        s.sendto(dns_question("a.test"), (addr, int(port)))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tap():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind(("tap0", 0))
    return s


def syn(mac, source, dest, ports):
    tcp = struct.pack(">HHIIBBHHH", *ports, 1, 0, 0x50, 2, 60000, 0, 0)
    af = family(dest)
    a, b = socket.inet_pton(af, source), socket.inet_pton(af, dest)
    tcp = tcp[:16] + struct.pack(">H", checksum(a + b + struct.pack(">II", 6, len(tcp)) + tcp)) + tcp[18:]
    if af == socket.AF_INET:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + a + b
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    else:
        head = struct.pack(">IHBB", 6 << 28, len(tcp), 6, 64) + a + b
    kind = struct.pack(">H", 0x0800 if af == socket.AF_INET else 0x86DD)
    return b"\x52\x55\x0a\x00\x02\x02" + mac + kind + head + tcp


def forge(source, port, *dests):
    """Who answers has done so before a host's closed port is refused, asked behind all of them; twice,
    since the helper may take the answers of one round in any order."""
    s = tap()
    s.settimeout(WAIT_S)
    mac = s.getsockname()[4]
    closed = "2001:db8::1" if ":" in source else "192.0.2.1"
    first = 40000
    for i, dest in enumerate(dests):
        s.send(syn(mac, source, dest, (first + i, int(port))))
    answered, ends = set(), 0
    s.send(syn(mac, source, closed, (first - 1, 1)))
    offset = 14 + (40 if ":" in source else 20)
    while ends < 2:
        frame = s.recv(65535)
        if len(frame) < offset + 14:
            continue
        peer, own, flags = *struct.unpack(">HH", frame[offset : offset + 4]), frame[offset + 13]
        if peer == 1 and own < first and flags & 4:
            ends += 1
            s.send(syn(mac, source, closed, (first - 1 - ends, 1)))
        elif peer == int(port) and 0 <= own - first < len(dests) and flags & 0x12 == 0x12:
            answered.add(dests[own - first])
    print(" ".join(d for d in dests if d in answered) or "silence")


def garbage(seed, n):
    rng = random.Random(int(seed))
    s = tap()
    kinds = [b"\x08\x00", b"\x86\xdd", b"\x08\x06", b"\x88\xf8", b"\x12\x34"]
    for _ in range(int(n)):
        body = bytearray(rng.randbytes(rng.choice([0, 1, 5, 19, 20, 28, 39, 40, 60, 100, 1400, 60000])))
        kind = rng.choice(kinds)
        if len(body) > 20 and kind == b"\x08\x00":
            body[0] = 0x45 + rng.choice([0, 0, 0, 1, 10])
            body[2:4] = struct.pack(">H", rng.choice([len(body) & 0xFFFF, 0, 20, 65535]))
            body[6:8] = rng.choice([b"\0\0", b"\x20\0", b"\0\x05", b"\x1f\xff"])
            body[9] = rng.choice([1, 6, 17, 200])
            body[10:12] = b"\0\0"
            body[16:20] = bytes([10, 0, 2, rng.choice([2, 3, 100, 255])])
            head = bytes(body[: 4 * (body[0] & 15)])
            body[10:12] = struct.pack(">H", checksum(head))
        elif len(body) > 40 and kind == b"\x86\xdd":
            body[0] = 0x60
            body[4:6] = struct.pack(">H", rng.choice([(len(body) - 40) & 0xFFFF, 0, 8, 65535]))
            body[6] = rng.choice([58, 6, 17, 0, 44, 60])
            body[24:40] = socket.inet_pton(socket.AF_INET6, rng.choice(["fd00::2", "fd00::3", "ff02::1"]))
        try:
            s.send(b"\x52\x55\x0a\x00\x02\x02" + s.getsockname()[4] + kind + bytes(body))
        except OSError:
            pass


def attach(*words):
    program, pid = words[:-1], words[-1]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    os.set_inheritable(theirs.fileno(), True)
    ready_read, ready_write = os.pipe()
    os.set_inheritable(ready_write, True)
    if os.fork() == 0:
        os.execv(program[0], [program[0], "--attach-fd=%d" % theirs.fileno(),
                              "--ready-fd=%d" % ready_write] + list(program[1:]))
    theirs.close()
    os.close(ready_write)
    fds = [os.pidfd_open(int(pid)), os.open("/proc/%s/ns/net" % pid, os.O_RDONLY),
           os.open("/proc/%s/ns/user" % pid, os.O_RDONLY)]
    ours.sendmsg([b"a"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
    print("ready" if os.read(ready_read, 1) == b"1" else "failed")


if __name__ == "__main__":
    try:
        globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
    except BrokenPipeError:
        pass
