#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends an Ethernet frame that says it is many (GSO of TCP), with a type of one's choice.

  forgedgso.py DEV TYPE

What a guest can do behind a tap, and anybody with a packet socket: a header of virtio_net in
front (PACKET_VNET_HDR) says how the frame is to be cut.  Exits with 0 whether it was sent or
refused.
"""
import socket
import struct
import sys

SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CSUM, TCPV4 = 1, 1
MSS, OCTETS = 1000, 3000


def main():
    dev, kind = sys.argv[1], int(sys.argv[2], 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + OCTETS, 1, 0, 64, socket.IPPROTO_TCP, 0,
                     bytes([10, 9, 0, 1]), bytes([10, 9, 0, 2]))
    tcp = struct.pack("!HHIIBBHHH", 1000, 2000, 1, 0, 5 << 4, 0x10, 1000, 0, 0)
    frame = bytes([2, 0, 0, 0, 0, 0x77]) + bytes([2, 0, 0, 0, 0, 0x66]) + struct.pack("!H", kind)
    frame += ip + tcp + bytes(OCTETS)
    header = struct.pack("<BBHHHH", NEEDS_CSUM, TCPV4, 14 + 40, MSS, 14 + 20, 16)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind)) as sock:
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        sock.bind((dev, kind))
        try:
            sock.send(header + frame)
        except OSError as e:
            print(f"refused: {e}")
        else:
            print("sent")


main()
