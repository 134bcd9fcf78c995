#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends hand-made L2TP data packets, good ones and bad ones: version 3 over UDP
and over IP protocol 115 (RFC 3931 sections 4.1 and 4.6), version 2 over UDP (RFC
2661 section 3.1), on IPv4 and IPv6.

  l2tpinject.py SRC DST [field=value]...

SRC must be an address of this host (or spoof=1, which makes the IP header by
hand too).  Fields, with their defaults:

  over=udp        or ip: protocol 115
  sport=1701      UDP ports
  dport=1701
  csum=ok         UDP checksum, or zero, or bad
  v=3             version, 2 or 3: which header follows
  head=N          its first 16 bits as they are (T, L, S, O, P, version)
  session=0       session id of the receiver

 version 3:
  cookie=HEX      behind the session id
  seq=N           default sublayer with the S bit and this number
  sub=N           the sublayer's 32 bits as they are (sub=0: not numbered)

 version 2:
  tunnel=0        tunnel id of the receiver
  length=1        with the L bit and the true length; length=N as it is
  ns=N            with the S bit, and Nr=0
  offset=N        with the O bit, so many octets of padding; offset=N:M writes
                  N and pads M

 payload:
  eth=SRC,DST     an Ethernet frame from and to these MACs ("ff..." is broadcast)
                  with an ICMP echo request of 192.168.9.77 to 192.168.9.78
  vlan=N          tagged so, with eth
  ip4=SRC,DST     FF 03 00 21 and an ICMP echo request; with eth, its addresses
  data=HEX        this
  size=N          zeros behind it, up to a payload of N octets
  mp=BITS:SEQ[:CLASS]   all this as a fragment of multilink (RFC 1990 section 3), with
                  FF 03 00 3D in front: BITS is b, e, be or nothing, SEQ rises by
                  step; short=1 for the header of two octets
  mp=random:SEED:SPAN   with any bits and any number below SPAN

 and then:
  cut=N           only the first N octets behind the UDP or IP header
  cuts=N          for each length from 0 to N one packet cut so
  pad=N           octets behind it all
  tos=N           of the outer header
  count=1         so many, the number rising by
  step=1
  sessions=1      to so many sessions in turn, count to each, their ids rising by one
  random=SEED     count packets of random octets instead; half of them with the
                  right head and session id
