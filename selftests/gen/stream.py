#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stream of TCP, or of datagrams sent many at a time, whose every octet is checked.

  stream.py recv ADDRESS PORT
  stream.py send ADDRESS PORT OCTETS
  stream.py recv-udp ADDRESS PORT
  stream.py send-udp ADDRESS PORT COUNT SIZE SEGMENTS

The receiver prints "ready" when it listens.  That of TCP prints "got OCTETS HASH", the
sender "sent OCTETS HASH" of what it made up.  send-udp hands the kernel so many datagrams
of a size with each call (UDP_SEGMENT), each with its number; recv-udp prints "got N", how
many different ones came whole, when it has heard the end.
"""
import hashlib
import random
import socket
import sys

UDP_SEGMENT = 103


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def recv(address, port):
    with socket.create_server((address, port), family=family(address)) as server:
        print("ready", flush=True)
        sock, _ = server.accept()
        seen, octets = hashlib.sha256(), 0
        while data := sock.recv(1 << 18):
            seen.update(data)
            octets += len(data)
        sock.close()
    print("got", octets, seen.hexdigest(), flush=True)


def send(address, port, octets):
    made, noise = hashlib.sha256(), random.Random(octets)
    with socket.create_connection((address, port), 60) as sock:
        left = octets
        while left:
            data = noise.randbytes(min(left, 1 << 16))
            made.update(data)
            sock.sendall(data)
            left -= len(data)
        sock.shutdown(socket.SHUT_WR)
        sock.recv(1)
    print("sent", octets, made.hexdigest(), flush=True)


def datagram(number, size):
    return number.to_bytes(4, "big") + random.Random(number).randbytes(size - 4)


def recv_udp(address, port):
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    sock.bind((address, port))
    sock.settimeout(60)
    print("ready", flush=True)
    whole = set()
    while len(data := sock.recv(65536)) > 4:
        number = int.from_bytes(data[:4], "big")
        if data == datagram(number, len(data)):
            whole.add(number)
    print("got", len(whole), flush=True)


def send_udp(address, port, count, size, segments):
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    sock.connect((address, port))
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    for first in range(0, count, segments):
        last = min(first + segments, count)
        sock.send(b"".join(datagram(n, size) for n in range(first, last)))
    try:
        for _ in range(3):
            sock.send(b"end")
    except ConnectionRefusedError:
        pass  # it has heard one, and is gone


def main(what, address, port, *words):
    {"recv": recv, "send": send, "recv-udp": recv_udp, "send-udp": send_udp}[what](
        address, int(port), *(int(word) for word in words))


if __name__ == "__main__":
    main(*sys.argv[1:])
