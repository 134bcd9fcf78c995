#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""In which order the numbered packets of a PPTP call arrive at a device.

  grewatch.py DEV        until SIGTERM; prints "ready" when it listens

What the wire had, to be held against what the receiver's kernel counts:

  {"packets": with a number, "early": how many came while one before them was
   missing, "again": of numbers that had been there, "missing": numbers that never
   came, "undressed": how many have not the TOS and DF of the IPv4 packet inside,
   "shapes": {"1 0": 3}}

A shape is a stretch that came out of order, as the distances of its numbers from
the lowest of it: "1 0" is a swap of two.  What never came is not waited for there.
"""
import collections
import json
import signal
import socket
import struct
import sys

ETH_P_IP, GRE, GRE1_DATA = 0x0800, 47, 0x3001
SO_RCVBUFFORCE = 33  # Python has no name for it
KEEP = ~0x80  # whether there is an acknowledgement or not


def number_of(packet):
    """The sequence number of a frame of PPTP, or None."""
    if len(packet) < 20 or packet[9] != GRE:
        return None
    gre = packet[(packet[0] & 15) * 4:]
    if len(gre) < 12:
        return None
    flags, proto, _, _, seq = struct.unpack_from("!HHHHI", gre)
    return seq if flags & KEEP == GRE1_DATA and proto == 0x880B else None


def unwrapped(seq, near):
    """The number with these 32 bits that is nearest."""
    return near + (seq - near + (1 << 31)) % (1 << 32) - (1 << 31)


def undressed(packet):
    """Is there IPv4 in this frame of PPTP, with another TOS or DF than outside?"""
    gre = packet[(packet[0] & 15) * 4:]
    inner = gre[16 if gre[1] & 0x80 else 12:].removeprefix(b"\xff\x03").lstrip(b"\0")
    if inner[:2] != b"\x21\x45":
        return False
    return packet[1] != inner[2] or (packet[6] ^ inner[7]) & 0x40 != 0


class Stopped(Exception):
    pass


def stop(_number, _frame):
    raise Stopped


def numbers(dev):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    sock.bind((dev, ETH_P_IP))
    print("ready", flush=True)
    got, bare = [], []

    def take(flags):
        data, address = sock.recvfrom(65536, flags)
        seq = number_of(data) if address[2] == socket.PACKET_HOST else None
        if seq is not None:
            got.append(unwrapped(seq, got[0] if got else seq))
            bare.append(undressed(data))

    try:
        while True:
            take(0)
    except Stopped:
        pass
    try:
        while True:
            take(socket.MSG_DONTWAIT)
    except BlockingIOError:
        return got, sum(bare)


def judge(got, bare):
    came = set(got)
    early, again, ahead = 0, 0, set()
    awaited = got[0] if got else 0
    for seq in got:
        if seq < awaited or seq in ahead:
            again += 1
            continue
        if seq != awaited:
            early += 1
            ahead.add(seq)
            continue
        awaited += 1
        while awaited in ahead:
            ahead.remove(awaited)
            awaited += 1
    missing = max(got) + 1 - got[0] - len(came) if got else 0
    return {"packets": len(got), "early": early, "again": again, "missing": missing,
            "undressed": bare, "shapes": shapes(got, came)}


def shapes(got, came):
    """The stretches out of order, if nobody waited for what never came."""
    found, awaited, ahead, stretch = collections.Counter(), 0, set(), []
    last = max(came, default=0)

    def settle(seq):
        while seq <= last and (seq in ahead or seq not in came):
            ahead.discard(seq)
            seq += 1
        return seq

    awaited = got[0] if got else 0
    for seq in got:
        if seq < awaited or seq in ahead:
            continue
        if seq != awaited or stretch:
            stretch.append(seq)
        if seq != awaited:
            ahead.add(seq)
            continue
        awaited = settle(seq + 1)
        if stretch and not ahead:
            low = min(stretch)
            found[" ".join(str(s - low) for s in stretch)] += 1
            stretch = []
    return found


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    print(json.dumps(judge(*numbers(sys.argv[1]))), flush=True)