"""
import random
import socket
import struct
import sys

sys.dont_write_bytecode = True
import greinject  # noqa: E402

L2TP, UDP = 115, 17
L, S, O = 0x4000, 0x0800, 0x0200     # bits of version 2's head


def number(f, key, default=0):
    return int(f[key], 0) if key in f else default


def mac(text):
    return bytes.fromhex(text.replace(":", "")) if text[:2] != "ff" \
        else b"\xff" * 6


def payload(f):
    ips = f.get("ip4", "192.168.9.77,192.168.9.78").split(",")
    data = bytes.fromhex(f.get("data", ""))
    if "eth" in f:
        src, dst = f["eth"].split(",")
        tag = struct.pack("!HH", 0x8100, number(f, "vlan")) \
            if "vlan" in f else b""
        data = mac(dst) + mac(src) + tag + b"\x08\x00" + \
            greinject.echo_request(*ips) + data
    elif "ip4" in f:
        data = bytes.fromhex("ff030021") + greinject.echo_request(*ips) + data
    data += bytes(max(0, number(f, "size") - len(data)))
    return fragment(f, data) if "mp" in f else data


def fragment(f, data):
    bits, seq, more = (f["mp"].split(":") + ["0"])[:3]
    nth = f.get("nth", 0)
    if bits == "random":
        rng = random.Random(int(seq) * 1000003 + nth)
        bits, seq, more = rng.choice(("b", "e", "be", "")), rng.randrange(int(more)), 0
    else:
        seq = int(seq, 0) + nth * number(f, "step", 1)
    first = (0x80 if "b" in bits else 0) | (0x40 if "e" in bits else 0)
    if "short" in f:
        head = struct.pack("!H", first << 8 | int(more) << 12 | seq & 0xFFF)
    else:
        head = struct.pack("!I", (first | int(more) << 2) << 24 | seq & 0xFFFFFF)
    return bytes.fromhex("ff03003d") + head + data


def version3(f, seq):
    out = struct.pack("!I", number(f, "session")) + \
        bytes.fromhex(f.get("cookie", ""))
    if f.get("over", "udp") == "udp":
        out = struct.pack("!HH", number(f, "head", 3), 0) + out
    if seq is not None:
        out += struct.pack("!I", 0x40000000 | seq & 0xFFFFFF)
    elif "sub" in f:
        out += struct.pack("!I", number(f, "sub"))
    return out + payload(f)


def version2(f, seq):
    head = 2
    rest = struct.pack("!HH", number(f, "tunnel"), number(f, "session"))
    if seq is not None:
        head |= S
        rest += struct.pack("!HH", seq & 0xFFFF, 0)
    if "offset" in f:
        said, _, there = f["offset"].partition(":")
        head |= O
        rest += struct.pack("!H", int(said, 0)) + bytes(int(there or said, 0))
    body = payload(f)
    if "length" in f:
        head |= L
        length = number(f, "length")
        if length == 1:
            length = 4 + len(rest) + len(body)
        rest = struct.pack("!H", length) + rest
    return struct.pack("!H", number(f, "head", head)) + rest + body


def noise(f, rng):
    data = bytearray(rng.getrandbits(8) for _ in range(rng.randrange(4, 200)))
    if not rng.randrange(2):
        return bytes(data)
    if f.get("over", "udp") == "ip":
        data[:4] = struct.pack("!I", number(f, "session"))
        return bytes(data)
    if f.get("v") == "2":
        data[:2] = struct.pack("!H", rng.getrandbits(16) & (L | S | O) | 2)
        at = 4 if data[0] & 0x40 else 2
        data[at:at + 4] = struct.pack("!HH", number(f, "tunnel"),
                                      number(f, "session"))
        if data[0] & 0x40:
            data[2:4] = struct.pack("!H", rng.randrange(len(data) + 20))
    else:
        data[:8] = struct.pack("!HHI", 3, 0, number(f, "session"))
    return bytes(data)


def pseudo_sum(family, src, dst, proto, data):
    a, b = (socket.inet_pton(family, x) for x in (src, dst))
    if family == socket.AF_INET:
        head = struct.pack("!4s4sBBH", a, b, 0, proto, len(data))
    else:
        head = struct.pack("!16s16sIxxxB", a, b, len(data), proto)
    return greinject.checksum(head + data)


def udp(f, family, src, dst, data):
    head = struct.pack("!HHHH", number(f, "sport", 1701),
                       number(f, "dport", 1701), 8 + len(data), 0)
    csum = f.get("csum", "ok")
    total = 0
    if csum != "zero":
        total = pseudo_sum(family, src, dst, UDP, head + data) or 0xFFFF
    if csum == "bad":
        total ^= 0x5555
    return head[:6] + struct.pack("!H", total) + data


def ip_header(family, src, dst, proto, data, tos):
    if family == socket.AF_INET:
        return greinject.ipv4(src, dst, proto, data, tos)
    return struct.pack("!IHBB16s16s", 0x60000000 | tos << 20, len(data), proto,
                       64, socket.inet_pton(family, src),
                       socket.inet_pton(family, dst)) + data


def open_socket(f, family, src, proto):
    v4 = family == socket.AF_INET
    if "spoof" in f:
        return socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sock = socket.socket(family, socket.SOCK_RAW, proto)
    sock.bind((src, 0))
    if "tos" in f and v4:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, number(f, "tos"))
    elif "tos" in f:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS,
                        number(f, "tos"))
    return sock


def packets(f):
    rng = random.Random(f.get("random"))
    make = version2 if f.get("v", "3") == "2" else version3
    seq = next((number(f, k) for k in ("seq", "ns") if k in f), None)
    sessions, first = number(f, "sessions", 1), number(f, "session")
    for i in range(number(f, "count", 1) * sessions):
        f["nth"] = i // sessions
        f["session"] = str(first + i % sessions)
        data = noise(f, rng) if "random" in f else make(f, seq)
        data += bytes(number(f, "pad"))
        if "cuts" in f:
            for n in range(number(f, "cuts") + 1):
                yield data[:n]
        else:
            yield data[:number(f, "cut")] if "cut" in f else data
        if seq is not None and (i + 1) % sessions == 0:
            seq += number(f, "step", 1)


def inject(words):
    src, dst = words[:2]
    f = dict(w.split("=", 1) for w in words[2:])
    family = socket.AF_INET6 if ":" in dst else socket.AF_INET
    proto = UDP if f.get("over", "udp") == "udp" else L2TP
    sock = open_socket(f, family, src, proto)
    for data in packets(f):
        if proto == UDP:
            data = udp(f, family, src, dst, data)
        if "spoof" in f:
            data = ip_header(family, src, dst, proto, data, number(f, "tos"))
        sock.sendto(data, (dst, 0))
    sock.close()


if __name__ == "__main__":
    inject(sys.argv[1:])
