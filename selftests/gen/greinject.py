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
  paged=DEV:N     as a frame on this device of which the receiver has no more than N octets
                  behind the IP header in one piece, the others in pages; it is padded to 5000
                  octets.  By hand as spoof=1
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


def ipv4(src, dst, proto, payload, tos=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), 1, 0,
                       64, proto, 0, socket.inet_aton(src),
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


# The kernel splits a frame of more than a page where the header of virtio_net in front of it
# says that headers end (PACKET_VNET_HDR).  To all stations, as nobody's address is known here.
def send_paged(where, packet):
    dev, linear = where.split(":")
    frame = b"\xff" * 6 + bytes([2, 0, 0, 0, 0, 0x66]) + b"\x08\x00" + packet
    vnet = struct.pack("<BBHHHH", 0, 0, 14 + 20 + int(linear), 0, 0, 0)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.setsockopt(263, 15, 1)     # SOL_PACKET, PACKET_VNET_HDR
        sock.bind((dev, 0x0800))
        sock.send(vnet + frame)


def inject(words):
    src, dst = words[:2]
    f = dict(w.split("=", 1) for w in words[2:])
    spoof = "spoof" in f
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                         socket.IPPROTO_RAW if spoof else IPPROTO_GRE)
    if not spoof:
        sock.bind((src, 0))
        if "tos" in f:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, int(f["tos"], 0))
    rng = random.Random(f.get("random"))
    seq = int(f["seq"], 0) if "seq" in f else None
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
        if "paged" in f:
            send_paged(f["paged"], ipv4(src, dst, IPPROTO_GRE, packet.ljust(5000, b"\0"),
                                        int(f.get("tos", "0"), 0)))
        else:
            if spoof:
                packet = ipv4(src, dst, IPPROTO_GRE, packet,
                              int(f.get("tos", "0"), 0))
            sock.sendto(packet, (dst, 0))
        if seq is not None:
            seq += int(f.get("step", "1"), 0)
    sock.close()


if __name__ == "__main__":
    inject(sys.argv[1:])
