#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Datagrams through many devices at once, for the selftests with thousands of sessions.
#
#	udpmany.py serve ADDRESS PORT
#		sends everything back; says "ready" first
#	udpmany.py ask ADDRESS PORT < LINES
#		a datagram to there for each line "DEVICE SOURCE", through that very
#		device; what is not answered is sent again, twenty times at most.  Says how
#		many were answered; the status is 0 when all were, each by its own device.

import resource
import select
import socket
import sys
import time

TRIES = 20
PATIENCE = 3.0  # seconds without any answer before the next try
AT_ONCE = 100  # datagrams on their way: a queue of packets in between is no larger than 1000


def serve(address):
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    here.bind(address)
    print("ready", flush=True)
    while True:
        octets, sender = here.recvfrom(2048)
        here.sendto(octets, sender)


class Way:
    def __init__(self, address, device, source):
        self.token = f"{device} {source}".encode()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self.socket.bind((source, 0))
        self.socket.connect(address)
        self.answered = False

    def send(self):
        self.socket.send(self.token)

    # An answer of another one's is none.
    def receive(self):
        try:
            octets = self.socket.recv(2048)
        except ConnectionRefusedError:
            return
        self.answered = self.answered or octets == self.token


def ask(address):
    ways = [Way(address, *line.split()) for line in sys.stdin]
    by_number = {way.socket.fileno(): way for way in ways}
    poll = select.epoll()
    for number in by_number:
        poll.register(number, select.EPOLLIN)

    def listen(enough):
        deadline = time.monotonic() + PATIENCE
        while sum(not way.answered for way in batch) > enough and time.monotonic() < deadline:
            for number, _ in poll.poll(deadline - time.monotonic()):
                by_number[number].receive()
                deadline = time.monotonic() + PATIENCE

    sent = 0
    for _ in range(TRIES):
        missing = [way for way in ways if not way.answered]
        for first in range(0, len(missing), AT_ONCE):
            batch = missing[first:first + AT_ONCE]
            for way in batch:
                way.send()
            sent += len(batch)
            listen(0)
    missing = [way.token.decode() for way in ways if not way.answered]
    print(f"{len(ways) - len(missing)} of {len(ways)} answered, {sent} sent")
    for token in missing[:20]:
        print("no answer:", token)
    return 1 if missing or not ways else 0


def main():
    _, command, address, port = sys.argv
    # Two sockets for each of thousands of sessions are more than a shell allows.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    where = (address, int(port))
    sys.exit(serve(where) if command == "serve" else ask(where))


main()
