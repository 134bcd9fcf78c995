#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends hand-made GRE packets, good ones and bad ones (RFC 2637 section 4.1).

  greinject.py SRC DST [field=value]...

SRC must be an address of this host (or spoof=1, which makes the IP header by
hand too).  Fields of the packet, with their defaults:

  call=0          call id of the receiver, the low half of the key
  seq=N           sequence number; sets the S bit
  ack=N           acknowledgement; sets the A bit
  ppp=HEX         the frame, e.g. ff03c021...
  ip4=SRC,DST     an ICMP echo request as frame, with FF 03 00 21
  mppe=BITS:KEY:HEAD:CHANGES   encrypt the frame, which begins with FF 03 then: bits
                  and count, and how often the start key (in hex) has changed
  flags0=N        octet 0 as it is, instead of K and S
  flags1=N        octet 1 as it is, instead of A and version 1
  proto=0x880b    protocol type
  len=N           payload length in the key, instead of the true one
  pad=N           octets behind the payload
  cut=N           only the first N octets of it all
  frags=N         in IP fragments of N octets, a multiple of eight; by hand as spoof=1
  tos=N           of the outer header
  count=1         so many, the sequence number rising by
  step=1
  random=SEED     instead: count packets of random octets behind version 1
"""
import random
import socket
import struct
import sys

sys.dont_write_bytecode = True      # the folder may be read-only, or git's
import mppe  # noqa: E402

IPPROTO_GRE = 47


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(src, dst, proto, payload, tos=0, ident=1, offset=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), ident,
                       offset, 64, proto, 0, socket.inet_aton(src),
                       socket.inet_aton(dst))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def echo_request(src, dst):
    icmp = struct.pack("!BBHHH", 8, 0, 0, 0x7274, 1) + b"rtun"
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    return ipv4(src, dst, 1, icmp)


def gre(f, seq):
    if "ip4" in f:
        frame = bytes.fromhex("ff030021") + echo_request(*f["ip4"].split(","))
    else:
        frame = bytes.fromhex(f.get("ppp", ""))
    if "mppe" in f:
        frame = frame[:2] + mppe.seal(f["mppe"], frame[2:])
    b0 = 0x20 | (0x10 if seq is not None else 0)
    b1 = 0x01 | (0x80 if "ack" in f else 0)
    packet = struct.pack("!BBHHH", int(f.get("flags0", str(b0)), 0),
                         int(f.get("flags1", str(b1)), 0),
                         int(f.get("proto", "0x880b"), 0),
                         int(f.get("len", str(len(frame))), 0),
                         int(f.get("call", "0"), 0))
    if seq is not None:
        packet += struct.pack("!I", seq & 0xFFFFFFFF)
    if "ack" in f:
        packet += struct.pack("!I", int(f["ack"], 0) & 0xFFFFFFFF)
    packet += frame + bytes(int(f.get("pad", "0"), 0))
    return packet[:int(f["cut"], 0)] if "cut" in f else packet


def outer(src, dst, f, packet, ident):
    """The packet with its IP header, or as many as there are fragments."""
    tos = int(f.get("tos", "0"), 0)
    size = int(f.get("frags", "0"), 0) or max(len(packet), 1)
    for at in range(0, max(len(packet), 1), size):
        more = 0x2000 if at + size < len(packet) else 0
        yield ipv4(src, dst, IPPROTO_GRE, packet[at:at + size], tos, ident,
                   more | at // 8)


def inject(words):
    src, dst = words[:2]
    f = dict(w.split("=", 1) for w in words[2:])
    spoof = "spoof" in f or "frags" in f
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                         socket.IPPROTO_RAW if spoof else IPPROTO_GRE)
    if not spoof:
        sock.bind((src, 0))
        if "tos" in f:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, int(f["tos"], 0))
    rng = random.Random(f.get("random"))
    seq = int(f["seq"], 0) if "seq" in f else None
    ident = random.randrange(1, 0x10000) if "frags" in f else 1
    for _ in range(int(f.get("count", "1"), 0)):
        if "random" in f:
            size = rng.randrange(12, 200)
            # the version, or the kernel's demultiplexer takes it all
            packet = bytearray(rng.getrandbits(8) for _ in range(size))
            packet[1] = packet[1] & 0x80 | 0x01
            if rng.randrange(2):    # half of them get past the first check
                packet[0] &= 0x30
                packet[0] |= 0x20
                packet[2:4] = b"\x88\x0b"
            if rng.randrange(2) and "call" in f:
                packet[6:8] = struct.pack("!H", int(f["call"], 0))
                packet[4:6] = struct.pack("!H", rng.randrange(size))
            packet = bytes(packet)
        else:
            packet = gre(f, seq)
        for part in outer(src, dst, f, packet, ident) if spoof else (packet,):
            sock.sendto(part, (dst, 0))
        ident = ident % 0xFFFF + 1 if "frags" in f else 1
        if seq is not None:
            seq += int(f.get("step", "1"), 0)
    sock.close()


if __name__ == "__main__":
    inject(sys.argv[1:])
