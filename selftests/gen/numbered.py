#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbered datagrams: what arrives, what not, what twice, what in wrong order.

  numbered.py send ADDRESS PORT count=N [size=N[,N...]] [gap=US]
  numbered.py recv ADDRESS PORT [quiet=SECONDS]

The sender sends datagrams 0..N-1, of these sizes in turn, and then 20 more that say that it was the end.
They are numbered like the others and count like them, so that the last of a
stream is not special.  The receiver prints {"ready": true} when it listens, and
when it has heard the end and then nothing for a while:

  {"sent": N + 20, "got": distinct ones, "lost":, "twice":, "disorder": how many
   came behind one with a higher number}
"""
import json
import socket
import struct
import sys
import time

MAGIC, ENDS = 0x7274756E, 20
SO_RCVBUFFORCE = 33  # Python has no name for it


def connect(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:  # whatever the host's limit is: what is lost has to be the link's doing
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return sock, (address, int(port))


def send(address, port, opts):
    sock, to = connect(address, port)
    count = int(opts["count"])
    sizes = [int(size) for size in opts.get("size", "64").split(",")]
    gap = int(opts.get("gap", "0")) / 1e6
    total = count + ENDS
    when = time.monotonic()
    for i in range(total):
        # the ends further apart, so that one of them is heard
        when += gap if i < count else 0.01
        wait = when - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        head = struct.pack("!III", MAGIC, i, total if i >= count else 0)
        sock.sendto(head + bytes(max(0, sizes[i % len(sizes)] - len(head))), to)


def recv(address, port, opts):
    sock, here = connect(address, port)
    sock.bind(here)
    print('{"ready": true}', flush=True)
    quiet = float(opts.get("quiet", "1"))
    seen, high, twice, disorder, total = set(), -1, 0, 0, 0
    while True:
        try:
            data = sock.recv(65536)
        except TimeoutError:
            break
        magic, i, end = struct.unpack_from("!III", data)
        if magic != MAGIC:
            continue
        if i in seen:
            twice += 1
        elif i < high:
            disorder += 1
        seen.add(i)
        high = max(high, i)
        if end:
            total = end
            sock.settimeout(quiet)
    print(json.dumps({"sent": total, "got": len(seen),
                      "lost": total - len(seen), "twice": twice,
                      "disorder": disorder}), flush=True)


if __name__ == "__main__":
    {"send": send, "recv": recv}[sys.argv[1]](
        sys.argv[2], sys.argv[3],
        dict(w.split("=", 1) for w in sys.argv[4:]))
